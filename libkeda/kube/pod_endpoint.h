/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint kind "kube-pods": how many pods a selector has, asked of the API server once for all
 * who want to know. Parameters: namespace, selector, and count, which is "pods" or "nodes". Registered
 * by builtin.c; used by the trigger type kubernetes-workload.
 */
#ifndef KUBE_POD_ENDPOINT_H
#define KUBE_POD_ENDPOINT_H

#include <keda/kube.h>
#include <keda/scaler.h>

typedef struct pod_endpoint pod_endpoint; /* an endpoint's state */

typedef struct pod_endpoint_host { /* the descriptor's `user` */
    keda_kube *kube;               /* NULL: no cluster, everything is unknown */
    pod_endpoint *opened;          /* the endpoints' own chain */
} pod_endpoint_host;

extern const keda_endpoint_desc keda_endpoint_kube_pods;

/* Before the client goes: lists under way fail, everything is unknown from then on. */
void pod_endpoint_forsake(pod_endpoint_host *host);

#endif
