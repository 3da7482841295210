/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A formula as the core holds it: the compiled text and room for its variables, so that evaluating
 * allocates nothing. Made in formula.c, its variables set by composite.c. Private to core.
 */
#ifndef CORE_FORMULA_H
#define CORE_FORMULA_H

#include <keda/formula.h>

#include "lang/formula.h"

struct keda_formula {
    formula *code;
    char *text;
    char **names;
    size_t nnames;
    double *values; /* one a name, for one evaluation */
    bool *is_set;
};

#endif
