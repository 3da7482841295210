/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of what discovery knows. Asking is kube.h's kube_resource_find. For client.c.
 */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H

#include "kube/kube.h"

keda_status kube_resources_new(kube_resources **out, keda_kube *kube, keda_error *err);
/* After the client's calls are gone. NULL is fine. */
void kube_resources_free(kube_resources *resources);

#endif
