/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON lines: {"t": 0, "orders": 12} with a member a trigger, or {"t": 0, "trigger": "orders",
 * "value": 12}. null and "error" are readings that are not known.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "simulate/trace_parse.h"

enum { LINE_BYTES = 65536 };

static const char *time_member(const json_t *row)
{
    static const char *const members[] = {"t", "time", "timestamp"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_object_get(row, members[i]) != NULL)
            return members[i];
    return NULL;
}

/* As the text it would have in a CSV. */
static keda_status time_text(trace_parse *p, const json_t *time, char *out, size_t size)
{
    int n = -1;

    if (json_is_string(time))
        n = snprintf(out, size, "%s", json_string_value(time));
    else if (json_is_integer(time))
        n = snprintf(out, size, "%lld", (long long)json_integer_value(time));
    else if (json_is_real(time))
        n = snprintf(out, size, "%.6f", json_real_value(time));
    if (n < 0 || (size_t)n >= size)
        return trace_fail(p, p->line_begin, "expected \"t\" to be a time: " MOMENT_FORMS);
    return KEDA_OK;
}

static keda_status take_value(trace_parse *p, size_t column, const json_t *value)
{
    double number = 0.0;

    if (json_is_null(value))
        return trace_put(p, column, TRACE_UNKNOWN, p->line_begin);
    if (json_is_number(value) && fabs(json_number_value(value)) <= TRACE_MAX_VALUE)
        return trace_put(p, column, json_number_value(value), p->line_begin);
    if (!json_is_string(value))
        return trace_fail(p, p->line_begin,
                          "%s: expected a number up to 1e15, null or \"error\"",
                          p->out->columns[column].name);
    const keda_status rc = trace_word(p, json_string_value(value), p->line_begin, &number);
    return rc == KEDA_OK ? trace_put(p, column, number, p->line_begin) : rc;
}

/* {"t":, "trigger":, "value" or "rate":} */
static keda_status long_row(trace_parse *p, const json_t *row, const char *trigger)
{
    const json_t *value = json_object_get(row, "value"), *rate = json_object_get(row, "rate");
    size_t column = 0;

    if ((value == NULL) == (rate == NULL) || json_object_size(row) != 3)
        return trace_fail(p, p->line_begin,
                          "expected \"t\", \"trigger\" and either \"value\" or \"rate\"");
    const keda_status rc = trace_add_column(p, trigger, rate != NULL, p->line_begin, &column);
    return rc == KEDA_OK ? take_value(p, column, rate != NULL ? rate : value) : rc;
}

static keda_status wide_row(trace_parse *p, json_t *row, const char *time)
{
    const char *name;
    json_t *value;
    keda_status rc = KEDA_OK;

    json_object_foreach(row, name, value)
    {
        size_t column = 0;
        if (strcmp(name, time) == 0)
            continue;
        rc = trace_column_of(p, name, p->line_begin, &column);
        if (rc == KEDA_OK)
            rc = take_value(p, column, value);
        if (rc != KEDA_OK)
            break;
    }
    return rc;
}

static keda_status take_row(trace_parse *p, json_t *row)
{
    char text[64];
    keda_status rc = KEDA_OK;
    const char *time = time_member(row);

    if (!json_is_object(row) || time == NULL)
        return trace_fail(p, p->line_begin, "expected an object with a time, \"t\"");
    if ((rc = time_text(p, json_object_get(row, time), text, sizeof text)) != KEDA_OK ||
        (rc = trace_row(p, text, p->line_begin)) != KEDA_OK)
        return rc;
    const char *trigger = json_string_value(json_object_get(row, "trigger"));
    return trigger != NULL ? long_row(p, row, trigger) : wide_row(p, row, time);
}

static keda_status not_json(trace_parse *p, const json_error_t *why)
{
    if (json_error_code(why) == json_error_out_of_memory)
        return keda_error_set(p->err, KEDA_ENOMEM, "out of memory");
    const int column = why->column > 0 ? why->column - 1 : 0;
    return trace_fail(p, p->line_begin + column, "expected a JSON object: %.100s", why->text);
}

static bool is_blank(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != ' ' && at[i] != '\t' && at[i] != '\r')
            return false;
    return true;
}

keda_status trace_json(trace_parse *p)
{
    keda_status rc = KEDA_OK;

    for (; rc == KEDA_OK && p->at < p->end; p->line++) {
        json_error_t why;
        p->line_begin = p->at;
        const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
        const size_t size = (size_t)((newline != NULL ? newline : p->end) - p->at);
        p->at += newline != NULL ? size + 1 : size;
        if (is_blank(p->line_begin, size))
            continue;
        if (size > LINE_BYTES)
            return trace_fail(p, p->line_begin, "a line is longer than 64 KiB");
        json_t *row = json_loadb(p->line_begin, size, JSON_REJECT_DUPLICATES, &why);
        /* jansson calls a token invalid that it had no memory for: the second time tells. */
        if (row == NULL && json_error_code(&why) == json_error_invalid_syntax)
            row = json_loadb(p->line_begin, size, JSON_REJECT_DUPLICATES, &why);
        rc = row == NULL ? not_json(p, &why) : take_row(p, row);
        json_decref(row);
    }
    if (rc == KEDA_OK)
        p->line_begin = p->at;
    return rc;
}
