/* SPDX-License-Identifier: Apache-2.0 */
/*
 * triggers/<type>, for every type whose rules are its table, `check` and `specs`: whether a trigger is
 * refused, its metric specs, and those facts that are members of its struct. Nothing connects.
 */
#include "trigger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <keda/engine.h>

#include "config/map.h"

const keda_scaler_desc *trigger_type(const char *name)
{
    static keda_engine *engine; /* knows the types; kept for the whole run */
    const keda_engine_options options = {.struct_size = sizeof options, .is_manual = 1};
    const keda_scaler_desc *desc = NULL;

    if (engine == NULL && keda_engine_new(&engine, &options, NULL) != KEDA_OK)
        abort();
    return keda_engine_scaler(engine, name, &desc, NULL) == KEDA_OK ? desc : NULL;
}

void trigger_fill_map(keda_map *map, const json_t *object)
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

/* ---- a trigger from a line ---- */

/* Types which have a rule about it read the provider as a parameter. */
static void put_identity(keda_map *auth, const json_t *input)
{
    const char *provider = json_string_value(vector_get(input, "podIdentity"));

    if (provider != NULL && map_add(auth, "podIdentity", provider) != KEDA_OK)
        abort();
}

/* Types whose target is one by their table refuse a zero themselves; of the others the original hands
 * on whatever was written. */
static bool has_target_field(const keda_scaler_desc *desc)
{
    for (size_t i = 0; i < desc->nfields; i++) {
        const keda_field *f =
            (const void *)((const char *)(const void *)desc->fields + i * desc->field_size);
        if ((f->flags & KEDA_TARGET_FIELD) != 0)
            return true;
    }
    return false;
}

static bool parse_fields(struct trigger_line *t, const keda_map *metadata, const json_t *input)
{
    const keda_scaler_desc *desc = t->desc;
    keda_map auth = {0}, env = {0};
    const params_sources sources = {
        .metadata = metadata,
        .auth = &auth,
        .env = &env,
        .is_metric_source = t->specs.is_metric_source,
    };

    trigger_fill_map(&auth, vector_get(input, "authParams"));
    put_identity(&auth, input);
    trigger_fill_map(&env, vector_get(input, "resolvedEnv"));
    const size_t failing = params_parse(desc->fields, desc->nfields, desc->field_size, &sources,
                                        t->meta, NULL, NULL);
    map_clear(&auth);
    map_clear(&env);
    return failing == 0;
}

static bool is_resource(const keda_scaler_desc *desc)
{
    return strcmp(desc->type, "cpu") == 0 || strcmp(desc->type, "memory") == 0;
}

/* The original takes any other text for a type and hands it on; the library refuses it by name where
 * documents are read, which is not what these lines are about. cpu and memory refuse it themselves. */
static bool takes_metric_type(struct trigger_line *t, const char *type)
{
    t->target_type = type[0] == '\0' ? "AverageValue" : type;
    t->specs.metric_type = type;
    return is_resource(t->desc) || strcmp(type, "Utilization") != 0;
}

void trigger_line_open(struct trigger_line *t, const keda_scaler_desc *desc,
                       const keda_map *metadata, const json_t *input, struct report *report)
{
    *t = (struct trigger_line){.desc = desc};
    t->meta = calloc(1, desc->meta_size > 0 ? desc->meta_size : 1);
    if (t->meta == NULL)
        abort();
    t->specs.trigger_index = vector_i32_or(input, "triggerIndex", 0, report);
    t->specs.is_metric_source = vector_bool_or(input, "asMetricSource", false, report);
    t->specs.takes_any_target = !has_target_field(desc);
    t->specs.space = vector_text_or(input, "namespace", "", report);
    t->is_refused = !parse_fields(t, metadata, input) ||
                    !takes_metric_type(t, vector_text_or(input, "metricType", "", report)) ||
                    (desc->check != NULL && desc->check(t->meta, NULL, NULL) != KEDA_OK) ||
                    desc->specs(t->meta, &t->specs, NULL, NULL) != KEDA_OK;
}

