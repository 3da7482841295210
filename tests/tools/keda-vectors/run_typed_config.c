/* SPDX-License-Identifier: Apache-2.0 */
/*
 * typed_config/typed_config: parameters through params_parse. Kinds which the public field table does
 * not have (pointers, uint32, lists and maps of other things than texts) are looked up as texts and
 * converted here, with the library's scalar conversions. list_int32 reproduces a slip of upstream and
 * is skipped. Milliseconds beyond the range of nanoseconds wrap upstream; they must be refused here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "config/convert.h"
#include "config/map.h"
#include "config/params.h"
#include "vectors.h"

enum { MAX_FIELDS = 8, MAX_LIST = 16 };

/* One member of the struct that is filled. */
typedef struct slot {
    char *text; /* also of kinds converted here */
    bool boolean;
    int32_t int32;
    int64_t int64;
    double real;
    keda_string_list strings;
    keda_int_list integers;
    keda_map map;
} slot;

typedef struct kind {
    const char *name;
    int32_t kind; /* KEDA_KIND_STRING: `convert` goes on from the text, unless NULL */
    size_t offset;
    json_t *(*convert)(const char *text, const json_t *field); /* NULL: refused */
    json_t *(*read)(const slot *s);
} kind;

/* ---- values of public kinds as JSON ---- */

static json_t *read_text(const slot *s)
{
    return json_string(s->text == NULL ? "" : s->text);
}

static json_t *read_bool(const slot *s)
{
    return json_boolean(s->boolean);
}

static json_t *read_int32(const slot *s)
{
    return json_integer(s->int32);
}

static json_t *read_int64(const slot *s)
{
    return json_integer(s->int64);
}

static json_t *read_real(const slot *s)
{
    return json_real(s->real);
}

static json_t *read_strings(const slot *s)
{
    if (s->strings.items == NULL)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < s->strings.count; i++)
        json_array_append_new(list, json_string(s->strings.items[i]));
    return list;
}

static json_t *read_integers(const slot *s)
{
    if (s->integers.items == NULL)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < s->integers.count; i++)
        json_array_append_new(list, json_integer(s->integers.items[i]));
    return list;
}

static json_t *read_map(const slot *s)
{
    if (s->map.items == NULL)
        return json_null();
    json_t *map = json_object();
    for (size_t i = 0; i < s->map.count; i++)
        json_object_set_new(map, s->map.items[i].name, json_string(s->map.items[i].value));
    return map;
}

static json_t *read_values(const slot *s)
{
    if (s->map.items == NULL)
        return json_null();
    json_t *map = json_object();
    for (size_t i = 0; i < s->map.count; i++) {
        const char *name = s->map.items[i].name;
        if (json_object_get(map, name) == NULL)
            json_object_set_new(map, name, json_array());
        json_array_append_new(json_object_get(map, name), json_string(s->map.items[i].value));
    }
    return map;
}

/* ---- kinds of this tool alone ---- */

static json_t *as_int64(const char *text)
{
    int64_t value = 0;
    return convert_integer(text, INT64_MIN, INT64_MAX, &value) == NULL ? json_integer(value)
                                                                       : NULL;
}

static json_t *as_real(const char *text)
{
    double value = 0.0;
    return convert_double(text, &value) == NULL ? json_real(value) : NULL;
}

static json_t *as_bool(const char *text)
{
    bool value = false;
    return convert_bool(text, &value) == NULL ? json_boolean(value) : NULL;
}

static json_t *as_duration(const char *text)
{
    int64_t value = 0;
    return convert_duration(text, &value) == NULL ? json_integer(value) : NULL;
}

static json_t *to_uint32(const char *text, const json_t *field)
{
    int64_t value = 0;
    (void)field;
    if (text == NULL)
        return json_integer(0);
    return text[0] != '-' && convert_integer(text, 0, UINT32_MAX, &value) == NULL
               ? json_integer(value)
               : NULL;
}

/* A pointer takes one JSON literal of its kind, or null. */
static json_t *to_pointer(const char *text, const json_t *field)
{
    const char *name = json_string_value(json_object_get(field, "kind"));
    json_t *value = text == NULL ? json_null() : json_loads(text, JSON_DECODE_ANY, NULL);
    const bool is_good = json_is_null(value) ||
                         (strcmp(name, "float64_ptr") == 0 && json_is_number(value)) ||
                         (strcmp(name, "int64_ptr") == 0 && json_is_integer(value)) ||
                         (strcmp(name, "bool_ptr") == 0 && json_is_boolean(value)) ||
                         (strcmp(name, "string_ptr") == 0 && json_is_string(value));
    if (is_good)
        return value;
    json_decref(value);
    return NULL;
}

