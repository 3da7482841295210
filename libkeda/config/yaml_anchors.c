/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anchors, aliases and merges of YAML. Copies are bounded by tree.h.
 */
#include "yaml_anchors.h"

#include <string.h>

#include "base/mem.h"

bool yaml_anchors_open(yaml_anchors *a, tree *t, const char *name, tree_place place,
                       size_t *slot)
{
    *slot = 0;
    if (name == NULL)
        return true;
    if (a->count == YAML_MAX_ANCHORS) {
        tree_fail(t, place, "more than %d anchors in a document", YAML_MAX_ANCHORS);
        return false;
    }
    void *items = a->items;
    char *copy = mem_strdup(name);
    if (copy == NULL ||
        mem_grow(&items, &a->capacity, a->count, sizeof *a->items, NULL) != KEDA_OK) {
        mem_free(copy);
        tree_out_of_memory(t, place);
        return false;
    }
    a->items = items;
    a->items[a->count++] = (struct yaml_anchor){.name = copy};
    *slot = a->count;
    return true;
}

void yaml_anchors_set(yaml_anchors *a, size_t slot, const node *value)
{
    if (slot > 0)
        a->items[slot - 1].value = value;
}

const node *yaml_anchors_find(const yaml_anchors *a, const char *name, bool *is_known)
{
    for (size_t i = a->count; i > 0; i--)
        if (strcmp(a->items[i - 1].name, name) == 0) {
            *is_known = true;
            return a->items[i - 1].value;
        }
    *is_known = false;
    return NULL;
}

static tree_place place_of(const node *n)
{
    return (tree_place){n->line, n->column};
}

static bool is_mergeable(const node *value)
{
    if (value->type != NODE_LIST)
        return value->type == NODE_MAP;
    for (size_t i = 0; i < value->nitems; i++)
        if (value->items[i]->type != NODE_MAP)
            return false;
    return true;
}

bool yaml_anchors_keep_merge(yaml_anchors *a, tree *t, const node *map, node *take_value)
{
    void *merges = a->merges;
    if (!is_mergeable(take_value))
        tree_fail(t, place_of(take_value), "<< needs a map or a list of maps");
    else if (mem_grow(&merges, &a->merge_capacity, a->nmerges, sizeof *a->merges, NULL) !=
             KEDA_OK)
        tree_out_of_memory(t, place_of(take_value));
    else {
        a->merges = merges;
        a->merges[a->nmerges++] = (struct yaml_merge){.map = map, .value = take_value};
        return true;
    }
    node_free(take_value);
    return false;
}

static bool merge_map(tree *t, node *map, const node *from, int depth)
{
    if (map->nitems + from->nitems > YAML_MAX_MERGED) {
        tree_fail(t, place_of(map), "<< makes a map of more than %d names", YAML_MAX_MERGED);
        return false;
    }
    for (size_t i = 0; i < from->nitems; i++) {
        const node *item = from->items[i];
        if (node_get(map, item->key) != NULL)
            continue;
        const tree_key key = {item->key, {item->key_line, item->key_column}};
        node *copy = tree_clone(t, item, &key, depth + 1, place_of(map));
        if (copy == NULL || !tree_append(t, map, copy))
            return false;
    }
    return true;
}

static bool merge_value(tree *t, node *map, const node *value, int depth)
{
    if (value->type == NODE_MAP)
        return merge_map(t, map, value, depth);
    for (size_t i = 0; i < value->nitems; i++)
        if (!merge_map(t, map, value->items[i], depth))
            return false;
    return true;
}

bool yaml_anchors_merge(yaml_anchors *a, tree *t, node *map, size_t first, int depth)
{
    for (size_t i = first; i < a->nmerges; i++)
        if (a->merges[i].map == map && !merge_value(t, map, a->merges[i].value, depth))
            return false;
    return true;
}

void yaml_anchors_clear(yaml_anchors *a)
{
    for (size_t i = 0; i < a->count; i++)
        mem_free(a->items[i].name);
    for (size_t i = 0; i < a->nmerges; i++)
        node_free(a->merges[i].value);
    mem_free(a->items);
    mem_free(a->merges);
    *a = (yaml_anchors){0};
}
