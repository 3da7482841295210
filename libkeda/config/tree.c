/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes: making, copying, freeing, and the checks that hold for YAML and JSON alike. A node is one
 * block with its texts behind it.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void tree_fail(tree *t, tree_place place, const char *format, ...)
{
    const findings_place at = {.file = t->file, .line = place.line, .column = place.column};
    va_list args;
    va_start(args, format);
    report_vadd(&t->report, KEDA_SEVERITY_ERROR, &at, format, args);
    va_end(args);
}

void tree_out_of_memory(tree *t, tree_place place)
{
    tree_fail(t, place, "out of memory");
    t->report.is_out_of_memory = true;
}

static void set_texts(node *n, const char *key, const char *text, size_t size)
{
    char *at = (char *)(n + 1);
    if (key != NULL) {
        n->key = at;
        at += strlen(key) + 1;
        memcpy(n->key, key, strlen(key) + 1);
    }
    if (text != NULL) {
        n->text = at;
        memcpy(n->text, text, size);
        n->text[size] = '\0';
    }
}

node *tree_new(tree *t, node_type type, const tree_key *key, const char *text, size_t size,
               tree_place place)
{
    if (++t->nnodes > TREE_MAX_NODES) {
        if (t->nnodes == TREE_MAX_NODES + 1)
            tree_fail(t, place, "more than %d values, repeated ones counted", TREE_MAX_NODES);
        return NULL;
    }
    const size_t key_size = key == NULL ? 0 : strlen(key->text) + 1;
    node *n = mem_zalloc(1, sizeof *n + key_size + size + 1);
    if (n == NULL) {
        tree_out_of_memory(t, place);
        return NULL;
    }
    n->type = type;
    n->line = place.line;
    n->column = place.column;
    if (key != NULL) {
        n->key_line = key->place.line;
        n->key_column = key->place.column;
    }
    set_texts(n, key == NULL ? NULL : key->text, text, size);
    return n;
}

/* Room doubles whenever the count is a power of two. */
bool tree_append(tree *t, node *parent, node *take_child)
{
    if ((parent->nitems & (parent->nitems - 1)) == 0) {
        const size_t room = parent->nitems == 0 ? 1 : parent->nitems * 2;
        node **grown = mem_realloc(parent->items, room, sizeof(node *));
        if (grown == NULL) {
            tree_out_of_memory(t, (tree_place){take_child->line, take_child->column});
            node_free(take_child);
            return false;
        }
        parent->items = grown;
    }
    parent->items[parent->nitems++] = take_child;
    return true;
}

bool tree_check_depth(tree *t, int depth, tree_place place)
{
    if (depth <= TREE_MAX_DEPTH)
        return true;
    tree_fail(t, place, "nested deeper than %d levels", TREE_MAX_DEPTH);
    return false;
}

/* Repeated texts are bounded too: few aliases of a large text would do what many nodes do. */
static bool count_repeated(tree *t, const node *from, tree_place place)
{
    t->alias_bytes += from->text == NULL ? 0 : strlen(from->text);
    if (t->alias_bytes <= TREE_MAX_BYTES)
        return true;
    tree_fail(t, place, "aliases repeat more than %d bytes", TREE_MAX_BYTES);
    return false;
}

node *tree_clone(tree *t, const node *from, const tree_key *key, int depth, tree_place place)
{
    if (!tree_check_depth(t, depth, place) || !count_repeated(t, from, place))
        return NULL;
    const tree_place own = {from->line, from->column};
    node *copy = tree_new(t, from->type, key, from->text,
                          from->text == NULL ? 0 : strlen(from->text), own);
    if (copy == NULL)
        return NULL;
    copy->boolean = from->boolean;
    copy->integer = from->integer;
    copy->real = from->real;
    for (size_t i = 0; i < from->nitems; i++) {
        const node *item = from->items[i];
        const tree_key name = {item->key, {item->key_line, item->key_column}};
        node *child = tree_clone(t, item, item->key == NULL ? NULL : &name, depth + 1, place);
        if (child == NULL || !tree_append(t, copy, child)) {
            node_free(copy);
            return NULL;
        }
    }
    return copy;
}

void node_free(node *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->nitems; i++)
        node_free(n->items[i]);
    mem_free(n->items);
    if (n->text != NULL)
        mem_wipe(n->text, strlen(n->text));
    mem_free(n);
}

static int by_name_and_place(const void *a, const void *b)
{
    const node *const *x = a, *const *y = b;
    const int order = strcmp((*x)->key, (*y)->key);
    if (order != 0)
        return order;
    if ((*x)->key_line != (*y)->key_line)
        return (*x)->key_line < (*y)->key_line ? -1 : 1;
    return ((*x)->key_column > (*y)->key_column) - ((*x)->key_column < (*y)->key_column);
}

static void report_twice(tree *t, const node *first, const node *again)
{
    const tree_place place = {again->key_line, again->key_column};
    tree_fail(t, place, "\"%.64s\" is given twice: in line %d and in line %d", again->key,
              (int)first->key_line, (int)again->key_line);
}

static void check_names(tree *t, const node *map)
{
    if (map->type != NODE_MAP || map->nitems < 2)
        return;
    node **sorted = mem_alloc(map->nitems * sizeof(node *));
    if (sorted == NULL) {
        tree_out_of_memory(t, (tree_place){map->line, map->column});
        return;
    }
    memcpy(sorted, map->items, map->nitems * sizeof(node *));
    qsort(sorted, map->nitems, sizeof(node *), by_name_and_place);
    for (size_t i = 1, first = 0; i < map->nitems; i++) {
        if (strcmp(sorted[first]->key, sorted[i]->key) == 0)
            report_twice(t, sorted[first], sorted[i]);
        else
            first = i;
    }
    mem_free(sorted);
}

void tree_check_names(tree *t, const node *map, bool is_deep)
{
    check_names(t, map);
    for (size_t i = 0; is_deep && i < map->nitems; i++)
        tree_check_names(t, map->items[i], true);
}
