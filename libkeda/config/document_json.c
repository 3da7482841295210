/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document as JSON with its names sorted, by which the engine sees whether anything changed. It may
 * hold secrets: it is for comparing, not for showing, and the caller wipes it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "document.h"
#include "json_string.h"

static int by_name(const void *a, const void *b)
{
    const node *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

static keda_status write_node(keda_buf *out, const node *n);

static keda_status write_items(keda_buf *out, node *const *items, size_t n,
                               const char brackets[2])
{
    keda_status rc = buf_putc(out, brackets[0]);
    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        if (i > 0)
            rc = buf_putc(out, ',');
        if (rc == KEDA_OK && brackets[0] == '{') {
            rc = json_string_write(out, items[i]->key);
            if (rc == KEDA_OK)
                rc = buf_putc(out, ':');
        }
        if (rc == KEDA_OK)
            rc = write_node(out, items[i]);
    }
    return rc == KEDA_OK ? buf_putc(out, brackets[1]) : rc;
}

static keda_status write_map(keda_buf *out, const node *map)
{
    if (map->nitems == 0)
        return buf_puts(out, "{}");
    node **sorted = mem_alloc(map->nitems * sizeof(node *));
    if (sorted == NULL)
        return KEDA_ENOMEM;
    memcpy(sorted, map->items, map->nitems * sizeof(node *));
    qsort(sorted, map->nitems, sizeof(node *), by_name);
    const keda_status rc = write_items(out, sorted, map->nitems, "{}");
    mem_free(sorted);
    return rc;
}

/* What JSON has no number for is written as a text. */
static keda_status write_real(keda_buf *out, const node *n)
{
    double value = 0.0;
    return num_parse_json_double(n->text, &value) ? buf_puts(out, n->text)
                                                  : json_string_write(out, n->text);
}

static keda_status write_node(keda_buf *out, const node *n)
{
    switch (n->type) {
    case NODE_NULL:
        return buf_puts(out, "null");
    case NODE_BOOL:
        return buf_puts(out, n->boolean ? "true" : "false");
    case NODE_INTEGER:
        return buf_printf(out, "%lld", (long long)n->integer);
    case NODE_REAL:
        return write_real(out, n);
    case NODE_STRING:
        return json_string_write(out, n->text);
    case NODE_LIST:
        return write_items(out, n->items, n->nitems, "[]");
    case NODE_MAP:
        return write_map(out, n);
    }
    return KEDA_EINTERNAL;
}

keda_status document_json(const document *doc, keda_buf *out, keda_error *err)
{
    const keda_status rc = write_node(out, doc->root);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "%s: out of memory", doc->object);
}