void trigger_line_close(struct trigger_line *t)
{
    spec_list_clear(&t->specs);
    params_clear(t->desc->fields, t->desc->nfields, t->desc->field_size, t->meta);
    free(t->meta);
}

/* ---- facts: members of the struct by the names of the table ---- */

static json_t *texts_of(const keda_string_list *list)
{
    json_t *out = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(out, json_string(list->items[i]));
    return out;
}

/* NULL: not comparable in this way. */
static json_t *member_of(const keda_field *field, const void *meta)
{
    const void *member = (const char *)meta + field->offset;
    const char *text;

    switch ((keda_field_kind)field->kind) {
    case KEDA_KIND_STRING:
        text = *(char *const *)member;
        return text == NULL ? NULL : json_string(text);
    case KEDA_KIND_BOOL:
        return json_boolean(*(const bool *)member);
    case KEDA_KIND_INT32:
        return json_integer(*(const int32_t *)member);
    case KEDA_KIND_INT64:
        return json_integer(*(const int64_t *)member);
    case KEDA_KIND_DOUBLE:
        return json_real(*(const double *)member);
    case KEDA_KIND_DURATION:
        return json_integer(*(const int64_t *)member / 1000000);
    case KEDA_KIND_CHOICE:
        return json_string(field->allowed[*(const int32_t *)member]);
    case KEDA_KIND_STRING_LIST:
        return texts_of(member);
    case KEDA_KIND_UNSET:
    case KEDA_KIND_INT_LIST:
    case KEDA_KIND_MAP:
    case KEDA_KIND_URL_VALUES:
    case KEDA_KIND_GROUP:
        break;
    }
    return NULL;
}

static bool is_named(const keda_field *field, const char *name)
{
    const size_t size = strlen(field->name);
    const bool is_ms = field->kind == KEDA_KIND_DURATION;

    return strncmp(field->name, name, size) == 0 &&
           strcmp(name + size, is_ms ? "_ms" : "") == 0;
}

static json_t *find_member(const keda_field *fields, size_t nfields, size_t field_size,
                           const char *name, const void *meta)
{
    for (size_t i = 0; i < nfields; i++) {
        const keda_field *f =
            (const void *)((const char *)(const void *)fields + i * field_size);
        json_t *found = NULL;
        if (f->kind == KEDA_KIND_GROUP)
            found = find_member(f->group, f->ngroup, sizeof *f->group, name,
                                (const char *)meta + f->offset);
        else if (is_named(f, name))
            found = member_of(f, meta);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* A list here may keep the empty parts which the original drops later. */
static void without_blanks(json_t *list)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (json_is_string(json_array_get(list, i)) &&
            json_string_length(json_array_get(list, i)) == 0)
            json_array_remove(list, i);
    }
}

static bool is_equal(const json_t *expected, const json_t *got)
{
    if (json_is_number(expected) && json_is_number(got))
        return fabs(json_number_value(expected) - json_number_value(got)) <= 0.0;
    return json_equal(expected, got) != 0;
}

/* What the original keeps after its rules, and a type here as it was written. */
static bool is_normalised(const char *type, const char *name)
{
    static const struct {
        const char *type, *name;
    } facts[] = {{"rabbitmq", "mode"}, {"rabbitmq", "protocol"}, {"rabbitmq", "value"}};

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (strcmp(facts[i].type, type) == 0 && strcmp(facts[i].name, name) == 0)
            return true;
    return false;
}

static void compare_facts(const json_t *facts, const struct trigger_line *t,
                          struct report *report)
{
    json_t *all = json_deep_copy(facts);
    const char *name;
    const json_t *expected;
    char what[96];

