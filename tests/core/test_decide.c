/* SPDX-License-Identifier: Apache-2.0 */
/* Both halves and their one write (libkeda/core/decide.c). */
#include "core/situation.h"

/* --- what is due ------------------------------------------------------------------------------ */

Test(decide, does_nothing_when_nothing_is_due)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.due = 8;
    s.policy.pause = KEDA_PAUSE_FULL;
    s.policy.paused_replicas = 5;
    situation_read(&s, 0, 90);
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->due, 0);
    cr_assert_not(got->is_write);
    cr_assert(got->is_active);
    cr_assert_eq(got->reason, KEDA_REASON_UNSET);
}

Test(decide, runs_only_the_half_that_is_due)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    s.seen.due = KEDA_DUE_POLL;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_NO_SYNC);
    cr_assert_eq(s.decision.due, KEDA_DUE_POLL);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE), "");
    s.seen.due = KEDA_DUE_SYNC;
    cr_assert_eq(situation_decide(&s)->to, 4);
    cr_assert_eq(s.decision.due, KEDA_DUE_SYNC);
    cr_assert_eq(s.decision.event, KEDA_EVENT_RESCALED);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "");
    cr_assert_not(s.decision.is_last_active_set);
}

Test(decide, runs_both_halves_in_one_call)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->to, 4);
    cr_assert_eq(got->reason, KEDA_REASON_SCALE_UP_LIMIT);
    cr_assert(got->is_last_active_set);
}

/* --- from zero -------------------------------------------------------------------------------- */

Test(decide, activates_and_calculates_in_one_write_even_without_a_sync)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.due = KEDA_DUE_POLL;
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 35);
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->to, 4);
    cr_assert_eq(got->from, 0);
    cr_assert_eq(got->hpa_current, 1);
    cr_assert_eq(got->reason, KEDA_REASON_ACTIVATED);
    cr_assert_eq(got->event, KEDA_EVENT_ACTIVATED);
    cr_assert(got->due & KEDA_DUE_SYNC);
}

Test(decide, starts_with_min_from_idle)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.idle_replicas = 1;
    s.policy.min_replicas = 3;
    situation_read(&s, 0, 50);
    cr_assert_eq(situation_decide(&s)->to, 5);
    cr_assert_eq(s.decision.hpa_current, 3);
}

Test(decide, activates_by_a_push_before_any_reading)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.due = KEDA_DUE_PUSH;
    s.seen.spec_replicas = 0;
    s.policy.min_replicas = 2;
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->to, 2);
    cr_assert_eq(got->metric_replicas, -1);
}

Test(decide, never_starts_with_less_than_the_activation_count)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.min_replicas = 5; /* above max: configured wrongly, still decided */
    s.policy.max_replicas = 2;
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 50);
    cr_assert_eq(situation_decide(&s)->to, 5);
}

/* --- at rest ---------------------------------------------------------------------------------- */

Test(decide, notes_a_parked_sync_as_disabled)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 0);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_INACTIVE);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "False/ScalingDisabled");
    s.seen.due = KEDA_DUE_SYNC;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_DISABLED);
    cr_assert_not(s.decision.is_write);
}

Test(decide, leaves_an_idle_target_parked_at_a_sync)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.due = KEDA_DUE_SYNC;
    s.policy.idle_replicas = 1;
    s.policy.min_replicas = 3;
    situation_read(&s, 0, 90);
    cr_assert_not(situation_decide(&s)->is_write);
    s.seen.spec_replicas = 2;
    cr_assert_eq(situation_decide(&s)->to, 3);
    s.policy.idle_replicas = 7; /* not below min: configured wrongly, not parked */
    s.seen.spec_replicas = 5;
    cr_assert_eq(situation_decide(&s)->to, 9);
}

Test(decide, says_why_zero_is_not_left)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_PAUSED_SCALE_OUT);
    cr_assert_not(s.decision.is_write);
}

/* --- towards zero ----------------------------------------------------------------------------- */

Test(decide, deactivates_past_the_hpa)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 7;
    situation_read(&s, 0, 0);
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->to, 0);
    cr_assert_eq(got->due, KEDA_DUE_POLL);
    cr_assert_eq(got->hpa_current, -1);
    cr_assert_eq(got->event, KEDA_EVENT_DEACTIVATED);
}

Test(decide, does_not_run_the_hpa_after_a_raise_to_min)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.min_replicas = 3;
    situation_read(&s, 0, 0);
    cr_assert_eq(situation_decide(&s)->to, 3);
    cr_assert_eq(s.decision.hpa_current, -1);
}

Test(decide, lets_the_hpa_shrink_during_the_cooldown)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 7;
    s.policy.has_behavior = 1;
    s.policy.scale_down = &s.down;
    s.down.stabilization_s = 0;
    situation_set_last_active(&s, 1000);
    situation_read(&s, 0, 0);
    cr_assert_eq(situation_step(&s, 0)->to, 1);
    cr_assert_eq(s.decision.reason, KEDA_REASON_TOO_FEW);
    cr_assert_eq(s.decision.cooldown_left_s, 299);
    cr_assert_eq(situation_step(&s, 15000)->reason, KEDA_REASON_COOLDOWN);
}

