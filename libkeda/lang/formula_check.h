/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static checks: the type of a node from those of its children, or why it has none (spec: languages
 * 1.4, 1.5). Names, variables and pointers are the parser's, which knows what is in scope.
 */
#ifndef LANG_FORMULA_CHECK_H
#define LANG_FORMULA_CHECK_H

#include "formula_tree.h"

/* Sets node->type. Errors: KEDA_EINVAL with err->column the offset, KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_check_node(formula_tree *tree, formula_node *node,
                                             keda_error *err);

/* formula_check_call.c: for a FORMULA_BUILTIN. */
KEDA_MUST_USE keda_status formula_check_builtin(formula_tree *tree, formula_node *node,
                                                keda_error *err);

/* formula_matches.c: a pattern that is known. Cells that matching takes: FORMULA_MATCH_CELLS. */
KEDA_MUST_USE keda_status formula_check_pattern(const formula_tree *tree,
                                                const formula_node *pattern, keda_error *err);
enum { FORMULA_MATCH_CELLS = 1800 };

#endif
