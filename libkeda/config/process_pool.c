/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ProcessPool of libkeda.io/v1alpha1: checked, defaulted, and written as JSON for the target that runs
 * it. Starting anything is the target's business.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "json_string.h"
#include "map.h"
#include "reader.h"
#include "scaled_object.h"

typedef struct pool {
    keda_map command; /* names are empty: only the values count */
    keda_map env, limits;
    char *directory, *user;
    double grace_s, restart_min_s, restart_max_s;
} pool;

static void pool_clear(pool *p)
{
    map_clear(&p->command);
    map_clear(&p->env);
    map_clear(&p->limits);
    mem_free(p->directory);
    mem_free(p->user);
    *p = (pool){0};
}

static void read_word(reader *r, const node *value, void *out)
{
    const char *text = NULL;
    if (reader_string(r, value, &text) && map_add(out, "", text) != KEDA_OK)
        reader_out_of_memory(r);
}

static void read_command(reader *r, const node *list, void *out)
{
    reader_items(r, list, read_word, out);
    if (list->nitems == 0) {
        reader_error(r, list, "must have at least the program's name");
        return;
    }
    const size_t mark = reader_enter_index(r, 0);
    if (list->items[0]->type == NODE_STRING && list->items[0]->text[0] == '\0')
        reader_error(r, list->items[0], "the program's name is empty");
    reader_leave(r, mark);
}

/* ---- environment: a map, or a list of name and value as in a container ---- */

static void check_variable(reader *r, const node *at, const char *name)
{
    if (name[0] == '\0' || strchr(name, '=') != NULL)
        reader_error(r, at, "a variable's name must not be empty or contain '='");
    else if (strcmp(name, "KEDA_POOL") == 0 || strcmp(name, "KEDA_REPLICA") == 0)
        reader_warning(r, at, "%s is set by the pool itself", name);
}

static void read_env_map(reader *r, const node *map, keda_map *out)
{
    for (size_t i = 0; i < map->nitems; i++) {
        const size_t mark = reader_enter(r, map->items[i]->key);
        check_variable(r, map->items[i], map->items[i]->key);
        reader_leave(r, mark);
    }
    reader_strings(r, map, out);
}

typedef struct variable {
    char *name, *value;
} variable;

static void read_variable(reader *r, const node *map, void *out)
{
    static const member members[] = {
        {.name = "name",
         .kind = MEMBER_STRING,
         .flags = MEMBER_REQUIRED,
         .offset = offsetof(variable, name)},
        {.name = "value", .kind = MEMBER_STRING, .offset = offsetof(variable, value)},
        {.name = "valueFrom", .flags = MEMBER_UNSUPPORTED},
    };
    variable v = {0};
    if (!reader_is(r, map, NODE_MAP))
        return;
    reader_members(r, map, members, sizeof members / sizeof members[0], &v);
    if (v.name != NULL) {
        check_variable(r, map, v.name);
        if (map_set(out, v.name, v.value == NULL ? "" : v.value) != KEDA_OK)
            reader_out_of_memory(r);
    }
    mem_free(v.name);
    mem_free_secret(v.value);
}

static void read_env(reader *r, const node *value, void *out)
{
    if (value->type == NODE_LIST)
        reader_items(r, value, read_variable, out);
    else if (value->type == NODE_MAP)
        read_env_map(r, value, out);
    else
        reader_error(r, value, "must be a map or a list of name and value, not %s",
                     node_type_name(value->type));
}

/* ---- the rest ---- */

static void read_user(reader *r, const node *value, void *out)
{
    char **user = out;
    const bool is_id = value->type == NODE_INTEGER && value->integer >= 0;
    const bool is_name = value->type == NODE_STRING && value->text[0] != '\0';
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)value->integer);
    if (!is_id && !is_name)
        reader_error(r, value, "must be a user's name or number");
    else if ((*user = mem_strdup(is_id ? id : value->text)) == NULL)
        reader_out_of_memory(r);
}

/* Parts of a second are fine. */
static void read_seconds(reader *r, const node *value, void *out)
{
    double *seconds = out;
    const bool is_number = value->type == NODE_INTEGER || value->type == NODE_REAL;
    if (!is_number)
        reader_error(r, value, "must be a number of seconds, not %s",
                     node_type_name(value->type));
    else if (!(value->real >= 0.0) || value->real > (double)INT32_MAX)
        reader_error(r, value, "must be between 0 and %d, not %.64s", INT32_MAX, value->text);
    else
        *seconds = value->real;
}

static void read_restart(reader *r, const node *map, void *out)
{
    static const member members[] = {
        {.name = "minSeconds",
         .kind = MEMBER_OTHER,
         .offset = offsetof(pool, restart_min_s),
         .read = read_seconds},
        {.name = "maxSeconds",
         .kind = MEMBER_OTHER,
         .offset = offsetof(pool, restart_max_s),
         .read = read_seconds},
    };
    pool *p = out;
    reader_members(r, map, members, sizeof members / sizeof members[0], p);
    if (p->restart_min_s > p->restart_max_s)
        reader_error_in(r, map, "minSeconds", "must not be more than maxSeconds");
}

