/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "@ugly" and "@pretty": the same text without blanks, or one member a line. Lax as the reader is; short
 * arrays without objects stay on one line.
 */
#include "gjson_inside.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gofloat.h"

typedef struct printer {
    gjson_run *run;
    text_view json;
    size_t at;
    keda_buf out;
    size_t line_start;
    int64_t width;
    text_view prefix, indent;
    bool sorts_keys;
} printer;

/* How one value is printed: its depth, and whether it must fit into one line. */
typedef struct layout {
    size_t tabs;
    bool is_inline;
} layout;

static bool print_value(printer *p, layout how);

static void put(printer *p, text_view text)
{
    gjson_put(p->run, &p->out, text);
}

static void put_char(printer *p, char c)
{
    gjson_put_char(p->run, &p->out, c);
}

/* Copies a string with its quotes; one that is not closed to the end. */
static void copy_string(printer *p)
{
    const size_t start = p->at++;
    bool has_escape = false;
    (void)gjson_skip_string(p->json, &p->at, &has_escape);
    put(p, gjson_cut(p->json, start, p->at));
}

static void copy_number(printer *p)
{
    const size_t start = p->at++;
    while (p->at < p->json.size && (unsigned char)p->json.data[p->at] > ' ' &&
           strchr(",:]}", p->json.data[p->at]) == NULL)
        p->at++;
    put(p, gjson_cut(p->json, start, p->at));
}

static void put_tabs(printer *p, size_t tabs)
{
    put(p, p->prefix);
    for (size_t i = 0; i < tabs && gjson_work(p->run, 1); i++)
        put(p, p->indent);
}

/* Begins a line; a blank that would end the last one is dropped. */
static void break_line(printer *p)
{
    p->line_start = p->out.size;
    if (p->out.size > 0 && p->out.data[p->out.size - 1] == ' ')
        p->out.data[p->out.size - 1] = '\n';
    else
        put_char(p, '\n');
}

/* --- sorting by name ----------------------------------------------------------------------------- */

typedef struct member {
    text_view name;    /* in the document */
    size_t start, end; /* in the output, name included */
} member;

typedef struct members {
    member *data;
    size_t n, capacity;
    bool is_off; /* something was out of order: not sorted */
} members;

static int value_kind(text_view v)
{
    static const char firsts[] = "nf\"t{[";
    static const int kinds[] = {0, 1, 3, 4, 5, 5};
    const char *found = v.size > 0 && v.data[0] != '\0' ? strchr(firsts, v.data[0]) : firsts;
    return found == NULL ? 2 : kinds[found - firsts];
}

static text_view inside_string(printer *p, text_view v)
{
    size_t end = 1;
    bool has_escape = false;
    const bool is_closed = gjson_skip_string(v, &end, &has_escape);
    const text_view inside = gjson_cut(v, 1, is_closed ? end - 1 : 1);
    if (has_escape && !gjson_valid(p->run, v))
        return gjson_literal("");
    return has_escape ? gjson_unescape(p->run, inside) : inside;
}

static int compare_values(printer *p, text_view a, text_view b)
{
    const int kind = value_kind(a), other = value_kind(b);
    if (kind != other)
        return kind < other ? -1 : 1;
    if (kind == 3)
        return gjson_compare(inside_string(p, a), inside_string(p, b));
    if (kind != 2)
        return gjson_compare(a, b);
    double x = 0.0, y = 0.0;
    if (gofloat_parse(a.data, a.size, &x) == KEDA_EINVAL)
        x = 0.0;
    if (gofloat_parse(b.data, b.size, &y) == KEDA_EINVAL)
        y = 0.0;
    return (x > y) - (x < y);
}

/* The printed value behind the name and its colon. */
static text_view printed_value(const printer *p, const member *m)
{
    const text_view out = {p->out.data, p->out.size};
    const text_view all = gjson_cut(out, m->start, m->end);
    const text_view trimmed = text_trim(all.data, all.size);
    const text_view value = gjson_rest(trimmed, m->name.size + 1);
    return text_trim(value.data, value.size);
}

