/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest change (libkeda/core/flip.c): compared with trying every reading of a small domain,
 * on thousands of random situations from a seeded generator, and by name for each kind of decision.
 */
#include "core/flipped.h"

#include <math.h>
#include <stdbool.h>

enum { DOMAIN = 400, SITUATIONS = 6000 }; /* readings in thousandths */

static keda_flip flip_of(struct situation *s)
{
    keda_flip flip = {.metric = -7};
    situation_decide(s);
    cr_assert_eq(keda_decision_flip(&s->policy, &s->seen, s->history, &s->decision, &flip),
                 KEDA_OK);
    return flip;
}

/* --- every reading of a small domain ---------------------------------------------------------- */

struct dice {
    uint64_t state;
};

static int32_t between(struct dice *dice, int32_t lo, int32_t hi)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return lo + (int32_t)((uint32_t)(dice->state >> 33) % (uint32_t)(hi - lo + 1));
}

static bool chance(struct dice *dice, int32_t percent)
{
    return between(dice, 0, 99) < percent;
}

static void some_rules(struct dice *dice, keda_scaling_rules *rules, keda_rate_policy *policy)
{
    static const int32_t windows[] = {-1, 0, 30, 120};
    rules->stabilization_s = windows[between(dice, 0, 3)];
    rules->select_policy = chance(dice, 15) ? KEDA_SELECT_DISABLED : between(dice, 0, 2);
    rules->tolerance = chance(dice, 30) ? (double)between(dice, 0, 120) / 100.0 : -1.0;
    *policy = (keda_rate_policy){.type = chance(dice, 50) ? KEDA_RATE_PODS : KEDA_RATE_PERCENT,
                                 .value = between(dice, 1, chance(dice, 30) ? 200 : 6),
                                 .period_s = chance(dice, 50) ? 15 : 120};
}

static void some_policy(struct situation *s, struct dice *dice)
{
    keda_policy *p = &s->policy;

    p->min_replicas = between(dice, -1, 4);
    p->max_replicas = between(dice, 1, 20);
    p->cooldown_s = between(dice, 0, 60);
    p->initial_cooldown_s = chance(dice, 20) ? 2000 : 0;
    p->tolerance = chance(dice, 30) ? (double)between(dice, 0, 50) / 100.0 : -1.0;
    p->downscale_stabilization_s = chance(dice, 50) ? 0 : -1;
    p->force_activation = chance(dice, 5);
    p->deviations = chance(dice, 20) ? (uint32_t)between(dice, 0, 0xFFFF) : 0;
    if (chance(dice, 30))
        p->idle_replicas = between(dice, 0, 3);
    if (chance(dice, 15))
        p->pause = 1 << between(dice, 0, 2);
    if (chance(dice, 20))
        p->sync_interval_ms = 1000;
    if (chance(dice, 20)) {
        p->has_fallback = 1;
        p->fallback_replicas = between(dice, 0, 6);
        p->fallback_threshold = between(dice, 0, 2);
        p->fallback_behavior = between(dice, 0, 3);
    }
    if (chance(dice, 50))
        situation_behave(s, (keda_rate_policy){0}, (keda_rate_policy){0});
    some_rules(dice, &s->up, &s->up_policy);
    some_rules(dice, &s->down, &s->down_policy);
}

static void some_metric(struct situation *s, struct dice *dice, size_t i)
{
    s->metrics[i].target_milli = between(dice, 1, 8);
    s->metrics[i].target_type =
        chance(dice, 40) ? KEDA_TARGET_VALUE : KEDA_TARGET_AVERAGE_VALUE;
    s->metrics[i].source = chance(dice, 20) ? KEDA_SOURCE_OBJECT : KEDA_SOURCE_EXTERNAL;
    s->metrics[i].activation = chance(dice, 60) ? 0.0 : (double)between(dice, -5, 60) / 1000.0;
    s->metrics[i].trigger = chance(dice, 80) ? (int32_t)i : 0;
    if (chance(dice, 3))
        s->metrics[i].activation = (double)NAN;
    if (chance(dice, 3))
        s->metrics[i].target_type = KEDA_TARGET_UTILIZATION;
}

static void some_reading(struct situation *s, struct dice *dice, size_t i)
{
    const int32_t value = chance(dice, 40) ? between(dice, 0, 5) : between(dice, 0, 170);

    s->readings[i] = (keda_reading)KEDA_READING_INIT;
    s->readings[i].items_milli = s->items[i];
    s->items[i][0] = value;
    s->readings[i].nitems = 1;
    s->readings[i].raw = (double)value / 1000.0;
    s->readings[i].state = KEDA_READING_OK;
    s->readings[i].is_active = chance(dice, 10) ? between(dice, 0, 1) : -1;
    s->readings[i].failures = between(dice, 0, 2);
    if (chance(dice, 12))
        s->readings[i].state =
            between(dice, 0, 2) == 2 ? KEDA_READING_FAILED : KEDA_READING_UNKNOWN;
    if (chance(dice, 3))
        s->readings[i].nitems = 0;
}