static char mark_of(const json_t *field, const char *key, char otherwise)
{
    const char *text = json_string_value(json_object_get(field, key));
    return text == NULL ? otherwise : text[0];
}

/* A range mark of several characters. */
static json_t *to_ranges(const char *text, const json_t *field)
{
    slot s = {0};
    if (text != NULL && convert_int_list(text, mark_of(field, "separator", ','),
                                         json_string_value(json_object_get(field, "range")),
                                         &s.integers) != NULL)
        return NULL;
    json_t *list = read_integers(&s);
    convert_int_list_clear(&s.integers);
    return list;
}

static json_t *to_list_of(const char *text, const json_t *field, json_t *(*as)(const char *))
{
    keda_string_list parts = {0};
    if (text == NULL)
        return json_null();
    if (convert_string_list(text, mark_of(field, "separator", ','), &parts) != NULL)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < parts.count && list != NULL; i++) {
        json_t *item = as(parts.items[i]);
        if (item == NULL) {
            json_decref(list);
            list = NULL;
        } else {
            json_array_append_new(list, item);
        }
    }
    convert_string_list_clear(&parts);
    return list;
}

static json_t *to_reals(const char *text, const json_t *field)
{
    return to_list_of(text, field, as_real);
}

static json_t *to_bools(const char *text, const json_t *field)
{
    return to_list_of(text, field, as_bool);
}

static json_t *to_durations(const char *text, const json_t *field)
{
    return to_list_of(text, field, as_duration);
}

static json_t *to_map_of(const char *text, const json_t *field, json_t *(*as)(const char *))
{
    keda_map map = {0};
    if (text == NULL)
        return json_null();
    if (convert_map(text, mark_of(field, "separator", ','), &map) != NULL)
        return NULL;
    json_t *object = json_object();
    for (size_t i = 0; i < map.count && object != NULL; i++) {
        json_t *value = as(map.items[i].value);
        if (value == NULL) {
            json_decref(object);
            object = NULL;
        } else {
            json_object_set_new(object, map.items[i].name, value);
        }
    }
    map_clear(&map);
    return object;
}

static json_t *as_list(const char *text)
{
    json_t *list = json_array();
    json_array_append_new(list, json_string(text));
    return list;
}

static json_t *to_map_of_int(const char *text, const json_t *field)
{
    return to_map_of(text, field, as_int64);
}

static json_t *to_map_of_bool(const char *text, const json_t *field)
{
    return to_map_of(text, field, as_bool);
}

static json_t *to_map_of_list(const char *text, const json_t *field)
{
    return to_map_of(text, field, as_list);
}

