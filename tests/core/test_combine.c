/* SPDX-License-Identifier: Apache-2.0 */
/* Several metrics (libkeda/core/combine.c), through keda_hpa_decide. */
#include "core/situation.h"

static void open_three(struct situation *s, double a, double b, double c)
{
    situation_open(s, 3);
    s->seen.spec_replicas = 5;
    situation_read(s, 0, a);
    situation_read(s, 1, b);
    situation_read(s, 2, c);
}

Test(combine, takes_the_highest_proposal)
{
    struct situation s;
    open_three(&s, 60, 80, 70);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->metric_replicas, 8);
    cr_assert_eq(got->binding_metric, 1);
    cr_assert_not(got->hpa_is_error);
}

Test(combine, keeps_the_first_of_equal_proposals)
{
    struct situation s;
    open_three(&s, 60, 80, 80);
    cr_assert_eq(situation_hpa(&s)->binding_metric, 1);
}

Test(combine, lets_a_negative_proposal_replace_zero)
{
    struct situation s;
    situation_open(&s, 2);
    situation_read(&s, 0, 0);
    situation_read(&s, 1, -20);
    s.metrics[1].target_type = KEDA_TARGET_VALUE;
    s.seen.pods_total = s.seen.pods_ready = 1;
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->metric_replicas, -2);
    cr_assert_eq(got->raw_replicas, 0);
}

Test(combine, lets_others_scale_up_past_a_failed_metric)
{
    struct situation s;
    open_three(&s, 0, 80, 0);
    situation_fail(&s, 0);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->to, 8);
    cr_assert(got->hpa_is_error);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "True/ValidMetricFound");
}

Test(combine, lets_others_hold_the_count_past_a_failed_metric)
{
    struct situation s;
    open_three(&s, 50, 50, 0);
    situation_fail(&s, 2);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->metric_replicas, 5);
    cr_assert(got->hpa_is_error);
}

Test(combine, never_scales_down_past_a_failed_metric)
{
    struct situation s;
    open_three(&s, 10, 20, 0);
    situation_fail(&s, 2);
    s.metrics[2].source = KEDA_SOURCE_OBJECT;
    const keda_decision *got = situation_hpa(&s);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->metric_replicas, -1);
    cr_assert_eq(got->reason, KEDA_REASON_UNKNOWN_METRICS);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "False/FailedGetObjectMetric");
}

Test(combine, reports_the_first_of_several_failures)
{
    struct situation s;
    open_three(&s, 0, 0, 0);
    for (size_t i = 0; i < 3; i++)
        situation_fail(&s, i);
    s.metrics[0].source = KEDA_SOURCE_OBJECT;
    situation_hpa(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "False/FailedGetObjectMetric");
}

Test(combine, takes_missing_readings_for_unknown)
{
    struct situation s;
    open_three(&s, 10, 20, 20);
    s.seen.nreadings = 2;
    cr_assert_eq(situation_hpa(&s)->reason, KEDA_REASON_UNKNOWN_METRICS);
    s.seen.readings = NULL;
    cr_assert_eq(situation_hpa(&s)->reason, KEDA_REASON_UNKNOWN_METRICS);
}

Test(combine, decides_nothing_without_metrics)
{
    struct situation s;
    situation_open(&s, 0);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->reason, KEDA_REASON_UNKNOWN_METRICS);
    cr_assert(got->hpa_is_error);
}

Test(combine, fills_proposals_as_far_as_they_reach)
{
    struct situation s;
    open_three(&s, 60, 80, 70);
    situation_begin(&s);
    s.decision.nproposals = 2;
    s.proposals[2].replicas = 77;
    cr_assert_eq(keda_hpa_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_OK);
    cr_assert_eq(s.proposals[0].replicas, 6);
    cr_assert_eq(s.proposals[1].replicas, 8);
    cr_assert_eq(s.proposals[2].replicas, 77);
    cr_assert_eq(s.decision.metric_replicas, 8);
}

Test(combine, walks_arrays_by_their_element_size)
{
    struct wide {
        keda_metric_policy metric;
        int64_t later[3];
    } metrics[2] = {{{.struct_size = sizeof(struct wide), .target_milli = 10000}, {-1, -1, -1}},
                    {{.struct_size = sizeof(struct wide), .target_milli = 1000}, {-1, -1, -1}}};
    struct situation s;
    situation_open(&s, 2);
    s.policy.metrics = &metrics[0].metric;
    s.policy.metric_size = sizeof metrics[0];
    situation_read(&s, 0, 20);
    situation_read(&s, 1, 4);
    cr_assert_eq(situation_hpa(&s)->metric_replicas, 4);
}