static void read_limit(reader *r, const node *value, void *out)
{
    const bool is_number = value->type == NODE_INTEGER && value->integer >= 0;
    const bool is_unlimited =
        value->type == NODE_STRING && strcmp(value->text, "unlimited") == 0;
    char text[24] = "unlimited";
    if (is_number)
        (void)snprintf(text, sizeof text, "%lld", (long long)value->integer);
    if (!is_number && !is_unlimited)
        reader_error(r, value, "must be a whole number, at least 0, or \"unlimited\"");
    else if (map_add(out, value->key, text) != KEDA_OK)
        reader_out_of_memory(r);
}

static void read_limits(reader *r, const node *map, void *out)
{
    /* RLIMIT_ names, as in setrlimit. */
    static const member members[] = {
        {.name = "as", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "core", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "cpu", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "data", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "fsize", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "memlock", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "nofile", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "nproc", .kind = MEMBER_OTHER, .read = read_limit},
        {.name = "stack", .kind = MEMBER_OTHER, .read = read_limit},
    };
    reader_members(r, map, members, sizeof members / sizeof members[0], out);
}

static const member spec_members[] = {
    {.name = "command",
     .kind = MEMBER_LIST,
     .flags = MEMBER_REQUIRED,
     .offset = offsetof(pool, command),
     .read = read_command},
    {.name = "env", .kind = MEMBER_OTHER, .offset = offsetof(pool, env), .read = read_env},
    {.name = "workingDirectory",
     .kind = MEMBER_STRING,
     .flags = MEMBER_NOT_EMPTY,
     .offset = offsetof(pool, directory)},
    {.name = "user", .kind = MEMBER_OTHER, .offset = offsetof(pool, user), .read = read_user},
    {.name = "gracePeriodSeconds",
     .kind = MEMBER_OTHER,
     .offset = offsetof(pool, grace_s),
     .read = read_seconds},
    {.name = "restart", .kind = MEMBER_MAP, .read = read_restart},
    {.name = "limits",
     .kind = MEMBER_MAP,
     .offset = offsetof(pool, limits),
     .read = read_limits},
};

static void read_spec(reader *r, const node *map, void *out)
{
    reader_members(r, map, spec_members, sizeof spec_members / sizeof spec_members[0], out);
}

static const member top_members[] = {
    {.name = "apiVersion"},
    {.name = "kind"},
    {.name = "metadata"},
    {.name = "spec", .kind = MEMBER_MAP, .flags = MEMBER_REQUIRED, .read = read_spec},
    {.name = "status"},
};

/* ---- as JSON ---- */

/* Appends what follows as long as nothing failed. */
typedef struct writer {
    keda_buf *out;
    keda_status rc;
} writer;

static void put(writer *w, const char *text)
{
    if (w->rc == KEDA_OK)
        w->rc = buf_puts(w->out, text);
}

static void put_string(writer *w, const char *text)
{
    if (w->rc == KEDA_OK)
        w->rc = json_string_write(w->out, text);
}

static void put_number(writer *w, const char *name, double value)
{
    char text[32];
    (void)num_format_double(value, text, sizeof text);
    put_string(w, name);
    put(w, ":");
    put(w, text);
}

static void put_text(writer *w, const char *name, const char *text)
{
    if (text == NULL)
        return;
    put_string(w, name);
    put(w, ":");
    put_string(w, text);
    put(w, ",");
}

static void put_command(writer *w, const keda_map *command)
{
    put(w, "\"command\":[");
    for (size_t i = 0; i < command->count; i++) {
        put(w, i > 0 ? "," : "");
        put_string(w, command->items[i].value);
    }
    put(w, "],");
}

static void put_map(writer *w, const char *name, const keda_map *map, bool is_limits)
{
    put_string(w, name);
    put(w, ":{");
    for (size_t i = 0; i < map->count; i++) {
        const char *value = map->items[i].value;
        put(w, i > 0 ? "," : "");
        put_string(w, map->items[i].name);
        put(w, ":");
        if (is_limits && strcmp(value, "unlimited") != 0)
            put(w, value);
        else
            put_string(w, value);
    }
    put(w, "}");
}

static keda_status write_pool(keda_buf *out, const pool *p)
{
    writer w = {.out = out, .rc = KEDA_OK};
    put(&w, "{");
    put_command(&w, &p->command);
    put_map(&w, "env", &p->env, false);
    put(&w, ",");
    put_text(&w, "workingDirectory", p->directory);
    put_text(&w, "user", p->user);
    put_number(&w, "gracePeriodSeconds", p->grace_s);
    put(&w, ",\"restart\":{");
    put_number(&w, "minSeconds", p->restart_min_s);
    put(&w, ",");
    put_number(&w, "maxSeconds", p->restart_max_s);
    put(&w, "},");
    put_map(&w, "limits", &p->limits, true);
    put(&w, "}");
    return w.rc;
}

keda_status process_pool_read(keda_buf *spec_json, const document *doc, bool is_strict,
                              keda_findings *findings, keda_error *err)
{
    reader r;
    pool p = {.grace_s = 30, .restart_min_s = 1, .restart_max_s = 60};
    const size_t before = spec_json->size;
    reader_init(&r, doc, is_strict, findings);
    reader_frame(&r, "libkeda.io/v1alpha1");
    reader_members(&r, doc->root, top_members, sizeof top_members / sizeof top_members[0], &p);
    if (r.report.nerrors == 0 && write_pool(spec_json, &p) != KEDA_OK) {
        buf_truncate(spec_json, before);
        reader_out_of_memory(&r);
    }
    pool_clear(&p);
    return reader_status(&r, err);
}
