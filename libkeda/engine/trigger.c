/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trigger's way through one poll. What a failure means for replicas is decided elsewhere: here it
 * only makes its readings unknown, never zero.
 */
#include "engine/trigger.h"

#include "base/mem.h"
#include "base/num.h"
#include "engine/report.h"
#include "engine/stage.h"

#include <stdio.h>
#include <string.h>

enum { REREAD_MS = 30000 };

/* ---- readings */

void metric_point(metric *m)
{
    m->reading.items_milli = m->many != NULL ? m->many : &m->item;
}

static metric *metrics_of(const trigger *t)
{
    return t->workload->metrics + t->first_metric;
}

static void forget_readings(trigger *t, int32_t state, int32_t error)
{
    for (size_t i = 0; i < t->specs.count; i++) {
        metric *m = &metrics_of(t)[i];
        m->reading.state = state;
        m->reading.error = error;
        m->reading.is_active = -1;
        m->reading.nitems = 0;
    }
}

static size_t count_values(const keda_poll *poll, size_t spec)
{
    size_t n = 0;
    for (size_t i = 0; i < poll->nvalues; i++)
        n += poll->values[i].spec_index == spec ? 1 : 0;
    return n;
}

static keda_status make_room(metric *m, size_t n)
{
    if (n <= 1 || n <= m->many_capacity)
        return KEDA_OK;
    int64_t *many = mem_realloc(m->many, n, sizeof *many);
    if (many == NULL)
        return KEDA_ENOMEM;
    m->many = many;
    m->many_capacity = n;
    return KEDA_OK;
}

/* Several readings of one metric are added up by the HPA; for activity likewise. */
static keda_status take_values(metric *m, const keda_poll *poll, size_t spec)
{
    const size_t n = count_values(poll, spec);
    size_t kept = 0;

    if (make_room(m, n) != KEDA_OK)
        return KEDA_ENOMEM;
    int64_t *items = m->many != NULL ? m->many : &m->item;
    m->reading.raw = 0.0;
    for (size_t i = 0; i < poll->nvalues; i++) {
        if (poll->values[i].spec_index != spec)
            continue;
        items[kept++] = num_milli(poll->values[i].raw);
        m->reading.raw += poll->values[i].raw;
    }
    m->reading.nitems = kept;
    m->reading.state = KEDA_READING_OK;
    m->reading.error = KEDA_OK;
    m->reading.is_active = poll->is_active;
    metric_point(m);
    return KEDA_OK;
}

static void note_value(metric *m, int64_t now_ms, const keda_metric_policy *policy)
{
    if (m->reading.nitems == 0)
        return;
    m->has_value = true;
    m->value = m->reading.raw;
    m->read_at_ms = now_ms;
    m->was_active =
        m->reading.is_active >= 0 ? m->reading.is_active : m->value > policy->activation;
}

bool trigger_has_reading(const trigger *t)
{
    return t->was_asked;
}

/* ---- health */

static void log_health(const trigger *t, int32_t level, const char *message)
{
    char index[16];
    const char *name = t->spec->name;

    (void)snprintf(index, sizeof index, "%d", (int)(t - t->workload->triggers));
    log_write(&t->workload->engine->log, level, message, "workload", t->workload->object.id,
              "trigger", name == NULL || name[0] == '\0' ? index : name, "type", t->spec->type,
              "error", kept_error_text(&t->error), NULL);
}

static bool is_state_unknown(int32_t status)
{
    return status == KEDA_EUNAVAILABLE || status == KEDA_ETIMEOUT || status == KEDA_ECANCELED ||
           status == KEDA_ELIMIT || status == KEDA_ENOMEM;
}

/* At once, then every 30 s while it lasts; one that comes and goes is not told more often. */
static void tell_refused(trigger *t)
{
    const int32_t now_s = (int32_t)(engine_now_ms(t->workload->engine) / 1000);

    if (t->has_told_refused && now_s - t->told_refused_s < REREAD_MS / 1000)
        return;
    t->has_told_refused = true;
    t->told_refused_s = now_s;
    report_refused(t->workload);
}

static void fail(trigger *t, const keda_error *err)
{
    keda_engine *e = t->workload->engine;
    const bool is_new = t->failures == 0;

    forget_readings(t, is_state_unknown(err->code) ? KEDA_READING_UNKNOWN : KEDA_READING_FAILED,
                    err->code);
    kept_error_set(&t->error, err);
    t->failures += t->failures < INT32_MAX ? 1 : 0;
    t->errors_total++;
    t->workload->errors_total++;
    if (is_new) {
        t->failing_since_ms = engine_wall_ms(e);
        log_health(t, KEDA_LOG_WARN, "trigger failing");
        report_changed(t->workload);
    }
    if (err->code == KEDA_EAUTH)
        tell_refused(t);
}

static void recover(trigger *t)
{
    backoff_reset(&t->backoff);
    t->has_reread = false;
    if (t->failures == 0)
        return;
    t->failures = 0;
    t->failing_since_ms = -1;
    kept_error_clear(&t->error);
    log_health(t, KEDA_LOG_INFO, "trigger recovered");
    report_changed(t->workload);
}

/* A type without an endpoint is its own; with one, the endpoint waits for all its users. */
static void back_off(trigger *t, const keda_error *err)
{
    keda_engine *e = t->workload->engine;
    const bool has_endpoint = t->instance != NULL && t->instance->endpoints.count > 0;

    if (!has_endpoint && backoff_counts(err->code))
        backoff_failed(&t->backoff, engine_now_ms(e), err->retry_after_ms, &e->random);
}