static void some_scale(struct situation *s, struct dice *dice)
{
    s->seen.spec_replicas = chance(dice, 25) ? 0 : between(dice, 0, 22);
    s->seen.status_replicas = chance(dice, 70) ? -1 : between(dice, 0, 22);
    s->seen.pods_ready = chance(dice, 80) ? between(dice, 0, 12) : -1;
    s->seen.pods_total = chance(dice, 80) ? between(dice, 0, 12) : -1;
    s->seen.due = (uint32_t)(chance(dice, 70) ? 3 : between(dice, 0, 7));
    if (chance(dice, 2))
        s->seen.spec_replicas = -1;
}

/* What trying every reading of metric i finds; false when nothing changes the count. */
static bool nearest_by_trying(struct situation *s, size_t i, int64_t *size)
{
    const int64_t now = flipped_is_known(s, i) ? s->items[i][0] : -1;
    bool is_found = false;

    for (int64_t v = 0; v <= DOMAIN; v++) {
        const int64_t distance = v > now ? v - now : now - v;
        if (v == now || (is_found && distance >= *size))
            continue;
        if (flipped_count(s, i, v) == s->decision.to)
            continue;
        is_found = true;
        *size = distance;
    }
    return is_found;
}

static double part(const struct situation *s, size_t i, int64_t size)
{
    const bool is_known = s->readings[i].state == KEDA_READING_OK && s->readings[i].nitems > 0;
    return (double)(is_known ? size : size - 1) / (double)s->metrics[i].target_milli;
}

static void check_against_trying(struct situation *s, uint64_t seed)
{
    const keda_flip flip = flip_of(s);
    double best = 1e9;

    for (size_t i = 0; i < s->policy.nmetrics; i++) {
        int64_t size = 0;
        if (nearest_by_trying(s, i, &size))
            best = fmin(best, part(s, i, size));
    }
    if (flip.metric < 0) {
        cr_assert_eq(best, 1e9, "seed %d: %f is missed", (int)seed, best);
        cr_assert_eq(flip.to, s->decision.to);
        return;
    }
    flipped_check(s, &flip);
    const size_t i = (size_t)flip.metric;
    const bool is_known = s->readings[i].state == KEDA_READING_OK && s->readings[i].nitems > 0;
    const int64_t now = is_known ? s->items[i][0] : 0;
    const double size =
        fabs((double)(flip.value_milli - now)) / (double)s->metrics[i].target_milli;
    cr_assert_float_eq(size, best, 1e-9, "seed %d: %f, not %f", (int)seed, size, best);
}

Test(flip, is_what_trying_every_reading_finds)
{
    int nfound = 0;

    for (uint64_t seed = 1; seed <= SITUATIONS; seed++) {
        struct dice dice = {seed};
        struct situation s;
        situation_open(&s, (size_t)between(&dice, 1, SITUATION_METRICS));
        some_policy(&s, &dice);
        for (int step = between(&dice, 1, 4); step > 0; step--) {
            for (size_t i = 0; i < s.policy.nmetrics; i++) {
                if (step == 1 || chance(&dice, 10))
                    some_metric(&s, &dice, i);
                some_reading(&s, &dice, i);
            }
            if (step == 1 || chance(&dice, 10))
                some_scale(&s, &dice);
            s.seen.now_ms += between(&dice, 0, 40000);
            if (step > 1) {
                situation_decide(&s);
                situation_apply(&s);
            }
        }
        check_against_trying(&s, seed);
        nfound += flip_of(&s).metric >= 0;
    }
    cr_assert_gt(nfound, SITUATIONS / 4, "%d", nfound);
}

/* --- by name ---------------------------------------------------------------------------------- */

static void flips(struct situation *s, int32_t metric, int32_t to, int64_t value_milli)
{
    const keda_flip flip = flip_of(s);
    cr_assert_eq(flip.metric, metric, "metric %d", flip.metric);
    cr_assert_eq(flip.to, to, "to %d", flip.to);
    cr_assert_eq(flip.value_milli, value_milli, "value %lld", (long long)flip.value_milli);
    if (metric >= 0)
        flipped_check(s, &flip);
}

static void open_at(struct situation *s, int32_t replicas, double value)
{
    situation_open(s, 1);
    s->seen.spec_replicas = replicas;
    situation_read(s, 0, value);
}

