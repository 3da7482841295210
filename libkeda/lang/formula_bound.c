/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds node by node. A cell holds one value of an array or CELL bytes of text. FORMULA_NONE, "any
 * number", stays what it is whatever is added.
 */
#include "formula_bound.h"

#include "formula_check.h"
#include "formula_function.h"

enum { CELL = 16, NUMBER_TEXT = 32 };

static uint32_t add(uint32_t a, uint32_t b)
{
    return a > FORMULA_NONE - b ? FORMULA_NONE : a + b;
}

static uint32_t times(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product > FORMULA_NONE ? FORMULA_NONE : (uint32_t)product;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Cells of a text; alignment may waste one. */
static uint32_t cells(uint32_t bytes)
{
    return bytes == FORMULA_NONE ? FORMULA_NONE : bytes / CELL + 2;
}

/* What lies inside of something with this bound. */
static uint32_t inside(uint32_t length)
{
    return length == 0 ? 0 : FORMULA_NONE;
}

static const formula_node *node_at(const formula_tree *tree, uint32_t i)
{
    return &tree->nodes[i];
}

static void set(formula_node *node, uint32_t length, uint32_t item_length, uint32_t own)
{
    node->length = length;
    node->item_length = item_length;
    node->heap = add(node->heap, own);
}

/* --- functions ------------------------------------------------------------------------------- */

typedef struct call {
    const formula_node *first;   /* argument; NULL: none */
    const formula_node *closure; /* second argument, or NULL */
    uint32_t total;              /* items and bytes of all arguments; a scalar is one */
    uint32_t count;
} call;

/* What the closure leaves behind over all items: scalars leave nothing. */
static uint32_t left_behind(const call *c)
{
    if (c->closure == NULL)
        return 0;
    return formula_type_is_scalar(c->closure->type) ? c->closure->heap
                                                    : times(c->closure->heap, c->first->length);
}

static void bound_loop(formula_node *node, const call *c)
{
    const uint32_t n = c->first->length, item = c->first->item_length;
    const uint32_t left = left_behind(c);
    const uint32_t given = c->closure != NULL ? c->closure->length : item;
    switch (node->op) {
    case FORMULA_FN_FILTER:
        set(node, n, item, add(left, n));
        break;
    case FORMULA_FN_MAP:
        set(node, n, given, add(left, n));
        break;
    case FORMULA_FN_SUM:
        /* Texts are joined: each step makes a longer one. */
        set(node, times(n, given), 0,
            add(left, given > 0 ? times(n, cells(times(n, given))) : 0));
        break;
    case FORMULA_FN_FIND:
    case FORMULA_FN_FIND_LAST:
        set(node, item, inside(item), left);
        break;
    case FORMULA_FN_GROUP_BY:
        set(node, n, n, add(left, times(n, 5)));
        break;
    case FORMULA_FN_SORT_BY:
        set(node, n, item, add(left, times(n, 4)));
        break;
    case FORMULA_FN_REDUCE:
        set(node, given, inside(given), left);
        break;
    default:
        set(node, 0, 0, left);
        break;
    }
}

static void bound_text(formula_node *node, const call *c)
{
    const uint32_t n = c->first->length;
    const bool is_plain = formula_type_is_scalar(c->first->type) || n == 0;
    const uint32_t printed = is_plain ? NUMBER_TEXT : FORMULA_NONE;
    switch (node->op) {
    case FORMULA_FN_STRING:
        set(node, c->first->type == FORMULA_TYPE_STRING ? n : printed, 0, cells(printed));
        break;
    case FORMULA_FN_TO_JSON:
        set(node, printed, 0, cells(printed));
        break;
    case FORMULA_FN_UPPER:
    case FORMULA_FN_LOWER:
    case FORMULA_FN_TO_BASE64:
        set(node, add(times(n, 2), 4), 0, cells(add(times(n, 2), 4)));
        break;
    case FORMULA_FN_FROM_BASE64:
        set(node, n, 0, cells(n));
        break;
    case FORMULA_FN_TRIM:
    case FORMULA_FN_TRIM_PREFIX:
    case FORMULA_FN_TRIM_SUFFIX:
        set(node, n, 0, 0);
        break;
    case FORMULA_FN_SPLIT:
    case FORMULA_FN_SPLIT_AFTER:
        set(node, add(n, 1), n, add(n, 1));
        break;
    default: /* replace, repeat, join, fromJSON */
        set(node, FORMULA_NONE, FORMULA_NONE, FORMULA_NONE);
        break;
    }
}

static void bound_array(formula_node *node, const call *c)
{
    const uint32_t n = c->first->length, item = c->first->item_length;
    switch (node->op) {
    case FORMULA_FN_FIRST:
    case FORMULA_FN_LAST:
    case FORMULA_FN_GET:
        set(node, item, inside(item), 0);
        break;
    case FORMULA_FN_TAKE:
        set(node, n, item, 0);
        break;
    case FORMULA_FN_KEYS:
    case FORMULA_FN_VALUES:
    case FORMULA_FN_TO_PAIRS:
        set(node, n, FORMULA_NONE, times(n, 3));
        break;
    case FORMULA_FN_CONCAT:
        set(node, c->total, FORMULA_NONE, c->total);
        break;
    case FORMULA_FN_FLATTEN: {
        const uint32_t flat = item == 0 ? n : FORMULA_NONE;
        set(node, flat, inside(item), flat);
        break;
    }
    case FORMULA_FN_MEDIAN:
        set(node, 0, 0, item == 0 ? c->total : FORMULA_NONE);
        break;
    case FORMULA_FN_MAX:
    case FORMULA_FN_MIN:
        set(node, c->count == 1 ? n : 0, inside(n), 0);
        break;
    default: /* reverse, uniq, sort, fromPairs */
        set(node, n, item, times(n, 2));
        break;
    }
}

static uint32_t median_total(const formula_tree *tree, const formula_node *node)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        const formula_node *a = node_at(tree, tree->lists[node->list + i]);
        const bool is_deep = a->item_length > 0 && node->op == FORMULA_FN_MEDIAN;
        total = add(total, is_deep ? FORMULA_NONE : larger(a->length, 1));
    }
    return total;
}