static bool is_after(printer *p, const member *a, const member *b)
{
    int order = compare_values(p, a->name, b->name);
    if (order == 0)
        order = compare_values(p, printed_value(p, a), printed_value(p, b));
    return order > 0;
}

/* Moves the printed members into the order of their names; equal ones keep theirs. */
static void sort_members(printer *p, members *list)
{
    keda_buf sorted = {0};
    if (list->n == 0 || p->run->rc != KEDA_OK)
        return;
    const size_t start = list->data[0].start;
    for (size_t i = 1; i < list->n; i++)
        for (size_t j = i; j > 0 && gjson_work(p->run, list->data[j].name.size + 1) &&
                           is_after(p, &list->data[j - 1], &list->data[j]);
             j--) {
            const member moved = list->data[j];
            list->data[j] = list->data[j - 1];
            list->data[j - 1] = moved;
        }
    for (size_t i = 0; i < list->n; i++) {
        const text_view out = {p->out.data, p->out.size};
        gjson_put(p->run, &sorted, gjson_literal(i > 0 ? ",\n" : ""));
        gjson_put(p->run, &sorted, gjson_cut(out, list->data[i].start, list->data[i].end));
    }
    buf_truncate(&p->out, start);
    put(p, (text_view){sorted.data, sorted.size});
    keda_buf_clear(&sorted);
}

static void add_member(printer *p, members *list, member m)
{
    void *data = list->data;
    if (list->is_off || p->run->rc != KEDA_OK)
        return;
    if (mem_grow(&data, &list->capacity, list->n, sizeof m, NULL) != KEDA_OK) {
        gjson_fail(p->run, KEDA_ENOMEM, "out of memory");
        return;
    }
    list->data = data;
    list->data[list->n++] = m;
}

/* --- objects and arrays -------------------------------------------------------------------------- */

static void print_close(printer *p, char open, layout how, members *list, size_t n)
{
    if (!how.is_inline) {
        if (open == '{' && p->sorts_keys && !list->is_off)
            sort_members(p, list);
        if (n > 0)
            break_line(p);
        if (p->out.size > 0 && p->out.data[p->out.size - 1] != open)
            put_tabs(p, how.tabs);
    }
    put_char(p, open == '{' ? '}' : ']');
    p->at++;
}

/* One member of an object or item of an array; false when it must fit into the line and does not. */
static bool print_member(printer *p, char open, layout how, members *list, size_t n)
{
    const bool is_sorted = open == '{' && p->sorts_keys && !how.is_inline;
    member m = {.name = {"", 0}};
    if (n > 0) {
        put_char(p, ',');
        if (p->width != -1 && open == '[')
            put_char(p, ' ');
    }
    if (!how.is_inline)
        break_line(p);
    m.start = p->out.size;
    if (!how.is_inline)
        put_tabs(p, how.tabs + 1);
    if (open == '{') {
        const size_t name = p->at;
        copy_string(p);
        m.name = gjson_cut(p->json, name, p->at);
        put(p, gjson_literal(how.is_inline ? ":" : ": "));
    }
    const bool is_whole = print_value(p, (layout){how.tabs + 1, how.is_inline});
    m.end = p->out.size;
    if (is_sorted)
        add_member(p, list, m);
    return is_whole || !how.is_inline;
}

static bool print_members(printer *p, char open, layout how, members *list)
{
    const char close = open == '{' ? '}' : ']';
    size_t n = 0;
    put_char(p, open);
    p->at++;
    while (p->at < p->json.size && gjson_work(p->run, 1)) {
        const char c = p->json.data[p->at];
        if ((unsigned char)c <= ' ') {
            p->at++;
        } else if (c == close) {
            print_close(p, open, how, list, n);
            return open != '{';
        } else if (open == '[' || c == '"') {
            if (!print_member(p, open, how, list, n++))
                return false;
        } else {
            p->at++;
        }
    }
    return open != '{';
}

