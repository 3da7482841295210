/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following a path through a text in one scan: into objects by name, into arrays by index, by query or
 * into every element. The first hit ends the scan; a miss inside a member goes on behind it.
 */
#include "gjson_inside.h"

#include <stdio.h>

#include "base/buf.h"

/* One scan of one text. */
typedef struct search {
    gjson_run *run;
    text_view json;
    gjson_item value;
    text_view pipe; /* the path that goes on from the value */
    bool is_piped;
} search;

static const gjson_item missing = {.raw = {"", 0}, .str = {"", 0}};

static bool in_object(search *s, size_t *at, text_view path);
static bool in_array(search *s, size_t *at, text_view path);

static void set_pipe(search *s, text_view pipe)
{
    s->pipe = pipe;
    s->is_piped = true;
}

/* --- objects ------------------------------------------------------------------------------------- */

/* The next name, as written; false behind the closing brace or the text's end. */
static bool find_name(search *s, size_t *at, text_view *name, bool *has_escape)
{
    for (; *at < s->json.size; ++*at) {
        if (s->json.data[*at] == '}') {
            ++*at;
            return false;
        }
        if (s->json.data[*at] != '"')
            continue;
        const size_t start = ++*at;
        const bool is_closed = gjson_skip_string(s->json, at, has_escape);
        *name = gjson_cut(s->json, start, *at - 1);
        return is_closed;
    }
    return false;
}

static bool name_matches(search *s, const gjson_key_part *part, text_view name, bool has_escape)
{
    if (has_escape)
        name = gjson_unescape_once(s->run, name);
    return part->is_wild ? gjson_glob(s->run, name, part->name) : gjson_same(name, part->name);
}

/* The next byte that begins a value; inside of an array also its end, which the text's end is too. */
static gjson_token find_value(const search *s, size_t *at, bool is_array)
{
    for (; *at < s->json.size; ++*at) {
        const gjson_token token = gjson_token_at(s->json, *at);
        if (token != GJSON_END && (is_array || token != GJSON_CLOSE))
            return token;
    }
    return is_array && *at == s->json.size ? GJSON_CLOSE : GJSON_END;
}

/* Behind the opening brace. Leaves *at behind the closing one, or at a hit. */
static bool scan_object(search *s, size_t *at, text_view path)
{
    const gjson_key_part part = gjson_key_part_of(s->run, path);
    if (part.is_piped)
        set_pipe(s, part.pipe);
    text_view name = {"", 0};
    bool has_escape = false;
    for (size_t start = *at; find_name(s, at, &name, &has_escape); start = *at) {
        const bool is_match = name_matches(s, &part, name, has_escape);
        const gjson_token token = find_value(s, at, false);
        if (token == GJSON_END || !gjson_work(s->run, *at - start))
            return false;
        if (is_match && part.has_more && (token == GJSON_OBJECT || token == GJSON_ARRAY)) {
            ++*at;
            if (token == GJSON_OBJECT ? in_object(s, at, part.rest)
                                      : in_array(s, at, part.rest))
                return true;
            continue;
        }
        gjson_item item;
        if (!gjson_read(s->run, s->json, token, at, &item))
            return false;
        if (is_match && !part.has_more) {
            s->value = item;
            return true;
        }
    }
    return false;
}

static bool in_object(search *s, size_t *at, text_view path)
{
    if (!gjson_work(s->run, path.size) || !gjson_enter(s->run))
        return false;
    const bool is_hit = scan_object(s, at, path);
    gjson_leave(s->run);
    return is_hit;
}

/* --- arrays -------------------------------------------------------------------------------------- */

/* One scan of one array. */
typedef struct array_scan {
    gjson_index_part part;
    uint64_t index; /* wraps, as the original's */
    bool has_index;
    uint64_t count;      /* elements begun, and the end */
    keda_buf found;      /* of "#.x" and "#(q)#", with its opening bracket */
    text_view each_pipe; /* cut off what "#." looks up */
    bool has_each_pipe;
} array_scan;

static void append_found(search *s, array_scan *a, text_view raw)
{
    gjson_put(s->run, &a->found, gjson_literal(a->found.size > 1 ? "," : ""));
    gjson_put(s->run, &a->found, raw);
}

/* Takes what was collected as the value. */
static void take_found(search *s, array_scan *a)
{
    gjson_put_char(s->run, &a->found, ']');
    s->value = missing;
    s->value.type = GJSON_JSON;
    s->value.raw = gjson_keep(s->run, &a->found);
}

