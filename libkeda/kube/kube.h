/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client as this room's files share it, and what builtin.c needs of it: a client on a given loop.
 * Who wants requests, watches, events and leases includes keda/kube.h.
 */
#ifndef KUBE_KUBE_H
#define KUBE_KUBE_H

#include <keda/kube.h>

#include "base/log.h"
#include "loop/loop.h"
#include "net/http.h"

/* What a kubeconfig or the cluster says about us; identity.h makes it from either. */
typedef struct kube_identity kube_identity;
typedef struct kube_queue kube_queue;         /* requests under the rate limit: queue.h */
typedef struct kube_resources kube_resources; /* kinds to resources: discovery.h */
typedef struct kube_events kube_events;       /* events that wait: event.c */

/* Told when the client closes, while it still works; embedded, zeroed is idle. */
typedef struct kube_closer kube_closer;
struct kube_closer {
    kube_closer *next;
    void (*closing)(void *user);
    void *user;
};

struct keda_kube {
    loop *l;
    bool owns_loop; /* the synchronous face */
    keda_http *http;
    log_sink log;
    kube_identity *identity;
    kube_queue *queue;
    kube_resources *resources;
    kube_events *events; /* NULL until the first */
    kube_closer *closers;
    struct kube_counts *counts; /* of keda_engine_on_kube; NULL: none; freed when it closes */
    int64_t timeout_ms;
    char *space, *user_agent;
};

/* l NULL: one of its own. */
keda_status kube_new(keda_kube **out, loop *l, const keda_kube_options *opts, keda_error *err);

/* closer is borrowed until it is told or removed. */
void kube_on_close(keda_kube *kube, kube_closer *closer, void (*closing)(void *user),
                   void *user);
void kube_forget_closer(keda_kube *kube, kube_closer *closer);

/* keda_kube_send for an answer that does not end (watch.c): `piece` gets the body of a 2xx answer as it
 * comes and must neither send nor cancel; `done` says how it ended, body always NULL. Not retried. */
keda_status kube_stream(keda_kube *kube, const keda_kube_request *request,
                        const http_stream *stream, keda_kube_done_fn done, void *user,
                        keda_kube_call **out, keda_error *err);

/* Ends all writes of /scale with KEDA_ECANCELED: whoever asked for them may not scale any more. They must not
 * be answered by asking for others. */
void kube_drop_scales(keda_kube *kube);

/* ---- kinds and paths (discovery.c) */

typedef struct kube_resource {
    const char *group, *version; /* "apps", "v1"; group "" for core */
    const char *kind, *plural;   /* "Deployment", "deployments" */
    bool is_namespaced;
    bool has_scale;
} kube_resource;

/* Exactly one of resource and err is set; borrowed until the client is closed. */
typedef void (*kube_resource_fn)(const kube_resource *resource, const keda_error *err,
                                 void *user);

/* Finds the resource of a kind, at once (Deployment, StatefulSet, ReplicaSet, KEDA's own and those seen
 * before) or after having asked; `found` never comes from inside this call. A kind that is not there now is
 * KEDA_ENOTFOUND and is asked for again the next time. *out: for kube_resource_forget; NULL allowed. */
typedef struct kube_resource_call kube_resource_call;
keda_status kube_resource_find(keda_kube *kube, const char *api_version, const char *kind,
                               kube_resource_fn found, void *user, kube_resource_call **out,
                               keda_error *err);
void kube_resource_forget(kube_resource_call *call); /* `found` does not come; NULL is fine */

/* Appends "/apis/apps/v1/namespaces/NS/deployments/NAME/SUB"; space NULL: all namespaces, name NULL: the
 * collection, sub NULL: none. Parts are escaped. */
keda_status kube_path(keda_buf *out, const kube_resource *resource, const char *space,
                      const char *name, const char *sub, keda_error *err);

/* True when version a is later than b; false also where they cannot be compared. Pure. */
bool kube_version_is_later(const char *a, const char *b);

#endif
