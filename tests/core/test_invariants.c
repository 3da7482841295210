/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold for every decision, on random policies, readings and sequences from a seeded
 * generator: bounds, unknown, pause, monotone metrics, rates. Seeds are fixed.
 */
#include "core/dice.h"
#include "core/situation.h"

#include <limits.h>
#include <math.h>

enum { SEEDS = 400, STEPS = 60, WALKS = 4000 };

/* --- random situations ------------------------------------------------------------------------ */

static keda_rate_policy some_rate(struct dice *dice)
{
    static const int32_t periods[] = {15, 30, 60, 300, 1800};
    return (keda_rate_policy){.type = chance(dice, 50) ? KEDA_RATE_PODS : KEDA_RATE_PERCENT,
                              .value = between(dice, 1, chance(dice, 20) ? 400 : 40),
                              .period_s = periods[between(dice, 0, 4)]};
}

static void some_direction(struct dice *dice, keda_scaling_rules *rules)
{
    static const int32_t windows[] = {-1, 0, 15, 60, 600};
    rules->stabilization_s = windows[between(dice, 0, 4)];
    rules->select_policy = between(dice, 0, 3);
    rules->tolerance = chance(dice, 30) ? (double)between(dice, 0, 30) / 100.0 : -1.0;
}

static void open_some(struct situation *s, struct dice *dice)
{
    situation_open(s, (size_t)between(dice, 1, SITUATION_METRICS));
    s->policy.min_replicas = between(dice, -1, 4);
    s->policy.max_replicas = between(dice, 4, 60);
    s->policy.cooldown_s = between(dice, -1, 90);
    if (chance(dice, 30) && s->policy.min_replicas > 0)
        s->policy.idle_replicas = between(dice, 0, s->policy.min_replicas - 1);
    if (chance(dice, 20))
        s->policy.sync_interval_ms = 1000;
    if (chance(dice, 60)) {
        situation_behave(s, some_rate(dice), some_rate(dice));
        some_direction(dice, &s->up);
        some_direction(dice, &s->down);
    }
    s->seen.spec_replicas = between(dice, 0, 20);
}

static void read_some(struct situation *s, struct dice *dice)
{
    for (size_t i = 0; i < s->policy.nmetrics; i++) {
        situation_read(s, i, chance(dice, 30) ? 0 : between(dice, 0, 700));
        if (chance(dice, 10))
            situation_fail(s, i);
    }
    if (chance(dice, 5))
        s->seen.spec_replicas = between(dice, 0, 30); /* somebody else */
    s->seen.due = (uint32_t)between(dice, 0, 7);
}

static void fail_all(struct situation *s)
{
    for (size_t i = 0; i < s->policy.nmetrics; i++)
        situation_fail(s, i);
}

/* Runs `check` at every step of every seed's sequence. */
static void walk(void (*check)(struct situation *s, struct dice *dice))
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = {seed};
        struct situation s;
        open_some(&s, &dice);
        for (int step = 0; step < STEPS; step++) {
            read_some(&s, &dice);
            s.seen.now_ms += between(&dice, 0, 20000);
            situation_decide(&s);
            check(&s, &dice);
            situation_decide(&s);
            situation_apply(&s);
        }
    }
}

/* --- bounds ----------------------------------------------------------------------------------- */

static void check_bounds(struct situation *s, struct dice *dice)
{
    const keda_decision *d = &s->decision;
    const int32_t min = s->policy.min_replicas > 1 ? s->policy.min_replicas : 1;

    (void)dice;
    cr_assert_eq(d->is_write, d->to != d->from);
    if (!d->is_write || d->event == KEDA_EVENT_DEACTIVATED ||
        d->reason == KEDA_REASON_RAISED_TO_MIN)
        return;
    cr_assert_geq(d->to, min);
    cr_assert_leq(d->to, s->policy.max_replicas);
}

Test(invariants, stays_within_min_and_max)
{
    walk(check_bounds);
}

/* --- unknown ---------------------------------------------------------------------------------- */

static void check_unknown(struct situation *s, struct dice *dice)
{
    const int32_t known = s->decision.to;
    const size_t lost = (size_t)between(dice, 0, (int32_t)s->policy.nmetrics - 1);
    const struct situation saved = *s;

    /* One reading lost: the others may still raise, nothing may fall below where it stands. */
    situation_fail(s, lost);
    situation_decide(s);
    const int32_t lower = known < s->decision.from ? known : s->decision.from;
    cr_assert_geq(s->decision.to,
                  s->decision.from <= s->policy.max_replicas ? lower : s->policy.max_replicas);
    if (s->policy.nmetrics == 1 && s->decision.from <= s->policy.max_replicas)
        cr_assert_geq(s->decision.to, s->decision.from);

    /* All lost and nothing pushed: bounds may still hold, metrics decide nothing. */
    fail_all(s);
    s->seen.due &= ~(uint32_t)KEDA_DUE_PUSH;
    situation_decide(s);
    cr_assert(!s->decision.is_write || s->decision.reason == KEDA_REASON_RAISED_TO_MIN ||
              s->decision.reason == KEDA_REASON_LOWERED_TO_MAX);
    keda_history *history = s->history;
    *s = saved;
    cr_assert_eq(history, s->history);
}