static const kind kinds[] = {
    {"string", KEDA_KIND_STRING, offsetof(slot, text), NULL, read_text},
    {"named_string", KEDA_KIND_STRING, offsetof(slot, text), NULL, read_text},
    {"bool", KEDA_KIND_BOOL, offsetof(slot, boolean), NULL, read_bool},
    {"int", KEDA_KIND_INT64, offsetof(slot, int64), NULL, read_int64},
    {"int32", KEDA_KIND_INT32, offsetof(slot, int32), NULL, read_int32},
    {"int64", KEDA_KIND_INT64, offsetof(slot, int64), NULL, read_int64},
    {"float64", KEDA_KIND_DOUBLE, offsetof(slot, real), NULL, read_real},
    {"duration", KEDA_KIND_DURATION, offsetof(slot, int64), NULL, read_int64},
    {"list_string", KEDA_KIND_STRING_LIST, offsetof(slot, strings), NULL, read_strings},
    {"list_named", KEDA_KIND_STRING_LIST, offsetof(slot, strings), NULL, read_strings},
    {"list_int", KEDA_KIND_INT_LIST, offsetof(slot, integers), NULL, read_integers},
    {"list_int64", KEDA_KIND_INT_LIST, offsetof(slot, integers), NULL, read_integers},
    {"map_string", KEDA_KIND_MAP, offsetof(slot, map), NULL, read_map},
    {"url_values", KEDA_KIND_URL_VALUES, offsetof(slot, map), NULL, read_values},
    {"uint32", KEDA_KIND_STRING, offsetof(slot, text), to_uint32, NULL},
    {"float64_ptr", KEDA_KIND_STRING, offsetof(slot, text), to_pointer, NULL},
    {"int64_ptr", KEDA_KIND_STRING, offsetof(slot, text), to_pointer, NULL},
    {"bool_ptr", KEDA_KIND_STRING, offsetof(slot, text), to_pointer, NULL},
    {"string_ptr", KEDA_KIND_STRING, offsetof(slot, text), to_pointer, NULL},
    {"list_float64", KEDA_KIND_STRING, offsetof(slot, text), to_reals, NULL},
    {"list_bool", KEDA_KIND_STRING, offsetof(slot, text), to_bools, NULL},
    {"list_duration", KEDA_KIND_STRING, offsetof(slot, text), to_durations, NULL},
    {"map_int", KEDA_KIND_STRING, offsetof(slot, text), to_map_of_int, NULL},
    {"map_bool", KEDA_KIND_STRING, offsetof(slot, text), to_map_of_bool, NULL},
    {"map_list", KEDA_KIND_STRING, offsetof(slot, text), to_map_of_list, NULL},
};
static const kind long_range = {"ranges", KEDA_KIND_STRING, offsetof(slot, text), to_ranges,
                                NULL};

static const kind *kind_of(const json_t *field)
{
    const char *name = json_string_value(json_object_get(field, "kind"));
    const char *range = json_string_value(json_object_get(field, "range"));
    if (range != NULL && strlen(range) > 1)
        return &long_range;
    for (size_t i = 0; name != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- the table ---- */

/* What a line's fields become; texts are borrowed from the line. */
typedef struct table {
    size_t n;
    keda_field fields[MAX_FIELDS];
    const kind *kinds[MAX_FIELDS];
    const json_t *input[MAX_FIELDS];
    const char *allowed[MAX_FIELDS][MAX_LIST + 1];
    const char *exclusive[MAX_FIELDS][MAX_LIST + 1];
    slot slots[MAX_FIELDS];
} table;

static const char *const *read_list(const json_t *field, const char *key, const char **out)
{
    const json_t *list = json_object_get(field, key);
    for (size_t i = 0; i < json_array_size(list) && i < MAX_LIST; i++)
        out[i] = json_string_value(json_array_get(list, i));
    return json_is_array(list) ? out : NULL;
}

static int32_t source_of(const char *name)
{
    if (name != NULL && strcmp(name, "triggerMetadata") == 0)
        return KEDA_FROM_METADATA;
    return name != NULL && strcmp(name, "authParams") == 0 ? KEDA_FROM_AUTH : KEDA_FROM_ENV;
}

static bool is_set(const json_t *field, const char *key)
{
    return json_is_true(json_object_get(field, key));
}

static void fill_field(table *t, size_t i, const json_t *field)
{
    const json_t *names = json_object_get(field, "names");
    const json_t *order = json_object_get(field, "order");
    keda_field *f = &t->fields[i];
    f->kind = t->kinds[i]->kind;
    f->offset = i * sizeof(slot) + t->kinds[i]->offset;
    f->name = json_string_value(json_array_get(names, 0));
    for (size_t j = 1; j < json_array_size(names) && j <= 3; j++)
        f->alias[j - 1] = json_string_value(json_array_get(names, j));
    /* Without an order nothing is found: here as a source that holds nothing. */
    f->from[0] = KEDA_FROM_ENV;
    if (json_array_size(order) == 0)
        f->name = "";
    for (size_t j = 0; j < json_array_size(order) && j < 3; j++)
        f->from[j] = source_of(json_string_value(json_array_get(order, j)));
    f->flags = is_set(field, "optional") ? KEDA_OPTIONAL : 0;
    f->fallback = json_string_value(json_object_get(field, "default"));
    f->allowed = read_list(field, "enum", t->allowed[i]);
    f->exclusive = read_list(field, "exclusive", t->exclusive[i]);
    f->deprecated = is_set(field, "deprecated") ? "use another one" : NULL;
    f->announced = is_set(field, "deprecated_announce") ? "it goes away" : NULL;
    f->separator = mark_of(field, "separator", '\0');
    f->range = mark_of(field, "range", '\0');
}

static bool fill_table(table *t, const json_t *fields)
{
    t->n = json_array_size(fields);
    if (t->n == 0 || t->n > MAX_FIELDS)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        t->input[i] = json_array_get(fields, i);
        if ((t->kinds[i] = kind_of(t->input[i])) == NULL)
            return false;
        fill_field(t, i, t->input[i]);
    }
    return true;
}

static void fill_map(keda_map *map, const json_t *object)
{
    const char *key;
    const json_t *value;
    json_t *all = json_copy(json_incref((json_t *)(uintptr_t)object));
    json_decref((json_t *)(uintptr_t)object);
    json_object_foreach(all, key, value) if (map_add(map, key, json_string_value(value)) !=
                                             KEDA_OK) abort();
    json_decref(all);
}

/* ---- comparing ---- */

static void compare_value(const json_t *expected, const json_t *got, size_t i,
                          struct report *report)
{
    char what[32];
    if (json_equal(expected, got))
        return;
    char *a = json_dumps(expected, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    char *b = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    report_text(report, vector_path(what, sizeof what, "values[%zu]", i), a, b);
    free(a);
    free(b);
}

/* Values of all fields; converts what this tool has to, adding to *nfailing. */
static json_t *collect(table *t, size_t *nfailing)
{
    json_t *values = json_array();
    for (size_t i = 0; i < t->n; i++) {
        const kind *k = t->kinds[i];
        json_t *value = k->convert != NULL ? k->convert(t->slots[i].text, t->input[i])
                                           : k->read(&t->slots[i]);
        if (value == NULL) {
            (*nfailing)++;
            value = json_null();
        }
        json_array_append_new(values, value);
    }
    return values;
}

static void compare(const json_t *line, table *t, size_t nfailing, struct report *report)
{
    const json_t *expected = vector_get(line, "expected");
    json_t *got = collect(t, &nfailing);
    if (vector_bool_or(expected, "error", false, report)) {
        report_i64(report, "errors", vector_i64(expected, "errors", report), (int64_t)nfailing);
    } else if (nfailing > 0) {
        report_difference(report, "error", "accepted", "refused");
    } else {
        const json_t *values = vector_get(expected, "values");
        for (size_t i = 0; i < t->n; i++)
            compare_value(json_array_get(values, i), json_array_get(got, i), i, report);
    }
    json_decref(got);
}

static bool has_skipped_kind(const json_t *fields)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name =
            json_string_value(json_object_get(json_array_get(fields, i), "kind"));
        if (name != NULL && strcmp(name, "list_int32") == 0)
            return true;
    }
    return false;
}

