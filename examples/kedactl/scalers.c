/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl scalers: the trigger types and, of one, every parameter, all read from its table.
 */
#include <string.h>

#include "kedactl.h"

static const char *kind_name(int32_t kind)
{
    static const char *const names[] = {
        [KEDA_KIND_STRING] = "text",       [KEDA_KIND_BOOL] = "bool",
        [KEDA_KIND_INT32] = "int32",       [KEDA_KIND_INT64] = "int64",
        [KEDA_KIND_DOUBLE] = "number",     [KEDA_KIND_DURATION] = "duration",
        [KEDA_KIND_CHOICE] = "choice",     [KEDA_KIND_STRING_LIST] = "list",
        [KEDA_KIND_INT_LIST] = "int list", [KEDA_KIND_MAP] = "map",
        [KEDA_KIND_URL_VALUES] = "query",  [KEDA_KIND_GROUP] = "group"};

    if (kind <= 0 || (size_t)kind >= sizeof names / sizeof names[0] || names[kind] == NULL)
        return "?";
    return names[kind];
}

/* Rows of a descriptor are as wide as its maker's struct. */
static const keda_field *field_at(const keda_field *fields, size_t size, size_t i)
{
    return (const keda_field *)(const void *)((const char *)fields + i * size);
}

static void sources_text(const keda_field *field, char *out, size_t size)
{
    static const char *const names[] = {"", "metadata", "auth", "env"};
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        const int32_t from =
            field->from[i] == 0 && i == 0 ? KEDA_FROM_METADATA : field->from[i];
        if (from <= 0 || from > KEDA_FROM_ENV)
            continue;
        const int n =
            snprintf(out + used, size - used, "%s%s", used > 0 ? " > " : "", names[from]);
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
}

static void allowed_text(const keda_field *field, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const char *const *word = field->allowed; word != NULL && *word != NULL; word++) {
        const int n = snprintf(out + used, size - used, "%s%s", used > 0 ? "|" : "", *word);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

static void field_row(cli_table *table, const keda_field *field)
{
    char name[128], from[64], type[256], allowed[200];
    const bool is_optional = (field->flags & KEDA_OPTIONAL) != 0 || field->fallback != NULL;

    snprintf(name, sizeof name, "%s%s%s", field->name, field->alias[0] != NULL ? ", " : "",
             field->alias[0] != NULL ? field->alias[0] : "");
    sources_text(field, from, sizeof from);
    allowed_text(field, allowed, sizeof allowed);
    snprintf(type, sizeof type, "%s", allowed[0] != '\0' ? allowed : kind_name(field->kind));
    const char *cells[] = {name,
                           type,
                           field->fallback != NULL ? field->fallback : "",
                           is_optional ? "" : "required",
                           from,
                           field->help != NULL ? field->help : ""};
    (void)cli_table_row(table, sizeof cells / sizeof cells[0], cells);
}

static void text_rows(cli_table *table, const keda_field *fields, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const keda_field *field = field_at(fields, size, i);
        if (field->kind == KEDA_KIND_GROUP)
            text_rows(table, field->group, field->ngroup, size);
        else
            field_row(table, field);
    }
}

static void json_field(const keda_field *field)
{
    char from[64];

    sources_text(field, from, sizeof from);
    printf("{\"name\":");
    cli_json_text(stdout, field->name);
    printf(",\"aliases\":[");
    for (size_t i = 0; i < 3 && field->alias[i] != NULL; i++) {
        printf("%s", i > 0 ? "," : "");
        cli_json_text(stdout, field->alias[i]);
    }
    printf("],\"type\":\"%s\",\"allowed\":[", kind_name(field->kind));
    for (const char *const *word = field->allowed; word != NULL && *word != NULL; word++) {
        printf("%s", word != field->allowed ? "," : "");
        cli_json_text(stdout, *word);
    }
    printf("],\"default\":");
    if (field->fallback != NULL)
        cli_json_text(stdout, field->fallback);
    else
        printf("null");
    printf(",\"required\":%s,\"secret\":%s,\"from\":",
           (field->flags & KEDA_OPTIONAL) == 0 && field->fallback == NULL ? "true" : "false",
           (field->flags & KEDA_SECRET) != 0 ? "true" : "false");
    cli_json_text(stdout, from);
    printf(",\"help\":");
    cli_json_text(stdout, field->help != NULL ? field->help : "");
    putchar('}');
}

static size_t json_rows(const keda_field *fields, size_t count, size_t size, size_t printed)
{
    for (size_t i = 0; i < count; i++) {
        const keda_field *field = field_at(fields, size, i);
        if (field->kind == KEDA_KIND_GROUP) {
            printed = json_rows(field->group, field->ngroup, size, printed);
            continue;
        }
        printf("%s", printed++ > 0 ? "," : "");
        json_field(field);
    }
    return printed;
}

static void json_type(const keda_scaler_desc *desc)
{
    printf("{\"type\":");
    cli_json_text(stdout, desc->type);
    printf(",\"summary\":");
    cli_json_text(stdout, desc->summary != NULL ? desc->summary : "");
    printf(",\"parameters\":[");
    (void)json_rows(desc->fields, desc->nfields, desc->field_size, 0);
    printf("]}");
}

static void text_type(const keda_scaler_desc *desc)
{
    static const char *const titles[] = {"PARAMETER", "TYPE", "DEFAULT", "", "FROM", "MEANING"};
    cli_table table = {0};

    printf("%s: %s\n\n", desc->type, desc->summary != NULL ? desc->summary : "");
    (void)cli_table_row(&table, sizeof titles / sizeof titles[0], titles);
    text_rows(&table, desc->fields, desc->nfields, desc->field_size);
    cli_table_print(&table, stdout);
    cli_table_clear(&table);
}

static void list(const kedactl *k, keda_engine *engine)
{
    const keda_scaler_desc *desc;

    if (k->is_json)
        printf("{\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"ScalerList\",\"items\":[");
    for (size_t i = 0; (desc = keda_engine_scaler_at(engine, i, 1)) != NULL; i++) {
        if (k->is_json) {
            printf("%s", i > 0 ? "," : "");
            json_type(desc);
        } else {
            printf("%-20s %s\n", desc->type, desc->summary != NULL ? desc->summary : "");
        }
    }
    if (k->is_json)
        puts("]}");
}

int command_scalers(kedactl *k)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    const keda_scaler_desc *desc;
    int rc = CLI_OK;

    options.is_manual = 1;
    options.log = say_warning;
    if (keda_engine_new(&engine, &options, &err) != KEDA_OK)
        return report_error("scalers", &err);
    if (k->arguments[0] == NULL)
        list(k, engine);
    else if (keda_engine_scaler(engine, k->arguments[0], &desc, &err) != KEDA_OK)
        rc = report_error("scalers", &err);
    else if (k->is_json) {
        json_type(desc);
        putchar('\n');
    } else
        text_type(desc);
    keda_engine_free(engine);
    return rc;
}