Test(flip, is_the_nearer_edge_of_the_tolerance)
{
    struct situation s;
    open_at(&s, 2, 18);
    flips(&s, 0, 3, 22001);
    s.policy.downscale_stabilization_s = 0;
    s.policy.tolerance = 0.3;
    situation_read(&s, 0, 25);
    flips(&s, 0, 3, 26001);
    s.policy.tolerance = 0;
    situation_read(&s, 0, 20);
    flips(&s, 0, 3, 20001);
}

Test(flip, activates_just_above_the_threshold)
{
    struct situation s;
    open_at(&s, 0, 1);
    s.metrics[0].activation = 5;
    flips(&s, 0, 1, 5001);
    s.metrics[0].activation = (double)NAN;
    flips(&s, -1, 0, 0);
    s.metrics[0].activation = 1e300;
    flips(&s, -1, 0, 0);
}

Test(flip, leaves_a_scalers_own_answer_alone)
{
    struct situation s;
    open_at(&s, 0, 1);
    s.readings[0].is_active = 0;
    flips(&s, -1, 0, 0);
}

Test(flip, is_none_where_nothing_depends_on_readings)
{
    struct situation s;
    open_at(&s, 3, 90);
    s.policy.pause = KEDA_PAUSE_FULL;
    s.policy.paused_replicas = 7;
    flips(&s, -1, 7, 0);
    s.policy.pause = 0;
    s.seen.spec_replicas = -1;
    flips(&s, -1, -1, 0);
    s.seen.spec_replicas = 3;
    s.seen.due = 0;
    flips(&s, -1, 3, 0);
}

Test(flip, is_exact_for_huge_numbers)
{
    struct situation s;
    open_at(&s, 3, 0);
    s.policy.max_replicas = INT32_MAX;
    s.metrics[0].target_milli = INT64_C(1) << 60;
    s.items[0][0] = INT64_MAX;
    s.readings[0].raw = (double)INT64_MAX / 1000.0;
    keda_flip flip = flip_of(&s);
    cr_assert_eq(s.decision.to, 6);
    cr_assert_eq(flip.to, 5);
    flipped_check(&s, &flip);
    s.metrics[0].target_milli = 1;
    flip = flip_of(&s);
    flipped_check(&s, &flip);
    s.seen.spec_replicas = INT32_MAX;
    flip = flip_of(&s);
    cr_assert_eq(s.decision.to, INT32_MAX);
    s.metrics[0].target_milli = 0; /* never a proposal */
    flip = flip_of(&s);
    flipped_check(&s, &flip);
    s.metrics[0].target_milli = -5;
    flip = flip_of(&s);
    flipped_check(&s, &flip);
}

Test(flip, is_never_below_zero)
{
    struct situation s;
    open_at(&s, 3, 0);
    s.metrics[0].source = KEDA_SOURCE_OBJECT;
    s.items[0][0] = -5000;
    flips(&s, 0, 3, 1);
}

Test(flip, is_the_smallest_part_of_a_target_among_several)
{
    struct situation s;
    situation_open(&s, 3);
    s.seen.spec_replicas = 5;
    s.seen.due = KEDA_DUE_SYNC;
    s.metrics[1].target_milli = 1000000;
    situation_read(&s, 0, 44);   /* 11 and more to go, of 10 */
    situation_read(&s, 1, 5400); /* 100, of 1000 */
    situation_read(&s, 2, 48);
    flips(&s, 1, 6, 5500001);
}

Test(flip, needs_a_metric_that_is_not_read_from_pods)
{
    struct situation s;
    situation_open(&s, 2);
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 30);
    situation_read(&s, 1, 30);
    s.metrics[1].source = KEDA_SOURCE_PODS;
    s.policy.downscale_stabilization_s = 0;
    cr_assert_eq(flip_of(&s).metric, 0);
    s.metrics[0].source = KEDA_SOURCE_RESOURCE;
    flips(&s, -1, -1, 0);
}

Test(flip, is_not_searched_among_more_than_32_metrics)
{
    enum { MANY = 33 };
    static keda_metric_policy metrics[MANY];
    struct situation s;
    open_at(&s, 3, 30);
    for (size_t i = 0; i < MANY; i++)
        metrics[i] = s.metrics[0];
    situation_decide(&s);
    s.policy.metrics = metrics;
    s.policy.nmetrics = MANY;
    s.policy.metric_size = sizeof metrics[0];
    s.decision.proposals = NULL;
    keda_flip flip = {0};
    cr_assert_eq(keda_decision_flip(&s.policy, &s.seen, s.history, &s.decision, &flip),
                 KEDA_OK);
    cr_assert_eq(flip.metric, -1);
    cr_assert_eq(flip.to, -1);
}
