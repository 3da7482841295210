/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls with which a trigger type answers, and the end of a poll.
 */
#include "engine/poll.h"

#include "base/mem.h"
#include "engine/endpoint.h"

#include <assert.h>
#include <string.h>

static keda_poll *poll_of(ticket *t)
{
    return (keda_poll *)t;
}

/* ---- the engine's side */

static void poll_settle(ticket *t)
{
    keda_poll *poll = poll_of(t);
    keda_scaler *s = poll->scaler;

    endpoint_poll_ended(poll, poll->is_failed ? &poll->err : NULL);
    s->poll = NULL;
    instance_poll_ended(s);
    if (t->is_awaited)
        poll->answered(poll, poll->is_failed ? &poll->err : NULL, poll->user);
}

static void poll_expire(ticket *t)
{
    keda_poll *poll = poll_of(t);
    keda_error err = KEDA_ERROR_INIT;

    keda_error_set(&err, KEDA_ETIMEOUT, "no answer within %lld ms",
                   (long long)(t->deadline_ms - poll->started_ms));
    ticket_abandon(t);
    if (!endpoint_withdraw(poll)) {
        endpoint_poll_ended(poll, &err);
        instance_cancel(poll->scaler);
    }
    poll->answered(poll, &err, poll->user);
}

static void poll_destroy(ticket *t)
{
    keda_poll *poll = poll_of(t);

    if (poll->values != poll->few)
        mem_free(poll->values);
    instance_unref(poll->scaler);
    mem_free(poll);
}

keda_status poll_start(keda_scaler *s, const poll_question *question, keda_error *err)
{
    assert(s->poll == NULL);
    keda_poll *poll = mem_zalloc(1, sizeof *poll);
    if (poll == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    poll->ticket.settle = poll_settle;
    poll->ticket.expire = poll_expire;
    poll->ticket.destroy = poll_destroy;
    const keda_status rc = ticket_open(&poll->ticket, s->shared, question->deadline_ms, err);
    if (rc != KEDA_OK) {
        mem_free(poll);
        return rc;
    }
    poll->scaler = s;
    poll->due = question->due;
    poll->answered = question->answered;
    poll->user = question->user;
    poll->started_ms = engine_now_ms(s->engine);
    poll->started_wall_ms = engine_wall_ms(s->engine);
    poll->values = poll->few;
    poll->capacity = POLL_INLINE_VALUES;
    poll->is_active = -1;
    s->poll = poll;
    instance_ref(s);
    instance_poll(s, poll);
    return KEDA_OK;
}

void poll_forget(keda_scaler *s)
{
    keda_poll *poll = s->poll;
    keda_error err = KEDA_ERROR_INIT;

    if (poll == NULL || !poll->ticket.is_awaited)
        return;
    ticket_abandon(&poll->ticket);
    if (!endpoint_withdraw(poll))
        instance_cancel(s);
    keda_error_set(&err, KEDA_ECANCELED, "nobody waits for it any more");
    poll->answered(poll, &err, poll->user);
}

/* ---- the trigger type's side */

static void fail_for_memory(keda_poll *poll)
{
    poll->is_failed = true;
    keda_error_set(&poll->err, KEDA_ENOMEM, "out of memory");
}

void keda_poll_value(keda_poll *poll, size_t spec_index, double raw)
{
    if (poll->nvalues == poll->capacity) {
        const size_t capacity = poll->capacity * 2;
        poll_value *old = poll->values == poll->few ? NULL : poll->values;
        poll_value *values = mem_realloc(old, capacity, sizeof *values);
        if (values == NULL) {
            fail_for_memory(poll);
            return;
        }
        if (old == NULL)
            memcpy(values, poll->few, sizeof poll->few);
        poll->values = values;
        poll->capacity = capacity;
    }
    poll->values[poll->nvalues++] = (poll_value){.spec_index = spec_index, .raw = raw};
}

void keda_poll_active(keda_poll *poll, bool is_active)
{
    poll->is_active = is_active ? 1 : 0;
}

void keda_poll_done(keda_poll *poll)
{
    ticket_end(&poll->ticket);
}

void keda_poll_fail(keda_poll *poll, const keda_error *err)
{
    poll->is_failed = true;
    if (err != NULL && err->code != KEDA_OK)
        poll->err = *err;
    else
        keda_error_set(&poll->err, KEDA_EINTERNAL, "the poll failed without a reason");
    ticket_end(&poll->ticket);
}

int64_t keda_poll_deadline_ms(const keda_poll *poll)
{
    int64_t now_ms = 0;
    if (!shared_now_ms(poll->ticket.shared, &now_ms) || now_ms >= poll->ticket.deadline_ms)
        return 0;
    return poll->ticket.deadline_ms - now_ms;
}

int64_t keda_poll_wall_ms(const keda_poll *poll)
{
    return poll->started_wall_ms;
}

uint32_t keda_poll_due_bits(const keda_poll *poll)
{
    return poll->due;
}

const void *keda_poll_meta(const keda_poll *poll)
{
    return poll->scaler->meta;
}

void *keda_poll_state(const keda_poll *poll)
{
    return poll->scaler->state;
}

keda_scaler *keda_poll_scaler(const keda_poll *poll)
{
    return poll->scaler;
}

void keda_poll_via(keda_poll *poll, keda_endpoint *endpoint)
{
    endpoint_enqueue(endpoint, poll);
}