static void bound_builtin(const formula_tree *tree, formula_node *node)
{
    if (node->count == 0) {
        set(node, 0, 0, 0);
        return;
    }
    const call c = {
        .first = node_at(tree, tree->lists[node->list]),
        .closure = node->count > 1 ? node_at(tree, tree->lists[node->list + 1]) : NULL,
        .total = median_total(tree, node),
        .count = node->count,
    };
    if (node->op <= FORMULA_FN_REDUCE)
        bound_loop(node, &c);
    else if (node->op >= FORMULA_FN_FIRST && node->op <= FORMULA_FN_SORT)
        bound_array(node, &c);
    else if (node->op >= FORMULA_FN_MAX && node->op <= FORMULA_FN_MEDIAN)
        bound_array(node, &c);
    else if (node->op == FORMULA_FN_TYPE)
        set(node, NUMBER_TEXT, 0, 0);
    else if (formula_function_of(node->op)->result == FORMULA_TYPE_INT ||
             formula_function_of(node->op)->result == FORMULA_TYPE_BOOL ||
             node->op <= FORMULA_FN_BIT_NOT)
        set(node, 0, 0, 0);
    else
        bound_text(node, &c);
}

/* --- the rest ------------------------------------------------------------------------------- */

/* A literal integer, maybe with a sign. */
static bool is_integer(const formula_tree *tree, uint32_t i, int64_t *out)
{
    const formula_node *n = node_at(tree, i);
    const bool is_signed = n->kind == FORMULA_UNARY && n->op != FORMULA_OP_NOT;
    const formula_node *digits = is_signed ? node_at(tree, n->a) : n;
    if (digits->kind != FORMULA_INT)
        return false;
    *out =
        is_signed && n->op == FORMULA_OP_MINUS ? -digits->value.integer : digits->value.integer;
    return true;
}

static void bound_range(const formula_tree *tree, formula_node *node)
{
    int64_t from = 0, to = 0, size = 0;
    uint32_t length = FORMULA_NONE;
    if (is_integer(tree, node->a, &from) && is_integer(tree, node->b, &to) &&
        !__builtin_sub_overflow(to, from, &size) && size < (int64_t)FORMULA_NONE - 1)
        length = size < 0 ? 0 : (uint32_t)size + 1;
    set(node, length, 0, 0);
}

