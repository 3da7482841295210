/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets triggers/kafka and compute/kafka: the module's field table, rules, metric spec and arithmetic.
 * Nothing connects. Built only together with the kafka module.
 */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "config/map.h"
#include "config/metrics.h"
#include "config/params.h"
#include "scalers/rdkafka/meta.h"
#include "vectors.h"

/* ---- a trigger from a line -------------------------------------------------------------------- */

struct trigger {
    kafka_meta meta;
    keda_spec_list specs;
    int32_t target_type;
    kafka_limit limit; /* as an instance would keep it */
    bool is_refused;
};

static void fill_map(keda_map *map, const json_t *object)
{
    json_t *all = json_deep_copy(object);
    const char *key;
    const json_t *value;

    json_object_foreach(all, key, value)
    {
        if (json_is_string(value) && map_add(map, key, json_string_value(value)) != KEDA_OK)
            abort();
    }
    json_decref(all);
}

static bool parse_fields(kafka_meta *meta, const keda_map *metadata, const json_t *input)
{
    const keda_scaler_desc *desc = &keda_scaler_kafka;
    keda_map auth = {0}, env = {0};
    size_t failing;

    fill_map(&auth, vector_get(input, "authParams"));
    fill_map(&env, vector_get(input, "resolvedEnv"));
    failing = params_parse(
        desc->fields, desc->nfields, desc->field_size,
        &(params_sources){
            .metadata = metadata,
            .auth = &auth,
            .env = &env,
            .is_metric_source = json_is_true(json_object_get(input, "asMetricSource")),
        },
        meta, NULL, NULL);
    map_clear(&auth);
    map_clear(&env);
    return failing == 0;
}

static void trigger_open(struct trigger *t, const keda_map *metadata, const json_t *input,
                         struct report *report)
{
    const keda_scaler_desc *desc = &keda_scaler_kafka;
    const char *type = vector_text_or(input, "metricType", "", report);

    memset(t, 0, sizeof *t);
    t->specs.trigger_index = vector_i32_or(input, "triggerIndex", 0, report);
    t->specs.is_metric_source = vector_bool_or(input, "asMetricSource", false, report);
    t->is_refused = !parse_fields(&t->meta, metadata, input) ||
                    metric_type_parse(type, &t->target_type, NULL) != KEDA_OK ||
                    desc->check(&t->meta, NULL, NULL) != KEDA_OK ||
                    desc->specs(&t->meta, &t->specs, NULL, NULL) != KEDA_OK;
    if (!t->is_refused && t->meta.topic != NULL &&
        kafka_limit_parse(t->meta.partition_limitation, &t->limit, NULL) != KEDA_OK)
        t->is_refused = true;
}

static void trigger_close(struct trigger *t)
{
    const keda_scaler_desc *desc = &keda_scaler_kafka;

    spec_list_clear(&t->specs);
    kafka_limit_clear(&t->limit);
    params_clear(desc->fields, desc->nfields, desc->field_size, &t->meta);
}

/* ---- facts: members of the struct by the names of the table, and what is derived ---------------- */

static json_t *text_or_null(const char *text)
{
    return text == NULL ? NULL : json_string(text);
}

static json_t *read_field(const keda_field *field, const kafka_meta *meta)
{
    const char *member = (const char *)meta + field->offset;
    const keda_string_list *list;
    json_t *out;

    if (field->kind == KEDA_KIND_STRING)
        return text_or_null(*(char *const *)(const void *)member);
    if (field->kind == KEDA_KIND_BOOL)
        return json_boolean(*(const bool *)(const void *)member);
    if (field->kind == KEDA_KIND_INT64)
        return json_integer(*(const int64_t *)(const void *)member);
    if (field->kind != KEDA_KIND_STRING_LIST)
        return NULL;
    list = (const void *)member;
    out = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(out, json_string(list->items[i]));
    return out;
}

/* "a,b" as a list; blanks stay. */
static json_t *split(const char *text)
{
    json_t *list = json_array();

    for (const char *part = text;; part++) {
        size_t length = strcspn(part, ",");
        json_array_append_new(list, json_stringn(part, length));
        part += length;
        if (*part == '\0')
            return list;
    }
}

