/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a value before the formula runs (spec: languages 1.4). Upstream tells two kinds of
 * not knowing apart, and so do we: which one a branch has decides the type of the whole condition.
 */
#ifndef LANG_FORMULA_TYPE_H
#define LANG_FORMULA_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

/* One of the below, or an array of a known type from FORMULA_TYPE_FIRST_ARRAY on. */
typedef uint16_t formula_type;

enum {
    FORMULA_TYPE_UNKNOWN = 0, /* nothing is known */
    FORMULA_TYPE_ANY,         /* declared to be anything */
    FORMULA_TYPE_NIL,
    FORMULA_TYPE_BOOL,
    FORMULA_TYPE_INT,
    FORMULA_TYPE_FLOAT,
    FORMULA_TYPE_STRING,
    FORMULA_TYPE_FUNCTION,
    FORMULA_TYPE_MAP,       /* string to any */
    FORMULA_TYPE_GROUPS,    /* any to array, as groupBy gives */
    FORMULA_TYPE_MAP_ANY,   /* any to any */
    FORMULA_TYPE_STRINGS,   /* array of strings only, as split gives */
    FORMULA_TYPE_ANY_ARRAY, /* array of anything */
    FORMULA_TYPE_FIRST_ARRAY = 16
};

typedef struct formula_types {
    formula_type *items; /* item type of each array type */
    size_t count, capacity;
} formula_types;

/* The array of these items; the same type for the same items. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_type_array_of(formula_types *types, formula_type item,
                                                formula_type *out, keda_error *err);
/* What an array or a map holds; UNKNOWN for anything else. */
formula_type formula_type_item(const formula_types *types, formula_type type);

bool formula_type_is_unknown(formula_type type); /* either kind */
bool formula_type_is_number(formula_type type);
bool formula_type_is_array(formula_type type);
bool formula_type_is_map(formula_type type);
bool formula_type_is_scalar(formula_type type); /* bool, int, float or nil for sure */
/* Upstream's assignability: where it holds a condition keeps the type of its first branch. */
bool formula_type_is_assignable(formula_type type, formula_type to);
bool formula_type_is_comparable(formula_type a, formula_type b);
/* For messages: "int", "array", ... */
const char *formula_type_name(formula_type type);

#endif
