/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants: operators with literals on both sides, and/or with one, arrays of literals, filters of
 * filters.
 */
#include "formula_optimize.h"

#include <math.h>

#include "formula_function.h"

/* One pass over the tree. */
typedef struct fold {
    formula_tree *tree;
    keda_error *err;
    bool has_changed;
} fold;

int64_t formula_remainder(int64_t dividend, int64_t divisor)
{
    return divisor == -1 ? 0 : dividend % divisor;
}

static const formula_node *at(const fold *f, uint32_t i)
{
    return &f->tree->nodes[i];
}

/* The node becomes this one, and keeps its place. */
static void become(fold *f, formula_node *node, formula_node other)
{
    other.at = node->at;
    *node = other;
    f->has_changed = true;
}

static void become_bool(fold *f, formula_node *node, bool value)
{
    formula_node other = formula_node_of(FORMULA_BOOL, FORMULA_TYPE_BOOL, 0);
    other.value.flag = value;
    become(f, node, other);
}

static void become_int(fold *f, formula_node *node, int64_t value)
{
    formula_node other = formula_node_of(FORMULA_INT, FORMULA_TYPE_INT, 0);
    other.value.integer = value;
    become(f, node, other);
}

static void become_float(fold *f, formula_node *node, double value)
{
    formula_node other = formula_node_of(FORMULA_FLOAT, FORMULA_TYPE_FLOAT, 0);
    other.value.real = value;
    become(f, node, other);
}

static void fold_unary(fold *f, formula_node *node)
{
    const formula_node *a = at(f, node->a);
    const bool is_minus = node->op == FORMULA_OP_MINUS;
    if (node->op == FORMULA_OP_NOT && a->kind == FORMULA_BOOL)
        become_bool(f, node, !a->value.flag);
    else if (node->op != FORMULA_OP_NOT && a->kind == FORMULA_INT)
        become_int(f, node,
                   is_minus ? (int64_t)(0 - (uint64_t)a->value.integer) : a->value.integer);
    else if (node->op != FORMULA_OP_NOT && a->kind == FORMULA_FLOAT)
        become_float(f, node, is_minus ? -a->value.real : a->value.real);
}

static bool is_number(const formula_node *n)
{
    return n->kind == FORMULA_INT || n->kind == FORMULA_FLOAT;
}

static double number(const formula_node *n)
{
    return n->kind == FORMULA_INT ? (double)n->value.integer : n->value.real;
}

static keda_status fold_ints(fold *f, formula_node *node, int64_t a, int64_t b)
{
    const uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (node->op) {
    case FORMULA_OP_ADD:
        become_int(f, node, (int64_t)(x + y));
        break;
    case FORMULA_OP_SUB:
        become_int(f, node, (int64_t)(x - y));
        break;
    case FORMULA_OP_MUL:
        become_int(f, node, (int64_t)(x * y));
        break;
    case FORMULA_OP_EQ:
        become_bool(f, node, a == b);
        break;
    case FORMULA_OP_MOD:
        if (b == 0)
            return formula_error_at(f->err, node->at, "remainder of a division by zero");
        become_int(f, node, formula_remainder(a, b));
        break;
    default:
        break;
    }
    return KEDA_OK;
}

static void fold_floats(fold *f, formula_node *node, double a, double b)
{
    switch (node->op) {
    case FORMULA_OP_ADD:
        become_float(f, node, a + b);
        break;
    case FORMULA_OP_SUB:
        become_float(f, node, a - b);
        break;
    case FORMULA_OP_MUL:
        become_float(f, node, a * b);
        break;
    case FORMULA_OP_DIV:
        become_float(f, node, a / b);
        break;
    case FORMULA_OP_POW:
        become_float(f, node, pow(a, b));
        break;
    default:
        break;
    }
}

static keda_status fold_strings(fold *f, formula_node *node)
{
    formula_tree *tree = f->tree;
    const formula_node a = *at(f, node->a), b = *at(f, node->b);
    if (node->op == FORMULA_OP_EQ)
        become_bool(f, node, formula_tree_equal(tree, node->a, node->b));
    if (node->op != FORMULA_OP_ADD)
        return KEDA_OK;
    formula_node joined = formula_node_of(FORMULA_STRING, FORMULA_TYPE_STRING, node->at);
    const formula_node *const parts[] = {&a, &b};
    joined.value.text.at = (uint32_t)tree->ntexts;
    joined.value.text.size = a.value.text.size + b.value.text.size;
    joined.length = joined.value.text.size;
    for (size_t i = 0; i < 2; i++)
        for (uint32_t k = 0; k < parts[i]->value.text.size; k++) {
            const char c = tree->texts[parts[i]->value.text.at + k];
            const keda_status rc = formula_tree_text(tree, &c, 1, f->err);
            if (rc != KEDA_OK)
                return rc;
        }
    become(f, node, joined);
    return KEDA_OK;
}

