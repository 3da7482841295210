/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each named deviation that bears on a ScaledObject's decision: upstream's rule without its bit, ours
 * with it. A case is named after its bit.
 */
#include "core/situation.h"

#include <keda/formula.h>

#include <math.h>

static keda_formula *formula;

static void close_formula(void)
{
    keda_formula_free(formula);
    formula = NULL;
}

TestSuite(deviations, .fini = close_formula);

/* Two triggers, the first failing, the second at rest; a poll of 3 replicas, nothing to cool down. */
static void open_failing(struct situation *s)
{
    situation_open(s, 2);
    s->seen.due = KEDA_DUE_POLL;
    s->seen.spec_replicas = 3;
    situation_fail(s, 0);
    situation_read(s, 1, 0);
}

static void add_fallback(struct situation *s, int32_t threshold, int32_t replicas)
{
    s->policy.has_fallback = 1;
    s->policy.fallback_threshold = threshold;
    s->policy.fallback_replicas = replicas;
}

static void add_formula(struct situation *s, const char *text)
{
    static const char *const names[] = {"a", "b"};

    close_formula();
    cr_assert_eq(keda_formula_new(&formula, text, names, 2, NULL), KEDA_OK);
    s->metrics[0].variable = 1;
    s->metrics[1].variable = 2;
    s->policy.formula = formula;
    s->policy.composite_target = 2.5;
}

/* The rules of upstream, then those with the bit and no other. */
static const keda_decision *decide_with(struct situation *s, uint32_t deviations)
{
    s->policy.deviations = deviations;
    return situation_decide(s);
}

static const char *ready_with(struct situation *s, uint32_t deviations)
{
    decide_with(s, deviations);
    return situation_condition(s, KEDA_COND_READY);
}

Test(deviations, fallback_zero_ready)
{
    struct situation s;
    open_failing(&s);
    add_fallback(&s, 3, 0);
    cr_assert_eq(decide_with(&s, 0)->to, 0);
    cr_assert_eq(decide_with(&s, KEDA_DEVIATION_FALLBACK_ZERO_READY)->to, 3);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "False/TriggerError");
}

Test(deviations, formula_error)
{
    struct situation s;
    open_failing(&s);
    situation_read(&s, 0, 0);
    add_formula(&s, "1 / a + b");
    cr_assert_not(decide_with(&s, 0)->is_error);
    cr_assert_eq(s.decision.to, 0);
    cr_assert(decide_with(&s, KEDA_DEVIATION_FORMULA_ERROR)->is_error);
    cr_assert_eq(s.decision.to, 3);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_READY), "False/TriggerError");
    situation_read(&s, 0, 1);
    cr_assert_not(decide_with(&s, KEDA_DEVIATION_FORMULA_ERROR)->is_error);
}

Test(deviations, partial_refreshes_active)
{
    struct situation s;
    open_failing(&s);
    situation_read(&s, 1, 5);
    cr_assert_not(decide_with(&s, 0)->is_last_active_set);
    cr_assert(decide_with(&s, KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE)->is_last_active_set);
}

Test(deviations, pause_out_blocks_min)
{
    struct situation s;
    open_failing(&s);
    situation_read(&s, 0, 0);
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    s.policy.min_replicas = 4;
    cr_assert_eq(decide_with(&s, 0)->to, 4);
    cr_assert_eq(decide_with(&s, KEDA_DEVIATION_PAUSE_OUT_BLOCKS_MIN)->to, 3);
}

Test(deviations, activation_shows_error)
{
    struct situation s;
    open_failing(&s);
    situation_read(&s, 1, 5);
    s.seen.spec_replicas = 0;
    cr_assert_str_eq(ready_with(&s, 0), "True/ScaledObjectReady");
    cr_assert_str_eq(ready_with(&s, KEDA_DEVIATION_ACTIVATION_SHOWS_ERROR),
                     "Unknown/PartialTriggerError");
}

Test(deviations, fallback_shows_error)
{
    struct situation s;
    const uint32_t bit = KEDA_DEVIATION_FALLBACK_SHOWS_ERROR;
    open_failing(&s);
    add_fallback(&s, 3, 6);
    cr_assert_str_eq(ready_with(&s, bit), "True/ScaledObjectReady"); /* the second one works */
    situation_read(&s, 0, 5);
    situation_fail(&s, 1);
    s.metrics[0].trigger = 1; /* of which the second one is the last word */
    cr_assert_str_eq(ready_with(&s, bit), "True/ScaledObjectReady");
    situation_fail(&s, 0);
    cr_assert_str_eq(ready_with(&s, 0), "True/ScaledObjectReady");
    cr_assert_str_eq(ready_with(&s, bit), "False/TriggerError");
    s.metrics[1].source = KEDA_SOURCE_RESOURCE;
    cr_assert_str_eq(ready_with(&s, bit), "False/TriggerError");
    cr_assert_eq(s.decision.to, 3);
}

