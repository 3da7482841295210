/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators of the language, for the tree and for the machine.
 */
#ifndef LANG_FORMULA_OPERATOR_H
#define LANG_FORMULA_OPERATOR_H

typedef enum formula_operator {
    FORMULA_OP_NONE = 0,
    FORMULA_OP_NOT,
    FORMULA_OP_MINUS,
    FORMULA_OP_PLUS,
    FORMULA_OP_OR,
    FORMULA_OP_AND,
    FORMULA_OP_EQ,
    FORMULA_OP_NE,
    FORMULA_OP_LT,
    FORMULA_OP_GT,
    FORMULA_OP_GE,
    FORMULA_OP_LE,
    FORMULA_OP_IN,
    FORMULA_OP_MATCHES,
    FORMULA_OP_CONTAINS,
    FORMULA_OP_STARTS,
    FORMULA_OP_ENDS,
    FORMULA_OP_RANGE,
    FORMULA_OP_ADD,
    FORMULA_OP_SUB,
    FORMULA_OP_MUL,
    FORMULA_OP_DIV,
    FORMULA_OP_MOD,
    FORMULA_OP_POW,
    FORMULA_OP_COALESCE,
    FORMULA_OP_PIPE
} formula_operator;

#endif
