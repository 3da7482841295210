/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "@reverse" and its like, which turn a text into another before the path goes on, and literals ("!5"),
 * which replace it.
 */
#include "gjson_inside.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

/* --- helpers ------------------------------------------------------------------------------------- */

static void separate(gjson_run *run, keda_buf *out)
{
    if (out->size > 1)
        gjson_put_char(run, out, ',');
}

/* The inside of brackets. */
static text_view unwrap(text_view json)
{
    json = gjson_trim(json);
    if (json.size >= 2 && (json.data[0] == '[' || json.data[0] == '{'))
        return gjson_cut(json, 1, json.size - 1);
    return json;
}

/* A switch of an argument such as {"deep":true}. */
static bool has_option(gjson_run *run, text_view arg, const char *name)
{
    bool is_on = false;
    const gjson_item options = gjson_parse(run, arg);
    gjson_members m = gjson_members_of(run, &options);
    while (gjson_members_next(&m))
        if (gjson_is(gjson_text_of(run, &m.key), name))
            is_on = gjson_truth(&m.value);
    return is_on;
}

/* Items of a list in a growing array. */
typedef struct items {
    gjson_item *data;
    size_t n, capacity;
} items;

static void add_item(gjson_run *run, items *list, gjson_item item)
{
    void *data = list->data;
    if (!gjson_work(run, sizeof item))
        return;
    if (sizeof item > run->memory_left) {
        gjson_fail(run, KEDA_ELIMIT, "the path builds too large a list");
        return;
    }
    if (mem_grow(&data, &list->capacity, list->n, sizeof item, NULL) != KEDA_OK) {
        gjson_fail(run, KEDA_ENOMEM, "out of memory");
        return;
    }
    run->memory_left -= sizeof item;
    list->data = data;
    list->data[list->n++] = item;
}

/* --- modifiers ----------------------------------------------------------------------------------- */

static text_view mod_this(gjson_run *run, text_view json, text_view arg)
{
    (void)run;
    (void)arg;
    return json;
}

static text_view mod_valid(gjson_run *run, text_view json, text_view arg)
{
    (void)arg;
    return gjson_valid(run, json) ? json : gjson_literal("");
}

static text_view mod_tostr(gjson_run *run, text_view json, text_view arg)
{
    keda_buf out = {0};
    (void)arg;
    gjson_quote(run, &out, json);
    return gjson_keep(run, &out);
}

static text_view mod_fromstr(gjson_run *run, text_view json, text_view arg)
{
    (void)arg;
    if (!gjson_valid(run, json))
        return gjson_literal("");
    const gjson_item item = gjson_parse(run, json);
    return gjson_text_of(run, &item);
}

static text_view mod_reverse(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    const bool is_object = gjson_is_object(&item);
    items list = {NULL, 0, 0};
    keda_buf out = {0};
    (void)arg;
    if (item.type != GJSON_JSON)
        return json;
    for (gjson_members m = gjson_members_of(run, &item); gjson_members_next(&m);) {
        add_item(run, &list, m.value);
        if (is_object)
            add_item(run, &list, m.key);
    }
    gjson_put_char(run, &out, is_object ? '{' : '[');
    while (list.n > 0 && run->rc == KEDA_OK) {
        separate(run, &out);
        gjson_put(run, &out, list.data[--list.n].raw);
        if (is_object) {
            gjson_put_char(run, &out, ':');
            gjson_put(run, &out, list.data[--list.n].raw);
        }
    }
    gjson_put_char(run, &out, is_object ? '}' : ']');
    mem_free(list.data);
    return gjson_keep(run, &out);
}

static text_view flatten(gjson_run *run, text_view json, bool is_deep)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    if (!gjson_is_array(&item) || !gjson_enter(run))
        return json;
    gjson_put_char(run, &out, '[');
    for (gjson_members m = gjson_members_of(run, &item); gjson_members_next(&m);) {
        text_view raw = m.value.raw;
        if (gjson_is_array(&m.value))
            raw = unwrap(is_deep ? flatten(run, raw, is_deep) : raw);
        raw = text_trim(raw.data, raw.size);
        if (raw.size == 0)
            continue;
        separate(run, &out);
        gjson_put(run, &out, raw);
    }
    gjson_put_char(run, &out, ']');
    gjson_leave(run);
    return gjson_keep(run, &out);
}

static text_view mod_flatten(gjson_run *run, text_view json, text_view arg)
{
    return flatten(run, json, arg.size > 0 && has_option(run, arg, "deep"));
}

static text_view mod_keys(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    (void)arg;
    gjson_put_char(run, &out, '[');
    for (gjson_members m = gjson_members_of(run, &item); gjson_members_next(&m);) {
        separate(run, &out);
        gjson_put(run, &out, m.is_object ? m.key.raw : gjson_literal("null"));
    }
    gjson_put_char(run, &out, ']');
    return gjson_keep(run, &out);
}