/* Either side settles it, whatever the other is; or leaves the other. */
static void fold_logic(fold *f, formula_node *node)
{
    const formula_node a = *at(f, node->a), b = *at(f, node->b);
    const bool neutral = node->op == FORMULA_OP_AND;
    if (a.kind == FORMULA_BOOL && a.value.flag == neutral)
        become(f, node, b);
    else if (b.kind == FORMULA_BOOL && b.value.flag == neutral)
        become(f, node, a);
    else if (a.kind == FORMULA_BOOL || b.kind == FORMULA_BOOL)
        become_bool(f, node, !neutral);
    else
        return;
    node->type = FORMULA_TYPE_BOOL;
}

static keda_status fold_binary(fold *f, formula_node *node)
{
    const formula_node *a = at(f, node->a), *b = at(f, node->b);
    const bool are_ints = a->kind == FORMULA_INT && b->kind == FORMULA_INT;
    if (node->op == FORMULA_OP_AND || node->op == FORMULA_OP_OR)
        fold_logic(f, node);
    else if (are_ints && node->op != FORMULA_OP_DIV && node->op != FORMULA_OP_POW)
        return fold_ints(f, node, a->value.integer, b->value.integer);
    else if (is_number(a) && is_number(b))
        fold_floats(f, node, number(a), number(b));
    else if (a->kind == FORMULA_STRING && b->kind == FORMULA_STRING)
        return fold_strings(f, node);
    else if (a->kind == FORMULA_BOOL && b->kind == FORMULA_BOOL && node->op == FORMULA_OP_EQ)
        become_bool(f, node, a->value.flag == b->value.flag);
    return KEDA_OK;
}

static void fold_array(fold *f, formula_node *node)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const formula_node *n = at(f, f->tree->lists[node->list + i]);
        if (!is_number(n) && n->kind != FORMULA_STRING && n->kind != FORMULA_BOOL)
            return;
    }
    if (node->count == 0)
        return;
    node->kind = FORMULA_LITERALS;
    node->type = FORMULA_TYPE_ANY_ARRAY;
    f->has_changed = true;
}

/* filter(filter(x, p), q) is filter(x, p and q). */
static keda_status fold_filter(fold *f, uint32_t index)
{
    formula_tree *tree = f->tree;
    const formula_node node = tree->nodes[index];
    const formula_node base = *at(f, tree->lists[node.list]);
    uint32_t arguments[2] = {0, 0};
    if (base.kind != FORMULA_BUILTIN || base.op != FORMULA_FN_FILTER)
        return KEDA_OK;
    formula_node both = formula_node_of(FORMULA_BINARY, FORMULA_TYPE_BOOL, node.at);
    both.op = FORMULA_OP_AND;
    both.a = at(f, tree->lists[base.list + 1])->a;
    both.b = at(f, tree->lists[node.list + 1])->a;
    formula_node closure = formula_node_of(FORMULA_CLOSURE, FORMULA_TYPE_BOOL, node.at);
    keda_status rc = formula_tree_make(tree, &both, &closure.a, f->err);
    arguments[0] = tree->lists[base.list];
    if (rc == KEDA_OK)
        rc = formula_tree_make(tree, &closure, &arguments[1], f->err);
    if (rc == KEDA_OK)
        rc = formula_tree_list(tree, arguments, 2, &tree->nodes[index].list, f->err);
    f->has_changed = true;
    return rc;
}

static keda_status fold_node(fold *f, uint32_t index)
{
    formula_node *node = &f->tree->nodes[index];
    switch (node->kind) {
    case FORMULA_UNARY:
        fold_unary(f, node);
        return KEDA_OK;
    case FORMULA_BINARY:
        return fold_binary(f, node);
    case FORMULA_ARRAY:
        fold_array(f, node);
        return KEDA_OK;
    case FORMULA_BUILTIN:
        return node->op == FORMULA_FN_FILTER ? fold_filter(f, index) : KEDA_OK;
    default:
        return KEDA_OK;
    }
}

enum { MAX_PASSES = 1000 };

keda_status formula_fold(formula_tree *tree, keda_error *err)
{
    fold f = {.tree = tree, .err = err, .has_changed = true};
    keda_status rc = KEDA_OK;
    for (int pass = 0; pass < MAX_PASSES && f.has_changed && rc == KEDA_OK; pass++) {
        f.has_changed = false;
        const size_t count = tree->count;
        for (size_t i = 0; i < count && rc == KEDA_OK; i++)
            rc = fold_node(&f, (uint32_t)i);
    }
    return rc;
}
