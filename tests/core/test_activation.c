/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's table D3-D17 (libkeda/core/activation.c), through keda_decide with a poll due. */
#include "core/situation.h"

#include <math.h>

static void open_poll(struct situation *s, int32_t current, double value)
{
    situation_open(s, 2);
    s->seen.due = KEDA_DUE_POLL;
    s->seen.spec_replicas = current;
    situation_read(s, 0, value);
    situation_read(s, 1, 0);
}

static bool is_active_at(double raw, double threshold)
{
    struct situation s;
    open_poll(&s, 1, 0);
    s.policy.nmetrics = 1;
    s.readings[0].raw = raw;
    s.metrics[0].activation = threshold;
    return situation_decide(&s)->is_active;
}

/* --- activity --------------------------------------------------------------------------------- */

Test(activation, compares_strictly_and_unrounded)
{
    cr_assert(is_active_at(0.0004, 0));
    cr_assert_not(is_active_at(0, 0));
    cr_assert_not(is_active_at(5, 5));
    cr_assert(is_active_at(5.000001, 5));
    cr_assert(is_active_at(0, -1));
}

Test(activation, takes_what_is_no_number_for_zero)
{
    cr_assert_not(is_active_at((double)NAN, 0));
    cr_assert_not(is_active_at((double)INFINITY, 0));
    cr_assert_not(is_active_at(-3, -2 + 2));
    cr_assert_not(is_active_at(5, (double)NAN));
}

Test(activation, believes_a_scaler_that_knows_better)
{
    struct situation s;
    open_poll(&s, 1, 100);
    s.readings[0].is_active = 0;
    cr_assert_not(situation_decide(&s)->is_active);
    s.readings[1].is_active = 1;
    cr_assert(situation_decide(&s)->is_active);
}

Test(activation, takes_unknown_failed_missing_and_empty_readings_for_errors)
{
    struct situation s;
    open_poll(&s, 1, 100);
    cr_assert_not(situation_decide(&s)->is_error);
    s.readings[1].state = KEDA_READING_UNKNOWN;
    cr_assert(situation_decide(&s)->is_error);
    cr_assert(s.decision.is_active);
    situation_fail(&s, 1);
    cr_assert(situation_decide(&s)->is_error);
    situation_read(&s, 1, 0);
    s.seen.nreadings = 1;
    cr_assert(situation_decide(&s)->is_error);
    s.seen.nreadings = 2;
    s.readings[1].nitems = 0;
    cr_assert(situation_decide(&s)->is_error);
}

Test(activation, takes_a_push_for_activity_and_not_for_an_error)
{
    struct situation s;
    open_poll(&s, 3, 0);
    situation_fail(&s, 0);
    s.seen.due = KEDA_DUE_PUSH;
    cr_assert(situation_decide(&s)->is_active);
    cr_assert_not(s.decision.is_error);
    cr_assert(s.decision.is_last_active_set);
    cr_assert_eq(s.decision.reason, KEDA_REASON_NO_SYNC);
    s.seen.due = KEDA_DUE_PUSH | KEDA_DUE_POLL;
    cr_assert(situation_decide(&s)->is_error);
    situation_read(&s, 0, 0);
    cr_assert_not(situation_decide(&s)->is_error);
}

Test(activation, leaves_metrics_of_the_pods_aside)
{
    struct situation s;
    open_poll(&s, 0, 0);
    s.metrics[0].source = KEDA_SOURCE_RESOURCE;
    s.readings[0].raw = 90;
    cr_assert_not(situation_decide(&s)->is_active);
    situation_fail(&s, 0);
    cr_assert_not(situation_decide(&s)->is_error);
    situation_read(&s, 1, 5);
    cr_assert(situation_decide(&s)->is_active);
}

Test(activation, is_given_where_all_metrics_are_of_the_pods)
{
    struct situation s;
    open_poll(&s, 3, 0);
    s.metrics[0].source = KEDA_SOURCE_RESOURCE;
    s.metrics[1].source = KEDA_SOURCE_CONTAINER_RESOURCE;
    cr_assert(situation_decide(&s)->is_active);
    s.policy.nmetrics = 0;
    cr_assert_not(situation_decide(&s)->is_active);
}

