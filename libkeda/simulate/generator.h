/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces that are computed: "ramp:from=0,to=500,over=10m", or with the parameters in their order
 * "ramp(0,500,10m)". Pure functions of time; the random ones of seed and time.
 */
#ifndef SIMULATE_GENERATOR_H
#define SIMULATE_GENERATOR_H

#include <stdbool.h>

#include <keda/error.h>

typedef enum generator_kind {
    GENERATOR_CONSTANT = 0,
    GENERATOR_RAMP,
    GENERATOR_STEP,
    GENERATOR_SINE,
    GENERATOR_BURST,
    GENERATOR_POISSON,
    GENERATOR_COUNT
} generator_kind;

typedef enum generator_meaning {
    GENERATOR_UNSAID = 0,
    GENERATOR_VALUE,
    GENERATOR_RATE
} generator_meaning;

enum { GENERATOR_NUMBERS = 2, GENERATOR_SPANS = 3, GENERATOR_TRIGGER = 128 };

typedef struct generator {
    generator_kind kind;
    double numbers[GENERATOR_NUMBERS];
    int64_t spans[GENERATOR_SPANS]; /* milliseconds */
    bool has_seed;
    uint64_t seed;
    generator_meaning meaning;
    char trigger[GENERATOR_TRIGGER]; /* "": for all */
} generator;

/* KEDA_EINVAL with the column in the text, and what was expected there. */
keda_status generator_parse(generator *out, const char *text, keda_error *err);
double generator_value(const generator *g, int64_t at_ms);
/* The first moment after at_ms up to which one value, that of the middle, is a good account. */
int64_t generator_next(const generator *g, int64_t at_ms);

#endif
