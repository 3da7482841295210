/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lays a compiled formula out: one block with code, constants, text and scratch.
 */
#ifndef LANG_FORMULA_BUILD_H
#define LANG_FORMULA_BUILD_H

#include "formula_emit.h"
#include "formula_parser.h"

/* Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_build(formula **out, const formula_tree *tree,
                                        const formula_draft *draft, const char *text,
                                        const formula_names *names, keda_error *err);

#endif
