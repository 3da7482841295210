/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling and freeing keda_map. Looking a name up is params_map_get.
 */
#include "map.h"

#include <string.h>

#include "base/mem.h"
#include "params.h"

/* The maps own what their read-only public face points to. */
static char *own(const char *text)
{
    char *owned;
    memcpy(&owned, &text, sizeof owned);
    return owned;
}

static void free_text(const char *text)
{
    mem_free_secret(own(text));
}

/* There is no capacity to look at: the room doubles whenever the count is a power of two. */
static keda_status make_room(keda_map *map)
{
    if ((map->count & (map->count - 1)) != 0)
        return KEDA_OK;
    keda_param *grown =
        mem_realloc(map->items, map->count == 0 ? 1 : map->count * 2, sizeof *grown);
    if (grown == NULL)
        return KEDA_ENOMEM;
    map->items = grown;
    return KEDA_OK;
}

keda_status map_add_n(keda_map *map, const char *name, size_t name_size, const char *value,
                      size_t value_size)
{
    char *own_name = mem_strndup(name, name_size);
    char *own_value = mem_strndup(value, value_size);
    if (own_name == NULL || own_value == NULL || make_room(map) != KEDA_OK) {
        mem_free(own_name);
        mem_free_secret(own_value);
        return KEDA_ENOMEM;
    }
    map->items[map->count++] = (keda_param){.name = own_name, .value = own_value};
    return KEDA_OK;
}

keda_status map_add(keda_map *map, const char *name, const char *value)
{
    return map_add_n(map, name, strlen(name), value, strlen(value));
}

keda_status map_set(keda_map *map, const char *name, const char *value)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].name, name) != 0)
            continue;
        char *copy = mem_strdup(value);
        if (copy == NULL)
            return KEDA_ENOMEM;
        free_text(map->items[i].value);
        map->items[i].value = copy;
        return KEDA_OK;
    }
    return map_add(map, name, value);
}

keda_status map_copy(keda_map *out, const keda_map *from)
{
    keda_map copy = {0};
    for (size_t i = 0; i < from->count; i++)
        if (map_add(&copy, from->items[i].name, from->items[i].value) != KEDA_OK) {
            map_clear(&copy);
            return KEDA_ENOMEM;
        }
    *out = copy;
    return KEDA_OK;
}

void map_clear(keda_map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->count; i++) {
        free_text(map->items[i].name);
        free_text(map->items[i].value);
    }
    mem_free(map->items);
    *map = (keda_map){0};
}

static const char *taken(const char *text, text_block *all)
{
    char *moved = own(text);
    text_block_take(all, &moved);
    return moved;
}

void map_take_texts(keda_map *map, text_block *all)
{
    for (size_t i = 0; i < map->count; i++) {
        map->items[i].name = taken(map->items[i].name, all);
        map->items[i].value = taken(map->items[i].value, all);
    }
}

const char *params_map_get(const keda_map *map, const char *name)
{
    for (size_t i = 0; map != NULL && i < map->count; i++)
        if (strcmp(map->items[i].name, name) == 0)
            return map->items[i].value;
    return NULL;
}
