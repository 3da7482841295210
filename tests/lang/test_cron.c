/* SPDX-License-Identifier: Apache-2.0 */
/* Cron schedules (libkeda/lang/cron.c, cron_next.c). Many more are in tests/vectors/cron. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lang/cron.h"
#include "support/failing_allocator.h"

static cron_schedule parse(const char *text)
{
    cron_schedule schedule = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(cron_parse(&schedule, text, &err), KEDA_OK, "%s: %s", text, err.text);
    return schedule;
}

static int64_t seconds_of(const char *utc)
{
    return clock_parse_utc(utc) / 1000;
}

/* The next n firings, or "never", in one line. */
static const char *firings(const char *text, const char *zone_name, const char *utc, int n)
{
    static char out[512];
    cron_schedule schedule = parse(text);
    tz_zone *zone = NULL;
    int64_t now_s = seconds_of(utc);
    size_t used = 0;
    cr_assert_eq(tz_open(&zone, zone_name, NULL), KEDA_OK, "%s", zone_name);
    for (int i = 0; i < n; i++) {
        const cron_firing next = cron_next(&schedule, zone, now_s);
        char time[32] = "never";
        if (next.is_known)
            clock_format_utc(next.at_s * 1000, 0, time, sizeof time);
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i > 0 ? " " : "", time);
        if (!next.is_known)
            break;
        now_s = next.at_s;
    }
    tz_free(zone);
    cron_clear(&schedule);
    return out;
}

Test(cron, reads_every_form_of_a_field)
{
    static const struct {
        const char *text;
        uint64_t minutes;
    } cases[] = {
        {"* * * * *", UINT64_C(0xfffffffffffffff)},
        {"? * * * *", UINT64_C(0xfffffffffffffff)},
        {"*-5 * * * *", UINT64_C(0xfffffffffffffff)},
        {"*/1 * * * *", UINT64_C(0xfffffffffffffff)},
        {"5 * * * *", UINT64_C(1) << 5},
        {"+05 * * * *", UINT64_C(1) << 5},
        {"0005 * * * *", UINT64_C(1) << 5},
        {"59 * * * *", UINT64_C(1) << 59},
        {"1-3 * * * *", 0xe},
        {"1,3,,5, * * * *", 0x2a},
        {"50/4 * * * *", UINT64_C(1) << 50 | UINT64_C(1) << 54 | UINT64_C(1) << 58},
        {"1-9/4 * * * *", 0x222},
        {"*/99 * * * *", 1},
        {"*/9223372036854775807 * * * *", 1},
        {"59/9223372036854775807 * * * *", UINT64_C(1) << 59},
        {", * * * *", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cron_schedule schedule = parse(cases[i].text);
        cr_expect_eq(schedule.minutes, cases[i].minutes, "%s: %llx", cases[i].text,
                     (unsigned long long)schedule.minutes);
        cron_clear(&schedule);
    }
}

Test(cron, reads_names_in_any_case)
{
    cron_schedule schedule = parse("0 0 * JAN,dec,3 Sun-tUe,SAT");
    cr_expect_eq(schedule.months, 1U << 1 | 1U << 3 | 1U << 12);
    cr_expect_eq(schedule.weekdays, 1U << 0 | 1U << 1 | 1U << 2 | 1U << 6);
    cron_clear(&schedule);
}

Test(cron, splits_at_any_white_space)
{
    cron_schedule schedule = parse(" 1\t2 \xc2\xa0 3\xe3\x80\x80"
                                   "4\n5 ");
    cr_expect(schedule.minutes == 2 && schedule.hours == 4 && schedule.days == 8 &&
              schedule.months == 16 && schedule.weekdays == 32);
    cron_clear(&schedule);
}

Test(cron, marks_stars)
{
    static const struct {
        const char *text;
        bool day, weekday;
    } cases[] = {
        {"0 0 * * *", true, true},         {"0 0 ? * 1", true, false},
        {"0 0 1 * ?", false, true},        {"0 0 */1 * */2", true, false},
        {"0 0 */2 * 1-6/1", false, false}, {"0 0 1,* * 0-6", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cron_schedule schedule = parse(cases[i].text);
        cr_expect_eq(schedule.is_day_starred, cases[i].day, "%s", cases[i].text);
        cr_expect_eq(schedule.is_weekday_starred, cases[i].weekday, "%s", cases[i].text);
        cron_clear(&schedule);
    }
}

Test(cron, refuses_with_field_and_place)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "five fields"},
        {"* * * *", "expected, not 4"},
        {"* * * * * *", "expected, not 6"},
        {"@daily", "at 1: five fields expected, not a word like @daily"},
        {" @every 1h", "at 2: "},
        {"60 * * * *", "minute: at 1: numbers from 0 to 59 expected"},
        {"0 24 * * *", "hour: at 3: numbers from 0 to 23 expected"},
        {"0 0 0 * *", "day of month: at 5: numbers from 1 to 31 expected"},
        {"0 0 * 13 *", "month: at 7: numbers from 1 to 12 expected"},
        {"0 0 * * 7", "day of week: at 9: numbers from 0 to 6 expected"},
        {"0 0 * * 1,2,fri-mon", "day of week: at 13: the end of the range is before"},
        {"5-3 * * * *", "minute: at 1: the end of the range"},
        {"a * * * *", "minute: at 1: a number expected"},
        {"0 0 * janu *", "month: at 7: a number or a name of three letters expected"},
        {"0 0 * * L", "day of week: at 9: a number or a name"},
        {"0 0 1W * *", "day of month: at 5: a number expected"},
        {"0 0 * * 1#2", "day of week: at 9: "},
        {"-5 * * * *", "minute: at 1: a number expected"},
        {"5- * * * *", "minute: at 3: a number expected"},
        {"1-2-3 * * * *", "minute: at 5: a range of two numbers expected"},
        {"*/0 * * * *", "minute: at 3: a step of 1 or more expected"},
        {"*/-1 * * * *", "minute: at 3: a step of 1 or more expected"},
        {"*/ * * * *", "minute: at 3: a step of 1 or more expected"},
        {"*/1/2 * * * *", "minute: at 3: one step expected"},
        {"/2 * * * *", "minute: at 1: a number expected"},
        {"+ * * * *", "minute: at 1: a number expected"},
        {"1_0 * * * *", "minute: at 1: a number expected"},
        {"9223372036854775808 * * * *", "minute: at 1: a number expected"},
        {"*/9223372036854775808 * * * *", "minute: at 3: a step"},
        {"TZ=UTC", "a blank expected behind the time zone"},
        {"TZ=UTC\t* * * * *", "unknown"},
        {"TZ=Mars/X * * * * *", "time zone \"Mars/X\": unknown"},
        {"CRON_TZ=../x * * * * *", "a name, not a path"},
        {"CRON_TZ=UTC @daily", "at 13: five fields"},
        {"tz=UTC * * * * *", "expected, not 6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cron_schedule schedule = {0};
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_neq(cron_parse(&schedule, cases[i].text, &err), KEDA_OK, "%s", cases[i].text);
        cr_expect_not_null(strstr(err.text, cases[i].says), "%s: %s", cases[i].text, err.text);
        cr_expect_null(schedule.zone);
    }
}

