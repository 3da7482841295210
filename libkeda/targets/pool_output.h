/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a worker's output goes to the host's log: so much a second, each line up to a bound, and
 * nothing a terminal would take for an order. Pure: time comes in; process_pool.c logs.
 */
#ifndef TARGETS_POOL_OUTPUT_H
#define TARGETS_POOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OUTPUT_LINES = 200,        /* a second */
    OUTPUT_BYTES = 64 * 1024,  /* a second */
    OUTPUT_SHOWN = 3000,       /* of one line, as it is shown */
    OUTPUT_ROOM = 3000 + 4 + 1 /* with the mark of a cut and the terminator */
};

typedef struct pool_output {
    int64_t since_ms; /* the present second */
    size_t nlines, nbytes;
    int64_t ndropped; /* not yet told */
    int64_t due_ms;   /* to be told then */
    bool goes_on[2];  /* the next piece belongs to a line already seen; by stream */
} pool_output;        /* zeroed: nothing was written */

/* Counts a piece of a line as loop/child.h gives them; true when it is to be shown. */
bool output_takes(pool_output *output, size_t size, bool is_stderr, int64_t now_ms);
/* When dropped lines are to be told, -1: there are none. */
int64_t output_due_ms(const pool_output *output);
/* How many were dropped since this was asked last. */
int64_t output_take_dropped(pool_output *output);

/* Writes a line for people: what is no UTF-8 as U+FFFD, control characters other than the tab as
 * \xNN, a cut with " ..." behind; terminated. Returns out, which has OUTPUT_ROOM bytes. */
const char *output_show(char *out, const char *line, size_t size);

#endif
