/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding or opening an endpoint, its batches, its back-off, and its end.
 */
#include "engine/endpoint.h"

#include "base/buf.h"
#include "base/mem.h"
#include "engine/module.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_LINGER_MS = 60000 };

struct endpoint_batch { /* of a blocking endpoint */
    loop_job job;       /* first */
    keda_endpoint *endpoint;
    bool is_cancelled;
    size_t npolls;
    keda_poll *polls[];
};

static bool is_blocking(const keda_endpoint *ep)
{
    return (ep->kind->desc.flags & KEDA_ENDPOINT_BLOCKING) != 0;
}

/* ---- identity: lengths keep "a=b" + "c" apart from "a" + "b=c" */

static keda_status name_of(const char *kind, const keda_param *params, size_t nparams,
                           keda_buf *out, keda_error *err)
{
    keda_status rc = buf_puts(out, kind);
    for (size_t i = 0; rc == KEDA_OK && i < nparams; i++) {
        const char *value = params[i].value == NULL ? "" : params[i].value;
        rc = buf_printf(out, " %s=%zu:%s", params[i].name, strlen(value), value);
    }
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

static void forget_name(keda_buf *name)
{
    if (name->data != NULL)
        mem_wipe(name->data, name->size);
    keda_buf_clear(name);
}

/* ---- opening */

static void free_endpoint(keda_endpoint *ep)
{
    mem_free_secret(ep->name);
    mem_free(ep->state);
    shared_unref(ep->shared);
    mem_free(ep);
}

static keda_status new_endpoint(keda_endpoint **out, keda_engine *e, endpoint_kind *kind,
                                const char *name, keda_error *err)
{
    keda_endpoint *ep = mem_zalloc(1, sizeof *ep);
    if (ep == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    ep->engine = e;
    ep->shared = shared_ref(e->shared);
    ep->kind = kind;
    ep->name = mem_strdup(name);
    ep->state = mem_zalloc(1, kind->desc.state_size);
    if (ep->name == NULL || ep->state == NULL) {
        free_endpoint(ep);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    *out = ep;
    return KEDA_OK;
}

static keda_status find_or_open(keda_engine *e, const char *kind, const keda_param *params,
                                size_t nparams, const char *name, keda_endpoint **out,
                                keda_error *err)
{
    endpoint_kind *known = NULL;
    keda_endpoint *ep = table_find(&e->endpoints, name);
    keda_status rc = KEDA_OK;

    if (ep != NULL) {
        *out = ep;
        return KEDA_OK;
    }
    if ((rc = module_need_endpoint(e, kind, &known, err)) != KEDA_OK || known == NULL)
        return rc;
    if ((rc = new_endpoint(&ep, e, known, name, err)) != KEDA_OK || ep == NULL)
        return rc;
    rc = ep->kind->desc.open(ep->state, params, nparams, ep, err, ep->kind->user);
    if (rc != KEDA_OK) {
        free_endpoint(ep);
        return rc;
    }
    table_add(&e->endpoints, &ep->node, ep->name);
    *out = ep;
    return KEDA_OK;
}

keda_status keda_endpoint_acquire(keda_scaler *self, const char *kind, const keda_param *params,
                                  size_t nparams, keda_endpoint **out, keda_error *err)
{
    keda_buf name = {0};
    keda_endpoint *ep = NULL;
    keda_status rc = KEDA_OK;

    if ((rc = name_of(kind, params, nparams, &name, err)) != KEDA_OK)
        goto out;
    if ((rc = pointers_reserve(&self->endpoints, 1, err)) != KEDA_OK)
        goto out;
    rc = find_or_open(self->engine, kind, params, nparams, name.data, &ep, err);
    if (rc != KEDA_OK || ep == NULL)
        goto out;
    ep->refs++;
    loop_timer_cancel(ep->engine->loop, &ep->linger);
    (void)pointers_add(&self->endpoints, ep, NULL);
    *out = ep;
out:
    forget_name(&name);
    return rc;
}

uint64_t endpoint_hash(const keda_endpoint *ep)
{
    return ep->node.hash;
}

/* ---- the end of one */

static void finish(keda_endpoint *ep)
{
    if (ep->has_thread)
        engine_give_thread(ep->engine);
    ep->engine->nendpoints_closing--;
    free_endpoint(ep);
}

static void worker_closed(void *user)
{
    finish(user);
}

static void close_kind(keda_endpoint *ep)
{
    if (ep->kind->desc.close != NULL)
        ep->kind->desc.close(ep->state, ep->kind->user);
}

static void work_close(loop_job *job, void *user)
{
    (void)job;
    close_kind(user);
}

static void cancel_batch(keda_endpoint *ep)
{
    if (ep->batch == NULL || ep->batch->is_cancelled)
        return;
    ep->batch->is_cancelled = true;
    if (ep->kind->desc.cancel != NULL)
        ep->kind->desc.cancel(ep->state, ep->kind->user);
}

static void close_endpoint(keda_endpoint *ep)
{
    keda_engine *e = ep->engine;

    table_remove(&e->endpoints, &ep->node);
    loop_timer_cancel(e->loop, &ep->linger);
    loop_after_cancel(e->loop, &ep->flush);
    ep->is_closing = true;
    e->nendpoints_closing++;
    cancel_batch(ep);
    /* A blocking client may block in close too, so it gets a thread for it above the cap. */
    if (is_blocking(ep) && ep->worker == NULL)
        (void)loop_worker_open(&ep->worker, e->loop, ep->kind->desc.kind, NULL);
    if (ep->worker == NULL) {
        close_kind(ep);
        finish(ep);
        return;
    }
    ep->close_job = (loop_job){.work = work_close, .user = ep};
    loop_worker_submit(ep->worker, &ep->close_job);
    loop_worker_close(ep->worker, worker_closed, ep);
}

static void on_linger(loop_timer *timer, void *user)
{
    keda_endpoint *ep = user;
    (void)timer;
    if (ep->refs == 0)
        close_endpoint(ep);
}

void endpoint_release(keda_endpoint *ep)
{
    keda_engine *e = ep->engine;

    if (--ep->refs > 0)
        return;
    const int64_t linger_ms =
        ep->kind->desc.linger_ms > 0 ? ep->kind->desc.linger_ms : DEFAULT_LINGER_MS;
    if (e->is_ending || loop_timer_set(e->loop, &ep->linger, engine_now_ms(e) + linger_ms,
                                       on_linger, ep, NULL) != KEDA_OK)
        close_endpoint(ep);
}

void endpoint_close_all(keda_engine *e)
{
    for (keda_endpoint *ep = table_next(&e->endpoints, NULL), *next; ep != NULL; ep = next) {
        next = table_next(&e->endpoints, ep);
        close_endpoint(ep);
    }
}

void endpoint_cancel_all(keda_engine *e)
{
    for (keda_endpoint *ep = table_next(&e->endpoints, NULL); ep != NULL;
         ep = table_next(&e->endpoints, ep))
        cancel_batch(ep);
}

/* ---- health */

static void log_change(const keda_endpoint *ep, int32_t level, const char *message,
                       const char *error)
{
    log_write(&ep->engine->log, level, message, "endpoint", ep->kind->desc.kind, "error", error,
              NULL);
}

static void judge_bad(keda_endpoint *ep)
{
    keda_engine *e = ep->engine;
    const bool is_first = ep->backoff.failures == 0;

    backoff_failed(&ep->backoff, engine_now_ms(e), ep->trouble.retry_after_ms, &e->random);
    if (is_first)
        log_change(ep, KEDA_LOG_WARN, "endpoint failing", ep->trouble.text);
}

static void judge_good(keda_endpoint *ep)
{
    if (ep->backoff.failures > 0)
        log_change(ep, KEDA_LOG_INFO, "endpoint recovered", "");
    backoff_reset(&ep->backoff);
}

/* One answer speaks for the peer; it is bad only when nothing of what it was asked came back. */
static void judge(keda_endpoint *ep)
{
    if (ep->ngood > 0)
        judge_good(ep);
    else if (ep->nbad > 0)
        judge_bad(ep);
    ep->ngood = 0;
    ep->nbad = 0;
}

void endpoint_poll_ended(keda_poll *poll, const keda_error *err)
{
    keda_endpoint *ep = poll->endpoint;

    if (ep == NULL || poll->is_counted)
        return;
    poll->is_counted = true;
    ep->nasked--;
    if (err == NULL || !(backoff_counts(err->code) || err->code == KEDA_ECANCELED)) {
        ep->ngood++;
    } else if (err->code != KEDA_ECANCELED) {
        ep->nbad++;
        ep->trouble = *err;
    }
    if (ep->nasked > 0)
        return;
    judge(ep);
    if (err != NULL && err->code == KEDA_ETIMEOUT)
        cancel_batch(ep); /* nobody waits for it any more */
}

/* ---- batches */

static void enqueue(keda_endpoint *ep, keda_poll *poll)
{
    poll->next = NULL;
    poll->is_queued = true;
    if (ep->last == NULL)
        ep->first = poll;
    else
        ep->last->next = poll;
    ep->last = poll;
}

static keda_poll *dequeue(keda_endpoint *ep)
{
    keda_poll *poll = ep->first;
    ep->first = poll->next;
    if (ep->first == NULL)
        ep->last = NULL;
    poll->is_queued = false;
    poll->next = NULL;
    return poll;
}

bool endpoint_withdraw(keda_poll *poll)
{
    keda_endpoint *ep = poll->endpoint;
    keda_poll *before = NULL;

    if (!poll->is_queued)
        return false;
    for (keda_poll *at = ep->first; at != poll; at = at->next)
        before = at;
    if (before == NULL)
        ep->first = poll->next;
    else
        before->next = poll->next;
    if (ep->last == poll)
        ep->last = before;
    poll->is_queued = false;
    poll->endpoint = NULL;
    ticket_end(&poll->ticket);
    return true;
}

/* Answers all that wait without asking the peer. */
static void refuse_all(keda_endpoint *ep, const keda_error *err)
{
    while (ep->first != NULL) {
        keda_poll *poll = dequeue(ep);
        poll->endpoint = NULL;
        keda_poll_fail(poll, err);
    }
}

static void flush(loop_after *after, void *user);

static void batch_done(loop_job *job, void *user)
{
    endpoint_batch *batch = user;
    keda_endpoint *ep = batch->endpoint;
    (void)job;
    ep->batch = NULL;
    mem_free(batch);
    if (ep->first != NULL)
        loop_after_add(ep->engine->loop, &ep->flush, flush, ep);
}

static void batch_drop(loop_job *job, void *user)
{
    (void)job;
    mem_free(user);
}

static void hand_over(keda_endpoint *ep, endpoint_batch *batch)
{
    ep->kind->desc.poll_batch(ep->state, batch->polls, batch->npolls, ep->kind->user);
}

static void work_batch(loop_job *job, void *user)
{
    endpoint_batch *batch = user;
    (void)job;
    hand_over(batch->endpoint, batch);
}

static endpoint_batch *take_batch(keda_endpoint *ep)
{
    const size_t max = ep->kind->desc.max_batch == 0 ? SIZE_MAX : ep->kind->desc.max_batch;
    size_t n = 0;

    for (const keda_poll *poll = ep->first; poll != NULL && n < max; poll = poll->next)
        n++;
    endpoint_batch *batch = mem_zalloc(1, sizeof *batch + n * sizeof(keda_poll *));
    if (batch == NULL)
        return NULL;
    batch->endpoint = ep;
    while (batch->npolls < n)
        batch->polls[batch->npolls++] = dequeue(ep);
    ep->nasked += n;
    return batch;
}

static keda_status start_worker(keda_endpoint *ep, keda_error *err)
{
    keda_engine *e = ep->engine;

    if (ep->worker != NULL)
        return KEDA_OK;
    if (!engine_take_thread(e))
        return keda_error_set(err, KEDA_ELIMIT, "%s: all %d threads are in use",
                              ep->kind->desc.kind, (int)e->settings.max_threads);
    const keda_status rc = loop_worker_open(&ep->worker, e->loop, ep->kind->desc.kind, err);
    if (rc != KEDA_OK)
        engine_give_thread(e);
    else
        ep->has_thread = true;
    return rc;
}

static void flush_blocking(keda_endpoint *ep)
{
    keda_error err = KEDA_ERROR_INIT;

    if (ep->batch != NULL || ep->first == NULL)
        return; /* what has come together meanwhile is the next one; or all were withdrawn */
    if (start_worker(ep, &err) != KEDA_OK) {
        refuse_all(ep, &err);
        return;
    }
    endpoint_batch *batch = take_batch(ep);
    if (batch == NULL) {
        keda_error_set(&err, KEDA_ENOMEM, "out of memory");
        refuse_all(ep, &err);
        return;
    }
    batch->job =
        (loop_job){.work = work_batch, .done = batch_done, .drop = batch_drop, .user = batch};
    ep->batch = batch;
    loop_worker_submit(ep->worker, &batch->job);
}

static void flush_direct(keda_endpoint *ep)
{
    while (ep->first != NULL) {
        endpoint_batch *batch = take_batch(ep);
        if (batch == NULL) {
            keda_error err = KEDA_ERROR_INIT;
            keda_error_set(&err, KEDA_ENOMEM, "out of memory");
            refuse_all(ep, &err);
            return;
        }
        hand_over(ep, batch);
        mem_free(batch);
    }
}

static void flush(loop_after *after, void *user)
{
    keda_endpoint *ep = user;
    (void)after;

    if (backoff_left_ms(&ep->backoff, engine_now_ms(ep->engine)) > 0)
        refuse_all(ep, &ep->trouble);
    else if (is_blocking(ep))
        flush_blocking(ep);
    else
        flush_direct(ep);
}

void endpoint_enqueue(keda_endpoint *ep, keda_poll *poll)
{
    if (!loop_gate_is_own_thread(ep->shared->gate)) {
        keda_error err = KEDA_ERROR_INIT;
        keda_error_set(&err, KEDA_EINTERNAL,
                       "keda_poll_via was called outside of the engine's thread");
        keda_poll_fail(poll, &err);
        return;
    }
    poll->endpoint = ep;
    enqueue(ep, poll);
    loop_after_add(ep->engine->loop, &ep->flush, flush, ep);
}

void keda_endpoint_log(const keda_endpoint *self, int32_t level, const char *format, ...)
{
    char text[512];
    const log_sink *log = shared_log_enter(self->shared);
    if (log == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(log, level, text, "endpoint", self->kind->desc.kind, NULL);
    shared_log_leave(self->shared);
}
