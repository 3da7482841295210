/* SPDX-License-Identifier: Apache-2.0 */
/* The timer heap (libkeda/loop/heap.c). */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "loop/heap.h"

enum { N = 500 };

static timer_heap heap;

static void put(loop_timer *timer, int64_t due_ms)
{
    cr_assert_eq(heap_put(&heap, timer, due_ms, NULL), KEDA_OK);
}

static loop_timer *take(void)
{
    loop_timer *first = heap_first(&heap);
    heap_remove(&heap, first);
    return first;
}

Test(heap, gives_timers_back_by_deadline)
{
    static loop_timer timers[N];
    clock_random random;
    clock_random_seed(&random, 3);
    for (size_t i = 0; i < N; i++)
        put(&timers[i], (int64_t)(clock_random_next(&random) % 100));
    for (size_t i = 0; i < N; i += 3) /* moves a third, removes a third */
        put(&timers[i], (int64_t)(clock_random_next(&random) % 100));
    size_t left = N;
    for (size_t i = 1; i < N; i += 3, left--)
        heap_remove(&heap, &timers[i]);
    int64_t before = -1;
    for (size_t i = 0; i < left; i++) {
        loop_timer *timer = take();
        cr_assert_geq(timer->due_ms, before);
        cr_assert_eq(timer->heap_index, 0);
        before = timer->due_ms;
    }
    cr_assert_null(heap_first(&heap));
    heap_clear(&heap);
}

Test(heap, keeps_the_order_of_equal_deadlines)
{
    static loop_timer timers[N];
    for (size_t i = 0; i < N; i++)
        put(&timers[i], 7);
    put(&timers[0], 7); /* set again: now the last */
    for (size_t i = 1; i < N; i++)
        cr_assert_eq(take(), &timers[i]);
    cr_assert_eq(take(), &timers[0]);
    heap_clear(&heap);
}

Test(heap, forgets_its_timers_when_cleared)
{
    loop_timer timer = {0};
    put(&timer, 1);
    heap_clear(&heap);
    cr_assert_eq(timer.heap_index, 0);
    heap_remove(&heap, &timer);
}
