/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passes in upstream's order; each sees every node once, children before parents.
 */
#include "formula_optimize.h"

#include "formula_function.h"

typedef struct pass {
    formula_tree *tree;
    keda_error *err;
    keda_status rc;
} pass;

static formula_node *node_at(const pass *p, uint32_t i)
{
    return &p->tree->nodes[i];
}

static uint32_t argument(const pass *p, const formula_node *call, uint32_t i)
{
    return p->tree->lists[call->list + i];
}

static bool is_call(const formula_node *n, uint8_t fn, uint32_t count)
{
    return n->kind == FORMULA_BUILTIN && n->op == fn && n->count == count;
}

static uint32_t make(pass *p, const formula_node *node)
{
    uint32_t index = 0;
    if (p->rc == KEDA_OK)
        p->rc = formula_tree_make(p->tree, node, &index, p->err);
    return index;
}

/* A binary node of the tree's nodes a and b. */
static formula_node binary(uint8_t op, uint32_t a, uint32_t b, const formula_node *like)
{
    formula_node node = formula_node_of(FORMULA_BINARY, like->type, like->at);
    node.op = op;
    node.a = a;
    node.b = b;
    return node;
}

static bool has_only(const pass *p, const formula_node *array, uint8_t kind)
{
    for (uint32_t i = 0; i < array->count; i++)
        if (node_at(p, argument(p, array, i))->kind != kind)
            return false;
    return array->count > 0;
}

/* x in [1, 2]: a set. */
static void use_set(pass *p, uint32_t index)
{
    const formula_node node = *node_at(p, index);
    if (node.kind != FORMULA_BINARY || node.op != FORMULA_OP_IN)
        return;
    formula_node set = *node_at(p, node.b);
    if (set.kind != FORMULA_ARRAY)
        return;
    if (node_at(p, node.a)->type == FORMULA_TYPE_INT && has_only(p, &set, FORMULA_INT))
        set.kind = FORMULA_INT_SET;
    else if (has_only(p, &set, FORMULA_STRING))
        set.kind = FORMULA_STRING_SET;
    else
        return;
    const uint32_t made = make(p, &set);
    node_at(p, index)->b = made;
}

/* x in 1..3 with an int x: two comparisons. */
static void compare_with_range(pass *p, uint32_t index)
{
    const formula_node node = *node_at(p, index);
    if (node.kind != FORMULA_BINARY || node.op != FORMULA_OP_IN ||
        node_at(p, node.a)->type != FORMULA_TYPE_INT)
        return;
    const formula_node range = *node_at(p, node.b);
    if (range.kind != FORMULA_BINARY || range.op != FORMULA_OP_RANGE ||
        node_at(p, range.a)->kind != FORMULA_INT || node_at(p, range.b)->kind != FORMULA_INT)
        return;
    const formula_node low = binary(FORMULA_OP_GE, node.a, range.a, &node);
    const formula_node high = binary(FORMULA_OP_LE, node.a, range.b, &node);
    const uint32_t a = make(p, &low), b = make(p, &high);
    *node_at(p, index) = binary(FORMULA_OP_AND, a, b, &node);
}

static bool is_filter(const formula_node *n)
{
    return is_call(n, FORMULA_FN_FILTER, 2);
}

/* map(filter(x, p), f): one loop. */
static void join_map(pass *p, uint32_t index)
{
    formula_node *node = node_at(p, index);
    if (!is_call(node, FORMULA_FN_MAP, 2))
        return;
    const formula_node *closure = node_at(p, argument(p, node, 1));
    const formula_node *filter = node_at(p, argument(p, node, 0));
    if (closure->has_index || !is_filter(filter) || filter->a != FORMULA_NONE)
        return;
    node->op = FORMULA_FN_FILTER;
    node->list = filter->list;
    node->a = closure->a;
}

/* len(filter(x, p)) counts. */
static void count_filtered(pass *p, uint32_t index)
{
    formula_node *node = node_at(p, index);
    if (!is_call(node, FORMULA_FN_LEN, 1) || !is_filter(node_at(p, argument(p, node, 0))))
        return;
    const formula_node *filter = node_at(p, argument(p, node, 0));
    node->op = FORMULA_FN_COUNT;
    node->list = filter->list;
    node->count = 2;
}

/* filter(x, p)[place] and fn(filter(x, p)): the search ends at the first hit. */
static void find_filtered(pass *p, uint32_t index, int64_t place, uint8_t fn, uint8_t find)
{
    formula_node *node = node_at(p, index);
    const bool is_member = node->kind == FORMULA_MEMBER && node->flags == 0 &&
                           node_at(p, node->b)->kind == FORMULA_INT &&
                           node_at(p, node->b)->value.integer == place;
    if (!is_member && !is_call(node, fn, 1))
        return;
    const formula_node filter = *node_at(p, is_member ? node->a : argument(p, node, 0));
    if (!is_filter(&filter))
        return;
    formula_node found = formula_node_of(FORMULA_BUILTIN, node->type, node->at);
    found.op = find;
    found.list = filter.list;
    found.count = 2;
    found.a = filter.a;
    found.flags = is_member ? FORMULA_THROWS : 0;
    *node = found;
}

