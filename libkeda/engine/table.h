/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things by name: a hash table whose nodes lie inside the things, so that adding never fails and a
 * change of documents can be committed without running out of memory half-way.
 */
#ifndef ENGINE_TABLE_H
#define ENGINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

typedef struct table_node table_node;
struct table_node { /* first member of what is named */
    table_node *next;
    const char *name; /* the thing's own; stays valid while it is in the table */
    uint64_t hash;
};

typedef struct table {
    table_node **buckets;
    size_t nbuckets; /* a power of two */
    size_t count;
} table;

keda_status table_init(table *t, keda_error *err);
void table_clear(table *t); /* the things are not freed */
void table_add(table *t, table_node *node, const char *name);
void table_remove(table *t, table_node *node);
void *table_find(const table *t, const char *name); /* the thing, or NULL */
/* Walks in no order: NULL gives the first; NULL ends. The present thing may be removed only after
 * its successor has been asked for. */
void *table_next(const table *t, const void *thing);

#endif
