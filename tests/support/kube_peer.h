/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small API server in memory for tests, on a scripted HTTP peer's socket: objects by path, list in pages,
 * watch, merge-patch with resourceVersion, status and scale subresources, discovery of what was declared. The
 * test steps it between steps of its loop, or lets it run on a thread of its own; it can be told to
 * misbehave. A mistake in the test's use aborts the test.
 */
#ifndef SUPPORT_KUBE_PEER_H
#define SUPPORT_KUBE_PEER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kube_peer kube_peer;

kube_peer *kube_peer_open(
    void); /* knows apps/v1, core v1, autoscaling/v2, leases, events, keda.sh/v1alpha1 */
void kube_peer_close(kube_peer *peer);
const char *kube_peer_url(const kube_peer *peer); /* "http://127.0.0.1:PORT" */
/* A kubeconfig for it with the bearer token "peer-token"; any other is as welcome, none is not. */
const char *kube_peer_kubeconfig(const kube_peer *peer);
int kube_peer_fd(const kube_peer *peer);
bool kube_peer_step(kube_peer *peer);  /* false: nothing was to do */
void kube_peer_start(kube_peer *peer); /* from now on by a thread of its own */

/* Further kinds: "example.com/v1", "Widget", "widgets", with or without /scale. */
void kube_peer_add_kind(kube_peer *peer, const char *api_version, const char *kind,
                        const char *plural, bool has_scale);
void kube_peer_remove_kind(kube_peer *peer, const char *api_version,
                           const char *kind); /* objects too */

/* Puts (creates or replaces), as an administrator would; JSON text with apiVersion, kind, metadata.name.
 * uid, resourceVersion, creationTimestamp and generation are the peer's. Deleting one with finalizers sets
 * deletionTimestamp instead. */
void kube_peer_put(kube_peer *peer, const char *json);
void kube_peer_delete(kube_peer *peer, const char *kind, const char *space, const char *name);
/* The object as JSON text, or NULL; valid until the next call on the peer. */
const char *kube_peer_get(kube_peer *peer, const char *kind, const char *space,
                          const char *name);
/* Number of objects of a kind. */
size_t kube_peer_count(kube_peer *peer, const char *kind);

/* Requests so far: all ("" or NULL), or whose "METHOD path" contains `part`; "PATCH " counts patches. */
size_t kube_peer_requests(kube_peer *peer, const char *part);
/* Requests that write, Leases apart. */
size_t kube_peer_writes(kube_peer *peer);
/* Body of the last request whose "METHOD path" contains `part`, or NULL. */
const char *kube_peer_last_body(kube_peer *peer, const char *part);

/* The next `times` requests whose "METHOD path" contains `part` get this status instead (with a Status body;
 * retry_after_s > 0: with that header). times 0: for ever, until kube_peer_heal. */
void kube_peer_fail(kube_peer *peer, const char *part, int status, int retry_after_s,
                    int times);
void kube_peer_heal(kube_peer *peer);
void kube_peer_silence(kube_peer *peer, bool is_silent); /* takes requests, answers none */
void kube_peer_cut_watches(kube_peer *peer, bool in_mid_line); /* ends all open watches */
void kube_peer_forget_history(
    kube_peer *peer); /* old resourceVersions and continue tokens are 410 now */
void kube_peer_refuse_token(kube_peer *peer, const char *token); /* 401 for it; NULL: none */
void kube_peer_bookmark(kube_peer *peer);        /* sends one to every watch that wants them */
size_t kube_peer_watches(const kube_peer *peer); /* open now */

#endif