Test(cron, bounds_its_text)
{
    keda_buf text = {0};
    cron_schedule schedule = {0};
    for (int i = 0; i < 3000; i++)
        cr_assert_eq(buf_puts(&text, "1,"), KEDA_OK);
    cr_assert_eq(buf_puts(&text, " * * * *"), KEDA_OK);
    cr_expect_eq(cron_parse(&schedule, text.data, NULL), KEDA_EINVAL);
    keda_buf_clear(&text);
}

Test(cron, fires_strictly_later)
{
    cr_expect_str_eq(firings("0 8 * * *", "UTC", "2026-03-01T07:59:59Z", 1),
                     "2026-03-01T08:00:00Z");
    cr_expect_str_eq(firings("0 8 * * *", "UTC", "2026-03-01T08:00:00Z", 1),
                     "2026-03-02T08:00:00Z");
    cr_expect_str_eq(firings("* * * * *", "UTC", "2026-12-31T23:59:30Z", 2),
                     "2027-01-01T00:00:00Z 2027-01-01T00:01:00Z");
}

Test(cron, takes_either_day_unless_one_is_starred)
{
    cr_expect_str_eq(firings("0 0 13 * 5", "UTC", "2026-03-01T00:00:00Z", 3),
                     "2026-03-06T00:00:00Z 2026-03-13T00:00:00Z 2026-03-20T00:00:00Z");
    cr_expect_str_eq(firings("0 0 * * 5", "UTC", "2026-03-01T00:00:00Z", 2),
                     "2026-03-06T00:00:00Z 2026-03-13T00:00:00Z");
    cr_expect_str_eq(firings("0 0 */13 * 5", "UTC", "2026-03-01T00:00:00Z", 3),
                     "2026-03-06T00:00:00Z 2026-03-13T00:00:00Z 2026-03-14T00:00:00Z");
    cr_expect_str_eq(firings("0 0 , * 5", "UTC", "2026-03-01T00:00:00Z", 1),
                     "2026-03-06T00:00:00Z");
}