static void find_last(pass *p, uint32_t index)
{
    find_filtered(p, index, -1, FORMULA_FN_LAST, FORMULA_FN_FIND_LAST);
}

static void find_first(pass *p, uint32_t index)
{
    find_filtered(p, index, 0, FORMULA_FN_FIRST, FORMULA_FN_FIND);
}

/* all(x, p) and all(x, q): one loop. */
static void combine(pass *p, uint32_t index)
{
    static const uint8_t rules[][3] = {
        {FORMULA_FN_ALL, FORMULA_OP_AND, FORMULA_OP_AND},
        {FORMULA_FN_ANY, FORMULA_OP_OR, FORMULA_OP_OR},
        {FORMULA_FN_NO_ONE, FORMULA_OP_AND, FORMULA_OP_OR},
    };
    const formula_node node = *node_at(p, index);
    uint8_t op = FORMULA_OP_NONE;
    if (node.kind != FORMULA_BINARY)
        return;
    const formula_node a = *node_at(p, node.a), b = *node_at(p, node.b);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (is_call(&a, rules[i][0], 2) && is_call(&b, rules[i][0], 2) &&
            node.op == rules[i][1])
            op = rules[i][2];
    if (op == FORMULA_OP_NONE ||
        !formula_tree_equal(p->tree, argument(p, &a, 0), argument(p, &b, 0)))
        return;
    const formula_node both =
        binary(op, node_at(p, argument(p, &a, 1))->a, node_at(p, argument(p, &b, 1))->a, &node);
    formula_node closure = formula_node_of(FORMULA_CLOSURE, FORMULA_TYPE_BOOL, node.at);
    closure.a = make(p, &both);
    const uint32_t arguments[2] = {argument(p, &a, 0), make(p, &closure)};
    formula_node call = formula_node_of(FORMULA_BUILTIN, node.type, node.at);
    call.op = a.op;
    call.count = 2;
    if (p->rc == KEDA_OK)
        p->rc = formula_tree_list(p->tree, arguments, 2, &call.list, p->err);
    if (p->rc == KEDA_OK)
        *node_at(p, index) = call;
}

/* --- sums of ranges: closed form, as upstream, wrapping as there ------------------------------- */

static bool is_pointer(const formula_node *n, uint8_t which)
{
    return n->kind == FORMULA_POINTER && n->op == which;
}

/* sum over # op k or k op #, from the sum over # and how many there are. */
static bool sum_closure(const pass *p, const formula_node *body, uint64_t count, uint64_t *sum)
{
    if (is_pointer(body, FORMULA_POINTER_ITEM))
        return true;
    if (body->kind != FORMULA_BINARY)
        return false;
    const formula_node *a = node_at(p, body->a), *b = node_at(p, body->b);
    const bool is_left = is_pointer(a, FORMULA_POINTER_ITEM) && b->kind == FORMULA_INT;
    const bool is_right = is_pointer(b, FORMULA_POINTER_ITEM) && a->kind == FORMULA_INT;
    if (!is_left && !is_right)
        return false;
    const uint64_t k = (uint64_t)(is_left ? b : a)->value.integer;
    switch (body->op) {
    case FORMULA_OP_MUL:
        *sum = k * *sum;
        return true;
    case FORMULA_OP_ADD:
        *sum = *sum + count * k;
        return true;
    case FORMULA_OP_SUB:
        *sum = is_left ? *sum - count * k : count * k - *sum;
        return true;
    default:
        return false;
    }
}

/* # + #acc or #acc + # */
static bool is_running_sum(const pass *p, const formula_node *body)
{
    if (body->kind != FORMULA_BINARY || body->op != FORMULA_OP_ADD)
        return false;
    const formula_node *a = node_at(p, body->a), *b = node_at(p, body->b);
    return (is_pointer(a, FORMULA_POINTER_ITEM) && is_pointer(b, FORMULA_POINTER_ACC)) ||
           (is_pointer(a, FORMULA_POINTER_ACC) && is_pointer(b, FORMULA_POINTER_ITEM));
}

/* Of m..n with both known; false when the argument is none, or nothing is in it. */
static bool range_sum(const pass *p, const formula_node *range, uint64_t *count, uint64_t *sum)
{
    if (range->kind != FORMULA_BINARY || range->op != FORMULA_OP_RANGE ||
        node_at(p, range->a)->kind != FORMULA_INT || node_at(p, range->b)->kind != FORMULA_INT)
        return false;
    const int64_t m = node_at(p, range->a)->value.integer;
    const int64_t n = node_at(p, range->b)->value.integer;
    *count = (uint64_t)n - (uint64_t)m + 1;
    *sum = (uint64_t)((int64_t)(*count * ((uint64_t)m + (uint64_t)n)) / 2);
    return n >= m;
}

