/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kubernetes client on a fake clock against a scripted HTTP peer, a temporary folder for its files,
 * and what its calls ended with. A mistake in the test's use aborts the test.
 */
#ifndef SUPPORT_CLIENT_RIG_H
#define SUPPORT_CLIENT_RIG_H

#include "kube/client.h"
#include "support/http_rig.h"

typedef struct client_rig {
    http_rig http; /* clock, loop and peer */
    http_peer *peer;
    keda_kube *kube;
    char dir[64];
    keda_buf log; /* "level message key=value...\n" */
} client_rig;

/* How a call ended. */
typedef struct client_answer {
    int times;
    bool has_body;
    keda_buf json; /* the body, compact */
    bool is_failed;
    keda_error err;
    bool has_scale;
    keda_kube_scale scale;
    int order; /* which of all answers it was, from 1 */
} client_answer;

/* Opens loop, peer and folder; no client yet. The rig must not move in memory. */
void client_rig_open(client_rig *rig);
void client_rig_close(client_rig *rig); /* the client too */

/* Makes the client of a kubeconfig for the peer whose user is `user`, YAML at the depth of
 * "user: ..."; opts NULL: no rate limit. */
void client_rig_client(client_rig *rig, const char *user, const keda_kube_options *opts);
/* The text of that kubeconfig, in out. */
void client_rig_config(client_rig *rig, const char *user, char *out, size_t size);

/* Writes a file into the folder, mode as given, and its path into out (may be NULL). */
void client_rig_file(client_rig *rig, const char *name, const char *text, unsigned mode,
                     char *out, size_t size);

void client_rig_done(const keda_json *body, const keda_error *err, void *user);
void client_rig_scaled(const keda_kube_scale *scale, const keda_error *err, void *user);
void client_rig_send(client_rig *rig, const char *method, const char *path, int32_t priority,
                     client_answer *answer, keda_kube_call **out);
void client_rig_wait(client_rig *rig, client_answer *answer); /* until it has ended */
/* send and wait */
void client_rig_ask(client_rig *rig, const char *method, const char *path,
                    client_answer *answer);
void client_answer_clear(client_answer *answer);

#endif
