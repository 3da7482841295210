/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of functions: how many, of which types, and what the function gives.
 */
#include "formula_check.h"
#include "formula_function.h"

#include <string.h>

/* A call while it is checked. */
typedef struct call {
    formula_tree *tree;
    formula_node *node;
    const formula_function_desc *fn;
    const uint32_t *arguments;
    keda_error *err;
} call;

static formula_type argument(const call *c, uint32_t i)
{
    return c->tree->nodes[c->arguments[i]].type;
}

static keda_status wrong_argument(const call *c, uint32_t i, const char *wanted)
{
    return formula_error_at(c->err, c->tree->nodes[c->arguments[i]].at,
                            "%s expects %s, found %s", c->fn->name, wanted,
                            formula_type_name(argument(c, i)));
}

static keda_status wrong_count(const call *c, const char *wanted)
{
    return formula_error_at(c->err, c->node->at, "%s expects %s, found %u", c->fn->name, wanted,
                            (unsigned)c->node->count);
}

/* --- functions with a closure ---------------------------------------------------------------- */

static keda_status check_collection(const call *c)
{
    const formula_type type = argument(c, 0);
    if (formula_type_is_array(type) || formula_type_is_unknown(type))
        return KEDA_OK;
    return wrong_argument(c, 0, "an array");
}

/* A closure that gives something; where is_truth, a bool. */
static keda_status check_closure(const call *c, bool is_truth)
{
    const formula_type type = argument(c, 1);
    if (type == FORMULA_TYPE_NIL)
        return wrong_argument(c, 1, "a value for each item");
    if (!is_truth || type == FORMULA_TYPE_BOOL || formula_type_is_unknown(type))
        return KEDA_OK;
    return wrong_argument(c, 1, "a bool for each item");
}

static formula_type item_type(const call *c)
{
    return formula_type_item(&c->tree->types, argument(c, 0));
}

static keda_status set_filter_type(const call *c)
{
    if (formula_type_is_unknown(argument(c, 0))) {
        c->node->type = FORMULA_TYPE_ANY_ARRAY;
        return KEDA_OK;
    }
    return formula_type_array_of(&c->tree->types, item_type(c), &c->node->type, c->err);
}

/* What a closure gives, as upstream's reflection shows it: arrays lose what they hold. */
static formula_type closure_type(const call *c)
{
    const formula_type type = argument(c, 1);
    if (formula_type_is_unknown(type))
        return FORMULA_TYPE_ANY;
    return type >= FORMULA_TYPE_FIRST_ARRAY ? (formula_type)FORMULA_TYPE_ANY_ARRAY : type;
}

static keda_status check_order(const call *c)
{
    if (c->node->count < 3 || argument(c, 2) == FORMULA_TYPE_STRING ||
        formula_type_is_unknown(argument(c, 2)))
        return KEDA_OK;
    return wrong_argument(c, 2, "\"asc\" or \"desc\"");
}

static keda_status check_with_closure(const call *c)
{
    formula_node *node = c->node;
    const uint8_t check = c->fn->check;
    const bool is_truth = check == FORMULA_CHECK_TRUTH || check == FORMULA_CHECK_FILTER ||
                          check == FORMULA_CHECK_FIND || check == FORMULA_CHECK_COUNT;
    keda_status rc = check_collection(c);
    if (rc == KEDA_OK && node->count > 1)
        rc = check_closure(c, is_truth);
    if (rc != KEDA_OK)
        return rc;
    switch (check) {
    case FORMULA_CHECK_FILTER:
        return set_filter_type(c);
    case FORMULA_CHECK_FIND:
        node->type = item_type(c);
        return KEDA_OK;
    case FORMULA_CHECK_MAP:
        return formula_type_array_of(&c->tree->types, argument(c, 1), &node->type, c->err);
    case FORMULA_CHECK_SUM:
        node->type = node->count > 1 ? closure_type(c) : item_type(c);
        return KEDA_OK;
    case FORMULA_CHECK_SORT_BY:
        node->type = argument(c, 0);
        return check_order(c);
    case FORMULA_CHECK_REDUCE:
        node->type = argument(c, 1);
        return KEDA_OK;
    default:
        node->type = c->fn->result;
        return KEDA_OK;
    }
}

