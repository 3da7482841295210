/* SPDX-License-Identifier: Apache-2.0 */
/* When polls and syncs fall due (libkeda/core/due.c). */
#include <criterion/criterion.h>

#include "core/due.h"

static const due_rule rule = {30000, 15000, 0};

Test(due, finds_the_next_moment_of_a_phase)
{
    static const struct {
        int64_t after, interval, phase, next;
    } rows[] = {
        {0, 10, 0, 10},   {1, 10, 0, 10},    {9, 10, 0, 10}, {10, 10, 0, 20},
        {0, 10, 3, 3},    {3, 10, 3, 13},    {-5, 10, 3, 3}, {-7, 10, 3, 3},
        {-17, 10, 3, -7}, {100, 7, 52, 101}, {0, 1, 9, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(due_after(rows[i].after, rows[i].interval, rows[i].phase), rows[i].next,
                     "row %zu", i);
}

Test(due, has_syncs_only_above_zero)
{
    const due_times next = {0, 0};

    cr_expect_eq(due_bits(&next, 0, false), (uint32_t)KEDA_DUE_POLL);
    cr_expect_eq(due_bits(&next, 0, true), (uint32_t)(KEDA_DUE_POLL | KEDA_DUE_SYNC));
    cr_expect_eq(due_bits(&next, -1, true), 0u);
    cr_expect_eq(due_next_ms(&(due_times){20, 10}, false), 20);
    cr_expect_eq(due_next_ms(&(due_times){20, 10}, true), 10);
    cr_expect_eq(due_next_ms(&(due_times){20, 30}, true), 20);
}

Test(due, shares_the_moment_of_a_poll_and_a_sync)
{
    due_times next = {0, 0};
    size_t polls = 0, syncs = 0, shared = 0;

    for (int64_t now = 0; now < 600000; now = due_next_ms(&next, true)) {
        const uint32_t due = due_bits(&next, now, true);
        polls += (due & KEDA_DUE_POLL) != 0;
        syncs += (due & KEDA_DUE_SYNC) != 0;
        shared += due == (KEDA_DUE_POLL | KEDA_DUE_SYNC);
        due_pass(&next, &rule, now);
    }
    cr_expect_eq(polls, 20);
    cr_expect_eq(syncs, 40);
    cr_expect_eq(shared, 20);
}

Test(due, makes_up_for_nothing)
{
    due_times next = {0, 0};

    due_pass(&next, &rule, 100001);
    cr_expect_eq(next.poll_ms, 120000);
    cr_expect_eq(next.sync_ms, 105000);
    next = (due_times){20000, 40000};
    due_pass(&next, &rule, 20000);
    cr_expect_eq(next.poll_ms, 30000);
    cr_expect_eq(next.sync_ms, 40000, "what is not due stays");
    next.sync_ms = 15000;
    due_count_changed(&next, &rule, 30000);
    cr_expect_eq(next.sync_ms, 45000);
    due_count_changed(&next, &rule, 31000);
    cr_expect_eq(next.sync_ms, 45000);
}

Test(due, asks_again_unless_a_sync_has_a_cached_reading)
{
    cr_expect(due_needs_reading(KEDA_DUE_SYNC, false));
    cr_expect_not(due_needs_reading(KEDA_DUE_SYNC, true));
    cr_expect(due_needs_reading(KEDA_DUE_POLL, true));
    cr_expect(due_needs_reading(KEDA_DUE_POLL | KEDA_DUE_SYNC, true));
}
