/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers a decision and what became of its write: the only place that changes a history after
 * a decision. Which slot is reused follows the original (HPA: stabilise, scale events), since
 * other choices give other numbers later.
 */
#include "core/history_write.h"

#include "core/arith.h"

#include <assert.h>

/* The last record older than both windows, or the list's length. */
/*@ requires \valid_read(recs) && list_is_readable(*recs);
    assigns \nothing;
    ensures \result <= recs->n;
    ensures \result < recs->n ==> recs->time_ms[\result] < cutoff;
    ensures \forall integer i; 0 <= i < recs->n && recs->time_ms[i] < cutoff ==>
            i <= \result < recs->n; */
static size_t reusable_record(const struct history_list *recs, int64_t cutoff)
{
    size_t slot = recs->n;
    /*@ loop invariant 0 <= i <= recs->n && (slot < i || slot == recs->n);
        loop invariant slot < recs->n ==> recs->time_ms[slot] < cutoff;
        loop invariant \forall integer j; 0 <= j < i && recs->time_ms[j] < cutoff ==>
                j <= slot < i;
        loop assigns i, slot;
        loop variant recs->n - i; */
    for (size_t i = 0; i < recs->n; i++)
        if (recs->time_ms[i] < cutoff)
            slot = i;
    return slot;
}

static void put(keda_history *history, enum history_kind kind, size_t slot, int64_t time_ms,
                int32_t value)
{
    if (slot < history->n[kind])
        history_set(history, kind, slot, time_ms, value);
    else
        history_append(history, kind, time_ms, value);
}

static void remember_recommendation(keda_history *history, const keda_decision *decision)
{
    if (!history->has_recs)
        history_append(history, HISTORY_RECS, decision->now_ms, decision->hpa_current);
    history->has_recs = 1;
    if (!decision->has_recommendation)
        return;
    const int32_t window_s = i32_max(decision->up_window_s, decision->down_window_s);
    const struct history_list recs = history_list_of(history, HISTORY_RECS);
    put(history, HISTORY_RECS, reusable_record(&recs, ms_before(decision->now_ms, window_s)),
        decision->now_ms, decision->raw_replicas);
}

/* Flags what is older than the direction's longest period, and returns the last flagged slot. */
static size_t flag_outdated(keda_history *history, enum history_kind kind, int64_t cutoff)
{
    const struct history_list events = history_list_of(history, kind);
    size_t slot = events.n;

    for (size_t i = 0; i < events.n; i++) {
        if (events.value[i] >= 0 && events.time_ms[i] < cutoff)
            history_set(history, kind, i, events.time_ms[i], ~events.value[i]);
        if (events.value[i] < 0)
            slot = i;
    }
    return slot;
}

static void remember_scale_event(keda_history *history, const keda_decision *decision)
{
    const bool is_up = decision->hpa_desired > decision->hpa_current;
    const enum history_kind kind = is_up ? HISTORY_UP : HISTORY_DOWN;
    const int32_t longest_s = is_up ? decision->longest_up_s : decision->longest_down_s;
    const int32_t change = is_up ? decision->hpa_desired - decision->hpa_current
                                 : decision->hpa_current - decision->hpa_desired;
    const size_t slot = flag_outdated(history, kind, ms_before(decision->now_ms, longest_s));
    put(history, kind, slot, decision->now_ms, change);
}

static void publish(keda_history *history, const keda_decision *decision, keda_outcome outcome)
{
    keda_condition *able = &history->conditions[KEDA_COND_ABLE_TO_SCALE];

    history->hpa_current = decision->hpa_status_current;
    if (!decision->hpa_is_write || outcome == KEDA_OUTCOME_NOT_WRITTEN) {
        history->hpa_desired = decision->hpa_status_desired;
        return;
    }
    if (outcome == KEDA_OUTCOME_FAILED) { /* the desired count stays as published */
        *able = (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_FAILED_UPDATE_SCALE};
        return;
    }
    *able = (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_SUCCEEDED_RESCALE};
    history->hpa_desired = decision->hpa_desired;
    if (decision->has_behavior)
        remember_scale_event(history, decision);
}

/* Counts before the one that held when the window began are of no more use. */
static void forget_old_counts(keda_history *history, int64_t from_ms)
{
    const struct history_list counts = history_list_of(history, HISTORY_COUNTS);
    size_t n = 0;
    while (n + 1 < counts.n && counts.time_ms[n + 1] <= from_ms)
        n++;
    history_remove(history, HISTORY_COUNTS, 0, n);
}

static void remember_count(keda_history *history, int64_t now_ms, int32_t count)
{
    const struct history_list counts = history_list_of(history, HISTORY_COUNTS);
    if (counts.n == 0 || counts.value[counts.n - 1] != count)
        history_append(history, HISTORY_COUNTS, now_ms, count);
}

static void remember_counts(keda_history *history, const keda_decision *decision,
                            keda_outcome outcome)
{
    if (decision->limit_window_ms == 0)
        history_remove(history, HISTORY_COUNTS, 0, history->n[HISTORY_COUNTS]);
    if (decision->limit_window_ms == 0 || decision->from < 0)
        return;
    forget_old_counts(history,
                      i64_sat_add(decision->now_ms, -(int64_t)decision->limit_window_ms));
    remember_count(history, decision->now_ms, decision->from);
    if (decision->is_write && outcome == KEDA_OUTCOME_WRITTEN)
        remember_count(history, decision->now_ms, decision->to);
}

/* KEDA: an activation whose write failed leaves lastActiveTime alone. */
static void remember_activity(keda_history *history, const keda_decision *decision,
                              keda_outcome outcome)
{
    if (!decision->is_last_active_set)
        return;
    if (decision->event != KEDA_EVENT_ACTIVATED || outcome == KEDA_OUTCOME_WRITTEN)
        keda_history_set_last_active(history, 1, decision->last_active_ms);
}

void keda_history_apply(keda_history *history, const keda_decision *decision,
                        keda_outcome outcome)
{
    assert(history != NULL && decision != NULL);
    if (decision->is_paused)
        history_forget_hpa(history);
    for (int type = 0; type < KEDA_COND_COUNT; type++)
        if (decision->conditions[type].status != KEDA_CONDITION_ABSENT)
            history->conditions[type] = decision->conditions[type];
    remember_activity(history, decision, outcome);
    if (decision->hpa_current >= 0) {
        remember_recommendation(history, decision);
        publish(history, decision, outcome);
    }
    remember_counts(history, decision, outcome);
}
