/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the status of a ScaledObject when something in it has changed: never before the first decision
 * (a restart writes nothing), one write at a time, what came meanwhile in the next. What the server has is
 * taken from its answer and its watch, whichever is later.
 */
#include "operator/status.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "operator/message.h"
#include "operator/operator.h"

#include <string.h>

/* ---- what is known */

typedef struct known {
    status_facts facts;
    keda_workload_status workload;
    keda_trigger_status *triggers;
    keda_error problem;
} known;

static void known_clear(known *k)
{
    mem_free(k->triggers);
    k->triggers = NULL;
}

static keda_status read_triggers(const op_object *o, known *k, keda_error *err)
{
    const size_t n = k->workload.ntriggers;

    if (n == 0)
        return KEDA_OK;
    k->triggers = mem_zalloc(n, sizeof *k->triggers);
    if (k->triggers == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        k->triggers[i].struct_size = sizeof k->triggers[i];
        const keda_status rc =
            keda_engine_trigger(o->op->engine, o->key, i, &k->triggers[i], err);
        if (rc != KEDA_OK)
            return rc;
    }
    k->facts.triggers = k->triggers;
    k->facts.ntriggers = n;
    return KEDA_OK;
}

static keda_status gather_facts(op_object *o, const keda_json *object, known *k,
                                keda_error *err)
{
    k->facts = (status_facts){.object = object, .original_replicas = o->original};
    if (o->follower != NULL)
        k->facts.resource = kube_follower_resource(o->follower);
    if (o->problem.code != KEDA_OK) {
        kept_error_get(&o->problem, &k->problem);
        k->facts.problem = &k->problem;
        return KEDA_OK;
    }
    if (!o->is_at_work)
        return KEDA_OK;
    k->workload.struct_size = sizeof k->workload;
    const keda_status rc = keda_engine_find(o->op->engine, o->key, &k->workload, err);
    if (rc != KEDA_OK)
        return rc;
    k->facts.workload = &k->workload;
    return read_triggers(o, k, err);
}

static keda_status tell_of_triggers(op_object *o, const known *k, keda_error *err)
{
    const size_t n = k->facts.ntriggers;

    if (n != o->nfailures_before) {
        int32_t *before = mem_zalloc(n + 1, sizeof *before);
        if (before == NULL)
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
        mem_free(o->failures_before);
        o->failures_before = before;
        o->nfailures_before = n;
    }
    if (n > 0)
        notes_of_triggers(k->facts.triggers, n, o->failures_before, op_event_note, o);
    return KEDA_OK;
}

/* ---- whether any of it is new */

static uint64_t mix(uint64_t digest, int64_t value)
{
    return (digest ^ (uint64_t)value) * 0x9e3779b97f4a7c15U + (digest >> 29);
}

static uint64_t mix_text(uint64_t digest, const char *text)
{
    return mix(digest, (int64_t)clock_hash(text, strlen(text)));
}

static uint64_t digest_of(const known *k)
{
    const keda_workload_status *w = &k->workload;
    const bool is_active = w->active.status == KEDA_CONDITION_TRUE;
    const int64_t parts[] = {w->ready.status,
                             w->ready.cause,
                             w->active.status,
                             w->active.cause,
                             w->paused.status,
                             w->paused.cause,
                             is_active ? 0 : w->last_active_wall_ms / 1000};
    uint64_t digest = mix_text(1, w->message);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        digest = mix(digest, parts[i]);
    for (size_t i = 0; i < k->facts.ntriggers; i++) {
        const keda_trigger_status *t = &k->triggers[i];
        const bool is_known = t->age_ms >= 0;
        digest = mix(mix(mix(mix(digest, t->state), t->is_active), t->failures), is_known);
        digest = mix_text(mix_text(digest, t->error), t->metric);
    }
    return digest | 1;
}

bool op_status_is_old(op_object *o)
{
    known k = {.problem = KEDA_ERROR_INIT};
    keda_error err = KEDA_ERROR_INIT;

    if (!o->is_status_due)
        return true;
    if (o->status_digest == 0 || !o->is_at_work || o->problem.code != KEDA_OK)
        return false;
    const bool is_old =
        gather_facts(o, NULL, &k, &err) == KEDA_OK && digest_of(&k) == o->status_digest;
    known_clear(&k);
    if (is_old)
        o->is_status_due = false;
    return is_old;
}

/* ---- writing */

void op_status_forget(op_object *o)
{
    mem_free(o->status_now);
    mem_free(o->status_was);
    o->status_now = NULL;
    o->status_was = NULL;
}

static void tell_of_change(op_object *o)
{
    keda_json *was = NULL, *now = NULL;

    if (o->status_now == NULL ||
        keda_json_parse(&now, o->status_now, strlen(o->status_now), NULL) != KEDA_OK)
        return;
    if (o->status_was == NULL ||
        keda_json_parse(&was, o->status_was, strlen(o->status_was), NULL) == KEDA_OK)
        notes_of_change(was, now, op_event_note, o);
    keda_json_free(was);
    keda_json_free(now);
}

