/* SPDX-License-Identifier: Apache-2.0 */
/* Durations (libkeda/lang/duration.c). More of them are in tests/vectors/typed_config. */
#include <criterion/criterion.h>

#include "lang/duration.h"

Test(duration, adds_up_its_pieces)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"30s", 30000000000},
        {"1m30s", 90000000000},
        {"250ms", 250000000},
        {"1.5h", 5400000000000},
        {".5s", 500000000},
        {"1.s", 1000000000},
        {"1us", 1000},
        {"1\xc2\xb5s", 1000},
        {"1\xce\xbcs", 1000},
        {"-1.5s", -1500000000},
        {"+5s", 5000000000},
        {"1s1s", 2000000000},
        {"0.9ns", 0},
        {"0.3333333333333333333h", 1200000000000},
        {"9223372036854775807ns", INT64_MAX},
        {"-9223372036854775808ns", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = 1;
        cr_expect(duration_parse(cases[i].text, &ns), "%s", cases[i].text);
        cr_expect_eq(ns, cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
    }
}

Test(duration, refuses_what_is_none)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "5",
                                      ".s",
                                      "s",
                                      "1",
                                      "1d",
                                      "1 s",
                                      "1e3s",
                                      "1.2",
                                      "30S",
                                      "1s ",
                                      "9223372036854775808ns",
                                      "9999999h",
                                      "--1s",
                                      "99999999999999999999s",
                                      "9223372036854775807ns1ns"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ns = 0;
        cr_expect_not(duration_parse(bad[i], &ns), "%s", bad[i]);
    }
}

Test(duration, counts_plain_numbers_of_parameters_as_milliseconds)
{
    int64_t ns = 0;
    cr_expect_eq(duration_parse_parameter("30", &ns), DURATION_OK);
    cr_expect_eq(ns, 30000000);
    cr_expect_eq(duration_parse_parameter("+007", &ns), DURATION_OK);
    cr_expect_eq(ns, 7000000);
    cr_expect_eq(duration_parse_parameter("2m", &ns), DURATION_OK);
    cr_expect_eq(ns, 120000000000);
    cr_expect_eq(duration_parse_parameter("-1", &ns), DURATION_NEGATIVE);
    cr_expect_eq(duration_parse_parameter("-1s", &ns), DURATION_NEGATIVE);
    cr_expect_eq(duration_parse_parameter("1.5", &ns), DURATION_BAD);
    cr_expect_eq(duration_parse_parameter("9223372036854", &ns), DURATION_OK);
    cr_expect_eq(duration_parse_parameter("9223372036855", &ns), DURATION_BAD);
    cr_expect_eq(duration_parse_parameter("9223372036854775808", &ns), DURATION_BAD);
}
