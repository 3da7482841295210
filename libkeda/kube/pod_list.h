/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pods of a namespace behind a selector, listed once in pages: for those who count them.
 */
#ifndef KUBE_POD_LIST_H
#define KUBE_POD_LIST_H

#include <keda/kube.h>

typedef struct pod_list pod_list; /* one list under way */

typedef struct pod_reader {
    void (*pod)(const keda_json *pod, void *user);   /* each; borrowed for the call */
    void (*done)(const keda_error *err, void *user); /* err NULL: that was all. Once, later */
    void *user;
} pod_reader;

/* *out is valid until `done`. timeout_ms: of a page; 0: the client's. Errors: KEDA_EINVAL, KEDA_ENOMEM;
 * then `done` is not called. */
keda_status pod_list_start(pod_list **out, keda_kube *kube, const char *space,
                           const char *selector, int64_t timeout_ms, const pod_reader *reader,
                           keda_error *err);
void pod_list_cancel(pod_list *list); /* `done` does not come; NULL is fine */

#endif