static text_view mod_values(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    (void)arg;
    if (gjson_is_array(&item))
        return json;
    gjson_put_char(run, &out, '[');
    for (gjson_members m = gjson_members_of(run, &item); gjson_members_next(&m);) {
        separate(run, &out);
        gjson_put(run, &out, m.value.raw);
    }
    gjson_put_char(run, &out, ']');
    return gjson_keep(run, &out);
}

/* Keeps the place of the first and the value of the last of equal names. */
static void merge(gjson_run *run, items *list, const gjson_members *m)
{
    for (size_t i = 0; i < list->n && gjson_work(run, 1); i += 2)
        if (gjson_same(list->data[i].str, m->key.str)) {
            list->data[i + 1] = m->value;
            return;
        }
    add_item(run, list, m->key);
    add_item(run, list, m->value);
}

static void join_merged(gjson_run *run, const gjson_item *array, keda_buf *out)
{
    items list = {NULL, 0, 0};
    for (gjson_members m = gjson_members_of(run, array); gjson_members_next(&m);) {
        gjson_members inner = gjson_members_of(run, &m.value);
        while (gjson_is_object(&m.value) && gjson_members_next(&inner))
            merge(run, &list, &inner);
    }
    for (size_t i = 0; i + 1 < list.n && run->rc == KEDA_OK; i += 2) {
        separate(run, out);
        gjson_put(run, out, list.data[i].raw);
        gjson_put_char(run, out, ':');
        gjson_put(run, out, list.data[i + 1].raw);
    }
    mem_free(list.data);
}

static void join_all(gjson_run *run, const gjson_item *array, keda_buf *out)
{
    size_t n = 0;
    for (gjson_members m = gjson_members_of(run, array); gjson_members_next(&m);) {
        if (!gjson_is_object(&m.value))
            continue;
        gjson_put(run, out, gjson_literal(n++ > 0 ? "," : ""));
        gjson_put(run, out, unwrap(m.value.raw));
    }
}

static text_view mod_join(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    if (!gjson_is_array(&item))
        return json;
    gjson_put_char(run, &out, '{');
    if (arg.size > 0 && has_option(run, arg, "preserve"))
        join_all(run, &item, &out);
    else
        join_merged(run, &item, &out);
    gjson_put_char(run, &out, '}');
    return gjson_keep(run, &out);
}

/* How many items the longest array of an object's members has. */
static size_t longest(gjson_run *run, const gjson_item *object)
{
    size_t most = 0;
    for (gjson_members m = gjson_members_of(run, object); gjson_members_next(&m);) {
        size_t n = 0;
        gjson_members inner = gjson_members_of(run, &m.value);
        while (gjson_is_array(&m.value) && gjson_members_next(&inner))
            n++;
        most = n > most ? n : most;
    }
    return most;
}

/* One more item of each column that has one. */
static void put_group(gjson_run *run, gjson_members *columns, const gjson_item *keys, size_t n,
                      keda_buf *out)
{
    bool is_first = true;
    gjson_put_char(run, out, '{');
    for (size_t i = 0; i < n && run->rc == KEDA_OK; i++) {
        if (!gjson_members_next(&columns[i]))
            continue;
        gjson_put(run, out, gjson_literal(is_first ? "" : ","));
        is_first = false;
        gjson_put(run, out, keys[i].raw);
        gjson_put_char(run, out, ':');
        gjson_put(run, out, columns[i].value.raw);
    }
    gjson_put_char(run, out, '}');
}

static void put_groups(gjson_run *run, const gjson_item *object, keda_buf *out)
{
    items keys = {NULL, 0, 0}, values = {NULL, 0, 0};
    gjson_members *columns = NULL;
    for (gjson_members m = gjson_members_of(run, object); gjson_members_next(&m);)
        if (gjson_is_array(&m.value)) {
            add_item(run, &keys, m.key);
            add_item(run, &values, m.value);
        }
    if (run->rc == KEDA_OK && values.n > 0) {
        columns = mem_zalloc(values.n, sizeof *columns);
        if (columns == NULL)
            gjson_fail(run, KEDA_ENOMEM, "out of memory");
    }
    for (size_t i = 0; columns != NULL && i < values.n; i++)
        columns[i] = gjson_members_of(run, &values.data[i]);
    const size_t rows = columns != NULL ? longest(run, object) : 0;
    for (size_t row = 0; row < rows && gjson_work(run, values.n); row++) {
        gjson_put(run, out, gjson_literal(row > 0 ? "," : ""));
        put_group(run, columns, keys.data, values.n, out);
    }
    mem_free(columns);
    mem_free(values.data);
    mem_free(keys.data);
}

