/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of operators, conditions, members and collections. Functions are formula_check_call.c's.
 */
#include "formula_check.h"

static formula_type type_of(const formula_tree *tree, uint32_t node)
{
    return tree->nodes[node].type;
}

/* --- operators ------------------------------------------------------------------------------ */

/* What an operator takes on both sides, as a set. */
enum { BOOLS = 1, STRINGS = 2, INTS = 4, NUMBERS = 8 };

static bool is_one_of(formula_type type, unsigned set)
{
    return ((set & BOOLS) && type == FORMULA_TYPE_BOOL) ||
           ((set & STRINGS) && type == FORMULA_TYPE_STRING) ||
           ((set & INTS) && type == FORMULA_TYPE_INT) ||
           ((set & NUMBERS) && formula_type_is_number(type));
}

/* Two of the same kind, or one whose kind shows only when it runs. */
static bool fits(formula_type a, formula_type b, unsigned set)
{
    const bool a_is_open = formula_type_is_unknown(a), b_is_open = formula_type_is_unknown(b);
    if (a_is_open && b_is_open)
        return true;
    if (a_is_open || b_is_open)
        return is_one_of(a_is_open ? b : a, set);
    for (unsigned one = BOOLS; one <= NUMBERS; one <<= 1)
        if ((set & one) && is_one_of(a, one) && is_one_of(b, one))
            return true;
    return false;
}

/* int + int, any other numbers, or not known: what + - * give. */
static formula_type sum_type(formula_type a, formula_type b)
{
    if (!formula_type_is_number(a) || !formula_type_is_number(b))
        return a == FORMULA_TYPE_STRING && b == a ? FORMULA_TYPE_STRING : FORMULA_TYPE_UNKNOWN;
    return a == FORMULA_TYPE_INT && b == FORMULA_TYPE_INT ? FORMULA_TYPE_INT
                                                          : FORMULA_TYPE_FLOAT;
}

enum { SUM = 0xff }; /* the result is sum_type's */

static const struct rule {
    unsigned takes;
    uint8_t gives;
    const char *text;
} rules[] = {
    [FORMULA_OP_OR] = {BOOLS, FORMULA_TYPE_BOOL, "or"},
    [FORMULA_OP_AND] = {BOOLS, FORMULA_TYPE_BOOL, "and"},
    [FORMULA_OP_EQ] = {0, FORMULA_TYPE_BOOL, "=="},
    [FORMULA_OP_NE] = {0, FORMULA_TYPE_BOOL, "!="},
    [FORMULA_OP_LT] = {NUMBERS | STRINGS, FORMULA_TYPE_BOOL, "<"},
    [FORMULA_OP_GT] = {NUMBERS | STRINGS, FORMULA_TYPE_BOOL, ">"},
    [FORMULA_OP_GE] = {NUMBERS | STRINGS, FORMULA_TYPE_BOOL, ">="},
    [FORMULA_OP_LE] = {NUMBERS | STRINGS, FORMULA_TYPE_BOOL, "<="},
    [FORMULA_OP_IN] = {0, FORMULA_TYPE_BOOL, "in"},
    [FORMULA_OP_MATCHES] = {STRINGS, FORMULA_TYPE_BOOL, "matches"},
    [FORMULA_OP_CONTAINS] = {STRINGS, FORMULA_TYPE_BOOL, "contains"},
    [FORMULA_OP_STARTS] = {STRINGS, FORMULA_TYPE_BOOL, "startsWith"},
    [FORMULA_OP_ENDS] = {STRINGS, FORMULA_TYPE_BOOL, "endsWith"},
    [FORMULA_OP_RANGE] = {INTS, 0, ".."},
    [FORMULA_OP_ADD] = {NUMBERS | STRINGS, SUM, "+"},
    [FORMULA_OP_SUB] = {NUMBERS, SUM, "-"},
    [FORMULA_OP_MUL] = {NUMBERS, SUM, "*"},
    [FORMULA_OP_DIV] = {NUMBERS, FORMULA_TYPE_FLOAT, "/"},
    [FORMULA_OP_MOD] = {INTS, FORMULA_TYPE_INT, "%"},
    [FORMULA_OP_POW] = {NUMBERS, FORMULA_TYPE_FLOAT, "**"},
};

static bool may_be_in(const formula_tree *tree, formula_type a, formula_type b)
{
    if (b == FORMULA_TYPE_MAP)
        return formula_type_is_unknown(a) || a == FORMULA_TYPE_STRING;
    if (formula_type_is_map(b))
        return true;
    if (formula_type_is_array(b))
        return formula_type_is_comparable(a, formula_type_item(&tree->types, b));
    return formula_type_is_unknown(b) ||
           (formula_type_is_unknown(a) && b == FORMULA_TYPE_STRING);
}

