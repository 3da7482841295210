/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces as text, CSV or JSON lines, into columns of times and values. Every error has its line and
 * column; size, columns and values are bounded.
 */
#ifndef SIMULATE_TRACE_H
#define SIMULATE_TRACE_H

#include <stdbool.h>

#include "simulate/names.h"

#define TRACE_UNKNOWN     ((double)NAN)      /* null, or nothing */
#define TRACE_FAILED      ((double)INFINITY) /* error */
#define TRACE_MAX_VALUE   1e15
#define TRACE_MAX_BYTES   (64u * 1024u * 1024u)
#define TRACE_MAX_COLUMNS 64
#define TRACE_MAX_VALUES  4000000u
#define TRACE_CELL        512

typedef struct trace_column {
    char name[128];
    bool is_rate;
    int32_t trigger; /* NAMES_NONE: all that have none of their own */
    int64_t *times;  /* milliseconds since the start */
    double *values;
    size_t count, times_capacity, values_capacity;
} trace_column;

typedef struct trace {
    trace_column columns[TRACE_MAX_COLUMNS];
    size_t ncolumns;
    int64_t start_wall_ms; /* 0: its times are not civil ones */
    int64_t last_ms;       /* time of the last row */
    size_t nrows;
} trace;

/* *out: the caller's, zeroed before; trace_clear, also after an error. */
keda_status trace_read(trace *out, const names *n, const char *id, const char *text,
                       size_t size, keda_error *err);
void trace_clear(trace *t);

#endif
