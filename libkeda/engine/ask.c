/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions of a cycle. Answers always come later, never from inside the asking; what cannot be
 * asked at all is answered here and not counted.
 */
#include "engine/ask.h"

#include "engine/cycle.h"
#include "engine/report.h"
#include "engine/trigger.h"

enum {
    POLL_LIMIT_MS = 3000,
    SHORT_INTERVAL_MS = 500,
    WRITE_LIMIT_MS = 10000,
    MAX_CONFLICTS = 3,
    CACHED_INTERVALS = 3
};

int64_t ask_limit_ms(const workload *w)
{
    const int64_t interval_ms = w->object.polling_interval_ms;
    if (interval_ms > SHORT_INTERVAL_MS && interval_ms < POLL_LIMIT_MS)
        return interval_ms;
    return POLL_LIMIT_MS;
}

/* ---- triggers */

static void on_poll(const keda_poll *poll, const keda_error *err, void *user)
{
    trigger *t = user;
    const cycle_reading reading = {.trigger = t, .poll = poll, .err = err};
    cycle_on_reading(t->workload, &reading);
}

/* Upstream keeps what the last poll said for ever (Q9a). */
static bool is_cached(const trigger *t)
{
    const workload *w = t->workload;
    const metric *first = &w->metrics[t->first_metric];
    const bool expires = (w->engine->settings.deviations & KEDA_DEVIATION_CACHED_EXPIRES) != 0;

    if (!t->spec->use_cached_metrics || !trigger_has_reading(t))
        return false;
    return !expires || !first->has_value ||
           engine_now_ms(w->engine) - first->read_at_ms <=
               CACHED_INTERVALS * w->object.polling_interval_ms;
}

static void mark_cached(trigger *t, bool is_kept)
{
    workload *w = t->workload;

    for (size_t i = t->first_metric; i < t->first_metric + t->specs.count; i++) {
        const int32_t kept =
            w->metrics[i].was_fallback ? KEDA_CACHED_FALLBACK : KEDA_CACHED_READING;
        w->metrics[i].reading.is_cached = is_kept ? kept : KEDA_CACHED_NO;
    }
}

static uint32_t poll_bits(uint32_t due)
{
    uint32_t bits = (due & KEDA_DUE_POLL) != 0 ? (uint32_t)KEDA_POLL_ACTIVATION : 0;
    if ((due & KEDA_DUE_SYNC) != 0)
        bits |= KEDA_POLL_SYNC;
    return bits;
}

static void keep_busy(trigger *t)
{
    keda_error err = KEDA_ERROR_INIT;

    if (t->failures > 0) /* what it failed with says more */
        kept_error_get(&t->error, &err);
    else
        keda_error_set(&err, KEDA_ETIMEOUT, "the poll before has not ended");
    trigger_keep(t, NULL, &err);
}

int32_t ask_triggers(workload *w)
{
    const cycle *c = &w->cycle;
    int32_t n = 0;

    if ((w->object.pause & KEDA_PAUSE_FULL) != 0)
        return 0; /* KEDA: a paused object is not polled */
    for (size_t i = 0; i < w->object.ntriggers && !w->is_gone; i++) {
        trigger *t = &w->triggers[i];
        const poll_question question = {.due = poll_bits(c->due),
                                        .deadline_ms = c->deadline_ms,
                                        .answered = on_poll,
                                        .user = t};
        const bool is_needed = due_needs_reading(c->due, is_cached(t));
        mark_cached(t, !is_needed);
        if (!is_needed)
            continue;
        const trigger_answer answer = trigger_ask(t, &question);
        if (answer == TRIGGER_ASKED)
            n++;
        else if (answer == TRIGGER_BUSY)
            keep_busy(t);
    }
    return n;
}

/* ---- the target */

static void on_count(const keda_target_call *call, const keda_error *err, void *user)
{
    workload *w = user;
    const cycle_reading reading = {.err = err};
    (void)call;
    w->call = NULL;
    cycle_on_reading(w, &reading);
}

int32_t ask_count(workload *w)
{
    keda_error err = KEDA_ERROR_INIT;
    const target_question question = {.order = TARGET_OBSERVE,
                                      .deadline_ms = w->cycle.deadline_ms,
                                      .ended = on_count,
                                      .user = w};

    if (w->is_gone) /* a callback has just removed it */
        return 0;
    if (target_ask(w->target, &question, &w->call, &err) == KEDA_OK)
        return 1;
    ask_keep_count(w, &err);
    return 0;
}

void ask_keep_count(workload *w, const keda_error *err)
{
    const bool is_unreadable = err != NULL || w->target->seen.spec < 0;
    if (is_unreadable != w->is_unreadable)
        report_count_known(w, !is_unreadable, err == NULL ? "" : err->text);
    w->is_unreadable = is_unreadable;
    if (err != NULL)
        kept_error_set(&w->target->trouble, err);
    else
        kept_error_clear(&w->target->trouble);
}

static void on_write(const keda_target_call *call, const keda_error *err, void *user)
{
    workload *w = user;
    (void)call;
    w->call = NULL;
    cycle_apply(w, err);
}

void ask_write(workload *w, int32_t to)
{
    keda_error err = KEDA_ERROR_INIT;
    const target_question question = {.order = TARGET_SCALE,
                                      .to = to,
                                      .deadline_ms = engine_now_ms(w->engine) + WRITE_LIMIT_MS,
                                      .ended = on_write,
                                      .user = w};

    if (target_ask(w->target, &question, &w->call, &err) != KEDA_OK)
        cycle_apply(w, &err);
}

bool ask_count_again(workload *w)
{
    cycle *c = &w->cycle;

    if (c->conflicts >= MAX_CONFLICTS)
        return false;
    c->conflicts++;
    c->write = CYCLE_NO_WRITE;
    c->deadline_ms = engine_now_ms(w->engine) + ask_limit_ms(w);
    c->pending = 1;
    if (ask_count(w) == 0)
        cycle_decide(w);
    return true;
}

/* ---- what a decision is made from */

void ask_keep_failures(workload *w)
{
    const choice *made = w->cycle.choice;
    const uint32_t due = made->decision.due;

    if (!w->object.has_fallback || (due & (KEDA_DUE_POLL | KEDA_DUE_SYNC)) == 0)
        return;
    for (size_t i = 0; i < w->nmetrics; i++) {
        metric *m = &w->metrics[i];
        m->reading.failures = made->proposals[i].failures;
        if (due & KEDA_DUE_POLL)
            m->was_fallback = made->proposals[i].is_fallback != 0;
    }
}

void ask_observe(workload *w, keda_observation *out)
{
    const int64_t now_ms = engine_now_ms(w->engine);
    const keda_replicas *seen = &w->target->seen;

    for (size_t i = 0; i < w->nmetrics; i++) {
        metric *m = &w->metrics[i];
        m->reading.age_ms = m->has_value ? now_ms - m->read_at_ms : 0;
    }
    *out = (keda_observation)KEDA_OBSERVATION_INIT;
    out->now_ms = now_ms;
    out->created_ms = w->created_ms;
    out->due = w->cycle.due;
    if (!w->is_unreadable) {
        out->spec_replicas = seen->spec;
        out->status_replicas = seen->status;
        out->pods_total = seen->total;
        out->pods_ready = seen->ready;
    }
    out->readings = w->nmetrics == 0 ? NULL : &w->metrics[0].reading;
    out->nreadings = w->nmetrics;
    out->reading_size = sizeof w->metrics[0];
}
