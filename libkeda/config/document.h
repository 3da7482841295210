/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents as people write them: several YAML or JSON documents of a source become trees that know
 * the line and column of every value. Bounded in size, depth and alias growth. What a document means
 * is the business of scaled_object.h and its neighbours.
 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include <stdbool.h>

#include <keda/error.h>

typedef enum node_type {
    NODE_NULL = 0,
    NODE_BOOL,
    NODE_INTEGER,
    NODE_REAL,
    NODE_STRING,
    NODE_LIST,
    NODE_MAP
} node_type;

typedef struct node node;
struct node {
    node_type type;
    int32_t line, column;
    int32_t key_line, key_column; /* 0: not in a map */
    char *key;                    /* name in a map, else NULL */
    char *text; /* scalars: as written (unquoted form); NULL for lists and maps */
    bool boolean;
    int64_t integer;
    double real;
    node **items; /* lists and maps, in order */
    size_t nitems;
};

const node *node_get(const node *map, const char *key); /* NULL when absent or not a map */
const char *node_type_name(node_type type);             /* "a list", "a number" */

typedef struct document {
    char *file;
    char *api_version, *kind, *space, *name; /* space: namespace, "default" when not given */
    char *object;                            /* kind/namespace/name, for findings */
    node *root;
} document;

typedef struct documents {
    document *items;
    size_t count, capacity;
} documents;

/* Appends the documents of a source; zeroed memory is an empty list. Limits: 16 MiB a source, 100
 * levels, 1,000,000 nodes after aliases. `List` kinds are unfolded. Plain scalars resolve as YAML 1.1,
 * as in KEDA: yes, no, on, off, y, n are booleans (text keeps what was written). Adds findings, a
 * warning when there is no document at all; returns KEDA_EINVAL when any is an error (KEDA_ENOMEM
 * without memory): *out then has the documents that could be read, so that they can be checked too,
 * and is cleared by the caller all the same. */
keda_status documents_read(documents *out, const char *text, size_t size, const char *file,
                           keda_findings *findings, keda_error *err);
void documents_clear(documents *docs);

/* The document as JSON text with sorted keys: equal texts mean nothing changed. */
keda_status document_json(const document *doc, keda_buf *out, keda_error *err);

#endif
