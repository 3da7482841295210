/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs hpa/resource_metric: one Pods, Resource or ContainerResource metric, its pods and samples ->
 * one proposal.
 */
#include "run_hpa.h"

#include <stdlib.h>
#include <string.h>

static int32_t index_of(const char *text, const char *const *names, int32_t otherwise)
{
    for (int32_t i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return otherwise;
}

static keda_metric_policy metric_of(const json_t *line, struct report *report)
{
    static const char *const sources[] = {"External",          "Object", "Pods", "Resource",
                                          "ContainerResource", NULL};
    const bool is_utilization =
        strcmp(vector_text(line, "target_type", report), "Utilization") == 0;

    return (keda_metric_policy){
        .struct_size = sizeof(keda_metric_policy),
        .source = index_of(vector_text(line, "source", report), sources, -1),
        .target_type = is_utilization ? KEDA_TARGET_UTILIZATION : KEDA_TARGET_AVERAGE_VALUE,
        .target_milli = vector_i64(line, "target", report) * (is_utilization ? 1000 : 1),
        .is_cpu = strcmp(vector_text_or(line, "resource", "", report), "cpu") == 0,
    };
}

static int64_t age_of(const json_t *json, const char *key, struct report *report)
{
    return vector_has(json, key) ? vector_i64(json, key, report) : 0;
}

static void take_sample(keda_pod_sample *pod, const json_t *sample, struct report *report)
{
    if (sample == NULL)
        return;
    pod->has_sample = 1;
    pod->sample_milli = vector_i64(sample, "milli", report);
    pod->sample_age_ms = age_of(sample, "age_ms", report);
    pod->sample_window_ms = age_of(sample, "window_ms", report);
}

static keda_pod_sample pod_of(const json_t *json, struct report *report)
{
    static const char *const phases[] = {"Pending", "Running", "Failed", NULL};
    static const char *const readiness[] = {"", "True", "False", "Unknown", NULL};
    keda_pod_sample pod = {.struct_size = sizeof pod, .is_listed = 1};

    pod.phase = index_of(vector_text(json, "phase", report), phases, KEDA_POD_OTHER);
    pod.is_deleting = vector_bool_or(json, "deleting", false, report);
    pod.ready = index_of(vector_text_or(json, "ready", "", report), readiness, -1);
    pod.has_start = vector_has(json, "start_age_ms");
    pod.start_age_ms = age_of(json, "start_age_ms", report);
    pod.ready_transition_age_ms = age_of(json, "ready_transition_age_ms", report);
    pod.has_request = vector_has(json, "request_milli");
    pod.request_milli = age_of(json, "request_milli", report);
    take_sample(&pod, vector_get(json, "sample"), report);
    return pod;
}

static keda_reading reading_of(const json_t *line, keda_pod_sample *pods, struct report *report)
{
    const json_t *list = vector_get(line, "pods");
    const json_t *others = vector_get(line, "samples_without_pod");
    keda_reading reading = KEDA_READING_INIT;

    reading.state = vector_bool_or(line, "fetch_error", false, report) ? KEDA_READING_FAILED
                                                                       : KEDA_READING_OK;
    for (size_t i = 0; i < json_array_size(list); i++)
        pods[reading.npods++] = pod_of(json_array_get(list, i), report);
    for (void *i = json_object_iter((json_t *)(uintptr_t)others); i != NULL;
         i = json_object_iter_next((json_t *)(uintptr_t)others, i))
        pods[reading.npods++] = (keda_pod_sample){
            .struct_size = sizeof *pods,
            .has_sample = 1,
            .sample_milli = vector_i64(others, json_object_iter_key(i), report)};
    reading.pods = pods;
    return reading;
}

int run_hpa_resource_metric(const json_t *line, struct report *report)
{
    const size_t npods = json_array_size(vector_get(line, "pods")) +
                         json_object_size(vector_get(line, "samples_without_pod"));
    keda_pod_sample *pods = calloc(npods + 1, sizeof *pods);
    keda_policy policy = KEDA_POLICY_INIT;
    keda_scaling_rules up = KEDA_SCALING_RULES_INIT, down = KEDA_SCALING_RULES_INIT;
    keda_observation seen = KEDA_OBSERVATION_INIT;
    keda_proposal got = {.struct_size = sizeof got};

    if (pods == NULL)
        abort();
    const keda_metric_policy metric = metric_of(line, report);
    const keda_reading reading = reading_of(line, pods, report);
    policy.tolerance = vector_double(line, "controller_tolerance", report);
    policy.has_behavior = 1;
    policy.scale_up = &up;
    policy.scale_down = &down;
    up.tolerance = hpa_tolerance_of(line, "tolerance_up", report);
    down.tolerance = hpa_tolerance_of(line, "tolerance_down", report);
    policy.cpu_initialization_ms = vector_i32(line, "cpu_initialization_period_ms", report);
    policy.initial_readiness_ms = vector_i32(line, "initial_readiness_delay_ms", report);
    seen.spec_replicas = vector_i32(line, "spec_replicas", report);
    if (keda_hpa_propose(&policy, &metric, &reading, &seen, &got) != KEDA_OK)
        report_malformed(report, "keda_hpa_propose refused its arguments");
    else
        hpa_compare_proposal(vector_get(line, "expect"), "", &got, report);
    free(pods);
    return 0;
}