/* --- active ----------------------------------------------------------------------------------- */

Test(activation, D3_leaves_zero_alone_while_scale_out_is_paused)
{
    struct situation s;
    open_poll(&s, 0, 5);
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    const keda_decision *got = situation_decide(&s);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->reason, KEDA_REASON_PAUSED_SCALE_OUT);
    cr_assert_not(got->is_last_active_set);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "True/ScalerActive");
    s.policy.deviations = KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE;
    cr_assert(situation_decide(&s)->is_last_active_set);
}

Test(activation, D4_goes_from_zero_to_at_least_one)
{
    struct situation s;
    open_poll(&s, 0, 5);
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->to, 1);
    cr_assert_eq(got->reason, KEDA_REASON_ACTIVATED);
    cr_assert_eq(got->event, KEDA_EVENT_ACTIVATED);
    s.policy.min_replicas = 3;
    cr_assert_eq(situation_decide(&s)->to, 3);
}

Test(activation, D4_goes_from_idle_to_min)
{
    struct situation s;
    open_poll(&s, 2, 5);
    s.policy.min_replicas = 3;
    cr_assert_not(situation_decide(&s)->is_write);
    s.policy.idle_replicas = 0;
    cr_assert_eq(situation_decide(&s)->to, 3);
}

Test(activation, D4_hides_an_error_unless_told_otherwise)
{
    struct situation s;
    open_poll(&s, 0, 5);
    situation_fail(&s, 1);
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "True/ScaledObjectReady");
    s.policy.deviations = KEDA_DEVIATION_ACTIVATION_SHOWS_ERROR;
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "Unknown/PartialTriggerError");
    situation_read(&s, 1, 0);
    situation_decide(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "True/ScaledObjectReady");
}

Test(activation, D6_does_not_refresh_last_active_on_a_partial_error)
{
    struct situation s;
    open_poll(&s, 3, 5);
    situation_fail(&s, 1);
    const keda_decision *got = situation_decide(&s);
    cr_assert_not(got->is_write);
    cr_assert_not(got->is_last_active_set);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "Unknown/PartialTriggerError");
    s.policy.deviations = KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE;
    cr_assert(situation_decide(&s)->is_last_active_set);
}

Test(activation, D7_refreshes_last_active_in_whole_seconds)
{
    struct situation s;
    open_poll(&s, 3, 5);
    s.seen.now_ms = 1234567;
    cr_assert(situation_decide(&s)->is_last_active_set);
    cr_assert_eq(s.decision.last_active_ms, 1234000);
    s.seen.now_ms = -1;
    cr_assert_eq(situation_decide(&s)->last_active_ms, -1000);
}

Test(activation, D7_is_at_work_above_min_though_idle_is_set)
{
    struct situation s;
    open_poll(&s, 4, 5);
    s.policy.idle_replicas = 0;
    s.policy.min_replicas = 2;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_NO_SYNC);
    cr_assert_not(s.decision.is_write);
}

Test(activation, is_forced_whatever_the_triggers_say)
{
    struct situation s;
    open_poll(&s, 0, 0);
    s.policy.force_activation = 1;
    cr_assert_eq(situation_decide(&s)->to, 1);
}

/* --- inactive --------------------------------------------------------------------------------- */

Test(activation, D8_does_nothing_on_errors_with_a_fallback)
{
    struct situation s;
    open_poll(&s, 3, 0);
    situation_fail(&s, 0);
    s.policy.has_fallback = 1;
    s.policy.fallback_threshold = 3;
    s.policy.fallback_replicas = 6;
    const keda_decision *got = situation_decide(&s);
    cr_assert_not(got->is_write);
    cr_assert_eq(got->reason, KEDA_REASON_TRIGGER_ERROR);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "True/ScaledObjectReady");
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "False/ScalerNotActive");
}

