/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of a process pool (libkeda/targets/pool_plan.c). No process, no clock. */
#include <criterion/criterion.h>

#include "targets/pool_plan.h"

static const pool_rules rules = {
    .grace_ms = 30000, .restart_min_ms = 1000, .restart_max_ms = 60000};

static slot_action take(pool_slot *slot, bool is_wanted, int64_t now_ms)
{
    slot_action action = slot_next(slot, is_wanted, now_ms);
    slot_done(slot, action, &rules, now_ms);
    return action;
}

static pool_slot running_since(int64_t now_ms)
{
    pool_slot slot = {0};
    cr_assert_eq(take(&slot, true, now_ms), SLOT_START);
    return slot;
}

Test(pool_plan, leaves_an_empty_slot_alone_unless_wanted)
{
    pool_slot slot = {0};
    cr_expect_eq(slot_next(&slot, false, 5), SLOT_REST);
    cr_expect_eq(slot_due_ms(&slot, false), -1);
    cr_expect_eq(slot_next(&slot, true, 5), SLOT_START);
}

Test(pool_plan, calls_a_worker_ready_after_a_second)
{
    pool_slot slot = running_since(100);
    cr_expect_eq(slot_due_ms(&slot, true), 1100);
    cr_expect_eq(take(&slot, true, 1099), SLOT_REST);
    cr_expect_not(slot.is_ready);
    cr_expect_eq(take(&slot, true, 1100), SLOT_ANNOUNCE);
    cr_expect(slot.is_ready);
    cr_expect_eq(take(&slot, true, 1100), SLOT_REST);
    cr_expect_eq(slot_due_ms(&slot, true), -1);
}

Test(pool_plan, asks_first_and_kills_after_the_grace)
{
    pool_slot slot = running_since(0);
    cr_expect_eq(take(&slot, false, 500), SLOT_STOP);
    cr_expect_eq(slot_due_ms(&slot, false), 30500);
    cr_expect_eq(take(&slot, false, 30499), SLOT_REST);
    cr_expect_eq(take(&slot, false, 30500), SLOT_KILL);
    cr_expect_eq(take(&slot, false, 99999), SLOT_REST);
    cr_expect_eq(slot_due_ms(&slot, false), -1);
    cr_expect_eq(slot_ended(&slot, &rules, 40000), -1);
    cr_expect_eq(slot.state, SLOT_EMPTY);
}

Test(pool_plan, kills_at_once_without_a_grace)
{
    const pool_rules hasty = {.grace_ms = 0, .restart_min_ms = 1000, .restart_max_ms = 60000};
    pool_slot slot = running_since(0);
    slot_done(&slot, SLOT_STOP, &hasty, 10);
    cr_expect_eq(slot_next(&slot, false, 10), SLOT_KILL);
}

Test(pool_plan, does_not_start_where_one_is_still_stopping)
{
    pool_slot slot = running_since(0);
    cr_assert_eq(take(&slot, false, 10), SLOT_STOP);
    cr_expect_eq(slot_next(&slot, true, 20), SLOT_REST);
    cr_assert_eq(slot_ended(&slot, &rules, 30), -1);
    cr_expect_eq(slot_next(&slot, true, 30), SLOT_START);
}

/* Starts when due, and ends `after_ms` later. */
static int64_t crash_again(pool_slot *slot, int64_t *now_ms, int64_t after_ms)
{
    if (slot->state == SLOT_WAITING) {
        cr_assert_eq(slot_next(slot, true, slot->due_ms - 1), SLOT_REST);
        *now_ms = slot->due_ms;
    }
    cr_assert_eq(take(slot, true, *now_ms), SLOT_START);
    *now_ms += after_ms;
    return slot_ended(slot, &rules, *now_ms);
}

Test(pool_plan, doubles_the_delay_of_a_worker_that_keeps_crashing)
{
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    pool_slot slot = {0};
    int64_t now_ms = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_expect_eq(crash_again(&slot, &now_ms, 10), expected[i], "crash %zu", i);
    for (int i = 0; i < 200; i++)
        cr_assert_eq(crash_again(&slot, &now_ms, 10), 60000);
}

Test(pool_plan, forgets_crashes_once_a_worker_ran_steadily)
{
    pool_slot slot = {0};
    int64_t now_ms = 0;
    for (int i = 0; i < 4; i++)
        crash_again(&slot, &now_ms, 10);
    cr_expect_eq(crash_again(&slot, &now_ms, 9999), 16000);
    cr_expect_eq(crash_again(&slot, &now_ms, 10000), 1000);
    cr_expect_eq(crash_again(&slot, &now_ms, 10), 2000);
}

Test(pool_plan, needs_as_long_a_steady_run_as_the_least_delay)
{
    const pool_rules slow = {.restart_min_ms = 20000, .restart_max_ms = 60000};
    pool_slot slot = running_since(0);
    slot.nearly = 1;
    cr_expect_eq(slot_ended(&slot, &slow, 19999), 40000);
    slot = running_since(0);
    slot.nearly = 1;
    cr_expect_eq(slot_ended(&slot, &slow, 20000), 20000);
}

Test(pool_plan, does_not_restart_in_a_frenzy_without_a_least_delay)
{
    const pool_rules eager = {.restart_min_ms = 0, .restart_max_ms = 1000};
    static const int64_t expected[] = {100, 200, 400, 800, 1000, 1000};
    const pool_rules none = {.restart_min_ms = 0, .restart_max_ms = 0};
    pool_slot slot = {0};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        slot_done(&slot, SLOT_START, &eager, 0);
        cr_expect_eq(slot_ended(&slot, &eager, 0), expected[i], "end %zu", i);
    }
    slot_done(&slot, SLOT_START, &none, 0);
    cr_expect_eq(slot_ended(&slot, &none, 0), 100);
}

Test(pool_plan, calls_one_failing_from_an_early_end_until_it_is_ready)
{
    pool_slot slot = running_since(0);
    cr_expect_not(slot.is_failing);
    slot_ended(&slot, &rules, 10);
    cr_expect(slot.is_failing);
    cr_assert_eq(take(&slot, true, 1010), SLOT_START);
    cr_expect(slot.is_failing);
    cr_assert_eq(take(&slot, true, 2010), SLOT_ANNOUNCE);
    cr_expect_not(slot.is_failing);
    slot_ended(&slot, &rules, 11010);
    cr_expect_not(slot.is_failing, "it ran for long");
}

Test(pool_plan, never_waits_less_than_the_least_delay)
{
    const pool_rules crossed = {.restart_min_ms = 5000, .restart_max_ms = 1000};
    pool_slot slot = {0};
    for (size_t i = 0; i < 3; i++) {
        slot_done(&slot, SLOT_START, &crossed, 0);
        cr_expect_eq(slot_ended(&slot, &crossed, 0), 5000);
    }
}

Test(pool_plan, drops_a_waiting_slot_that_is_no_longer_wanted)
{
    pool_slot slot = running_since(0);
    slot_ended(&slot, &rules, 10);
    cr_expect_eq(take(&slot, false, 20), SLOT_FORGET);
    cr_expect_eq(slot.state, SLOT_EMPTY);
    cr_expect_eq(slot.nearly, 0);
}

Test(pool_plan, does_not_count_a_crashed_one_as_ready)
{
    pool_slot slot = running_since(0);
    cr_assert_eq(take(&slot, true, 1000), SLOT_ANNOUNCE);
    slot_ended(&slot, &rules, 2000);
    cr_expect_not(slot.is_ready);
    cr_assert_eq(take(&slot, true, 3000), SLOT_START);
    cr_expect_not(slot.is_ready);
}