static json_t *split_pairs(const char *text)
{
    json_t *map = json_object();

    for (const char *part = text;; part++) {
        size_t length = strcspn(part, ","), name = strcspn(part, "=");
        json_t *value = json_stringn(part + name + 1, length - name - 1);
        json_object_setn_new(map, part, name, value);
        part += length;
        if (*part == '\0')
            return map;
    }
}

static json_t *partitions_of(const kafka_limit *limit)
{
    json_t *list = json_array();

    for (size_t i = 0; i < limit->count; i++) {
        for (int64_t p = limit->ranges[i].first;
             p <= limit->ranges[i].last && json_array_size(list) < 100000; p++)
            json_array_append_new(list, json_integer(p));
    }
    return list;
}

/* Numbers without leading zeros, as the original's client prints a version. */
static json_t *version_of(const char *text)
{
    char out[64];
    size_t used = 0;
    bool is_start = true;

    for (; *text != '\0' && used + 1 < sizeof out; text++) {
        if (is_start && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
            continue;
        is_start = *text == '.';
        out[used++] = *text;
    }
    return json_stringn(out, used);
}

static json_t *derived_fact(const char *name, const struct trigger *t)
{
    const kafka_meta *m = &t->meta;
    bool is_bearer = kafka_is(m->sasl, "oauthbearer") && kafka_is(m->token_provider, "bearer");

    if (strcmp(name, "partitions") == 0)
        return t->limit.is_set ? partitions_of(&t->limit) : NULL;
    if (strcmp(name, "tls_enabled") == 0)
        return json_boolean(kafka_is(m->tls, "enable"));
    if (strcmp(name, "sasl") == 0 && m->sasl != NULL && strchr(m->sasl, ',') != NULL)
        return json_string("none");
    if (strcmp(name, "version") == 0 && m->version != NULL)
        return version_of(m->version);
    if (is_bearer && strcmp(name, "scopes") == 0)
        return split(m->scopes == NULL ? "" : m->scopes);
    if (is_bearer && strcmp(name, "oauthExtensions") == 0 && m->oauth_extensions != NULL)
        return split_pairs(m->oauth_extensions);
    for (size_t i = 0; i < keda_scaler_kafka.nfields; i++) {
        if (strcmp(keda_scaler_kafka.fields[i].name, name) == 0)
            return read_field(&keda_scaler_kafka.fields[i], m);
    }
    return NULL;
}

static void compare_facts(const json_t *facts, const struct trigger *t, struct report *report)
{
    json_t *all = json_deep_copy(facts);
    const char *name;
    const json_t *expected;
    char what[64];

    json_object_foreach(all, name, expected)
    {
        json_t *got = derived_fact(name, t);
        if (got == NULL || !json_equal(expected, got)) {
            char *a = json_dumps(expected, JSON_ENCODE_ANY | JSON_SORT_KEYS);
            char *b = got == NULL ? NULL : json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
            report_text(report, vector_path(what, sizeof what, "facts.%s", name), a, b);
            free(a);
            free(b);
        }
        json_decref(got);
    }
    if (t->limit.count > 0 && facts != NULL && !vector_has(facts, "partitions"))
        report_difference(report, "facts.partitions", "no limitation", "a limitation");
    json_decref(all);
}

/* ---- triggers/kafka -------------------------------------------------------------------------------- */

static void compare_metric(const json_t *expected, const metric_spec *got,
                           const struct trigger *t, struct report *report)
{
    bool is_value = t->target_type == KEDA_TARGET_VALUE;

    report_text(report, "metrics[0].source", vector_text(expected, "source", report),
                "External");
    report_text(report, "metrics[0].name", vector_text(expected, "name", report), got->name);
    report_text(report, "metrics[0].target_type", vector_text(expected, "target_type", report),
                is_value ? "Value" : "AverageValue");
    /* A target beyond the range of thousandths is kept at its end. */
    report_i64(report, "metrics[0].target_milli",
               vector_has(expected, "target_milli")
                   ? vector_i64(expected, "target_milli", report)
                   : INT64_MAX,
               got->target_milli);
}

int run_kafka_trigger(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const json_t *metrics = vector_get(expected, "metrics");
    bool is_error = vector_bool(expected, "error", report);
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
            compare_metric(json_array_get(metrics, 0), &t.specs.items[0], &t, report);
        compare_facts(vector_get(expected, "facts"), &t, report);
    }
    trigger_close(&t);
    map_clear(&metadata);
    return 0;
}

