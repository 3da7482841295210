/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every trigger type there is: its table, its parameters, its secrets. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/fields.h"
#include "config/metrics.h"
#include "config/params.h"

#include <keda/engine.h>

#define SECRET "S3cr3t-that-nobody-may-see"

static keda_engine *engine;

static void init(void)
{
    cr_assert_eq(keda_engine_new(&engine, NULL, NULL), KEDA_OK);
}

static void fini(void)
{
    keda_engine_free(engine);
}

TestSuite(scalers, .init = init, .fini = fini);

/* ---- one parse */

enum { MAX_PARAMS = 128 };

typedef struct trial {
    const keda_scaler_desc *desc;
    keda_param metadata[MAX_PARAMS], auth[MAX_PARAMS];
    keda_map metadata_map, auth_map;
    keda_buf said; /* "error name: message" a line each */
    size_t nproblems;
} trial;

static void on_problem(const char *name, keda_severity severity, const char *message,
                       void *user)
{
    trial *t = user;
    cr_assert_eq(buf_printf(&t->said, "%s %s: %s\n",
                            severity == KEDA_SEVERITY_ERROR ? "error" : "warning", name,
                            message),
                 KEDA_OK);
}

/* A text that the field's kind and its list of allowed words take. */
static const char *sample_of(const keda_field *field)
{
    if (field->fallback != NULL)
        return field->fallback;
    if (field->allowed != NULL)
        return field->allowed[0];
    switch (field->kind) {
    case KEDA_KIND_BOOL:
        return "true";
    case KEDA_KIND_INT32:
    case KEDA_KIND_INT64:
    case KEDA_KIND_DOUBLE:
    case KEDA_KIND_INT_LIST:
        return "1";
    case KEDA_KIND_DURATION:
        return "1s";
    case KEDA_KIND_MAP:
    case KEDA_KIND_URL_VALUES:
        return "a=1";
    default:
        return "sample:1";
    }
}

static void set(keda_map *map, keda_param *items, const char *name, const char *value)
{
    cr_assert_lt(map->count, MAX_PARAMS);
    map->items = items;
    items[map->count++] = (keda_param){.name = name, .value = value};
}

static void put(trial *t, const keda_field *field, const char *value)
{
    if (field_has_source(field, KEDA_FROM_METADATA))
        set(&t->metadata_map, t->metadata, field->name, value);
    else
        set(&t->auth_map, t->auth, field->name, value);
}

static bool is_required(const keda_field *field)
{
    return (field->flags & KEDA_OPTIONAL) == 0 && field->fallback == NULL &&
           field->deprecated == NULL && field->kind != KEDA_KIND_GROUP;
}

static void start(trial *t, const keda_scaler_desc *desc)
{
    *t = (trial){.desc = desc};
}

static void put_required(trial *t, const char *but)
{
    for (size_t i = 0; i < t->desc->nfields; i++) {
        const keda_field field = field_at(t->desc->fields, t->desc->field_size, i);
        if (is_required(&field) && (but == NULL || strcmp(field.name, but) != 0))
            put(t, &field, sample_of(&field));
    }
}

static void parse(trial *t)
{
    const params_sources sources = {.metadata = &t->metadata_map, .auth = &t->auth_map};
    keda_spec_list specs = {0};
    keda_error err = KEDA_ERROR_INIT;
    void *meta = mem_zalloc(1, t->desc->meta_size);
    cr_assert_not_null(meta);
    t->nproblems = params_parse(t->desc->fields, t->desc->nfields, t->desc->field_size,
                                &sources, meta, on_problem, t);
    if (t->nproblems == 0 && t->desc->check != NULL &&
        t->desc->check(meta, &err, NULL) != KEDA_OK)
        on_problem("check", KEDA_SEVERITY_WARNING, err.text, t);
    else if (t->nproblems == 0 && t->desc->specs(meta, &specs, &err, NULL) != KEDA_OK)
        on_problem("specs", KEDA_SEVERITY_WARNING, err.text, t);
    spec_list_clear(&specs);
    params_clear(t->desc->fields, t->desc->nfields, t->desc->field_size, meta);
    mem_free(meta);
}

static const char *said(const trial *t)
{
    return t->said.data == NULL ? "" : t->said.data;
}

static void clear(trial *t)
{
    keda_buf_clear(&t->said);
}

typedef void (*visit_fn)(const keda_scaler_desc *desc, const keda_field *field);

