/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workload's life: made from a document, inheriting from the one before, remembering across
 * restarts, put to work, ended, freed.
 */
#include "engine/workload.h"

#include "base/mem.h"
#include "engine/hosted.h"
#include "engine/journaling.h"
#include "engine/reaper.h"
#include "engine/records.h"
#include "engine/report.h"
#include "engine/schedule.h"
#include "engine/state.h"
#include "engine/trigger.h"

#include <stdio.h>
#include <string.h>

/* ---- making */

keda_status workload_new(workload **out, keda_engine *e, scaled_object *take_object,
                         keda_error *err)
{
    workload *w = mem_zalloc(1, sizeof *w);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    w->triggers = mem_zalloc(take_object->ntriggers, sizeof *w->triggers);
    if (w->triggers == NULL) {
        mem_free(w);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    w->engine = e;
    w->original_replicas = -1;
    w->last_scale_wall_ms = -1;
    w->object = *take_object;
    memset(take_object, 0, sizeof *take_object);
    *out = w;
    return KEDA_OK;
}

void workload_policy(const workload *w, keda_policy *out)
{
    scaled_object_policy(&w->object, out);
    out->deviations = w->engine->settings.deviations;
    out->sync_interval_ms = w->object.sync_interval_ms > INT32_MAX
                                ? INT32_MAX
                                : (int32_t)w->object.sync_interval_ms;
    out->metrics = w->metric_policies;
    out->nmetrics = w->nmetrics;
    out->metric_size = sizeof *w->metric_policies;
}

static void lay_out_metric(workload *w, size_t at, const trigger *t, const metric_spec *spec)
{
    metric *m = &w->metrics[at];

    m->reading = (keda_reading)KEDA_READING_INIT;
    m->spec = spec;
    m->trigger = (int32_t)(t - w->triggers);
    m->was_active = -1;
    metric_point(m);
    w->metric_names[at] = spec->name;
    w->metric_policies[at] = (keda_metric_policy){
        .struct_size = sizeof(keda_metric_policy),
        .source = metric_spec_source(spec),
        .target_type = t->spec->target_type,
        /* What a formula takes may have none; nothing is measured against it then. */
        .target_milli = spec->target_milli > 0 ? spec->target_milli : 1,
        .activation = spec->activation,
        .trigger = m->trigger,
        .is_cpu = spec->resource != NULL && spec->resource->is_cpu ? 1 : 0,
        .variable = scaled_object_variable(&w->object, (size_t)m->trigger)};
}

static keda_status make_history(workload *w, keda_error *err)
{
    const int64_t poll_ms = w->object.polling_interval_ms;
    const int64_t sync_ms = w->object.sync_interval_ms;
    keda_policy policy;

    workload_policy(w, &policy);
    const size_t size = keda_history_size(&policy, poll_ms < sync_ms ? poll_ms : sync_ms);
    w->history = mem_zalloc(1, size);
    if (w->history == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_history_init(w->history, size);
    return KEDA_OK;
}

/* What there is one of for each metric, in one piece: most workloads have one metric. */
static keda_status make_metrics(workload *w, size_t n, keda_error *err)
{
    const size_t policies_at = n * sizeof *w->metrics;
    const size_t names_at = policies_at + n * sizeof *w->metric_policies;
    char *memory = mem_zalloc(1, names_at + n * sizeof *w->metric_names);

    if (memory == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    w->nmetrics = n;
    w->metrics = (metric *)(void *)memory;
    w->metric_policies = (keda_metric_policy *)(void *)(memory + policies_at);
    w->metric_names = (const char **)(void *)(memory + names_at);
    return KEDA_OK;
}

keda_status workload_lay_out(workload *w, keda_error *err)
{
    size_t n = 0, at = 0;

    for (size_t i = 0; i < w->object.ntriggers; i++)
        n += w->triggers[i].specs.count;
    keda_status rc = make_metrics(w, n, err);
    if (rc != KEDA_OK)
        return rc;
    for (size_t i = 0; i < w->object.ntriggers; i++) {
        trigger *t = &w->triggers[i];
        t->first_metric = at;
        for (size_t j = 0; j < t->specs.count; j++)
            lay_out_metric(w, at++, t, &t->specs.items[j]);
    }
    rc = make_history(w, err);
    return rc == KEDA_OK ? records_make(w, err) : rc;
}

void workload_drop_draft(workload *w)
{
    if (w->draft == NULL)
        return;
    target_discard(w->draft->fresh_target);
    mem_free(w->draft->target_key);
    mem_free(w->draft);
    w->draft = NULL;
}

void workload_free(workload *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->object.ntriggers; i++)
        trigger_clear(&w->triggers[i]);
    for (size_t i = 0; i < w->nmetrics; i++)
        mem_free(w->metrics[i].many);
    mem_free(w->triggers);
    mem_free(w->metrics);
    mem_free(w->cycle.choice);
    mem_free(w->plan);
    mem_free(w->history);
    mem_free(w->ring);
    workload_drop_draft(w);
    scaled_object_clear(&w->object);
    mem_free(w);
}

/* ---- going on */

static void inherit_triggers(workload *w, workload *before)
{
    for (size_t i = 0; i < w->object.ntriggers && i < before->object.ntriggers; i++) {
        if (w->triggers[i].fingerprint == before->triggers[i].fingerprint)
            trigger_take_over(&w->triggers[i], &before->triggers[i]);
    }
}

void workload_inherit(workload *w, workload *before)
{
    before->is_gone = true; /* what its polls answer now is nobody's */
    keda_history_copy(w->history, before->history);
    inherit_triggers(w, before);
    w->is_inheriting = true;
    w->created_wall_ms = before->created_wall_ms;
    w->last_scale_wall_ms = before->last_scale_wall_ms;
    w->was_active = before->was_active;
    w->last = before->last;
    w->decisions_total = before->decisions_total;
    w->writes_total = before->writes_total;
    w->errors_total = before->errors_total;
    memcpy(w->decisions_by_reason, before->decisions_by_reason, sizeof w->decisions_by_reason);
    if (w->draft != NULL && before->target != NULL &&
        strcmp(w->draft->target_key, before->target->key) == 0)
        w->original_replicas = before->original_replicas;
}

/* Stored times are wall times; the history has the engine's. A clock set back must not make the
 * future of them. */
static int64_t monotonic_of(const keda_engine *e, int64_t wall_ms)
{
    const int64_t age_ms = engine_wall_ms(e) - wall_ms;
    return engine_now_ms(e) - (age_ms > 0 ? age_ms : 0);
}

void workload_recall(workload *w, const engine_memory *memory)
{
    keda_engine *e = w->engine;

    if (memory->created_wall_ms >= 0)
        w->created_wall_ms = memory->created_wall_ms;
    w->original_replicas = memory->original_replicas;
    w->was_active = memory->was_active;
    if (w->was_active) /* it was when the process ended: that counts as active until now */
        keda_history_set_last_active(w->history, 1, engine_now_ms(e));
    else if (memory->last_active_wall_ms >= 0)
        keda_history_set_last_active(w->history, 1,
                                     monotonic_of(e, memory->last_active_wall_ms));
    w->created_ms = monotonic_of(e, w->created_wall_ms);
}

static void remember(workload *w)
{
    keda_engine *e = w->engine;
    const char *id = w->object.id;
    const engine_memory memory = {
        .created_wall_ms = state_get(e->state, STATE_WORKLOAD, id, STATE_CREATED),
        .last_active_wall_ms = state_get(e->state, STATE_WORKLOAD, id, STATE_LAST_ACTIVE),
        .was_active = state_get(e->state, STATE_WORKLOAD, id, STATE_IS_ACTIVE) == 1,
        .original_replicas = (int32_t)state_get(e->state, STATE_WORKLOAD, id, STATE_ORIGINAL)};

    w->created_wall_ms = engine_wall_ms(e);
    if (memory.created_wall_ms < 0)
        state_put(e->state, STATE_WORKLOAD, id, STATE_CREATED, w->created_wall_ms);
    workload_recall(w, &memory);
}

void workload_start(workload *w, workload_begin how)
{
    if (!w->is_inheriting)
        remember(w);
    else
        w->created_ms = monotonic_of(w->engine, w->created_wall_ms);
    for (size_t i = 0; i < w->object.ntriggers; i++)
        w->object.triggers[i].metadata_node = NULL; /* its document is gone */
    if (!w->engine->settings.is_manual)
        schedule_start(w, how);
}

/* ---- ending */

void workload_end_work(workload *w, workload_end how)
{
    keda_engine *e = w->engine;

    w->is_gone = true;
    schedule_stop(w);
    target_forget(w->call);
    w->call = NULL;
    for (size_t i = 0; i < w->object.ntriggers; i++)
        trigger_close(&w->triggers[i]);
    if (w->target != NULL && w->target->owner == w)
        w->target->owner = NULL;
    if (how != WORKLOAD_REMOVED)
        w->object.restore_original = false;
    if (how == WORKLOAD_REMOVED)
        state_remove(e->state, STATE_WORKLOAD, w->object.id);
    journaling_forget(w);
    chain_add(&e->leaving, &w->leaving);
    reaper_wake(e);
}

static workload *of_leaving(chain_link *link)
{
    return (workload *)(void *)((char *)link - offsetof(workload, leaving));
}

static void restored(const keda_target_call *call, const keda_error *err, void *user)
{
    keda_engine *e = user;
    report_restored(e, call->target, call->question.to, err);
}

/* KEDA: restoreToOriginalReplicaCount; failures never block the removal. */
static void restore_original(const workload *w)
{
    enum { ORDER_LIMIT_MS = 10000 };
    keda_engine *e = w->engine;
    keda_error err = KEDA_ERROR_INIT;
    const target_question question = {.order = TARGET_SCALE,
                                      .to = w->original_replicas,
                                      .deadline_ms = engine_now_ms(e) + ORDER_LIMIT_MS,
                                      .ended = restored,
                                      .user = e};

    if (!w->object.restore_original || w->original_replicas < 0 || e->settings.is_dry_run)
        return;
    if (target_ask(w->target, &question, NULL, &err) != KEDA_OK)
        report_restored(e, w->target, w->original_replicas, &err);
}

void workload_settle_targets(keda_engine *e)
{
    /* Those of this change stand before those of changes before it. */
    for (chain_link *link = e->leaving.first; link != NULL; link = link->next) {
        workload *w = of_leaving(link);
        keda_target *t = w->target;
        if (w->is_settled)
            return;
        w->is_settled = true;
        if (t == NULL)
            continue;
        if (!t->is_given_up && t->owner == NULL) {
            restore_original(w);
            if ((t->kind->desc.flags & KEDA_TARGET_NEEDS_DOCUMENT) == 0)
                target_give_up(t);
        }
        w->target = NULL;
    }
}

void workload_reap(keda_engine *e)
{
    while (e->leaving.first != NULL) {
        workload *w = of_leaving(e->leaving.first);
        chain_remove(&e->leaving, &w->leaving);
        workload_free(w);
    }
}
