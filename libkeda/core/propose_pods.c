/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proposal of a Pods, Resource or ContainerResource metric (HPA: pods, resource and
 * container-resource metrics): pods are grouped by readiness, and where some are unready or without a
 * sample the ratio is taken a second time with what they are assumed to use. Pods are walked once for
 * each ratio; nothing is stored.
 */
#include "core/arith.h"
#include "core/hpa.h"

enum group { GROUP_IGNORED, GROUP_UNREADY, GROUP_MISSING, GROUP_READY, GROUP_UNLISTED };

struct pods {
    const struct hpa_rules *rules;
    const keda_metric_policy *metric;
    const keda_reading *reading;
};

static const keda_pod_sample *pod_at(const struct pods *pods, size_t i)
{
    return (const void *)((const char *)pods->reading->pods + i * pods->reading->pod_size);
}

/* --- groups ----------------------------------------------------------------------------------- */

/* HPA: a cpu sample of a pod that is starting, or never was ready, says nothing. */
static bool is_starting(const struct hpa_rules *rules, const keda_pod_sample *pod)
{
    if (pod->ready == KEDA_POD_READY_ABSENT || !pod->has_start)
        return true;
    const bool is_false = pod->ready == KEDA_POD_READY_FALSE;
    if (pod->start_age_ms < rules->cpu_initialization_ms)
        return is_false || pod->ready_transition_age_ms <
                               i64_sat_add(pod->sample_age_ms, pod->sample_window_ms);
    return is_false && pod->start_age_ms < i64_sat_add(pod->ready_transition_age_ms,
                                                       rules->initial_readiness_ms);
}

static enum group group_of(const struct pods *pods, const keda_pod_sample *pod)
{
    const bool is_cpu = pods->metric->is_cpu && pods->metric->source != KEDA_SOURCE_PODS;

    if (!pod->is_listed)
        return GROUP_UNLISTED;
    if (pod->is_deleting || pod->phase == KEDA_POD_FAILED)
        return GROUP_IGNORED;
    if (pod->phase == KEDA_POD_PENDING)
        return GROUP_UNREADY;
    if (!pod->has_sample)
        return GROUP_MISSING;
    return is_cpu && is_starting(pods->rules, pod) ? GROUP_UNREADY : GROUP_READY;
}

/* --- usage ------------------------------------------------------------------------------------ */

struct usage {
    int64_t used, requested;
    int32_t samples;    /* all of them */
    int32_t requesters; /* of these, with a known request */
    int32_t ready, unready, missing;
};

static bool is_utilization(const struct pods *pods)
{
    return pods->metric->target_type == KEDA_TARGET_UTILIZATION;
}

static void add_sample(const struct pods *pods, const keda_pod_sample *pod, int64_t used,
                       struct usage *sum)
{
    sum->samples++;
    if (is_utilization(pods) && (!pod->is_listed || !pod->has_request))
        return;
    sum->requesters++;
    sum->used = i64_wrap_add(sum->used, used);
    sum->requested = i64_wrap_add(sum->requested, pod->request_milli);
}

static struct usage usage_of_ready(const struct pods *pods)
{
    struct usage sum = {0};

    for (size_t i = 0; i < pods->reading->npods; i++) {
        const keda_pod_sample *pod = pod_at(pods, i);
        const enum group group = group_of(pods, pod);
        sum.ready += group == GROUP_READY ? 1 : 0;
        sum.unready += group == GROUP_UNREADY ? 1 : 0;
        sum.missing += group == GROUP_MISSING ? 1 : 0;
        if (group == GROUP_READY || (group == GROUP_UNLISTED && pod->has_sample))
            add_sample(pods, pod, pod->sample_milli, &sum);
    }
    return sum;
}

static int32_t target_percent(const keda_metric_policy *metric)
{
    const int64_t percent = metric->target_milli / 1000;
    return percent > INT32_MAX ? INT32_MAX : (int32_t)percent;
}

/* HPA: what a pod without a sample is taken to use, so that it moves the count as little as may be. */
static int64_t assumed_usage(const struct pods *pods, const keda_pod_sample *pod, double ratio)
{
    if (ratio > 1.0)
        return 0;
    if (!is_utilization(pods))
        return pods->metric->target_milli;
    return i64_wrap_mul(pod->request_milli, i32_max(100, target_percent(pods->metric))) / 100;
}

