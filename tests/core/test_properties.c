/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invariants on random sequences through the public calls: a million steps in an ordinary run;
 * KEDA_PROPERTY_SEQUENCES=1000000 runs a million sequences, KEDA_PROPERTY_SEED=N the one that a
 * failure names. Rates are checked from outside, on a log of every count there ever was.
 */
#include "core/dice.h"
#include "core/situation.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

enum { SEQUENCES = 20000, STEPS = 50, POLICIES = 2, MEMORY = 4096 };

/* One change of the count by the HPA half, and what it was before. */
struct change {
    int64_t time_ms;
    int32_t before;
};

struct sequence {
    uint64_t seed;
    int step;
    struct dice dice;
    struct situation s;
    keda_rate_policy up[POLICIES], down[POLICIES];
    struct change changes[STEPS];
    size_t nchanges;
    int64_t memory[MEMORY / sizeof(int64_t)];
};

/* Says how to see the failure again. */
#define HOLDS(q, condition, ...)                                                               \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr,                                                                    \
                    "KEDA_PROPERTY_SEED=%llu, step %d: ", (unsigned long long)(q)->seed,       \
                    (q)->step);                                                                \
            cr_assert_fail(__VA_ARGS__);                                                       \
        }                                                                                      \
    } while (0)

/* --- random policies -------------------------------------------------------------------------- */

static void some_direction(struct dice *dice, keda_scaling_rules *rules,
                           keda_rate_policy policies[POLICIES])
{
    static const int32_t periods[] = {1, 5, 15, 30, 60};
    static const int32_t windows[] = {-1, 0, 0, 10, 60};

    for (int i = 0; i < POLICIES; i++)
        policies[i] =
            (keda_rate_policy){.type = chance(dice, 50) ? KEDA_RATE_PODS : KEDA_RATE_PERCENT,
                               .value = between(dice, 1, chance(dice, 20) ? 150 : 9),
                               .period_s = periods[between(dice, 0, 4)]};
    rules->policies = policies;
    rules->npolicies = (size_t)between(dice, 1, POLICIES);
    rules->stabilization_s = windows[between(dice, 0, 4)];
    rules->select_policy = between(dice, 0, chance(dice, 20) ? 3 : 2);
}

static void open_sequence(struct sequence *q, uint64_t seed)
{
    memset(q, 0, sizeof *q);
    q->seed = seed;
    q->dice.state = seed;
    struct dice *dice = &q->dice;
    struct situation *s = &q->s;
    situation_open(s, (size_t)between(dice, 1, SITUATION_METRICS));
    s->policy.min_replicas = between(dice, -1, 5);
    s->policy.max_replicas = between(dice, 5, 80);
    s->policy.downscale_stabilization_s = between(dice, 0, 60);
    s->policy.has_behavior = chance(dice, 75);
    s->policy.scale_up = &s->up;
    s->policy.scale_down = &s->down;
    some_direction(dice, &s->up, q->up);
    some_direction(dice, &s->down, q->down);
    s->seen.spec_replicas = between(dice, 5, s->policy.max_replicas);
    const size_t size = keda_history_size(&s->policy, 1000);
    cr_assert_leq(size, sizeof q->memory);
    s->history = (void *)q->memory;
    keda_history_init(s->history, size);
}

static void read_some(struct sequence *q)
{
    for (size_t i = 0; i < q->s.policy.nmetrics; i++) {
        const int32_t reach = chance(&q->dice, 10) ? 2000 : 20;
        situation_read(&q->s, i, q->s.seen.spec_replicas * between(&q->dice, 0, reach));
        if (chance(&q->dice, 10))
            situation_fail(&q->s, i);
    }
}

/* --- rates, from outside ---------------------------------------------------------------------- */

/* The count when the policy's period began. */
static int32_t count_at_start(const struct sequence *q, int32_t period_s)
{
    for (size_t i = 0; i < q->nchanges; i++)
        if (q->changes[i].time_ms > q->s.seen.now_ms - 1000 * (int64_t)period_s)
            return q->changes[i].before;
    return q->s.seen.spec_replicas;
}

/* The extreme count one policy allows; a percentage in doubles may give one more than exact. */
static double allowed(const struct sequence *q, const keda_rate_policy *policy, int sign)
{
    const double start = count_at_start(q, policy->period_s);
    if (policy->type == KEDA_RATE_PODS)
        return start + sign * policy->value;
    const double exact = start * (100 + sign * policy->value) / 100;
    return sign > 0 ? floor(exact) + 2 : ceil(exact) - 2;
}

/* How far the direction may go: the most or the least of its policies. */
static double reach(const struct sequence *q, const keda_scaling_rules *rules, int sign)
{
    const bool is_least = rules->select_policy == KEDA_SELECT_MIN;
    double best = sign * allowed(q, &rules->policies[0], sign);

    if (rules->select_policy == KEDA_SELECT_DISABLED)
        return q->s.seen.spec_replicas;
    for (size_t i = 1; i < rules->npolicies; i++) {
        const double other = sign * allowed(q, &rules->policies[i], sign);
        best = is_least ? fmin(best, other) : fmax(best, other);
    }
    return sign * best;
}

