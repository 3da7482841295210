/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scaling formulas (KEDA: scalingModifiers.formula; the language of expr-lang/expr): compiled once,
 * then evaluated without allocation. keda_policy.formula takes one; it may be used alone too.
 */
#ifndef KEDA_FORMULA_H
#define KEDA_FORMULA_H

#include <keda/decide.h>
#include <keda/error.h>

KEDA_BEGIN_DECLS

/**
 * Compiles a formula as KEDA's admission does: checked with every name a float, then run once with
 * each of them -1.0. What fails there is refused.
 *
 * names   variables, numbered from 1 in this order (keda_metric_policy.variable); copied
 * out     the caller's; keda_formula_free
 * errors  KEDA_EINVAL with the place in the text and what was expected; KEDA_ENOMEM
 * thread  any; one formula is for one thread at a time
 */
KEDA_API KEDA_MUST_USE keda_status keda_formula_new(keda_formula **out, const char *text,
                                                    const char *const *names, size_t nnames,
                                                    keda_error *err);

/** NULL is fine. */
KEDA_API void keda_formula_free(keda_formula *formula);

/** What it was made from. Borrowed; name i from 0, NULL beyond the last one. */
KEDA_API const char *keda_formula_text(const keda_formula *formula);
KEDA_API const char *keda_formula_name(const keda_formula *formula, size_t i);

/**
 * Evaluates; allocates nothing.
 *
 * values  one a name
 * is_set  one a name, 0: nil; NULL: all are set
 * is_nil  set to 1, and *out to 0, when the formula gave nil
 * errors  KEDA_EINVAL with the reason; KEDA_ELIMIT when it needs too much time or memory
 */
KEDA_API KEDA_MUST_USE keda_status keda_formula_eval(keda_formula *formula,
                                                     const double *values,
                                                     const int32_t *is_set, double *out,
                                                     int32_t *is_nil, keda_error *err);

KEDA_END_DECLS

#endif
