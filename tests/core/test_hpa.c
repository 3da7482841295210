/* SPDX-License-Identifier: Apache-2.0 */
/* One reconcile in its order (libkeda/core/hpa.c), through keda_hpa_decide. */
#include "core/situation.h"

Test(hpa, reports_a_count_it_could_not_read_and_changes_nothing)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = -1;
    const keda_decision *got = situation_hpa(&s);
    int32_t current, desired;
    cr_assert_eq(got->reason, KEDA_REASON_UNREADABLE);
    cr_assert(got->hpa_is_error);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->from, -1);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE), "False/FailedGetScale");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "True/ValidMetricFound");
    situation_apply(&s);
    keda_history_hpa_status(s.history, &current, &desired);
    cr_assert_eq(current, 1);
    cr_assert_eq(desired, 2);
}

Test(hpa, is_disabled_at_zero)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 20);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->reason, KEDA_REASON_DISABLED);
    cr_assert_not(got->is_write);
    cr_assert_not(got->is_consulted);
    cr_assert_not(got->has_recommendation);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "False/ScalingDisabled");
}

Test(hpa, works_at_zero_behind_its_gate)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.hpa_min_zero = 1;
    s.policy.min_replicas = 0;
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa(&s)->to, 2);
}

Test(hpa, forces_the_count_into_its_bounds_without_metrics)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.min_replicas = 3;
    s.policy.max_replicas = 5;
    cr_assert_eq(situation_hpa(&s)->to, 3);
    cr_assert_eq(s.decision.reason, KEDA_REASON_RAISED_TO_MIN);
    s.seen.spec_replicas = 9;
    cr_assert_eq(situation_hpa(&s)->to, 5);
    cr_assert_eq(s.decision.reason, KEDA_REASON_LOWERED_TO_MAX);
    cr_assert_eq(s.decision.event, KEDA_EVENT_RESCALED);
    cr_assert_not(s.decision.is_consulted);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED), "");
}

Test(hpa, keeps_the_published_count_without_a_decision)
{
    struct situation s;
    int32_t current, desired;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = 7;
    situation_fail(&s, 0);
    situation_hpa_step(&s, 15000);
    keda_history_hpa_status(s.history, &current, &desired);
    cr_assert_eq(current, 7);
    cr_assert_eq(desired, 2);
    cr_assert_not(s.decision.has_recommendation);
}

Test(hpa, decides_without_a_history)
{
    struct situation s;
    situation_open(&s, 1);
    s.history = NULL;
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa(&s)->to, 2);
    situation_fail(&s, 0);
    cr_assert_eq(situation_hpa(&s)->hpa_status_desired, 0);
}

Test(hpa, writes_one_desired_count_again_and_again_until_it_is_there)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = 1;
    cr_assert_eq(situation_hpa_step(&s, 15000)->to, 2);
}

Test(hpa, lists_all_inputs_of_a_decision)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    const keda_decision *got = situation_hpa(&s);
    cr_assert_eq(got->due, KEDA_DUE_SYNC);
    cr_assert_eq(got->from, 1);
    cr_assert_eq(got->hpa_current, 1);
    cr_assert_eq(got->metric_replicas, 9);
    cr_assert_eq(got->raw_replicas, 9);
    cr_assert_eq(got->stabilized_replicas, 9);
    cr_assert_eq(got->limit_replicas, 4);
    cr_assert_eq(got->hpa_desired, 4);
    cr_assert_eq(got->to, 4);
    cr_assert(got->is_write);
    cr_assert_eq(s.proposals[0].replicas, 9);
}

Test(hpa, does_not_look_at_pause_and_activation)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.pause = KEDA_PAUSE_FULL | KEDA_PAUSE_SCALE_OUT;
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_hpa(&s)->to, 4);
}
