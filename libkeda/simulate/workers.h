/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload as a model: replicas that take time to start and stop all work for a while when their
 * number changes, and the items that wait for them. Between two moments everything flows evenly.
 */
#ifndef SIMULATE_WORKERS_H
#define SIMULATE_WORKERS_H

#include "simulate/feed.h"

enum { WORKERS_STARTS = 256 };
#define WORKERS_MAX_SLICES UINT64_C(200000000) /* in all; then time stands still */

typedef struct workers_rules {
    double service_rate; /* items a second and working replica */
    int64_t startup_ms, pause_ms;
    int32_t partitions; /* 0: no limit */
} workers_rules;

typedef struct queue {
    feed *feed;
    double backlog; /* not yet served */
    double flow;    /* items a second that were served last */
    double rate;    /* items a second that arrive, of the slice */
} queue;

typedef struct workers {
    workers_rules rules;
    int32_t replicas; /* as set */
    int32_t started;  /* of these, have started up */
    struct {
        int32_t count;
        int64_t at_ms;
    } starts[WORKERS_STARTS]; /* the others, oldest first */
    size_t nstarts;
    int64_t paused_until_ms, now_ms;
    queue *queues; /* the caller's */
    size_t nqueues;
    uint64_t nslices;
    double arrived, served, working_s, waiting_s, peak_backlog;
} workers;

void workers_init(workers *w, const workers_rules *rules, int32_t replicas);
/* Lets time pass. */
void workers_advance(workers *w, int64_t to_ms);
/* Their number is set: the newest stop first. */
void workers_scale(workers *w, int32_t to);
/* What a trigger reads of a queue: what waits, or is being worked on. */
double workers_lag(const workers *w, const queue *q);
double workers_backlog(const workers *w);

#endif
