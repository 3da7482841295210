/* SPDX-License-Identifier: Apache-2.0 */
/* One metric's proposal (libkeda/core/propose.c), through keda_hpa_propose. */
#include "core/situation.h"

#include <math.h>

static keda_proposal propose(struct situation *s)
{
    keda_proposal out = {.struct_size = sizeof out};
    cr_assert_eq(keda_hpa_propose(&s->policy, &s->metrics[0], &s->readings[0], &s->seen, &out),
                 KEDA_OK);
    return out;
}

static keda_proposal propose_items(struct situation *s, int64_t a, int64_t b)
{
    s->readings[0].state = KEDA_READING_OK;
    s->readings[0].nitems = 2;
    s->items[0][0] = a;
    s->items[0][1] = b;
    return propose(s);
}

static void open_value(struct situation *s, int32_t spec, int32_t total, int32_t ready)
{
    situation_open(s, 1);
    s->metrics[0].target_type = KEDA_TARGET_VALUE;
    s->seen.spec_replicas = spec;
    s->seen.pods_total = total;
    s->seen.pods_ready = ready;
}

Test(propose, rounds_the_average_up)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 31);
    const keda_proposal got = propose(&s);
    cr_assert(got.is_ok);
    cr_assert_eq(got.replicas, 4);
    cr_assert_eq(got.average_value_milli, 31000);
    cr_assert_not(got.within_tolerance);
}

Test(propose, keeps_replicas_within_tolerance)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 10;
    situation_read(&s, 0, 109);
    cr_assert_eq(propose(&s).replicas, 10);
    cr_assert(propose(&s).within_tolerance);
    situation_read(&s, 0, 91);
    cr_assert_eq(propose(&s).replicas, 10);
    situation_read(&s, 0, 111);
    cr_assert_eq(propose(&s).replicas, 12);
    situation_read(&s, 0, 89);
    cr_assert_eq(propose(&s).replicas, 9);
}

Test(propose, proposes_status_replicas_within_tolerance_of_an_average)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 8;
    s.seen.status_replicas = 4;
    situation_read(&s, 0, 40);
    cr_assert_eq(propose(&s).replicas, 4);
}

Test(propose, takes_tolerances_of_the_behaviour_by_direction)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 10;
    s.policy.has_behavior = 1;
    s.policy.scale_up = &s.up;
    s.policy.scale_down = &s.down;
    s.up.tolerance = 0.5;
    s.down.tolerance = 0.0;
    situation_read(&s, 0, 149);
    cr_assert_eq(propose(&s).replicas, 10);
    situation_read(&s, 0, 90.1);
    cr_assert_eq(propose(&s).replicas, 10); /* ceil(9.01) */
    cr_assert_not(propose(&s).within_tolerance);
    s.policy.has_behavior = 0;
    situation_read(&s, 0, 149);
    cr_assert_eq(propose(&s).replicas, 15);
}

Test(propose, survives_zero_status_replicas)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 25);
    cr_assert_eq(propose(&s).replicas, 3);
    cr_assert_eq(propose(&s).average_value_milli, INT64_MAX);
    situation_read(&s, 0, 0);
    cr_assert_eq(propose(&s).replicas, 0);
    cr_assert_eq(propose(&s).average_value_milli, 0);
}

Test(propose, multiplies_a_value_by_ready_pods)
{
    struct situation s;
    open_value(&s, 4, 4, 2);
    situation_read(&s, 0, 30);
    cr_assert_eq(propose(&s).replicas, 6);
    cr_assert_eq(propose(&s).value_milli, 30000);
    s.seen.pods_ready = 0;
    cr_assert_eq(propose(&s).replicas, 0);
}

Test(propose, does_not_look_at_pods_within_tolerance_of_a_value)
{
    struct situation s;
    open_value(&s, 4, -1, -1);
    situation_read(&s, 0, 10);
    cr_assert(propose(&s).is_ok);
    cr_assert_eq(propose(&s).replicas, 4);
}

Test(propose, takes_unknown_or_no_pods_for_a_failure_of_a_value)
{
    static const int32_t pods[][2] = {{-1, -1}, {0, 0}, {3, -1}, {-1, 3}};
    for (size_t i = 0; i < 4; i++) {
        struct situation s;
        open_value(&s, 4, pods[i][0], pods[i][1]);
        situation_read(&s, 0, 30);
        cr_assert_not(propose(&s).is_ok, "case %zu", i);
        cr_assert_eq(propose(&s).cause, KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC);
        cr_assert_eq(propose(&s).value_milli, 0);
    }
}

Test(propose, needs_no_pods_for_a_value_at_zero)
{
    struct situation s;
    open_value(&s, 0, 0, 0);
    situation_read(&s, 0, 25);
    cr_assert_eq(propose(&s).replicas, 3);
}

