/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/json.h. */
#include "memory/every_call.h"

#include <string.h>

static const char text[] =
    "{\"a\":[1,2.5,\"3\",true,{\"b\\u00e9\":null}],\"big\":99999999999999999999}";

static keda_status parse(world *w)
{
    return keda_json_parse(&w->json, text, sizeof text - 1, &w->err);
}

static void parsed(world *w)
{
    world_need(w, parse(w));
}

static keda_status read_tree(world *w)
{
    const keda_json *a = keda_json_get(w->json, "a");
    const char *key = NULL;
    double real = 0;
    int64_t whole = 0;
    bool flag = false;
    const bool is_well = keda_json_count(a) == 5 && keda_json_type_of(a) == KEDA_JSON_ARRAY &&
                         keda_json_int64(keda_json_at(a, 0, NULL), &whole) &&
                         keda_json_double(keda_json_at(a, 1, NULL), &real) &&
                         strcmp(keda_json_string(keda_json_at(a, 2, NULL)), "3") == 0 &&
                         keda_json_bool(keda_json_at(a, 3, NULL), &flag) &&
                         keda_json_at(w->json, 0, &key) == a && strcmp(key, "a") == 0;

    return is_well ? KEDA_OK : KEDA_EINVAL;
}

static keda_status write(world *w)
{
    return keda_json_write(w->json, world_write, NULL, &w->err);
}

static keda_status free_tree(world *w)
{
    keda_json_free(w->json);
    w->json = NULL;
    return KEDA_OK;
}

static keda_status get_double(world *w)
{
    double out = 0;

    return keda_json_get_double(text, sizeof text - 1, "a.1", &out, &w->err);
}

static const every_call rows[] = {
    FAILS(keda_json_parse, NULL, parse, world_end),
    QUIET(keda_json_type_of, parsed, read_tree, world_end),
    QUIET(keda_json_get, parsed, read_tree, world_end),
    QUIET(keda_json_count, parsed, read_tree, world_end),
    QUIET(keda_json_at, parsed, read_tree, world_end),
    QUIET(keda_json_string, parsed, read_tree, world_end),
    QUIET(keda_json_double, parsed, read_tree, world_end),
    QUIET(keda_json_int64, parsed, read_tree, world_end),
    QUIET(keda_json_bool, parsed, read_tree, world_end),
    QUIET(keda_json_free, parsed, free_tree, world_end),
    QUIET(keda_json_write, parsed, write, world_end),
    FAILS(keda_json_get_double, NULL, get_double, world_end),
};
const every_table calls_json = {rows, sizeof rows / sizeof rows[0]};