static bool print_nested(printer *p, char open, layout how)
{
    members list = {.data = NULL};
    if (!gjson_enter(p->run))
        return false;
    const bool is_whole = print_members(p, open, how, &list);
    mem_free(list.data);
    gjson_leave(p->run);
    return is_whole;
}

/* An array in one line if it fits there; otherwise nothing is printed. */
static bool print_in_line(printer *p)
{
    const size_t at = p->at, size = p->out.size, line_start = p->line_start;
    const int64_t room = p->width - (int64_t)(size - line_start);
    const text_view indent = p->indent;
    if (room <= 3)
        return false;
    p->indent = gjson_literal("");
    const bool is_whole = print_nested(p, '[', (layout){0, true});
    p->indent = indent;
    p->line_start = line_start;
    if (is_whole && (int64_t)(p->out.size - size) <= room)
        return true;
    buf_truncate(&p->out, size);
    p->at = at;
    return false;
}

/* False where an object stands in a line, which then is none. */
static bool print_brackets(printer *p, layout how)
{
    const char open = p->json.data[p->at];
    if (p->width > 0 && open == '[' && !how.is_inline && print_in_line(p))
        return true;
    if (p->width > 0 && open == '{' && how.is_inline)
        return false;
    return print_nested(p, open, how);
}

/* A word as it should be spelt. */
static void print_word(printer *p, const char *word)
{
    put(p, gjson_literal(word));
    p->at += strlen(word);
}

static bool print_value(printer *p, layout how)
{
    for (; p->at < p->json.size && gjson_work(p->run, 1); p->at++) {
        const gjson_token token = gjson_token_at(p->json, p->at);
        const char c = p->json.data[p->at];
        if (token == GJSON_OBJECT || token == GJSON_ARRAY)
            return print_brackets(p, how);
        if (token == GJSON_QUOTE)
            copy_string(p);
        else if (token == GJSON_DIGITS)
            copy_number(p);
        else if (token == GJSON_WORD)
            print_word(p, c == 't' ? "true" : c == 'f' ? "false" : "null");
        else
            continue;
        return true;
    }
    return true;
}

/* --- modifiers ----------------------------------------------------------------------------------- */

/* An indentation that is not blank keeps its blanks alone. */
static text_view blanks_of(gjson_run *run, text_view text)
{
    keda_buf out = {0};
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\0' && strchr(" \t\n\r", text.data[i]) != NULL)
            gjson_put_char(run, &out, text.data[i]);
    return gjson_keep(run, &out);
}

static void read_options(printer *p, text_view arg)
{
    const gjson_item options = gjson_parse(p->run, arg);
    for (gjson_members m = gjson_members_of(p->run, &options); gjson_members_next(&m);) {
        const text_view name = gjson_text_of(p->run, &m.key);
        const text_view text = gjson_text_of(p->run, &m.value);
        if (gjson_is(name, "sortKeys"))
            p->sorts_keys = gjson_truth(&m.value);
        else if (gjson_is(name, "indent"))
            p->indent = blanks_of(p->run, text);
        else if (gjson_is(name, "prefix"))
            p->prefix = blanks_of(p->run, text);
        else if (gjson_is(name, "width"))
            p->width = gjson_integer(&m.value);
    }
}

text_view gjson_pretty(gjson_run *run, text_view json, text_view arg)
{
    printer p = {.run = run, .json = json, .width = 80};
    p.prefix = gjson_literal("");
    p.indent = gjson_literal("  ");
    if (arg.size > 0)
        read_options(&p, arg);
    put(&p, p.prefix);
    (void)print_value(&p, (layout){0, false});
    if (p.out.size > 0)
        put_char(&p, '\n');
    return gjson_keep(run, &p.out);
}

text_view gjson_ugly(gjson_run *run, text_view json, text_view arg)
{
    printer p = {.run = run, .json = json};
    (void)arg;
    while (p.at < json.size && gjson_work(run, 1)) {
        if (json.data[p.at] == '"')
            copy_string(&p);
        else if ((unsigned char)json.data[p.at] > ' ')
            put_char(&p, json.data[p.at++]);
        else
            p.at++;
    }
    return gjson_keep(run, &p.out);
}
