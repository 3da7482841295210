/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building node trees within bounds. The two readers (yaml.c, json.c) call this; who reads trees needs
 * document.h alone.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include "document.h"
#include "report.h"

enum {
    TREE_MAX_BYTES = 16 * 1024 * 1024, /* of a source, and once more of what aliases repeat */
    TREE_MAX_DEPTH = 100,
    TREE_MAX_NODES = 1000000
};

typedef struct tree_place {
    int32_t line, column;
} tree_place;

/* Name of a value in a map. */
typedef struct tree_key {
    const char *text;
    tree_place place;
} tree_key;

typedef struct tree {
    const char *file;
    bool hides_values; /* what was written never enters a message, also where it is no value */
    report report;
    size_t nnodes, alias_bytes;
} tree;

KEDA_PRINTF(3, 4)
void tree_fail(tree *t, tree_place place, const char *format, ...);

void tree_out_of_memory(tree *t, tree_place place);

/* A node with a copy of the text (NULL: none); NULL, reported, at the limit or without memory. */
node *tree_new(tree *t, node_type type, const tree_key *key, const char *text, size_t size,
               tree_place place);
/* Gives the child to a list or map; frees it when that fails. */
bool tree_append(tree *t, node *parent, node *take_child);
/* A copy under another name, `depth` levels down; place: of the alias, for the limits. */
node *tree_clone(tree *t, const node *from, const tree_key *key, int depth, tree_place place);
bool tree_check_depth(tree *t, int depth, tree_place place);

/* Reports each name that a map holds twice, with both lines; in all maps below when is_deep. */
void tree_check_names(tree *t, const node *map, bool is_deep);

/* Gives a plain scalar its type (YAML 1.1). */
void tree_resolve(node *scalar);

void node_free(node *n); /* wiped: it may be a Secret's */

/* Receives the root of each document; owns it. False: stop. */
typedef bool (*tree_root_fn)(tree *t, node *take_root, void *user);

/* False after an error. */
bool yaml_read(tree *t, const char *text, size_t size, tree_root_fn take_root, void *user);

typedef enum json_result { JSON_READ = 0, JSON_FAILED, JSON_IS_OTHER } json_result;
/* One or more JSON values; JSON_IS_OTHER, nothing reported or given, when it is not JSON. */
json_result json_read(tree *t, const char *text, size_t size, tree_root_fn take_root,
                      void *user);

#endif
