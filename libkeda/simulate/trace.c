/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns, rows and values of a trace, whatever its form.
 */
#include "simulate/trace.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "simulate/trace_parse.h"

/* ---- places */

keda_status trace_wrap(trace_parse *p, const char *at, keda_status rc)
{
    const int32_t column = (int32_t)(at - p->line_begin) + 1;

    if (p->err != NULL) {
        p->err->line = p->line;
        p->err->column = column;
    }
    return keda_error_wrap(p->err, rc, "%s:%d:%d", p->id, (int)p->line, (int)column);
}

keda_status trace_fail(trace_parse *p, const char *at, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_cut_broken_end(text);
    (void)keda_error_set(p->err, KEDA_EINVAL, "%s", text);
    return trace_wrap(p, at, KEDA_EINVAL);
}

/* ---- columns */

keda_status trace_add_column(trace_parse *p, const char *trigger, bool is_rate, const char *at,
                             size_t *out)
{
    trace *t = p->out;
    int32_t index = NAMES_NONE;

    if (trigger != NULL && (index = names_find(p->names, trigger)) == NAMES_NONE)
        return trace_wrap(p, at, names_unknown(p->names, trigger, p->err));
    for (size_t i = 0; i < t->ncolumns; i++) {
        if (t->columns[i].trigger != index)
            continue;
        if (t->columns[i].is_rate != is_rate)
            return trace_fail(p, at, "values and arrivals of the same trigger");
        *out = i;
        return KEDA_OK;
    }
    if (t->ncolumns == TRACE_MAX_COLUMNS)
        return trace_fail(p, at, "more than %d columns", TRACE_MAX_COLUMNS);
    trace_column *c = &t->columns[t->ncolumns];
    (void)text_copy(c->name, sizeof c->name, trigger == NULL ? "rate" : trigger);
    c->is_rate = is_rate;
    c->trigger = index;
    *out = t->ncolumns++;
    return KEDA_OK;
}

keda_status trace_column_of(trace_parse *p, const char *name, const char *at, size_t *out)
{
    static const char prefix[] = "rate:";

    if (names_find(p->names, name) != NAMES_NONE)
        return trace_add_column(p, name, false, at, out);
    if (strcmp(name, "rate") == 0)
        return trace_add_column(p, NULL, true, at, out);
    if (text_has_prefix(name, prefix))
        return trace_add_column(p, name + sizeof prefix - 1, true, at, out);
    return trace_add_column(p, name, false, at, out);
}

/* ---- rows */

keda_status trace_row(trace_parse *p, const char *time, const char *at)
{
    trace *t = p->out;
    int64_t ms = 0;
    const moment_kind kind = moment_parse(time, &ms);

    if (kind == MOMENT_BAD)
        return trace_fail(p, at, "expected a time, " MOMENT_FORMS ", not \"%.60s\"", time);
    if (t->nrows > 0 && kind != p->kind)
        return trace_fail(p, at, "times since the start and civil times in one trace");
    if (t->nrows == 0 && kind == MOMENT_WALL)
        t->start_wall_ms = ms;
    p->kind = kind;
    ms -= t->start_wall_ms;
    if (t->nrows > 0 && ms < t->last_ms)
        return trace_fail(p, at, "the time is before that of the row above");
    if (ms > MOMENT_MAX_MS)
        return trace_fail(p, at, "the trace is longer than a hundred years");
    t->last_ms = ms;
    t->nrows++;
    p->now_ms = ms;
    return KEDA_OK;
}

keda_status trace_word(trace_parse *p, const char *word, const char *at, double *out)
{
    if (word[0] == '\0' || strcmp(word, "null") == 0 || strcmp(word, "unknown") == 0) {
        *out = TRACE_UNKNOWN;
        return KEDA_OK;
    }
    if (strcmp(word, "error") == 0) {
        *out = TRACE_FAILED;
        return KEDA_OK;
    }
    if (num_parse_json_double(word, out) && fabs(*out) <= TRACE_MAX_VALUE)
        return KEDA_OK;
    return trace_fail(
        p, at, "expected a number up to 1e15, nothing, null or error, not \"%.60s\"", word);
}

keda_status trace_put(trace_parse *p, size_t column, double value, const char *at)
{
    trace_column *c = &p->out->columns[column];
    void *times = c->times, *values = c->values;
    keda_status rc;

    if (c->is_rate && value < 0.0)
        return trace_fail(p, at, "arrivals must not be negative");
    if (value < 0.0)
        return trace_fail(p, at, "%s: a value is not below 0; write 0", c->name);
    if (c->count > 0 && c->times[c->count - 1] == p->now_ms)
        return trace_fail(p, at, "a second value of %s at the same time", c->name);
    if (++p->nvalues > TRACE_MAX_VALUES) {
        (void)keda_error_set(p->err, KEDA_ELIMIT, "more than %u values", TRACE_MAX_VALUES);
        return trace_wrap(p, at, KEDA_ELIMIT);
    }
    rc = mem_grow(&times, &c->times_capacity, c->count, sizeof *c->times, p->err);
    c->times = times;
    if (rc == KEDA_OK)
        rc = mem_grow(&values, &c->values_capacity, c->count, sizeof *c->values, p->err);
    c->values = values;
    if (rc != KEDA_OK)
        return rc;
    c->times[c->count] = p->now_ms;
    c->values[c->count++] = value;
    return KEDA_OK;
}

/* ---- the text */

static keda_status check(trace_parse *p)
{
    if (p->out->nrows > 0)
        return KEDA_OK;
    return trace_fail(p, p->at, "expected a row with a time and values, but the trace ends");
}

keda_status trace_read(trace *out, const names *n, const char *id, const char *text,
                       size_t size, keda_error *err)
{
    trace_parse p = {.out = out,
                     .names = n,
                     .id = id,
                     .text = text,
                     .end = text + size,
                     .at = text,
                     .line_begin = text,
                     .line = 1,
                     .err = err};

    if (size > TRACE_MAX_BYTES)
        return keda_error_set(err, KEDA_ELIMIT, "%s: the trace is longer than 64 MiB", id);
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        p.at += 3;
    const char *first = p.at;
    while (first < p.end && (*first == ' ' || *first == '\n' || *first == '\r'))
        first++;
    keda_status rc = first < p.end && *first == '{' ? trace_json(&p) : trace_csv(&p);
    return rc == KEDA_OK ? check(&p) : rc;
}

void trace_clear(trace *t)
{
    for (size_t i = 0; i < t->ncolumns; i++) {
        mem_free(t->columns[i].times);
        mem_free(t->columns[i].values);
    }
    memset(t, 0, sizeof *t);
}
