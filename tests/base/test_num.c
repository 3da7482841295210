/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers to and from text, rounding to thousandths, saturation (libkeda/base/num.c). */
#include <criterion/criterion.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

Test(num, parses_json_integers_and_nothing_else)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"10", true, 10},
        {"-7", true, -7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"01", false, 0},
        {"+1", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"", false, 0},
        {"-", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        cr_expect_eq(num_parse_json_i64(cases[i].text, &value), cases[i].ok, "%s",
                     cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].text);
    }
}

Test(num, parses_signed_integers_with_leading_zeros)
{
    int64_t value = 0;
    cr_expect(num_parse_i64("+0012", &value) && value == 12);
    cr_expect(num_parse_i64("-0012", &value) && value == -12);
    cr_expect_not(num_parse_i64("+-1", &value));
    cr_expect_not(num_parse_i64("0x10", &value));
    cr_expect_not(num_parse_i64("", &value));
    cr_expect_not(num_parse_i64("+", &value));
}

Test(num, parses_json_numbers_and_nothing_else)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {
        {"0", true, 0.0},      {"-1.5", true, -1.5},     {"1e3", true, 1000.0},
        {"1E+2", true, 100.0}, {"2.50e-1", true, 0.25},  {"1e400", false, 0.0},
        {"1e-400", true, 0.0}, {"5e-324", true, 5e-324}, {".5", false, 0.0},
        {"1.", false, 0.0},    {"+1", false, 0.0},       {"0x1p3", false, 0.0},
        {"nan", false, 0.0},   {"Infinity", false, 0.0}, {"1e", false, 0.0},
        {"", false, 0.0},      {" 1", false, 0.0},       {"1,5", false, 0.0},
        {"01", false, 0.0},    {"-", false, 0.0},        {"1e3x", false, 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0.0;
        cr_expect_eq(num_parse_json_double(cases[i].text, &value), cases[i].ok, "%s",
                     cases[i].text);
        cr_expect(value == cases[i].value, "%s", cases[i].text);
    }
}

Test(num, parses_decimal_numbers_of_trusted_formats)
{
    double value = 0.0;
    cr_expect(num_parse_double("+.5", &value) && value == 0.5);
    cr_expect(num_parse_double("010.", &value) && value == 10.0);
    cr_expect_not(num_parse_double("0x10", &value));
    cr_expect_not(num_parse_double(" 1", &value));
    cr_expect_not(num_parse_double("inf", &value));
    cr_expect_not(num_parse_double("1e999", &value));
    cr_expect_not(num_parse_double("1-1", &value));
    cr_expect_not(num_parse_double("", &value));
}

Test(num, parses_booleans_as_go_does)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
    static const char *const bad[] = {"", "yes", "tRUE", "on", " true", "2"};
    for (size_t i = 0; i < 6; i++) {
        bool value = false;
        cr_expect(num_parse_bool(yes[i], &value) && value, "%s", yes[i]);
        cr_expect(num_parse_bool(no[i], &value) && !value, "%s", no[i]);
        cr_expect_not(num_parse_bool(bad[i], &value), "%s", bad[i]);
    }
}

Test(num, formats_the_shortest_text_that_reads_back)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {100.0, "100"},
        {1.0 / 3.0, "0.3333333333333333"},
        {5e-324, "5e-324"},
        {0.1 + 0.2, "0.30000000000000004"},
        {-2.5, "-2.5"},
        {0.0, "0"},
        {DBL_MAX, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        size_t n = num_format_double(cases[i].value, text, sizeof text);
        cr_expect_str_eq(text, cases[i].text);
        cr_expect_eq(n, strlen(text));
    }
}

Test(num, reads_back_every_double_it_formats)
{
    clock_random random;
    clock_random_seed(&random, 42);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = clock_random_next(&random);
        double value, back = 0.0;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[32];
        num_format_double(value, text, sizeof text);
        cr_assert(num_parse_json_double(text, &back) && back == value, "%s", text);
    }
}

