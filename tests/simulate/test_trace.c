/* SPDX-License-Identifier: Apache-2.0 */
/* Traces as CSV and JSON lines (libkeda/simulate/trace*.c, names.c). */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "simulate/trace.h"

static const char *const metrics[] = {"s0-kafka-orders", "s1-cron", "s1-more"};
static const keda_plan_trigger triggers[] = {
    {.struct_size = sizeof triggers[0], .type = "kafka", .name = "", .nmetrics = 1},
    {.struct_size = sizeof triggers[0],
     .type = "cron",
     .name = "day",
     .first_metric = 1,
     .nmetrics = 2}};
static const names all = {triggers, 2, metrics, 3};

static trace t;
static keda_error err;

static keda_status read(const char *text)
{
    trace_clear(&t);
    keda_error_clear(&err);
    return trace_read(&t, &all, "x.csv", text, strlen(text), &err);
}

static void expect_column(size_t i, int32_t trigger, bool is_rate, size_t count)
{
    cr_assert_lt(i, t.ncolumns);
    cr_expect_eq(t.columns[i].trigger, trigger);
    cr_expect_eq(t.columns[i].is_rate, is_rate);
    cr_expect_eq(t.columns[i].count, count);
}

Test(trace, reads_a_column_a_trigger)
{
    cr_assert_eq(read("\xEF\xBB\xBFt,s0,day\r\n0,1,2\r\n15,\"3\",4.5\r\n\n# a remark\n1m,5,6"),
                 KEDA_OK, "%s", err.text);
    expect_column(0, 0, false, 3);
    expect_column(1, 1, false, 3);
    cr_expect_eq(t.columns[0].times[2], 60000);
    cr_expect_float_eq(t.columns[1].values[1], 4.5, 0);
    cr_expect_eq(t.last_ms, 60000);
    cr_expect_eq(t.start_wall_ms, 0);
    trace_clear(&t);
}

Test(trace, knows_a_trigger_by_its_metrics_too)
{
    cr_assert_eq(read("time,s0-kafka-orders,s1-more\n0,1,2\n"), KEDA_OK, "%s", err.text);
    expect_column(0, 0, false, 1);
    expect_column(1, 1, false, 1);
    trace_clear(&t);
}

Test(trace, reads_arrivals)
{
    cr_assert_eq(read("t,rate,rate:day\n0,1,2\n"), KEDA_OK, "%s", err.text);
    expect_column(0, NAMES_NONE, true, 1);
    expect_column(1, 1, true, 1);
    trace_clear(&t);
}

Test(trace, reads_the_long_form)
{
    cr_assert_eq(read("t,trigger,value\n0,s0,1\n0,day,2\n30s,s0,3\n"), KEDA_OK, "%s", err.text);
    expect_column(0, 0, false, 2);
    expect_column(1, 1, false, 1);
    cr_assert_eq(read("t,trigger,rate\n0,s0,1\n"), KEDA_OK, "%s", err.text);
    expect_column(0, 0, true, 1);
    trace_clear(&t);
}

Test(trace, has_readings_that_are_not_known)
{
    cr_assert_eq(read("t,s0\n0,\n1,null\n2,unknown\n3,error\n4,7\n"), KEDA_OK, "%s", err.text);
    for (size_t i = 0; i < 3; i++)
        cr_expect(isnan(t.columns[0].values[i]));
    cr_expect(isinf(t.columns[0].values[3]));
    cr_expect_float_eq(t.columns[0].values[4], 7, 0);
    trace_clear(&t);
}

Test(trace, counts_civil_times_from_its_first_row)
{
    cr_assert_eq(read("t,s0\n2026-01-31T12:00:00Z,1\n2026-01-31T13:00:30+01:00,2\n"), KEDA_OK,
                 "%s", err.text);
    cr_expect_eq(t.start_wall_ms, INT64_C(1769860800000));
    cr_expect_eq(t.columns[0].times[0], 0);
    cr_expect_eq(t.columns[0].times[1], 30000);
    trace_clear(&t);
}

Test(trace, reads_json_lines)
{
    cr_assert_eq(read("{\"t\":0,\"s0\":1,\"rate:day\":2}\n\n{\"t\":\"1m\",\"s0\":null}\r\n"
                      "{\"time\":61.5,\"s0\":\"error\",\"rate:day\":3}"),
                 KEDA_OK, "%s", err.text);
    expect_column(0, 0, false, 3);
    expect_column(1, 1, true, 2);
    cr_expect(isnan(t.columns[0].values[1]));
    cr_expect(isinf(t.columns[0].values[2]));
    cr_expect_eq(t.columns[1].times[1], 61500);
    cr_assert_eq(read("{\"t\":0,\"trigger\":\"s0\",\"value\":1}\n"
                      "{\"t\":0,\"trigger\":\"day\",\"rate\":2}\n"),
                 KEDA_OK, "%s", err.text);
    expect_column(0, 0, false, 1);
    expect_column(1, 1, true, 1);
    trace_clear(&t);
}

