/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a ScaledObject to work: with all it needs as one source of the engine, again whenever what the
 * engine would read has changed, and with what the cluster remembers of it. Takes it from work.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "operator/gather.h"
#include "operator/message.h"

#include <stdio.h>
#include <string.h>

static void source_id(const op_object *o, char *id, size_t size)
{
    (void)snprintf(id, size, "ScaledObject/%s", o->key);
}

/* ---- leaving */

void op_leave_engine(op_object *o)
{
    keda_workload_status status = {.struct_size = sizeof status};
    char id[640];

    if (!o->is_at_work)
        return;
    if (keda_engine_find(o->op->engine, o->key, &status, NULL) == KEDA_OK)
        o->last_active_wall_ms = status.last_active_wall_ms;
    source_id(o, id, sizeof id);
    engine_remove_private(o->op->engine, id);
    o->is_at_work = false;
    o->has_decided = false;
    o->is_own_target = false;
    o->work_hash = 0;
}

/* ---- what it was before */

static bool was_active(const keda_json *object)
{
    const keda_json *active = message_condition(keda_json_get(object, "status"), "Active");
    return strcmp(op_text(active, "status"), "True") == 0;
}

static int64_t time_at(const keda_json *object, const char *path)
{
    return clock_parse_utc(op_text(object, path));
}

static void remember(op_object *o, const keda_json *object)
{
    const int64_t stored_ms = time_at(object, "status.lastActiveTime");
    const engine_memory memory = {
        .created_wall_ms = time_at(object, "metadata.creationTimestamp"),
        .last_active_wall_ms =
            stored_ms > o->last_active_wall_ms ? stored_ms : o->last_active_wall_ms,
        .was_active = o->nputs == 0 && was_active(object),
        .original_replicas = o->original};

    engine_remember(o->op->engine, o->key, &memory);
}

/* ---- putting */

/* The first error without the place in a text that nobody has written. */
static void describe(const keda_findings *findings, keda_error *err)
{
    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        if (f->severity != KEDA_SEVERITY_ERROR)
            continue;
        const bool is_other =
            f->object[0] != '\0' && strncmp(f->object, "ScaledObject/", 13) != 0;
        keda_error_set(err, (keda_status)err->code, "%s%s%s%s%s", is_other ? f->object : "",
                       is_other ? ": " : "", f->path, f->path[0] != '\0' ? ": " : "",
                       f->message);
        return;
    }
}

/* Read by hpas.c, of which the reader of documents knows nothing. */
static bool is_ours(const keda_finding *f)
{
    return strstr(f->path, "transfer-hpa-ownership") != NULL ||
           strcmp(f->path, "spec.advanced.horizontalPodAutoscalerConfig.name") == 0;
}

/* Told when somebody has just written it, and not at every start. */
static void tell_warnings(op_object *o, const keda_json *object, const keda_findings *findings)
{
    const bool is_new =
        o->nputs > 0 || keda_json_count(keda_json_get(object, "status.conditions")) == 0;
    char text[900];

    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        if (f->severity != KEDA_SEVERITY_WARNING ||
            (is_ours(f) && strstr(f->message, "not honoured") != NULL))
            continue;
        (void)snprintf(text, sizeof text, "%s: %s", f->path, f->message);
        log_write(o->op->log, KEDA_LOG_WARN, "in the ScaledObject", "workload", o->key,
                  "reason", text, NULL);
        if (is_new)
            op_event(o, true, "KEDAScalerInfo", "Check", text);
    }
}

static void settle_put(op_object *o, const keda_json *object, uint64_t hash)
{
    if (!o->is_at_work)
        remember(o, object);
    o->is_at_work = true;
    o->is_own_target = true;
    o->work_hash = hash;
    o->failed_hash = 0;
    o->nputs++;
}

static op_progress put(op_object *o, const keda_json *object, const keda_buf *text,
                       uint64_t hash, keda_error *err)
{
    keda_findings *findings = NULL;
    keda_error mine = KEDA_ERROR_INIT;
    char id[640];

    source_id(o, id, sizeof id);
    if (keda_findings_new(&findings, err) != KEDA_OK)
        return OP_FAILS;
    const keda_status rc =
        engine_put_private(o->op->engine, id, text->data, text->size, findings, &mine);
    if (rc == KEDA_OK) {
        tell_warnings(o, object, findings);
        settle_put(o, object, hash);
    } else {
        describe(findings, &mine);
        o->failed_hash = hash;
        if (err != NULL)
            *err = mine;
    }
    keda_findings_free(findings);
    return rc == KEDA_OK ? OP_GOES_ON : OP_FAILS;
}

static op_progress put_when_changed(op_object *o, const keda_json *object,
                                    const op_gathered *parts, keda_error *err)
{
    keda_buf text = {0};
    op_progress progress = OP_FAILS;

    if (bundle_write(&text, object, parts->parts, parts->count, err) != KEDA_OK)
        goto out;
    const uint64_t hash = clock_hash(text.data, text.size) | 1;
    if (o->is_at_work && hash == o->work_hash) {
        progress = OP_GOES_ON;
    } else if (hash == o->failed_hash && o->retry_at_ms > op_now_ms(o->op)) {
        kept_error_get(&o->problem, err); /* it would fail as it did */
    } else {
        progress = put(o, object, &text, hash, err);
    }
out:
    if (text.data != NULL)
        mem_wipe(text.data, text.size);
    keda_buf_clear(&text);
    return progress;
}

/* What cannot be read for the moment does not stop what is at work: its triggers will say so. */
static op_progress excuse(const op_object *o, op_progress progress, const keda_error *err)
{
    const bool will_pass =
        err != NULL && (err->code == KEDA_EUNAVAILABLE || err->code == KEDA_ETIMEOUT ||
                        err->code == KEDA_ELIMIT);
    return progress == OP_FAILS && will_pass && o->is_at_work ? OP_WAITS : progress;
}

op_progress op_work(op_object *o, const keda_json *object, keda_error *err)
{
    op_gathered parts = {0};
    op_progress progress = excuse(o, op_gather(o, object, &parts, err), err);

    if (progress == OP_GOES_ON)
        progress = put_when_changed(o, object, &parts, err);
    op_gathered_clear(&parts);
    return progress;
}
