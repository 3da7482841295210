/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status as KEDA lays it out. What is not known now (nothing decided yet, target not found yet) keeps what
 * the object has, so that a restart writes nothing. Conditions are conditions.c's; the difference to what
 * the server has is patch.c's.
 */
#include "operator/status.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "operator/conditions.h"
#include "operator/copy.h"
#include "operator/message.h"
#include "operator/refs.h"

typedef struct writer {
    json_text j;
    const status_facts *facts;
    const keda_json *old; /* the status the object has */
} writer;

static void keep(writer *w, const char *name)
{
    copy_value(&w->j, name, copy_member(w->old, name));
}

/* ---- the target */

static void put_target(writer *w)
{
    const kube_resource *r = w->facts->resource;
    char kind[256];

    if (r == NULL) {
        keep(w, "scaleTargetKind");
        keep(w, "scaleTargetGVKR");
        return;
    }
    (void)snprintf(kind, sizeof kind, "%s/%s.%s", r->group, r->version, r->kind);
    json_text_string(&w->j, "scaleTargetKind", kind);
    json_text_open(&w->j, "scaleTargetGVKR", '{');
    json_text_string(&w->j, "group", r->group);
    json_text_string(&w->j, "version", r->version);
    json_text_string(&w->j, "kind", r->kind);
    json_text_string(&w->j, "resource", r->plural);
    json_text_close(&w->j, '}');
}

static void put_history(writer *w)
{
    const keda_workload_status *s = w->facts->workload;
    char time[40];

    if (w->facts->original_replicas >= 0)
        json_text_int(&w->j, "originalReplicaCount", w->facts->original_replicas);
    else
        keep(w, "originalReplicaCount");
    if (s == NULL || s->last_active_wall_ms < 0) {
        keep(w, "lastActiveTime");
        return;
    }
    clock_format_utc(s->last_active_wall_ms, 0, time, sizeof time);
    json_text_string(&w->j, "lastActiveTime", time);
}

/* ---- metrics */

static bool is_resource(const char *type)
{
    return strcmp(type, "cpu") == 0 || strcmp(type, "memory") == 0;
}

static const char *trigger_text(const writer *w, size_t i, const char *path)
{
    const keda_json *triggers = keda_json_get(w->facts->object, "spec.triggers");
    return refs_text(keda_json_at(triggers, i, NULL), path);
}

static size_t count_triggers(const writer *w)
{
    return keda_json_count(keda_json_get(w->facts->object, "spec.triggers"));
}

static bool is_first(const writer *w, size_t at, const char *path)
{
    const char *text = trigger_text(w, at, path);
    for (size_t i = 0; i < at; i++) {
        if (strcmp(trigger_text(w, i, path), text) == 0)
            return false;
    }
    return text[0] != '\0';
}

/* KEDA: each of them, but not those of a container. */
static void put_resource_names(writer *w)
{
    bool is_open = false;
    for (size_t i = 0; i < count_triggers(w); i++) {
        const char *type = trigger_text(w, i, "type");
        if (!is_resource(type) || trigger_text(w, i, "metadata.containerName")[0] != '\0')
            continue;
        if (!is_open)
            json_text_open(&w->j, "resourceMetricNames", '[');
        is_open = true;
        json_text_string(&w->j, NULL, type);
    }
    if (is_open)
        json_text_close(&w->j, ']');
}

static bool has_formula(const writer *w)
{
    const keda_json *formula =
        keda_json_get(w->facts->object, "spec.advanced.scalingModifiers.formula");
    const char *text = keda_json_string(formula);
    return text != NULL && text[0] != '\0';
}

static void put_metric_names(writer *w)
{
    if (w->facts->ntriggers == 0) {
        keep(w, "externalMetricNames");
    } else {
        json_text_open(&w->j, "externalMetricNames", '[');
        for (size_t i = 0; i < w->facts->ntriggers; i++) {
            if (!is_resource(w->facts->triggers[i].type))
                json_text_string(&w->j, NULL, w->facts->triggers[i].metric);
        }
        json_text_close(&w->j, ']');
    }
    put_resource_names(w);
    if (has_formula(w))
        json_text_string(&w->j, "compositeScalerName", "composite-metric");
}