Test(trace, says_where_it_is_wrong_and_what_was_expected)
{
    static const struct {
        const char *text, *place, *says;
    } rows[] = {
        {"", "x.csv:1:1", "expected a header line"},
        {"\n\n", "x.csv:3:1", "expected a header line"},
        {"0,1\n", "x.csv:1:1", "begins with t or time"},
        {"t\n0\n", "x.csv:1:2", "expected a column"},
        {"t,\n0,1\n", "x.csv:1:3", "expected the name"},
        {"t,s0,\n0,1\n", "x.csv:1:6", "expected the name"},
        {"t,s0\n", "x.csv:2:1", "expected a row"},
        {"t,dai\n0,1\n", "x.csv:1:3", "did you mean \"day\""},
        {"t,s2\n0,1\n", "x.csv:1:3", "expected s0, day"},
        {"t,rate:s2\n0,1\n", "x.csv:1:3", "expected s0, day"},
        {"t,s0,s0-kafka-orders\n0,1,2\n", "x.csv:1:6", "second column"},
        {"t,s0,rate:s0\n0,1,2\n", "x.csv:1:6", "values and arrivals"},
        {"t,s0\nsoon,1\n", "x.csv:2:1", "expected a time"},
        {"t,s0\n0,1\n\n-5,1\n", "x.csv:4:1", "expected a time"},
        {"t,s0\n10,1\n5,1\n", "x.csv:3:1", "before that of the row above"},
        {"t,s0\n5,1\n5,1\n", "x.csv:3:3", "second value"},
        {"t,s0\n5,1\n2026-01-31T12:00:00Z,1\n", "x.csv:3:1", "civil times"},
        {"t,s0\n0,one\n", "x.csv:2:3", "expected a number"},
        {"t,s0\n0,1e16\n", "x.csv:2:3", "up to 1e15"},
        {"t,s0\n0,0x10\n", "x.csv:2:3", "expected a number"},
        {"t,s0\n0,inf\n", "x.csv:2:3", "expected a number"},
        {"t,rate\n0,-1\n", "x.csv:2:3", "not be negative"},
        {"t,s0\n0,1\n15, -2\n", "x.csv:3:5", "not below 0; write 0"},
        {"t,trigger,value\n0,day,-0.5\n", "x.csv:2:7", "not below 0; write 0"},
        {"{\"t\":0,\"s0\":0}\n{\"t\":1,\"s0\":-3}", "x.csv:2:1", "not below 0; write 0"},
        {"t,s0,day\n0,1\n", "x.csv:2:4", "expected 2 values, not 1"},
        {"t,s0\n0,1,2\n", "x.csv:2:5", "not more"},
        {"t,s0\n0,\"1\n", "x.csv:2:5", "expected \""},
        {"t,s0\n0,\"1\"2\n", "x.csv:2:6", "expected a comma"},
        {"t,trigger,value\n0,s7,1\n", "x.csv:2:3", "expected s0, day"},
        {"t,trigger,value\n0,s0\n", "x.csv:2:5", "expected a value"},
        {"t,trigger,value\n0\n", "x.csv:2:2", "expected the name of a trigger"},
        {"t,trigger,value\n0,s0,1,2\n", "x.csv:2:8", "expected the end"},
        {"{\"t\":0", "x.csv:1:", "expected a JSON object"},
        {"{\"t\":0}\n[1]\n", "x.csv:2:1", "expected an object with a time"},
        {"{\"s0\":1}", "x.csv:1:1", "with a time"},
        {"{\"t\":true,\"s0\":1}", "x.csv:1:1", "to be a time"},
        {"{\"t\":0,\"s0\":[]}", "x.csv:1:1", "s0: expected a number"},
        {"{\"t\":0,\"s0\":1e300}", "x.csv:1:1", "up to 1e15"},
        {"{\"t\":0,\"s0\":1,\"s0\":2}", "x.csv:1:", "duplicate"},
        {"{\"t\":0,\"trigger\":\"s0\"}", "x.csv:1:1", "either \"value\" or \"rate\""},
        {"{\"t\":0,\"other\":2}", "x.csv:1:1", "no trigger is called"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(read(rows[i].text), KEDA_EINVAL, "%s", rows[i].text);
        cr_expect_eq(strncmp(err.text, rows[i].place, strlen(rows[i].place)), 0, "%s: %s",
                     rows[i].text, err.text);
        cr_expect_neq(strstr(err.text, rows[i].says), NULL, "%s: %s", rows[i].text, err.text);
        cr_expect_gt(err.line, 0);
        cr_expect_gt(err.column, 0);
    }
    trace_clear(&t);
}

Test(trace, refuses_a_nul_byte)
{
    static const char text[] = "t,s0\n0,1\0\n";
    cr_expect_eq(trace_read(&t, &all, "x", text, sizeof text - 1, &err), KEDA_EINVAL);
    cr_expect_neq(strstr(err.text, "x:2:4: a NUL byte"), NULL, "%s", err.text);
    trace_clear(&t);
}

Test(trace, bounds_cells_columns_and_bytes)
{
    enum { LONG = 2000 };
    char text[LONG + 32] = "t,s0\n0,";
    static const size_t huge = TRACE_MAX_BYTES + 1u;

    memset(text + 7, '1', LONG);
    text[7 + LONG] = '\0';
    cr_expect_eq(read(text), KEDA_EINVAL);
    cr_expect_neq(strstr(err.text, "longer than"), NULL, "%s", err.text);
    trace_clear(&t);
    cr_expect_eq(trace_read(&t, &all, "x", text, huge, &err), KEDA_ELIMIT);
    cr_expect_neq(strstr(err.text, "64 MiB"), NULL, "%s", err.text);
}

Test(trace, bounds_the_number_of_values)
{
    const size_t rows = TRACE_MAX_VALUES / 2 + 1, size = rows * 12;
    char *text = malloc(size + 32);
    size_t at = 0;

    cr_assert_neq(text, NULL);
    at += (size_t)snprintf(text, 32, "t,s0,day\n");
    for (size_t i = 0; i < rows; i++)
        at += (size_t)snprintf(text + at, 32, "%zu,1,\n", i);
    cr_expect_eq(trace_read(&t, &all, "x", text, at, &err), KEDA_ELIMIT, "%s", err.text);
    cr_expect_neq(strstr(err.text, "4000000 values"), NULL, "%s", err.text);
    cr_expect_gt(err.line, 2000000);
    trace_clear(&t);
    free(text);
}
