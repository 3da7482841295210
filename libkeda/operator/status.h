/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .status of a ScaledObject from what is known of it, and the smallest patch from what the server has. Pure.
 * spec: scaledobject 12.
 */
#ifndef OPERATOR_STATUS_H
#define OPERATOR_STATUS_H

#include <keda/json.h>
#include <keda/observe.h>

#include "kube/kube.h"

typedef struct status_facts {
    const keda_json *object;       /* the ScaledObject as last seen, with the status it has */
    const kube_resource *resource; /* of its target; NULL: not known yet */
    int32_t original_replicas;     /* -1: not known */
    const keda_workload_status *workload; /* NULL: not at work */
    const keda_trigger_status *triggers;  /* one per metric */
    size_t ntriggers;
    /* Why it is not at work: Ready False ScaledObjectCheckFailed, Active Unknown UnknownState. NULL: it is, or
     * will be. */
    const keda_error *problem;
} status_facts;

/* The whole status as JSON text. Conditions Ready, Active, Fallback, Paused, in this order; what a decision
 * left unset keeps what the object has, or is Unknown. A message names each failing trigger (metric name, type)
 * with its error. */
keda_status status_write(keda_buf *out, const status_facts *facts, keda_error *err);

/* Merge patch {"metadata":{"uid":..},"status":{..}} from `object`'s status to `now`; out stays empty when
 * there is nothing to write. A lastActiveTime that moved while Active stays True is not written by itself. */
keda_status status_patch(keda_buf *out, const keda_json *object, const keda_json *now,
                         keda_error *err);

#endif
