/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing the tree, comparing parts of it, and reporting a place of the text.
 */
#include "formula_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void formula_tree_clear(formula_tree *tree)
{
    mem_free(tree->nodes);
    mem_free(tree->lists);
    mem_free(tree->texts);
    mem_free(tree->types.items);
    memset(tree, 0, sizeof *tree);
}

formula_node formula_node_of(formula_node_kind kind, formula_type type, uint32_t at)
{
    formula_node node;
    memset(&node, 0, sizeof node);
    node.kind = (uint8_t)kind;
    node.type = type;
    node.at = at;
    node.a = node.b = node.c = FORMULA_NONE;
    return node;
}

keda_status formula_error_at(keda_error *err, uint32_t at, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)keda_error_set(err, KEDA_EINVAL, "%s", text);
    if (err != NULL)
        err->column = (int32_t)at;
    return KEDA_EINVAL;
}

keda_status formula_tree_make(formula_tree *tree, const formula_node *node, uint32_t *out,
                              keda_error *err)
{
    void *nodes = tree->nodes;
    const keda_status rc =
        mem_grow(&nodes, &tree->capacity, tree->count, sizeof *tree->nodes, err);
    tree->nodes = nodes;
    if (rc != KEDA_OK)
        return rc;
    tree->nodes[tree->count] = *node;
    *out = (uint32_t)tree->count++;
    return KEDA_OK;
}

keda_status formula_tree_add(formula_tree *tree, const formula_node *node, uint32_t *out,
                             keda_error *err)
{
    if (++tree->counted > FORMULA_MAX_NODES)
        return formula_error_at(err, node->at, "more than %d parts", FORMULA_MAX_NODES);
    return formula_tree_make(tree, node, out, err);
}

keda_status formula_tree_list(formula_tree *tree, const uint32_t *items, size_t count,
                              uint32_t *at, keda_error *err)
{
    *at = (uint32_t)tree->nlists;
    for (size_t i = 0; i < count; i++) {
        void *lists = tree->lists;
        const keda_status rc =
            mem_grow(&lists, &tree->lists_capacity, tree->nlists, sizeof *tree->lists, err);
        tree->lists = lists;
        if (rc != KEDA_OK)
            return rc;
        tree->lists[tree->nlists++] = items[i];
    }
    return KEDA_OK;
}

keda_status formula_tree_text(formula_tree *tree, const char *bytes, size_t size,
                              keda_error *err)
{
    for (size_t i = 0; i < size; i++) {
        void *texts = tree->texts;
        const keda_status rc = mem_grow(&texts, &tree->texts_capacity, tree->ntexts, 1, err);
        tree->texts = texts;
        if (rc != KEDA_OK)
            return rc;
        tree->texts[tree->ntexts++] = bytes[i];
    }
    return KEDA_OK;
}

/* Children are compared before: true when the nodes themselves are alike. */
static bool is_same_node(const formula_tree *tree, const formula_node *a, const formula_node *b)
{
    if (a->kind != b->kind || a->op != b->op || a->flags != b->flags || a->count != b->count)
        return false;
    switch (a->kind) {
    case FORMULA_FLOAT:
        return a->value.real == b->value.real;
    case FORMULA_BOOL:
        return a->value.flag == b->value.flag;
    case FORMULA_STRING:
    case FORMULA_BYTES:
        return a->value.text.size == b->value.text.size &&
               (a->value.text.size == 0 ||
                memcmp(tree->texts + a->value.text.at, tree->texts + b->value.text.at,
                       a->value.text.size) == 0);
    default:
        return a->value.integer == b->value.integer;
    }
}

enum { EQUAL_PAIRS = 64 };

/* Deep or wide trees count as different: what asks may do without knowing. */
bool formula_tree_equal(const formula_tree *tree, uint32_t a, uint32_t b)
{
    uint32_t pairs[EQUAL_PAIRS][2] = {{a, b}};
    size_t n = 1;
    while (n > 0) {
        n--;
        const uint32_t left = pairs[n][0], right = pairs[n][1];
        if (left == right)
            continue;
        if (left == FORMULA_NONE || right == FORMULA_NONE)
            return false;
        const formula_node *x = &tree->nodes[left], *y = &tree->nodes[right];
        if (!is_same_node(tree, x, y) || n + 3 + x->count > EQUAL_PAIRS)
            return false;
        const uint32_t children[3][2] = {{x->a, y->a}, {x->b, y->b}, {x->c, y->c}};
        for (size_t i = 0; i < 3; i++, n++)
            memcpy(pairs[n], children[i], sizeof children[i]);
        for (size_t i = 0; i < x->count; i++, n++) {
            pairs[n][0] = tree->lists[x->list + i];
            pairs[n][1] = tree->lists[y->list + i];
        }
    }
    return true;
}
