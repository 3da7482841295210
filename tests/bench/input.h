/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded inputs of HPA decisions, read from the file that hpa-generate writes and both sides of the
 * comparison read (README.md: the format). Nothing is decided here; hpa-go/input.go is the twin.
 */
#ifndef BENCH_INPUT_H
#define BENCH_INPUT_H

#include <keda/decide.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { INPUT_MAX_METRICS = 3, INPUT_MAX_ITEMS = 4, INPUT_MAX_RATES = 4, INPUT_MAX_PODS = 64 };
/* Bits of input_step.flags. */
enum { INPUT_GET_FAILS = 1, INPUT_WRITE_FAILS = 2, INPUT_FORGET = 4 };

/* A P line. Points into itself: it is never moved. */
struct input_policy {
    keda_policy policy;
    keda_metric_policy metrics[INPUT_MAX_METRICS];
    keda_scaling_rules up, down;
    keda_rate_policy up_rates[INPUT_MAX_RATES], down_rates[INPUT_MAX_RATES];
    struct input_policy *next; /* all policies of a sequence, to be freed with it */
};

/* A T line. */
struct input_step {
    const struct input_policy *policy;
    int64_t now_ms;
    int32_t override, status, pods, ready_percent; /* -1: as the count */
    int32_t flags;
    int8_t nitems[INPUT_MAX_METRICS]; /* -1: the call failed */
    int64_t items[INPUT_MAX_METRICS][INPUT_MAX_ITEMS];
};

/* An S line and what follows it. */
struct input_sequence {
    int32_t count; /* replicas at first */
    size_t nsteps;
    struct input_step *steps;
    struct input_policy *policies;
};

/* Checks the file's first line. */
bool input_open(FILE *file);
/* Reads the next sequence; false at the end. A malformed file ends the program, saying where. */
bool input_next(FILE *file, struct input_sequence *out);
void input_clear(struct input_sequence *sequence);

#endif
