/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap behind loop_timer_set: put, move, remove, first. It fires nothing and knows no clock.
 */
#include "heap.h"

#include "base/mem.h"

static bool is_before(const loop_timer *a, const loop_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(timer_heap *heap, size_t i, loop_timer *timer)
{
    heap->items[i] = timer;
    timer->heap_index = i + 1;
}

static void sift_up(timer_heap *heap, size_t i, loop_timer *timer)
{
    while (i > 0 && is_before(timer, heap->items[(i - 1) / 2])) {
        place(heap, i, heap->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(heap, i, timer);
}

static void sift_down(timer_heap *heap, size_t i, loop_timer *timer)
{
    for (size_t child; (child = 2 * i + 1) < heap->count; i = child) {
        if (child + 1 < heap->count && is_before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!is_before(heap->items[child], timer))
            break;
        place(heap, i, heap->items[child]);
    }
    place(heap, i, timer);
}

static void settle(timer_heap *heap, size_t i, loop_timer *timer)
{
    if (i > 0 && is_before(timer, heap->items[(i - 1) / 2]))
        sift_up(heap, i, timer);
    else
        sift_down(heap, i, timer);
}

keda_status heap_put(timer_heap *heap, loop_timer *timer, int64_t due_ms, keda_error *err)
{
    if (timer->heap_index == 0) {
        void *items = heap->items;
        keda_status rc =
            mem_grow(&items, &heap->capacity, heap->count, sizeof(loop_timer *), err);
        if (rc != KEDA_OK)
            return rc;
        heap->items = items;
        heap->count++;
        timer->heap_index = heap->count;
    }
    timer->due_ms = due_ms;
    timer->order = heap->next_order++;
    place(heap, timer->heap_index - 1, timer);
    settle(heap, timer->heap_index - 1, timer);
    return KEDA_OK;
}

void heap_remove(timer_heap *heap, loop_timer *timer)
{
    if (timer->heap_index == 0)
        return;
    const size_t i = timer->heap_index - 1;
    timer->heap_index = 0;
    heap->count--;
    if (i < heap->count)
        settle(heap, i, heap->items[heap->count]);
}

loop_timer *heap_first(const timer_heap *heap)
{
    return heap->count == 0 ? NULL : heap->items[0];
}

void heap_clear(timer_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        heap->items[i]->heap_index = 0;
    mem_free(heap->items);
    *heap = (timer_heap){0};
}
