/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effects of a decision besides the write: counters, state file, log, the host's callback, in
 * this order.
 */
#include "engine/report.h"

#include "engine/records.h"
#include "engine/schedule.h"
#include "engine/state.h"

#include <stdio.h>

enum { TEXT_SIZE = 512 };

/* ---- counters and state file */

static void count(workload *w, keda_outcome outcome)
{
    const keda_decision *d = &w->cycle.choice->decision;

    w->decisions_total++;
    if (d->reason >= 0 && d->reason < KEDA_REASON_COUNT)
        w->decisions_by_reason[d->reason]++;
    if (outcome == KEDA_OUTCOME_FAILED)
        w->errors_total++;
    if (outcome != KEDA_OUTCOME_WRITTEN)
        return;
    w->writes_total++;
    w->last_scale_wall_ms = engine_wall_ms(w->engine);
}

/* KEDA captures it at the first reconcile. */
static void keep_original(workload *w)
{
    const int32_t seen = w->cycle.choice->seen.spec_replicas;
    if (w->original_replicas >= 0 || seen < 0)
        return;
    w->original_replicas = seen;
    state_put(w->engine->state, STATE_WORKLOAD, w->object.id, STATE_ORIGINAL, seen);
}

/* Written at changes only, so that one that stays active writes nothing. */
static void keep_activity(workload *w)
{
    keda_engine *e = w->engine;
    const keda_decision *d = &w->cycle.choice->decision;
    int64_t last_ms = 0;

    if (d->is_last_active_set && !w->was_active) {
        w->was_active = true;
        state_put(e->state, STATE_WORKLOAD, w->object.id, STATE_IS_ACTIVE, 1);
        return;
    }
    if (!w->was_active || d->is_active || d->is_error || (d->due & KEDA_DUE_POLL) == 0)
        return;
    w->was_active = false;
    if (keda_history_last_active(w->history, &last_ms))
        state_put(e->state, STATE_WORKLOAD, w->object.id, STATE_LAST_ACTIVE,
                  engine_wall_ms(e) - (d->now_ms - last_ms));
    state_put(e->state, STATE_WORKLOAD, w->object.id, STATE_IS_ACTIVE, 0);
}

/* ---- log */

static void log_counts(const workload *w, int32_t level, const char *message, const char *text,
                       const keda_error *err)
{
    const keda_decision *d = &w->cycle.choice->decision;
    char from[16], to[16];

    (void)snprintf(from, sizeof from, "%d", (int)d->from);
    (void)snprintf(to, sizeof to, "%d", (int)d->to);
    log_write(&w->engine->log, level, message, "workload", w->object.id, "from", from, "to", to,
              "reason", keda_reason_name(d->reason), "text", text, err == NULL ? NULL : "error",
              err == NULL ? NULL : err->text, NULL);
}

static void log_outcome(workload *w, keda_outcome outcome, const char *text,
                        const keda_error *err)
{
    const keda_decision *d = &w->cycle.choice->decision;
    const bool is_dry = outcome == KEDA_OUTCOME_NOT_WRITTEN && d->is_write;
    const bool was_dry_same = w->dry_to == d->to && w->is_dry_logged;

    if (outcome == KEDA_OUTCOME_WRITTEN)
        log_counts(w, KEDA_LOG_INFO, "scaled", text, NULL);
    else if (outcome == KEDA_OUTCOME_FAILED && !w->is_scale_failing)
        log_counts(w, KEDA_LOG_ERROR, "scale failed", text, err);
    else if (is_dry && !was_dry_same)
        log_counts(w, KEDA_LOG_INFO, "would scale (dry run)", text, NULL);
    if (outcome != KEDA_OUTCOME_NOT_WRITTEN)
        w->is_scale_failing = outcome == KEDA_OUTCOME_FAILED;
    w->is_dry_logged = is_dry;
    w->dry_to = d->to;
}

void report_changed(const workload *w)
{
    const engine_observer *observer = &w->engine->observer;
    if (observer->changed != NULL)
        observer->changed(w->object.id, observer->user);
}

void report_refused(const workload *w)
{
    const engine_observer *observer = &w->engine->observer;
    if (observer->refused != NULL)
        observer->refused(w->object.id, observer->user);
}

void report_count_known(const workload *w, bool is_known, const char *error)
{
    const keda_target *t = w->target;

    report_changed(w);
    if (is_known)
        log_write(&w->engine->log, KEDA_LOG_INFO, "target known again", "workload",
                  w->object.id, "target", t->name, NULL);
    else
        log_write(&w->engine->log, KEDA_LOG_WARN, "target unknown", "workload", w->object.id,
                  "target", t->name, "error", error, NULL);
}

void report_trouble(const keda_target *t, const char *error)
{
    const char *id = t->owner == NULL ? "" : t->owner->object.id;

    if (t->owner != NULL)
        report_changed(t->owner);
    if (error == NULL)
        log_write(&t->engine->log, KEDA_LOG_INFO, "target well again", "workload", id, "target",
                  t->name, NULL);
    else
        log_write(&t->engine->log, KEDA_LOG_WARN, "target in trouble", "workload", id, "target",
                  t->name, "error", error, NULL);
}

void report_restored(keda_engine *e, const keda_target *t, int32_t to, const keda_error *err)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%d", (int)to);
    if (err != NULL)
        log_write(&e->log, KEDA_LOG_ERROR, "restoring the original count failed", "target",
                  t->name, "to", text, "error", err->text, NULL);
    else
        log_write(&e->log, KEDA_LOG_INFO, "original count restored", "target", t->name, "to",
                  text, NULL);
}

/* ---- the host */

static void call_host(workload *w, keda_outcome outcome, const char *text,
                      const keda_error *err)
{
    const engine_settings *settings = &w->engine->settings;
    const choice *made = w->cycle.choice;
    const keda_decision_record record = {.struct_size = sizeof record,
                                         .workload = w->object.id,
                                         .wall_ms = engine_wall_ms(w->engine),
                                         .policy = &made->policy,
                                         .seen = &made->seen,
                                         .decision = &made->decision,
                                         .metrics = w->metric_names,
                                         .outcome = (int32_t)outcome,
                                         .is_dry_run = settings->is_dry_run,
                                         .error = err,
                                         .text = text};

    if (w->engine->observer.decided != NULL)
        w->engine->observer.decided(&record, w->engine->observer.user);
    if (settings->on_decision != NULL)
        settings->on_decision(&record, settings->decision_user);
}

void report_undecided(workload *w)
{
    w->errors_total++;
    log_write(&w->engine->log, KEDA_LOG_ERROR, "nothing decided", "workload", w->object.id,
              "error", "out of memory", NULL);
}

void report_decision(workload *w, keda_outcome outcome, const keda_error *write_err)
{
    char text[TEXT_SIZE] = "";
    const bool is_told = w->engine->settings.on_decision != NULL ||
                         w->engine->observer.decided != NULL ||
                         (w->cycle.choice->decision.is_write && w->engine->log.fn != NULL);

    count(w, outcome);
    keep_original(w);
    keep_activity(w);
    if (w->target->seen.spec > 0)
        schedule_count_changed(w);
    if (!is_told)
        return;
    records_line(w, text, sizeof text);
    log_outcome(w, outcome, text, write_err);
    call_host(w, outcome, text, write_err);
}
