/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in for a failing metric (libkeda/core/fallback.c), through keda_decide. */
#include "core/situation.h"

#include <keda/formula.h>

#include <limits.h>

/* Two triggers, the first failing for the (failures + 1)th time, the second at rest; threshold 3, 6
 * replicas, 2 present. */
static void open_failing(struct situation *s, int32_t failures)
{
    situation_open(s, 2);
    situation_fail(s, 0);
    situation_read(s, 1, 0);
    s->readings[0].failures = failures;
    s->policy.has_fallback = 1;
    s->policy.fallback_threshold = 3;
    s->policy.fallback_replicas = 6;
    s->seen.spec_replicas = 2;
    s->seen.pods_total = s->seen.pods_ready = 2;
}

/* What the first metric's fallback makes the HPA want; -1: it is not engaged. */
static int32_t wanted(struct situation *s)
{
    situation_decide(s);
    return s->proposals[0].is_fallback ? s->proposals[0].replicas : -1;
}

static int32_t wanted_by(int32_t behavior, int32_t current)
{
    struct situation s;
    open_failing(&s, 3);
    s.policy.fallback_behavior = behavior;
    s.seen.spec_replicas = current;
    return wanted(&s);
}

static keda_formula *formula_or_fail(const char *text)
{
    static const char *const names[] = {"a", "b"};
    keda_formula *formula = NULL;
    cr_assert_eq(keda_formula_new(&formula, text, names, 2, NULL), KEDA_OK);
    return formula;
}

/* --- when it exists --------------------------------------------------------------------------- */

static bool is_in_force(struct situation *s)
{
    situation_decide(s);
    return s->decision.conditions[KEDA_COND_FALLBACK].status != KEDA_CONDITION_ABSENT;
}

Test(fallback, exists_where_it_is_set_and_valid)
{
    struct situation s;
    open_failing(&s, 0);
    cr_assert(is_in_force(&s));
    s.policy.fallback_threshold = -1;
    cr_assert_not(is_in_force(&s));
    s.policy.fallback_threshold = 0;
    s.policy.fallback_replicas = -1;
    cr_assert_not(is_in_force(&s));
    s.policy.fallback_replicas = 0;
    cr_assert(is_in_force(&s));
    s.policy.has_fallback = 0;
    cr_assert_not(is_in_force(&s));
}

Test(fallback, exists_only_for_external_metrics_with_a_value_or_an_average)
{
    struct situation s;
    open_failing(&s, 3);
    s.policy.nmetrics = 1;
    s.metrics[0].target_type = KEDA_TARGET_UTILIZATION;
    cr_assert_not(is_in_force(&s));
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    cr_assert(is_in_force(&s));
    s.metrics[0].source = KEDA_SOURCE_RESOURCE;
    cr_assert_not(is_in_force(&s));
    s.metrics[0].source = KEDA_SOURCE_OBJECT;
    cr_assert_not(is_in_force(&s));
    cr_assert(s.decision.is_error);
    s.policy.nmetrics = 0;
    cr_assert_not(is_in_force(&s));
}

Test(fallback, keeps_the_count_of_a_metric_without_one)
{
    struct situation s;
    open_failing(&s, 9);
    s.policy.fallback_threshold = -1;
    situation_decide(&s);
    cr_assert_eq(s.proposals[0].failures, 9);
    s.seen.nreadings = 0;
    situation_decide(&s);
    cr_assert_eq(s.proposals[0].failures, 0);
}

Test(fallback, needs_a_proposal_for_each_metric)
{
    struct situation s;
    open_failing(&s, 0);
    situation_begin(&s);
    s.decision.nproposals = 1;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_EINVAL);
    s.decision.nproposals = 2;
    s.decision.proposals = NULL;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_EINVAL);
    cr_assert_eq(keda_hpa_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_OK);
    s.policy.nmetrics = 0;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_OK);
}

/* --- counting --------------------------------------------------------------------------------- */

