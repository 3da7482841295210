/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing; at most half of the slots are taken. Called by the round and the
 * metadata cache.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static size_t hash_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)hash;
}

/* The slot of the name, or the free one where it belongs; there must be slots. */
static size_t *slot_of(const kafka_names *names, const char *name)
{
    size_t at = hash_of(name) & (names->nslots - 1);

    while (names->slots[at] != 0 && strcmp(names->items[names->slots[at] - 1], name) != 0)
        at = (at + 1) & (names->nslots - 1);
    return &names->slots[at];
}

size_t kafka_names_find(const kafka_names *names, const char *name)
{
    size_t number = names->nslots == 0 ? 0 : *slot_of(names, name);

    return number == 0 ? KAFKA_NO_NAME : number - 1;
}

static int grow(kafka_names *names)
{
    size_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
    char **items = realloc(names->items, capacity * sizeof(*items));
    size_t *slots;

    if (items == NULL)
        return -1;
    names->items = items;
    if ((slots = calloc(capacity * 2, sizeof(*slots))) == NULL)
        return -1;
    free(names->slots);
    names->slots = slots;
    names->nslots = capacity * 2;
    names->capacity = capacity;
    for (size_t i = 0; i < names->count; i++)
        *slot_of(names, names->items[i]) = i + 1;
    return 0;
}

size_t kafka_names_add(kafka_names *names, const char *name)
{
    size_t number = kafka_names_find(names, name);
    char *copy;

    if (number != KAFKA_NO_NAME)
        return number;
    if (names->count == names->capacity && grow(names) != 0)
        return KAFKA_NO_NAME;
    if ((copy = strdup(name)) == NULL)
        return KAFKA_NO_NAME;
    *slot_of(names, name) = names->count + 1;
    names->items[names->count] = copy;
    return names->count++;
}

void kafka_names_clear(kafka_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    free(names->slots);
    *names = (kafka_names){NULL, 0, 0, NULL, 0};
}
