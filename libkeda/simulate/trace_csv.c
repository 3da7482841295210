/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180): a header line with t or time first, then a row a moment; or the long form
 * t,trigger,value with a row a reading. Empty lines and lines that begin with # are skipped.
 */
#include <string.h>

#include "base/text.h"
#include "simulate/trace_parse.h"

enum { CELLS = TRACE_MAX_COLUMNS + 1 };

typedef struct csv {
    trace_parse *p;
    char cell[TRACE_CELL];
    const char *cell_at;
    bool is_last;          /* of its line */
    bool is_long;          /* t,trigger,value */
    bool is_long_rate;     /* t,trigger,rate */
    size_t columns[CELLS]; /* of the cells after the time */
    size_t ncells;
} csv;

/* ---- cells */

static bool ends_cell(const trace_parse *p)
{
    return p->at == p->end || *p->at == ',' || *p->at == '\n' || *p->at == '\r';
}

static keda_status add_byte(csv *c, size_t *n)
{
    if (*c->p->at == '\0')
        return trace_fail(c->p, c->p->at, "a NUL byte");
    if (*n + 1 >= sizeof c->cell)
        return trace_fail(c->p, c->cell_at, "a cell is longer than %d bytes", TRACE_CELL - 1);
    c->cell[(*n)++] = *c->p->at++;
    return KEDA_OK;
}

static keda_status take_quoted(csv *c)
{
    trace_parse *p = c->p;
    size_t n = 0;
    keda_status rc = KEDA_OK;

    p->at++;
    while (rc == KEDA_OK) {
        if (p->at == p->end || *p->at == '\n')
            return trace_fail(p, p->at, "expected \" before the end of the line");
        if (*p->at == '"' && p->at + 1 < p->end && p->at[1] == '"')
            p->at++;
        else if (*p->at == '"')
            break;
        rc = add_byte(c, &n);
    }
    c->cell[n] = '\0';
    if (rc != KEDA_OK)
        return rc;
    p->at++;
    if (!ends_cell(p))
        return trace_fail(p, p->at, "expected a comma after the quoted text");
    return KEDA_OK;
}

static keda_status take_bare(csv *c)
{
    size_t n = 0;
    keda_status rc = KEDA_OK;

    while (rc == KEDA_OK && !ends_cell(c->p))
        rc = add_byte(c, &n);
    while (n > 0 && (c->cell[n - 1] == ' ' || c->cell[n - 1] == '\t'))
        n--;
    c->cell[n] = '\0';
    return rc;
}

static void end_line(trace_parse *p)
{
    if (p->at < p->end && *p->at == '\r')
        p->at++;
    if (p->at < p->end && *p->at == '\n')
        p->at++;
    p->line_begin = p->at;
    p->line++;
}

/* The next cell, and the comma after it. */
static keda_status take_cell(csv *c)
{
    trace_parse *p = c->p;

    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
    c->cell_at = p->at;
    const keda_status rc = p->at < p->end && *p->at == '"' ? take_quoted(c) : take_bare(c);
    if (rc != KEDA_OK)
        return rc;
    c->is_last = p->at == p->end || *p->at != ',';
    if (!c->is_last)
        p->at++;
    return KEDA_OK;
}

static void skip_rest(trace_parse *p)
{
    while (p->at < p->end && *p->at != '\n')
        p->at++;
    end_line(p);
}

/* To the next line that says something; false at the end. */
static bool find_line(trace_parse *p)
{
    while (p->at < p->end && (*p->at == '\n' || *p->at == '\r' || *p->at == '#')) {
        if (*p->at == '#')
            skip_rest(p);
        else
            end_line(p);
    }
    return p->at < p->end;
}

/* ---- the header */

static bool is_time(const char *cell)
{
    return text_equal_nocase(cell, "t") || text_equal_nocase(cell, "time") ||
           text_equal_nocase(cell, "timestamp");
}

