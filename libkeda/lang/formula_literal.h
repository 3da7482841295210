/* SPDX-License-Identifier: Apache-2.0 */
/*
 * String and byte literals of a formula. For formula_lexer.c alone.
 */
#ifndef LANG_FORMULA_LITERAL_H
#define LANG_FORMULA_LITERAL_H

#include "formula_lexer.h"

/* The literal at the lexer's place: '...', "...", `...`, b'...'. Its text goes to the tree. Errors:
 * KEDA_EINVAL with err->column the offset, KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_literal_string(formula_lexer *lexer, formula_token *out,
                                                 keda_error *err);

#endif
