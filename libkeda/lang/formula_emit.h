/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the tree to instructions; how they are laid out in memory is formula_build.c's.
 */
#ifndef LANG_FORMULA_EMIT_H
#define LANG_FORMULA_EMIT_H

#include "formula_code.h"
#include "formula_tree.h"

typedef struct formula_draft {
    formula_insn *code;
    size_t ncode, capacity;
    uint32_t *constants; /* nodes */
    size_t nconstants, constants_capacity;
    uint32_t stack_size, scopes_size; /* most in use at once */
    bool needs_env;                   /* $env is used as a map */
} formula_draft;

/* The draft is the caller's to clear, also after a failure. `shift` is taken from every place of the
 * text, which may be wrapped; last is the greatest place that is left. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_emit(const formula_tree *tree, uint32_t shift, uint32_t last,
                                       formula_draft *out, keda_error *err);
void formula_draft_clear(formula_draft *draft);

#endif
