/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of a history: a header and one pool of cells of 12 bytes, times and values apart. Four
 * lists lie in the pool one behind the other, each in the order of its slots; a list that grows
 * moves the ones behind it, which ends once its slots are reused. Read by core, changed by
 * history.c only.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include <keda/decide.h>

#include <stdbool.h>

/* No history uses more, so that sums of changes fit into 64 bits. */
enum { HISTORY_MAX_CELLS = 1 << 26 };

enum history_kind {
    HISTORY_RECS = 0, /* recommendation and time */
    HISTORY_UP = 1,   /* scale event: change, outdated ones complemented (HPA: scale events) */
    HISTORY_DOWN = 2, /* likewise */
    HISTORY_COUNTS =
        3, /* count from that time on, oldest first; only for a short sync interval */
    HISTORY_KINDS = 4
};

struct keda_history {
    size_t capacity; /* cells */
    size_t n[HISTORY_KINDS];
    int32_t has_recs; /* HPA: recommendations are set, if only to the first count */
    int32_t has_last_active;
    int32_t is_truncated;
    int64_t last_active_ms;
    keda_condition conditions[KEDA_COND_COUNT];
    int32_t hpa_current, hpa_desired;
    int64_t cells[]; /* capacity times, then capacity values of four bytes */
};

/* One list, borrowed from a history. */
struct history_list {
    const int64_t *time_ms;
    const int32_t *value;
    size_t n;
};

/*@ predicate list_is_readable(struct history_list l) =
        l.n == 0 || (\valid_read(l.time_ms + (0 .. l.n - 1)) &&
                     \valid_read(l.value + (0 .. l.n - 1))); */

/* An empty list for a NULL history. */
/*@ assigns \nothing;
    ensures list_is_readable(\result) && \result.n <= HISTORY_MAX_CELLS; */
struct history_list history_list_of(const keda_history *history, enum history_kind kind);

/* Change of a scale event, outdated or not: the flag is not looked at when summing. */
/*@ assigns \nothing;
    ensures \result == (value < 0 ? -value - 1 : value); */
static inline int32_t history_event_change(int32_t value)
{
    return value < 0 ? -(value + 1) : value;
}

/* Smallest count since from_ms, the one that held then included; `present` if none is known. */
/*@ assigns \nothing;
    ensures \result <= present; */
int32_t history_smallest_count(const keda_history *history, int64_t from_ms, int32_t present);

#endif
