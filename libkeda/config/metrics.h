/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metric specs of a trigger: what `specs` of a descriptor adds, with prefixed names.
 */
#ifndef CONFIG_METRICS_H
#define CONFIG_METRICS_H

#include <stdbool.h>

#include <keda/decide.h>
#include <keda/scaler.h>

/* What is read from the pods. */
typedef struct metric_resource {
    char *container; /* NULL: the whole pod */
    char *quantity;  /* an AverageValue as the API server prints it; NULL: a Utilization */
    bool is_cpu;     /* else memory */
} metric_resource;

typedef struct metric_spec {
    char *name; /* "s0-kafka-my-topic"; of a resource "cpu" or "cpu/container" */
    int64_t target_milli;
    double activation;
    metric_resource *resource; /* NULL: an external metric */
    bool is_whole;             /* the target was given as a whole number, not as a double */
} metric_spec;

struct keda_spec_list { /* behind the public keda_spec_list */
    int32_t trigger_index;
    int32_t is_metric_source; /* a zero target is accepted */
    int32_t
        takes_any_target; /* as upstream, where only the HPA refuses what is not above zero */
    const char *metric_type; /* of the trigger, as written; NULL: unset. Borrowed */
    const char *space;       /* namespace of the workload; NULL: unknown. Borrowed */
    metric_spec *items;
    size_t count, capacity;
};

void spec_list_clear(keda_spec_list *list);

/* "" or "AverageValue" or "Value"; anything else is KEDA_EINVAL naming the two. */
keda_status metric_type_parse(const char *text, int32_t *target_type, keda_error *err);

/* The same of cpu and memory, which have no default: "AverageValue" or "Utilization". */
keda_status metric_type_parse_resource(const char *text, int32_t *target_type, keda_error *err);

/* keda_metric_source of a spec. */
int32_t metric_spec_source(const metric_spec *spec);

#endif
