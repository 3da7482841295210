/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far one reconcile may go (HPA: limit, rate): doubling without a behaviour, the policies of
 * the direction with one, and min and max. max only bounds growth; with a behaviour min only
 * bounds shrinking.
 */
#include "core/arith.h"
#include "core/hpa.h"

/* HPA: ScaleUpLimit is per reconcile; for a shorter sync, over the time of the HPA's own one. */
static int32_t doubling_limit(const struct hpa_rules *rules, const keda_history *history,
                              int32_t current, int64_t now_ms)
{
    if (rules->limit_window_ms == 0)
        return i32_from_double(fmax(2.0 * (double)current, 4.0));
    const int64_t from_ms = i64_sat_add(now_ms, -(int64_t)rules->limit_window_ms);
    const int32_t smallest = history_smallest_count(history, from_ms, current);
    /* Zero and idle are not counts the HPA starts from. */
    const int32_t base = i32_min(current, i32_max(smallest, rules->min));
    return i32_max(current, i32_from_double(fmax(2.0 * (double)base, 4.0)));
}

/* Changes of a list within a period; the sum wraps where it is used. */
static int64_t change_since(const keda_history *history, enum history_kind kind, int64_t cutoff)
{
    const struct history_list events = history_list_of(history, kind);
    int64_t sum = 0;
    for (size_t i = 0; i < events.n; i++)
        if (events.time_ms[i] > cutoff)
            sum += history_event_change(events.value[i]);
    return sum;
}

/* Count at the start of a policy's period: both lists, with this policy's period. */
static int32_t period_start(const keda_history *history, int32_t current, int32_t period_s,
                            int64_t now_ms)
{
    const int64_t cutoff = ms_before(now_ms, period_s);
    return i32_wrap((int64_t)current - change_since(history, HISTORY_UP, cutoff) +
                    change_since(history, HISTORY_DOWN, cutoff));
}

static int32_t policy_up(const keda_rate_policy *policy, int32_t start)
{
    if (policy->type == KEDA_RATE_PERCENT)
        return i32_from_double(ceil((double)start * (1.0 + (double)policy->value / 100.0)));
    return i32_wrap((int64_t)start + policy->value);
}

static int32_t policy_down(const keda_rate_policy *policy, int32_t start)
{
    if (policy->type == KEDA_RATE_PERCENT)
        return i32_from_double((double)start * (1.0 - (double)policy->value / 100.0));
    return i32_wrap((int64_t)start - policy->value);
}

static int32_t rate_up(const struct hpa_direction *up, const keda_history *history,
                       int32_t current, int64_t now_ms)
{
    const bool is_min = up->select_policy == KEDA_SELECT_MIN;
    int32_t limit = is_min ? INT32_MAX : INT32_MIN;

    if (up->select_policy == KEDA_SELECT_DISABLED)
        return current;
    for (size_t i = 0; i < up->npolicies; i++) {
        const keda_rate_policy *policy = rules_rate_at(up, i);
        const int32_t start = period_start(history, current, policy->period_s, now_ms);
        const int32_t proposed = policy_up(policy, start);
        limit = is_min ? i32_min(limit, proposed) : i32_max(limit, proposed);
    }
    return i32_max(limit, current);
}

/* selectPolicy Min is the smallest change, that is the largest count. */
static int32_t rate_down(const struct hpa_direction *down, const keda_history *history,
                         int32_t current, int64_t now_ms)
{
    const bool is_min = down->select_policy == KEDA_SELECT_MIN;
    int32_t limit = is_min ? INT32_MIN : INT32_MAX;

    if (down->select_policy == KEDA_SELECT_DISABLED)
        return current;
    for (size_t i = 0; i < down->npolicies; i++) {
        const keda_rate_policy *policy = rules_rate_at(down, i);
        const int32_t start = period_start(history, current, policy->period_s, now_ms);
        const int32_t proposed = policy_down(policy, start);
        limit = is_min ? i32_max(limit, proposed) : i32_min(limit, proposed);
    }
    return i32_min(limit, current);
}

static struct hpa_limited unlimited(int32_t stable, int32_t bound)
{
    return (struct hpa_limited){stable, bound, KEDA_CAUSE_DESIRED_WITHIN_RANGE, false};
}

/* The nearer of the rate's limit and max. */
static struct hpa_limited limit_above(const struct hpa_rules *rules, int32_t rate_limit,
                                      int32_t stable)
{
    const bool is_rate = rules->max > rate_limit;
    const int32_t bound = is_rate ? rate_limit : rules->max;
    if (stable <= bound)
        return unlimited(stable, bound);
    return (struct hpa_limited){
        bound, bound, is_rate ? KEDA_CAUSE_SCALE_UP_LIMIT : KEDA_CAUSE_TOO_MANY_REPLICAS, true};
}

static struct hpa_limited limit_below(const struct hpa_rules *rules, int32_t rate_limit,
                                      int32_t stable)
{
    const bool is_rate = rules->min < rate_limit;
    const int32_t bound = is_rate ? rate_limit : rules->min;
    if (stable >= bound)
        return unlimited(stable, bound);
    return (struct hpa_limited){
        bound, bound, is_rate ? KEDA_CAUSE_SCALE_DOWN_LIMIT : KEDA_CAUSE_TOO_FEW_REPLICAS,
        true};
}

struct hpa_limited hpa_limit(const struct hpa_rules *rules, const keda_history *history,
                             int32_t current, int32_t stable, int64_t now_ms)
{
    if (!rules->has_behavior) {
        if (stable < rules->min)
            return limit_below(rules, rules->min, stable);
        return limit_above(rules, doubling_limit(rules, history, current, now_ms), stable);
    }
    if (stable > current)
        return limit_above(rules, rate_up(&rules->up, history, current, now_ms), stable);
    if (stable < current)
        return limit_below(rules, rate_down(&rules->down, history, current, now_ms), stable);
    return unlimited(stable, stable);
}
