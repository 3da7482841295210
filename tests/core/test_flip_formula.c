/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest change of a formula's result (libkeda/core/flip.c) and of a reading that it takes
 * (flip_variable.c): compared with what all values of a small domain lead to.
 */
#include "core/flipped.h"

#include <keda/formula.h>
#include <math.h>

enum { DOMAIN = 300, SITUATIONS = 400, NO_RESULT = -9 };

static keda_formula *formula;

static void close_formula(void)
{
    keda_formula_free(formula);
    formula = NULL;
}

TestSuite(flip_formula, .fini = close_formula);

static void open_formula(struct situation *s, size_t nmetrics)
{
    static const char *const names[] = {"a"};
    if (formula == NULL)
        cr_assert_eq(keda_formula_new(&formula, "a", names, 1, NULL), KEDA_OK);
    situation_open(s, nmetrics);
    s->metrics[0].variable = 1;
    s->policy.formula = formula;
    s->policy.composite_target = 0.005;
}

static keda_flip flip_of(struct situation *s)
{
    keda_flip flip = {.metric = -7};
    situation_decide(s);
    cr_assert_eq(keda_decision_flip(&s->policy, &s->seen, s->history, &s->decision, &flip),
                 KEDA_OK);
    return flip;
}

/* --- every result of a small domain ----------------------------------------------------------- */

struct dice {
    uint64_t state;
};

static int32_t between(struct dice *dice, int32_t lo, int32_t hi)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return lo + (int32_t)((uint32_t)(dice->state >> 33) % (uint32_t)(hi - lo + 1));
}

static void some_situation(struct situation *s, struct dice *dice)
{
    open_formula(s, 2);
    s->metrics[1].source = between(dice, 0, 1) ? KEDA_SOURCE_OBJECT : KEDA_SOURCE_EXTERNAL;
    s->metrics[1].target_milli = between(dice, 1, 8);
    s->metrics[1].target_type = between(dice, 0, 1);
    s->policy.composite_target = between(dice, 1, 8) / 1000.0;
    s->policy.composite_target_type = between(dice, 0, 1);
    s->policy.composite_activation = between(dice, 0, 3) ? 0.0 : between(dice, 0, 40) / 1000.0;
    s->policy.min_replicas = between(dice, -1, 3);
    s->policy.max_replicas = between(dice, 3, 15);
    s->policy.idle_replicas = between(dice, -1, 1);
    s->policy.tolerance = between(dice, 0, 1) ? -1.0 : 0.3;
    s->policy.downscale_stabilization_s = between(dice, 0, 1) ? 0 : 300;
    s->seen.spec_replicas = between(dice, 0, 15);
    s->seen.pods_total = between(dice, -1, 9);
    s->seen.pods_ready = between(dice, -1, 9);
    s->seen.due = (uint32_t)between(dice, 1, 3);
    situation_read(s, 0, between(dice, 0, 100) / 1000.0);
    situation_read(s, 1, between(dice, 0, 60) / 1000.0);
    if (between(dice, 0, 1))
        situation_step(s, 0);
}

/* Counts by the formula's result. */
static void collect(struct situation *s, int32_t counts[DOMAIN + 1])
{
    const struct situation saved = *s;

    for (int i = 0; i <= DOMAIN; i++)
        counts[i] = NO_RESULT;
    for (int i = 0; i <= DOMAIN; i++) {
        s->items[0][0] = i;
        situation_decide(s);
        if (s->decision.composite_milli <= DOMAIN)
            counts[s->decision.composite_milli] = s->decision.to;
    }
    *s = saved;
}

static void check_against_trying(struct situation *s)
{
    int32_t counts[DOMAIN + 1];
    const keda_flip flip = flip_of(s);
    const int64_t now = s->decision.composite_milli;
    const int64_t up = flip.value_milli > now ? flip.value_milli - now : now - flip.value_milli;

    collect(s, counts);
    situation_decide(s);
    for (int64_t i = 0; i <= DOMAIN; i++) {
        const int64_t distance = i > now ? i - now : now - i;
        if (counts[i] != NO_RESULT && counts[i] != s->decision.to)
            cr_assert(flip.metric == 0 && distance >= up, "%d is nearer than %d", (int)i,
                      (int)flip.value_milli);
    }
    if (flip.metric >= 0 && counts[flip.value_milli] != NO_RESULT)
        cr_assert_eq(counts[flip.value_milli], flip.to);
}

Test(flip_formula, is_what_trying_every_result_finds)
{
    int nfound = 0;

    for (uint64_t seed = 1; seed <= SITUATIONS; seed++) {
        struct dice dice = {seed};
        struct situation s;
        some_situation(&s, &dice);
        check_against_trying(&s);
        nfound += flip_of(&s).metric == 0;
    }
    cr_assert_gt(nfound, SITUATIONS / 4, "%d", nfound);
}

/* --- every reading of a small domain ---------------------------------------------------------- */

