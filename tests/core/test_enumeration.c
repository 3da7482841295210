/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every input of small domains against models written without looking at the code: what floating
 * point keeps Frama-C from proving (scripts/prove), and the invariants through the public calls.
 */
#include "core/arith.h"
#include "core/hpa.h"
#include "core/situation.h"

#include <limits.h>
#include <math.h>

/* --- doubles to integers ---------------------------------------------------------------------- */

/* Exact: a whole double is below 2^63 or a multiple of 2^10, and both are long doubles. */
static int64_t truncated(double x, int64_t lowest, int64_t highest)
{
    if (isnan(x))
        return 0;
    const long double whole = x < 0 ? ceill((long double)x) : floorl((long double)x);
    if (whole <= (long double)lowest)
        return lowest;
    return whole >= (long double)highest ? highest : (int64_t)whole;
}

static double double_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Every sign and exponent, each with mantissas at both ends and in between. */
Test(enumeration, turns_doubles_of_every_exponent_into_integers)
{
    static const uint64_t mantissas[] = {
        0, 1, 2, 0x8000000000000, 0xfffffffffffff, 0xffffffffffffe, 0x5555555555555};
    for (uint64_t top = 0; top < 4096; top++)
        for (size_t i = 0; i < sizeof mantissas / sizeof mantissas[0]; i++) {
            const double x = double_of_bits(top << 52 | mantissas[i]);
            cr_assert_eq(i32_from_double(x), truncated(x, INT32_MIN, INT32_MAX), "%a", x);
            cr_assert_eq(i64_from_double(x), truncated(x, INT64_MIN, INT64_MAX), "%a", x);
        }
}

Test(enumeration, turns_doubles_around_every_border_into_integers)
{
    static const double borders[] = {0.0,          2147483647.0,       -2147483648.0,
                                     4294967296.0, 9007199254740992.0, 9223372036854775807.0};
    for (size_t i = 0; i < sizeof borders / sizeof borders[0]; i++)
        for (int eighths = -4000; eighths <= 4000; eighths++) {
            const double x = borders[i] + eighths / 8.0;
            cr_assert_eq(i32_from_double(x), truncated(x, INT32_MIN, INT32_MAX), "%a", x);
            cr_assert_eq(i64_from_double(x), truncated(x, INT64_MIN, INT64_MAX), "%a", x);
            cr_assert_eq(i32_from_double(-x), truncated(-x, INT32_MIN, INT32_MAX), "%a", -x);
        }
}

/* --- percentages ------------------------------------------------------------------------------ */

enum { STARTS = 300, PERCENTS = 250 };

/* The bound one percentage gives, with an empty history. */
static int32_t bound_of(int32_t percent, int32_t current, int32_t wanted)
{
    const keda_rate_policy policy = {KEDA_RATE_PERCENT, percent, 60, 0};
    const struct hpa_direction direction = {0, KEDA_SELECT_MAX, &policy, 1, sizeof policy};
    const struct hpa_rules rules = {.min = INT32_MIN,
                                    .max = INT32_MAX,
                                    .has_behavior = true,
                                    .up = direction,
                                    .down = direction};
    return hpa_limit(&rules, NULL, current, wanted, 0).replicas;
}

/* Upstream's two roundings may come out one above exact arithmetic, never below and never more. */
Test(enumeration, raises_by_a_percentage_as_exactly_as_doubles_can)
{
    for (int32_t percent = 1; percent <= PERCENTS; percent++)
        for (int32_t start = 1; start <= STARTS; start++) {
            const int32_t raised = bound_of(percent, start, INT32_MAX);
            const int32_t exact = (start * (100 + percent) + 99) / 100;
            cr_assert(raised == exact || raised == exact + 1, "%d by %d %%: %d", start, percent,
                      raised);
            cr_assert_geq(raised, bound_of(percent, start - 1, INT32_MAX));
            cr_assert_geq(raised, bound_of(percent - 1, start, INT32_MAX));
            cr_assert_gt(raised, start);
        }
}

