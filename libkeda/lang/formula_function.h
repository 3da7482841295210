/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of the language: names, what they take and give (spec: languages 1.5). What they do
 * is formula_numbers.c's, formula_arrays.c's and formula_strings.c's.
 */
#ifndef LANG_FORMULA_FUNCTION_H
#define LANG_FORMULA_FUNCTION_H

#include <stddef.h>
#include <stdint.h>

typedef enum formula_function {
    FORMULA_FN_NONE = 0,
    /* with a closure */
    FORMULA_FN_ALL,
    FORMULA_FN_NO_ONE, /* none */
    FORMULA_FN_ANY,
    FORMULA_FN_ONE,
    FORMULA_FN_FILTER,
    FORMULA_FN_MAP,
    FORMULA_FN_COUNT,
    FORMULA_FN_SUM,
    FORMULA_FN_FIND,
    FORMULA_FN_FIND_INDEX,
    FORMULA_FN_FIND_LAST,
    FORMULA_FN_FIND_LAST_INDEX,
    FORMULA_FN_GROUP_BY,
    FORMULA_FN_SORT_BY,
    FORMULA_FN_REDUCE,
    /* numbers */
    FORMULA_FN_ABS,
    FORMULA_FN_CEIL,
    FORMULA_FN_FLOOR,
    FORMULA_FN_ROUND,
    FORMULA_FN_INT,
    FORMULA_FN_FLOAT,
    FORMULA_FN_MAX,
    FORMULA_FN_MIN,
    FORMULA_FN_MEAN,
    FORMULA_FN_MEDIAN,
    FORMULA_FN_BIT_AND,
    FORMULA_FN_BIT_OR,
    FORMULA_FN_BIT_XOR,
    FORMULA_FN_BIT_NAND,
    FORMULA_FN_BIT_SHL,
    FORMULA_FN_BIT_SHR,
    FORMULA_FN_BIT_USHR,
    FORMULA_FN_BIT_NOT,
    /* arrays and maps */
    FORMULA_FN_LEN,
    FORMULA_FN_FIRST,
    FORMULA_FN_LAST,
    FORMULA_FN_GET,
    FORMULA_FN_TAKE,
    FORMULA_FN_KEYS,
    FORMULA_FN_VALUES,
    FORMULA_FN_TO_PAIRS,
    FORMULA_FN_FROM_PAIRS,
    FORMULA_FN_REVERSE,
    FORMULA_FN_UNIQ,
    FORMULA_FN_CONCAT,
    FORMULA_FN_FLATTEN,
    FORMULA_FN_SORT,
    /* texts */
    FORMULA_FN_TYPE,
    FORMULA_FN_STRING,
    FORMULA_FN_TRIM,
    FORMULA_FN_TRIM_PREFIX,
    FORMULA_FN_TRIM_SUFFIX,
    FORMULA_FN_UPPER,
    FORMULA_FN_LOWER,
    FORMULA_FN_SPLIT,
    FORMULA_FN_SPLIT_AFTER,
    FORMULA_FN_REPLACE,
    FORMULA_FN_REPEAT,
    FORMULA_FN_JOIN,
    FORMULA_FN_INDEX_OF,
    FORMULA_FN_LAST_INDEX_OF,
    FORMULA_FN_HAS_PREFIX,
    FORMULA_FN_HAS_SUFFIX,
    FORMULA_FN_TO_JSON,
    FORMULA_FN_FROM_JSON,
    FORMULA_FN_TO_BASE64,
    FORMULA_FN_FROM_BASE64,
    /* a formula knows no time: refused */
    FORMULA_FN_NOW,
    FORMULA_FN_DURATION,
    FORMULA_FN_DATE,
    FORMULA_FN_TIMEZONE
} formula_function;

/* How its arguments are checked. */
typedef enum formula_check {
    FORMULA_CHECK_TRUTH = 0, /* array, closure that gives a bool; gives result */
    FORMULA_CHECK_FILTER,    /* the same; gives an array of the items */
    FORMULA_CHECK_FIND,      /* the same; gives an item */
    FORMULA_CHECK_COUNT,     /* the closure may be missing */
    FORMULA_CHECK_MAP,
    FORMULA_CHECK_SUM,
    FORMULA_CHECK_GROUP_BY,
    FORMULA_CHECK_SORT_BY,
    FORMULA_CHECK_REDUCE,
    FORMULA_CHECK_NUMBER, /* one number; gives its kind */
    FORMULA_CHECK_ROUND,  /* one number; gives result */
    FORMULA_CHECK_CAST,   /* a number or a string; gives result */
    FORMULA_CHECK_AGGREGATE,
    FORMULA_CHECK_LEN,
    FORMULA_CHECK_EDGE, /* an array; gives what upstream thinks its items are */
    FORMULA_CHECK_GET,
    FORMULA_CHECK_TAKE,
    FORMULA_CHECK_OF_MAP,
    FORMULA_CHECK_OF_ARRAY,
    FORMULA_CHECK_ARRAYS, /* any number of them, at least one */
    FORMULA_CHECK_SIGNATURE,
    FORMULA_CHECK_REFUSED
} formula_check;

typedef struct formula_function_desc {
    const char *name;
    uint8_t id;     /* a formula_function */
    uint8_t check;  /* a formula_check */
    uint8_t result; /* a formula_type, where the check says so */
    /* With a closure: kinds of the arguments, e expression, c closure, in upper case optional.
     * FORMULA_CHECK_SIGNATURE: overloads, s string, i int, x anything, a array; "ss|s". */
    const char *arguments;
} formula_function_desc;

/* NULL: no function has that name. */
const formula_function_desc *formula_function_find(const char *name, size_t size);
const formula_function_desc *formula_function_of(uint8_t id);

#endif