struct shape {
    const char *formula;
    bool is_monotone; /* in each reading: then the change is the smallest one of all */
    int least_found;
};

static void open_shape(const struct shape *shape)
{
    static const char *const both[] = {"a", "b"};
    close_formula();
    cr_assert_eq(keda_formula_new(&formula, shape->formula, both, 2, NULL), KEDA_OK);
}

static void some_readings(struct situation *s, struct dice *dice)
{
    some_situation(s, dice);
    s->metrics[0].target_milli = between(dice, 1, 8);
    s->metrics[1].source = KEDA_SOURCE_EXTERNAL;
    s->metrics[1].variable = 2;
    situation_read(s, 0, between(dice, 0, 90) / 1000.0);
}

/* No reading of the domain changes the count by a smaller part of its target. */
static void check_smallest(struct situation *s, const keda_flip *flip, const char *of)
{
    const bool is_reading = flip->metric >= 0 && flip->metric < 2;
    const double size = is_reading
                            ? fabs((double)(flip->value_milli - s->items[flip->metric][0])) /
                                  (double)s->metrics[flip->metric].target_milli
                            : 1e300;

    for (size_t m = 0; m < 2; m++)
        for (int64_t value = 0; value <= DOMAIN; value++) {
            const double part =
                fabs((double)(value - s->items[m][0])) / (double)s->metrics[m].target_milli;
            if (part < size)
                cr_assert_eq(flipped_count(s, m, value), s->decision.to,
                             "%s: metric %d at %d is nearer than %d at %d", of, (int)m,
                             (int)value, (int)flip->metric, (int)flip->value_milli);
        }
}

Test(flip_formula, is_the_smallest_change_of_a_reading_alone)
{
    static const struct shape shapes[] = {
        {"a+b", true, 50},
        {"max(a,b)+0.001", true, 50},
        {"(a+b)/2", true, 50},
        {"3*a+b", true, 50},
        {"a > 0.005 ? a : b", false, 50},
        {"0.1-a", false, 5},
        {"max(a-0.02,b)", true, 50},
        {"a*a*20", true, 20},
    };

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        int nfound = 0;
        open_shape(&shapes[i]);
        for (uint64_t seed = 1; seed <= SITUATIONS; seed++) {
            struct dice dice = {seed};
            struct situation s;
            some_readings(&s, &dice);
            const keda_flip flip = flip_of(&s);
            if (flip.metric >= 0 && flip.metric < 2) {
                flipped_check(&s, &flip);
                nfound++;
            }
            if (shapes[i].is_monotone)
                check_smallest(&s, &flip, shapes[i].formula);
        }
        cr_assert_geq(nfound, shapes[i].least_found, "%s: %d", shapes[i].formula, nfound);
    }
}

/* --- by name ---------------------------------------------------------------------------------- */

Test(flip_formula, is_that_of_the_formulas_result)
{
    struct situation s;
    open_formula(&s, 1);
    s.policy.composite_target = 10;
    s.seen.spec_replicas = 2;
    situation_read(&s, 0, 18);
    s.items[0][1] = 18000; /* of several items none is changed alone */
    s.readings[0].nitems = 2;
    keda_flip flip = flip_of(&s);
    cr_assert_eq(flip.metric, 1);
    cr_assert_eq(flip.to, 3);
    cr_assert_eq(flip.value_milli, 22001);
    s.readings[0].nitems = 1;
    flip = flip_of(&s);
    cr_assert_eq(flip.metric, 0);
    cr_assert_eq(flip.to, 3);
    cr_assert_eq(flip.value_milli, 22001);
}

Test(flip_formula, is_of_no_reading_below_0)
{
    static const struct shape shape = {.formula = "b-a"};
    struct situation s;
    open_shape(&shape);
    open_formula(&s, 2);
    s.policy.composite_target = 10;
    s.seen.spec_replicas = 2;
    s.seen.nreadings = 1; /* b is not known */
    situation_read(&s, 0, -18);
    situation_fail(&s, 1);
    s.metrics[1].variable = 2;
    cr_assert_eq(flip_of(&s).to, -1);
    s.seen.nreadings = 2;
    situation_read(&s, 1, 0);
    s.metrics[1].variable = 2;
    s.readings[1].nitems = 1;
    const keda_flip flip = flip_of(&s);
    cr_assert_eq(flip.metric, 1);
    cr_assert_eq(flip.value_milli, 4001);
}

static keda_flip flip_without_proposals(struct situation *s)
{
    keda_decision decision = KEDA_DECISION_INIT;
    keda_flip flip = {.metric = -7};
    cr_assert_eq(keda_decide(&s->policy, &s->seen, s->history, &decision), KEDA_OK);
    cr_assert_eq(keda_decision_flip(&s->policy, &s->seen, s->history, &decision, &flip),
                 KEDA_OK);
    return flip;
}

