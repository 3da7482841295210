/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A history as plain data and back, for the journal: what a history holds may be written down and
 * made again exactly, its capacity included, so that the same decisions follow.
 */
#ifndef CORE_HISTORY_IO_H
#define CORE_HISTORY_IO_H

#include "core/history.h"

typedef struct history_state {
    int64_t capacity; /* cells, of all lists together */
    int32_t has_recs, has_last_active, is_truncated;
    int32_t hpa_current, hpa_desired;
    int64_t last_active_ms;
    keda_condition conditions[KEDA_COND_COUNT];
    struct history_list lists[HISTORY_KINDS]; /* borrowed */
} history_state;

/* The lists point into the history and hold until it changes. */
void history_export(const keda_history *history, history_state *out);

/* Bytes of a history of that capacity; 0 when there is none such. */
size_t history_bytes_of(int64_t capacity);

/*
 * Makes a history of history_bytes_of(state->capacity) bytes at least. False, and an empty history,
 * when the lists hold more than the capacity.
 */
bool history_import(keda_history *history, const history_state *state);

#endif