static void sum_range(pass *p, uint32_t index)
{
    const formula_node node = *node_at(p, index);
    uint64_t count = 0, sum = 0;
    const bool sums = node.kind == FORMULA_BUILTIN && node.op == FORMULA_FN_SUM;
    const bool reduces = node.kind == FORMULA_BUILTIN && node.op == FORMULA_FN_REDUCE;
    if ((!sums && !reduces) || !range_sum(p, node_at(p, argument(p, &node, 0)), &count, &sum))
        return;
    const formula_node *closure = node.count > 1 ? node_at(p, argument(p, &node, 1)) : NULL;
    const formula_node *body = closure != NULL ? node_at(p, closure->a) : NULL;
    if (sums && body != NULL && !sum_closure(p, body, count, &sum))
        return;
    if (reduces && (body == NULL || !is_running_sum(p, body)))
        return;
    if (reduces && node.count > 2) {
        const formula_node *first = node_at(p, argument(p, &node, 2));
        if (first->kind != FORMULA_INT)
            return;
        sum += (uint64_t)first->value.integer;
    }
    formula_node known = formula_node_of(FORMULA_INT, FORMULA_TYPE_INT, node.at);
    known.value.integer = (int64_t)sum;
    *node_at(p, index) = known;
}

/* sum([a, b, c]) is a + (b + c). */
static void sum_array(pass *p, uint32_t index)
{
    const formula_node node = *node_at(p, index);
    if (!is_call(&node, FORMULA_FN_SUM, 1))
        return;
    const formula_node array = *node_at(p, argument(p, &node, 0));
    if (array.kind != FORMULA_ARRAY || array.count < 2)
        return;
    uint32_t right = argument(p, &array, array.count - 1);
    for (uint32_t i = array.count - 1; i > 0; i--) {
        const formula_node sum =
            binary(FORMULA_OP_ADD, argument(p, &array, i - 1), right, &node);
        if (i > 1)
            right = make(p, &sum);
        else
            *node_at(p, index) = sum;
    }
}

/* sum(map(x, f)) is sum(x, f). */
static void sum_map(pass *p, uint32_t index)
{
    formula_node *node = node_at(p, index);
    if (!is_call(node, FORMULA_FN_SUM, 1))
        return;
    const formula_node *map = node_at(p, argument(p, node, 0));
    if (!is_call(map, FORMULA_FN_MAP, 2))
        return;
    node->list = map->list;
    node->count = 2;
}

/* --- counts ------------------------------------------------------------------------------------ */

static bool compares_count(const pass *p, const formula_node *node)
{
    return node->kind == FORMULA_BINARY && is_call(node_at(p, node->a), FORMULA_FN_COUNT, 2) &&
           node_at(p, node->b)->kind == FORMULA_INT;
}

/* count(x, p) > 0 is any(x, p). */
static void count_any(pass *p, uint32_t index)
{
    formula_node *node = node_at(p, index);
    if (!compares_count(p, node))
        return;
    const int64_t n = node_at(p, node->b)->value.integer;
    if (!(node->op == FORMULA_OP_GT && n == 0) && !(node->op == FORMULA_OP_GE && n == 1))
        return;
    formula_node any = formula_node_of(FORMULA_BUILTIN, node->type, node->at);
    any.op = FORMULA_FN_ANY;
    any.list = node_at(p, node->a)->list;
    any.count = 2;
    *node = any;
}

/* count(x, p) > 3 stops at four. */
static void count_until(pass *p, uint32_t index)
{
    const formula_node *node = node_at(p, index);
    if (!compares_count(p, node))
        return;
    const int64_t n = node_at(p, node->b)->value.integer;
    int64_t enough = 0;
    if (node->op == FORMULA_OP_GT || node->op == FORMULA_OP_LE)
        enough = n < INT64_MAX ? n + 1 : 0;
    else if (node->op == FORMULA_OP_GE || node->op == FORMULA_OP_LT)
        enough = n;
    if (n >= 0 && enough > 1)
        node_at(p, node->a)->value.integer = enough;
}

static void run(pass *p, void (*visit)(pass *p, uint32_t index))
{
    for (size_t i = 0; i < p->tree->count && p->rc == KEDA_OK; i++)
        visit(p, (uint32_t)i);
}

keda_status formula_optimize(formula_tree *tree, keda_error *err)
{
    static void (*const passes[])(pass *, uint32_t) = {
        compare_with_range, join_map,  count_filtered, find_last, find_first, combine,
        sum_range,          sum_array, sum_map,        count_any, count_until};
    pass p = {.tree = tree, .err = err, .rc = KEDA_OK};
    run(&p, use_set);
    if (p.rc == KEDA_OK)
        p.rc = formula_fold(tree, err);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0] && p.rc == KEDA_OK; i++)
        run(&p, passes[i]);
    return p.rc;
}
