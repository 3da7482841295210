/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantity/quantity: parsing, canonical text, rounding and doubles of quantities. Where upstream wraps
 * beyond 64 bits the library saturates, so those two numbers of a `later` line are not compared.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "lang/quantity.h"
#include "vectors.h"

static void compare_bits(struct report *report, const char *expected, double got)
{
    uint64_t bits = 0;
    char text[24];
    memcpy(&bits, &got, sizeof bits);
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)bits);
    report_text(report, "approx_bits", expected, text);
}

static void compare_quantity(const json_t *line, const quantity *q, const char *echo,
                             struct report *report)
{
    const json_t *expected = vector_get(line, "expected");
    if (vector_bool_or(expected, "error", false, report)) {
        report_difference(report, "error", "refused", "accepted");
        return;
    }
    char text[QUANTITY_TEXT_SIZE];
    (void)quantity_text(q, text, sizeof text);
    report_text(report, "string", vector_text(expected, "string", report),
                q->keeps_text && echo != NULL ? echo : text);
    report_text(report, "format", vector_text(expected, "format", report),
                quantity_format_name(q->format));
    report_i64(report, "sign", vector_i64(expected, "sign", report), quantity_sign(q));
    compare_bits(report, vector_text(expected, "approx_bits", report), q->approx);
    if (strcmp(vector_text(line, "tag", report), "later") == 0)
        return;
    report_i64(report, "value", vector_i64(expected, "value", report), quantity_value(q));
    report_i64(report, "milli", vector_i64(expected, "milli", report), quantity_milli(q));
}

static double read_float(const json_t *input, struct report *report)
{
    const json_t *value = vector_get(input, "float");
    if (!json_is_string(value))
        return vector_double(input, "float", report);
    const char *text = json_string_value(value);
    if (strcmp(text, "NaN") == 0)
        return (double)NAN;
    return text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
}

static bool expects_error(const json_t *line, struct report *report)
{
    return vector_bool_or(vector_get(line, "expected"), "error", false, report);
}

static void run_parse(const json_t *line, const char *text, struct report *report)
{
    quantity q;
    if (quantity_parse(text, &q))
        compare_quantity(line, &q, text, report);
    else if (!expects_error(line, report))
        report_difference(report, "error", "accepted", "refused");
}

static void run_compare(const json_t *line, const json_t *input, struct report *report)
{
    quantity a, b;
    const bool is_good = quantity_parse(vector_text(input, "a", report), &a) &&
                         quantity_parse(vector_text(input, "b", report), &b);
    report_bool(report, "error", expects_error(line, report), !is_good);
    if (is_good && !expects_error(line, report))
        report_i64(report, "cmp", vector_i64(vector_get(line, "expected"), "cmp", report),
                   quantity_compare(&a, &b));
}

/* The echo here is of the three decimals the value was printed with. */
static void run_metric_value(const json_t *line, double value, struct report *report)
{
    quantity q;
    char text[352];
    quantity_from_double(value, &q);
    (void)num_format_fixed(value, 3, text, sizeof text);
    compare_quantity(line, &q, text, report);
}

int run_quantity(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const char *op = vector_text(input, "op", report);
    quantity q = {0};
    if (strcmp(op, "parse") == 0) {
        run_parse(line, vector_text(input, "text", report), report);
    } else if (strcmp(op, "cmp") == 0) {
        run_compare(line, input, report);
    } else if (strcmp(op, "new_milli") == 0) {
        quantity_from_milli(vector_i64(input, "milli", report), &q);
        compare_quantity(line, &q, NULL, report);
    } else if (strcmp(op, "new_value") == 0) {
        quantity_from_value(vector_i64(input, "value", report), &q);
        compare_quantity(line, &q, NULL, report);
    } else if (strcmp(op, "metric_value") == 0) {
        run_metric_value(line, read_float(input, report), report);
    } else {
        report_malformed(report, "input.op");
    }
    return 0;
}