static keda_status take_all(trigger *t, const keda_poll *poll, keda_error *err)
{
    const workload *w = t->workload;
    const int64_t now_ms = engine_now_ms(w->engine);

    for (size_t i = 0; i < t->specs.count; i++) {
        metric *m = &metrics_of(t)[i];
        if (take_values(m, poll, i) != KEDA_OK)
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
        if (m->reading.nitems == 0)
            return keda_error_set(err, KEDA_EPROTOCOL, "no value for metric %s", m->spec->name);
        note_value(m, now_ms, &w->metric_policies[t->first_metric + i]);
    }
    return KEDA_OK;
}

void trigger_keep(trigger *t, const keda_poll *poll, const keda_error *err)
{
    keda_error own = KEDA_ERROR_INIT;

    t->was_asked = true;
    if (poll != NULL)
        t->latency_ms = engine_now_ms(t->workload->engine) - poll->started_ms;
    if (err == NULL && poll != NULL && take_all(t, poll, &own) == KEDA_OK) {
        recover(t);
        return;
    }
    if (err == NULL)
        err = &own;
    if (poll != NULL)
        back_off(t, err);
    fail(t, err);
}

/* ---- asking */

static bool wants_new_credentials(const trigger *t)
{
    const int64_t now_ms = engine_now_ms(t->workload->engine);
    return t->error.code == KEDA_EAUTH &&
           (!t->has_reread || now_ms - t->reread_at_ms >= REREAD_MS);
}

/* A changed secret makes another instance, and so another endpoint; the old one drains. */
static void reread_credentials(trigger *t)
{
    keda_scaler *fresh = NULL;
    uint64_t fingerprint = 0;

    tell_refused(t);
    t->has_reread = true;
    t->reread_at_ms = engine_now_ms(t->workload->engine);
    if (stage_again(t, &fresh, &fingerprint, NULL) != KEDA_OK)
        return;
    if (fingerprint == t->fingerprint) {
        instance_discard(fresh);
        return;
    }
    instance_close(t->instance);
    t->instance = fresh;
    t->fingerprint = fingerprint;
    backoff_reset(&t->backoff);
}

static keda_status open_instance(trigger *t, keda_error *err)
{
    keda_status rc = KEDA_OK;
    uint64_t fingerprint = 0;

    if (t->instance == NULL) {
        rc = stage_again(t, &t->instance, &fingerprint, err);
        if (rc != KEDA_OK)
            return rc;
        t->fingerprint = fingerprint;
    }
    if (t->instance->is_open)
        return KEDA_OK;
    rc = instance_open(t->instance, err);
    if (rc == KEDA_OK)
        return rc;
    if (err->code == KEDA_OK)
        keda_error_set(err, rc, "the trigger cannot be opened");
    instance_close(t->instance);
    t->instance = NULL;
    return rc;
}

static trigger_answer refuse(trigger *t, const keda_error *err)
{
    trigger_keep(t, NULL, err);
    return TRIGGER_REFUSED;
}

trigger_answer trigger_ask(trigger *t, const poll_question *question)
{
    keda_engine *e = t->workload->engine;
    keda_error err = KEDA_ERROR_INIT;

    if (t->instance != NULL && t->instance->poll != NULL)
        return TRIGGER_BUSY;
    if (wants_new_credentials(t))
        reread_credentials(t);
    if (backoff_left_ms(&t->backoff, engine_now_ms(e)) > 0)
        return TRIGGER_REFUSED; /* health and readings are what the failure left */
    if (open_instance(t, &err) != KEDA_OK) {
        backoff_failed(&t->backoff, engine_now_ms(e), err.retry_after_ms, &e->random);
        return refuse(t, &err);
    }
    if (poll_start(t->instance, question, &err) != KEDA_OK)
        return refuse(t, &err);
    return TRIGGER_ASKED;
}

/* ---- lifetime */

void trigger_close(trigger *t)
{
    keda_scaler *instance = t->instance;
    t->instance = NULL;
    if (instance != NULL && instance->is_open)
        instance_close(instance);
    else
        instance_discard(instance);
}

static void move_metric(metric *to, metric *from)
{
    const metric_spec *spec = to->spec;
    mem_free(to->many);
    *to = *from;
    to->spec = spec;
    from->many = NULL;
    from->many_capacity = 0;
    metric_point(from);
    metric_point(to);
}

void trigger_take_over(trigger *t, trigger *before)
{
    instance_discard(t->instance);
    t->instance = before->instance;
    before->instance = NULL;
    if (t->instance != NULL)
        poll_forget(t->instance);
    t->was_asked = before->was_asked;
    t->failures = before->failures;
    t->failing_since_ms = before->failing_since_ms;
    t->errors_total = before->errors_total;
    t->latency_ms = before->latency_ms;
    t->error = before->error;
    before->error = (kept_error){0};
    t->backoff = before->backoff;
    t->reread_at_ms = before->reread_at_ms;
    t->has_reread = before->has_reread;
    t->told_refused_s = before->told_refused_s;
    t->has_told_refused = before->has_told_refused;
    for (size_t i = 0; i < t->specs.count && i < before->specs.count; i++)
        move_metric(&metrics_of(t)[i], &metrics_of(before)[i]);
}

void trigger_clear(trigger *t)
{
    trigger_close(t);
    kept_error_clear(&t->error);
    spec_list_clear(&t->specs);
    *t = (trigger){0};
}
