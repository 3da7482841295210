/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to a checked tree (spec: languages 1.3, 1.4). What is done with it: formula_optimize.h,
 * formula_emit.h.
 */
#ifndef LANG_FORMULA_PARSER_H
#define LANG_FORMULA_PARSER_H

#include "formula_tree.h"

typedef struct formula_names {
    const char *const *names;
    size_t count;
    bool *is_used; /* one a name; set where the text has it */
} formula_names;

/* What is parsed, and which part of it the user wrote: errors speak of that part alone. */
typedef struct formula_source {
    const char *text;
    uint32_t size;
    uint32_t begin, end; /* of the user's part; begin 0: all is */
} formula_source;

/* Sets tree->root; where is_result, as a float unless nil. The tree is the caller's to clear, also
 * after a failure. Errors: KEDA_EINVAL with err->column the offset, KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_parse(formula_tree *tree, const formula_source *source,
                                        const formula_names *names, keda_error *err);

#endif