Test(enumeration, lowers_by_a_percentage_as_exactly_as_doubles_can)
{
    for (int32_t percent = 1; percent <= 100; percent++)
        for (int32_t start = 1; start <= STARTS; start++) {
            const int32_t lowered = bound_of(percent, start, INT32_MIN);
            const int32_t exact = start * (100 - percent) / 100;
            cr_assert(lowered == exact || lowered == exact - 1, "%d by %d %%: %d", start,
                      percent, lowered);
            cr_assert_geq(lowered, 0);
            cr_assert_leq(lowered, bound_of(percent - 1, start, INT32_MIN));
            cr_assert_leq(lowered, start);
        }
}

/* --- what lies in the caller's memory ---------------------------------------------------------- */

Test(enumeration, walks_policies_by_their_element_size)
{
    struct wide {
        keda_rate_policy policy;
        int64_t more;
    } wide[4];
    for (int32_t first = 1; first <= 20; first++)
        for (size_t n = 1; n <= 4; n++) {
            for (size_t i = 0; i < n; i++)
                wide[i].policy =
                    (keda_rate_policy){KEDA_RATE_PODS, first, (int32_t)i * first, 0};
            const struct hpa_direction direction = {0, KEDA_SELECT_MAX, &wide[0].policy, n,
                                                    sizeof wide[0]};
            for (size_t i = 0; i < n; i++)
                cr_assert_eq(rules_rate_at(&direction, i), &wide[i].policy);
            cr_assert_eq(rules_longest_period_s(&direction), (int32_t)(n - 1) * first);
        }
}

/* Every order of appending three lists: each keeps its own slots. */
Test(enumeration, keeps_lists_apart_in_any_order)
{
    union {
        int64_t aligned;
        char bytes[1024];
    } memory;
    keda_history *history = (void *)&memory;
    enum { STEPS = 7, ORDERS = 2187 };

    for (int order = 0; order < ORDERS; order++) {
        int32_t expected[3][STEPS];
        size_t n[3] = {0, 0, 0};
        keda_history_init(history, sizeof memory);
        for (int step = 0, rest = order; step < STEPS; step++, rest /= 3) {
            const int kind = rest % 3;
            expected[kind][n[kind]++] = step;
            keda_decision decision = KEDA_DECISION_INIT;
            decision.now_ms = step;
            decision.hpa_current = 100;
            decision.hpa_desired = kind == HISTORY_UP ? 100 + step : 100 - step;
            decision.raw_replicas = step;
            decision.has_recommendation = kind == HISTORY_RECS;
            decision.hpa_is_write = decision.has_behavior = kind != HISTORY_RECS;
            decision.up_window_s = decision.longest_up_s = decision.longest_down_s = 3600;
            history->has_recs = 1;
            keda_history_apply(history, &decision,
                               kind == HISTORY_RECS ? KEDA_OUTCOME_NOT_WRITTEN
                                                    : KEDA_OUTCOME_WRITTEN);
            if (step == 0 && kind == HISTORY_UP) { /* a change of nothing counts as one down */
                n[kind]--;
                expected[HISTORY_DOWN][n[HISTORY_DOWN]++] = 0;
            }
        }
        for (int kind = 0; kind < 3; kind++) {
            const struct history_list list = history_list_of(history, (enum history_kind)kind);
            cr_assert_eq(list.n, n[kind]);
            for (size_t i = 0; i < list.n; i++)
                cr_assert_eq(list.value[i], expected[kind][i]);
        }
    }
}

/* --- the HPA half ----------------------------------------------------------------------------- */

/* Two metrics with target 10: a reading in tenths of a replica, or none. */
enum { LOST = -1, TENTHS = 36, MIN_MAX = 4 };

static void read_tenths(struct situation *s, size_t metric, int32_t tenths)
{
    if (tenths == LOST)
        situation_fail(s, metric);
    else
        situation_read(s, metric, tenths);
}

/* One metric's wish in exact arithmetic: tolerance a tenth, both ends inclusive. */
static int32_t wish_of(int32_t tenths, int32_t current)
{
    if (9 * current <= tenths && tenths <= 11 * current)
        return current;
    return (tenths + 9) / 10;
}

static int32_t clamped(int32_t x, int32_t lowest, int32_t highest)
{
    return x < lowest ? lowest : x > highest ? highest : x;
}

struct limits {
    int32_t up, down; /* the highest and the lowest count a reconcile may reach */
};

