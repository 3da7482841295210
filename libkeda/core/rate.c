/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far one reconcile may go (HPA: limit, rate): doubling without a behaviour, the policies of
 * the direction with one, and min and max. max only bounds growth; with a behaviour min only
 * bounds shrinking.
 */
#include "core/arith.h"
#include "core/hpa.h"

/*@ // What an event adds, outdated or not; and a list's events after a moment.
    logic integer change_of(integer value) = value < 0 ? -value - 1 : value;
    logic integer changes(struct history_list l, integer n, integer after_ms) = n <= 0 ? 0 :
        changes(l, n - 1, after_ms) +
        (l.time_ms[n - 1] > after_ms ? change_of(l.value[n - 1]) : 0);
    // Floating point: taken as given.
    axiomatic Percent {
        logic integer raised(integer start, integer percent);
        logic integer lowered(integer start, integer percent);
    } */

/* --- without a behaviour ---------------------------------------------------------------------- */

/*@ assigns \nothing;
    ensures \result == \max(4, \min(INT32_MAX, 2 * base)); */
static int32_t doubled(int32_t base)
{
    if (base < 2)
        return 4;
    return base > INT32_MAX / 2 ? INT32_MAX : 2 * base;
}

/* HPA: ScaleUpLimit is per reconcile; for a shorter sync, over the time of the HPA's own one. */
/*@ requires \valid_read(rules);
    assigns \nothing;
    ensures bounds: \result >= current;
    ensures rates: \result <= \max(4, \min(INT32_MAX, 2 * current)); */
static int32_t doubling_limit(const struct hpa_rules *rules, const keda_history *history,
                              int32_t current, int64_t now_ms)
{
    if (rules->limit_window_ms == 0)
        return doubled(current);
    const int64_t from_ms = i64_sat_add(now_ms, -(int64_t)rules->limit_window_ms);
    const int32_t smallest = history_smallest_count(history, from_ms, current);
    /* Zero and idle are not counts the HPA starts from. */
    const int32_t base = i32_min(current, i32_max(smallest, rules->min));
    return i32_max(current, doubled(base));
}

/* --- policies --------------------------------------------------------------------------------- */

/* What a rate is measured against. */
struct past {
    struct history_list up, down;
    int32_t current;
    int64_t now_ms;
};

/*@ predicate past_is_readable(struct past *p) = \valid_read(p) &&
        list_is_readable(p->up) && p->up.n <= HISTORY_MAX_CELLS &&
        list_is_readable(p->down) && p->down.n <= HISTORY_MAX_CELLS;
    logic integer start_of(struct past *p, integer period_s) = wrap32(p->current -
        changes(p->up, p->up.n, before(p->now_ms, period_s)) +
        changes(p->down, p->down.n, before(p->now_ms, period_s)));
    // The count one policy allows, and the lowest and highest of the first n policies.
    logic integer allowed_up(struct past *p, keda_rate_policy *r) =
        r->type == KEDA_RATE_PERCENT ? raised(start_of(p, r->period_s), r->value)
                                     : wrap32(start_of(p, r->period_s) + r->value);
    logic integer allowed_down(struct past *p, keda_rate_policy *r) =
        r->type == KEDA_RATE_PERCENT ? lowered(start_of(p, r->period_s), r->value)
                                     : wrap32(start_of(p, r->period_s) - r->value);
    logic integer most_up(struct past *p, struct hpa_direction *d, integer n) = n <= 0 ?
        INT32_MIN : \max(most_up(p, d, n - 1), allowed_up(p, rate_at(d, n - 1)));
    logic integer least_up(struct past *p, struct hpa_direction *d, integer n) = n <= 0 ?
        INT32_MAX : \min(least_up(p, d, n - 1), allowed_up(p, rate_at(d, n - 1)));
    logic integer most_down(struct past *p, struct hpa_direction *d, integer n) = n <= 0 ?
        INT32_MAX : \min(most_down(p, d, n - 1), allowed_down(p, rate_at(d, n - 1)));
    logic integer least_down(struct past *p, struct hpa_direction *d, integer n) = n <= 0 ?
        INT32_MIN : \max(least_down(p, d, n - 1), allowed_down(p, rate_at(d, n - 1)));
    // How far a direction may go: the rate alone.
    logic integer up_to(struct past *p, struct hpa_direction *d) = \max(p->current,
        d->select_policy == KEDA_SELECT_DISABLED ? p->current :
        d->select_policy == KEDA_SELECT_MIN ? least_up(p, d, d->npolicies) :
        most_up(p, d, d->npolicies));
    logic integer down_to(struct past *p, struct hpa_direction *d) = \min(p->current,
        d->select_policy == KEDA_SELECT_DISABLED ? p->current :
        d->select_policy == KEDA_SELECT_MIN ? least_down(p, d, d->npolicies) :
        most_down(p, d, d->npolicies)); */

