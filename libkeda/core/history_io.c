/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histories written down and made again. Nothing is judged here: a state that was exported gives the
 * same history, and any other one that fits gives a history in which nothing points outside it.
 */
#include "core/history_io.h"

#include "core/history_write.h"

#include <string.h>

void history_export(const keda_history *history, history_state *out)
{
    *out = (history_state){.capacity = (int64_t)history->capacity,
                           .has_recs = history->has_recs,
                           .has_last_active = history->has_last_active,
                           .is_truncated = history->is_truncated,
                           .hpa_current = history->hpa_current,
                           .hpa_desired = history->hpa_desired,
                           .last_active_ms = history->last_active_ms};
    memcpy(out->conditions, history->conditions, sizeof out->conditions);
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        out->lists[kind] = history_list_of(history, (enum history_kind)kind);
}

size_t history_bytes_of(int64_t capacity)
{
    enum { CELL_BYTES = sizeof(int64_t) + sizeof(int32_t) };

    if (capacity < 0 || capacity > HISTORY_MAX_CELLS)
        return 0;
    return sizeof(keda_history) + ((size_t)capacity * CELL_BYTES + 7) / 8 * 8;
}

static bool fits(const history_state *state)
{
    size_t left = (size_t)state->capacity;

    for (int kind = 0; kind < HISTORY_KINDS; kind++) {
        if (state->lists[kind].n > left)
            return false;
        left -= state->lists[kind].n;
    }
    return true;
}

bool history_import(keda_history *history, const history_state *state)
{
    keda_history_init(history, history_bytes_of(state->capacity));
    history->capacity =
        (size_t)state->capacity; /* not the cell which rounding up may have added */
    if (!fits(state))
        return false;
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        for (size_t i = 0; i < state->lists[kind].n; i++)
            history_append(history, (enum history_kind)kind, state->lists[kind].time_ms[i],
                           state->lists[kind].value[i]);
    history->has_recs = state->has_recs != 0;
    history->has_last_active = state->has_last_active != 0;
    history->is_truncated = state->is_truncated != 0;
    history->hpa_current = state->hpa_current;
    history->hpa_desired = state->hpa_desired;
    history->last_active_ms = state->last_active_ms;
    memcpy(history->conditions, state->conditions, sizeof history->conditions);
    return true;
}