Test(deviations, fallback_shows_error_of_a_formula)
{
    struct situation s;
    open_failing(&s);
    add_fallback(&s, 3, 6);
    add_formula(&s, "a + b");
    cr_assert_str_eq(ready_with(&s, 0), "True/ScaledObjectReady");
    cr_assert_str_eq(ready_with(&s, KEDA_DEVIATION_FALLBACK_SHOWS_ERROR), "False/TriggerError");
}

Test(deviations, fallback_fraction)
{
    struct situation s;
    open_failing(&s);
    add_fallback(&s, 0, 6);
    add_formula(&s, "a + b");
    cr_assert_not(decide_with(&s, 0)->is_fallback);
    cr_assert(decide_with(&s, KEDA_DEVIATION_FALLBACK_FRACTION)->is_fallback);
    cr_assert_eq(s.decision.composite_milli, 15000);
    s.policy.composite_target = (double)NAN;
    cr_assert_not(decide_with(&s, KEDA_DEVIATION_FALLBACK_FRACTION)->is_fallback);
}

Test(deviations, fallback_per_poll)
{
    struct situation s;
    const uint32_t bit = KEDA_DEVIATION_FALLBACK_PER_POLL;
    open_failing(&s);
    add_fallback(&s, 3, 6);
    s.readings[0].failures = 3;
    s.seen.due = KEDA_DUE_SYNC;
    cr_assert(decide_with(&s, 0)->is_fallback);
    cr_assert_not(decide_with(&s, bit)->is_fallback);
    cr_assert_eq(s.proposals[0].failures, 3);
    s.seen.due = KEDA_DUE_SYNC | KEDA_DUE_POLL;
    cr_assert(decide_with(&s, bit)->is_fallback);
    s.readings[0].failures = 4;
    s.seen.due = KEDA_DUE_SYNC;
    cr_assert(decide_with(&s, bit)->is_fallback);
}

Test(deviations, fallback_cached)
{
    struct situation s;
    const uint32_t bit = KEDA_DEVIATION_FALLBACK_CACHED;
    open_failing(&s);
    add_fallback(&s, 3, 6);
    s.seen.due = KEDA_DUE_SYNC;
    s.readings[0].failures = 4;
    s.readings[0].is_cached = KEDA_CACHED_FALLBACK;
    cr_assert(decide_with(&s, 0)->is_fallback);
    cr_assert_eq(s.proposals[0].failures, 0);
    cr_assert(decide_with(&s, bit)->is_fallback);
    cr_assert_eq(s.proposals[0].failures, 4);
    s.readings[0].failures = 3;
    s.readings[0].is_cached = KEDA_CACHED_READING;
    cr_assert(decide_with(&s, 0)->is_fallback);
    cr_assert_not(decide_with(&s, bit)->is_fallback);
    s.readings[0].is_cached = KEDA_CACHED_NO;
    cr_assert(decide_with(&s, bit)->is_fallback);
}

Test(deviations, fallback_zero_inactive)
{
    struct situation s;
    const uint32_t bit = KEDA_DEVIATION_FALLBACK_ZERO_INACTIVE;
    open_failing(&s);
    add_fallback(&s, 0, 0);
    cr_assert(decide_with(&s, 0)->is_active);
    cr_assert_not(decide_with(&s, bit)->is_active);
    cr_assert_not(s.decision.is_error);
    s.policy.fallback_replicas = 1;
    cr_assert(decide_with(&s, bit)->is_active);
}

Test(deviations, composite_not_negative)
{
    struct situation s;
    open_failing(&s);
    situation_read(&s, 0, 0);
    situation_read(&s, 1, 4);
    add_formula(&s, "a - b");
    cr_assert_eq(decide_with(&s, 0)->composite_milli, -4000);
    cr_assert_eq(decide_with(&s, KEDA_DEVIATION_COMPOSITE_NOT_NEGATIVE)->composite_milli, 0);
    situation_read(&s, 0, 5);
    cr_assert_eq(decide_with(&s, KEDA_DEVIATION_COMPOSITE_NOT_NEGATIVE)->composite_milli, 1000);
}

Test(deviations, any_metric_activates)
{
    struct situation s;
    situation_open(&s, 3);
    situation_read(&s, 0, 5);
    situation_read(&s, 1, 0);
    situation_read(&s, 2, 0);
    cr_assert(decide_with(&s, 0)->is_active);
    s.metrics[0].trigger = s.metrics[2].trigger = 7; /* the middle one is another's */
    cr_assert_not(decide_with(&s, 0)->is_active);
    cr_assert(decide_with(&s, KEDA_DEVIATION_ANY_METRIC_ACTIVATES)->is_active);
    situation_fail(&s, 2);
    cr_assert_not(decide_with(&s, 0)->is_active);
    cr_assert(s.decision.is_error);
    situation_read(&s, 2, 1);
    cr_assert(decide_with(&s, 0)->is_active);
}

Test(deviations, paused_inactive)
{
    struct situation s;
    open_failing(&s);
    s.policy.pause = KEDA_PAUSE_FULL;
    decide_with(&s, 0);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "");
    decide_with(&s, KEDA_DEVIATION_PAUSED_INACTIVE);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_ACTIVE), "False/ScaledObjectPaused");
}
