/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered between decisions, in the caller's memory: sizing, seeding, copying, and the
 * list operations under keda_history_apply (apply.c). A slot is reused or appended, never removed,
 * as in the original; only a full history drops its oldest.
 */
#include "core/history_write.h"

#include "core/arith.h"
#include "core/rules.h"

#include <assert.h>
#include <string.h>

enum { CELL_BYTES = sizeof(int64_t) + sizeof(int32_t) };

/* --- reading ---------------------------------------------------------------------------------- */

static const int64_t *times(const keda_history *history)
{
    return history->cells;
}

static const int32_t *values(const keda_history *history)
{
    return (const void *)(history->cells + history->capacity);
}

static size_t start_of(const keda_history *history, enum history_kind kind)
{
    size_t start = 0;
    for (int i = 0; i < (int)kind; i++)
        start += history->n[i];
    return start;
}

struct history_list history_list_of(const keda_history *history, enum history_kind kind)
{
    if (history == NULL)
        return (struct history_list){NULL, NULL, 0};
    const size_t start = start_of(history, kind);
    return (struct history_list){times(history) + start, values(history) + start,
                                 history->n[kind]};
}

int32_t history_smallest_count(const keda_history *history, int64_t from_ms, int32_t present)
{
    const struct history_list counts = history_list_of(history, HISTORY_COUNTS);
    int32_t smallest = present;

    /*@ loop invariant 0 <= i <= counts.n && smallest <= present;
        loop assigns i, smallest;
        loop variant i; */
    for (size_t i = counts.n; i-- > 0;) {
        smallest = i32_min(smallest, counts.value[i]);
        if (counts.time_ms[i] <= from_ms)
            break;
    }
    return smallest;
}

/* --- changing --------------------------------------------------------------------------------- */

static int64_t *times_mut(keda_history *history)
{
    return history->cells;
}

static int32_t *values_mut(keda_history *history)
{
    return (void *)(history->cells + history->capacity);
}

static void move_cells(keda_history *history, size_t to, size_t from, size_t n)
{
    memmove(times_mut(history) + to, times_mut(history) + from, n * sizeof(int64_t));
    memmove(values_mut(history) + to, values_mut(history) + from, n * sizeof(int32_t));
}

void history_set(keda_history *history, enum history_kind kind, size_t slot, int64_t time_ms,
                 int32_t value)
{
    const size_t at = start_of(history, kind) + slot;
    times_mut(history)[at] = time_ms;
    values_mut(history)[at] = value;
}

void history_remove(keda_history *history, enum history_kind kind, size_t slot, size_t n)
{
    const size_t at = start_of(history, kind) + slot;
    const size_t end = start_of(history, HISTORY_KINDS);
    move_cells(history, at, at + n, end - at - n);
    history->n[kind] -= n;
}

/*@ requires \valid_read(list) && list_is_readable(*list) && list->n > 0;
    assigns \nothing;
    ensures \result < list->n;
    ensures \forall integer i; 0 <= i < list->n ==> list->time_ms[\result] <= list->time_ms[i]; */
static size_t oldest_of(const struct history_list *list)
{
    size_t oldest = 0;
    /*@ loop invariant 1 <= i <= list->n && oldest < i;
        loop invariant \forall integer j; 0 <= j < i ==> list->time_ms[oldest] <= list->time_ms[j];
        loop assigns i, oldest;
        loop variant list->n - i; */
    for (size_t i = 1; i < list->n; i++)
        if (list->time_ms[i] < list->time_ms[oldest])
            oldest = i;
    return oldest;
}

/* Frees one cell: the oldest of the list which is to grow or, when that is empty, of the longest. */
static void drop_oldest(keda_history *history, enum history_kind kind)
{
    enum history_kind victim = kind;
    if (history->n[kind] == 0)
        for (int i = 0; i < HISTORY_KINDS; i++)
            if (history->n[i] > history->n[victim])
                victim = (enum history_kind)i;
    const struct history_list list = history_list_of(history, victim);
    history_remove(history, victim, oldest_of(&list), 1);
}

void history_append(keda_history *history, enum history_kind kind, int64_t time_ms,
                    int32_t value)
{
    if (start_of(history, HISTORY_KINDS) == history->capacity) {
        history->is_truncated = 1;
        if (history->capacity == 0)
            return;
        drop_oldest(history, kind);
    }
    const size_t at = start_of(history, kind) + history->n[kind];
    move_cells(history, at + 1, at, start_of(history, HISTORY_KINDS) - at);
    history->n[kind]++;
    history_set(history, kind, history->n[kind] - 1, time_ms, value);
}

