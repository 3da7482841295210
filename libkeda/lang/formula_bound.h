/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much scratch a formula can need, from its tree: so much is allocated when it is compiled, and
 * nothing when it runs.
 */
#ifndef LANG_FORMULA_BOUND_H
#define LANG_FORMULA_BOUND_H

#include "formula_tree.h"

/* Sets length, item_length, heap and has_index of a node from its children's. Names, variables and
 * pointers have their lengths already. */
void formula_bound_node(const formula_tree *tree, formula_node *node);

#endif