static void check_rates(struct sequence *q)
{
    const int32_t from = q->s.seen.spec_replicas, to = q->s.decision.to;

    if (!q->s.policy.has_behavior) {
        HOLDS(q, to <= 2 * from || to <= 4, "%d -> %d is more than double", from, to);
        return;
    }
    HOLDS(q, to <= from || to <= reach(q, &q->s.up, 1), "%d -> %d is too fast up", from, to);
    HOLDS(q, to >= from || to >= reach(q, &q->s.down, -1), "%d -> %d is too fast down", from,
          to);
}

/* --- the other invariants ---------------------------------------------------------------------- */

static int32_t decided(struct sequence *q)
{
    return situation_hpa(&q->s)->to;
}

static void check_bounds(struct sequence *q)
{
    const int32_t min = q->s.policy.min_replicas > 1 ? q->s.policy.min_replicas : 1;
    HOLDS(q, min <= q->s.decision.to && q->s.decision.to <= q->s.policy.max_replicas,
          "%d is out of bounds", q->s.decision.to);
    HOLDS(q, !q->s.decision.history_truncated, "a history of the stated size was too small");
}

static void check_unknown(struct sequence *q)
{
    const size_t lost = (size_t)between(&q->dice, 0, (int32_t)q->s.policy.nmetrics - 1);
    const int32_t from = q->s.seen.spec_replicas, to = q->s.decision.to;
    const keda_reading saved = q->s.readings[lost];
    const int64_t item = q->s.items[lost][0];

    situation_fail(&q->s, lost);
    const int32_t without = decided(q);
    HOLDS(q, without >= (to < from ? to : from), "a lost reading lowers %d to %d", to, without);
    situation_read(&q->s, lost, 0);
    const int32_t others = decided(q);
    if (q->s.decision.metric_replicas > from)
        HOLDS(q, without == others, "the others ask for %d, a lost reading gives %d", others,
              without);
    q->s.readings[lost] = saved;
    q->s.items[lost][0] = item;
}

static void check_monotone(struct sequence *q)
{
    const size_t raised = (size_t)between(&q->dice, 0, (int32_t)q->s.policy.nmetrics - 1);
    const keda_reading saved = q->s.readings[raised];
    const int64_t item = q->s.items[raised][0];
    const int32_t to = q->s.decision.to;

    if (saved.state != KEDA_READING_OK)
        return;
    situation_read(&q->s, raised, saved.raw + between(&q->dice, 1, 300));
    HOLDS(q, decided(q) >= to, "a higher reading lowers %d to %d", to, q->s.decision.to);
    q->s.readings[raised] = saved;
    q->s.items[raised][0] = item;
}

static void check_pause(struct sequence *q)
{
    const int32_t from = q->s.seen.spec_replicas;

    q->s.seen.due = (uint32_t)between(&q->dice, 0, 7);
    q->s.policy.pause = KEDA_PAUSE_FULL | between(&q->dice, 0, 7);
    HOLDS(q, !situation_decide(&q->s)->is_write, "a full pause writes %d", q->s.decision.to);
    q->s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    HOLDS(q,
          situation_decide(&q->s)->to <= from ||
              q->s.decision.reason == KEDA_REASON_RAISED_TO_MIN,
          "a paused scale-out raises to %d", q->s.decision.to);
    q->s.policy.pause = KEDA_PAUSE_SCALE_IN;
    HOLDS(q, situation_decide(&q->s)->to >= from, "a paused scale-in lowers to %d",
          q->s.decision.to);
    q->s.policy.pause = 0;
}

/* --- sequences -------------------------------------------------------------------------------- */

/* One in ten writes fails, and changes nothing. */
static void apply(struct sequence *q)
{
    struct situation *s = &q->s;
    const bool is_failed = s->decision.is_write && chance(&q->dice, 10);

    if (is_failed) {
        keda_history_apply(s->history, &s->decision, KEDA_OUTCOME_FAILED);
        return;
    }
    if (s->decision.is_write)
        q->changes[q->nchanges++] = (struct change){s->seen.now_ms, s->seen.spec_replicas};
    situation_apply(s);
}

static void run_sequence(uint64_t seed)
{
    static void (*const checks[])(struct sequence *) = {check_unknown, check_monotone,
                                                        check_pause};
    static struct sequence q;

    open_sequence(&q, seed);
    for (q.step = 0; q.step < STEPS; q.step++) {
        read_some(&q);
        q.s.seen.now_ms += between(&q.dice, 1000, chance(&q.dice, 20) ? 40000 : 4000);
        decided(&q);
        check_bounds(&q);
        check_rates(&q);
        checks[between(&q.dice, 0, 2)](&q);
        decided(&q);
        apply(&q);
    }
}

static uint64_t asked_for(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

Test(properties, hold_on_random_sequences, .timeout = 3600)
{
    const uint64_t only = asked_for("KEDA_PROPERTY_SEED", 0);
    const uint64_t n = asked_for("KEDA_PROPERTY_SEQUENCES", SEQUENCES);

    if (only != 0)
        run_sequence(only);
    else
        for (uint64_t seed = 1; seed <= n; seed++)
            run_sequence(seed);
}
