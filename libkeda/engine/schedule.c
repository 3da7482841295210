/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phases: what shares an endpoint polls in the same moment, so that it is one batch; everything else
 * is spread over its interval by its name. Syncs have the phase of the polls, so that one of each
 * that fall together share their sample. When which of them is due is core/due.h's rule.
 */
#include "engine/schedule.h"

#include "core/due.h"
#include "engine/cycle.h"
#include "engine/endpoint.h"

#include <string.h>

enum { FIRST_SPREAD_MS = 1000 };

/* ---- phases */

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

static due_rule rule_of(const workload *w)
{
    return (due_rule){.poll_interval_ms = w->object.polling_interval_ms,
                      .sync_interval_ms = w->object.sync_interval_ms,
                      .phase_ms = w->phase_ms};
}

/* The period is start to start. */
static void on_tick(loop_timer *timer, void *user)
{
    workload *w = user;
    const int64_t now_ms = engine_now_ms(w->engine);
    const uint32_t due = due_bits(&w->next, now_ms, is_scaled_up(w));
    (void)timer;

    if ((due & KEDA_DUE_POLL) != 0)
        w->lateness_ms = now_ms - w->next.poll_ms;
    (void)schedule_claim(w, NULL); /* before a cycle's own timers take its place */
    if (due != 0)
        cycle_start(w, due);
    w->phase_ms = phase_of(w); /* endpoints are known once triggers are open */
    const due_rule rule = rule_of(w);
    due_pass(&w->next, &rule, now_ms);
    set_timer(w);
}

static void set_timer(workload *w)
{
    keda_error err = KEDA_ERROR_INIT;

    if (w->is_gone)
        return;
    if (loop_timer_set(w->engine->loop, &w->tick, due_next_ms(&w->next, is_scaled_up(w)),
                       on_tick, w, &err) != KEDA_OK)
        log_write(&w->engine->log, KEDA_LOG_ERROR, "workload stopped", "workload", w->object.id,
                  "error", err.text, NULL);
}

keda_status schedule_claim(workload *w, keda_error *err)
{
    if (w->engine->settings.is_manual)
        return KEDA_OK;
    return loop_timer_set(w->engine->loop, &w->tick, INT64_MAX, on_tick, w, err);
}

void schedule_start(workload *w, workload_begin how)
{
    w->phase_ms = phase_of(w);
    w->next.poll_ms = engine_now_ms(w->engine);
    if (how == WORKLOAD_SPREAD)
        w->next.poll_ms += w->phase_ms % FIRST_SPREAD_MS;
    w->next.sync_ms = w->next.poll_ms;
    set_timer(w);
}

void schedule_count_changed(workload *w)
{
    const due_rule rule = rule_of(w);

    due_count_changed(&w->next, &rule, engine_now_ms(w->engine));
    set_timer(w);
}

void schedule_stop(workload *w)
{
    loop_timer_cancel(w->engine->loop, &w->tick);
}
