/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upstream's rewriting of the tree. It is part of the rules, not only of the speed: `x and false` never
 * looks at x, a sum of a literal array adds from the right, count(...) > 1 stops early.
 */
#ifndef LANG_FORMULA_OPTIMIZE_H
#define LANG_FORMULA_OPTIMIZE_H

#include "formula_tree.h"

/* Errors: KEDA_EINVAL for a constant remainder by zero, KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_optimize(formula_tree *tree, keda_error *err);

/* formula_fold.c: constants. */
KEDA_MUST_USE keda_status formula_fold(formula_tree *tree, keda_error *err);
/* The same arithmetic as when it runs: wraps, remainder of INT64_MIN by -1 is 0. divisor not 0 */
int64_t formula_remainder(int64_t dividend, int64_t divisor);

#endif
