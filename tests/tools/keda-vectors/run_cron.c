/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets cron/cron and cron/cron_next (schedules and their firings), triggers/cron and compute/cron (the
 * trigger's table, rules, metric spec and value).
 */
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "config/map.h"
#include "config/metrics.h"
#include "config/params.h"
#include "scalers/cron.h"
#include "vectors.h"

#include <stdlib.h>

/* ---- a trigger from a line */

struct trigger {
    cron_meta meta;
    keda_spec_list specs;
    int32_t target_type;
    bool is_refused;
};

static void put(keda_map *map, const char *key, const char *value)
{
    if (map_add(map, key, value) != KEDA_OK)
        abort();
}

static void fill_map(keda_map *map, const json_t *object)
{
    for (void *i = json_object_iter((json_t *)(uintptr_t)object); i != NULL;
         i = json_object_iter_next((json_t *)(uintptr_t)object, i)) {
        const json_t *value = json_object_iter_value(i);
        if (json_is_string(value))
            put(map, json_object_iter_key(i), json_string_value(value));
    }
}

static void trigger_open(struct trigger *t, const keda_map *metadata, const json_t *input,
                         struct report *report)
{
    const keda_scaler_desc *desc = &keda_scaler_cron;
    const char *type = vector_text_or(input, "metricType", "", report);
    keda_map auth = {0}, env = {0};

    memset(t, 0, sizeof *t);
    fill_map(&auth, vector_get(input, "authParams"));
    fill_map(&env, vector_get(input, "resolvedEnv"));
    t->specs.trigger_index = vector_i32_or(input, "triggerIndex", 0, report);
    t->specs.is_metric_source = vector_bool_or(input, "asMetricSource", false, report);
    const params_sources sources = {.metadata = metadata,
                                    .auth = &auth,
                                    .env = &env,
                                    .is_metric_source = t->specs.is_metric_source != 0};
    t->is_refused = params_parse(desc->fields, desc->nfields, desc->field_size, &sources,
                                 &t->meta, NULL, NULL) != 0 ||
                    metric_type_parse(type, &t->target_type, NULL) != KEDA_OK ||
                    desc->check(&t->meta, NULL, NULL) != KEDA_OK ||
                    desc->specs(&t->meta, &t->specs, NULL, NULL) != KEDA_OK;
    map_clear(&auth);
    map_clear(&env);
}

static void trigger_close(struct trigger *t)
{
    const keda_scaler_desc *desc = &keda_scaler_cron;

    spec_list_clear(&t->specs);
    params_clear(desc->fields, desc->nfields, desc->field_size, &t->meta);
}

/* ---- triggers/cron */

static void compare_metric(const json_t *expected, const struct trigger *t,
                           struct report *report)
{
    const metric_spec *got = &t->specs.items[0];
    const bool is_value = t->target_type == KEDA_TARGET_VALUE;

    report_text(report, "metrics[0].source", vector_text(expected, "source", report),
                "External");
    report_text(report, "metrics[0].name", vector_text(expected, "name", report), got->name);
    report_text(report, "metrics[0].target_type", vector_text(expected, "target_type", report),
                is_value ? "Value" : "AverageValue");
    report_i64(report, "metrics[0].target_milli", vector_i64(expected, "target_milli", report),
               got->target_milli);
}

static void compare_facts(const json_t *facts, const cron_meta *m, struct report *report)
{
    if (facts == NULL)
        return;
    report_text(report, "facts.timezone", vector_text(facts, "timezone", report), m->timezone);
    report_text(report, "facts.start", vector_text(facts, "start", report), m->start);
    report_text(report, "facts.end", vector_text(facts, "end", report), m->end);
    report_i64(report, "facts.desiredReplicas", vector_i64(facts, "desiredReplicas", report),
               m->desired);
}

int run_cron_trigger(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const json_t *metrics = vector_get(expected, "metrics");
    const bool is_error = vector_bool(expected, "error", report);
    keda_map metadata = {0};
    struct trigger t;

    fill_map(&metadata, vector_get(input, "triggerMetadata"));
    trigger_open(&t, &metadata, input, report);
    if (is_error != t.is_refused) {
        report_bool(report, "error", is_error, t.is_refused);
    } else if (!is_error) {
        report_i64(report, "metrics", (int64_t)json_array_size(metrics),
                   (int64_t)t.specs.count);
        if (json_array_size(metrics) == 1 && t.specs.count == 1)
            compare_metric(json_array_get(metrics, 0), &t, report);
        compare_facts(vector_get(expected, "facts"), &t.meta, report);
    }
    trigger_close(&t);
    map_clear(&metadata);
    return 0;
}

/* ---- compute/cron */

static void put_missing(keda_map *map, const char *key, const char *value)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].name, key) == 0)
            return;
    put(map, key, value);
}

static void compare_value(const json_t *expected, const cron_meta *m, const cron_window *window,
                          struct report *report)
{
    const int64_t milli = num_milli(window->is_active ? (double)m->desired : 0.0);