static text_view mod_group(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    (void)arg;
    if (!gjson_is_object(&item))
        return gjson_literal("");
    gjson_put_char(run, &out, '[');
    put_groups(run, &item, &out);
    gjson_put_char(run, &out, ']');
    return gjson_keep(run, &out);
}

/* What the path finds in the item and in everything below it. */
static void dig(gjson_run *run, const gjson_item *item, text_view path, keda_buf *out)
{
    const gjson_item found = gjson_get(run, item->raw, path);
    if (gjson_exists(&found)) {
        separate(run, out);
        gjson_put(run, out, found.raw);
    }
    if (item->type != GJSON_JSON || !gjson_enter(run))
        return;
    for (gjson_members m = gjson_members_of(run, item); gjson_members_next(&m);)
        dig(run, &m.value, path, out);
    gjson_leave(run);
}

static text_view mod_dig(gjson_run *run, text_view json, text_view arg)
{
    const gjson_item item = gjson_parse(run, json);
    keda_buf out = {0};
    gjson_put_char(run, &out, '[');
    dig(run, &item, arg, &out);
    gjson_put_char(run, &out, ']');
    return gjson_keep(run, &out);
}

gjson_modifier *gjson_modifier_named(text_view name)
{
    static const struct {
        const char *name;
        gjson_modifier *run;
    } modifiers[] = {
        {"dig", mod_dig},         {"flatten", mod_flatten}, {"fromstr", mod_fromstr},
        {"group", mod_group},     {"join", mod_join},       {"keys", mod_keys},
        {"pretty", gjson_pretty}, {"reverse", mod_reverse}, {"this", mod_this},
        {"tostr", mod_tostr},     {"ugly", gjson_ugly},     {"valid", mod_valid},
        {"values", mod_values},
    };
    for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++)
        if (gjson_is(name, modifiers[i].name))
            return modifiers[i].run;
    return NULL;
}

/* --- in front of a path -------------------------------------------------------------------------- */

static size_t find_any(text_view text, size_t from, const char *set)
{
    while (from < text.size &&
           (text.data[from] == '\0' || strchr(set, text.data[from]) == NULL))
        from++;
    return from;
}

/* Where an argument ends: JSON by its brackets, other text at a pipe outside of brackets. */
static size_t argument_size(gjson_run *run, text_view text)
{
    const bool is_json = find_any(text, 0, "{[\"") == 0;
    if (is_json) {
        const gjson_item item = gjson_parse(run, text);
        if (gjson_exists(&item))
            return gjson_squash_size(text);
    }
    size_t i = 0;
    for (; i < text.size && text.data[i] != '|'; i++)
        if (strchr("{[\"(", text.data[i]) != NULL && text.data[i] != '\0')
            i += gjson_squash_size(gjson_rest(text, i)) - 1;
    return i < text.size ? i : text.size;
}

static bool apply_modifier(gjson_run *run, text_view json, text_view path, text_view *result,
                           text_view *rest)
{
    const size_t end = find_any(path, 1, ":|.");
    gjson_modifier *modifier = gjson_modifier_named(gjson_cut(path, 1, end));
    if (modifier == NULL)
        return false;
    text_view arg = {"", 0};
    *rest = gjson_rest(path, end);
    if (gjson_starts(*rest, ':')) {
        const text_view after = gjson_rest(*rest, 1);
        const size_t size = argument_size(run, after);
        arg = gjson_cut(after, 0, size);
        *rest = gjson_rest(after, size);
    }
    *result = modifier(run, json, arg);
    return true;
}

static bool apply_literal(text_view path, text_view *result, text_view *rest)
{
    static const char *const words[] = {"true", "false", "null", "nan", "inf"};
    const text_view text = gjson_rest(path, 1);
    if (find_any(text, 0, "{[\"+-0123456789") == 0) {
        /* As the original does, the first byte counts as a bracket, whatever it is. */
        *result = gjson_cut(text, 0, gjson_squash(text, 1, 1));
        *rest = gjson_rest(text, result->size);
        return true;
    }
    const size_t end = find_any(text, 0, "|.");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (end == strlen(words[i]) && strncasecmp(text.data, words[i], end) == 0) {
            *result = gjson_cut(text, 0, end);
            *rest = gjson_rest(text, end);
            return true;
        }
    return false;
}

bool gjson_apply(gjson_run *run, text_view json, text_view path, text_view *result,
                 text_view *rest)
{
    if (gjson_starts(path, '@'))
        return apply_modifier(run, json, path, result, rest);
    return gjson_starts(path, '!') && apply_literal(path, result, rest);
}