static void each_field(visit_fn visit)
{
    size_t ntypes = 0;
    const keda_scaler_desc *desc = NULL;
    for (; (desc = keda_engine_scaler_at(engine, ntypes, 1)) != NULL; ntypes++) {
        if ((desc->flags & KEDA_SCALER_PARAMS_BY_NAME) != 0)
            continue;
        for (size_t i = 0; i < desc->nfields; i++) {
            const keda_field field = field_at(desc->fields, desc->field_size, i);
            if (field.kind != KEDA_KIND_GROUP)
                visit(desc, &field);
        }
    }
}

/* ---- tables */

static void expect_sound(const keda_scaler_desc *desc, const keda_field *field)
{
    cr_expect(field->name != NULL && field->name[0] != '\0', "%s: a field without a name",
              desc->type);
    const size_t help = field->help == NULL ? 0 : strlen(field->help);
    cr_expect(help > 0 && field->help[help - 1] == '.', "%s.%s: help is a sentence", desc->type,
              field->name);
    cr_expect_gt(field->kind, KEDA_KIND_UNSET, "%s.%s: a kind", desc->type, field->name);
    cr_expect_leq(field->kind, KEDA_KIND_GROUP, "%s.%s: a known kind", desc->type, field->name);
    cr_expect_lt(field->offset, desc->meta_size, "%s.%s: lies in its struct", desc->type,
                 field->name);
    size_t nsame = 0;
    for (size_t i = 0; i < desc->nfields; i++) {
        const keda_field other = field_at(desc->fields, desc->field_size, i);
        for (size_t j = 0; j < FIELD_NAMES; j++)
            nsame += other.name != NULL && field_name(&other, j) != NULL &&
                     strcmp(field_name(&other, j), field->name) == 0;
    }
    cr_expect_eq(nsame, 1, "%s.%s: its name is its own", desc->type, field->name);
}

Test(scalers, have_sound_tables)
{
    const keda_scaler_desc *desc = NULL;
    for (size_t i = 0; (desc = keda_engine_scaler_at(engine, i, 1)) != NULL; i++) {
        const size_t summary = desc->summary == NULL ? 0 : strlen(desc->summary);
        cr_expect(summary > 0 && desc->summary[summary - 1] == '.', "%s: summary is a sentence",
                  desc->type);
        cr_expect_eq(desc->field_size, sizeof(keda_field), "%s: element size", desc->type);
    }
    each_field(expect_sound);
}

static void expect_default(const keda_scaler_desc *desc, const keda_field *field)
{
    trial t;
    if (field->fallback == NULL)
        return;
    start(&t, desc);
    put_required(&t, NULL);
    put(&t, field, field->fallback);
    parse(&t);
    cr_expect_eq(t.nproblems, 0, "%s.%s: its default is valid\n%s", desc->type, field->name,
                 said(&t));
    clear(&t);
}

Test(scalers, take_their_own_defaults)
{
    each_field(expect_default);
}

/* ---- parameters */

static void expect_missing(const keda_scaler_desc *desc, const keda_field *field)
{
    trial t;
    char line[300];
    if (!is_required(field))
        return;
    start(&t, desc);
    put_required(&t, field->name);
    parse(&t);
    (void)snprintf(line, sizeof line, "error %s: ", field->name);
    cr_expect_eq(t.nproblems, 1, "%s without %s\n%s", desc->type, field->name, said(&t));
    cr_expect_not_null(strstr(said(&t), line), "%s: %s", desc->type, said(&t));
    clear(&t);
}

Test(scalers, name_each_missing_parameter)
{
    each_field(expect_missing);
}

static bool is_number(int32_t kind)
{
    return kind == KEDA_KIND_INT32 || kind == KEDA_KIND_INT64 || kind == KEDA_KIND_DOUBLE ||
           kind == KEDA_KIND_DURATION || kind == KEDA_KIND_BOOL || kind == KEDA_KIND_INT_LIST;
}

static void expect_malformed(const keda_scaler_desc *desc, const keda_field *field)
{
    static const char *const wrong[] = {
        "12x", "--1", "0x", "1e", "not a number", "99999999999999999999999999999x"};
    char line[300];
    if (!is_number(field->kind) || field->deprecated != NULL)
        return;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        trial t;
        start(&t, desc);
        put_required(&t, field->name);
        put(&t, field, wrong[i]);
        parse(&t);
        (void)snprintf(line, sizeof line, "error %s: ", field->name);
        cr_expect_not_null(strstr(said(&t), line), "%s.%s = %s\n%s", desc->type, field->name,
                           wrong[i], said(&t));
        clear(&t);
    }
}

