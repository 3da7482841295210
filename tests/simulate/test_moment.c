/* SPDX-License-Identifier: Apache-2.0 */
/* Times as people write them (libkeda/simulate/moment.c). */
#include <criterion/criterion.h>

#include <keda/simulate.h>

#include "simulate/moment.h"

Test(moment, reads_seconds_durations_and_civil_times)
{
    static const struct {
        const char *text;
        moment_kind kind;
        int64_t ms;
    } rows[] = {
        {"0", MOMENT_SPAN, 0},
        {"90", MOMENT_SPAN, 90000},
        {"0.25", MOMENT_SPAN, 250},
        {"1m30s", MOMENT_SPAN, 90000},
        {"250ms", MOMENT_SPAN, 250},
        {"7d", MOMENT_SPAN, 604800000},
        {"1d12h", MOMENT_SPAN, 129600000},
        {"2026-01-31T12:00:00Z", MOMENT_WALL, INT64_C(1769860800000)},
        {"2026-01-31T13:00:00+01:00", MOMENT_WALL, INT64_C(1769860800000)},
        {"3155760000", MOMENT_SPAN, MOMENT_MAX_MS},
        {"3155760001", MOMENT_BAD, 0},
        {"99999999d", MOMENT_BAD, 0},
        {"-1", MOMENT_BAD, 0},
        {"-1s", MOMENT_BAD, 0},
        {"1e400", MOMENT_BAD, 0},
        {"d", MOMENT_BAD, 0},
        {"1dd", MOMENT_BAD, 0},
        {"", MOMENT_BAD, 0},
        {"soon", MOMENT_BAD, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 0;
        cr_expect_eq(moment_parse(rows[i].text, &ms), rows[i].kind, "%s", rows[i].text);
        if (rows[i].kind != MOMENT_BAD)
            cr_expect_eq(ms, rows[i].ms, "%s: %lld", rows[i].text, (long long)ms);
    }
}

Test(moment, writes_what_it_reads)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0s"},          {1500, "1.500s"},  {90000, "1m30s"},      {3600000, "1h"},
                {3615000, "1h15s"}, {604800000, "7d"}, {90061000, "1d1h1m1s"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        int64_t ms = -1;
        moment_format(rows[i].ms, text, sizeof text);
        cr_expect_str_eq(text, rows[i].text);
        cr_expect(moment_parse_span(text, &ms) && ms == rows[i].ms, "%s", text);
    }
}

Test(moment, is_public_with_errors)
{
    keda_error err = KEDA_ERROR_INIT;
    int64_t ms;
    int32_t is_wall = -1;
    char text[4];

    cr_expect_eq(keda_simulation_parse_time("2m", &ms, &is_wall, &err), KEDA_OK);
    cr_expect_eq(is_wall, 0);
    cr_expect_eq(keda_simulation_parse_time("2026-01-31T12:00:00Z", &ms, NULL, &err),
                 KEDA_EINVAL, "no civil time where a span is asked for");
    cr_expect_eq(keda_simulation_parse_time("x", &ms, &is_wall, &err), KEDA_EINVAL);
    cr_expect_neq(strstr(err.text, "RFC 3339"), NULL, "%s", err.text);
    keda_simulation_format_time(90000, text, sizeof text);
    cr_expect_str_eq(text, "1m3", "cut");
}

Test(moment, tells_what_is_too_long_from_what_is_no_span)
{
    static const char *const longer[] = {"3155760001", "36526d", "1000000d",
                                         "99999999999999999999d", "1e300"};
    static const char *const others[] = {"36525d", "5y", "-1000000d", "1000000dd", ""};
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++)
        cr_expect(moment_is_too_long(longer[i]), "%s", longer[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(moment_is_too_long(others[i]), "%s", others[i]);
}