Test(activation, D9_does_nothing_on_errors_without_a_fallback)
{
    struct situation s;
    open_poll(&s, 3, 0);
    situation_fail(&s, 0);
    cr_assert_not(situation_decide(&s)->is_write);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "False/TriggerError");
}

Test(activation, scales_in_on_errors_with_a_fallback_of_zero_unless_told_otherwise)
{
    struct situation s;
    open_poll(&s, 3, 0);
    situation_fail(&s, 0);
    s.policy.has_fallback = 1;
    s.policy.fallback_threshold = 3;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_DEACTIVATED);
    cr_assert_eq(s.decision.to, 0);
    s.policy.deviations = KEDA_DEVIATION_FALLBACK_ZERO_READY;
    cr_assert_not(situation_decide(&s)->is_write);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "False/TriggerError");
}

Test(activation, D10_stays_while_scale_in_is_paused)
{
    struct situation s;
    open_poll(&s, 3, 0);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    cr_assert_not(situation_decide(&s)->is_write);
    cr_assert_eq(s.decision.reason, KEDA_REASON_PAUSED_SCALE_IN);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "False/ScalerNotActive");
}

Test(activation, D11_D12_counts_the_initial_cooldown_from_creation)
{
    struct situation s;
    open_poll(&s, 2, 0);
    s.policy.initial_cooldown_s = 60;
    s.seen.created_ms = s.seen.now_ms - 60000;
    cr_assert_not(situation_decide(&s)->is_write);
    cr_assert_eq(s.decision.reason, KEDA_REASON_COOLDOWN);
    cr_assert_eq(s.decision.cooldown_left_s, 1);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "False/ScalerCooldown");
    s.seen.created_ms--;
    cr_assert_eq(situation_decide(&s)->to, 0);
    cr_assert_eq(s.decision.event, KEDA_EVENT_DEACTIVATED);
    s.history = NULL;
    cr_assert_eq(situation_decide(&s)->to, 0);
}

Test(activation, D13_D14_counts_the_cooldown_from_the_last_activity)
{
    struct situation s;
    open_poll(&s, 5, 0);
    situation_set_last_active(&s, 299000);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_COOLDOWN);
    cr_assert_eq(s.decision.cooldown_left_s, 1);
    situation_set_last_active(&s, 300000);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_COOLDOWN);
    situation_set_last_active(&s, 300001);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_DEACTIVATED);
    s.policy.cooldown_s = 600;
    cr_assert_eq(situation_decide(&s)->cooldown_left_s, 300);
}

Test(activation, D13_goes_to_idle_where_it_is_set)
{
    struct situation s;
    open_poll(&s, 4, 0);
    s.policy.idle_replicas = 1;
    s.policy.min_replicas = 2;
    cr_assert_eq(situation_decide(&s)->to, 1);
}

Test(activation, D16_raises_to_min)
{
    struct situation s;
    open_poll(&s, 0, 0);
    s.policy.min_replicas = 2;
    cr_assert_eq(situation_decide(&s)->to, 2);
    cr_assert_eq(s.decision.reason, KEDA_REASON_RAISED_TO_MIN);
    cr_assert_eq(s.decision.event, KEDA_EVENT_NONE);
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    cr_assert_eq(situation_decide(&s)->to, 2);
    s.policy.deviations = KEDA_DEVIATION_PAUSE_OUT_BLOCKS_MIN;
    cr_assert_not(situation_decide(&s)->is_write);
    cr_assert_eq(s.decision.reason, KEDA_REASON_PAUSED_SCALE_OUT);
    s.policy.pause = 0;
    cr_assert_eq(situation_decide(&s)->to, 2);
}

Test(activation, D17_rests)
{
    struct situation s;
    open_poll(&s, 0, 0);
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_INACTIVE);
    s.policy.idle_replicas = 1;
    s.policy.min_replicas = 2;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_INACTIVE);
    s.policy.idle_replicas = -1;
    s.seen.spec_replicas = 5;
    cr_assert_eq(situation_decide(&s)->reason, KEDA_REASON_INACTIVE);
    cr_assert_not(s.decision.is_write);
}
