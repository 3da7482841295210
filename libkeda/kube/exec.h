/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exec credential plug-ins (client.authentication.k8s.io): run when credentials are needed, expired
 * or refused, one at a time, while requests wait. Puts what they print into the identity. For queue.c.
 */
#ifndef KUBE_EXEC_H
#define KUBE_EXEC_H

#include "kube/queue.h"

enum {
    EXEC_TIMEOUT_MS = 60000,
    EXEC_MAX_OUTPUT = 1024 * 1024,
    EXEC_EARLY_MS = 10000 /* before they expire, credentials are asked for anew */
};

/* Of the queue's client, whose identity names the program; plugin_path: where keda-child is, NULL: as the
 * environment says. */
keda_status kube_exec_new(kube_exec **out, kube_queue *queue, const char *plugin_path,
                          keda_error *err);
void kube_exec_free(kube_exec *exec); /* kills it; NULL is fine */

/* Before a request. *is_ready false: it runs, kube_queue_go_on follows. */
keda_status kube_exec_need(kube_exec *exec, bool *is_ready, keda_error *err);

/* Credentials of `version` were refused. */
void kube_exec_expire(kube_exec *exec, uint32_t version);

/* What the program printed, into the identity; *expires_wall_ms: -1 for ever. Pure but for that.
 * Errors: KEDA_EPROTOCOL, KEDA_ENOMEM; none quotes what was printed. */
keda_status kube_exec_read(kube_identity *identity, const char *text, size_t size,
                           int64_t *expires_wall_ms, keda_error *err);

#endif