/* What a metric's entry says, or, with nothing known yet, what the object has for it. */
typedef void (*put_entry_fn)(writer *w, const keda_trigger_status *t);
typedef bool (*is_known_fn)(const keda_trigger_status *t);

static void put_entries(writer *w, const char *name, is_known_fn is_known, put_entry_fn put)
{
    const keda_json *old = copy_member(w->old, name);

    if (w->facts->ntriggers == 0) {
        keep(w, name);
        return;
    }
    json_text_open(&w->j, name, '{');
    for (size_t i = 0; i < w->facts->ntriggers; i++) {
        const keda_trigger_status *t = &w->facts->triggers[i];
        const keda_json *entry = copy_member(old, t->metric);
        if (is_resource(t->type))
            continue;
        if (!is_known(t) && keda_json_type_of(entry) == KEDA_JSON_OBJECT)
            copy_value(&w->j, t->metric, entry);
        else
            put(w, t);
    }
    json_text_close(&w->j, '}');
}

static bool is_activity_known(const keda_trigger_status *t)
{
    return t->is_active >= 0;
}

static void put_activity(writer *w, const keda_trigger_status *t)
{
    json_text_open(&w->j, t->metric, '{');
    json_text_bool(&w->j, "isActive", t->is_active > 0);
    json_text_close(&w->j, '}');
}

static bool is_health_known(const keda_trigger_status *t)
{
    return t->fallback_failures > 0 || t->age_ms >= 0;
}

static void put_health(writer *w, const keda_trigger_status *t)
{
    json_text_open(&w->j, t->metric, '{');
    json_text_int(&w->j, "numberOfFailures", t->fallback_failures);
    json_text_string(&w->j, "status", t->fallback_failures > 0 ? "Failing" : "Happy");
    json_text_close(&w->j, '}');
}

/* ---- names joined by commas, each once */

static void put_joined(writer *w, const char *name, const char *path)
{
    keda_buf text = {0};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < count_triggers(w); i++) {
        if (is_first(w, i, path))
            rc = buf_printf(&text, "%s%s", text.size == 0 ? "" : ",", trigger_text(w, i, path));
    }
    if (rc != KEDA_OK && w->j.status == KEDA_OK)
        w->j.status = rc;
    if (text.size > 0)
        json_text_string(&w->j, name, text.data);
    keda_buf_clear(&text);
}

keda_status status_write(keda_buf *out, const status_facts *facts, keda_error *err)
{
    writer w = {.facts = facts, .old = keda_json_get(facts->object, "status")};
    const keda_json *fallback = keda_json_get(facts->object, "spec.fallback");
    const int32_t paused_replicas = message_paused_replicas(facts->object);
    const size_t before = out->size;

    assert(facts->triggers != NULL || facts->ntriggers == 0);
    json_text_init(&w.j, buf_write, out);
    json_text_open(&w.j, NULL, '{');
    put_target(&w);
    put_history(&w);
    put_metric_names(&w);
    conditions_put(&w.j, facts);
    if (keda_json_type_of(fallback) == KEDA_JSON_OBJECT)
        put_entries(&w, "health", is_health_known, put_health);
    put_entries(&w, "triggersActivity", is_activity_known, put_activity);
    if (paused_replicas >= 0)
        json_text_int(&w.j, "pausedReplicaCount", paused_replicas);
    put_joined(&w, "triggersTypes", "type");
    put_joined(&w, "authenticationsTypes", "authenticationRef.name");
    json_text_close(&w.j, '}');
    if (w.j.status == KEDA_OK)
        return KEDA_OK;
    buf_truncate(out, before);
    return keda_error_set(err, w.j.status, "the status could not be written");
}