Test(scalers, refuse_each_malformed_number)
{
    each_field(expect_malformed);
}

static void expect_disallowed(const keda_scaler_desc *desc, const keda_field *field)
{
    trial t;
    if (field->allowed == NULL)
        return;
    start(&t, desc);
    put_required(&t, field->name);
    put(&t, field, "no-such-word");
    parse(&t);
    cr_expect_eq(t.nproblems, 1, "%s.%s\n%s", desc->type, field->name, said(&t));
    cr_expect_not_null(strstr(said(&t), field->allowed[0]), "it says what is allowed: %s",
                       said(&t));
    clear(&t);
}

Test(scalers, refuse_words_that_are_not_allowed)
{
    each_field(expect_disallowed);
}

static void expect_suggestion(const keda_scaler_desc *desc, const keda_field *field)
{
    trial t;
    char typo[256], line[600];
    if (!field_has_source(field, KEDA_FROM_METADATA) || strlen(field->name) < 5)
        return;
    start(&t, desc);
    (void)snprintf(typo, sizeof typo, "%sx", field->name);
    set(&t.metadata_map, t.metadata, typo, "1");
    params_unknown(desc->fields, desc->nfields, desc->field_size, &t.metadata_map, on_problem,
                   &t);
    (void)snprintf(line, sizeof line, "warning %s: ", typo);
    cr_expect_not_null(strstr(said(&t), line), "%s: %s", desc->type, said(&t));
    cr_expect_not_null(strstr(said(&t), field->name), "%s: %s", desc->type, said(&t));
    clear(&t);
}

Test(scalers, suggest_the_name_that_was_meant)
{
    each_field(expect_suggestion);
}

/* ---- secrets */

static void expect_hidden(const keda_scaler_desc *desc, const keda_field *field)
{
    trial t;
    const bool is_hidden =
        (field->flags & KEDA_SECRET) != 0 || field_has_source(field, KEDA_FROM_AUTH);
    if (!is_hidden)
        return;
    start(&t, desc);
    put_required(&t, field->name);
    set(&t.auth_map, t.auth, field->name, SECRET);
    parse(&t);
    cr_expect_null(strstr(said(&t), SECRET), "%s.%s: %s", desc->type, field->name, said(&t));
    clear(&t);
}

Test(scalers, show_no_value_that_came_from_authentication)
{
    each_field(expect_hidden);
}

/* ---- with the engine around */

static const char *document(const keda_scaler_desc *desc)
{
    static char text[16384];
    size_t n = (size_t)snprintf(
        text, sizeof text,
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: x}\nspec:\n"
        "  scaleTargetRef: {name: x}\n  triggers:\n  - type: %s\n    metadata:\n"
        "      noSuchParameter: \"1\"\n",
        desc->type);
    for (size_t i = 0; i < desc->nfields && n < sizeof text - 512; i++) {
        const keda_field field = field_at(desc->fields, desc->field_size, i);
        if (is_number(field.kind) && field_has_source(&field, KEDA_FROM_METADATA))
            n += (size_t)snprintf(text + n, sizeof text - n, "      %s: \"12x\"\n", field.name);
    }
    return text;
}

Test(scalers, are_checked_with_places_by_the_engine)
{
    const keda_scaler_desc *desc = NULL;
    for (size_t i = 0; (desc = keda_engine_scaler_at(engine, i, 1)) != NULL; i++) {
        keda_findings *findings = NULL;
        const char *text = document(desc);
        const keda_source source = {sizeof source, "x.yaml", text, strlen(text)};
        cr_assert_eq(keda_findings_new(&findings, NULL), KEDA_OK);
        (void)!keda_engine_check(engine, &source, 1, sizeof source, findings, NULL);
        for (size_t j = 0; j < keda_findings_count(findings); j++) {
            const keda_finding *f = keda_findings_at(findings, j);
            cr_expect_gt(f->line, 0, "%s: %s", f->path, f->message);
            cr_expect_str_eq(f->file, "x.yaml");
        }
        cr_expect_gt(keda_findings_count(findings), 0, "%s", desc->type);
        keda_findings_free(findings);
    }
}
