/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two forms of traces share: places in the text, columns by name, rows in order of time,
 * and values as words. For trace.c, trace_csv.c and trace_json.c.
 */
#ifndef SIMULATE_TRACE_PARSE_H
#define SIMULATE_TRACE_PARSE_H

#include "simulate/moment.h"
#include "simulate/trace.h"

typedef struct trace_parse {
    trace *out;
    const names *names;
    const char *id;
    const char *text, *end, *at;
    const char *line_begin;
    int32_t line;
    moment_kind kind; /* of the times so far */
    int64_t now_ms;   /* of the row */
    size_t nvalues;
    keda_error *err;
} trace_parse;

/* Sets err with the place and returns KEDA_EINVAL. */
keda_status trace_fail(trace_parse *p, const char *at, const char *format, ...)
    KEDA_PRINTF(3, 4);
/* The same around an error that is already there. */
keda_status trace_wrap(trace_parse *p, const char *at, keda_status rc);

/* The column of that name ("rate", "rate:orders", a trigger), made when it is new. */
keda_status trace_column_of(trace_parse *p, const char *name, const char *at, size_t *out);
keda_status trace_add_column(trace_parse *p, const char *trigger, bool is_rate, const char *at,
                             size_t *out);
/* Begins a row; its time must not be before the one of the row above. */
keda_status trace_row(trace_parse *p, const char *time, const char *at);
/* "", null, unknown; error, failed; a number: what it stands for. */
keda_status trace_word(trace_parse *p, const char *word, const char *at, double *out);
keda_status trace_put(trace_parse *p, size_t column, double value, const char *at);

keda_status trace_csv(trace_parse *p);
keda_status trace_json(trace_parse *p);

#endif
