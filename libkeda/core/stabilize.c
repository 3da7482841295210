/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stabilisation windows (HPA: stabilise). Without a behaviour the highest recommendation of the
 * window is applied, and may even raise; with one, old recommendations only hold the count. The
 * two differ in their borders too: inclusive there, exclusive here.
 */
#include "core/arith.h"
#include "core/hpa.h"

/*@ // The highest, and the lowest, of raw and the recommendations from that moment on.
    predicate is_highest(integer x, integer raw, struct history_list l, integer n, integer from) =
        (x == raw || \exists integer i; 0 <= i < n && l.time_ms[i] >= from && x == l.value[i]) &&
        x >= raw && \forall integer i; 0 <= i < n && l.time_ms[i] >= from ==> x >= l.value[i];
    predicate is_lowest(integer x, integer raw, struct history_list l, integer n, integer from) =
        (x == raw || \exists integer i; 0 <= i < n && l.time_ms[i] >= from && x == l.value[i]) &&
        x <= raw && \forall integer i; 0 <= i < n && l.time_ms[i] >= from ==> x <= l.value[i];
    logic integer held(integer current, integer lowest, integer highest) =
        \min(\max(current, lowest), highest);
    lemma monotone_highest: \forall integer x, y, raw, more, n, from, struct history_list l;
        is_highest(x, raw, l, n, from) && is_highest(y, more, l, n, from) && raw <= more ==> x <= y;
    lemma monotone_lowest: \forall integer x, y, raw, more, n, from, struct history_list l;
        is_lowest(x, raw, l, n, from) && is_lowest(y, more, l, n, from) && raw <= more ==> x <= y;
    lemma monotone_held: \forall integer c, l, h, m, i;
        l <= m && h <= i ==> held(c, l, h) <= held(c, m, i); */

/*@ requires \valid_read(recs) && list_is_readable(*recs);
    assigns \nothing;
    ensures bounds: \result.replicas >= raw;
    ensures window: is_highest(\result.replicas, raw, *recs, recs->n, before(now_ms, window_s)); */
static struct hpa_stable stabilize_plain(int32_t window_s, const struct history_list *recs,
                                         int32_t raw, int64_t now_ms)
{
    const int64_t cutoff = ms_before(now_ms, window_s);
    int32_t stable = raw;

    /*@ loop invariant 0 <= i <= recs->n;
        loop invariant is_highest(stable, raw, *recs, i, cutoff);
        loop assigns i, stable;
        loop variant recs->n - i; */
    for (size_t i = 0; i < recs->n; i++)
        if (recs->time_ms[i] >= cutoff)
            stable = i32_max(stable, recs->value[i]);
    return (struct hpa_stable){.replicas = stable,
                               .cause = stable != raw ? KEDA_CAUSE_SCALE_DOWN_STABILIZED
                                                      : KEDA_CAUSE_READY_FOR_NEW_SCALE};
}

/*@ requires \valid_read(rules) && \valid_read(recs) && list_is_readable(*recs);
    assigns \nothing;
    ensures bounds: \min(raw, current) <= \result.replicas <= \max(raw, current);
    ensures window: \exists integer lowest, highest;
            is_lowest(lowest, raw, *recs, recs->n, before(now_ms, rules->up.window_s) + 1) &&
            is_highest(highest, raw, *recs, recs->n, before(now_ms, rules->down.window_s) + 1) &&
            \result.replicas == held(current, lowest, highest); */
static struct hpa_stable stabilize_behavior(const struct hpa_rules *rules,
                                            const struct history_list *recs, int32_t current,
                                            int32_t raw, int64_t now_ms)
{
    const int64_t up_cutoff = ms_before(now_ms, rules->up.window_s);
    const int64_t down_cutoff = ms_before(now_ms, rules->down.window_s);
    int32_t lowest = raw, highest = raw;

    /*@ loop invariant 0 <= i <= recs->n;
        loop invariant is_lowest(lowest, raw, *recs, i, up_cutoff + 1);
        loop invariant is_highest(highest, raw, *recs, i, down_cutoff + 1);
        loop assigns i, lowest, highest;
        loop variant recs->n - i; */
    for (size_t i = 0; i < recs->n; i++) {
        if (recs->time_ms[i] > up_cutoff)
            lowest = i32_min(lowest, recs->value[i]);
        if (recs->time_ms[i] > down_cutoff)
            highest = i32_max(highest, recs->value[i]);
    }
    const int32_t stable = i32_min(i32_max(current, lowest), highest);
    if (stable == raw)
        return (struct hpa_stable){stable, KEDA_CAUSE_READY_FOR_NEW_SCALE};
    return (struct hpa_stable){stable, raw >= current ? KEDA_CAUSE_SCALE_UP_STABILIZED
                                                      : KEDA_CAUSE_SCALE_DOWN_STABILIZED};
}

/*@ requires \valid_read(rules) && \valid_read(recs) && list_is_readable(*recs);
    assigns \nothing;
    ensures bounds: \result.replicas >= \min(raw, current);
    ensures bounds: rules->has_behavior ==> \result.replicas <= \max(raw, current); */
struct hpa_stable hpa_stabilize(const struct hpa_rules *rules, const struct history_list *recs,
                                int32_t current, int32_t raw, int64_t now_ms)
{
    if (rules->has_behavior)
        return stabilize_behavior(rules, recs, current, raw, now_ms);
    return stabilize_plain(rules->down.window_s, recs, raw, now_ms);
}
