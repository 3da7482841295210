/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a formula and what it decides (libkeda/core/composite.c), through keda_decide. */
#include "core/situation.h"

#include <keda/formula.h>

#include <math.h>

static keda_formula *formula;

static void close_formula(void)
{
    keda_formula_free(formula);
    formula = NULL;
}

TestSuite(composite, .fini = close_formula);

/* Triggers a and b, both read; target 2 of the formula. */
static void open_formula(struct situation *s, const char *text, double a, double b)
{
    static const char *const names[] = {"a", "b"};

    close_formula();
    cr_assert_eq(keda_formula_new(&formula, text, names, 2, NULL), KEDA_OK);
    situation_open(s, 2);
    situation_read(s, 0, a);
    situation_read(s, 1, b);
    s->metrics[0].variable = 1;
    s->metrics[1].variable = 2;
    s->policy.formula = formula;
    s->policy.composite_target = 2.0;
}

static void add_fallback(struct situation *s, int32_t behavior, int32_t replicas)
{
    s->policy.has_fallback = 1;
    s->policy.fallback_behavior = behavior;
    s->policy.fallback_replicas = replicas;
    s->policy.is_whole_modifiers_target = 1;
}

static int64_t value_of(struct situation *s)
{
    situation_decide(s);
    cr_assert(s->decision.has_composite);
    cr_assert_eq(s->decision.composite_error, KEDA_OK);
    return s->decision.composite_milli;
}

static int32_t error_of(struct situation *s)
{
    situation_decide(s);
    cr_assert(s->decision.has_composite);
    return s->decision.composite_error;
}

/* --- value ------------------------------------------------------------------------------------ */

Test(composite, is_the_result_in_thousandths_truncated)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    cr_assert_eq(value_of(&s), 5000);
    open_formula(&s, "a / 3", 2, 3);
    cr_assert_eq(value_of(&s), 666);
    open_formula(&s, "a / -3", 2, 3);
    cr_assert_eq(value_of(&s), -666);
}

Test(composite, is_absent_without_a_formula)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    s.policy.formula = NULL;
    situation_decide(&s);
    cr_assert_not(s.decision.has_composite);
    cr_assert_eq(s.decision.binding_metric, 0);
}

Test(composite, is_not_made_by_the_hpa_alone)
{
    struct situation s;
    open_formula(&s, "a + b", 20, 30);
    situation_hpa(&s);
    cr_assert_not(s.decision.has_composite);
    cr_assert_eq(s.decision.binding_metric, 1);
}

Test(composite, takes_a_reading_as_a_quantity_becomes_a_double)
{
    struct situation s;
    open_formula(&s, "a == 1.0010000000000001 ? 1 : 0", 0, 0);
    s.items[0][0] = 1001;
    cr_assert_eq(value_of(&s), 1000);
}

Test(composite, takes_the_last_item_and_the_last_metric_of_a_name)
{
    struct situation s;
    open_formula(&s, "a", 2, 3);
    s.items[0][1] = 7000;
    s.readings[0].nitems = 2;
    cr_assert_eq(value_of(&s), 7000);
    s.metrics[1].variable = 1;
    cr_assert_eq(value_of(&s), 3000);
}

Test(composite, leaves_metrics_without_a_variable_aside)
{
    struct situation s;
    open_formula(&s, "a", 2, 3);
    s.metrics[1].variable = 0;
    cr_assert_eq(value_of(&s), 2000);
    s.metrics[1].variable = 3;
    cr_assert_eq(value_of(&s), 2000);
    situation_fail(&s, 1);
    cr_assert_eq(error_of(&s), KEDA_EUNAVAILABLE); /* KEDA: it is asked all the same */
}

Test(composite, takes_a_name_without_a_metric_for_nil)
{
    struct situation s;
    open_formula(&s, "b ?? 4", 2, 3);
    s.metrics[1].variable = 0;
    cr_assert_eq(value_of(&s), 4000);
}

Test(composite, fails_with_any_trigger)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    situation_fail(&s, 0);
    cr_assert_eq(error_of(&s), KEDA_EUNAVAILABLE);
    cr_assert(s.decision.is_error);
    cr_assert(s.decision.hpa_is_error);
    cr_assert_eq(s.decision.composite.cause, KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_ACTIVE),
                     "False/FailedGetExternalMetric");
}

Test(composite, fails_where_the_result_is_no_64_bit_number)
{
    static const char *const texts[] = {"a / 0.0", "-a / 0.0", "(a - a) / 0.0", "1e16 * a",
                                        "-1e16 * a"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct situation s;
        open_formula(&s, texts[i], 2, 3);
        cr_assert_eq(error_of(&s), KEDA_EINVAL, "%s", texts[i]);
    }
}

/* --- nil -------------------------------------------------------------------------------------- */