    json_object_foreach(all, name, expected)
    {
        json_t *got =
            find_member(t->desc->fields, t->desc->nfields, t->desc->field_size, name, t->meta);
        without_blanks(got);
        if (is_normalised(t->desc->type, name)) {
            json_decref(got);
            continue;
        }
        if (got != NULL && !is_equal(expected, got)) {
            char *a = json_dumps(expected, JSON_ENCODE_ANY | JSON_SORT_KEYS);
            char *b = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
            report_text(report, vector_path(what, sizeof what, "facts.%s", name), a, b);
            free(a);
            free(b);
        }
        json_decref(got);
    }
    json_decref(all);
}

/* ---- metrics ---- */

static const char *source_name(const metric_spec *spec)
{
    static const char *const names[] = {[KEDA_SOURCE_EXTERNAL] = "External",
                                        [KEDA_SOURCE_RESOURCE] = "Resource",
                                        [KEDA_SOURCE_CONTAINER_RESOURCE] = "ContainerResource"};
    return names[metric_spec_source(spec)];
}

static void compare_name(const json_t *expected, const metric_spec *got, size_t i,
                         struct report *report)
{
    char what[48];

    if (got->resource == NULL) {
        report_text(report, vector_path(what, sizeof what, "metrics[%zu].name", i),
                    vector_text(expected, "name", report), got->name);
        return;
    }
    report_text(report, vector_path(what, sizeof what, "metrics[%zu].resource", i),
                vector_text(expected, "resource", report),
                got->resource->is_cpu ? "cpu" : "memory");
    report_text(report, vector_path(what, sizeof what, "metrics[%zu].container", i),
                vector_text_or(expected, "container", NULL, report), got->resource->container);
    if (vector_has(expected, "target_quantity"))
        report_text(report, vector_path(what, sizeof what, "metrics[%zu].target_quantity", i),
                    vector_text(expected, "target_quantity", report), got->resource->quantity);
}

static void compare_metric(const json_t *expected, const metric_spec *got, const char *type,
                           size_t i, struct report *report)
{
    char what[48];

    report_text(report, vector_path(what, sizeof what, "metrics[%zu].source", i),
                vector_text(expected, "source", report), source_name(got));
    compare_name(expected, got, i, report);
    report_text(report, vector_path(what, sizeof what, "metrics[%zu].target_type", i),
                vector_text(expected, "target_type", report), type);
    if (vector_has(expected, "average_utilization")) {
        report_i64(
            report, vector_path(what, sizeof what, "metrics[%zu].average_utilization", i),
            vector_i64(expected, "average_utilization", report) * 1000, got->target_milli);
        return;
    }
    /* A target beyond the range of thousandths is kept at its end. */
    report_i64(report, vector_path(what, sizeof what, "metrics[%zu].target_milli", i),
               vector_has(expected, "target_milli")
                   ? vector_i64(expected, "target_milli", report)
                   : INT64_MAX,
               got->target_milli);
}

static void compare_metrics(const json_t *metrics, const struct trigger_line *t,
                            struct report *report)
{
    const size_t n = json_array_size(metrics);

    report_i64(report, "metrics", (int64_t)n, (int64_t)t->specs.count);
    for (size_t i = 0; i < n && i < t->specs.count; i++)
        compare_metric(json_array_get(metrics, i), &t->specs.items[i], t->target_type, i,
                       report);
}

int run_trigger(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const bool is_error = vector_bool(expected, "error", report);
    const keda_scaler_desc *desc = trigger_type(vector_text(input, "type", report));
    keda_map metadata = {0};
    struct trigger_line t;

    if (desc == NULL) {
        report_difference(report, "type", "a type of this build", "none");
        return 1;
    }
    trigger_fill_map(&metadata, vector_get(input, "triggerMetadata"));
    trigger_line_open(&t, desc, &metadata, input, report);
    if (is_error != t.is_refused) {
        report_bool(report, "error", is_error, t.is_refused);
    } else if (!is_error) {
        compare_metrics(vector_get(expected, "metrics"), &t, report);
        compare_facts(vector_get(expected, "facts"), &t, report);
    }
    trigger_line_close(&t);
    map_clear(&metadata);
    return 0;
}
