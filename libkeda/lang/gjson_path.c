/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths taken apart: the part that looks into an object, the part that looks into an array, queries,
 * pipes and multipaths. Nothing here looks at a document.
 */
#include "gjson_inside.h"

#include <string.h>

/* --- parts --------------------------------------------------------------------------------------- */

/* Whether what follows a dot starts over, as after a pipe: a modifier or a multipath. */
static bool begins_anew(text_view rest)
{
    if (!gjson_starts(rest, '@'))
        return gjson_starts(rest, '[') || gjson_starts(rest, '{');
    size_t end = 1;
    while (end < rest.size && rest.data[end] != '.' && rest.data[end] != '|' &&
           rest.data[end] != ':')
        end++;
    return gjson_modifier_named(gjson_cut(rest, 1, end)) != NULL;
}

/* The separator at `at` ends a key: fills everything but the name. */
static void end_key(gjson_key_part *part, text_view path, size_t at)
{
    const text_view rest = gjson_rest(path, at + 1);
    part->is_piped = path.data[at] == '|' || begins_anew(rest);
    part->has_more = !part->is_piped;
    *(part->is_piped ? &part->pipe : &part->rest) = rest;
}

/* Drops each escaping backslash; `end` is where the part ends. */
static text_view without_escapes(gjson_run *run, text_view name)
{
    keda_buf out = {0};
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '\\' && ++i == name.size)
            break;
        gjson_put_char(run, &out, name.data[i]);
    }
    return gjson_keep(run, &out);
}

gjson_key_part gjson_key_part_of(gjson_run *run, text_view path)
{
    gjson_key_part part = {.rest = {"", 0}, .pipe = {"", 0}};
    bool has_escape = false;
    size_t i = 0;
    for (; i < path.size && path.data[i] != '.' && path.data[i] != '|'; i++) {
        part.is_wild = part.is_wild || path.data[i] == '*' || path.data[i] == '?';
        if (path.data[i] == '\\') {
            has_escape = true;
            i++;
        }
    }
    part.name = gjson_cut(path, 0, i);
    if (has_escape)
        part.name = without_escapes(run, part.name);
    if (i < path.size)
        end_key(&part, path, i);
    return part;
}

/* --- queries ------------------------------------------------------------------------------------- */

/* Behind a quoted text; `at` is behind its opening quote. */
static size_t skip_quoted(text_view path, size_t at, bool *has_escape)
{
    for (; at < path.size && path.data[at] != '"'; at++)
        if (path.data[at] == '\\') {
            *has_escape = true;
            at++;
        }
    return at + 1;
}

/* Behind a query's last bracket, or 0; *op is where its operator begins, or 0. */
static size_t query_end(text_view path, size_t *op, bool *has_escape)
{
    size_t depth = 1;
    *op = 0;
    for (size_t i = 2; i < path.size; i++) {
        const char c = path.data[i];
        if (depth == 1 && *op == 0 &&
            (c == '!' || c == '=' || c == '<' || c == '>' || c == '%'))
            *op = i;
        else if (c == '\\')
            i++;
        else if (c == '"')
            i = skip_quoted(path, i + 1, has_escape) - 1;
        else if (c == '[' || c == '(')
            depth++;
        else if ((c == ']' || c == ')') && --depth == 0)
            return i + 1;
    }
    return 0;
}

static size_t operator_size(text_view text)
{
    static const char *const operators[] = {"!=", "!%", "<=", ">=", "==", "<", ">", "=", "%"};
    if (text.size == 1)
        return 1;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const text_view op = gjson_literal(operators[i]);
        if (gjson_same(gjson_cut(text, 0, op.size), op))
            return op.size;
    }
    return 0;
}

static void read_condition(gjson_run *run, text_view text, bool has_escape, gjson_query *query)
{
    const size_t size = operator_size(text);
    query->op = gjson_cut(text, 0, size);
    if (gjson_is(query->op, "=="))
        query->op = gjson_cut(text, 0, 1);
    text_view value = gjson_trim(gjson_rest(text, size));
    if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"') {
        value = gjson_cut(value, 1, value.size - 1);
        if (has_escape)
            value = gjson_unescape(run, value);
    }
    query->value = value;
}

/* The query a path begins with; returns where it ends, or 0 when it does not. */
static size_t read_query(gjson_run *run, text_view path, gjson_query *query)
{
    bool has_escape = false;
    size_t op = 0;
    const size_t end = query_end(path, &op, &has_escape);
    query->is_on = true;
    if (end == 0)
        return 0;
    query->path = gjson_trim(gjson_cut(path, 2, op > 0 ? op : end - 1));
    if (op > 0)
        read_condition(run, gjson_trim(gjson_cut(path, op, end - 1)), has_escape, query);
    query->is_all = end < path.size && path.data[end] == '#';
    return end;
}

static void end_index(gjson_index_part *part, text_view path, size_t at)
{
    const text_view rest = gjson_rest(path, at + 1);
    part->name = gjson_cut(path, 0, at);
    part->is_piped = path.data[at] == '|' || (!part->has_hash && begins_anew(rest));
    part->has_more = !part->is_piped;
    *(part->is_piped ? &part->pipe : &part->rest) = rest;
}

