/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several metrics -> one number (HPA: several metrics): the highest proposal wins, and a failed
 * metric blocks scaling down, never staying or scaling up. What KEDA puts in a reading's place, a
 * fallback's value or a formula's result, is put there here.
 */
#include "core/fallback.h"
#include "core/hpa.h"
#include "core/reading.h"

#include "base/num.h"

/* Where the caller wants the proposal of metric i, or `spare` when it does not. */
static keda_proposal *proposal_slot(const keda_decision *into, size_t i, keda_proposal *spare)
{
    if (into->proposals == NULL || i >= into->nproposals)
        return spare;
    return decision_proposal(into, i);
}

/* HPA: after a 0 the next proposal replaces it, even a negative one. */
static void consider(struct hpa_combined *sum, const keda_proposal *proposal, size_t metric)
{
    if (!proposal->is_ok) {
        if (!sum->has_failure)
            sum->failure_cause = proposal->cause;
        sum->has_failure = true;
        return;
    }
    if (sum->replicas != 0 && proposal->replicas <= sum->replicas)
        return;
    sum->replicas = proposal->replicas;
    sum->is_within = proposal->within_tolerance != 0;
    sum->binding = (int32_t)metric;
}

static keda_reading reading_of(const int64_t *milli)
{
    keda_reading reading = KEDA_READING_INIT;
    reading.state = KEDA_READING_OK;
    reading.items_milli = milli;
    reading.nitems = 1;
    return reading;
}

/* As the reading is or, while that fails, as the fallback has it. */
static void propose_with_fallback(const keda_policy *policy, const struct hpa_rules *rules,
                                  const keda_observation *seen, const struct hpa_scale *scale,
                                  size_t metric, keda_proposal *out)
{
    const struct fallback fallback = fallback_of(policy, seen, metric, scale->spec);
    const keda_reading value = reading_of(&fallback.value_milli);

    hpa_propose(rules, rules_metric_at(policy, metric),
                fallback.state == FALLBACK_VALUE ? &value : rules_reading_at(seen, metric),
                scale, out);
    out->failures = fallback.failures;
    out->is_fallback = fallback.state != FALLBACK_OFF;
}

/* One External metric, of which the HPA knows no more (KEDA: composite-metric). */
static void propose_composite(const keda_policy *policy, const struct hpa_rules *rules,
                              const struct hpa_scale *scale, keda_decision *into)
{
    const keda_metric_policy metric = {.struct_size = sizeof metric,
                                       .source = KEDA_SOURCE_EXTERNAL,
                                       .target_type = policy->composite_target_type,
                                       .target_milli = num_milli(policy->composite_target)};
    const keda_reading value = reading_of(&into->composite_milli);
    const int32_t is_fallback = into->composite.is_fallback;

    into->composite.struct_size = sizeof into->composite;
    hpa_propose(rules, &metric, into->composite_error == KEDA_OK ? &value : NULL, scale,
                &into->composite);
    into->composite.is_fallback = is_fallback;
}

/* KEDA: what is left of the metrics comes before the composite one. */
static bool is_replaced(const keda_policy *policy, size_t metric)
{
    return policy->formula != NULL && metric_is_external(rules_metric_at(policy, metric));
}

struct hpa_combined hpa_combine(const keda_policy *policy, const struct hpa_rules *rules,
                                const keda_observation *seen, const struct hpa_scale *scale,
                                keda_decision *into)
{
    struct hpa_combined sum = {.binding = -1,
                               .failure_cause = KEDA_CAUSE_INVALID_METRIC_SOURCE_TYPE};
    keda_proposal spare = {.struct_size = sizeof spare};

    for (size_t i = 0; i < policy->nmetrics; i++) {
        if (is_replaced(policy, i))
            continue;
        keda_proposal *proposal = proposal_slot(into, i, &spare);
        proposal->struct_size = sizeof *proposal;
        if (policy->has_fallback)
            propose_with_fallback(policy, rules, seen, scale, i, proposal);
        else
            hpa_propose(rules, rules_metric_at(policy, i), rules_reading_at(seen, i), scale,
                        proposal);
        consider(&sum, proposal, i);
    }
    if (policy->formula != NULL) {
        propose_composite(policy, rules, scale, into);
        consider(&sum, &into->composite, policy->nmetrics);
    }
    sum.has_decision = sum.binding >= 0 && !(sum.has_failure && sum.replicas < scale->spec);
    return sum;
}