/* "#.rest" for the element that begins at or behind `at`. */
static void look_into(search *s, array_scan *a, size_t at)
{
    const text_view json = s->json;
    while (at < json.size && (json.data[at] == ' ' || json.data[at] == '\t' ||
                              json.data[at] == '\r' || json.data[at] == '\n'))
        at++;
    gjson_item item;
    if (at >= json.size || json.data[at] == ']' || !gjson_next(s->run, json, &at, &item))
        return;
    item = gjson_get(s->run, item.raw, a->part.of_each);
    if (gjson_exists(&item))
        append_found(s, a, item.raw);
}

/* One element against the query; true when it is the value. */
static bool query_element(search *s, array_scan *a, gjson_item element)
{
    gjson_item tested = element;
    if (a->part.query.is_all && a->found.size == 0)
        gjson_put_char(s->run, &a->found, '[');
    if (element.type == GJSON_JSON)
        tested = gjson_get(s->run, element.raw, a->part.query.path);
    else if (a->part.query.path.size > 0)
        return false;
    if (!gjson_matches(s->run, &a->part.query, tested))
        return false;
    gjson_item result = element;
    if (a->part.has_more) {
        text_view pipe;
        if (gjson_work(s->run, a->part.rest.size) &&
            gjson_split_pipe(a->part.rest, &a->part.rest, &pipe))
            set_pipe(s, pipe);
        result = gjson_get(s->run, element.raw, a->part.rest);
    }
    if (!a->part.query.is_all) {
        s->value = result;
        return true;
    }
    if (result.raw.size > 0)
        append_found(s, a, result.raw);
    return false;
}

static void set_count(search *s, uint64_t count)
{
    char text[24];
    keda_buf out = {0};
    const int length = snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    gjson_put(s->run, &out, (text_view){text, (size_t)length});
    s->value = missing;
    s->value.type = GJSON_NUMBER;
    s->value.number = (double)count;
    s->value.raw = gjson_keep(s->run, &out);
}

/* At the closing bracket: whether the array as a whole is the value. */
static bool end_array(search *s, array_scan *a)
{
    const bool is_hash = a->part.has_hash && gjson_is(a->part.name, "#");
    if (is_hash && a->part.is_each) {
        if (a->has_each_pipe)
            set_pipe(s, a->each_pipe);
        take_found(s, a);
        return true;
    }
    if (is_hash) {
        set_count(s, a->count - 1);
        return true;
    }
    if (!gjson_exists(&s->value) && a->part.query.is_all) {
        if (a->found.size == 0)
            gjson_put_char(s->run, &a->found, '[');
        take_found(s, a);
    }
    return false;
}

/* The element that begins at `at`; true when it is, or holds, the value. Sets *is_over at the end. */
static bool scan_element(search *s, array_scan *a, gjson_token token, size_t *at, bool *is_over)
{
    const gjson_index_part *part = &a->part;
    const bool is_match = a->has_index && a->index == a->count - 1;
    if (is_match && part->has_more && (token == GJSON_OBJECT || token == GJSON_ARRAY)) {
        ++*at;
        return token == GJSON_OBJECT ? in_object(s, at, part->rest)
                                     : in_array(s, at, part->rest);
    }
    gjson_item item;
    *is_over = !gjson_read(s->run, s->json, token, at, &item);
    if (*is_over)
        return false;
    if (part->query.is_on)
        return query_element(s, a, item);
    if (!is_match || part->has_more)
        return false;
    s->value = item;
    return true;
}

static bool scan_array(search *s, size_t *at, array_scan *a)
{
    bool is_over = false;
    while (!is_over && *at <= s->json.size) {
        const size_t start = *at;
        a->count++;
        if (a->part.is_each)
            look_into(s, a, start);
        const gjson_token token = find_value(s, at, true);
        if (token == GJSON_END || !gjson_work(s->run, *at - start + 1))
            return false;
        if (token == GJSON_CLOSE) {
            ++*at;
            return end_array(s, a);
        }
        if (scan_element(s, a, token, at, &is_over))
            return true;
    }
    return false;
}

/* Decimal digits only. */
static bool read_index(text_view name, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(name.data[i] - '0');
    }
    return name.size > 0;
}

