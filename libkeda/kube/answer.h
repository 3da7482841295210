/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer of the API server means: its JSON, or why it was refused. Pure. For queue.c and
 * discovery.c.
 */
#ifndef KUBE_ANSWER_H
#define KUBE_ANSWER_H

#include "kube/kube.h"

/* "PATCH /apis/apps/v1/...", without query; truncates. */
void answer_label(const char *method, const char *path, char *out, size_t size);

/* KEDA_OK for 2xx: *body is the caller's, NULL when it is not JSON. Else the code of keda_kube_done_fn,
 * with the message of the server's Status. */
keda_status answer_read(keda_json **body, const keda_http_reply *reply, const char *label,
                        keda_error *err);

#endif
