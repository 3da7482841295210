/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates over types, and the table of array types. What an operator or a function does with them
 * is formula_check.c's.
 */
#include "formula_type.h"

#include "base/mem.h"

keda_status formula_type_array_of(formula_types *types, formula_type item, formula_type *out,
                                  keda_error *err)
{
    if (item == FORMULA_TYPE_ANY) {
        *out = FORMULA_TYPE_ANY_ARRAY;
        return KEDA_OK;
    }
    size_t i = 0;
    while (i < types->count && types->items[i] != item)
        i++;
    if (i == types->count) {
        void *items = types->items;
        const keda_status rc =
            mem_grow(&items, &types->capacity, types->count, sizeof *types->items, err);
        types->items = items;
        if (rc != KEDA_OK)
            return rc;
        types->items[types->count++] = item;
    }
    *out = (formula_type)(FORMULA_TYPE_FIRST_ARRAY + i);
    return KEDA_OK;
}

formula_type formula_type_item(const formula_types *types, formula_type type)
{
    if (type >= FORMULA_TYPE_FIRST_ARRAY)
        return types->items[type - FORMULA_TYPE_FIRST_ARRAY];
    switch (type) {
    case FORMULA_TYPE_ANY_ARRAY:
    case FORMULA_TYPE_MAP:
    case FORMULA_TYPE_MAP_ANY:
        return FORMULA_TYPE_ANY;
    case FORMULA_TYPE_GROUPS:
        return FORMULA_TYPE_ANY_ARRAY;
    case FORMULA_TYPE_STRINGS:
        return FORMULA_TYPE_STRING;
    default:
        return FORMULA_TYPE_UNKNOWN;
    }
}

bool formula_type_is_unknown(formula_type type)
{
    return type == FORMULA_TYPE_UNKNOWN || type == FORMULA_TYPE_ANY;
}

bool formula_type_is_number(formula_type type)
{
    return type == FORMULA_TYPE_INT || type == FORMULA_TYPE_FLOAT;
}

bool formula_type_is_array(formula_type type)
{
    return type == FORMULA_TYPE_ANY_ARRAY || type == FORMULA_TYPE_STRINGS ||
           type >= FORMULA_TYPE_FIRST_ARRAY;
}

bool formula_type_is_map(formula_type type)
{
    return type == FORMULA_TYPE_MAP || type == FORMULA_TYPE_GROUPS ||
           type == FORMULA_TYPE_MAP_ANY;
}

bool formula_type_is_scalar(formula_type type)
{
    return formula_type_is_number(type) || type == FORMULA_TYPE_BOOL ||
           type == FORMULA_TYPE_NIL;
}

/* All arrays but split's are one type to upstream, whatever they hold. */
static formula_type outer(formula_type type)
{
    return type >= FORMULA_TYPE_FIRST_ARRAY ? (formula_type)FORMULA_TYPE_ANY_ARRAY : type;
}

bool formula_type_is_assignable(formula_type type, formula_type to)
{
    if (type == FORMULA_TYPE_NIL)
        return to == FORMULA_TYPE_ANY || to == FORMULA_TYPE_FUNCTION ||
               formula_type_is_array(to) || formula_type_is_map(to);
    if (type == FORMULA_TYPE_UNKNOWN || to == FORMULA_TYPE_UNKNOWN)
        return false;
    return to == FORMULA_TYPE_ANY || outer(type) == outer(to);
}

bool formula_type_is_comparable(formula_type a, formula_type b)
{
    return formula_type_is_unknown(a) || formula_type_is_unknown(b) || a == FORMULA_TYPE_NIL ||
           b == FORMULA_TYPE_NIL || (formula_type_is_number(a) && formula_type_is_number(b)) ||
           (formula_type_is_array(a) && formula_type_is_array(b)) ||
           formula_type_is_assignable(a, b);
}

const char *formula_type_name(formula_type type)
{
    static const char *const names[] = {
        [FORMULA_TYPE_UNKNOWN] = "unknown", [FORMULA_TYPE_ANY] = "any",
        [FORMULA_TYPE_NIL] = "nil",         [FORMULA_TYPE_BOOL] = "bool",
        [FORMULA_TYPE_INT] = "int",         [FORMULA_TYPE_FLOAT] = "float",
        [FORMULA_TYPE_STRING] = "string",   [FORMULA_TYPE_FUNCTION] = "function",
        [FORMULA_TYPE_MAP] = "map",         [FORMULA_TYPE_GROUPS] = "map",
        [FORMULA_TYPE_MAP_ANY] = "map",     [FORMULA_TYPE_STRINGS] = "array",
        [FORMULA_TYPE_ANY_ARRAY] = "array",
    };
    return type >= FORMULA_TYPE_FIRST_ARRAY ? "array" : names[type];
}
