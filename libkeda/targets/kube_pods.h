/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many pods a selector has, and how many of them are ready: for targets whose own status does not say,
 * and whose metric is of type Value. One list in pages each time.
 */
#ifndef TARGETS_KUBE_PODS_H
#define TARGETS_KUBE_PODS_H

#include "kube/kube.h"

typedef struct kube_pods kube_pods; /* one count under way */

/* err NULL: it went well. Comes once, later. */
typedef void (*kube_pods_fn)(int32_t total, int32_t ready, const keda_error *err, void *user);

/* Pods that are being deleted or have failed do not count. *out is valid until `done`. */
keda_status kube_pods_count(kube_pods **out, keda_kube *kube, const char *space,
                            const char *selector, kube_pods_fn done, void *user,
                            keda_error *err);
void kube_pods_cancel(kube_pods *pods); /* `done` does not come; NULL is fine */

#endif
