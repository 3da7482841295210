/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of a process pool as state machines. A slot is a replica number; its process may change.
 */
#include "pool_plan.h"

enum {
    READY_AFTER_MS = 1000, /* one that fails at once never counts as ready */
    STEADY_AFTER_MS = 10000,
    LEAST_DELAY_MS = 100, /* when the minimum is zero: never in a frenzy */
    MAX_DOUBLINGS = 30
};

static slot_action next_when_running(const pool_slot *slot, bool is_wanted, int64_t now_ms)
{
    if (!is_wanted)
        return SLOT_STOP;
    return !slot->is_ready && now_ms >= slot->due_ms ? SLOT_ANNOUNCE : SLOT_REST;
}

slot_action slot_next(const pool_slot *slot, bool is_wanted, int64_t now_ms)
{
    switch (slot->state) {
    case SLOT_RUNNING:
        return next_when_running(slot, is_wanted, now_ms);
    case SLOT_STOPPING:
        return slot->due_ms >= 0 && now_ms >= slot->due_ms ? SLOT_KILL : SLOT_REST;
    case SLOT_WAITING:
        if (!is_wanted)
            return SLOT_FORGET;
        return now_ms >= slot->due_ms ? SLOT_START : SLOT_REST;
    case SLOT_EMPTY:
        break;
    }
    return is_wanted ? SLOT_START : SLOT_REST;
}

void slot_done(pool_slot *slot, slot_action action, const pool_rules *rules, int64_t now_ms)
{
    switch (action) {
    case SLOT_START:
        slot->state = SLOT_RUNNING;
        slot->is_ready = false;
        slot->since_ms = now_ms;
        slot->due_ms = now_ms + READY_AFTER_MS;
        break;
    case SLOT_STOP:
        slot->state = SLOT_STOPPING;
        slot->is_ready = false;
        slot->due_ms = now_ms + rules->grace_ms;
        break;
    case SLOT_KILL:
        slot->due_ms = -1;
        break;
    case SLOT_ANNOUNCE:
        slot->is_ready = true;
        slot->is_failing = false;
        slot->due_ms = -1;
        break;
    case SLOT_FORGET:
        *slot = (pool_slot){0};
        break;
    case SLOT_REST:
        break;
    }
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The minimum, then doubling up to the maximum. */
static int64_t delay_ms(const pool_rules *rules, int32_t nearly)
{
    const int64_t least = larger(rules->restart_min_ms, LEAST_DELAY_MS);
    int64_t delay = least;
    for (int32_t i = 1; i < nearly && delay < rules->restart_max_ms; i++)
        delay *= 2;
    return larger(least, smaller(delay, rules->restart_max_ms));
}

int64_t slot_ended(pool_slot *slot, const pool_rules *rules, int64_t now_ms)
{
    if (slot->state == SLOT_STOPPING) {
        *slot = (pool_slot){0};
        return -1;
    }
    const bool was_steady =
        now_ms - slot->since_ms >= larger(rules->restart_min_ms, STEADY_AFTER_MS);
    slot->is_failing = !was_steady;
    slot->nearly = was_steady ? 1 : slot->nearly + (slot->nearly < MAX_DOUBLINGS);
    const int64_t delay = delay_ms(rules, slot->nearly);
    slot->state = SLOT_WAITING;
    slot->is_ready = false;
    slot->due_ms = now_ms + delay;
    return delay;
}

int64_t slot_due_ms(const pool_slot *slot, bool is_wanted)
{
    const bool is_idle = slot->state == SLOT_EMPTY && !is_wanted;
    return is_idle ? -1 : slot->due_ms;
}