/* ---- compute/kafka ------------------------------------------------------------------------------------ */

struct partitions {
    lag_partition *items;
    size_t count;
};

/* null: missing in the answer. */
static int64_t offset_of(const json_t *partition, const char *key, struct report *report)
{
    return vector_has(partition, key) ? vector_i64(partition, key, report) : LAG_ABSENT;
}

/* Appends the topic's partitions that count; false when none is left, which fails the poll. */
static bool take_topic(struct partitions *out, const json_t *topic, const struct trigger *t,
                       struct report *report)
{
    const json_t *list = vector_get(topic, "partitions");
    size_t before = out->count, n = json_array_size(list);

    out->items = realloc(out->items, (out->count + n + 1) * sizeof *out->items);
    if (out->items == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        const json_t *p = json_array_get(list, i);
        int32_t id = vector_i32(p, "id", report);
        if (kafka_limit_allows(&t->limit, id))
            out->items[out->count++] = (lag_partition){
                .topic = vector_text(topic, "name", report),
                .id = id,
                .committed = offset_of(p, "committed", report),
                .end = offset_of(p, "latest", report),
            };
    }
    return out->count > before;
}

static bool take_step(struct partitions *out, const json_t *topics, const struct trigger *t,
                      struct report *report)
{
    bool is_found = t->meta.topic == NULL;

    for (size_t i = 0; i < json_array_size(topics); i++) {
        const json_t *topic = json_array_get(topics, i);
        if (t->meta.topic != NULL &&
            strcmp(vector_text(topic, "name", report), t->meta.topic) != 0)
            continue;
        is_found = true;
        if (!take_topic(out, topic, t, report))
            return false;
    }
    return is_found;
}

static void run_step(const json_t *topics, const json_t *expected, const struct trigger *t,
                     lag_memory *memory, size_t step, struct report *report)
{
    const lag_rules rules = kafka_lag_rules(&t->meta);
    struct partitions partitions = {NULL, 0};
    lag_result result = {0, false};
    bool is_error = vector_bool(expected, "error", report), failed;
    char what[48];

    failed = !take_step(&partitions, topics, t, report) ||
             lag_compute(&rules, partitions.items, partitions.count, memory, LAG_MOVE_ON,
                         &result, NULL) != KEDA_OK;
    report_bool(report, vector_path(what, sizeof what, "steps[%zu].error", step), is_error,
                failed);
    if (!is_error && !failed) {
        int64_t milli = result.value < 0 ? 0 : num_mul_sat(result.value, 1000);
        report_bool(report, vector_path(what, sizeof what, "steps[%zu].active", step),
                    vector_bool(expected, "active", report), result.is_active);
        report_i64(report, vector_path(what, sizeof what, "steps[%zu].value_milli", step),
                   vector_has(expected, "value_milli")
                       ? vector_i64(expected, "value_milli", report)
                       : INT64_MAX,
                   milli);
    }
    free(partitions.items);
}

int run_kafka_compute(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const json_t *steps = vector_get(input, "steps");
    const json_t *expected = vector_get(vector_get(line, "expected"), "steps");
    keda_map metadata = {0};
    lag_memory memory = {NULL, 0};
    struct trigger t;

    if (!json_is_array(steps) || !json_is_array(expected)) {
        report_malformed(report, "steps");
        return 1;
    }
    fill_map(&metadata, vector_get(input, "triggerMetadata"));
    if (params_map_get(&metadata, "bootstrapServers") == NULL &&
        map_add(&metadata, "bootstrapServers", "b:9092") != KEDA_OK)
        abort();
    if (params_map_get(&metadata, "consumerGroup") == NULL &&
        map_add(&metadata, "consumerGroup", "g") != KEDA_OK)
        abort();
    trigger_open(&t, &metadata, input, report);
    if (t.is_refused)
        report_difference(report, "triggerMetadata", "accepted", "refused");
    report_i64(report, "steps", (int64_t)json_array_size(expected),
               (int64_t)json_array_size(steps));
    for (size_t i = 0; !t.is_refused && i < json_array_size(steps); i++)
        run_step(json_array_get(steps, i), json_array_get(expected, i), &t, &memory, i, report);
    lag_memory_clear(&memory);
    trigger_close(&t);
    map_clear(&metadata);
    return 0;
}