Test(decide, names_the_stronger_of_two_reasons)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 7;
    situation_read(&s, 0, 0);
    situation_set_last_active(&s, 1000);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_STABILIZED);
    s.policy.min_replicas = 7;
    s.policy.downscale_stabilization_s = 0;
    situation_apply(&s);
    s.seen.now_ms++;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_TOO_FEW);
    situation_fail(&s, 0);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_TRIGGER_ERROR);
    situation_read(&s, 0, 900);
    s.policy.max_replicas = 7;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_TOO_MANY);
    s.policy.max_replicas = 50;
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_SCALE_UP_LIMIT);
    situation_read(&s, 0, 0);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    s.policy.min_replicas = 1;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_SCALE_DOWN_LIMIT);
}

Test(decide, changes_nothing_while_everything_is_unknown)
{
    static const int32_t counts[] = {0, 1, 7, 100};
    for (size_t i = 0; i < 4; i++) {
        struct situation s;
        situation_open(&s, 2);
        s.seen.spec_replicas = counts[i];
        cr_assert_not(situation_decide(&s)->is_write);
        cr_assert_eq(s.decision.reason, KEDA_REASON_TRIGGER_ERROR);
        s.seen.due = KEDA_DUE_SYNC;
        cr_assert_not(situation_decide(&s)->is_write);
    }
}

/* --- pause ------------------------------------------------------------------------------------ */

Test(decide, D2_does_nothing_while_paused)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.pause = KEDA_PAUSE_FULL;
    s.policy.force_activation = 1;
    s.seen.spec_replicas = 0;
    s.seen.due = KEDA_DUE_POLL | KEDA_DUE_SYNC | KEDA_DUE_PUSH;
    const keda_decision *got = situation_decide(&s);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->reason, KEDA_REASON_PAUSED);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_PAUSED), "True/ScaledObjectPaused");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "True/ScaledObjectReady");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "");
}

Test(decide, holds_the_count_of_paused_replicas)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.pause = KEDA_PAUSE_FULL;
    s.policy.paused_replicas = 0;
    const keda_decision *got = situation_step(&s, 0);
    cr_assert(got->is_write);
    cr_assert_eq(got->to, 0);
    cr_assert_eq(got->reason, KEDA_REASON_PAUSED_REPLICAS);
    cr_assert_not(situation_step(&s, 0)->is_write);
}

Test(decide, forgets_the_hpa_while_paused_and_notes_the_end)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    situation_step(&s, 0);
    s.policy.pause = KEDA_PAUSE_FULL;
    situation_step(&s, 15000);
    cr_assert_eq(keda_history_condition(s.history, KEDA_COND_SCALING_ACTIVE).status,
                 KEDA_CONDITION_ABSENT);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    situation_step(&s, 15000);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_PAUSED), "");
    s.policy.pause = 0;
    situation_step(&s, 15000);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_PAUSED), "False/ScaledObjectUnpaused");
    situation_step(&s, 15000);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_PAUSED), "");
    s.history = NULL;
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_PAUSED), "");
}

Test(decide, scales_only_one_way_under_a_one_way_pause)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 4;
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_step(&s, 0)->to, 4);
    cr_assert(s.decision.has_behavior);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    situation_read(&s, 0, 10);
    cr_assert_eq(situation_step(&s, 400000)->to, 4);
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_step(&s, 15000)->to, 8);
}

/* --- D1 and arguments ------------------------------------------------------------------------- */

Test(decide, D1_does_nothing_without_a_count)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    s.seen.spec_replicas = -5;
    s.policy.pause = KEDA_PAUSE_FULL;
    s.policy.paused_replicas = 3;
    const keda_decision *got = situation_decide(&s);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->from, -1);
    cr_assert_eq(got->reason, KEDA_REASON_UNREADABLE);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY),
                     "False/ErrorGettingCurrentReplicas");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE), "False/FailedGetScale");
    s.seen.due = KEDA_DUE_SYNC;
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "");
    s.seen.due = KEDA_DUE_PUSH;
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ABLE_TO_SCALE), "");
}

static keda_status decide_with(const keda_policy *policy, const keda_observation *seen,
                               keda_decision *out)
{
    const keda_status rc = keda_decide(policy, seen, NULL, out);
    cr_assert_eq(keda_hpa_decide(policy, seen, NULL, out), rc);
    return rc;
}

Test(decide, refuses_structs_it_does_not_know_and_nothing_else)
{
    struct situation s;
    situation_open(&s, 1);
    situation_begin(&s);
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_OK);
    cr_assert_eq(decide_with(NULL, &s.seen, &s.decision), KEDA_EINVAL);
    cr_assert_eq(decide_with(&s.policy, NULL, &s.decision), KEDA_EINVAL);
    cr_assert_eq(decide_with(&s.policy, &s.seen, NULL), KEDA_EINVAL);
    s.seen.struct_size--;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_EINVAL);
    s.seen.struct_size++;
    s.seen.reading_size = 1;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_EINVAL);
    s.seen.nreadings = 0;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_OK);
    s.decision.proposal_size = 1;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_EINVAL);
    s.decision.nproposals = 0;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_OK);
    s.decision.struct_size--;
    cr_assert_eq(decide_with(&s.policy, &s.seen, &s.decision), KEDA_EINVAL);
}

Test(decide, works_without_proposals)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    s.decision = (keda_decision)KEDA_DECISION_INIT;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, NULL, &s.decision), KEDA_OK);
    cr_assert_eq(s.decision.to, 4);
}
