/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several metrics -> one number (HPA: several metrics): the highest proposal wins, and a failed
 * metric blocks scaling down, never staying or scaling up. What KEDA puts in a reading's place, a
 * fallback's value or a formula's result, is put there here.
 */
#include "core/composite.h"
#include "core/fallback.h"
#include "core/hpa.h"
#include "core/reading.h"

/* Where the caller wants the proposal of metric i, or `spare` when it does not. */
static keda_proposal *proposal_slot(const keda_decision *into, size_t i, keda_proposal *spare)
{
    if (into->proposals == NULL || i >= into->nproposals)
        return spare;
    return decision_proposal(into, i);
}

/* HPA: after a 0 the next proposal replaces it, even a negative one. */
/*@ requires \valid(sum) && \valid_read(proposal) && \separated(sum, proposal);
    assigns *sum;
    ensures unknown: proposal->is_ok == 0 ==> sum->has_failure &&
            sum->replicas == \old(sum->replicas) && sum->binding == \old(sum->binding);
    ensures unknown: proposal->is_ok != 0 ==> sum->has_failure == \old(sum->has_failure);
    ensures monotone: proposal->is_ok != 0 ==> sum->replicas ==
            (\old(sum->replicas) == 0 ? proposal->replicas :
             \max(\old(sum->replicas), proposal->replicas)); */
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

/* HPA: with a failed metric the others may only hold or raise the count. */
/*@ requires \valid_read(sum);
    assigns \nothing;
    ensures unknown: \result && sum->has_failure ==> sum->replicas >= spec;
    ensures unknown: sum->binding >= 0 && sum->replicas >= spec ==> \result; */
static bool is_decided(const struct hpa_combined *sum, int32_t spec)
{
    return sum->binding >= 0 && !(sum->has_failure && sum->replicas < spec);
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
            fallback_propose(policy, rules, seen, scale, i, proposal);
        else
            hpa_propose(rules, rules_metric_at(policy, i), rules_reading_at(seen, i), scale,
                        proposal);
        consider(&sum, proposal, i);
    }
    if (policy->formula != NULL) {
        composite_propose(policy, rules, scale, into);
        consider(&sum, &into->composite, policy->nmetrics);
    }
    sum.has_decision = is_decided(&sum, scale->spec);
    return sum;
}
