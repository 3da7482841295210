/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and patching objects by reference, and their scale subresource. For call.c, which ends them.
 */
#ifndef KUBE_OBJECTS_H
#define KUBE_OBJECTS_H

#include "kube/queue.h"

/* Gives what /scale answered to call->scale_done. */
void kube_scale_tell(keda_kube_call *call, const keda_json *body, const keda_error *err);

#endif