Test(invariants, never_lowers_by_an_unknown_metric)
{
    walk(check_unknown);
}

/* --- pause ------------------------------------------------------------------------------------ */

static void check_pause(struct situation *s, struct dice *dice)
{
    const keda_policy saved = s->policy;

    s->policy.pause = KEDA_PAUSE_FULL | between(dice, 0, 7);
    situation_decide(s);
    cr_assert_not(s->decision.is_write);
    s->policy.paused_replicas = between(dice, 0, 9);
    situation_decide(s);
    cr_assert_eq(s->decision.to,
                 s->seen.due ? s->policy.paused_replicas : s->seen.spec_replicas);
    s->policy = saved;

    s->policy.pause = KEDA_PAUSE_SCALE_IN;
    situation_decide(s);
    cr_assert(s->decision.to >= s->decision.from ||
              s->decision.reason == KEDA_REASON_LOWERED_TO_MAX);
    s->policy.pause = KEDA_PAUSE_SCALE_OUT;
    situation_decide(s);
    cr_assert(s->decision.to <= s->decision.from ||
              s->decision.reason == KEDA_REASON_RAISED_TO_MIN);
    s->policy = saved;
}

Test(invariants, obeys_every_pause)
{
    walk(check_pause);
}

/* --- monotone --------------------------------------------------------------------------------- */

static void check_monotone(struct situation *s, struct dice *dice)
{
    const int32_t before = s->decision.to;
    const size_t raised = (size_t)between(dice, 0, (int32_t)s->policy.nmetrics - 1);
    const keda_reading saved = s->readings[raised];
    const int64_t item = s->items[raised][0];

    /* KEDA: at a poll alone an inactive target below min is raised, an active one left to the HPA. */
    if (saved.state != KEDA_READING_OK || !(s->seen.due & KEDA_DUE_SYNC))
        return;
    situation_read(s, raised, saved.raw + between(dice, 1, 300));
    situation_decide(s);
    cr_assert_geq(s->decision.to, before);
    s->readings[raised] = saved;
    s->items[raised][0] = item;
}

Test(invariants, never_lowers_when_a_metric_rises)
{
    walk(check_monotone);
}

/* --- rates ------------------------------------------------------------------------------------ */

/* Counts over time, to check windows from outside. */
struct trace {
    int64_t time_ms[WALKS];
    int32_t count[WALKS];
    size_t n;
};

static void keep(struct trace *trace, const struct situation *s)
{
    trace->time_ms[trace->n] = s->seen.now_ms;
    trace->count[trace->n++] = s->seen.spec_replicas;
}

/* Growth over any period, from the smallest count in it, never exceeds the policy. */
static void check_growth(const struct trace *trace, keda_rate_policy policy)
{
    for (size_t i = 1; i < trace->n; i++) {
        int32_t smallest = trace->count[i];
        for (size_t j = i; j-- > 0;) {
            smallest = trace->count[j] < smallest ? trace->count[j] : smallest;
            if (trace->time_ms[j] <= trace->time_ms[i] - 1000 * (int64_t)policy.period_s)
                break;
        }
        const double allowed = policy.type == KEDA_RATE_PODS
                                   ? smallest + policy.value
                                   : ceil(smallest * (1.0 + policy.value / 100.0));
        cr_assert_leq(trace->count[i], allowed, "at %zu: %d from %d", i, trace->count[i],
                      smallest);
    }
}

Test(invariants, never_exceeds_a_scale_up_policy_while_growing)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct dice dice = {seed};
        struct situation s;
        struct trace trace = {.n = 0};
        situation_open(&s, 1);
        situation_behave(&s, some_rate(&dice), some_rate(&dice));
        s.policy.max_replicas = 100000;
        keep(&trace, &s);
        for (int step = 0; step < 50; step++) {
            situation_read(&s, 0, 10.0 * s.seen.spec_replicas + between(&dice, 0, 9000));
            situation_hpa_step(&s, between(&dice, 1000, 20000));
            keep(&trace, &s);
        }
        check_growth(&trace, s.up_policy);
    }
}