static void add_assumed(const struct pods *pods, double ratio, bool with_unready,
                        struct usage *sum)
{
    for (size_t i = 0; i < pods->reading->npods; i++) {
        const keda_pod_sample *pod = pod_at(pods, i);
        const enum group group = group_of(pods, pod);
        if (group == GROUP_MISSING && (ratio < 1.0 || ratio > 1.0))
            add_sample(pods, pod, assumed_usage(pods, pod, ratio), sum);
        else if (group == GROUP_UNREADY && with_unready)
            add_sample(pods, pod, 0, sum);
    }
}

/* --- ratio ------------------------------------------------------------------------------------ */

struct ratio {
    double value;
    int64_t average;
    int32_t percent;
};

/* HPA: utilisation moves in whole percent. False when nothing is requested. */
static bool ratio_of(const struct pods *pods, const struct usage *sum, struct ratio *out)
{
    if (!is_utilization(pods)) {
        out->average = i64_divide(sum->used, sum->samples);
        out->value = (double)out->average / (double)pods->metric->target_milli;
        out->percent = -1;
        return true;
    }
    if (sum->requesters == 0 || sum->requested == 0)
        return false;
    out->average = i64_divide(sum->used, sum->requesters);
    out->percent = i32_wrap(i64_divide(i64_wrap_mul(sum->used, 100), sum->requested));
    out->value = (double)out->percent / (double)target_percent(pods->metric);
    return true;
}

/* HPA: a pod without a request fails a utilisation, whatever its group. */
static bool has_pods(const struct pods *pods)
{
    size_t listed = 0;

    for (size_t i = 0; i < pods->reading->npods; i++) {
        const keda_pod_sample *pod = pod_at(pods, i);
        if (pod->is_listed && is_utilization(pods) && !pod->has_request)
            return false;
        listed += pod->is_listed ? 1 : 0;
    }
    return listed > 0;
}

/* --- proposal --------------------------------------------------------------------------------- */

static bool are_opposite(double a, double b)
{
    return (a < 1.0 && b > 1.0) || (a > 1.0 && b < 1.0);
}

static void stay(int32_t spec, keda_proposal *out)
{
    out->within_tolerance = 1;
    out->replicas = spec;
}

/* Some pods are unready or without a sample: what they are assumed to use may only dampen. */
static bool propose_assuming(const struct pods *pods, struct usage *sum, double ratio,
                             int32_t spec, keda_proposal *out)
{
    struct ratio second;

    add_assumed(pods, ratio, sum->unready > 0 && ratio > 1.0, sum);
    if (!ratio_of(pods, sum, &second))
        return false;
    out->replicas = i32_from_double(ceil(second.value * (double)sum->samples));
    const bool is_turned = (second.value < 1.0 && out->replicas > spec) ||
                           (second.value > 1.0 && out->replicas < spec);
    if (hpa_is_within(pods->rules, second.value) || are_opposite(ratio, second.value) ||
        is_turned)
        stay(spec, out);
    return true;
}

bool hpa_propose_pods(const struct hpa_rules *rules, const keda_metric_policy *metric,
                      const keda_reading *reading, int32_t spec, keda_proposal *out)
{
    const struct pods pods = {rules, metric, reading};
    struct ratio first;

    if (is_utilization(&pods) && target_percent(metric) < 1)
        return false;
    struct usage sum = usage_of_ready(&pods);
    if (!has_pods(&pods) || sum.samples == 0 || !ratio_of(&pods, &sum, &first))
        return false;
    out->average_value_milli = first.average;
    out->utilization_percent = first.percent;
    const bool is_up_unready = sum.unready > 0 && first.value > 1.0;
    if (is_up_unready || sum.missing > 0)
        return propose_assuming(&pods, &sum, first.value, spec, out);
    if (hpa_is_within(rules, first.value))
        stay(spec, out);
    else
        out->replicas = i32_from_double(ceil(first.value * (double)sum.ready));
    return true;
}