Test(fallback, engages_after_more_failures_than_the_threshold)
{
    struct situation s;
    open_failing(&s, 2);
    cr_assert_eq(wanted(&s), -1);
    cr_assert_eq(s.proposals[0].failures, 3);
    cr_assert(s.decision.is_error);
    cr_assert_not(s.decision.is_active);
    cr_assert_not(s.decision.is_fallback);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "False/NoFallbackFound");
    s.readings[0].failures = 3;
    cr_assert_eq(wanted(&s), 6);
    cr_assert_eq(s.proposals[0].failures, 4);
    cr_assert_not(s.decision.is_error);
    cr_assert(s.decision.is_active);
    cr_assert(s.decision.is_fallback);
    cr_assert_eq(s.decision.binding_metric, 0);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "True/FallbackExists");
}

Test(fallback, engages_at_once_with_a_threshold_of_zero)
{
    struct situation s;
    open_failing(&s, 0);
    s.policy.fallback_threshold = 0;
    cr_assert_eq(wanted(&s), 6);
}

Test(fallback, begins_again_after_a_success)
{
    struct situation s;
    open_failing(&s, 9);
    situation_read(&s, 0, 50);
    situation_decide(&s);
    cr_assert_eq(s.proposals[0].failures, 0);
    cr_assert_eq(s.proposals[0].replicas, 5);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "False/NoFallbackFound");
}

Test(fallback, counts_unknown_empty_and_missing_readings)
{
    struct situation s;
    open_failing(&s, 3);
    s.readings[0].state = KEDA_READING_UNKNOWN;
    cr_assert_eq(wanted(&s), 6);
    situation_read(&s, 0, 5);
    s.readings[0].nitems = 0;
    cr_assert_eq(wanted(&s), 6);
    situation_read(&s, 0, 5);
    s.readings[0].items_milli = NULL;
    cr_assert_eq(wanted(&s), 6);
    s.seen.nreadings = 0;
    situation_decide(&s);
    cr_assert_eq(s.proposals[0].failures, 1);
}

Test(fallback, counts_at_polls_and_syncs_and_at_nothing_else)
{
    static const struct {
        uint32_t due;
        int32_t failures;
    } rows[] = {{KEDA_DUE_POLL, 8},
                {KEDA_DUE_SYNC, 8},
                {KEDA_DUE_POLL | KEDA_DUE_SYNC, 8},
                {KEDA_DUE_PUSH, 7},
                {0, 7}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct situation s;
        open_failing(&s, 7);
        s.seen.due = rows[i].due;
        situation_decide(&s);
        cr_assert_eq(s.proposals[0].failures, rows[i].failures, "row %zu", i);
        cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK),
                         rows[i].failures == 8 ? "True/FallbackExists" : "");
    }
}

Test(fallback, counts_nothing_in_a_full_pause)
{
    struct situation s;
    open_failing(&s, 3);
    s.policy.pause = KEDA_PAUSE_FULL;
    cr_assert_not(is_in_force(&s));
    cr_assert_eq(s.proposals[0].failures, 3);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    cr_assert_eq(wanted(&s), 6);
}

Test(fallback, never_counts_past_the_largest_number)
{
    struct situation s;
    open_failing(&s, INT32_MAX);
    cr_assert_eq(wanted(&s), 6);
    cr_assert_eq(s.proposals[0].failures, INT32_MAX);
}

Test(fallback, counts_a_kept_failure_again)
{
    struct situation s;
    open_failing(&s, 3);
    s.seen.due = KEDA_DUE_SYNC;
    s.readings[0].is_cached = KEDA_CACHED_READING;
    cr_assert_eq(wanted(&s), 6);
    cr_assert_eq(s.proposals[0].failures, 4);
}

