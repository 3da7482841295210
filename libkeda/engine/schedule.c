/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases: what shares an endpoint polls in the same moment, so that it is one batch; everything else
 * is spread over its interval by its name. Syncs have the phase of the polls, so that one of each
 * that fall together share their sample.
 */
#include "engine/schedule.h"

#include "engine/cycle.h"
#include "engine/endpoint.h"

#include <string.h>

enum { FIRST_SPREAD_MS = 1000 };

/* ---- phases */

int64_t schedule_next(int64_t after_ms, int64_t interval_ms, int64_t phase_ms)
{
    int64_t past = (after_ms - phase_ms) % interval_ms;
    if (past < 0)
        past += interval_ms;
    return after_ms + interval_ms - past;
}

static uint64_t batching_hash(const workload *w, uint64_t otherwise)
{
    for (size_t i = 0; i < w->object.ntriggers; i++) {
        const trigger *t = &w->triggers[i];
        if ((t->type->desc.flags & KEDA_SCALER_BATCHES) != 0 && t->instance != NULL &&
            t->instance->endpoints.count > 0)
            return endpoint_hash(t->instance->endpoints.items[0]);
    }
    return otherwise;
}

/* The seed keeps restarts and several engines from beating in time. */
static int64_t phase_of(const workload *w)
{
    clock_random random;
    const uint64_t own = clock_hash(w->object.id, strlen(w->object.id));

    clock_random_seed(&random, batching_hash(w, own) ^ w->engine->phase_seed);
    return (int64_t)(clock_random_next(&random) >> 2);
}

/* ---- ticks */

static bool is_scaled_up(const workload *w)
{
    return w->target != NULL && w->target->seen.spec > 0;
}

static void set_timer(workload *w);

static uint32_t due_bits(workload *w, int64_t now_ms)
{
    uint32_t due = 0;

    if (now_ms >= w->next_poll_ms) {
        due |= KEDA_DUE_POLL;
        w->lateness_ms = now_ms - w->next_poll_ms;
    }
    if (now_ms >= w->next_sync_ms && is_scaled_up(w))
        due |= KEDA_DUE_SYNC;
    return due;
}

/* The period is start to start; a moment that was missed altogether is not made up for. */
static void on_tick(loop_timer *timer, void *user)
{
    workload *w = user;
    const int64_t now_ms = engine_now_ms(w->engine);
    const uint32_t due = due_bits(w, now_ms);
    (void)timer;

    if (due != 0)
        cycle_start(w, due);
    w->phase_ms = phase_of(w); /* endpoints are known once triggers are open */
    if (now_ms >= w->next_poll_ms)
        w->next_poll_ms = schedule_next(now_ms, w->object.polling_interval_ms, w->phase_ms);
    if (now_ms >= w->next_sync_ms)
        w->next_sync_ms = schedule_next(now_ms, w->object.sync_interval_ms, w->phase_ms);
    set_timer(w);
}

static void set_timer(workload *w)
{
    int64_t due_ms = w->next_poll_ms;
    keda_error err = KEDA_ERROR_INIT;

    if (w->is_gone)
        return;
    if (is_scaled_up(w) && w->next_sync_ms < due_ms)
        due_ms = w->next_sync_ms;
    if (loop_timer_set(w->engine->loop, &w->tick, due_ms, on_tick, w, &err) != KEDA_OK)
        log_write(&w->engine->log, KEDA_LOG_ERROR, "workload stopped", "workload", w->object.id,
                  "error", err.text, NULL);
}

void schedule_start(workload *w, workload_begin how)
{
    w->phase_ms = phase_of(w);
    w->next_poll_ms = engine_now_ms(w->engine);
    if (how == WORKLOAD_SPREAD)
        w->next_poll_ms += w->phase_ms % FIRST_SPREAD_MS;
    w->next_sync_ms = w->next_poll_ms;
    set_timer(w);
}

void schedule_count_changed(workload *w)
{
    const int64_t now_ms = engine_now_ms(w->engine);

    if (w->next_sync_ms <= now_ms)
        w->next_sync_ms = schedule_next(now_ms, w->object.sync_interval_ms, w->phase_ms);
    set_timer(w);
}

void schedule_stop(workload *w)
{
    loop_timer_cancel(w->engine->loop, &w->tick);
}
