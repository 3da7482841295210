/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run leaves behind: sums, changes of the count, and its course in a bounded number of parts,
 * each with its extremes, for pictures. Nothing is allocated per step.
 */
#ifndef SIMULATE_TALLY_H
#define SIMULATE_TALLY_H

#include <keda/simulate.h>

#include <stdbool.h>

enum { TALLY_PARTS = 1200, TALLY_TEXTS = 4096, TALLY_TEXT = 200, TALLY_CHANGES = 4000000 };

typedef struct tally_range {
    double first, low, high, last;
} tally_range;

enum tally_activity { TALLY_ACTIVE = 1 << 0, TALLY_INACTIVE = 1 << 1, TALLY_UNKNOWN = 1 << 2 };

typedef struct tally_part {
    bool is_used;
    int64_t at_ms; /* of its first step */
    unsigned activity;
    tally_range set, working, wanted, lag; /* lag: of all triggers together */
} tally_part;

typedef struct tally_change {
    int64_t at_ms;
    double lag;
    int32_t from, to, reason;
    int32_t text; /* number of its text; -1: not kept */
} tally_change;

typedef struct tally {
    keda_simulation_summary sum;
    size_t nlags; /* triggers */
    tally_part parts[TALLY_PARTS];
    tally_range *lags; /* TALLY_PARTS a trigger */
    tally_change *changes;
    size_t nchanges, changes_capacity;
    char (*texts)[TALLY_TEXT];
    size_t ntexts, texts_capacity;
    /* as of the last step */
    int64_t last_ms;
    int32_t last_to, last_wanted, direction;
    double last_lag;
    double known_s, lag_s;
} tally;

/* One step, as it is counted: lags are of the triggers, NaN where not known. */
typedef struct tally_step {
    int64_t at_ms;
    const keda_decision *decision;
    const double *lags;
    double lag; /* their sum */
    int32_t working, wanted;
    bool has_unknown;
    const char *text; /* of a change; else "" */
} tally_step;

keda_status tally_init(tally *t, size_t nlags, keda_error *err);
void tally_clear(tally *t);
/* Empty again, for a run that long from that many replicas. */
void tally_begin(tally *t, int64_t duration_ms, int32_t replicas);
keda_status tally_add(tally *t, const tally_step *s, keda_error *err);
void tally_end(tally *t);
/* The count at a moment of the run. */
int32_t tally_replicas_at(const tally *t, int64_t at_ms, int32_t at_start);

#endif
