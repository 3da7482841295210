/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changing half of a history, for apply.c: slots are set, appended and, for counts, removed.
 */
#ifndef CORE_HISTORY_WRITE_H
#define CORE_HISTORY_WRITE_H

#include "core/history.h"

/* slot is below the list's length. */
void history_set(keda_history *history, enum history_kind kind, size_t slot, int64_t time_ms,
                 int32_t value);

/* A full history drops its oldest and says so from then on. */
void history_append(keda_history *history, enum history_kind kind, int64_t time_ms,
                    int32_t value);

/* Removes n slots from `slot` on. */
void history_remove(keda_history *history, enum history_kind kind, size_t slot, size_t n);

/* As if the HPA had been deleted: lists, conditions and status of the HPA half. */
void history_forget_hpa(keda_history *history);

#endif