/* Changes of a list within a period. */
/*@ requires \valid_read(events) && list_is_readable(*events) && events->n <= HISTORY_MAX_CELLS;
    assigns \nothing;
    ensures \result == changes(*events, events->n, cutoff);
    ensures 0 <= \result <= events->n * INT32_MAX; */
static int64_t change_since(const struct history_list *events, int64_t cutoff)
{
    int64_t sum = 0;
    /*@ loop invariant 0 <= i <= events->n && 0 <= sum <= i * INT32_MAX;
        loop invariant sum == changes(*events, i, cutoff);
        loop assigns i, sum;
        loop variant events->n - i; */
    for (size_t i = 0; i < events->n; i++)
        if (events->time_ms[i] > cutoff)
            sum += history_event_change(events->value[i]);
    return sum;
}

/* Count at the start of a policy's period: both lists, with this policy's period. */
/*@ requires past_is_readable(past);
    assigns \nothing;
    ensures \result == start_of(past, period_s); */
static int32_t period_start(const struct past *past, int32_t period_s)
{
    const int64_t cutoff = ms_before(past->now_ms, period_s);
    return i32_wrap((int64_t)past->current - change_since(&past->up, cutoff) +
                    change_since(&past->down, cutoff));
}

/*@ assigns \nothing;
    ensures \result == raised(start, percent); */
static int32_t raised_by(int32_t percent, int32_t start)
{
    return i32_from_double(ceil((double)start * (1.0 + (double)percent / 100.0)));
}

/*@ assigns \nothing;
    ensures \result == lowered(start, percent); */
static int32_t lowered_by(int32_t percent, int32_t start)
{
    return i32_from_double((double)start * (1.0 - (double)percent / 100.0));
}

/*@ requires \valid_read(policy) && past_is_readable(past);
    assigns \nothing;
    ensures \result == allowed_up(past, policy); */
static int32_t policy_up(const keda_rate_policy *policy, const struct past *past)
{
    const int32_t start = period_start(past, policy->period_s);
    if (policy->type == KEDA_RATE_PERCENT)
        return raised_by(policy->value, start);
    return i32_wrap((int64_t)start + policy->value);
}

/*@ requires \valid_read(policy) && past_is_readable(past);
    assigns \nothing;
    ensures \result == allowed_down(past, policy); */
static int32_t policy_down(const keda_rate_policy *policy, const struct past *past)
{
    const int32_t start = period_start(past, policy->period_s);
    if (policy->type == KEDA_RATE_PERCENT)
        return lowered_by(policy->value, start);
    return i32_wrap((int64_t)start - policy->value);
}

/*@ requires \valid_read(up) && past_is_readable(past);
    assigns \nothing;
    ensures rates: \result == up_to(past, up);
    ensures rates: up->select_policy == KEDA_SELECT_MIN ==>
            \forall integer i; 0 <= i < up->npolicies ==>
            \result <= \max(past->current, allowed_up(past, rate_at(up, i)));
    ensures rates: \result > past->current && up->select_policy != KEDA_SELECT_MIN ==>
            \exists integer i; 0 <= i < up->npolicies &&
            \result == allowed_up(past, rate_at(up, i));
    ensures pause: up->select_policy == KEDA_SELECT_DISABLED ==> \result == past->current; */
static int32_t rate_up(const struct hpa_direction *up, const struct past *past)
{
    const bool is_min = up->select_policy == KEDA_SELECT_MIN;
    int32_t limit = is_min ? INT32_MAX : INT32_MIN;

    if (up->select_policy == KEDA_SELECT_DISABLED)
        return past->current;
    /*@ loop invariant 0 <= i <= up->npolicies;
        loop invariant limit == (is_min ? least_up(past, up, i) : most_up(past, up, i));
        loop invariant is_min ==> \forall integer j; 0 <= j < i ==>
                limit <= allowed_up(past, rate_at(up, j));
        loop invariant is_min || limit == INT32_MIN ||
                \exists integer j; 0 <= j < i && limit == allowed_up(past, rate_at(up, j));
        loop assigns i, limit;
        loop variant up->npolicies - i; */
    for (size_t i = 0; i < up->npolicies; i++) {
        const int32_t proposed = policy_up(rules_rate_at(up, i), past);
        limit = is_min ? i32_min(limit, proposed) : i32_max(limit, proposed);
    }
    return i32_max(limit, past->current);
}

/* selectPolicy Min is the smallest change, that is the largest count. */
/*@ requires \valid_read(down) && past_is_readable(past);
    assigns \nothing;
    ensures rates: \result == down_to(past, down);
    ensures rates: down->select_policy == KEDA_SELECT_MIN ==>
            \forall integer i; 0 <= i < down->npolicies ==>
            \result >= \min(past->current, allowed_down(past, rate_at(down, i)));
    ensures rates: \result < past->current && down->select_policy != KEDA_SELECT_MIN ==>
            \exists integer i; 0 <= i < down->npolicies &&
            \result == allowed_down(past, rate_at(down, i));
    ensures pause: down->select_policy == KEDA_SELECT_DISABLED ==> \result == past->current; */