Test(composite, gives_nil_for_a_trigger_past_its_threshold)
{
    struct situation s;
    open_formula(&s, "a ?? b ?? 8", 2, 7);
    add_fallback(&s, KEDA_FALLBACK_SCALING_MODIFIERS, 3);
    s.policy.fallback_threshold = 3;
    situation_fail(&s, 0);
    s.readings[0].failures = 2;
    cr_assert_eq(error_of(&s), KEDA_EUNAVAILABLE);
    s.readings[0].failures = 3;
    cr_assert_eq(value_of(&s), 7000);
    cr_assert(s.decision.is_fallback);
    cr_assert(s.proposals[0].is_fallback);
    cr_assert_eq(s.proposals[0].failures, 4);
    cr_assert_not(s.decision.composite.is_fallback);
    cr_assert_not(s.decision.is_error);
    situation_fail(&s, 1);
    s.readings[1].failures = 3;
    cr_assert_eq(value_of(&s), 8000);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_FALLBACK), "True/FallbackExists");
}

Test(composite, that_is_nil_is_the_replicas_of_the_fallback)
{
    struct situation s;
    open_formula(&s, "a ?? b", 0, 0);
    add_fallback(&s, KEDA_FALLBACK_SCALING_MODIFIERS, 3);
    situation_fail(&s, 0);
    situation_fail(&s, 1);
    cr_assert_eq(value_of(&s), 6000);
    cr_assert_eq(s.decision.composite.replicas, 3);
}

Test(composite, that_is_nil_fails_without_a_fallback)
{
    struct situation s;
    open_formula(&s, "a > 0 ? nil ?? nil : 1", 1, 0);
    cr_assert_eq(error_of(&s), KEDA_EINVAL);
    add_fallback(&s, KEDA_FALLBACK_STATIC, 3);
    cr_assert_eq(value_of(&s), 6000);
}

Test(composite, fails_on_arithmetic_with_nil)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    add_fallback(&s, KEDA_FALLBACK_SCALING_MODIFIERS, 3);
    situation_fail(&s, 0);
    cr_assert_eq(error_of(&s), KEDA_EINVAL);
    cr_assert_not(s.decision.is_error);
    cr_assert_not(s.decision.is_active);
}

/* --- the HPA half ----------------------------------------------------------------------------- */

Test(composite, stands_for_all_external_metrics)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    s.proposals[0].failures = s.proposals[1].is_fallback = 77;
    const keda_decision *got = situation_decide(&s);
    cr_assert_eq(got->metric_replicas, 3);
    cr_assert_eq(got->binding_metric, 2);
    cr_assert(got->composite.is_ok);
    cr_assert_eq(got->composite.replicas, 3);
    cr_assert_eq(got->composite.average_value_milli, 5000);
    cr_assert_not(s.proposals[0].is_ok);
    cr_assert_eq(s.proposals[0].failures, 0);
    cr_assert_eq(s.proposals[1].is_fallback, 0);
}

Test(composite, is_measured_by_its_own_target)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    s.policy.composite_target = 2.5;
    cr_assert_eq(situation_decide(&s)->metric_replicas, 2);
    s.policy.composite_target_type = KEDA_TARGET_VALUE;
    s.seen.pods_total = s.seen.pods_ready = 1;
    cr_assert_eq(situation_decide(&s)->metric_replicas, 2);
    cr_assert_eq(s.decision.composite.value_milli, 5000);
    s.policy.composite_target = -1.0;
    cr_assert(situation_decide(&s)->hpa_is_error);
}

Test(composite, leaves_other_metrics_in_the_hpa)
{
    struct situation s;
    open_formula(&s, "a", 2, 90);
    s.metrics[1].source = KEDA_SOURCE_OBJECT;
    cr_assert_eq(situation_decide(&s)->metric_replicas, 9);
    cr_assert_eq(s.decision.binding_metric, 1);
    situation_fail(&s, 1);
    cr_assert_eq(error_of(&s), KEDA_OK);
    cr_assert(s.decision.hpa_is_error);
}

Test(composite, needs_no_proposals)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    situation_begin(&s);
    s.decision.proposals = NULL;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_OK);
    cr_assert_eq(s.decision.metric_replicas, 3);
    situation_begin(&s);
    s.decision.nproposals = 1;
    s.proposals[1].replicas = 77;
    cr_assert_eq(keda_decide(&s.policy, &s.seen, s.history, &s.decision), KEDA_OK);
    cr_assert_eq(s.proposals[1].replicas, 77);
}

/* --- activity --------------------------------------------------------------------------------- */

Test(composite, activates_by_its_own_threshold)
{
    struct situation s;
    open_formula(&s, "a > 5 ? a : 0", 4, 9);
    s.policy.composite_activation = 1.0;
    cr_assert_not(situation_decide(&s)->is_active);
    situation_read(&s, 0, 6);
    cr_assert(situation_decide(&s)->is_active);
    s.policy.composite_activation = 6.0;
    cr_assert_not(situation_decide(&s)->is_active);
}

Test(composite, activates_nothing_while_a_trigger_fails)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    situation_fail(&s, 1);
    cr_assert_not(situation_decide(&s)->is_active);
    s.policy.force_activation = 1;
    cr_assert(situation_decide(&s)->is_active);
    s.policy.force_activation = 0;
    s.seen.due = KEDA_DUE_PUSH;
    cr_assert(situation_decide(&s)->is_active);
    cr_assert_not(s.decision.is_error);
}

Test(composite, is_decided_from_zero_in_one_write)
{
    struct situation s;
    open_formula(&s, "a + b", 2, 3);
    s.seen.spec_replicas = 0;
    s.seen.due = KEDA_DUE_POLL;
    cr_assert_eq(situation_decide(&s)->to, 3);
}