static void written(const keda_json *body, const keda_error *err, void *user)
{
    op_object *o = user;

    (void)op_lane_end(o);
    if (err != NULL)
        o->status_digest = 0;
    if (err == NULL) {
        op_lane_refused(o, OP_STEP_STATUS, "", NULL);
        tell_of_change(o);
        op_object_learn(o, body);
    } else if (err->code != KEDA_ENOTFOUND && err->code != KEDA_ECONFLICT) {
        op_lane_refused(o, OP_STEP_STATUS, "the status cannot be written", err);
        o->is_status_due = true;
        op_object_retry(o);
    }
    op_status_forget(o); /* of an object that is gone or another: the watch will tell */
}

static keda_status keep_before(op_object *o, const keda_json *object, keda_buf *take_now)
{
    const keda_json *status = keda_json_get(object, "status");
    keda_buf was = {0};

    op_status_forget(o);
    if (status != NULL && keda_json_write(status, buf_write, &was, NULL) != KEDA_OK) {
        keda_buf_clear(&was);
        return KEDA_ENOMEM;
    }
    o->status_was = was.data;
    o->status_now = take_now->data;
    *take_now = (keda_buf){0};
    return KEDA_OK;
}

static keda_status send(op_object *o, const keda_json *object, keda_buf *now, const char *patch,
                        keda_error *err)
{
    keda_kube_ref ref;

    if (keep_before(o, object, now) != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    op_object_ref(o, &ref);
    const keda_status rc = keda_kube_patch(o->op->kube, &ref, "status", patch, KEDA_KUBE_STATUS,
                                           written, o, &o->call, err);
    if (rc == KEDA_OK)
        op_lane_begin(o, OP_STEP_STATUS);
    else
        op_status_forget(o);
    return rc;
}

/* *is_sent: false also when there is nothing to write. */
static keda_status write_status(op_object *o, const keda_json *object, const known *k,
                                bool *is_sent, keda_error *err)
{
    keda_buf now = {0}, patch = {0};
    keda_json *parsed = NULL;
    keda_status rc = status_write(&now, &k->facts, err);

    *is_sent = false;
    if (rc == KEDA_OK)
        rc = keda_json_parse(&parsed, now.data, now.size, err);
    if (rc != KEDA_OK)
        goto out;
    o->is_ready = strcmp(op_text(message_condition(parsed, "Ready"), "status"), "True") == 0;
    if (o->op->is_dry_run || (rc = status_patch(&patch, object, parsed, err)) != KEDA_OK ||
        patch.size == 0)
        goto out;
    rc = send(o, object, &now, patch.data, err);
    *is_sent = rc == KEDA_OK;
out:
    keda_json_free(parsed);
    keda_buf_clear(&now);
    keda_buf_clear(&patch);
    return rc;
}

static void fail(op_object *o, const keda_error *err)
{
    op_lane_refused(o, OP_STEP_STATUS, "the status cannot be made", err);
    o->is_status_due = true;
    op_object_retry(o);
}

/* A retry is waited for; what was never refused goes at once. */
static bool may_write(const op_object *o)
{
    return o->call == NULL && !op_lane_is_refused(o, OP_STEP_STATUS);
}

void op_status_send(op_object *o, const keda_json *object)
{
    const bool has_news = o->problem.code != KEDA_OK || (o->is_at_work && o->has_decided);
    keda_error err = KEDA_ERROR_INIT;
    known k = {.problem = KEDA_ERROR_INIT};
    bool is_sent = false;

    if (!o->is_status_due || !has_news || !may_write(o))
        return;
    o->is_status_due = false;
    keda_status rc = gather_facts(o, object, &k, &err);
    if (rc == KEDA_OK)
        rc = tell_of_triggers(o, &k, &err);
    if (rc == KEDA_OK)
        rc = write_status(o, object, &k, &is_sent, &err);
    o->status_digest = 0;
    if (rc != KEDA_OK)
        fail(o, &err);
    else if (k.facts.workload != NULL)
        o->status_digest = digest_of(&k);
    known_clear(&k);
}

/* ---- the step: a count that is to be restored must be known before it is changed */

op_progress op_note_count(op_object *o, const keda_json *object, keda_error *err)
{
    int64_t stored = -1;
    known k = {.facts = {.object = object, .original_replicas = o->original}};
    bool is_sent = false;

    (void)keda_json_int64(keda_json_get(object, "status.originalReplicaCount"), &stored);
    if (stored == o->original)
        o->is_retargeted = false;
    if (o->op->is_dry_run || !op_wants_restore(object) || stored == o->original ||
        o->original < 0)
        return OP_GOES_ON;
    if (!may_write(o))
        return OP_WAITS;
    k.facts.resource = kube_follower_resource(o->follower);
    if (write_status(o, object, &k, &is_sent, err) != KEDA_OK)
        return OP_FAILS;
    return is_sent ? OP_WAITS : OP_GOES_ON;
}
