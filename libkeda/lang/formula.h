/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scaling formulas: the language of expr-lang/expr 1.17 as KEDA wraps it (spec: languages 1). Compiled
 * once, then evaluated without allocation, in bounded time. What a formula's result means for scaling
 * is core's.
 *
 * Limits: 64 KiB of text, 10,000 parts (upstream's), about 10,000 brackets inside each other, 2^25 steps,
 * 10^6 items made (upstream's) in as much memory as the text lets foresee, 1 MiB where it does not;
 * arrays 200 deep where they are compared, printed, flattened or searched for a number.
 *
 * Other than upstream: no dates; int() of what does not fit fails; findLast and its kin (also as
 * filter(...)[-1] and last(filter(...))) are right behind other operands, where upstream's machine
 * leaves its own values between; sorting more than 12 items keeps the order of equal ones; regular
 * expressions know no \p. Maps list their keys in the order they were written.
 */
#ifndef LANG_FORMULA_H
#define LANG_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

typedef struct formula formula;

/*
 * Lexis, grammar, static checks and limits; every name is a float. Names are borrowed for the call;
 * one that is no identifier is found by $env alone.
 *
 * out     the caller's; formula_free
 * errors  KEDA_EINVAL with line and column (characters, from 1) in the text and what was expected;
 *         KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status formula_compile(formula **out, const char *text,
                                          const char *const *names, size_t nnames,
                                          keda_error *err);
void formula_free(formula *f); /* NULL is fine */

/* The trial run of KEDA's admission: every name is -1. Errors as formula_eval. */
KEDA_MUST_USE keda_status formula_admit(formula *f, keda_error *err);

typedef struct formula_result {
    bool is_nil;
    double value; /* 0 when nil; may be NaN or infinite */
} formula_result;

/*
 * One evaluation at a time for each formula.
 *
 * values  one a name, in the order of formula_compile
 * is_set  one a name, false: nil; NULL: all are set
 * errors  KEDA_EINVAL with the place and the reason, also when the result is no float; KEDA_ELIMIT
 *         when it takes too many steps or too much memory
 */
KEDA_MUST_USE keda_status formula_eval(formula *f, const double *values, const bool *is_set,
                                       formula_result *out, keda_error *err);

/* Thousandths, toward zero, as the HPA sees a result. Errors: KEDA_EINVAL when it is not finite or
 * beyond 64 bits, where upstream's outcome depends on the processor. */
KEDA_MUST_USE keda_status formula_milli(double value, int64_t *milli, keda_error *err);

bool formula_uses(const formula *f, size_t name); /* whether the text names it */
size_t formula_memory(const formula *f);          /* bytes, scratch included */

#endif
