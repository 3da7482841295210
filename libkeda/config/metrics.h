/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metric specs of a trigger: what `specs` of a descriptor adds, with prefixed names.
 */
#ifndef CONFIG_METRICS_H
#define CONFIG_METRICS_H

#include <keda/decide.h>
#include <keda/scaler.h>

typedef struct metric_spec {
    char *name; /* "s0-kafka-my-topic" */
    int64_t target_milli;
    double activation;
} metric_spec;

struct keda_spec_list { /* behind the public keda_spec_list */
    int32_t trigger_index;
    int32_t is_metric_source; /* a zero target is accepted */
    int32_t
        takes_any_target; /* as upstream, where only the HPA refuses what is not above zero */
    metric_spec *items;
    size_t count, capacity;
};

void spec_list_clear(keda_spec_list *list);

/* "" or "AverageValue" or "Value"; anything else is KEDA_EINVAL naming the two. */
keda_status metric_type_parse(const char *text, int32_t *target_type, keda_error *err);

#endif
