/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anchors of one YAML document, and the merges (`<<`) waiting for the end of their map. For yaml.c.
 */
#ifndef CONFIG_YAML_ANCHORS_H
#define CONFIG_YAML_ANCHORS_H

#include "tree.h"

/* Looked up one by one, hence few. */
enum { YAML_MAX_ANCHORS = 1000, YAML_MAX_MERGED = 1000 };

/* Zeroed memory is an empty list. Nodes are borrowed, names owned. */
typedef struct yaml_anchors {
    struct yaml_anchor {
        char *name;
        const node *value; /* NULL while it is being read */
    } * items;
    size_t count, capacity;
    /* Values of `<<`, owned until the document ends: anchors may point into them. */
    struct yaml_merge {
        const node *map;
        node *value;
    } * merges;
    size_t nmerges, merge_capacity;
} yaml_anchors;

/* A name NULL opens nothing; *slot is then 0, else the place for yaml_anchors_set. */
bool yaml_anchors_open(yaml_anchors *a, tree *t, const char *name, tree_place place,
                       size_t *slot);
void yaml_anchors_set(yaml_anchors *a, size_t slot, const node *value);
/* The last one of that name; NULL when there is none, or when it is still being read. */
const node *yaml_anchors_find(const yaml_anchors *a, const char *name, bool *is_known);

/* Remembers a `<<` of a map. */
bool yaml_anchors_keep_merge(yaml_anchors *a, tree *t, const node *map, node *take_value);
/* Adds to the map what its merges, from number `first` on, have and it has not; earlier ones win. */
bool yaml_anchors_merge(yaml_anchors *a, tree *t, node *map, size_t first, int depth);

void yaml_anchors_clear(yaml_anchors *a);

#endif
