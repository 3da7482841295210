/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's own families as Prometheus text, from plain numbers. Pure; keda_operator_metrics fills the
 * numbers in. spec: observability 1.1.
 */
#ifndef OPERATOR_METRICS_H
#define OPERATOR_METRICS_H

#include <stdbool.h>

#include <keda/error.h>

/* How many resources of a type there are in a namespace. */
typedef struct operator_resources {
    const char
        *type; /* "scaled_object", "trigger_authentication", "cluster_trigger_authentication" */
    const char *space; /* "" counts as "default", as KEDA has it */
    int64_t count;
} operator_resources;

typedef struct operator_counts {
    operator_resources
        *resources; /* any order, several of one kind are summed up; sorted by the call */
    size_t nresources;
    bool is_leader, is_synced;
    int64_t nready;                         /* ScaledObjects whose Ready is True */
    int64_t events_waiting, events_dropped; /* keda_kube_events_waiting */
} operator_counts;

keda_status operator_metrics_write(const operator_counts *counts, keda_write_fn write,
                                   void *user, keda_error *err);

#endif
