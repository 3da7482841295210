/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulation's own struct, for the files of this room.
 */
#ifndef SIMULATE_SIMULATION_H
#define SIMULATE_SIMULATION_H

#include "core/due.h"
#include "simulate/feed.h"
#include "simulate/names.h"
#include "simulate/tally.h"
#include "simulate/workers.h"

/* A metric of the policy and its reading; the readings are an array walked by its size. */
typedef struct metric_reading {
    keda_reading reading; /* first */
    int64_t item_milli;
    int64_t read_at_ms;
} metric_reading;

struct keda_simulation {
    keda_plan plan;
    keda_plan_trigger *triggers;
    names names;
    keda_simulation_options options; /* all members */
    feeds feeds;
    queue *queues;    /* one a feed of arrivals */
    queue **queue_of; /* a trigger's; NULL: it reads values */
    metric_reading *readings;
    bool *was_asked; /* a trigger's */
    double *lags;    /* a trigger's last reading; NaN: not known */
    keda_proposal *proposals;
    keda_history *history;
    size_t history_size;
    workers workers;
    tally tally;
    int32_t start_replicas;
    int64_t start_wall_ms; /* 0: none */
    bool has_run;
};

/* The error of asking for what a run leaves, when there was none. */
keda_status simulation_needs_run(const keda_simulation *s, keda_error *err);

#endif