static int32_t model_of(const keda_policy *policy, struct limits limits, int32_t current,
                        const int32_t tenths[2])
{
    int32_t wish = -1;
    for (int i = 0; i < 2; i++)
        if (tenths[i] != LOST && wish_of(tenths[i], current) > wish)
            wish = wish_of(tenths[i], current);
    const bool is_lost = tenths[0] == LOST || tenths[1] == LOST;
    if (wish < 0 || (is_lost && wish < current))
        return current;
    wish = clamped(wish, limits.down, limits.up);
    return clamped(wish, policy->min_replicas, policy->max_replicas);
}

/* `check` sees every pair of readings, bounds and counts, each with its decision. */
static void each_reconcile(struct situation *s, struct limits (*limits_at)(int32_t current),
                           void (*check)(struct situation *s, struct limits limits,
                                         const int32_t tenths[2]))
{
    int32_t tenths[2];
    for (int32_t min = 1; min <= MIN_MAX; min++)
        for (int32_t max = min; max <= MIN_MAX; max++)
            for (int32_t current = min; current <= max; current++)
                for (tenths[0] = LOST; tenths[0] <= TENTHS + 10; tenths[0]++)
                    for (tenths[1] = LOST; tenths[1] <= TENTHS + 10; tenths[1] += 3) {
                        s->policy.min_replicas = min;
                        s->policy.max_replicas = max;
                        s->seen.spec_replicas = current;
                        read_tenths(s, 0, tenths[0]);
                        read_tenths(s, 1, tenths[1]);
                        check(s, limits_at(current), tenths);
                    }
}

static int32_t desired(struct situation *s)
{
    return situation_hpa(s)->to;
}

static void check_model(struct situation *s, struct limits limits, const int32_t tenths[2])
{
    const int32_t current = s->seen.spec_replicas;
    const int32_t expected = model_of(&s->policy, limits, current, tenths);
    cr_assert_eq(desired(s), expected, "%d of %d..%d, %d and %d tenths: %d, not %d", current,
                 s->policy.min_replicas, s->policy.max_replicas, tenths[0], tenths[1],
                 s->decision.to, expected);
}

/* Without a behaviour: doubling or 4; the first reconcile's record holds the count. */
static struct limits plain_limits(int32_t current)
{
    return (struct limits){current * 2 > 4 ? current * 2 : 4, current};
}

Test(enumeration, reconciles_as_the_model_without_a_behaviour)
{
    struct situation s;
    situation_open(&s, 2);
    each_reconcile(&s, plain_limits, check_model);
}

static struct limits one_pod(int32_t current)
{
    return (struct limits){current + 1, current - 2};
}

static struct limits nothing(int32_t current)
{
    return (struct limits){current, current};
}

/* One pod up and two down a minute, no stabilisation, select policy 1 to 3. */
static void behave(struct situation *s, int32_t select)
{
    situation_open(s, 2);
    situation_behave(s, (keda_rate_policy){KEDA_RATE_PODS, 1, 60, 0},
                     (keda_rate_policy){KEDA_RATE_PODS, 2, 60, 0});
    s->down.stabilization_s = 0;
    s->up.select_policy = s->down.select_policy = select;
}

Test(enumeration, reconciles_as_the_model_with_a_behaviour)
{
    struct situation s;
    behave(&s, KEDA_SELECT_MAX);
    each_reconcile(&s, one_pod, check_model);
    behave(&s, KEDA_SELECT_MIN);
    each_reconcile(&s, one_pod, check_model);
    behave(&s, KEDA_SELECT_DISABLED);
    each_reconcile(&s, nothing, check_model);
}

/* What else holds whatever the model says: bounds, unknown, monotone. */
static void check_invariants(struct situation *s, struct limits limits, const int32_t tenths[2])
{
    const int32_t current = s->seen.spec_replicas, to = desired(s);
    (void)limits;

    cr_assert(s->policy.min_replicas <= to && to <= s->policy.max_replicas);
    if (tenths[0] == LOST)
        return;
    read_tenths(s, 0, tenths[0] + 1);
    cr_assert_geq(desired(s), to, "a higher reading gave less");
    situation_fail(s, 0);
    const int32_t lost = desired(s);
    cr_assert_geq(lost, to < current ? to : current, "a lost reading lowered");
    if (tenths[1] == LOST)
        return;
    read_tenths(s, 0, 0);
    cr_assert(desired(s) <= current || lost == s->decision.to, "a lost reading blocked");
}

