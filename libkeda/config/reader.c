/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading maps by tables. Paths and the ways to report are here; single values are values.c's.
 */
#include "reader.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "values.h"

void reader_init(reader *r, const document *doc, bool is_strict, keda_findings *findings)
{
    *r = (reader){.doc = doc, .is_strict = is_strict};
    report_init(&r->report, findings);
}

keda_status reader_status(const reader *r, keda_error *err)
{
    return report_status(&r->report, err);
}

/* ---- paths ---- */

static size_t extend(reader *r, const char *step)
{
    const size_t mark = r->path_size;
    r->path_size += text_copy(r->path + mark, sizeof r->path - mark, step);
    return mark;
}

size_t reader_enter(reader *r, const char *name)
{
    char step[128];
    const bool is_plain = strpbrk(name, "./ []") == NULL;
    (void)snprintf(step, sizeof step, is_plain ? "%s%s" : "[%s%s]",
                   is_plain && r->path_size > 0 ? "." : "", name);
    return extend(r, step);
}

size_t reader_enter_index(reader *r, size_t i)
{
    char step[32];
    (void)snprintf(step, sizeof step, "[%zu]", i);
    return extend(r, step);
}

void reader_leave(reader *r, size_t mark)
{
    r->path_size = mark;
    r->path[mark] = '\0';
}

/* ---- reporting ---- */

KEDA_PRINTF(5, 0)
static void add(reader *r, keda_severity severity, int32_t line, int32_t column,
                const char *format, va_list args)
{
    const findings_place place = {
        .file = r->doc->file,
        .object = r->doc->object,
        .path = r->path,
        .line = line,
        .column = column,
    };
    report_vadd(&r->report, severity, &place, format, args);
}

static keda_severity strict_severity(const reader *r)
{
    return r->is_strict ? KEDA_SEVERITY_ERROR : KEDA_SEVERITY_WARNING;
}

void reader_error(reader *r, const node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const node *n = at == NULL ? r->doc->root : at;
    add(r, KEDA_SEVERITY_ERROR, n->line, n->column, format, args);
    va_end(args);
}

void reader_warning(reader *r, const node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const node *n = at == NULL ? r->doc->root : at;
    add(r, KEDA_SEVERITY_WARNING, n->line, n->column, format, args);
    va_end(args);
}

void reader_strict(reader *r, const node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const node *n = at == NULL ? r->doc->root : at;
    add(r, strict_severity(r), n->line, n->column, format, args);
    va_end(args);
}

void reader_strict_name(reader *r, const node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(r, strict_severity(r), at->key_line, at->key_column, format, args);
    va_end(args);
}

void reader_error_in(reader *r, const node *map, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const node *at = reader_get(map, name);
    const size_t mark = reader_enter(r, name);
    if (at == NULL)
        at = map == NULL ? r->doc->root : map;
    add(r, KEDA_SEVERITY_ERROR, at->line, at->column, format, args);
    reader_leave(r, mark);
    va_end(args);
}

void reader_out_of_memory(reader *r)
{
    reader_error(r, NULL, "out of memory");
    r->report.is_out_of_memory = true;
}

/* ---- maps by tables ---- */

const node *reader_get(const node *map, const char *name)
{
    const node *value = node_get(map, name);
    return value == NULL || value->type == NODE_NULL ? NULL : value;
}

/* The name that begins as the text does for most of its length, or NULL: minReplicas. */
static const char *longest_common(const char *text, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t most = strlen(text) * 3 / 4;
    for (size_t i = 0; i < n; i++) {
        size_t common = 0;
        while (text[common] != '\0' && text[common] == names[i][common])
            common++;
        if (common > most && common >= 4) {
            best = names[i];
            most = common;
        }
    }
    return best;
}

static void report_unknown(reader *r, const node *value, const member *members, size_t n)
{
    const char *names[READER_MAX_MEMBERS] = {NULL};
    size_t nnames = 0;
    for (; nnames < n && nnames < READER_MAX_MEMBERS; nnames++)
        names[nnames] = members[nnames].name;
    const char *near = text_nearest(value->key, names, nnames);
    if (near == NULL)
        near = longest_common(value->key, names, nnames);
    if (near != NULL)
        reader_strict_name(r, value, "unknown field; did you mean \"%s\"?", near);
    else
        reader_strict_name(r, value, "unknown field");
}

static void read_member(reader *r, const member *m, const node *value, void *out)
{
    void *at = out == NULL ? NULL : (char *)out + m->offset;
    switch (m->kind) {
    case MEMBER_ANY:
        break;
    case MEMBER_STRING:
    case MEMBER_TEXT:
        values_string(r, m, value, m->kind == MEMBER_STRING ? at : NULL);
        break;
    case MEMBER_INT32:
        (void)(m->min == 0 && m->max == 0 ? reader_int32(r, value, INT32_MIN, INT32_MAX, at)
                                          : reader_int32(r, value, m->min, m->max, at));
        break;
    case MEMBER_BOOL:
        values_bool(r, value, at);
        break;
    case MEMBER_STRINGS:
        reader_strings(r, value, at);
        break;
    case MEMBER_MAP:
        if (reader_is(r, value, NODE_MAP))
            m->read(r, value, at);
        break;
    case MEMBER_LIST:
        if (reader_is(r, value, NODE_LIST))
            m->read(r, value, at);
        break;
    case MEMBER_OTHER:
        m->read(r, value, at);
        break;
    }
    if ((m->flags & MEMBER_UNHONOURED) != 0)
        reader_warning(r, value, "is read but not honoured yet");
    if ((m->flags & MEMBER_UNSUPPORTED) != 0)
        reader_error(r, value, "is not supported yet");
}

/* Its place in the table, or n. */
static size_t find(const member *members, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(members[i].name, name) != 0)
        i++;
    return i;
}

void reader_members(reader *r, const node *map, const member *members, size_t n, void *out)
{
    uint64_t seen = 0; /* a name given twice has been reported: the first counts */
    for (size_t i = 0; i < map->nitems && !report_is_full(&r->report); i++) {
        const node *value = map->items[i];
        const size_t at = find(members, n, value->key);
        const uint64_t bit = UINT64_C(1) << at;
        const size_t mark = reader_enter(r, value->key);
        if (at == n)
            report_unknown(r, value, members, n);
        else if (value->type != NODE_NULL && (seen & bit) == 0)
            read_member(r, &members[at], value, out);
        if (at < n)
            seen |= bit;
        reader_leave(r, mark);
    }
    for (size_t i = 0; i < n; i++)
        if ((members[i].flags & MEMBER_REQUIRED) != 0 &&
            reader_get(map, members[i].name) == NULL)
            reader_error_in(r, map, members[i].name, "is required");
}

void reader_items(reader *r, const node *list, void (*each)(reader *, const node *, void *),
                  void *out)
{
    for (size_t i = 0; i < list->nitems; i++) {
        const size_t mark = reader_enter_index(r, i);
        each(r, list->items[i], out);
        reader_leave(r, mark);
    }
}
