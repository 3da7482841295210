/* SPDX-License-Identifier: Apache-2.0 */
/* Stabilisation windows (libkeda/core/stabilize.c), through decisions in a row. */
#include "core/situation.h"

static const keda_rate_policy any_up = {KEDA_RATE_PERCENT, 1000, 15, 0};
static const keda_rate_policy any_down = {KEDA_RATE_PERCENT, 100, 15, 0};

/* At 8 replicas with 8 recommended just now. */
static void open_at_eight(struct situation *s)
{
    situation_open(s, 1);
    s->seen.spec_replicas = 8;
    situation_read(s, 0, 80);
    situation_hpa_step(s, 0);
}

Test(stabilize, counts_a_record_exactly_at_the_cutoff_without_behaviour)
{
    struct situation s;
    open_at_eight(&s);
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa_step(&s, 300000)->stabilized_replicas, 8);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE),
                     "True/ScaleDownStabilized");
    cr_assert_eq(s.decision.reason, KEDA_REASON_STABILIZED);
    cr_assert_eq(situation_hpa_step(&s, 1)->stabilized_replicas, 2);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE), "True/ReadyForNewScale");
}

Test(stabilize, does_not_count_a_record_exactly_at_the_border_with_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, any_up, any_down);
    s.seen.spec_replicas = 8;
    situation_read(&s, 0, 80);
    situation_hpa_step(&s, 0);
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa_step(&s, 299999)->stabilized_replicas, 8);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE),
                     "True/ScaleDownStabilized");
    cr_assert_eq(situation_hpa_step(&s, 1)->stabilized_replicas, 2);
}

Test(stabilize, lets_an_old_recommendation_raise_the_count_without_behaviour)
{
    struct situation s;
    open_at_eight(&s);
    s.seen.spec_replicas = 1;
    situation_read(&s, 0, 10);
    const keda_decision *got = situation_hpa_step(&s, 15000);
    cr_assert_eq(got->stabilized_replicas, 8);
    cr_assert_eq(got->to, 4);
    cr_assert_eq(got->reason, KEDA_REASON_SCALE_UP_LIMIT);
}

Test(stabilize, lets_an_old_recommendation_only_hold_the_count_with_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, any_up, any_down);
    s.seen.spec_replicas = 8;
    situation_read(&s, 0, 80);
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = 1;
    situation_read(&s, 0, 10);
    cr_assert_eq(situation_hpa_step(&s, 15000)->stabilized_replicas, 1);
}

Test(stabilize, waits_for_the_whole_window_before_scaling_up)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, any_up, any_down);
    s.up.stabilization_s = 60;
    s.seen.spec_replicas = 2;
    situation_read(&s, 0, 20);
    situation_hpa_step(&s, 0);
    situation_read(&s, 0, 60);
    cr_assert_eq(situation_hpa_step(&s, 59999)->to, 2);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE),
                     "True/ScaleUpStabilized");
    cr_assert_eq(situation_hpa_step(&s, 1)->to, 6);
}

Test(stabilize, counts_the_first_reconcile_as_a_recommendation)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 8;
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa(&s)->stabilized_replicas, 8);
    s.history = NULL;
    cr_assert_eq(situation_hpa(&s)->stabilized_replicas, 8);
}

Test(stabilize, takes_the_window_of_the_controller_where_the_behaviour_has_none)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, any_up, any_down);
    s.policy.downscale_stabilization_s = 30;
    s.seen.spec_replicas = 8;
    situation_read(&s, 0, 80);
    situation_hpa_step(&s, 0);
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa_step(&s, 29999)->stabilized_replicas, 8);
    cr_assert_eq(situation_hpa_step(&s, 1)->stabilized_replicas, 2);
}

Test(stabilize, has_no_memory_with_windows_of_zero)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, any_up, any_down);
    s.down.stabilization_s = 0;
    s.seen.spec_replicas = 8;
    situation_read(&s, 0, 20);
    cr_assert_eq(situation_hpa(&s)->stabilized_replicas, 2);
}
