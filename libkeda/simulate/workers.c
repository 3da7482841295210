/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fluid model: between two moments at which something changes, items arrive and are served at even
 * rates, so that backlog and waiting time are exact.
 */
#include "simulate/workers.h"

#include "simulate/moment.h"

void workers_init(workers *w, const workers_rules *rules, int32_t replicas)
{
    queue *queues = w->queues;
    const size_t nqueues = w->nqueues;

    *w = (workers){.rules = *rules,
                   .replicas = replicas,
                   .started = replicas,
                   .queues = queues,
                   .nqueues = nqueues};
    w->peak_backlog = workers_backlog(w);
}

double workers_backlog(const workers *w)
{
    double sum = 0.0;
    for (size_t i = 0; i < w->nqueues; i++)
        sum += w->queues[i].backlog;
    return sum;
}

/* ---- a slice in which nothing changes */

static int32_t working(const workers *w)
{
    if (w->now_ms < w->paused_until_ms)
        return 0;
    if (w->rules.partitions > 0 && w->started > w->rules.partitions)
        return w->rules.partitions;
    return w->started;
}

static double take_rates(workers *w, int64_t middle_ms)
{
    double sum = 0.0;
    for (size_t i = 0; i < w->nqueues; i++) {
        w->queues[i].rate = feed_rate(w->queues[i].feed, middle_ms);
        sum += w->queues[i].rate;
    }
    return sum;
}

/* The replicas share themselves among the queues by what there is to do. */
static void serve(workers *w, double share, double seconds)
{
    for (size_t i = 0; i < w->nqueues; i++) {
        queue *q = &w->queues[i];
        const double work = q->backlog + q->rate * seconds;
        const double done = work * share;
        q->backlog = work - done;
        q->flow = done / seconds;
        w->served += done;
    }
}

static void flow(workers *w, double seconds, double rate)
{
    const double able = (double)working(w) * w->rules.service_rate;
    const double before = workers_backlog(w);
    const double work = before + rate * seconds;
    const bool is_enough = work <= able * seconds;

    w->arrived += rate * seconds;
    serve(w, is_enough || work <= 0.0 ? 1.0 : able * seconds / work, seconds);
    if (!is_enough)
        w->waiting_s += (before + workers_backlog(w)) / 2.0 * seconds;
    else if (before > 0.0) /* until the backlog is gone */
        w->waiting_s += before / 2.0 * before / (able - rate);
    const double after = workers_backlog(w);
    w->peak_backlog = after > w->peak_backlog ? after : w->peak_backlog;
}

/* ---- moments */

static int64_t slice_end(const workers *w, int64_t to_ms)
{
    int64_t end_ms = to_ms;

    if (w->nstarts > 0 && w->starts[0].at_ms < end_ms)
        end_ms = w->starts[0].at_ms;
    if (w->paused_until_ms > w->now_ms && w->paused_until_ms < end_ms)
        end_ms = w->paused_until_ms;
    for (size_t i = 0; i < w->nqueues; i++) {
        const int64_t next_ms = feed_next(w->queues[i].feed, w->now_ms);
        end_ms = next_ms < end_ms ? next_ms : end_ms;
    }
    return end_ms;
}

static void drop_first_start(workers *w)
{
    w->nstarts--;
    for (size_t i = 0; i < w->nstarts; i++)
        w->starts[i] = w->starts[i + 1];
}

static void start_due(workers *w)
{
    while (w->nstarts > 0 && w->starts[0].at_ms <= w->now_ms) {
        w->started += w->starts[0].count;
        drop_first_start(w);
    }
}

void workers_advance(workers *w, int64_t to_ms)
{
    while (w->now_ms < to_ms && w->nslices <= WORKERS_MAX_SLICES) {
        const int64_t end_ms = slice_end(w, to_ms);
        const double seconds = (double)(end_ms - w->now_ms) / 1000.0;
        w->working_s += (double)w->started * seconds;
        if (w->nqueues > 0)
            flow(w, seconds, take_rates(w, w->now_ms + (end_ms - w->now_ms) / 2));
        w->now_ms = end_ms;
        w->nslices++;
        start_due(w);
    }
}

/* ---- scaling */

static void stop(workers *w, int32_t count)
{
    while (count > 0 && w->nstarts > 0) {
        int32_t *newest = &w->starts[w->nstarts - 1].count;
        const int32_t n = *newest < count ? *newest : count;
        *newest -= n;
        count -= n;
        if (*newest == 0)
            w->nstarts--;
    }
    w->started -= count;
}

/* Where there is no room for another start, it is one with the newest. */
static void start(workers *w, int32_t count)
{
    const int64_t at_ms = w->now_ms + w->rules.startup_ms;

    if (w->rules.startup_ms == 0) {
        w->started += count;
        return;
    }
    if (w->nstarts == WORKERS_STARTS)
        count += w->starts[--w->nstarts].count;
    w->starts[w->nstarts].count = count;
    w->starts[w->nstarts].at_ms = at_ms;
    w->nstarts++;
}

void workers_scale(workers *w, int32_t to)
{
    if (to > w->replicas)
        start(w, to - w->replicas);
    else if (to < w->replicas)
        stop(w, w->replicas - to);
    if (to != w->replicas)
        w->paused_until_ms = w->now_ms + w->rules.pause_ms;
    w->replicas = to;
}

double workers_lag(const workers *w, const queue *q)
{
    double in_work = q->flow / w->rules.service_rate;
    const double most = (double)working(w);

    in_work = in_work < most ? in_work : most;
    return q->backlog > in_work ? q->backlog : in_work;
}