Test(flip_formula, is_of_one_of_the_first_eight)
{
    enum { MANY = 10 };
    static const char *const last[] = {"a"};
    keda_metric_policy metrics[MANY];
    keda_reading readings[MANY];
    const int64_t item = 18000;
    struct situation s;

    close_formula();
    cr_assert_eq(keda_formula_new(&formula, "a", last, 1, NULL), KEDA_OK);
    open_formula(&s, 1);
    s.policy.composite_target = 10;
    s.seen.spec_replicas = 2;
    situation_read(&s, 0, 18);
    for (size_t i = 0; i < MANY; i++) {
        metrics[i] = s.metrics[0];
        readings[i] = s.readings[0];
        readings[i].items_milli = &item;
    }
    s.policy.metrics = metrics;
    s.seen.readings = readings;
    for (size_t n = 1; n <= MANY; n++) { /* of several with one name the last one stays */
        s.policy.nmetrics = s.seen.nreadings = n;
        cr_assert_eq(flip_without_proposals(&s).metric, n <= 8 ? (int32_t)n - 1 : (int32_t)n);
    }
    s.policy.nmetrics = 4;
    s.seen.nreadings = 3; /* what pods use is not observed */
    metrics[3].source = KEDA_SOURCE_RESOURCE;
    cr_assert_eq(flip_without_proposals(&s).metric, 2);
}

Test(flip_formula, is_not_searched_without_a_result)
{
    struct situation s;
    open_formula(&s, 2);
    situation_read(&s, 0, 1);
    situation_read(&s, 1, 1);
    situation_fail(&s, 0);
    keda_flip flip = flip_of(&s);
    cr_assert_eq(flip.metric, -1);
    cr_assert_eq(flip.to, -1);
    situation_read(&s, 0, -3); /* negative results pass through */
    flip = flip_of(&s);
    cr_assert_eq(flip.to, -1);
    situation_read(&s, 0,
                   1); /* an Object metric is no part of the formula, but its errors are */
    s.metrics[1].source = KEDA_SOURCE_OBJECT;
    situation_fail(&s, 1);
    flip = flip_of(&s);
    cr_assert_eq(flip.to, -1);
    situation_read(&s, 1, 1);
    situation_decide(&s);
    s.decision.has_composite = 0;
    cr_assert_eq(keda_decision_flip(&s.policy, &s.seen, s.history, &s.decision, &flip),
                 KEDA_OK);
    cr_assert_eq(flip.to, -1);
}

Test(flip_formula, is_not_known_where_the_result_does_not_explain_the_count)
{
    struct situation s;
    keda_flip flip;
    open_formula(&s, 1);
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 0.030);
    situation_decide(&s);
    s.decision.to = 17;
    cr_assert_eq(keda_decision_flip(&s.policy, &s.seen, s.history, &s.decision, &flip),
                 KEDA_OK);
    cr_assert_eq(flip.metric, -1);
    cr_assert_eq(flip.to, -1);
}

Test(flip_formula, is_none_where_the_result_changes_nothing)
{
    struct situation s;
    open_formula(&s, 1);
    s.seen.spec_replicas = 3;
    s.policy.pause = KEDA_PAUSE_SCALE_IN | KEDA_PAUSE_SCALE_OUT;
    situation_read(&s, 0, 0.030);
    const keda_flip flip = flip_of(&s);
    cr_assert_eq(flip.metric, -1);
    cr_assert_eq(flip.to, 3);
}

Test(flip_formula, is_told_with_the_record)
{
    struct situation s;
    keda_record_metric metrics[2];
    keda_record record = KEDA_RECORD_INIT;
    char text[1024];

    open_formula(&s, 2);
    s.policy.composite_target = 10;
    s.policy.composite_activation = 5;
    s.metrics[1].source = KEDA_SOURCE_OBJECT;
    s.seen.spec_replicas = 2;
    situation_read(&s, 0, 35);
    situation_read(&s, 1, 10);
    situation_decide(&s);
    record.metrics = metrics;
    record.nmetrics = 2;
    cr_assert_eq(keda_record_make(&s.policy, &s.seen, s.history, &s.decision,
                                  KEDA_OUTCOME_WRITTEN, 0, &record),
                 KEDA_OK);
    keda_record_explain(&record, NULL, text, sizeof text);
    cr_assert_str_eq(
        text, "the formula's result 35 above target 10 per replica, wants 4: 2 -> 4 "
              "(Metric)\n"
              "  metric 0 reads 35, target 10 per replica\n"
              "  metric 1 reads 10, target 10 per replica, wants 1\n"
              "  the formula's result is 35, target 10 per replica, active (threshold 5)\n"
              "  tolerance 10 %: exceeded\n"
              "  stabilisation 300 s down: nothing held\n"
              "  bounds 1 to 100: no limit binds\n"
              "  smallest change: 2 -> 3 had metric 0 been at most 30 (now 35)\n");
}