Test(fallback, takes_a_kept_fallback_for_a_success)
{
    struct situation s;
    open_failing(&s, 4);
    s.seen.due = KEDA_DUE_SYNC;
    s.readings[0].is_cached = KEDA_CACHED_FALLBACK;
    cr_assert_eq(wanted(&s), 6);
    cr_assert_eq(s.proposals[0].failures, 0);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "False/NoFallbackFound");
}

Test(fallback, is_remembered_in_the_condition)
{
    struct situation s;
    open_failing(&s, 3);
    situation_step(&s, 0);
    cr_assert_eq(keda_history_condition(s.history, KEDA_COND_FALLBACK).cause,
                 KEDA_CAUSE_FALLBACK_EXISTS);
    s.policy.pause = KEDA_PAUSE_FULL;
    situation_step(&s, 1000);
    cr_assert_eq(keda_history_condition(s.history, KEDA_COND_FALLBACK).cause,
                 KEDA_CAUSE_FALLBACK_EXISTS);
}

/* --- value ------------------------------------------------------------------------------------ */

Test(fallback, goes_by_its_behavior)
{
    static const struct {
        int32_t behavior, current, replicas;
    } rows[] = {{KEDA_FALLBACK_STATIC, 8, 6},
                {KEDA_FALLBACK_CURRENT_REPLICAS, 8, 8},
                {KEDA_FALLBACK_CURRENT_IF_HIGHER, 8, 8},
                {KEDA_FALLBACK_CURRENT_IF_HIGHER, 4, 6},
                {KEDA_FALLBACK_CURRENT_IF_LOWER, 8, 6},
                {KEDA_FALLBACK_CURRENT_IF_LOWER, 4, 4},
                {99, 8, 6}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(wanted_by(rows[i].behavior, rows[i].current), rows[i].replicas, "row %zu",
                     i);
}

Test(fallback, is_off_where_the_count_it_goes_by_is_unreadable)
{
    struct situation s;
    open_failing(&s, 3);
    s.seen.spec_replicas = -1;
    situation_decide(&s);
    cr_assert(s.proposals[0].is_fallback);
    cr_assert(s.decision.is_active);
    s.policy.fallback_behavior = KEDA_FALLBACK_CURRENT_IF_HIGHER;
    situation_decide(&s);
    cr_assert_not(s.proposals[0].is_fallback);
    cr_assert(s.decision.is_error);
    cr_assert_eq(s.proposals[0].failures, 4);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "True/FallbackExists");
}

Test(fallback, spreads_a_value_over_the_ready_pods)
{
    struct situation s;
    open_failing(&s, 3);
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    s.seen.pods_ready = 3;
    cr_assert_eq(wanted(&s), 6);
    cr_assert_eq(s.proposals[0].value_milli, 20000);
    s.seen.pods_ready = 7; /* truncated: 10 * 6 / 7 */
    situation_decide(&s);
    cr_assert_eq(s.proposals[0].value_milli, 8571);
}

Test(fallback, fails_without_a_ready_pod_for_a_value)
{
    struct situation s;
    open_failing(&s, 3);
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    s.seen.pods_ready = 0;
    cr_assert_eq(wanted(&s), -1);
    cr_assert(s.decision.is_error);
    s.seen.pods_ready = -1;
    cr_assert_eq(wanted(&s), -1);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "True/FallbackExists");
}

Test(fallback, saturates)
{
    struct situation s;
    open_failing(&s, 3);
    s.metrics[0].target_milli = INT64_MAX;
    s.policy.fallback_replicas = INT32_MAX;
    situation_decide(&s);
    cr_assert(s.proposals[0].is_ok);
    cr_assert_eq(s.proposals[0].average_value_milli, INT64_MAX);
}

/* --- what follows ----------------------------------------------------------------------------- */

Test(fallback, brings_a_target_up_from_zero)
{
    struct situation s;
    open_failing(&s, 3);
    s.seen.spec_replicas = 0;
    s.seen.due = KEDA_DUE_POLL;
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->event, KEDA_EVENT_ACTIVATED);
    cr_assert_eq(got->to, 4); /* HPA: one replica may become four */
    cr_assert_eq(got->metric_replicas, 6);
}