/* A duration as a plain number of milliseconds whose nanoseconds do not fit (a named deviation). */
static bool has_wrapping_duration(const table *t, const keda_map *metadata)
{
    for (size_t i = 0; i < t->n; i++) {
        const char *text = params_map_get(metadata, t->fields[i].name);
        int64_t ms = 0;
        if (t->fields[i].kind == KEDA_KIND_DURATION && text != NULL &&
            num_parse_i64(text, &ms) && ms > INT64_MAX / 1000000)
            return true;
    }
    return false;
}

int run_typed_config(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const json_t *fields = vector_get(input, "fields");
    keda_map metadata = {0}, auth = {0}, env = {0};
    table t = {0};
    if (has_skipped_kind(fields))
        return 0;
    if (!fill_table(&t, fields)) {
        report_malformed(report, "input.fields");
        return 0;
    }
    fill_map(&metadata, vector_get(input, "trigger_metadata"));
    fill_map(&auth, vector_get(input, "auth_params"));
    fill_map(&env, vector_get(input, "resolved_env"));
    const params_sources sources = {.metadata = &metadata, .auth = &auth, .env = &env};
    const size_t nfailing =
        params_parse(t.fields, t.n, sizeof t.fields[0], &sources, t.slots, NULL, NULL);
    if (has_wrapping_duration(&t, &metadata))
        report_bool(report, "refused", true, nfailing > 0);
    else
        compare(line, &t, nfailing, report);
    params_clear(t.fields, t.n, sizeof t.fields[0], t.slots);
    map_clear(&metadata);
    map_clear(&auth);
    map_clear(&env);
    return 0;
}
