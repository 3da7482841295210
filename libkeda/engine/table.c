/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains of nodes. Growing is tried and may fail: the chains are then longer, nothing else.
 */
#include "engine/table.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

/* Of two nodes, whose hashes are compared first, the second is as good as found. */
enum { FIRST_BUCKETS = 16, MOST_OF_A_BUCKET = 2 };

keda_status table_init(table *t, keda_error *err)
{
    *t = (table){.buckets = mem_zalloc(FIRST_BUCKETS, sizeof(table_node *))};
    if (t->buckets == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    t->nbuckets = FIRST_BUCKETS;
    return KEDA_OK;
}

void table_clear(table *t)
{
    mem_free(t->buckets);
    *t = (table){0};
}

static table_node **bucket_of(const table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->nbuckets - 1)];
}

static void grow(table *t)
{
    table bigger = {.nbuckets = t->nbuckets * 2, .count = t->count};
    bigger.buckets = mem_zalloc(bigger.nbuckets, sizeof(table_node *));
    if (bigger.buckets == NULL)
        return;
    for (size_t i = 0; i < t->nbuckets; i++) {
        for (table_node *node = t->buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            node->next = *bucket_of(&bigger, node->hash);
            *bucket_of(&bigger, node->hash) = node;
        }
    }
    mem_free(t->buckets);
    *t = bigger;
}

void table_add(table *t, table_node *node, const char *name)
{
    if (t->count >= MOST_OF_A_BUCKET * t->nbuckets)
        grow(t);
    node->name = name;
    node->hash = clock_hash(name, strlen(name));
    table_node **bucket = bucket_of(t, node->hash);
    node->next = *bucket;
    *bucket = node;
    t->count++;
}

void table_remove(table *t, table_node *node)
{
    table_node **at = bucket_of(t, node->hash);
    while (*at != node) {
        assert(*at != NULL);
        at = &(*at)->next;
    }
    *at = node->next;
    node->next = NULL;
    t->count--;
}

void *table_find(const table *t, const char *name)
{
    if (t->count == 0)
        return NULL;
    const uint64_t hash = clock_hash(name, strlen(name));
    for (table_node *node = *bucket_of(t, hash); node != NULL; node = node->next) {
        if (node->hash == hash && strcmp(node->name, name) == 0)
            return node;
    }
    return NULL;
}

void *table_next(const table *t, const void *thing)
{
    const table_node *node = thing;
    size_t i = 0;

    if (node != NULL) {
        if (node->next != NULL)
            return node->next;
        i = (node->hash & (t->nbuckets - 1)) + 1;
    }
    for (; i < t->nbuckets; i++) {
        if (t->buckets[i] != NULL)
            return t->buckets[i];
    }
    return NULL;
}