Test(fallback, goes_by_the_count_activation_writes)
{
    struct situation s;
    open_failing(&s, 3);
    s.seen.spec_replicas = 0;
    s.policy.min_replicas = 3;
    s.policy.fallback_behavior = KEDA_FALLBACK_CURRENT_REPLICAS;
    situation_decide(&s);
    cr_assert_eq(s.decision.to, 3);
    cr_assert_eq(s.proposals[0].replicas, 3);
}

Test(fallback, leaves_the_errors_of_other_triggers)
{
    struct situation s;
    open_failing(&s, 3);
    situation_fail(&s, 1);
    cr_assert_eq(wanted(&s), 6);
    cr_assert(s.decision.is_error);
    cr_assert(s.decision.hpa_is_error);
    cr_assert_eq(s.proposals[1].failures, 1);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "Unknown/PartialTriggerError");
}

Test(fallback, is_not_applied_by_the_hpa_alone)
{
    struct situation s;
    open_failing(&s, 3);
    situation_hpa(&s);
    cr_assert_not(s.proposals[0].is_ok);
    cr_assert_not(s.proposals[0].is_fallback);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "");
}

Test(fallback, is_an_error_without_the_formula_its_behavior_needs)
{
    struct situation s;
    open_failing(&s, 3);
    s.policy.fallback_behavior = KEDA_FALLBACK_SCALING_MODIFIERS;
    situation_decide(&s);
    cr_assert(s.decision.is_error);
    cr_assert_not(s.proposals[0].is_ok);
}

/* --- with a formula --------------------------------------------------------------------------- */

Test(fallback, needs_a_whole_target_of_the_modifiers)
{
    struct situation s;
    open_failing(&s, 3);
    keda_formula *formula = formula_or_fail("a + b");
    s.policy.formula = formula;
    s.policy.composite_target = 5.0;
    cr_assert_not(is_in_force(&s));
    s.policy.is_whole_modifiers_target = 1;
    cr_assert(is_in_force(&s));
    s.policy.composite_target = 0.0;
    cr_assert_not(is_in_force(&s));
    keda_formula_free(formula);
}

Test(fallback, stands_for_the_whole_formula)
{
    struct situation s;
    open_failing(&s, 3);
    keda_formula *formula = formula_or_fail("a + b");
    s.policy.formula = formula;
    s.policy.composite_target = 2.0;
    s.policy.is_whole_modifiers_target = 1;
    situation_fail(&s, 1);
    situation_decide(&s);
    cr_assert_eq(s.decision.composite_milli, 12000);
    cr_assert(s.decision.composite.is_fallback);
    cr_assert_eq(s.decision.composite.replicas, 6);
    cr_assert_eq(s.decision.metric_replicas, 6);
    cr_assert(s.proposals[0].is_fallback);
    cr_assert_not(s.proposals[0].is_ok);
    cr_assert_not(s.decision.is_active); /* KEDA: for the error of the other trigger */
    situation_read(&s, 1, 0);
    cr_assert(situation_decide(&s)->is_active);
    keda_formula_free(formula);
}

Test(fallback, of_a_formula_goes_by_the_count_activation_writes)
{
    struct situation s;
    open_failing(&s, 3);
    keda_formula *formula = formula_or_fail("a + b");
    s.policy.formula = formula;
    s.policy.composite_target = 2.0;
    s.policy.is_whole_modifiers_target = 1;
    s.policy.composite_activation = -1.0;
    s.policy.fallback_behavior = KEDA_FALLBACK_CURRENT_REPLICAS;
    s.policy.min_replicas = 3;
    s.seen.spec_replicas = 0;
    situation_decide(&s);
    cr_assert_eq(s.decision.to, 3);
    cr_assert_eq(s.decision.composite_milli, 6000);
    keda_formula_free(formula);
}
