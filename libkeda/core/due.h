/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When polls and horizontal syncs fall due: the rule alone, for the engine's schedule, which has a
 * timer, and for simulation, which has none. Both start at fixed phases, the first poll at once.
 */
#ifndef CORE_DUE_H
#define CORE_DUE_H

#include <keda/decide.h>

#include <stdbool.h>

typedef struct due_rule {
    int64_t poll_interval_ms, sync_interval_ms; /* > 0 */
    int64_t phase_ms;                           /* of both, so that they share samples */
} due_rule;

typedef struct due_times { /* the next ones */
    int64_t poll_ms, sync_ms;
} due_times;

/* First moment after `after_ms` at which t mod interval is phase mod interval; interval > 0. */
int64_t due_after(int64_t after_ms, int64_t interval_ms, int64_t phase_ms);

/* keda_due bits of this moment. Syncs fall due only while the target is above zero. */
uint32_t due_bits(const due_times *next, int64_t now_ms, bool is_above_zero);

/* Once the bits of this moment are taken: a moment that was missed altogether is not made up for. */
void due_pass(due_times *next, const due_rule *rule, int64_t now_ms);

/* The target's count is above zero now: syncs that were missed at zero are not made up for. */
void due_count_changed(due_times *next, const due_rule *rule, int64_t now_ms);

/* When to look again. */
int64_t due_next_ms(const due_times *next, bool is_above_zero);

/* Which bits make a trigger be asked (KEDA: with useCachedMetrics a sync takes what the last poll
 * said, once there was one). */
bool due_needs_reading(uint32_t due, bool has_cached_reading);

#endif
