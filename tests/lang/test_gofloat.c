/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating-point texts as Go reads them: what is a number, what is too large, and the last bit.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "lang/gofloat.h"

static keda_status parse(const char *text, double *out)
{
    return gofloat_parse(text, strlen(text), out);
}

Test(gofloat, reads_decimals_underscores_and_hexadecimals)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0.0},
        {"12", 12.0},
        {"+1.5", 1.5},
        {"-2.", -2.0},
        {".5", 0.5},
        {"1e3", 1000.0},
        {"1E+3", 1000.0},
        {"1.25e-2", 0.0125},
        {"007", 7.0},
        {"1_000", 1000.0},
        {"1e1_0", 1e10},
        {"0x10p0", 16.0},
        {"0X_1.8p1", 3.0},
        {"-0x.8P-1", -0.25},
        {"0x1_0p-1", 8.0},
        {"1e-400", 0.0},
        {"0e99999999999999999999", 0.0},
        {"0x0p99999", 0.0},
        {"0x1p-1074", 0x1p-1074},
        {"0x1p-1076", 0.0},
        {"0x1.fffffffffffff7p0", 0x1.fffffffffffffp0},
        {"0x1.fffffffffffff8p0", 2.0},
        {"0x1.00000000000008p0", 1.0},
        {"0x1.000000000000080000000000001p0", 0x1.0000000000001p0},
        {"0x8p-1078", 0.0},
        {"0x18p-1078", 0x1p-1073},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000000001", 9007199254740994.0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"0.1", 0.1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 99.0;
        cr_assert_eq(parse(rows[i].text, &value), KEDA_OK, "%s", rows[i].text);
        cr_assert_eq(value, rows[i].value, "%s: %.17g", rows[i].text, value);
    }
}

Test(gofloat, reads_words_in_any_case)
{
    double value = 0.0;
    cr_assert(parse("iNf", &value) == KEDA_OK && value > 0.0 && isinf(value) != 0);
    cr_assert(parse("+Infinity", &value) == KEDA_OK && value > 0.0 && isinf(value) != 0);
    cr_assert(parse("-INFINITY", &value) == KEDA_OK && value < 0.0 && isinf(value) != 0);
    cr_assert(parse("NaN", &value) == KEDA_OK && isnan(value) != 0);
    cr_assert(parse("-0", &value) == KEDA_OK && signbit(value) != 0);
}

Test(gofloat, refuses_what_is_not_a_number)
{
    static const char *const rows[] = {
        "",       "+",     "-",       ".",      "e3",   ".e3",  "1e",     "1e+",
        "1_",     "_1",    "1__0",    "1_.5",   "1._5", "1_e3", "1e_3",   " 1",
        "1 ",     "1,5",   "1.2.3",   "0x10",   "0x",   "0xp1", "0x1p",   "0x_p1",
        "0x1_p1", "infi",  "infinit", "nane",   "+nan", "--1",  "12abc",  "1f",
        "0b1",    "1e3.5", "0x1.8",   "0x1p1a", "1e5_", "inf_", "0_x1p1",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 99.0;
        cr_assert_eq(parse(rows[i], &value), KEDA_EINVAL, "%s", rows[i]);
        cr_assert_eq(value, 0.0, "%s", rows[i]);
    }
}

Test(gofloat, tells_what_is_too_large)
{
    static const char *const rows[] = {
        "1e309",    "1.7976931348623159e308",  "1e99999999999999999",
        "0x1p1024", "0x1.fffffffffffff8p1023", "1_0e400"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 0.0;
        cr_assert_eq(parse(rows[i], &value), KEDA_ELIMIT, "%s", rows[i]);
        cr_assert(isinf(value) != 0 && value > 0.0, "%s", rows[i]);
    }
    double value = 0.0;
    cr_assert_eq(parse("-1e309", &value), KEDA_ELIMIT);
    cr_assert(isinf(value) != 0 && value < 0.0);
}

Test(gofloat, sees_a_digit_far_behind_a_tie)
{
    char text[3000];
    (void)snprintf(text, sizeof text, "9007199254740993.%02500d", 0);
    double value = 0.0;
    cr_assert_eq(parse(text, &value), KEDA_OK);
    cr_assert_eq(value, 9007199254740992.0);
    text[2400] = '1';
    cr_assert_eq(parse(text, &value), KEDA_OK);
    cr_assert_eq(value, 9007199254740994.0);
}

Test(gofloat, counts_digits_it_does_not_keep)
{
    char text[3000];
    memset(text, '0', sizeof text);
    text[0] = '1';
    memcpy(text + 2501, "e-2500", 7);
    double value = 0.0;
    cr_assert_eq(parse(text, &value), KEDA_OK);
    cr_assert_eq(value, 1.0);
    memset(text, '0', sizeof text);
    text[0] = '.';
    memcpy(text + 2500, "1e2500", 7);
    cr_assert_eq(parse(text, &value), KEDA_OK);
    cr_assert_eq(value, 1.0);
}

Test(gofloat, agrees_with_the_c_library_on_many_numbers)
{
    uint64_t seed = 0x9e3779b97f4a7c15U;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        double wanted = 0.0, value = 0.0;
        memcpy(&wanted, &seed, sizeof wanted);
        if (isfinite(wanted) == 0)
            continue;
        char text[64];
        (void)snprintf(text, sizeof text, "%.17g", wanted);
        cr_assert_eq(parse(text, &value), KEDA_OK, "%s", text);
        cr_assert_eq(value, wanted, "%s", text);
        (void)snprintf(text, sizeof text, "%a", wanted);
        cr_assert_eq(parse(text, &value), KEDA_OK, "%s", text);
        cr_assert_eq(value, wanted, "%s", text);
    }
}
