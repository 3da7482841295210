/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of an answer to the engine's thread: from there itself by way of `after`, from elsewhere
 * through the gate, and into nothing when the engine is gone.
 */
#include "engine/ticket.h"

#include "base/clock.h"
#include "base/mem.h"

keda_status shared_new(engine_shared **out, loop *l, const log_sink *log, keda_error *err)
{
    engine_shared *shared = mem_zalloc(1, sizeof *shared);
    if (shared == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = loop_gate_new(&shared->gate, l, err);
    if (rc != KEDA_OK) {
        mem_free(shared);
        return rc;
    }
    atomic_init(&shared->refs, 1);
    shared->l = l;
    shared->clock = loop_clock(l);
    shared->log = *log;
    *out = shared;
    return KEDA_OK;
}

engine_shared *shared_ref(engine_shared *shared)
{
    atomic_fetch_add(&shared->refs, 1);
    return shared;
}

void shared_unref(engine_shared *shared)
{
    if (shared == NULL || atomic_fetch_sub(&shared->refs, 1) != 1)
        return;
    loop_gate_free(shared->gate);
    mem_free(shared);
}

bool shared_now_ms(engine_shared *shared, int64_t *now_ms)
{
    if (!loop_gate_enter(shared->gate))
        return false;
    *now_ms = clock_now_ms(shared->clock);
    loop_gate_leave(shared->gate);
    return true;
}

const log_sink *shared_log_enter(engine_shared *shared)
{
    if (shared->log.fn == NULL || !loop_gate_enter(shared->gate))
        return NULL;
    return &shared->log;
}

void shared_log_leave(engine_shared *shared)
{
    loop_gate_leave(shared->gate);
}

static void on_deadline(loop_timer *timer, void *user)
{
    ticket *t = user;
    (void)timer;
    if (t->is_awaited)
        t->expire(t);
}

static void destroy(ticket *t)
{
    engine_shared *shared = t->shared;
    t->destroy(t);
    shared_unref(shared);
}

static void settle(ticket *t)
{
    loop_timer_cancel(t->shared->l, &t->timer);
    t->settle(t);
    destroy(t);
}

static void after_run(loop_after *after, void *user)
{
    (void)after;
    settle(user);
}

static void task_run(loop_task *task, void *user)
{
    (void)task;
    settle(user);
}

keda_status ticket_open(ticket *t, engine_shared *shared, int64_t deadline_ms, keda_error *err)
{
    keda_status rc = KEDA_OK;
    if (deadline_ms != TICKET_NO_DEADLINE)
        rc = loop_timer_set(shared->l, &t->timer, deadline_ms, on_deadline, t, err);
    if (rc != KEDA_OK)
        return rc;
    t->shared = shared_ref(shared);
    t->deadline_ms = deadline_ms;
    t->is_awaited = true;
    return KEDA_OK;
}

void ticket_end(ticket *t)
{
    loop_gate *gate = t->shared->gate;

    if (loop_gate_is_own_thread(gate)) {
        loop_after_add(t->shared->l, &t->after, after_run, t);
        return;
    }
    t->task = (loop_task){.run = task_run, .user = t};
    if (!loop_gate_post(gate, &t->task))
        destroy(t);
}

void ticket_abandon(ticket *t)
{
    t->is_awaited = false;
    loop_timer_cancel(t->shared->l, &t->timer);
}
