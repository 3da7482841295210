/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question or order to a target and its completion; the public calls of keda/target.h that end
 * it.
 */
#include "engine/target.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void call_settle(ticket *t)
{
    keda_target_call *call = (keda_target_call *)t;
    const target_question *q = &call->question;
    keda_error err = KEDA_ERROR_INIT;

    call->is_settled = true;
    kept_error_get(&call->err, &err);
    target_call_ended(call);
    if (t->is_awaited)
        q->ended(call, err.code != KEDA_OK ? &err : NULL, q->user);
}

static void cancel(keda_target_call *call)
{
    const target_kind *kind = call->target->kind;
    if (kind->desc.cancel != NULL)
        kind->desc.cancel(call->target->state, call, kind->user);
}

static void call_expire(ticket *t)
{
    keda_target_call *call = (keda_target_call *)t;
    keda_error err = KEDA_ERROR_INIT;

    ticket_abandon(t);
    keda_error_set(&err, KEDA_ETIMEOUT, "no answer in time");
    cancel(call);
    call->question.ended(call, &err, call->question.user);
}

/* The engine's thread: with memory for another close, should there be none elsewhere. */
static void close_ended(keda_target_call *call)
{
    keda_target *t = call->target;
    keda_engine *e = t->engine;

    if (e->spare_call == NULL)
        e->spare_call = call;
    else
        mem_free(call);
    target_closed(t);
    target_close_waiting(e);
}

/* Closing must not fail: for a call without memory there is one in reserve. */
static keda_target_call *new_call(keda_engine *e, bool is_close)
{
    keda_target_call *call = mem_zalloc(1, sizeof *call);

    if (call != NULL || !is_close)
        return call;
    call = e->spare_call;
    e->spare_call = NULL;
    return call;
}

static void call_destroy(ticket *t)
{
    keda_target_call *call = (keda_target_call *)t;

    kept_error_clear(&call->err);
    if (call->question.order == TARGET_CLOSE && call->is_settled)
        close_ended(call);
    else
        mem_free(call);
}

static void hand_over(keda_target *t, keda_target_call *call)
{
    const keda_target_desc *desc = &t->kind->desc;

    switch (call->question.order) {
    case TARGET_OBSERVE:
        desc->observe(t->state, call, t->kind->user);
        return;
    case TARGET_SCALE:
        desc->scale(t->state, call->question.to, call, t->kind->user);
        return;
    case TARGET_CLOSE:
        desc->close(t->state, call, t->kind->user);
        return;
    }
}

keda_status target_ask(keda_target *t, const target_question *question, keda_target_call **out,
                       keda_error *err)
{
    keda_status rc = question->order == TARGET_CLOSE ? KEDA_OK : target_open(t, err);
    if (rc != KEDA_OK)
        return rc;
    const bool is_close = question->order == TARGET_CLOSE;
    keda_target_call *call = new_call(t->engine, is_close);
    if (call == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *call = (keda_target_call){.target = t, .question = *question};
    call->ticket.settle = call_settle;
    call->ticket.expire = call_expire;
    call->ticket.destroy = call_destroy;
    rc = ticket_open(&call->ticket, t->shared, question->deadline_ms, err);
    if (rc != KEDA_OK) { /* never of a close: it has no deadline to be set */
        mem_free(call);
        return rc;
    }
    call->replicas = (keda_replicas)KEDA_REPLICAS_INIT;
    t->ncalls++;
    if (is_close)
        t->close_call = call;
    if (out != NULL)
        *out = call;
    hand_over(t, call);
    return KEDA_OK;
}

void target_forget(keda_target_call *call)
{
    if (call == NULL || !call->ticket.is_awaited)
        return;
    ticket_abandon(&call->ticket);
    if (call->question.order == TARGET_OBSERVE) /* a write goes on */
        cancel(call);
}

/* ---- the target's side */

void keda_target_observed(keda_target_call *call, const keda_replicas *replicas)
{
    const size_t size = replicas->struct_size < sizeof call->replicas ? replicas->struct_size
                                                                      : sizeof call->replicas;
    memcpy(&call->replicas, replicas, size);
    call->replicas.struct_size = sizeof call->replicas;
    ticket_end(&call->ticket);
}

void keda_target_done(keda_target_call *call)
{
    ticket_end(&call->ticket);
}

void keda_target_fail(keda_target_call *call, const keda_error *err)
{
    keda_error own = KEDA_ERROR_INIT;

    keda_error_set(&own, KEDA_EINTERNAL, "the target failed without a reason");
    kept_error_set(&call->err, err != NULL && err->code != KEDA_OK ? err : &own);
    ticket_end(&call->ticket);
}

/* A worker's line of 4 KiB, and what is said around it. */
enum { LOG_SIZE = 4096 + 512 };

void keda_target_log(const keda_target *self, int32_t level, const char *format, ...)
{
    char text[LOG_SIZE];
    const log_sink *log = shared_log_enter(self->shared);
    if (log == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(log, level, text, "target", self->name, "kind", self->kind_name, NULL);
    shared_log_leave(self->shared);
}