Test(propose, adds_items_and_stops_at_the_largest_sum)
{
    struct situation s;
    situation_open(&s, 1);
    cr_assert_eq(propose_items(&s, 15000, 6000).replicas, 3);
    cr_assert_eq(propose_items(&s, INT64_MAX, 1).average_value_milli, INT64_MAX);
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    s.seen.pods_total = s.seen.pods_ready = 1;
    cr_assert_eq(propose_items(&s, INT64_MAX, 1).value_milli, INT64_MAX);
    cr_assert_eq(propose_items(&s, 15000, 6000).value_milli, 21000);
}

Test(propose, takes_a_negative_running_sum_of_averages_for_huge)
{
    struct situation s;
    situation_open(&s, 1);
    cr_assert_eq(propose_items(&s, -1, 5000).replicas, INT32_MAX);
    cr_assert_eq(propose_items(&s, 5000, -1).average_value_milli, 4999);
}

Test(propose, lets_a_value_be_negative)
{
    struct situation s;
    open_value(&s, 1, 1, 1);
    cr_assert_eq(propose_items(&s, -20000, -10000).replicas, -3);
    cr_assert_eq(propose_items(&s, INT64_MIN, -1).value_milli, INT64_MAX); /* wraps */
}

Test(propose, saturates_where_a_double_does_not_fit)
{
    struct situation s;
    open_value(&s, 1, 1, INT32_MAX);
    s.metrics[0].target_milli = 1;
    cr_assert_eq(propose_items(&s, INT64_MAX, 0).replicas, INT32_MAX);
    cr_assert_eq(propose_items(&s, INT64_MIN, 0).replicas, INT32_MIN);
}

Test(propose, takes_the_one_value_of_an_object)
{
    struct situation s;
    situation_open(&s, 1);
    s.metrics[0].source = KEDA_SOURCE_OBJECT;
    cr_assert_eq(propose_items(&s, 25000, 99000).replicas, 3);
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    s.seen.pods_total = s.seen.pods_ready = 1;
    cr_assert_eq(propose_items(&s, -25000, 99000).replicas, -2);
    s.metrics[0].target_type = KEDA_TARGET_AVERAGE_VALUE;
    cr_assert_eq(propose_items(&s, INT64_MAX, 0).average_value_milli, INT64_MIN);
    cr_assert_eq(propose_items(&s, INT64_MIN, 0).average_value_milli, INT64_MIN);
}

Test(propose, fails_by_the_name_of_its_source)
{
    static const int32_t causes[] = {KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC,
                                     KEDA_CAUSE_FAILED_GET_OBJECT_METRIC,
                                     KEDA_CAUSE_FAILED_GET_PODS_METRIC,
                                     KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC,
                                     KEDA_CAUSE_FAILED_GET_CONTAINER_RESOURCE_METRIC,
                                     KEDA_CAUSE_INVALID_METRIC_SOURCE_TYPE};
    for (int32_t source = -1; source < 6; source++) {
        struct situation s;
        situation_open(&s, 1);
        situation_read(&s, 0, 5);
        if (source < 5)
            situation_fail(&s, 0);
        s.metrics[0].source = source;
        cr_assert_not(propose(&s).is_ok);
        cr_assert_eq(propose(&s).cause, causes[source < 0 ? 5 : source]);
    }
}

Test(propose, refuses_empty_answers_and_impossible_targets)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 5);
    cr_assert(propose(&s).is_ok);
    s.readings[0].nitems = 0;
    cr_assert_not(propose(&s).is_ok);
    s.readings[0].nitems = 1;
    s.readings[0].items_milli = NULL;
    cr_assert_not(propose(&s).is_ok);
    s.readings[0].items_milli = s.items[0];
    s.metrics[0].target_milli = 0;
    cr_assert_not(propose(&s).is_ok);
    s.metrics[0].target_milli = 1;
    s.metrics[0].target_type = 7;
    cr_assert_not(propose(&s).is_ok);
}

Test(propose, refuses_wrong_struct_sizes)
{
    struct situation s;
    keda_proposal out = {.struct_size = sizeof out};
    situation_open(&s, 1);
    const keda_metric_policy metric = s.metrics[0];
    const keda_reading reading = s.readings[0];
    const keda_metric_policy old_metric = {.struct_size = 4};
    const keda_reading old_reading = {.struct_size = 4};
    cr_assert_eq(keda_hpa_propose(&s.policy, NULL, &reading, &s.seen, &out), KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(&s.policy, &old_metric, &reading, &s.seen, &out),
                 KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(&s.policy, &metric, NULL, &s.seen, &out), KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(&s.policy, &metric, &old_reading, &s.seen, &out),
                 KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(&s.policy, &metric, &reading, &s.seen, NULL), KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(NULL, &metric, &reading, &s.seen, &out), KEDA_EINVAL);
    cr_assert_eq(keda_hpa_propose(&s.policy, &metric, &reading, NULL, &out), KEDA_EINVAL);
    out.struct_size = 4;
    cr_assert_eq(keda_hpa_propose(&s.policy, &metric, &reading, &s.seen, &out), KEDA_EINVAL);
}
