/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of a process pool: what is to be done with each of its slots now, how long an ended
 * one waits, what counts as ready. Pure: time comes in, actions go out; process_pool.c acts.
 */
#ifndef TARGETS_POOL_PLAN_H
#define TARGETS_POOL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pool_rules {
    int64_t grace_ms;       /* between asking and killing */
    int64_t restart_min_ms; /* back-off after the first end, well or not */
    int64_t restart_max_ms;
} pool_rules;

typedef enum slot_state {
    SLOT_EMPTY = 0,
    SLOT_RUNNING,
    SLOT_STOPPING, /* asked to end; nothing else starts here before it has */
    SLOT_WAITING   /* ended by itself, starts again when due */
} slot_state;

typedef struct pool_slot {
    slot_state state;
    bool is_ready;
    bool is_failing;  /* ended early, and is not ready again yet */
    int32_t nearly;   /* early ends in a row, plus one after a steady run */
    int64_t since_ms; /* running since */
    int64_t due_ms;   /* something changes by itself; -1: nothing */
} pool_slot;          /* zeroed: empty */

typedef enum slot_action {
    SLOT_REST = 0,
    SLOT_START,
    SLOT_STOP,     /* SIGTERM */
    SLOT_KILL,     /* SIGKILL */
    SLOT_ANNOUNCE, /* it has become ready */
    SLOT_FORGET    /* it need not start again */
} slot_action;

/* The next thing to do with a slot. To be asked again until it says SLOT_REST. */
slot_action slot_next(const pool_slot *slot, bool is_wanted, int64_t now_ms);
/* Notes that the action was done. */
void slot_done(pool_slot *slot, slot_action action, const pool_rules *rules, int64_t now_ms);
/* The process has ended, or could not be started. Returns the delay before the next start, -1 when
 * it had been asked to end. */
int64_t slot_ended(pool_slot *slot, const pool_rules *rules, int64_t now_ms);
/* When to look again, -1: no need. */
int64_t slot_due_ms(const pool_slot *slot, bool is_wanted);

#endif