Test(enumeration, keeps_the_invariants_in_every_reconcile)
{
    struct situation s;
    situation_open(&s, 2);
    each_reconcile(&s, plain_limits, check_invariants);
    for (int32_t select = KEDA_SELECT_MAX; select <= KEDA_SELECT_DISABLED; select++) {
        behave(&s, select);
        each_reconcile(&s, one_pod, check_invariants);
    }
}

/* --- activation ------------------------------------------------------------------------------- */

enum seen_as { SEEN_ACTIVE, SEEN_INACTIVE, SEEN_LOST, SEEN_COUNT };

/* One poll of two triggers. */
struct poll {
    int32_t min, idle, from, pause, is_over;
    enum seen_as first, second;
};

/* The executor's table in words: where nothing applies, the count stays. */
static int32_t model_of_poll(const struct poll *p)
{
    const bool is_active = p->first == SEEN_ACTIVE || p->second == SEEN_ACTIVE;
    const bool is_lost = p->first == SEEN_LOST || p->second == SEEN_LOST;
    const int32_t min = p->min < 0 ? 0 : p->min;
    const bool is_resting = p->from == 0 || (p->idle >= 0 && p->from < min);

    if (p->pause & KEDA_PAUSE_FULL)
        return p->from;
    if (is_active)
        return is_resting && !(p->pause & KEDA_PAUSE_SCALE_OUT) ? (min > 1 ? min : 1) : p->from;
    if (is_lost)
        return p->from;
    if ((p->idle >= 0 && p->from > p->idle) || (p->from > 0 && min == 0)) {
        const bool is_free = p->is_over && !(p->pause & KEDA_PAUSE_SCALE_IN);
        return is_free ? (p->idle >= 0 ? p->idle : min) : p->from;
    }
    return p->idle < 0 && p->from < min ? min : p->from;
}

static void show(struct situation *s, size_t metric, enum seen_as as)
{
    if (as == SEEN_LOST)
        situation_fail(s, metric);
    else
        situation_read(s, metric, as == SEEN_ACTIVE ? 1 : 0);
}

static void check_poll(const struct poll *p)
{
    struct situation s;
    situation_open(&s, 2);
    s.policy.min_replicas = p->min;
    s.policy.idle_replicas = p->idle;
    s.policy.pause = p->pause;
    s.seen.spec_replicas = p->from;
    s.seen.due = KEDA_DUE_POLL;
    situation_set_last_active(&s, p->is_over ? 300001 : 300000);
    show(&s, 0, p->first);
    show(&s, 1, p->second);
    situation_decide(&s);
    cr_assert_eq(s.decision.to, model_of_poll(p),
                 "min %d, idle %d, from %d, pause %d, over %d, seen %d and %d: %d", p->min,
                 p->idle, p->from, p->pause, p->is_over, (int)p->first, (int)p->second,
                 s.decision.to);
    /* An idle count that is not below min passes no validation. */
    if (p->idle < 0 || p->idle < p->min)
        cr_assert_eq(s.decision.is_write, s.decision.to != p->from);
}

Test(enumeration, activates_as_the_table_says)
{
    enum { MINS = 5, IDLES = 4, FROMS = 6, PAUSES = 8, OVERS = 2 };
    for (int i = 0; i < MINS * IDLES * FROMS * PAUSES * OVERS; i++)
        for (int seen = 0; seen < SEEN_COUNT * SEEN_COUNT; seen++)
            check_poll(&(struct poll){.min = i % MINS - 1,
                                      .idle = i / MINS % IDLES - 1,
                                      .from = i / MINS / IDLES % FROMS,
                                      .pause = i / MINS / IDLES / FROMS % PAUSES,
                                      .is_over = i / MINS / IDLES / FROMS / PAUSES,
                                      .first = (enum seen_as)(seen % SEEN_COUNT),
                                      .second = (enum seen_as)(seen / SEEN_COUNT)});
}