/* --- functions of values --------------------------------------------------------------------- */

static bool is_open_or(formula_type type, bool is_good)
{
    return is_good || formula_type_is_unknown(type);
}

static formula_type or_any(formula_type type)
{
    return formula_type_is_unknown(type) ? (formula_type)FORMULA_TYPE_ANY : type;
}

/* One argument; which ones are good depends on the check. */
static keda_status check_single(const call *c)
{
    if (c->node->count != 1)
        return wrong_count(c, "one argument");
    const formula_type type = argument(c, 0);
    const bool is_array = formula_type_is_array(type);
    const bool is_number = formula_type_is_number(type);
    const bool is_string = type == FORMULA_TYPE_STRING;
    c->node->type = c->fn->result;
    switch (c->fn->check) {
    case FORMULA_CHECK_NUMBER:
        c->node->type = or_any(type);
        return is_open_or(type, is_number) ? KEDA_OK : wrong_argument(c, 0, "a number");
    case FORMULA_CHECK_ROUND:
        return is_open_or(type, is_number) ? KEDA_OK : wrong_argument(c, 0, "a number");
    case FORMULA_CHECK_CAST:
        return is_open_or(type, is_number || is_string)
                   ? KEDA_OK
                   : wrong_argument(c, 0, "a number or a string");
    case FORMULA_CHECK_LEN:
        return is_open_or(type, is_array || is_string || formula_type_is_map(type))
                   ? KEDA_OK
                   : wrong_argument(c, 0, "an array, a map or a string");
    case FORMULA_CHECK_EDGE:
        c->node->type = type == FORMULA_TYPE_STRINGS ? FORMULA_TYPE_STRING : FORMULA_TYPE_ANY;
        return is_open_or(type, is_array) ? KEDA_OK : wrong_argument(c, 0, "an array");
    case FORMULA_CHECK_OF_MAP:
        return is_open_or(type, formula_type_is_map(type)) ? KEDA_OK
                                                           : wrong_argument(c, 0, "a map");
    default:
        return is_open_or(type, is_array) ? KEDA_OK : wrong_argument(c, 0, "an array");
    }
}

/* max, min, mean, median: the first array or unknown argument ends the check, as upstream. */
static keda_status check_aggregate(const call *c)
{
    if (c->node->count == 0)
        return wrong_count(c, "at least one argument");
    c->node->type = FORMULA_TYPE_ANY;
    for (uint32_t i = 0; i < c->node->count; i++) {
        const formula_type type = argument(c, i);
        if (formula_type_is_array(type) || formula_type_is_unknown(type))
            return KEDA_OK;
        if (!formula_type_is_number(type))
            return wrong_argument(c, i, "numbers and arrays");
    }
    c->node->type = argument(c, 0);
    return KEDA_OK;
}

static keda_status check_arrays(const call *c)
{
    c->node->type = c->fn->result;
    if (c->node->count == 0)
        return wrong_count(c, "at least one array");
    for (uint32_t i = 0; i < c->node->count; i++)
        if (!is_open_or(argument(c, i), formula_type_is_array(argument(c, i))))
            return wrong_argument(c, i, "arrays");
    return KEDA_OK;
}

static keda_status check_get(const call *c)
{
    if (c->node->count != 2)
        return wrong_count(c, "two arguments");
    const formula_type of = argument(c, 0), key = argument(c, 1);
    c->node->type = FORMULA_TYPE_UNKNOWN;
    if (formula_type_is_unknown(of))
        return KEDA_OK;
    c->node->type = formula_type_item(&c->tree->types, of);
    if (formula_type_is_array(of))
        return is_open_or(key, key == FORMULA_TYPE_INT) ? KEDA_OK
                                                        : wrong_argument(c, 1, "an int");
    if (formula_type_is_map(of))
        return is_open_or(key, of != FORMULA_TYPE_MAP || key == FORMULA_TYPE_STRING)
                   ? KEDA_OK
                   : wrong_argument(c, 1, "a string");
    return wrong_argument(c, 0, "an array or a map");
}

