/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities (libkeda/lang/quantity.c, decimal.c). The bulk is in tests/vectors/quantity. */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "lang/pow10.h"
#include "lang/quantity.h"

static void expect(const char *text, const char *canonical, int64_t value, int64_t milli)
{
    char out[QUANTITY_TEXT_SIZE];
    quantity q;
    cr_assert(quantity_parse(text, &q), "%s", text);
    cr_expect_eq(quantity_text(&q, out, sizeof out), strlen(canonical));
    cr_expect_str_eq(out, canonical, "%s gave %s", text, out);
    cr_expect_eq(quantity_value(&q), value, "%s", text);
    cr_expect_eq(quantity_milli(&q), milli, "%s", text);
}

Test(quantity, parses_suffixes_and_prints_canonically)
{
    expect("0", "0", 0, 0);
    expect("1500", "1500", 1500, 1500000);
    expect("1000", "1k", 1000, 1000000);
    expect("1.5", "1500m", 2, 1500);
    expect("-1.5Ki", "-1536", -1536, -1536000);
    expect("2048Ki", "2Mi", 2097152, 2097152000);
    expect("1e-4", "100e-6", 1, 1);
    expect("1e1000", "10e999", INT64_MAX, INT64_MAX);
    expect("-1e1000", "-10e999", INT64_MIN, INT64_MIN);
    expect("k", "0", 0, 0);
    expect("999999999999999999999Ki", "9223372036854775807", INT64_MAX, INT64_MAX);
    expect("0.0000000001", "1n", 1, 1);
    expect("99.9999999999", "100", 100, 100000);
}

Test(quantity, rounds_away_from_zero_and_saturates)
{
    expect("-0.1n", "-1n", -1, -1);
    expect("-75.62Ki", "-77434880m", -77435, -77434880);
    expect("9223372036854775807", "9223372036854775807", INT64_MAX, INT64_MAX);
    expect("-9223372036854775808", "-9223372036854775808", INT64_MIN, INT64_MIN);
    expect("-9223372036854775809", "-9223372036854775809", INT64_MIN, INT64_MIN);
    expect("9223372036854775.807", "9223372036854775807m", 9223372036854776, INT64_MAX);
}

Test(quantity, refuses_what_is_none)
{
    static const char *const bad[] = {"",    " 1",   "1 ",   "1K",   "1kk",  "1e",
                                      "1e+", "0x1",  "NaN",  "--1",  "1..2", "1_0",
                                      "1Zi", "1.5.", "1e3k", "1e1.5"};
    quantity q;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(quantity_parse(bad[i], &q), "%s", bad[i]);
}

Test(quantity, bounds_the_length_of_a_text)
{
    char text[800];
    char out[QUANTITY_TEXT_SIZE];
    quantity q;
    memset(text, '9', sizeof text);
    text[361] = '\0';
    cr_expect_not(quantity_parse(text, &q));
    text[360] = '\0';
    cr_expect(quantity_parse(text, &q));
    cr_expect_eq(quantity_text(&q, out, sizeof out), 360);
    text[358] = 'E';
    text[359] = 'i';
    cr_expect(quantity_parse(text, &q));
    cr_expect_eq(quantity_value(&q), INT64_MAX);
    cr_expect_not(quantity_parse("1e1000000001", &q));
    cr_expect(quantity_parse("1e1000000000", &q));
    cr_expect_eq(quantity_text(&q, out, sizeof out), strlen("10e999999999"));
    memset(text, '0', sizeof text); /* leading zeros are no digits */
    memcpy(text + 700, "5k", 3);
    cr_expect(quantity_parse(text, &q));
    cr_expect_eq(quantity_value(&q), 5000);
}

Test(quantity, compares_exactly)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {{"1", "1000m", 0}, {"1k", "1Ki", -1}, {"-1", "1", -1},  {"0", "-0", 0},
                 {"0", "1n", -1},   {"-2", "-1", -1},  {"1e3", "1k", 0}, {"1.0000001", "1", 1},
                 {"10", "9", 1},    {"0", "-1", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        quantity a, b;
        cr_assert(quantity_parse(cases[i].a, &a) && quantity_parse(cases[i].b, &b));
        cr_expect_eq(quantity_compare(&a, &b), cases[i].order, "%s %s", cases[i].a, cases[i].b);
        cr_expect_eq(quantity_compare(&b, &a), -cases[i].order, "%s %s", cases[i].b,
                     cases[i].a);
    }
}

Test(quantity, reads_doubles_as_keda_and_the_hpa_do)
{
    quantity q;
    cr_assert(quantity_parse("1001m", &q));
    cr_expect_float_eq(q.approx, 1001.0 * 0.001, 0.0);
    cr_expect_neq(q.approx, 1.001);
    cr_assert(quantity_parse("0.07", &q));
    cr_expect_float_eq(quantity_canonical_double(&q), 70.0 * 0.001, 0.0);
    cr_assert(quantity_parse("-2Ki", &q));
    cr_expect_float_eq(quantity_canonical_double(&q), -2048.0, 0.0);
    cr_assert(quantity_parse("0", &q));
    cr_expect_float_eq(quantity_canonical_double(&q), 0.0, 0.0);
}

Test(quantity, rounds_readings_to_three_decimals)
{
    static const struct {
        double value;
        int64_t milli;
    } cases[] = {
        {0.0004, 0},      {0.0006, 1},   {123.4565, 123457}, {-3.0, 0},
        {(double)NAN, 0}, {HUGE_VAL, 0}, {1e17, INT64_MAX},  {1e15, 1000000000000000000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        quantity q;
        quantity_from_double(cases[i].value, &q);
        cr_expect_eq(quantity_milli(&q), cases[i].milli, "%g", cases[i].value);
    }
    quantity q;
    quantity_from_double(1.7976931348623157e308, &q);
    cr_expect_eq(quantity_value(&q), INT64_MAX);
}

Test(quantity, takes_integers_and_thousandths)
{
    char out[QUANTITY_TEXT_SIZE];
    quantity q;
    quantity_from_milli(1500, &q);
    (void)quantity_text(&q, out, sizeof out);
    cr_expect_str_eq(out, "1500m");
    quantity_from_value(INT64_MIN, &q);
    cr_expect_eq(quantity_value(&q), INT64_MIN);
    cr_expect_eq(quantity_sign(&q), -1);
    quantity_from_value(0, &q);
    cr_expect_eq(quantity_sign(&q), 0);
    cr_expect_str_eq(quantity_format_name(QUANTITY_BINARY_SI), "BinarySI");
}

Test(pow10, is_infinite_above_and_zero_below_the_range)
{
    cr_expect_eq(isinf(pow10_double(309)), 1);
    cr_expect_float_eq(pow10_double(-324), 0.0, 0.0);
    cr_expect_gt(pow10_double(-323), 0.0);
    cr_expect_float_eq(pow10_double(0), 1.0, 0.0);
    cr_expect_float_eq(pow10_double(308), 1e308, 1e292);
}
