/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions about values.
 */
#include "formula_value.h"

#include <string.h>

bool formula_is_nil(const formula_value *v)
{
    return v->kind == FORMULA_VALUE_NIL ||
           (v->kind == FORMULA_VALUE_ARRAY && v->as.items == NULL);
}

bool formula_is_number(const formula_value *v)
{
    return v->kind == FORMULA_VALUE_INT || v->kind == FORMULA_VALUE_FLOAT;
}

bool formula_is_array(const formula_value *v)
{
    return v->kind == FORMULA_VALUE_ARRAY || v->kind == FORMULA_VALUE_RANGE;
}

bool formula_is_scalar(const formula_value *v)
{
    return v->kind <= FORMULA_VALUE_FLOAT || v->kind == FORMULA_VALUE_RANGE;
}

double formula_real(const formula_value *number)
{
    return number->kind == FORMULA_VALUE_INT ? (double)number->as.integer : number->as.real;
}

formula_value formula_item(const formula_value *v, uint32_t i)
{
    if (v->kind == FORMULA_VALUE_RANGE)
        return formula_int((int64_t)((uint64_t)v->as.integer + i));
    if (v->kind == FORMULA_VALUE_STRING)
        return formula_int((unsigned char)v->as.text[i]);
    return v->as.items[i];
}

const char *formula_kind_name(const formula_value *v)
{
    static const char *const names[] = {
        [FORMULA_VALUE_NIL] = "nil",       [FORMULA_VALUE_BOOL] = "bool",
        [FORMULA_VALUE_INT] = "int",       [FORMULA_VALUE_FLOAT] = "float",
        [FORMULA_VALUE_STRING] = "string", [FORMULA_VALUE_ARRAY] = "array",
        [FORMULA_VALUE_RANGE] = "array",   [FORMULA_VALUE_MAP] = "map",
    };
    return names[v->kind];
}

int formula_compare_strings(const formula_value *a, const formula_value *b)
{
    const size_t common = a->size < b->size ? a->size : b->size;
    const int order = common > 0 ? memcmp(a->as.text, b->as.text, common) : 0;
    if (order != 0)
        return order;
    return (a->size > b->size) - (a->size < b->size);
}