/* Behind the opening bracket. Leaves *at behind the closing one, or at a hit. */
static bool in_array(search *s, size_t *at, text_view path)
{
    if (!gjson_work(s->run, path.size) || !gjson_enter(s->run))
        return false;
    array_scan a = {.part = gjson_index_part_of(s->run, path)};
    a.has_index = !a.part.has_hash && read_index(a.part.name, &a.index);
    if (a.part.is_piped)
        set_pipe(s, a.part.pipe);
    if (a.part.is_each) {
        gjson_put_char(s->run, &a.found, '[');
        a.has_each_pipe = gjson_split_pipe(a.part.of_each, &a.part.of_each, &a.each_pipe);
    }
    const bool is_hit = scan_array(s, at, &a);
    keda_buf_clear(&a.found);
    gjson_leave(s->run);
    return is_hit;
}

/* --- paths --------------------------------------------------------------------------------------- */

/* "name": or the last name of the path, for one value of "{...}". */
static void put_selector_name(gjson_run *run, keda_buf *out, const gjson_selector *selector)
{
    if (gjson_starts(selector->name, '"') && gjson_valid(run, selector->name)) {
        gjson_put(run, out, selector->name);
    } else if (selector->name.size > 0) {
        gjson_quote(run, out, selector->name);
    } else {
        const text_view last = gjson_last_name(selector->path);
        gjson_quote(run, out, gjson_is_simple_name(last) ? last : gjson_literal("_"));
    }
    gjson_put_char(run, out, ':');
}

/* What the paths of "[...]" or "{...}" find, as an array or object. */
static text_view select_all(gjson_run *run, text_view json, text_view path)
{
    const bool is_object = path.data[0] == '{';
    gjson_selectors selectors = gjson_selectors_of(path);
    gjson_selector selector;
    keda_buf out = {0};
    gjson_put_char(run, &out, path.data[0]);
    while (gjson_selectors_next(&selectors, &selector) && run->rc == KEDA_OK) {
        const gjson_item item = gjson_get(run, json, selector.path);
        if (!gjson_exists(&item))
            continue;
        gjson_put(run, &out, gjson_literal(out.size > 1 ? "," : ""));
        if (is_object)
            put_selector_name(run, &out, &selector);
        gjson_put(run, &out, item.raw);
    }
    gjson_put_char(run, &out, is_object ? '}' : ']');
    return gjson_keep(run, &out);
}

/* Where a multipath ends; 0 when its brackets do not close. */
static size_t multipath_end(text_view path)
{
    gjson_selectors selectors = gjson_selectors_of(path);
    gjson_selector selector;
    while (gjson_selectors_next(&selectors, &selector))
        continue;
    return selectors.is_closed ? selectors.at : 0;
}

static gjson_item follow(gjson_run *run, text_view json, text_view path)
{
    search s = {.run = run, .json = json, .value = missing};
    size_t at = 0;
    if (path.size >= 2 && path.data[0] == '.' && path.data[1] == '.') {
        (void)in_array(&s, &at, gjson_rest(path, 2));
    } else {
        while (at < json.size && json.data[at] != '{' && json.data[at] != '[')
            at++;
        if (at < json.size && gjson_work(run, at)) {
            const bool is_object = json.data[at++] == '{';
            (void)(is_object ? in_object(&s, &at, path) : in_array(&s, &at, path));
        }
    }
    return s.is_piped ? gjson_get(run, s.value.raw, s.pipe) : s.value;
}

static bool is_separator(text_view path)
{
    return gjson_starts(path, '.') || gjson_starts(path, '|');
}

static gjson_item get(gjson_run *run, text_view json, text_view path)
{
    text_view result, rest;
    if (path.size > 1 && gjson_apply(run, json, path, &result, &rest)) {
        if (is_separator(rest))
            return gjson_get(run, result, gjson_rest(rest, 1));
        return gjson_parse(run, result);
    }
    if (path.size < 2 || (path.data[0] != '[' && path.data[0] != '{'))
        return follow(run, json, path);
    const size_t end = multipath_end(path);
    rest = end > 0 ? gjson_rest(path, end) : gjson_literal("");
    /* As the original does: what is not closed is the empty name, what goes on oddly is a key. */
    if (end == 0 || (rest.size > 0 && !is_separator(rest)))
        return follow(run, json, rest);
    gjson_item item = missing;
    item.type = GJSON_JSON;
    item.raw = select_all(run, json, path);
    return rest.size > 0 ? gjson_get(run, item.raw, gjson_rest(rest, 1)) : item;
}

gjson_item gjson_get(gjson_run *run, text_view json, text_view path)
{
    if (!gjson_work(run, path.size + 1) || !gjson_enter(run))
        return missing;
    const gjson_item item = get(run, json, path);
    gjson_leave(run);
    return run->rc == KEDA_OK ? item : missing;
}