static keda_status header_cell(csv *c)
{
    keda_status rc = KEDA_OK;

    if (c->ncells == CELLS)
        return trace_fail(c->p, c->cell_at, "more than %d columns", TRACE_MAX_COLUMNS);
    if (c->cell[0] == '\0')
        return trace_fail(c->p, c->cell_at, "expected the name of a column");
    const size_t before = c->p->out->ncolumns;
    rc = trace_column_of(c->p, c->cell, c->cell_at, &c->columns[c->ncells]);
    if (rc == KEDA_OK && c->p->out->ncolumns == before)
        return trace_fail(c->p, c->cell_at, "a second column for the same trigger");
    c->ncells++;
    return rc;
}

/* The rest of the line is `trigger,value` or `trigger,rate`. */
static bool take_long_header(csv *c)
{
    static const char *const forms[] = {"trigger,value", "trigger,rate"};
    trace_parse *p = c->p;

    for (size_t i = 0; i < 2; i++) {
        const size_t n = strlen(forms[i]);
        const char *after = p->at + n;
        if ((size_t)(p->end - p->at) < n || memcmp(p->at, forms[i], n) != 0 ||
            (after < p->end && *after != '\n' && *after != '\r'))
            continue;
        c->is_long = true;
        c->is_long_rate = i == 1;
        p->at = after;
        return true;
    }
    return false;
}

static keda_status header(csv *c)
{
    keda_status rc = take_cell(c);

    if (rc != KEDA_OK)
        return rc;
    if (!is_time(c->cell))
        return trace_fail(c->p, c->cell_at,
                          "expected a header line that begins with t or time, not \"%.60s\"",
                          c->cell);
    if (c->is_last)
        return trace_fail(c->p, c->p->at, "expected a column after the time");
    if (take_long_header(c))
        return KEDA_OK;
    while (rc == KEDA_OK && !c->is_last) {
        rc = take_cell(c);
        if (rc == KEDA_OK)
            rc = header_cell(c);
    }
    return rc;
}

/* ---- rows */

static keda_status take_value(csv *c, size_t column)
{
    double value = 0.0;
    const keda_status rc = trace_word(c->p, c->cell, c->cell_at, &value);
    return rc == KEDA_OK ? trace_put(c->p, column, value, c->cell_at) : rc;
}

static keda_status wide_row(csv *c)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < c->ncells; i++) {
        if (c->is_last)
            return trace_fail(c->p, c->p->at, "expected %zu values, not %zu", c->ncells, i);
        rc = take_cell(c);
        if (rc == KEDA_OK)
            rc = take_value(c, c->columns[i]);
    }
    if (rc == KEDA_OK && !c->is_last)
        return trace_fail(c->p, c->p->at, "expected %zu values, not more", c->ncells);
    return rc;
}

static keda_status long_row(csv *c)
{
    size_t column = 0;
    keda_status rc = KEDA_OK;

    if (c->is_last)
        return trace_fail(c->p, c->p->at, "expected the name of a trigger");
    if ((rc = take_cell(c)) != KEDA_OK ||
        (rc = trace_add_column(c->p, c->cell, c->is_long_rate, c->cell_at, &column)) != KEDA_OK)
        return rc;
    if (c->is_last)
        return trace_fail(c->p, c->p->at, "expected a value");
    if ((rc = take_cell(c)) != KEDA_OK)
        return rc;
    if (!c->is_last)
        return trace_fail(c->p, c->p->at, "expected the end of the line");
    return take_value(c, column);
}

keda_status trace_csv(trace_parse *p)
{
    csv c = {.p = p};
    keda_status rc = KEDA_OK;

    if (!find_line(p))
        return trace_fail(p, p->at, "the trace is empty: expected a header line such as t,s0");
    if ((rc = header(&c)) != KEDA_OK)
        return rc;
    end_line(p);
    while (rc == KEDA_OK && find_line(p)) {
        if ((rc = take_cell(&c)) != KEDA_OK ||
            (rc = trace_row(p, c.cell, c.cell_at)) != KEDA_OK)
            break;
        rc = c.is_long ? long_row(&c) : wide_row(&c);
        if (rc == KEDA_OK)
            end_line(p);
    }
    return rc;
}
