/* SPDX-License-Identifier: Apache-2.0 */
/* How soon a failing peer is asked again (libkeda/engine/backoff.c). */
#include <criterion/criterion.h>

#include "engine/backoff.h"

static clock_random dice;
static backoff b;

static void reset(void)
{
    clock_random_seed(&dice, 1);
    b = (backoff){0};
}

TestSuite(backoff, .init = reset);

Test(backoff, doubles_from_one_second_to_a_minute)
{
    const int64_t steps_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++) {
        backoff_failed(&b, 500, -1, &dice);
        const int64_t left_ms = backoff_left_ms(&b, 500);
        cr_expect(left_ms >= steps_ms[i] * 8 / 10 && left_ms <= steps_ms[i] * 12 / 10,
                  "%zu: %lld", i, (long long)left_ms);
    }
}

Test(backoff, is_spread)
{
    int64_t smallest = INT64_MAX, largest = 0;
    for (int i = 0; i < 200; i++) {
        backoff_reset(&b);
        backoff_failed(&b, 0, -1, &dice);
        const int64_t left_ms = backoff_left_ms(&b, 0);
        smallest = left_ms < smallest ? left_ms : smallest;
        largest = left_ms > largest ? left_ms : largest;
    }
    cr_expect_lt(smallest, 850);
    cr_expect_gt(largest, 1150);
}

Test(backoff, waits_as_long_as_the_peer_asks)
{
    backoff_failed(&b, 0, 45000, &dice);
    cr_expect_eq(backoff_left_ms(&b, 0), 45000);
    backoff_failed(&b, 0, INT64_MAX, &dice);
    cr_expect_leq(backoff_left_ms(&b, 0), 3600000, "but not for ever");
}

Test(backoff, is_over_in_time_and_after_a_success)
{
    backoff_failed(&b, 0, -1, &dice);
    cr_expect_eq(backoff_left_ms(&b, 1300), 0);
    backoff_failed(&b, 0, -1, &dice);
    backoff_reset(&b);
    cr_expect_eq(backoff_left_ms(&b, 0), 0);
}

Test(backoff, counts_what_speaks_against_the_peer)
{
    cr_expect(backoff_counts(KEDA_EUNAVAILABLE));
    cr_expect(backoff_counts(KEDA_ETIMEOUT));
    cr_expect(backoff_counts(KEDA_EAUTH));
    cr_expect_not(backoff_counts(KEDA_ENOTFOUND));
    cr_expect_not(backoff_counts(KEDA_EINVAL));
    cr_expect_not(backoff_counts(KEDA_OK));
}