    report_bool(report, "active", vector_bool(expected, "active", report), window->is_active);
    /* A value beyond the range of thousandths is kept at its end. */
    report_i64(report, "value_milli",
               vector_has(expected, "value_milli") ? vector_i64(expected, "value_milli", report)
                                                   : INT64_MAX,
               milli);
}

int run_cron_compute(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const bool is_error = vector_bool(expected, "error", report);
    const int64_t now_ms = clock_parse_utc(vector_text(input, "now", report));
    keda_map metadata = {0};
    cron_window window = {.is_active = false};
    struct trigger t;

    fill_map(&metadata, vector_get(input, "triggerMetadata"));
    put_missing(&metadata, "timezone", "UTC");
    put_missing(&metadata, "desiredReplicas", "1");
    trigger_open(&t, &metadata, input, report);
    const bool is_failed =
        t.is_refused || cron_window_at(&window, &t.meta, now_ms / 1000, NULL) != KEDA_OK;
    if (now_ms < 0)
        report_malformed(report, "now");
    else if (is_failed != is_error)
        report_bool(report, "error", is_error, is_failed);
    else if (!is_error)
        compare_value(expected, &t.meta, &window, report);
    trigger_close(&t);
    map_clear(&metadata);
    return 0;
}

/* ---- cron/cron */

static void compare_firing(const json_t *expected, const char *key, cron_firing got,
                           struct report *report)
{
    report_bool(report, key, vector_has(expected, key), got.is_known);
    if (got.is_known && vector_has(expected, key))
        report_i64(report, key, vector_i64(expected, key, report), got.at_s);
}

int run_cron_cron(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const bool is_error = vector_bool_or(expected, "error", false, report);
    const int64_t now_s = vector_i64(input, "now", report);
    keda_map metadata = {0};
    cron_window window = {.is_active = false};
    const char *stage = NULL;
    struct trigger t;

    put(&metadata, "timezone", vector_text_or(input, "timezone", "", report));
    put(&metadata, "start", vector_text_or(input, "start", "", report));
    put(&metadata, "end", vector_text_or(input, "end", "", report));
    put(&metadata, "desiredReplicas", "1");
    trigger_open(&t, &metadata, input, report);
    if (t.is_refused)
        stage = "create";
    else if (cron_window_at(&window, &t.meta, now_s, NULL) != KEDA_OK)
        stage = "poll";
    if (is_error || stage != NULL) {
        report_text(report, "stage", is_error ? vector_text(expected, "stage", report) : NULL,
                    stage);
    } else {
        report_bool(report, "active", vector_bool(expected, "active", report),
                    window.is_active);
        compare_firing(expected, "next_start", window.start, report);
        compare_firing(expected, "next_end", window.end, report);
    }
    trigger_close(&t);
    map_clear(&metadata);
    return 0;
}

/* ---- cron/cron_next */

/* Where the original never answered, any later firing will do, or none. */
static void compare_any(const cron_schedule *schedule, const tz_zone *zone, int64_t now_s,
                        int64_t count, struct report *report)
{
    for (int64_t i = 0; i < count; i++) {
        const cron_firing got = cron_next(schedule, zone, now_s);
        if (!got.is_known)
            return;
        if (got.at_s <= now_s)
            report_difference(report, "next", "a later firing", "an earlier one");
        now_s = got.at_s;
    }
}

static void compare_all(const json_t *expected, const cron_schedule *schedule,
                        const tz_zone *zone, int64_t now_s, struct report *report)
{
    char what[32];

    for (size_t i = 0; i < json_array_size(expected); i++) {
        const json_t *wanted = json_array_get(expected, i);
        const cron_firing got = cron_next(schedule, zone, now_s);
        vector_path(what, sizeof what, "next[%zu]", i);
        report_bool(report, what, json_is_integer(wanted), got.is_known);
        if (!got.is_known || !json_is_integer(wanted))
            return;
        report_i64(report, what, json_integer_value(wanted), got.at_s);
        now_s = got.at_s;
    }
}

int run_cron_next(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const int64_t now_s = vector_i64(input, "now", report);
    const bool is_error = vector_bool_or(expected, "error", false, report);
    cron_schedule schedule = {0};
    tz_zone *zone = NULL;
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = cron_parse(&schedule, vector_text(input, "schedule", report), &err);

    if (rc == KEDA_OK)
        rc = tz_open(&zone, vector_text(input, "timezone", report), &err);
    if ((rc != KEDA_OK) != is_error)
        report_text(report, "error", is_error ? "an error" : NULL, err.text);
    else if (rc == KEDA_OK && vector_bool_or(expected, "hang", false, report))
        compare_any(&schedule, zone, now_s, vector_i64(input, "count", report), report);
    else if (rc == KEDA_OK)
        compare_all(vector_get(expected, "next"), &schedule, zone, now_s, report);
    tz_free(zone);
    cron_clear(&schedule);
    return 0;
}
