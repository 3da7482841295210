/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule's arithmetic. Times are on one clock of any origin, in milliseconds; nothing here
 * reads it.
 */
#include "core/due.h"

int64_t due_after(int64_t after_ms, int64_t interval_ms, int64_t phase_ms)
{
    int64_t past = (after_ms - phase_ms) % interval_ms;
    if (past < 0)
        past += interval_ms;
    return after_ms + interval_ms - past;
}

uint32_t due_bits(const due_times *next, int64_t now_ms, bool is_above_zero)
{
    uint32_t due = 0;

    if (now_ms >= next->poll_ms)
        due |= KEDA_DUE_POLL;
    if (now_ms >= next->sync_ms && is_above_zero)
        due |= KEDA_DUE_SYNC;
    return due;
}

void due_pass(due_times *next, const due_rule *rule, int64_t now_ms)
{
    if (now_ms >= next->poll_ms)
        next->poll_ms = due_after(now_ms, rule->poll_interval_ms, rule->phase_ms);
    if (now_ms >= next->sync_ms)
        next->sync_ms = due_after(now_ms, rule->sync_interval_ms, rule->phase_ms);
}

void due_count_changed(due_times *next, const due_rule *rule, int64_t now_ms)
{
    if (next->sync_ms <= now_ms)
        next->sync_ms = due_after(now_ms, rule->sync_interval_ms, rule->phase_ms);
}

int64_t due_next_ms(const due_times *next, bool is_above_zero)
{
    return is_above_zero && next->sync_ms < next->poll_ms ? next->sync_ms : next->poll_ms;
}

bool due_needs_reading(uint32_t due, bool has_cached_reading)
{
    return (due & KEDA_DUE_POLL) != 0 || !has_cached_reading;
}