static formula_type coalesce_type(formula_type a, formula_type b)
{
    if (a == FORMULA_TYPE_NIL)
        return b;
    if (b == FORMULA_TYPE_NIL || formula_type_is_assignable(b, a))
        return a;
    return FORMULA_TYPE_UNKNOWN;
}

static keda_status check_binary(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type a = type_of(tree, node->a), b = type_of(tree, node->b);
    if (node->op == FORMULA_OP_COALESCE) {
        node->type = coalesce_type(a, b);
        return KEDA_OK;
    }
    const struct rule *rule = &rules[node->op];
    bool is_good = fits(a, b, rule->takes);
    if (node->op == FORMULA_OP_EQ || node->op == FORMULA_OP_NE)
        is_good = formula_type_is_comparable(a, b);
    else if (node->op == FORMULA_OP_IN)
        is_good = may_be_in(tree, a, b);
    else if (node->op == FORMULA_OP_MATCHES && formula_type_is_array(a))
        is_good = false; /* of bytes, upstream; nobody has any */
    if (!is_good)
        return formula_error_at(err, node->at, "operator %s does not take %s and %s",
                                rule->text, formula_type_name(a), formula_type_name(b));
    if (node->op == FORMULA_OP_MATCHES && tree->nodes[node->b].kind == FORMULA_STRING) {
        const keda_status rc = formula_check_pattern(tree, &tree->nodes[node->b], err);
        if (rc != KEDA_OK)
            return rc;
    }
    if (node->op == FORMULA_OP_RANGE)
        return formula_type_array_of(&tree->types, FORMULA_TYPE_INT, &node->type, err);
    node->type = rule->gives == SUM ? sum_type(a, b) : rule->gives;
    return KEDA_OK;
}

static keda_status check_unary(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type type = type_of(tree, node->a);
    const bool is_not = node->op == FORMULA_OP_NOT;
    if (!formula_type_is_unknown(type) && !is_one_of(type, is_not ? BOOLS : NUMBERS))
        return formula_error_at(err, node->at, "expected a %s behind %s, found %s",
                                is_not ? "bool" : "number",
                                is_not                         ? "not"
                                : node->op == FORMULA_OP_MINUS ? "-"
                                                               : "+",
                                formula_type_name(type));
    node->type = is_not                          ? (formula_type)FORMULA_TYPE_BOOL
                 : formula_type_is_unknown(type) ? (formula_type)FORMULA_TYPE_UNKNOWN
                                                 : type;
    return KEDA_OK;
}

/* --- the rest ------------------------------------------------------------------------------- */

static keda_status check_condition(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type c = type_of(tree, node->a);
    const formula_type a = type_of(tree, node->b), b = type_of(tree, node->c);
    if (c != FORMULA_TYPE_BOOL && !formula_type_is_unknown(c))
        return formula_error_at(err, tree->nodes[node->a].at,
                                "expected a bool as a condition, found %s",
                                formula_type_name(c));
    if (a == FORMULA_TYPE_NIL || b == FORMULA_TYPE_NIL) {
        node->type = a == FORMULA_TYPE_NIL ? b : a;
        return KEDA_OK;
    }
    node->type = formula_type_is_assignable(a, b) ? a : (formula_type)FORMULA_TYPE_UNKNOWN;
    if (formula_type_is_array(node->type) && formula_type_is_array(b)) {
        const formula_type x = formula_type_item(&tree->types, a);
        const formula_type y = formula_type_item(&tree->types, b);
        if (!formula_type_is_assignable(x, y) || !formula_type_is_assignable(y, x))
            node->type = FORMULA_TYPE_ANY_ARRAY;
    }
    return KEDA_OK;
}

static bool is_index(formula_type type)
{
    return type == FORMULA_TYPE_INT || formula_type_is_unknown(type);
}

static keda_status check_member(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type of = type_of(tree, node->a), key = type_of(tree, node->b);
    const uint32_t at = tree->nodes[node->b].at;
    node->type = FORMULA_TYPE_UNKNOWN;
    if (formula_type_is_unknown(of))
        return KEDA_OK;
    node->type = formula_type_item(&tree->types, of);
    if (formula_type_is_array(of))
        return is_index(key)
                   ? KEDA_OK
                   : formula_error_at(err, at, "expected an int as an index, found %s",
                                      formula_type_name(key));
    if (formula_type_is_map(of)) {
        const bool is_good = of != FORMULA_TYPE_MAP || key == FORMULA_TYPE_STRING ||
                             formula_type_is_unknown(key);
        return is_good ? KEDA_OK
                       : formula_error_at(err, at, "expected a string as a key, found %s",
                                          formula_type_name(key));
    }
    return formula_error_at(err, node->at, "a value of type %s has no members",
                            formula_type_name(of));
}

