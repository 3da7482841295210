/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers by deadline, then by the order they were set: a binary heap of borrowed loop_timer. Pure;
 * the loop's alone.
 */
#ifndef LOOP_HEAP_H
#define LOOP_HEAP_H

#include "loop.h"

typedef struct timer_heap {
    loop_timer **items; /* item i holds heap_index i + 1 */
    size_t count, capacity;
    uint64_t next_order;
} timer_heap;

keda_status heap_put(timer_heap *heap, loop_timer *timer, int64_t due_ms, keda_error *err);
void heap_remove(timer_heap *heap, loop_timer *timer); /* idle is fine */
loop_timer *heap_first(const timer_heap *heap);        /* NULL when empty */
void heap_clear(timer_heap *heap);

#endif
