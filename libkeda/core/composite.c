/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composite value of a formula (KEDA: scalingModifiers): readings become variables, a fallback
 * stands in for the whole, and the result becomes thousandths. Called by decide.c, before both
 * halves; activation.c uses what it leaves in the decision, combine.c asks for its proposal.
 */
#include "core/composite.h"

#include "core/fallback.h"
#include "core/formula.h"
#include "core/reading.h"
#include "base/num.h"

#include <string.h>

/* --- variables -------------------------------------------------------------------------------- */

/* NULL: nil. Of several metrics with one name the last one stays (KEDA: variables). */
static void bind(keda_formula *f, int32_t variable, const int64_t *milli)
{
    if (variable < 1 || (size_t)variable > f->nnames)
        return;
    f->is_set[variable - 1] = milli != NULL;
    f->values[variable - 1] = milli != NULL ? double_from_milli(*milli) : 0.0;
}

enum inputs {
    INPUTS_COMPLETE, /* the variables are set */
    INPUTS_MISSING,  /* a trigger fails and nothing stands in for it */
    INPUTS_REPLACED  /* a fallback's value is the result */
};

/* KEDA: one trigger in fallback is enough, whatever the others do. */
static enum inputs gather(const keda_policy *policy, const keda_observation *seen,
                          int32_t current, int64_t *replacement)
{
    keda_formula *f = policy->formula;
    enum inputs inputs = INPUTS_COMPLETE;

    memset(f->is_set, 0, f->nnames * sizeof *f->is_set);
    for (size_t i = 0; i < policy->nmetrics; i++) {
        const keda_metric_policy *metric = rules_metric_at(policy, i);
        const keda_reading *reading = rules_reading_at(seen, i);
        if (!metric_is_external(metric))
            continue;
        if (reading_is_known(reading)) {
            bind(f, metric->variable, &reading->items_milli[reading->nitems - 1]);
            continue;
        }
        const struct fallback fallback = fallback_of(policy, seen, i, current);
        if (fallback.state == FALLBACK_VALUE) {
            *replacement = fallback.value_milli;
            return INPUTS_REPLACED;
        }
        bind(f, metric->variable, NULL);
        if (fallback.state == FALLBACK_OFF)
            inputs = INPUTS_MISSING;
    }
    return inputs;
}

/* --- result ----------------------------------------------------------------------------------- */

static keda_status milli_of(const keda_policy *policy, double result, int64_t *out)
{
    const keda_status rc = formula_milli(result, out, NULL);

    if (rc == KEDA_OK && *out < 0 &&
        policy_deviates(policy, KEDA_DEVIATION_COMPOSITE_NOT_NEGATIVE))
        *out = 0;
    return rc;
}

static keda_status evaluate(const keda_policy *policy, int64_t *out)
{
    const keda_formula *f = policy->formula;
    formula_result result;
    const keda_status rc = formula_eval(f->code, f->values, f->is_set, &result, NULL);

    if (rc != KEDA_OK)
        return rc;
    if (!result.is_nil)
        return milli_of(policy, result.value, out);
    if (!policy->has_fallback) /* KEDA: nil is the fallback's replicas, where there is one */
        return KEDA_EINVAL;
    return milli_of(policy, (double)policy->fallback_replicas * policy->composite_target, out);
}

void composite_note(const keda_policy *policy, const keda_observation *seen, int32_t current,
                    keda_decision *out)
{
    const enum inputs inputs = gather(policy, seen, current, &out->composite_milli);

    out->has_composite = 1;
    out->composite_error = KEDA_OK;
    out->composite.is_fallback = inputs == INPUTS_REPLACED;
    if (inputs == INPUTS_MISSING)
        out->composite_error = KEDA_EUNAVAILABLE;
    else if (inputs == INPUTS_COMPLETE)
        out->composite_error = (int32_t)evaluate(policy, &out->composite_milli);
}

/* --- in the HPA half -------------------------------------------------------------------------- */

void composite_propose(const keda_policy *policy, const struct hpa_rules *rules,
                       const struct hpa_scale *scale, keda_decision *into)
{
    const keda_metric_policy metric = {.struct_size = sizeof metric,
                                       .source = KEDA_SOURCE_EXTERNAL,
                                       .target_type = policy->composite_target_type,
                                       .target_milli = num_milli(policy->composite_target)};
    const keda_reading value = reading_of_milli(&into->composite_milli);
    const int32_t is_fallback = into->composite.is_fallback;

    into->composite.struct_size = sizeof into->composite;
    hpa_propose(rules, &metric, into->composite_error == KEDA_OK ? &value : NULL, scale,
                &into->composite);
    into->composite.is_fallback = is_fallback;
}
