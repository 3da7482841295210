/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes a query apart and puts it together again.
 */
#include "net/url_query.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

/* One parameter, decoded: places in `texts`. */
typedef struct piece {
    size_t name, name_size, value, value_size, order;
} piece;

typedef struct query {
    keda_buf texts;
    piece *pieces;
    size_t count, capacity;
} query;

keda_status url_query_escape(keda_buf *out, const char *text, size_t size)
{
    static const char hex[] = "0123456789ABCDEF";
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                              c == '~';
        if (is_plain || c == ' ')
            rc = buf_putc(out, c == ' ' ? '+' : (char)c);
        else
            rc = buf_append(out, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
    return rc;
}

static int hex_of(char c)
{
    const char lower = (char)(c | 0x20);
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Appends the decoded text; *is_bad when it cannot be. */
static keda_status decode(keda_buf *out, const char *text, size_t size, bool *is_bad)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < size; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            const int high = i + 2 < size ? hex_of(text[i + 1]) : -1;
            const int low = high >= 0 ? hex_of(text[i + 2]) : -1;
            if (low < 0) {
                *is_bad = true;
                return KEDA_OK;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        rc = buf_putc(out, c);
    }
    return rc;
}

static keda_status add(query *q, const char *name, size_t name_size, const char *value,
                       size_t value_size, bool is_encoded)
{
    void *pieces = q->pieces;
    piece p = {.name = q->texts.size, .order = q->count};
    bool is_bad = false;
    keda_status rc = is_encoded ? decode(&q->texts, name, name_size, &is_bad)
                                : buf_append(&q->texts, name, name_size);

    p.value = q->texts.size;
    p.name_size = p.value - p.name;
    if (rc == KEDA_OK && !is_bad)
        rc = is_encoded ? decode(&q->texts, value, value_size, &is_bad)
                        : buf_append(&q->texts, value, value_size);
    p.value_size = q->texts.size - p.value;
    if (rc != KEDA_OK || is_bad)
        return rc;
    rc = mem_grow(&pieces, &q->capacity, q->count, sizeof p, NULL);
    if (rc != KEDA_OK)
        return rc;
    q->pieces = pieces;
    q->pieces[q->count++] = p;
    return KEDA_OK;
}

static bool has_semicolon(const char *text, size_t size)
{
    return memchr(text, ';', size) != NULL;
}

static keda_status split(query *q, const char *text, size_t size)
{
    keda_status rc = KEDA_OK;

    for (const char *end = text + size; rc == KEDA_OK && text < end;) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        const size_t length = (size_t)((stop != NULL ? stop : end) - text);
        const char *equal = memchr(text, '=', length);
        const size_t name = equal != NULL ? (size_t)(equal - text) : length;
        if (length > 0 && !has_semicolon(text, length))
            rc = add(q, text, name, text + name + (equal != NULL ? 1 : 0),
                     length - name - (equal != NULL ? 1 : 0), true);
        text += length + 1;
    }
    return rc;
}

static bool is_named(const query *q, const piece *p, const char *name)
{
    return p->name_size == strlen(name) &&
           memcmp(q->texts.data + p->name, name, p->name_size) == 0;
}

static void drop(query *q, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < q->count; i++)
        if (!is_named(q, &q->pieces[i], name))
            q->pieces[kept++] = q->pieces[i];
    q->count = kept;
}

/* By name; equal names as they came. */
static bool is_before(const query *q, const piece *a, const piece *b)
{
    const size_t common = a->name_size < b->name_size ? a->name_size : b->name_size;
    const int order = memcmp(q->texts.data + a->name, q->texts.data + b->name, common);
    if (order != 0)
        return order < 0;
    return a->name_size != b->name_size ? a->name_size < b->name_size : a->order < b->order;
}

static void sort(query *q)
{
    for (size_t i = 1; i < q->count; i++)
        for (size_t j = i; j > 0 && is_before(q, &q->pieces[j], &q->pieces[j - 1]); j--) {
            const piece moved = q->pieces[j];
            q->pieces[j] = q->pieces[j - 1];
            q->pieces[j - 1] = moved;
        }
}

static keda_status join(const query *q, keda_buf *out)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < q->count; i++) {
        const piece *p = &q->pieces[i];
        rc = buf_putc(out, i > 0 ? '&' : '?');
        if (rc == KEDA_OK)
            rc = url_query_escape(out, q->texts.data + p->name, p->name_size);
        if (rc == KEDA_OK)
            rc = buf_putc(out, '=');
        if (rc == KEDA_OK)
            rc = url_query_escape(out, q->texts.data + p->value, p->value_size);
    }
    return rc;
}

keda_status url_query_set(keda_buf *out, const char *url, const char *name, const char *value)
{
    const size_t size = strcspn(url, "#"), base = strcspn(url, "?#");
    query q = {.pieces = NULL};
    keda_status rc = KEDA_OK;

    if (base < size)
        rc = split(&q, url + base + 1, size - base - 1);
    if (rc == KEDA_OK) {
        drop(&q, name);
        rc = add(&q, name, strlen(name), value, strlen(value), false);
    }
    if (rc == KEDA_OK) {
        sort(&q);
        rc = buf_append(out, url, base);
    }
    if (rc == KEDA_OK)
        rc = join(&q, out);
    mem_free(q.pieces);
    if (q.texts.data != NULL)
        mem_wipe(q.texts.data, q.texts.size);
    keda_buf_clear(&q.texts);
    return rc;
}