static keda_status check_take(const call *c)
{
    if (c->node->count != 2)
        return wrong_count(c, "two arguments");
    const formula_type of = argument(c, 0), n = argument(c, 1);
    c->node->type = of == FORMULA_TYPE_STRINGS  ? of
                    : formula_type_is_array(of) ? (formula_type)FORMULA_TYPE_ANY_ARRAY
                                                : (formula_type)FORMULA_TYPE_ANY;
    if (!is_open_or(of, formula_type_is_array(of)))
        return wrong_argument(c, 0, "an array");
    return is_open_or(n, n == FORMULA_TYPE_INT) ? KEDA_OK : wrong_argument(c, 1, "an int");
}

/* --- functions with a signature -------------------------------------------------------------- */

static const char *signature_word(char c)
{
    return c == 's' ? "a string" : c == 'i' ? "an int" : c == 'a' ? "an array" : "a value";
}

static bool takes(char c, formula_type type)
{
    if (c == 'x' || formula_type_is_unknown(type))
        return true;
    return (c == 's' && type == FORMULA_TYPE_STRING) ||
           (c == 'i' && type == FORMULA_TYPE_INT) || (c == 'a' && formula_type_is_array(type));
}

/* The first argument the overload does not take; count when it takes all, and has as many. */
static uint32_t first_wrong(const call *c, const char *overload, size_t size)
{
    uint32_t i = 0;
    while (i < c->node->count && i < size && takes(overload[i], argument(c, i)))
        i++;
    return i;
}

static keda_status check_signature(const call *c)
{
    const char *overload = c->fn->arguments;
    uint32_t wrong = 0;
    char wanted = '\0';
    c->node->type = c->fn->result;
    while (*overload != '\0') {
        const size_t size = strcspn(overload, "|");
        const uint32_t i = first_wrong(c, overload, size);
        if (i == c->node->count && i == size)
            return KEDA_OK;
        if (i < c->node->count && i < size) {
            wrong = i;
            wanted = overload[i];
        }
        overload += size + (overload[size] == '|' ? 1 : 0);
    }
    if (wanted != '\0')
        return wrong_argument(c, wrong, signature_word(wanted));
    return wrong_count(c, "another number of arguments");
}

keda_status formula_check_builtin(formula_tree *tree, formula_node *node, keda_error *err)
{
    const call c = {.tree = tree,
                    .node = node,
                    .fn = formula_function_of(node->op),
                    .arguments = tree->lists + node->list,
                    .err = err};
    switch ((formula_check)c.fn->check) {
    case FORMULA_CHECK_TRUTH:
    case FORMULA_CHECK_FILTER:
    case FORMULA_CHECK_FIND:
    case FORMULA_CHECK_COUNT:
    case FORMULA_CHECK_MAP:
    case FORMULA_CHECK_SUM:
    case FORMULA_CHECK_GROUP_BY:
    case FORMULA_CHECK_SORT_BY:
    case FORMULA_CHECK_REDUCE:
        return check_with_closure(&c);
    case FORMULA_CHECK_NUMBER:
    case FORMULA_CHECK_ROUND:
    case FORMULA_CHECK_CAST:
    case FORMULA_CHECK_LEN:
    case FORMULA_CHECK_EDGE:
    case FORMULA_CHECK_OF_MAP:
    case FORMULA_CHECK_OF_ARRAY:
        return check_single(&c);
    case FORMULA_CHECK_AGGREGATE:
        return check_aggregate(&c);
    case FORMULA_CHECK_GET:
        return check_get(&c);
    case FORMULA_CHECK_TAKE:
        return check_take(&c);
    case FORMULA_CHECK_ARRAYS:
        return check_arrays(&c);
    case FORMULA_CHECK_SIGNATURE:
        return check_signature(&c);
    case FORMULA_CHECK_REFUSED:
        break;
    }
    return formula_error_at(err, node->at, "%s: a formula knows no time", c.fn->name);
}