Test(cron, skips_a_gap_and_repeats_a_repeated_hour)
{
    cr_expect_str_eq(firings("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
                     "2026-03-30T00:30:00Z 2026-03-31T00:30:00Z");
    cr_expect_str_eq(firings("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3),
                     "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z 2026-10-26T01:30:00Z");
    cr_expect_str_eq(firings("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", 1),
                     "2018-11-05T02:00:00Z");
}

/* Clocks went back at 00:01, so the day they did so has two midnights (robfig/cron answers so). */
Test(cron, may_stay_where_clocks_went_back_at_midnight)
{
    cr_expect_str_eq(firings("25 * * * 0", "America/St_Johns", "2006-10-28T00:18:05Z", 2),
                     "2006-10-29T02:55:00Z 2006-10-29T02:55:00Z");
}

Test(cron, goes_on_behind_a_date_that_does_not_exist)
{
    /* Apia had no 30 December 2011. */
    cr_expect_str_eq(firings("0 12 30 * *", "Pacific/Apia", "2011-12-28T22:00:00Z", 1),
                     "2012-01-29T22:00:00Z");
    cr_expect_str_eq(firings("0 12 31 * *", "Pacific/Apia", "2011-12-28T22:00:00Z", 1),
                     "2011-12-30T22:00:00Z");
    cr_expect_str_eq(firings("0 12 * * 5", "Pacific/Apia", "2011-12-28T22:00:00Z", 1),
                     "2012-01-05T22:00:00Z");
    /* Kwajalein had no 21 August 1993. */
    cr_expect_str_eq(firings("0 0 22 8 *", "Pacific/Kwajalein", "1993-08-19T00:00:00Z", 1),
                     "1993-08-21T12:00:00Z");
}

Test(cron, gives_up_after_five_years)
{
    cr_expect_str_eq(firings("0 0 30 2 *", "Europe/Berlin", "2026-03-01T00:00:00Z", 1),
                     "never");
    cr_expect_str_eq(firings("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), "never");
    cr_expect_str_eq(firings("0 0 29 2 *", "UTC", "2099-03-01T00:00:00Z", 1),
                     "2104-02-29T00:00:00Z");
    cr_expect_str_eq(firings(", * * * *", "UTC", "2026-03-01T00:00:00Z", 1), "never");
    cr_expect_str_eq(firings("* , * * *", "UTC", "2026-03-01T00:00:00Z", 1), "never");
    cr_expect_str_eq(firings("* * , * *", "UTC", "2026-03-01T00:00:00Z", 1), "never");
    cr_expect_str_eq(firings("* * * , *", "UTC", "2026-03-01T00:00:00Z", 1), "never");
    cr_expect_str_eq(firings("* * , * ,", "UTC", "2026-03-01T00:00:00Z", 1), "never");
}

Test(cron, has_an_answer_for_any_time)
{
    static const int64_t times[] = {INT64_MIN,        INT64_MIN + 1, -(INT64_C(1) << 50), -1, 0,
                                    INT64_C(1) << 50, INT64_MAX};
    cron_schedule schedule = parse("0 0 1 1 *");
    tz_zone *zone = NULL;
    cr_assert_eq(tz_open(&zone, "Europe/Berlin", NULL), KEDA_OK);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        const cron_firing next = cron_next(&schedule, zone, times[i]);
        cr_expect(!next.is_known || next.at_s > times[i]);
    }
    tz_free(zone);
    cron_clear(&schedule);
}

Test(cron, follows_the_zone_of_its_prefix)
{
    cr_expect_str_eq(
        firings("TZ=Asia/Tokyo 0 8 * * *", "America/New_York", "2026-03-01T00:00:00Z", 1),
        "2026-03-01T23:00:00Z");
    cr_expect_str_eq(
        firings("CRON_TZ=  0 8 * * *", "America/New_York", "2026-03-01T00:00:00Z", 1),
        "2026-03-01T08:00:00Z");
    cr_expect_str_eq(
        firings("CRON_TZ=Local 0 8 * * *", "America/New_York", "2026-03-01T00:00:00Z", 1),
        "2026-03-01T13:00:00Z");
}

Test(cron, is_active_from_start_to_end)
{
    const cron_firing never = {0}, early = {true, 200}, late = {true, 300};
    cr_expect(!cron_is_active(100, early, late), "the start comes first");
    cr_expect(cron_is_active(100, late, early), "the end comes first");
    cr_expect(cron_is_active(100, early, early));
    cr_expect(cron_is_active(100, never, late));
    cr_expect(!cron_is_active(100, early, never));
    cr_expect(cron_is_active(100, never, never));
}

Test(cron, survives_missing_memory)
{
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        cron_schedule schedule = {0};
        cr_assert_lt(n, 100);
        failing_allocator_set(n);
        const keda_status rc = cron_parse(&schedule, "TZ=Asia/Tokyo 0 8 * * *", NULL);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK);
        cron_clear(&schedule);
        cr_expect_eq(failing_allocator_live(), 0);
    }
}