static int32_t rate_down(const struct hpa_direction *down, const struct past *past)
{
    const bool is_min = down->select_policy == KEDA_SELECT_MIN;
    int32_t limit = is_min ? INT32_MIN : INT32_MAX;

    if (down->select_policy == KEDA_SELECT_DISABLED)
        return past->current;
    /*@ loop invariant 0 <= i <= down->npolicies;
        loop invariant limit == (is_min ? least_down(past, down, i) : most_down(past, down, i));
        loop invariant is_min ==> \forall integer j; 0 <= j < i ==>
                limit >= allowed_down(past, rate_at(down, j));
        loop invariant is_min || limit == INT32_MAX ||
                \exists integer j; 0 <= j < i && limit == allowed_down(past, rate_at(down, j));
        loop assigns i, limit;
        loop variant down->npolicies - i; */
    for (size_t i = 0; i < down->npolicies; i++) {
        const int32_t proposed = policy_down(rules_rate_at(down, i), past);
        limit = is_min ? i32_max(limit, proposed) : i32_min(limit, proposed);
    }
    return i32_min(limit, past->current);
}

/* --- bounds ----------------------------------------------------------------------------------- */

/*@ assigns \nothing;
    ensures \result.replicas == stable && \result.bound == bound && !\result.is_limited; */
static struct hpa_limited unlimited(int32_t stable, int32_t bound)
{
    return (struct hpa_limited){stable, bound, KEDA_CAUSE_DESIRED_WITHIN_RANGE, false};
}

/* The nearer of the rate's limit and max. */
/*@ requires \valid_read(rules);
    assigns \nothing;
    ensures bounds: \result.replicas == \min(stable, \min(rate_limit, rules->max));
    ensures \result.is_limited <==> \result.replicas != stable; */
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

/*@ requires \valid_read(rules);
    assigns \nothing;
    ensures bounds: \result.replicas == \max(stable, \max(rate_limit, rules->min));
    ensures \result.is_limited <==> \result.replicas != stable; */
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

/*@ requires \valid_read(rules);
    assigns \nothing;
    ensures bounds: rules->min <= rules->max && rules->min <= limit ==>
            \result.replicas == \max(rules->min, \min(stable, \min(limit, rules->max)));
    ensures bounds: rules->min <= rules->max && rules->min <= limit ==>
            rules->min <= \result.replicas <= rules->max;
    ensures rates: \result.replicas <= \max(limit, rules->min); */
static struct hpa_limited limit_plain(const struct hpa_rules *rules, int32_t limit,
                                      int32_t stable)
{
    if (stable < rules->min)
        return limit_below(rules, rules->min, stable);
    return limit_above(rules, limit, stable);
}

/*@ requires \valid_read(rules) && past_is_readable(past);
    assigns \nothing;
    behavior within:
        assumes rules->min <= past->current <= rules->max;
        ensures bounds: rules->min <= \result.replicas <= rules->max;
        ensures rates: down_to(past, &rules->down) <= \result.replicas <= up_to(past, &rules->up);
        ensures pause: rules->up.select_policy == KEDA_SELECT_DISABLED ==>
                \result.replicas <= past->current;
        ensures pause: rules->down.select_policy == KEDA_SELECT_DISABLED ==>
                \result.replicas >= past->current;
        ensures monotone: \result.replicas ==
                \max(\max(rules->min, down_to(past, &rules->down)),
                     \min(stable, \min(rules->max, up_to(past, &rules->up)))); */
static struct hpa_limited limit_behavior(const struct hpa_rules *rules, const struct past *past,
                                         int32_t stable)
{
    if (stable > past->current)
        return limit_above(rules, rate_up(&rules->up, past), stable);
    if (stable < past->current)
        return limit_below(rules, rate_down(&rules->down, past), stable);
    return unlimited(stable, stable);
}

/*@ requires \valid_read(rules);
    assigns \nothing;
    behavior within:
        assumes rules->min <= current <= rules->max;
        ensures bounds: rules->min <= \result.replicas <= rules->max; */
struct hpa_limited hpa_limit(const struct hpa_rules *rules, const keda_history *history,
                             int32_t current, int32_t stable, int64_t now_ms)
{
    if (!rules->has_behavior)
        return limit_plain(rules, doubling_limit(rules, history, current, now_ms), stable);
    const struct past past = {history_list_of(history, HISTORY_UP),
                              history_list_of(history, HISTORY_DOWN), current, now_ms};
    return limit_behavior(rules, &past, stable);
}
