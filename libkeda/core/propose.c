/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One metric's proposal (HPA: one metric -> proposal): the reading summed, tolerance, then the
 * ceiling. Two roundings, division before multiplication, as in the original: ceil may come out
 * one off exact arithmetic, and has to.
 */
#include "core/arith.h"
#include "core/hpa.h"

static bool is_usable(const keda_reading *reading)
{
    return reading != NULL && reading->state == KEDA_READING_OK && reading->nitems > 0 &&
           reading->items_milli != NULL;
}

/* HPA: a sum too large is the largest number. */
static int64_t sum_of_values(const int64_t *items, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (items[i] > 0 && sum > INT64_MAX - items[i])
            return INT64_MAX;
        sum = i64_wrap_add(sum, items[i]);
    }
    return sum;
}

/* HPA: a negative running sum is taken for an overflow, whatever made it negative. */
static int64_t sum_of_averages(const int64_t *items, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum = i64_wrap_add(sum, items[i]);
        if (sum < 0)
            return INT64_MAX;
    }
    return sum;
}

bool hpa_reading_sum(const keda_metric_policy *metric, const keda_reading *reading,
                     int64_t *sum)
{
    if (!is_usable(reading))
        return false;
    if (metric->source == KEDA_SOURCE_OBJECT)
        *sum = reading->items_milli[0];
    else if (metric->target_type == KEDA_TARGET_VALUE)
        *sum = sum_of_values(reading->items_milli, reading->nitems);
    else
        *sum = sum_of_averages(reading->items_milli, reading->nitems);
    return true;
}

/* For display only. An Object's average lacks the guard of an External's and overflows. */
static int64_t published_average(int32_t source, int64_t sum, int32_t status)
{
    const double average = ceil((double)sum / (double)status);

    if (source == KEDA_SOURCE_EXTERNAL && (double)sum >= 9223372036854775808.0)
        return INT64_MAX;
    if (status != 0 && average >= 9223372036854775808.0)
        return INT64_MIN;
    return i64_from_double(average);
}

/* HPA: AverageValue goes by status.replicas and ignores readiness. */
static bool propose_average(const struct hpa_rules *rules, const keda_metric_policy *metric,
                            int64_t sum, int32_t status, keda_proposal *out)
{
    const double target = (double)metric->target_milli;
    const double ratio = (double)sum / (target * (double)status);

    out->average_value_milli = published_average(metric->source, sum, status);
    out->within_tolerance = hpa_is_within(rules, ratio);
    out->replicas =
        out->within_tolerance ? status : i32_from_double(ceil((double)sum / target));
    return true;
}

/* HPA: Value multiplies by ready pods, but looks at them only outside the tolerance. */
static bool propose_value(const struct hpa_rules *rules, const keda_metric_policy *metric,
                          int64_t sum, const struct hpa_scale *scale, keda_proposal *out)
{
    const double ratio = (double)sum / (double)metric->target_milli;
    out->value_milli = sum;
    if (scale->spec == 0) {
        out->replicas = i32_from_double(ceil(ratio));
        return true;
    }
    out->within_tolerance = hpa_is_within(rules, ratio);
    if (out->within_tolerance) {
        out->replicas = scale->spec;
        return true;
    }
    if (scale->pods_total <= 0 || scale->pods_ready < 0)
        return false;
    out->replicas = i32_from_double(ceil(ratio * (double)scale->pods_ready));
    return true;
}

static int32_t failure_of(int32_t source)
{
    static const int32_t causes[] = {
        [KEDA_SOURCE_EXTERNAL] = KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC,
        [KEDA_SOURCE_OBJECT] = KEDA_CAUSE_FAILED_GET_OBJECT_METRIC,
        [KEDA_SOURCE_PODS] = KEDA_CAUSE_FAILED_GET_PODS_METRIC,
        [KEDA_SOURCE_RESOURCE] = KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC,
        [KEDA_SOURCE_CONTAINER_RESOURCE] = KEDA_CAUSE_FAILED_GET_CONTAINER_RESOURCE_METRIC,
    };
    return source >= KEDA_SOURCE_EXTERNAL && source <= KEDA_SOURCE_CONTAINER_RESOURCE
               ? causes[source]
               : KEDA_CAUSE_INVALID_METRIC_SOURCE_TYPE;
}

static bool propose_pods(const struct hpa_rules *rules, const keda_metric_policy *metric,
                         const keda_reading *reading, int32_t spec, keda_proposal *out)
{
    const bool is_target =
        metric->target_type == KEDA_TARGET_AVERAGE_VALUE ||
        (metric->target_type == KEDA_TARGET_UTILIZATION && metric->source != KEDA_SOURCE_PODS);

    return is_target && reading != NULL && reading->state == KEDA_READING_OK &&
           reading->pods != NULL && hpa_propose_pods(rules, metric, reading, spec, out);
}

static bool propose(const struct hpa_rules *rules, const keda_metric_policy *metric,
                    const keda_reading *reading, const struct hpa_scale *scale,
                    keda_proposal *out)
{
    int64_t sum;
    if (metric->source < KEDA_SOURCE_EXTERNAL ||
        metric->source > KEDA_SOURCE_CONTAINER_RESOURCE || metric->target_milli < 1)
        return false;
    if (metric->source > KEDA_SOURCE_OBJECT)
        return propose_pods(rules, metric, reading, scale->spec, out);
    if (!hpa_reading_sum(metric, reading, &sum))
        return false;
    if (metric->target_type == KEDA_TARGET_AVERAGE_VALUE)
        return propose_average(rules, metric, sum, scale->status, out);
    return metric->target_type == KEDA_TARGET_VALUE &&
           propose_value(rules, metric, sum, scale, out);
}

void hpa_propose(const struct hpa_rules *rules, const keda_metric_policy *metric,
                 const keda_reading *reading, const struct hpa_scale *scale, keda_proposal *out)
{
    const size_t struct_size = out->struct_size;
    *out = (keda_proposal){.struct_size = struct_size, .utilization_percent = -1};
    if (propose(rules, metric, reading, scale, out))
        out->is_ok = 1;
    else
        *out = (keda_proposal){.struct_size = struct_size,
                               .cause = failure_of(metric->source),
                               .utilization_percent = -1};
}