static void bound_binary(const formula_tree *tree, formula_node *node)
{
    const formula_node *a = node_at(tree, node->a), *b = node_at(tree, node->b);
    const uint32_t joined = add(a->length, b->length);
    if (node->op == FORMULA_OP_RANGE)
        bound_range(tree, node);
    else if (node->op == FORMULA_OP_COALESCE)
        set(node, larger(a->length, b->length), larger(a->item_length, b->item_length), 0);
    else if (node->op == FORMULA_OP_ADD && !formula_type_is_number(node->type) && joined > 0)
        set(node, joined, 0, cells(joined));
    else if (node->op == FORMULA_OP_IN) /* a range: compared with both ends */
        set(node, 0, 0, a->heap);
    else if (node->op == FORMULA_OP_MATCHES)
        set(node, 0, 0, FORMULA_MATCH_CELLS);
    else
        set(node, 0, 0, 0);
}

static void bound_list(const formula_tree *tree, formula_node *node)
{
    uint32_t item = 0;
    const formula_node *n = NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        n = node_at(tree, tree->lists[node->list + i]);
        item = larger(item, n->length);
    }
    if (node->kind == FORMULA_SEQUENCE && n != NULL)
        set(node, n->length, n->item_length, 0);
    else if (node->kind == FORMULA_MAP)
        set(node, node->count / 2, item, node->count);
    else
        set(node, node->count, item, node->count);
}

static void bound_inside(const formula_tree *tree, formula_node *node)
{
    const formula_node *a = node_at(tree, node->a);
    switch (node->kind) {
    case FORMULA_MEMBER:
        if (a->kind == FORMULA_ENV)
            set(node, 0, 0, 0);
        else
            set(node, a->item_length, inside(a->item_length), 0);
        break;
    case FORMULA_CONDITION: {
        const formula_node *b = node_at(tree, node->b), *c = node_at(tree, node->c);
        set(node, larger(b->length, c->length), larger(b->item_length, c->item_length), 0);
        break;
    }
    case FORMULA_LET:
        a = node_at(tree, node->b);
        set(node, a->length, a->item_length, 0);
        break;
    case FORMULA_CALL:
    case FORMULA_UNARY:
        set(node, 0, 0, 0);
        break;
    default: /* slices are views; chains, closures, results are what they hold */
        set(node, a->length, a->item_length, 0);
        break;
    }
}

static void inherit(const formula_tree *tree, formula_node *node, uint32_t child)
{
    if (child == FORMULA_NONE)
        return;
    node->heap = add(node->heap, node_at(tree, child)->heap);
    node->has_index = node->has_index || node_at(tree, child)->has_index;
}

void formula_bound_node(const formula_tree *tree, formula_node *node)
{
    node->has_index = node->kind == FORMULA_POINTER && node->op == FORMULA_POINTER_INDEX;
    inherit(tree, node, node->a);
    inherit(tree, node, node->b);
    inherit(tree, node, node->c);
    for (uint32_t i = 0; i < node->count; i++)
        inherit(tree, node, tree->lists[node->list + i]);
    switch ((formula_node_kind)node->kind) {
    case FORMULA_BINARY:
        bound_binary(tree, node);
        break;
    case FORMULA_BUILTIN:
        bound_builtin(tree, node);
        break;
    case FORMULA_ARRAY:
    case FORMULA_MAP:
    case FORMULA_SEQUENCE:
        bound_list(tree, node);
        break;
    case FORMULA_UNARY:
    case FORMULA_MEMBER:
    case FORMULA_SLICE:
    case FORMULA_CHAIN:
    case FORMULA_CALL:
    case FORMULA_CLOSURE:
    case FORMULA_LET:
    case FORMULA_CONDITION:
    case FORMULA_RESULT:
        bound_inside(tree, node);
        break;
    case FORMULA_STRING:
    case FORMULA_BYTES:
        set(node, node->value.text.size, 0, 0);
        break;
    case FORMULA_ENV: /* how many names there are is the caller's to know */
        set(node, FORMULA_NONE, 0, 0);
        break;
    case FORMULA_NIL:
    case FORMULA_BOOL:
    case FORMULA_INT:
    case FORMULA_FLOAT:
    case FORMULA_FUNCTION:
        set(node, 0, 0, 0);
        break;
    case FORMULA_LITERALS:
    case FORMULA_INT_SET:
    case FORMULA_STRING_SET:
    case FORMULA_NAME:
    case FORMULA_LOCAL:
    case FORMULA_POINTER:
        break;
    }
}
