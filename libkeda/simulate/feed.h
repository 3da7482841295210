/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each trigger's readings come from: columns of traces and generators, for one trigger or for
 * all that have none of their own. A feed is what they come to together, either values or arrivals.
 */
#ifndef SIMULATE_FEED_H
#define SIMULATE_FEED_H

#include "simulate/generator.h"
#include "simulate/trace.h"

typedef struct source { /* a column, or a generator when it has no times */
    bool is_rate;
    int64_t *times;
    double *values;
    size_t count, cursor; /* the row at or before the moment that was asked for last */
    double known;         /* the last value up to there that is one */
    generator generator;
} source;

typedef struct feed {
    bool is_rate;
    source *sources;
    size_t count, capacity;
} feed;

typedef struct feeds {
    feed *items; /* one a trigger, and the last one for all others */
    size_t ntriggers;
    size_t ngenerators;
    bool has_arrivals;
    int64_t start_wall_ms; /* of the first trace with civil times; 0: none */
    int64_t last_ms;       /* of the longest trace */
} feeds;

keda_status feeds_init(feeds *f, size_t ntriggers, keda_error *err);
void feeds_clear(feeds *f);

/* The columns move over on success. */
keda_status feeds_add_trace(feeds *f, trace *take_trace, keda_error *err);
keda_status feeds_add_generator(feeds *f, const generator *g, int32_t trigger, bool is_rate,
                                keda_error *err);

/* The feed a trigger reads; NULL: there is none. */
feed *feeds_of(const feeds *f, size_t trigger);
void feeds_rewind(feeds *f);

/* The sum of the sources at a moment, which must not be before the last one asked for;
 * TRACE_UNKNOWN or TRACE_FAILED when one of them is so. */
double feed_value(feed *f, int64_t at_ms);
/* Arrivals a second; where the trace knows none, as before. */
double feed_rate(feed *f, int64_t at_ms);
/* The first moment after at_ms at which the sources may change their course. */
int64_t feed_next(feed *f, int64_t at_ms);

#endif