Test(invariants, never_exceeds_the_doubling_limit_at_any_sync_interval)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct dice dice = {seed};
        struct situation s;
        struct trace trace = {.n = 0};
        situation_open(&s, 1);
        s.policy.sync_interval_ms = 500;
        s.policy.max_replicas = 100000;
        s.seen.spec_replicas = 4;
        keep(&trace, &s);
        for (int step = 0; step < 200; step++) {
            situation_read(&s, 0, between(&dice, 0, 9000));
            situation_hpa_step(&s, between(&dice, 500, 3000));
            keep(&trace, &s);
        }
        check_growth(&trace, (keda_rate_policy){KEDA_RATE_PERCENT, 100, 15, 0});
    }
}

/* --- every input ------------------------------------------------------------------------------ */

static int64_t wild64(struct dice *dice)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, -1,       0,
                                       1,         INT64_MAX - 1, INT64_MAX};
    return chance(dice, 60) ? extremes[between(dice, 0, 6)]
                            : (int64_t)((uint64_t)roll(dice) << 32 | roll(dice));
}

static int32_t wild32(struct dice *dice)
{
    static const int32_t extremes[] = {INT32_MIN, -1, 0, 1, 2, 100, INT32_MAX - 1, INT32_MAX};
    return chance(dice, 70) ? extremes[between(dice, 0, 7)]
                            : (int32_t)(roll(dice) - (1U << 30));
}

static double wild(struct dice *dice)
{
    static const double extremes[] = {-1e308, -1, 0, 1e-308, 0.5, 1e308};
    if (chance(dice, 10))
        return (double)NAN;
    return chance(dice, 20) ? (double)INFINITY : extremes[between(dice, 0, 5)];
}

static void make_wild(struct situation *s, struct dice *dice)
{
    keda_policy *p = &s->policy;
    p->min_replicas = wild32(dice);
    p->max_replicas = wild32(dice);
    p->idle_replicas = wild32(dice);
    p->cooldown_s = wild32(dice);
    p->initial_cooldown_s = wild32(dice);
    p->pause = chance(dice, 20) ? wild32(dice) : 0;
    p->downscale_stabilization_s = wild32(dice);
    p->tolerance = wild(dice);
    p->sync_interval_ms = wild32(dice);
    situation_behave(s, (keda_rate_policy){wild32(dice), wild32(dice), wild32(dice), 0},
                     (keda_rate_policy){wild32(dice), wild32(dice), wild32(dice), 0});
    p->has_behavior = chance(dice, 50);
    s->up.stabilization_s = wild32(dice);
    s->up.tolerance = wild(dice);
    s->down.select_policy = wild32(dice);
    s->seen.now_ms = wild64(dice);
    s->seen.created_ms = wild64(dice);
    s->seen.spec_replicas = wild32(dice);
    s->seen.status_replicas = wild32(dice);
    s->seen.pods_total = wild32(dice);
    s->seen.pods_ready = wild32(dice);
    s->seen.due = roll(dice);
    for (size_t i = 0; i < SITUATION_METRICS; i++) {
        s->metrics[i].source = between(dice, 0, 2);
        s->metrics[i].target_type = between(dice, 0, 2);
        s->metrics[i].target_milli = wild64(dice);
        s->metrics[i].activation = wild(dice);
        s->readings[i].state = between(dice, 0, 3);
        s->readings[i].is_active = wild32(dice);
        s->readings[i].raw = wild(dice);
        s->readings[i].nitems = (size_t)between(dice, 0, SITUATION_ITEMS);
        for (size_t j = 0; j < SITUATION_ITEMS; j++)
            s->items[i][j] = wild64(dice);
    }
}

Test(invariants, has_an_answer_to_every_input)
{
    struct dice dice = {42};
    struct situation s;
    char text[512];

    situation_open(&s, SITUATION_METRICS);
    for (int i = 0; i < 20000; i++) {
        make_wild(&s, &dice);
        situation_decide(&s);
        cr_assert_geq(s.decision.to, -1);
        keda_decision_text(&s.policy, &s.seen, &s.decision, NULL, text, sizeof text);
        keda_history_apply(s.history, &s.decision, (keda_outcome)between(&dice, 0, 2));
        situation_hpa(&s);
        cr_assert_geq(s.decision.to, -1);
        keda_history_apply(s.history, &s.decision, (keda_outcome)between(&dice, 0, 2));
        cr_assert_gt(keda_history_size(&s.policy, wild64(&dice)), 0);
    }
}

Test(invariants, decides_the_same_twice_and_changes_no_history)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = {seed};
        struct situation s;
        open_some(&s, &dice);
        for (int step = 0; step < 20; step++) {
            read_some(&s, &dice);
            const struct situation before = s;
            const keda_decision first = *situation_decide(&s);
            const keda_decision second = *situation_decide(&s);
            cr_assert_eq(memcmp(&first, &second, sizeof first), 0);
            cr_assert_eq(memcmp(&before.memory, &s.memory, sizeof s.memory), 0);
            situation_apply(&s);
        }
    }
}
