/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A formula's text as tokens (spec: languages 1.2). Texts of string literals land in the tree,
 * without their escapes. For formula_parser.c alone.
 */
#ifndef LANG_FORMULA_LEXER_H
#define LANG_FORMULA_LEXER_H

#include "formula_tree.h"

typedef enum formula_token_kind {
    FORMULA_TOKEN_END = 0,
    FORMULA_TOKEN_NAME,
    FORMULA_TOKEN_INT,
    FORMULA_TOKEN_FLOAT,
    FORMULA_TOKEN_STRING,
    FORMULA_TOKEN_BYTES,
    FORMULA_TOKEN_SIGN,    /* sign */
    FORMULA_TOKEN_OPERATOR /* op */
} formula_token_kind;

/* Signs of more than one character; the others are themselves. */
enum {
    FORMULA_SIGN_NONE = 0, /* no operator of the language */
    FORMULA_SIGN_LET = 1,
    FORMULA_SIGN_IF,
    FORMULA_SIGN_ELSE,
    FORMULA_SIGN_SCOPE,   /* :: */
    FORMULA_SIGN_OPTIONAL /* ?. */
};

typedef struct formula_token {
    uint8_t kind;      /* a formula_token_kind */
    uint8_t sign;      /* a character or FORMULA_SIGN_... */
    uint8_t op;        /* a formula_operator; + and - are ADD and SUB */
    bool is_word;      /* could be a name */
    uint32_t at, size; /* in the text */
    union {
        int64_t integer;
        double real;
        struct {
            uint32_t at, size;
        } text; /* of the tree's texts */
    } value;
} formula_token;

typedef struct formula_lexer {
    const char *text;
    uint32_t size, at;
    bool is_behind_hash; /* a word now is the name of a pointer, whatever it says */
    formula_tree *tree;
} formula_lexer;

/* The next token; END again and again at the end. Errors: KEDA_EINVAL with err->column the offset,
 * KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_lexer_next(formula_lexer *lexer, formula_token *out,
                                             keda_error *err);

#endif