gjson_index_part gjson_index_part_of(gjson_run *run, text_view path)
{
    gjson_index_part part = {.name = path, .rest = {"", 0}, .pipe = {"", 0}};
    part.query = (gjson_query){.path = {"", 0}, .op = {"", 0}, .value = {"", 0}};
    size_t i = 0;
    if (path.size > 1 && path.data[0] == '#') {
        part.is_each = path.data[1] == '.';
        part.of_each = gjson_rest(path, 2);
        part.has_hash = true;
        if (path.data[1] == '[' || path.data[1] == '(') {
            i = read_query(run, path, &part.query);
            if (i == 0)
                return part;
        }
    }
    for (; i < path.size; i++) {
        if (path.data[i] == '.' || path.data[i] == '|') {
            end_index(&part, path, i);
            break;
        }
        part.has_hash = part.has_hash || path.data[i] == '#';
    }
    return part;
}

/* --- pipes --------------------------------------------------------------------------------------- */

/* At the last bracket of a query whose first is at `at`; only its own kind of bracket counts. */
static size_t skip_query(text_view path, size_t at)
{
    const char open = path.data[at], close = open == '[' ? ']' : ')';
    bool has_escape = false;
    size_t depth = 1;
    for (size_t i = at + 1; i < path.size; i++) {
        if (path.data[i] == '\\')
            i++;
        else if (path.data[i] == open)
            depth++;
        else if (path.data[i] == close && --depth == 0)
            return i;
        else if (path.data[i] == '"')
            i = skip_quoted(path, i + 1, &has_escape) - 1;
    }
    return path.size;
}

/* The pipe behind "{...}", where it stands directly. */
static size_t pipe_of_object(text_view path)
{
    /* As the original does, the first byte within counts as a bracket. */
    const text_view within = gjson_rest(path, 1);
    const size_t end = within.size > 0 ? gjson_squash_size(within) + 1 : path.size;
    return end < path.size && path.data[end] == '|' ? end : path.size;
}

static size_t find_pipe(text_view path)
{
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] == '|')
            return i;
        if (path.data[i] == '\\') {
            i++;
        } else if (path.data[i] == '.' && i + 1 < path.size && path.data[i + 1] == '#') {
            i += 2;
            if (i < path.size && (path.data[i] == '[' || path.data[i] == '('))
                i = skip_query(path, i);
        }
    }
    return path.size;
}

bool gjson_split_pipe(text_view path, text_view *left, text_view *right)
{
    const size_t at = gjson_starts(path, '{') ? pipe_of_object(path) : find_pipe(path);
    if (at >= path.size)
        return false;
    *left = gjson_cut(path, 0, at);
    *right = gjson_rest(path, at + 1);
    return true;
}

/* --- multipaths ---------------------------------------------------------------------------------- */

gjson_selectors gjson_selectors_of(text_view path)
{
    return (gjson_selectors){.path = path, .at = 1};
}

/* From `start` up to `end`, with its name where there was a colon. */
static void end_selector(gjson_selectors *s, size_t start, size_t colon, size_t end,
                         gjson_selector *out)
{
    out->name = colon > 0 ? gjson_cut(s->path, start, colon) : (text_view){"", 0};
    out->path = gjson_cut(s->path, colon > 0 ? colon + 1 : start, end);
    s->at = end + 1;
}

bool gjson_selectors_next(gjson_selectors *s, gjson_selector *out)
{
    const text_view path = s->path;
    const size_t start = s->at;
    size_t colon = 0, depth = 1;
    bool has_modifier = false, has_escape = false;
    for (size_t i = start; !s->is_closed && i < path.size; i++) {
        const char c = path.data[i];
        if (c == '\\') {
            i++;
        } else if (c == '@') {
            has_modifier = has_modifier || path.data[i - 1] == '.' || path.data[i - 1] == '|';
        } else if (c == ':' && !has_modifier && colon == 0 && depth == 1) {
            colon = i;
        } else if (c == '"') {
            i = skip_quoted(path, i + 1, &has_escape) - 1;
        } else if (c == '[' || c == '(' || c == '{') {
            depth++;
        } else if ((c == ']' || c == ')' || c == '}') && --depth == 0) {
            s->is_closed = true;
            end_selector(s, start, colon, i, out);
            return true;
        } else if (c == ',' && depth == 1) {
            end_selector(s, start, colon, i, out);
            return true;
        }
    }
    return false;
}

text_view gjson_last_name(text_view path)
{
    for (size_t i = path.size; i-- > 0;)
        if ((path.data[i] == '|' || path.data[i] == '.') &&
            (i == 0 || path.data[i - 1] != '\\'))
            return gjson_rest(path, i + 1);
    return path;
}

bool gjson_is_simple_name(text_view name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] < ' ' ||
            memchr("[]{}()#|!", name.data[i], sizeof "[]{}()#|!" - 1) != NULL)
            return false;
    return true;
}
