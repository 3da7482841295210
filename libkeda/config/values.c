/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values: is it of the type that is wanted, and if not, what would have to be written. Texts of
 * Secrets are never repeated.
 */
#include "values.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "map.h"

bool reader_is(reader *r, const node *value, node_type type)
{
    if (value->type == type)
        return true;
    reader_error(r, value, "must be %s, not %s", node_type_name(type),
                 node_type_name(value->type));
    return false;
}

static bool is_scalar(const node *value)
{
    return value->text != NULL && value->type != NODE_NULL;
}

bool reader_string(reader *r, const node *value, const char **out)
{
    if (value->type == NODE_STRING) {
        *out = value->text;
        return true;
    }
    if (is_scalar(value) && !r->hides_values)
        reader_error(r, value, "must be a string, not %s: write \"%.64s\"",
                     node_type_name(value->type), value->text);
    else if (is_scalar(value))
        reader_error(r, value, "must be a string, not %s: put it in quotes",
                     node_type_name(value->type));
    else if (value->type == NODE_NULL)
        reader_error(r, value, "must be a string, but is empty: write \"\"");
    else
        reader_error(r, value, "must be a string, not %s", node_type_name(value->type));
    return false;
}

/* Whole numbers, also as 5.0, which JSON writes as 5. */
static bool is_whole(const node *value, int64_t *out)
{
    *out = value->integer;
    if (value->type != NODE_REAL)
        return value->type == NODE_INTEGER;
    if (value->real != trunc(value->real) || fabs(value->real) >= 9e15)
        return false;
    *out = (int64_t)value->real;
    return true;
}

static void report_not_whole(reader *r, const node *value)
{
    int64_t number = 0;
    if (value->type == NODE_REAL)
        reader_error(r, value, "must be a whole number in range, not %.64s", value->text);
    else if (value->type == NODE_STRING && num_parse_json_i64(value->text, &number))
        reader_error(r, value, "must be a whole number, not a string: write %s without quotes",
                     value->text);
    else
        reader_error(r, value, "must be a whole number, not %s", node_type_name(value->type));
}

bool reader_int32(reader *r, const node *value, int32_t min, int32_t max, int32_t *out)
{
    int64_t number = 0;
    if (!is_whole(value, &number))
        report_not_whole(r, value);
    else if (number < min && min > INT32_MIN)
        reader_error(r, value, "must be at least %d, not %lld", (int)min, (long long)number);
    else if (number > max && max < INT32_MAX)
        reader_error(r, value, "must be at most %d, not %lld", (int)max, (long long)number);
    else if (number < min || number > max)
        reader_error(r, value, "%lld is out of range", (long long)number);
    else {
        *out = (int32_t)number;
        return true;
    }
    return false;
}

static bool is_allowed(const char *const *allowed, const char *text)
{
    for (size_t i = 0; allowed[i] != NULL; i++)
        if (strcmp(allowed[i], text) == 0)
            return true;
    return false;
}

static void report_not_allowed(reader *r, const member *m, const node *value)
{
    char list[256] = "";
    size_t n = 0, used = 0;
    for (; m->allowed[n] != NULL; n++) {
        used += text_copy(list + used, sizeof list - used, n > 0 ? ", " : "");
        used += text_copy(list + used, sizeof list - used,
                          m->allowed[n][0] == '\0' ? "\"\"" : m->allowed[n]);
    }
    const char *near = text_nearest(value->text, m->allowed, n);
    reader_error(r, value, "\"%.64s\" is not one of: %s%s%s%s", value->text, list,
                 near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                 near != NULL ? "\"?" : "");
}

void values_string(reader *r, const member *m, const node *value, char **out)
{
    const char *text = NULL;
    if (!reader_string(r, value, &text))
        return;
    if ((m->flags & MEMBER_NOT_EMPTY) != 0 && text[0] == '\0') {
        reader_error(r, value, "must not be empty");
        return;
    }
    if (m->allowed != NULL && !is_allowed(m->allowed, text)) {
        report_not_allowed(r, m, value);
        return;
    }
    if (out == NULL)
        return;
    char *copy = mem_strdup(text);
    if (copy == NULL) {
        reader_out_of_memory(r);
        return;
    }
    mem_free(*out);
    *out = copy;
}

void values_bool(reader *r, const node *value, bool *out)
{
    bool parsed = false;
    if (value->type == NODE_BOOL) {
        *out = value->boolean;
        return;
    }
    const bool is_quoted = value->type == NODE_STRING && num_parse_bool(value->text, &parsed);
    reader_error(r, value, "must be true or false, not %s%s%s%s", node_type_name(value->type),
                 is_quoted ? ": write " : "", is_quoted ? (parsed ? "true" : "false") : "",
                 is_quoted ? " without quotes" : "");
}

void reader_strings(reader *r, const node *map, void *out)
{
    if (!reader_is(r, map, NODE_MAP))
        return;
    for (size_t i = 0; i < map->nitems; i++) {
        const char *text = NULL;
        const size_t mark = reader_enter(r, map->items[i]->key);
        if (reader_string(r, map->items[i], &text) && out != NULL &&
            map_add(out, map->items[i]->key, text) != KEDA_OK)
            reader_out_of_memory(r);
        reader_leave(r, mark);
    }
}