static keda_status check_slice(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type of = type_of(tree, node->a);
    const uint32_t ends[] = {node->b, node->c};
    node->type = formula_type_is_unknown(of) ? (formula_type)FORMULA_TYPE_UNKNOWN : of;
    if (formula_type_is_unknown(of))
        return KEDA_OK;
    if (!formula_type_is_array(of) && of != FORMULA_TYPE_STRING)
        return formula_error_at(err, node->at, "a value of type %s cannot be sliced",
                                formula_type_name(of));
    for (size_t i = 0; i < 2; i++)
        if (ends[i] != FORMULA_NONE && !is_index(type_of(tree, ends[i])))
            return formula_error_at(err, tree->nodes[ends[i]].at,
                                    "expected an int as an index, found %s",
                                    formula_type_name(type_of(tree, ends[i])));
    return KEDA_OK;
}

/* Upstream compares each item's kind with the one before; arrays are of one kind. */
static formula_type kind_of(formula_type type)
{
    if (formula_type_is_array(type))
        return FORMULA_TYPE_ANY_ARRAY;
    if (formula_type_is_map(type))
        return FORMULA_TYPE_MAP;
    return type == FORMULA_TYPE_NIL ? (formula_type)FORMULA_TYPE_UNKNOWN : type;
}

static keda_status check_array(formula_tree *tree, formula_node *node, keda_error *err)
{
    const uint32_t *items = tree->lists + node->list;
    formula_type item = FORMULA_TYPE_UNKNOWN;
    for (uint32_t i = 0; i < node->count; i++) {
        const formula_type type = type_of(tree, items[i]);
        if (i > 0 && kind_of(type) != kind_of(item)) {
            node->type = FORMULA_TYPE_ANY_ARRAY;
            return KEDA_OK;
        }
        item = type;
    }
    return formula_type_array_of(&tree->types, item, &node->type, err);
}

/* Only what is not known may be called, and it fails when it runs: formulas have no functions but
 * those of the language. */
static keda_status check_call(formula_tree *tree, formula_node *node, keda_error *err)
{
    node->type = FORMULA_TYPE_UNKNOWN;
    if (formula_type_is_unknown(type_of(tree, node->a)) &&
        tree->nodes[node->a].kind != FORMULA_ENV)
        return KEDA_OK;
    return formula_error_at(err, node->at, "a value of type %s cannot be called",
                            formula_type_name(type_of(tree, node->a)));
}

static keda_status check_result(formula_tree *tree, formula_node *node, keda_error *err)
{
    const formula_type type = type_of(tree, node->a);
    node->type = FORMULA_TYPE_UNKNOWN;
    if (formula_type_is_unknown(type) || formula_type_is_number(type) ||
        type == FORMULA_TYPE_STRING)
        return KEDA_OK;
    return formula_error_at(err, node->at, "expected a number as the result, found %s",
                            formula_type_name(type));
}

keda_status formula_check_node(formula_tree *tree, formula_node *node, keda_error *err)
{
    switch ((formula_node_kind)node->kind) {
    case FORMULA_UNARY:
        return check_unary(tree, node, err);
    case FORMULA_BINARY:
        return check_binary(tree, node, err);
    case FORMULA_CONDITION:
        return check_condition(tree, node, err);
    case FORMULA_MEMBER:
        return check_member(tree, node, err);
    case FORMULA_SLICE:
        return check_slice(tree, node, err);
    case FORMULA_CALL:
        return check_call(tree, node, err);
    case FORMULA_BUILTIN:
        return formula_check_builtin(tree, node, err);
    case FORMULA_ARRAY:
        return check_array(tree, node, err);
    case FORMULA_BYTES:
        return formula_type_array_of(&tree->types, FORMULA_TYPE_INT, &node->type, err);
    case FORMULA_MAP:
        node->type = FORMULA_TYPE_MAP;
        return KEDA_OK;
    case FORMULA_CHAIN:
    case FORMULA_CLOSURE:
        node->type = type_of(tree, node->a);
        return KEDA_OK;
    case FORMULA_LET:
        node->type = type_of(tree, node->b);
        return KEDA_OK;
    case FORMULA_SEQUENCE:
        node->type = type_of(tree, tree->lists[node->list + node->count - 1]);
        return KEDA_OK;
    case FORMULA_RESULT:
        return check_result(tree, node, err);
    case FORMULA_NIL:
    case FORMULA_BOOL:
    case FORMULA_INT:
    case FORMULA_FLOAT:
    case FORMULA_STRING:
    case FORMULA_LITERALS:
    case FORMULA_INT_SET:
    case FORMULA_STRING_SET:
    case FORMULA_NAME:
    case FORMULA_LOCAL:
    case FORMULA_ENV:
    case FORMULA_FUNCTION:
    case FORMULA_POINTER:
        return KEDA_OK;
    }
    return KEDA_OK;
}
