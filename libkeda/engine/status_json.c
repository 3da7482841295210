/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_engine_status_json: what status.c knows, as JSON; one object, or a list of all.
 */
#include "base/buf.h"
#include "engine/order.h"
#include "engine/status.h"
#include "observe/json_text.h"

#define API_VERSION "libkeda.io/v1alpha1"

static const char *condition_name(int32_t status)
{
    static const char *const names[] = {[KEDA_CONDITION_ABSENT] = "Unknown",
                                        [KEDA_CONDITION_TRUE] = "True",
                                        [KEDA_CONDITION_FALSE] = "False",
                                        [KEDA_CONDITION_UNKNOWN] = "Unknown"};
    const bool is_known = status >= 0 && (size_t)status < sizeof names / sizeof names[0];
    return is_known ? names[status] : "Unknown";
}

static const char *state_name(int32_t state)
{
    static const char *const names[] = {[KEDA_READING_UNKNOWN] = "unknown",
                                        [KEDA_READING_OK] = "ok",
                                        [KEDA_READING_FAILED] = "failed"};
    const bool is_known = state >= 0 && (size_t)state < sizeof names / sizeof names[0];
    return is_known ? names[state] : "unknown";
}

static void put_condition(json_text *j, const char *name, keda_condition condition)
{
    json_text_open(j, name, '{');
    json_text_string(j, "status", condition_name(condition.status));
    json_text_string(j, "reason", keda_cause_name(condition.cause));
    json_text_close(j, '}');
}

/* Absent values are null, so that nobody takes -1 for a count or a time. */
static void put_known(json_text *j, const char *key, int64_t value)
{
    if (value < 0)
        json_text_null(j, key);
    else
        json_text_int(j, key, value);
}

static void put_time(json_text *j, const char *key, int64_t wall_ms)
{
    char text[40];
    if (wall_ms < 0) {
        json_text_null(j, key);
        return;
    }
    clock_format_utc(wall_ms, 1, text, sizeof text);
    json_text_string(j, key, text);
}

static void put_trigger(json_text *j, const keda_trigger_status *t)
{
    json_text_open(j, NULL, '{');
    json_text_int(j, "index", t->index);
    json_text_string(j, "type", t->type);
    json_text_string(j, "name", t->name);
    json_text_string(j, "metric", t->metric);
    json_text_string(j, "state", state_name(t->state));
    if (t->age_ms < 0)
        json_text_null(j, "value");
    else
        json_text_double(j, "value", t->value);
    json_text_double(j, "target", (double)t->target_milli / 1000.0);
    if (t->is_active < 0)
        json_text_null(j, "active");
    else
        json_text_bool(j, "active", t->is_active != 0);
    put_known(j, "ageMs", t->age_ms);
    json_text_int(j, "latencyMs", t->latency_ms);
    json_text_int(j, "failures", t->failures);
    if (t->fallback_failures >= 0) {
        json_text_int(j, "fallbackFailures", t->fallback_failures);
        json_text_bool(j, "fallback", t->is_fallback != 0);
    }
    put_time(j, "failingSince", t->failing_since_ms);
    json_text_int(j, "errorsTotal", t->errors_total);
    json_text_string(j, "error", t->error);
    json_text_close(j, '}');
}

static void put_replicas(json_text *j, const keda_workload_status *s)
{
    json_text_open(j, "replicas", '{');
    put_known(j, "spec", s->spec_replicas);
    put_known(j, "status", s->status_replicas);
    put_known(j, "ready", s->ready_replicas);
    json_text_int(j, "min", s->min_replicas);
    json_text_int(j, "max", s->max_replicas);
    put_known(j, "desired", s->desired_replicas);
    json_text_close(j, '}');
}

static void put_triggers(json_text *j, const workload *w)
{
    keda_trigger_status status;

    json_text_open(j, "triggers", '[');
    for (size_t i = 0; i < w->nmetrics; i++) {
        status_of_metric(w, i, &status);
        put_trigger(j, &status);
    }
    json_text_close(j, ']');
}

static void put_workload(json_text *j, const workload *w, keda_buf *text)
{
    keda_workload_status s;

    status_of_workload(w, text, &s);
    json_text_open(j, NULL, '{');
    json_text_string(j, "id", s.id);
    json_text_string(j, "target", s.target);
    put_replicas(j, &s);
    json_text_string(j, "reason", keda_reason_name(s.reason));
    json_text_string(j, "text", s.text);
    json_text_string(j, "message", s.message);
    json_text_open(j, "conditions", '{');
    put_condition(j, "Ready", s.ready);
    put_condition(j, "Active", s.active);
    put_condition(j, "Paused", s.paused);
    if (s.fallback.status != KEDA_CONDITION_ABSENT)
        put_condition(j, "Fallback", s.fallback);
    json_text_close(j, '}');
    put_time(j, "lastActiveTime", s.last_active_wall_ms);
    put_time(j, "lastScaleTime", s.last_scale_wall_ms);
    json_text_int(j, "decisions", s.decisions_total);
    json_text_int(j, "writes", s.writes_total);
    json_text_int(j, "errors", s.errors_total);
    if (s.has_composite)
        json_text_double(j, "composite", (double)s.composite_milli / 1000.0);
    put_triggers(j, w);
    json_text_close(j, '}');
}

static void put_all(json_text *j, const keda_engine *e, keda_buf *text)
{
    const workload *w = NULL;

    json_text_open(j, NULL, '{');
    json_text_string(j, "apiVersion", API_VERSION);
    json_text_string(j, "kind", "WorkloadList");
    json_text_open(j, "items", '[');
    for (size_t i = 0; (w = order_at(e->order, &e->workloads, i)) != NULL; i++)
        put_workload(j, w, text);
    json_text_close(j, ']');
    json_text_close(j, '}');
}

keda_status keda_engine_status_json(const keda_engine *e, const char *id, keda_write_fn write,
                                    void *user, keda_error *err)
{
    json_text j;
    keda_buf text = {0};
    const workload *w = id == NULL ? NULL : table_find(&e->workloads, id);

    if (id != NULL && w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    json_text_init(&j, write, user);
    if (w != NULL)
        put_workload(&j, w, &text);
    else
        put_all(&j, e, &text);
    keda_buf_clear(&text);
    if (j.status != KEDA_OK)
        return keda_error_set(err, j.status, "the status could not be written");
    return KEDA_OK;
}
