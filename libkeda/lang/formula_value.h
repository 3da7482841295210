/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value while a formula runs: sixteen bytes, nothing owned. What it points to lies in the formula's
 * constants or in its scratch area.
 */
#ifndef LANG_FORMULA_VALUE_H
#define LANG_FORMULA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum formula_kind {
    FORMULA_VALUE_NIL = 0,
    FORMULA_VALUE_BOOL,
    FORMULA_VALUE_INT,
    FORMULA_VALUE_FLOAT,
    FORMULA_VALUE_STRING, /* size bytes, not terminated */
    FORMULA_VALUE_ARRAY,  /* size items */
    FORMULA_VALUE_RANGE,  /* size integers from as.integer on: an array that takes no memory */
    FORMULA_VALUE_MAP     /* size pairs: key, value, key, value ... */
} formula_kind;

typedef struct formula_value {
    uint8_t kind;    /* a formula_kind */
    bool has_groups; /* map: what is missing is an array without items, which counts as nil */
    uint32_t size;
    union {
        bool flag;
        int64_t integer;
        double real;
        const char *text;
        const struct formula_value *items;
    } as;
} formula_value;

static inline formula_value formula_nil(void)
{
    return (formula_value){.kind = FORMULA_VALUE_NIL};
}

static inline formula_value formula_bool(bool flag)
{
    return (formula_value){.kind = FORMULA_VALUE_BOOL, .as.flag = flag};
}

static inline formula_value formula_int(int64_t integer)
{
    return (formula_value){.kind = FORMULA_VALUE_INT, .as.integer = integer};
}

static inline formula_value formula_float(double real)
{
    return (formula_value){.kind = FORMULA_VALUE_FLOAT, .as.real = real};
}

static inline formula_value formula_string(const char *text, size_t size)
{
    return (formula_value){
        .kind = FORMULA_VALUE_STRING, .size = (uint32_t)size, .as.text = text};
}

static inline formula_value formula_array(const formula_value *items, size_t size)
{
    return (formula_value){
        .kind = FORMULA_VALUE_ARRAY, .size = (uint32_t)size, .as.items = items};
}

static inline formula_value formula_map(const formula_value *pairs, size_t size)
{
    return (formula_value){
        .kind = FORMULA_VALUE_MAP, .size = (uint32_t)size, .as.items = pairs};
}

/* nil, or an array that was never made. */
bool formula_is_nil(const formula_value *v);
bool formula_is_number(const formula_value *v);
bool formula_is_array(const formula_value *v); /* a range is one */
/* Nothing in the scratch area belongs to it. */
bool formula_is_scalar(const formula_value *v);
double formula_real(const formula_value *number);
/* Item i of an array or range, or byte i of a string as an integer. i < size */
formula_value formula_item(const formula_value *v, uint32_t i);
/* "int", "float", "array", ... */
const char *formula_kind_name(const formula_value *v);
/* Two strings: negative, 0, positive, by bytes. */
int formula_compare_strings(const formula_value *a, const formula_value *b);

#endif
