/* SPDX-License-Identifier: Apache-2.0 */
/* Time as text, seeded random numbers, the stable hash (libkeda/base/clock.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

Test(clock, formats_utc)
{
    static const struct {
        int64_t ms;
        int with_ms;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {INT64_C(1769860800123), 1, "2026-01-31T12:00:00.123Z"},
        {INT64_C(951782400000), 0, "2000-02-29T00:00:00Z"},
        {-1, 1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(4107542399000), 0, "2100-02-28T23:59:59Z"},
        {INT64_C(4107542400000), 0, "2100-03-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        clock_format_utc(cases[i].ms, cases[i].with_ms, text, sizeof text);
        cr_expect_str_eq(text, cases[i].text);
    }
}

Test(clock, agrees_with_the_c_library_on_dates)
{
    clock_random random;
    clock_random_seed(&random, 1);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)(clock_random_next(&random) % UINT64_C(253402300800));
        char text[32], expected[32];
        struct tm tm;
        time_t t = (time_t)seconds;
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
        clock_format_utc(seconds * 1000, 0, text, sizeof text);
        cr_assert_str_eq(text, expected);
        cr_assert_eq(clock_parse_utc(text), seconds * 1000);
    }
}

Test(clock, never_writes_past_the_buffer)
{
    char text[32];
    clock_format_utc(INT64_MAX, 1, text, sizeof text);
    cr_expect_lt(strlen(text), sizeof text);
    clock_format_utc(INT64_MIN, 1, text, sizeof text);
    cr_expect_lt(strlen(text), sizeof text);
}

Test(clock, parses_fractions_and_zones)
{
    cr_expect_eq(clock_parse_utc("2026-01-31T12:00:00.5Z"), INT64_C(1769860800500));
    cr_expect_eq(clock_parse_utc("2026-01-31T12:00:00.123456789Z"), INT64_C(1769860800123));
    cr_expect_eq(clock_parse_utc("2026-01-31T14:00:00+02:00"), INT64_C(1769860800000));
    cr_expect_eq(clock_parse_utc("2026-01-31T10:30:00-01:30"), INT64_C(1769860800000));
}

Test(clock, refuses_what_is_not_a_time)
{
    static const char *const bad[] = {
        "",
        "2026-01-31",
        "2026-01-31 12:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00Zx",
        "2026-01-31T12:00:00+0200",
        "26-01-31T12:00:00Z",
        "1969-12-31T23:59:59Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(clock_parse_utc(bad[i]), -1, "%s", bad[i]);
}

Test(clock, repeats_random_numbers_from_a_seed)
{
    clock_random a, b;
    clock_random_seed(&a, 9);
    clock_random_seed(&b, 9);
    double sum = 0.0;
    for (int i = 0; i < 1000; i++) {
        double x = clock_random_unit(&a);
        cr_assert(x == clock_random_unit(&b));
        cr_assert(x >= 0.0 && x < 1.0);
        sum += x;
    }
    cr_expect(sum > 450.0 && sum < 550.0);
}

Test(clock, seeds_differ)
{
    cr_expect_neq(clock_random_seed_from_system(), clock_random_seed_from_system());
}

Test(clock, hashes_the_same_on_every_machine)
{
    cr_expect_eq(clock_hash("", 0), UINT64_C(0xf52a15e9a9b5e89b));
    cr_expect_eq(clock_hash("kafka", 5), UINT64_C(0x74764b0f172a8cd6));
    cr_expect_neq(clock_hash("orders-1", 8), clock_hash("orders-2", 8));
}

Test(clock, spreads_numbered_names_evenly)
{
    int buckets[10] = {0};
    for (int i = 0; i < 10000; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "ns/workload-%d", i);
        buckets[clock_hash(name, (size_t)n) % 10]++;
    }
    for (int i = 0; i < 10; i++)
        cr_expect(buckets[i] > 850 && buckets[i] < 1150, "%d: %d", i, buckets[i]);
}

Test(clock, of_the_system_moves_forward)
{
    const keda_clock *clock = clock_system();
    int64_t before = clock_now_ms(clock);
    cr_expect_leq(before, clock_now_ms(clock));
    cr_expect_gt(clock_wall_ms(clock), INT64_C(1700000000000));
}

Test(clock, counts_days_both_ways)
{
    static const struct {
        int64_t year, days;
        int month, day;
    } rows[] = {
        {1970, 0, 1, 1},      {1969, -1, 12, 31},     {2000, 11016, 2, 29},
        {2026, 20484, 1, 31}, {1600, -135081, 2, 29}, {10000, 2932897, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t year = 0;
        int month = 0, day = 0;
        cr_expect_eq(clock_days_of_date(rows[i].year, rows[i].month, rows[i].day), rows[i].days,
                     "row %zu", i);
        clock_date_of_days(rows[i].days, &year, &month, &day);
        cr_expect(year == rows[i].year && month == rows[i].month && day == rows[i].day,
                  "row %zu: %lld-%d-%d", i, (long long)year, month, day);
    }
}