void history_forget_hpa(keda_history *history)
{
    memset(history->n, 0, sizeof history->n);
    history->has_recs = 0;
    history->hpa_current = 0;
    history->hpa_desired = 0;
    for (int type = KEDA_COND_ABLE_TO_SCALE; type <= KEDA_COND_SCALING_LIMITED; type++)
        history->conditions[type] = (keda_condition){0};
}

/* --- sizing ----------------------------------------------------------------------------------- */

/* Slots a window can fill: one a sync, both borders and one more before the first is reusable. */
static uint64_t slots_of(int32_t window_s, int64_t sync_ms)
{
    return (uint64_t)(1000 * (int64_t)i32_max(window_s, 0) / sync_ms) + 3;
}

size_t keda_history_size(const keda_policy *policy, int64_t min_sync_ms)
{
    const int64_t sync_ms = min_sync_ms < 1 ? 1 : min_sync_ms;
    struct hpa_rules rules;

    if (!rules_policy_is_sound(policy))
        return 0;
    rules_from_policy(policy, RULES_HPA_ALONE, &rules); /* the same with and without a pause */
    uint64_t cells = slots_of(i32_max(rules.up.window_s, rules.down.window_s), sync_ms) +
                     slots_of(rules_longest_period_s(&rules.up), sync_ms) +
                     slots_of(rules_longest_period_s(&rules.down), sync_ms);
    if (rules.limit_window_ms > 0)
        cells += 2 * slots_of(rules.limit_window_ms / 1000, sync_ms);
    if (cells > HISTORY_MAX_CELLS)
        cells = HISTORY_MAX_CELLS;
    /* A whole number of int64_t, so that arrays of histories stay aligned. */
    return sizeof(keda_history) + ((size_t)cells * CELL_BYTES + 7) / 8 * 8;
}

void keda_history_init(keda_history *history, size_t size_bytes)
{
    assert(history != NULL && size_bytes >= sizeof *history);
    const size_t cells = (size_bytes - sizeof *history) / CELL_BYTES;
    memset(history, 0, sizeof *history);
    history->capacity = cells < HISTORY_MAX_CELLS ? cells : HISTORY_MAX_CELLS;
}

/* --- copying ---------------------------------------------------------------------------------- */

/* Newest cells of all lists that fit: those not older than the nth newest; ties are kept in order. */
static bool is_among_newest(const keda_history *from, size_t index, size_t n)
{
    const size_t total = start_of(from, HISTORY_KINDS);
    size_t newer = 0;
    for (size_t i = 0; i < total; i++)
        if (times(from)[i] > times(from)[index] ||
            (times(from)[i] == times(from)[index] && i > index))
            newer++;
    return newer < n;
}

void keda_history_copy(keda_history *history, const keda_history *from)
{
    assert(history != NULL && from != NULL && history != from);
    const size_t capacity = history->capacity;
    const bool fits = start_of(from, HISTORY_KINDS) <= capacity;

    memcpy(history, from, sizeof *history);
    history->capacity = capacity;
    memset(history->n, 0, sizeof history->n);
    if (!fits)
        history->is_truncated = 1;
    size_t index = 0;
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        for (size_t i = 0; i < from->n[kind]; i++, index++)
            if (fits || is_among_newest(from, index, capacity))
                history_append(history, (enum history_kind)kind, times(from)[index],
                               values(from)[index]);
}

/* --- seeding and asking ----------------------------------------------------------------------- */

void keda_history_set_last_active(keda_history *history, int32_t has_last_active,
                                  int64_t last_active_ms)
{
    history->has_last_active = has_last_active != 0;
    history->last_active_ms = has_last_active ? last_active_ms : 0;
}

int32_t keda_history_last_active(const keda_history *history, int64_t *last_active_ms)
{
    if (history->has_last_active && last_active_ms != NULL)
        *last_active_ms = history->last_active_ms;
    return history->has_last_active;
}

keda_condition keda_history_condition(const keda_history *history, int32_t type)
{
    if (type < 0 || type >= KEDA_COND_COUNT)
        return (keda_condition){0};
    return history->conditions[type];
}

void keda_history_hpa_status(const keda_history *history, int32_t *current, int32_t *desired)
{
    if (current != NULL)
        *current = history->hpa_current;
    if (desired != NULL)
        *desired = history->hpa_desired;
}