Test(num, formats_the_largest_double_with_fixed_decimals)
{
    char text[340];
    cr_assert_eq(num_format_fixed(-DBL_MAX, 3, text, sizeof text), 314);
    cr_assert_eq(num_format_fixed(1.5, 3, text, sizeof text), 5);
    cr_assert_str_eq(text, "1.500");
}

Test(num, rounds_readings_to_thousandths)
{
    static const struct {
        double value;
        int64_t milli;
    } cases[] = {
        {0.0, 0},
        {-0.0, 0},
        {-5.0, 0},
        {(double)NAN, 0},
        {HUGE_VAL, 0},
        {-HUGE_VAL, 0},
        {1.0, 1000},
        {0.0004, 0},
        {0.0005, 1},
        {0.0625, 62},
        {0.1875, 188},
        {2.3125, 2312},
        {1.0005, 1000},
        {0.1, 100},
        {1e-320, 0},
        {1e15, INT64_C(1000000000000000000)},
        {9007199254740993.0, INT64_C(9007199254740992000)},
        {9223372036854774.0, INT64_C(9223372036854774000)},
        {9223372036854776.0, INT64_MAX},
        {1e300, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(num_milli(cases[i].value), cases[i].milli, "%.17g: %lld", cases[i].value,
                     (long long)num_milli(cases[i].value));
}

/* The rule is "as printf with three decimals", so printf is asked. */
Test(num, rounds_as_printf_does)
{
    clock_random random;
    clock_random_seed(&random, 7);
    for (int i = 0; i < 200000; i++) {
        double value =
            ldexp(clock_random_unit(&random), (int)(clock_random_next(&random) % 70) - 20);
        if (i % 2 == 0)
            value = floor(value * 16.0) / 16.0; /* many exact ties */
        char text[64];
        (void)snprintf(text, sizeof text, "%.3f", value);
        char *point = strchr(text, '.');
        memmove(point, point + 1, 4);
        int64_t expected = 0;
        if (!num_parse_i64(text, &expected))
            expected = INT64_MAX;
        cr_assert_eq(num_milli(value), expected, "%.17g", value);
    }
}

Test(num, formats_thousandths_without_trailing_zeros)
{
    static const struct {
        int64_t milli;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1500, "1.5"},
        {1, "0.001"},
        {-1, "-0.001"},
        {-1050, "-1.05"},
        {12000, "12"},
        {INT64_MAX, "9223372036854775.807"},
        {INT64_MIN, "-9223372036854775.808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        cr_expect_eq(num_format_milli(cases[i].milli, text, sizeof text),
                     strlen(cases[i].text));
        cr_expect_str_eq(text, cases[i].text);
    }
}

Test(num, saturates_sums_and_products)
{
    cr_expect_eq(num_add_sat(INT64_MAX, 1), INT64_MAX);
    cr_expect_eq(num_add_sat(INT64_MIN, -1), INT64_MIN);
    cr_expect_eq(num_add_sat(40, 2), 42);
    cr_expect_eq(num_mul_sat(INT64_MAX, 2), INT64_MAX);
    cr_expect_eq(num_mul_sat(INT64_MAX, -2), INT64_MIN);
    cr_expect_eq(num_mul_sat(INT64_MIN, -1), INT64_MAX);
    cr_expect_eq(num_mul_sat(-6, -7), 42);
}

/* LC_NUMERIC with a decimal comma; the machine may have none, then there is nothing to ignore. */
Test(num, ignores_the_locale_of_the_process)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_ALL, names[i]) != NULL)
            break;
    char text[340];
    double value = 0.0;
    num_format_double(1.5, text, sizeof text);
    cr_expect_str_eq(text, "1.5");
    num_format_fixed(1.5, 1, text, sizeof text);
    cr_expect_str_eq(text, "1.5");
    cr_expect(num_parse_json_double("2.5", &value) && value == 2.5);
}
