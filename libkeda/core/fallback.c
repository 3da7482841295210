/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fallback's rules, one metric at a time (KEDA: fallback). Nothing is kept here: the count of
 * failures comes with the reading and leaves in the proposal. Called by decide.c for the counts,
 * by activation.c, combine.c and composite.c for what stands in.
 */
#include "core/fallback.h"

#include "core/arith.h"
#include "core/reading.h"

/* --- is there one? ---------------------------------------------------------------------------- */

/* KEDA: with modifiers the target has to be an integer, and any other one drops the fallback. */
static bool has_usable_target(const keda_policy *policy)
{
    if (policy->formula == NULL)
        return true;
    return policy->composite_target > 0.0 &&
           (policy->is_whole_modifiers_target ||
            policy_deviates(policy, KEDA_DEVIATION_FALLBACK_FRACTION));
}

static bool is_in_force(const keda_policy *policy, const keda_metric_policy *metric)
{
    if (!policy->has_fallback || policy->fallback_threshold < 0 ||
        policy->fallback_replicas < 0)
        return false;
    return metric_is_external(metric) && metric->target_type != KEDA_TARGET_UTILIZATION &&
           has_usable_target(policy);
}

/* --- counting --------------------------------------------------------------------------------- */

static bool is_evaluation(const keda_policy *policy, const keda_observation *seen)
{
    const uint32_t counted = policy_deviates(policy, KEDA_DEVIATION_FALLBACK_PER_POLL)
                                 ? KEDA_DUE_POLL
                                 : KEDA_DUE_POLL | KEDA_DUE_SYNC;
    return (seen->due & counted) != 0 && !(policy->pause & KEDA_PAUSE_FULL);
}

/* What the poll kept was the fallback's value already. */
static bool is_kept_fallback(const keda_reading *reading)
{
    return reading != NULL && reading->is_cached == KEDA_CACHED_FALLBACK;
}

/* KEDA: every evaluation counts; a kept failure counts again, a kept fallback as a success. */
static int32_t count_failures(const keda_policy *policy, const keda_observation *seen,
                              const keda_reading *reading)
{
    const int32_t before = reading != NULL ? reading->failures : 0;
    const bool is_kept = reading != NULL && reading->is_cached;

    if (!is_evaluation(policy, seen) ||
        (is_kept && policy_deviates(policy, KEDA_DEVIATION_FALLBACK_CACHED)))
        return before;
    if (reading_is_known(reading) || is_kept_fallback(reading))
        return 0;
    return before < INT32_MAX ? before + 1 : before;
}

/* --- the value -------------------------------------------------------------------------------- */

/* False when the behaviour goes by a count which could not be read. */
static bool replicas_of(const keda_policy *policy, int32_t current, int32_t *out)
{
    switch (policy->fallback_behavior) {
    case KEDA_FALLBACK_CURRENT_REPLICAS:
    case KEDA_FALLBACK_SCALING_MODIFIERS:
        *out = current;
        break;
    case KEDA_FALLBACK_CURRENT_IF_HIGHER:
        *out = i32_max(current, policy->fallback_replicas);
        break;
    case KEDA_FALLBACK_CURRENT_IF_LOWER:
        *out = i32_min(current, policy->fallback_replicas);
        break;
    default:
        *out = policy->fallback_replicas;
        return true;
    }
    return current >= 0;
}

/* The value from which the HPA makes `replicas`; false when that takes ready pods and there is none. */
static bool value_of(const keda_policy *policy, const keda_metric_policy *metric,
                     int32_t pods_ready, int32_t replicas, int64_t *out)
{
    const bool is_composite = policy->formula != NULL;
    const int32_t type = is_composite ? policy->composite_target_type : metric->target_type;
    const double target =
        is_composite ? policy->composite_target : double_from_milli(metric->target_milli);
    double share = (double)replicas;

    if (type == KEDA_TARGET_VALUE) {
        if (pods_ready <= 0)
            return false;
        share /= (double)pods_ready;
    }
    *out = i64_from_double(target * 1000.0 * share);
    return true;
}

static void engage(const keda_policy *policy, const keda_observation *seen,
                   const keda_metric_policy *metric, int32_t current, struct fallback *out)
{
    if (!replicas_of(policy, current, &out->replicas))
        return;
    if (policy->fallback_behavior == KEDA_FALLBACK_SCALING_MODIFIERS)
        out->state = FALLBACK_NIL;
    else if (value_of(policy, metric, seen->pods_ready, out->replicas, &out->value_milli))
        out->state = FALLBACK_VALUE;
}

struct fallback fallback_of(const keda_policy *policy, const keda_observation *seen,
                            size_t metric, int32_t current)
{
    const keda_metric_policy *rule = rules_metric_at(policy, metric);
    const keda_reading *reading = rules_reading_at(seen, metric);
    struct fallback out = {.failures = reading != NULL ? reading->failures : 0};

    if (!is_in_force(policy, rule))
        return out;
    out.is_in_force = true;
    out.failures = count_failures(policy, seen, reading);
    out.is_exhausted = out.failures > policy->fallback_threshold;
    if (!reading_is_known(reading) && (out.is_exhausted || is_kept_fallback(reading)))
        engage(policy, seen, rule, current, &out);
    return out;
}

/* --- all metrics ------------------------------------------------------------------------------ */

bool fallback_has_room(const keda_policy *policy, const keda_decision *out)
{
    return !policy->has_fallback || policy->nmetrics == 0 ||
           (out->proposals != NULL && out->nproposals >= policy->nmetrics);
}

void fallback_note(const keda_policy *policy, const keda_observation *seen, keda_decision *out)
{
    const size_t room = out->proposals != NULL ? out->nproposals : 0;
    bool is_in_force = false, is_exhausted = false;

    for (size_t i = 0; i < policy->nmetrics && i < room; i++) {
        const struct fallback fallback = fallback_of(policy, seen, i, out->from);
        keda_proposal *proposal = decision_proposal(out, i);
        *proposal = (keda_proposal){.struct_size = sizeof *proposal,
                                    .utilization_percent = -1,
                                    .failures = fallback.failures,
                                    .is_fallback = fallback.state != FALLBACK_OFF};
        out->is_fallback |= proposal->is_fallback;
        is_in_force |= fallback.is_in_force;
        is_exhausted |= fallback.is_exhausted;
    }
    if (!is_in_force || !is_evaluation(policy, seen))
        return;
    decision_condition(
        out, KEDA_COND_FALLBACK, is_exhausted ? KEDA_CONDITION_TRUE : KEDA_CONDITION_FALSE,
        is_exhausted ? KEDA_CAUSE_FALLBACK_EXISTS : KEDA_CAUSE_NO_FALLBACK_FOUND);
}

void fallback_propose(const keda_policy *policy, const struct hpa_rules *rules,
                      const keda_observation *seen, const struct hpa_scale *scale,
                      size_t metric, keda_proposal *out)
{
    const struct fallback fallback = fallback_of(policy, seen, metric, scale->spec);
    const keda_reading value = reading_of_milli(&fallback.value_milli);

    hpa_propose(rules, rules_metric_at(policy, metric),
                fallback.state == FALLBACK_VALUE ? &value : rules_reading_at(seen, metric),
                scale, out);
    out->failures = fallback.failures;
    out->is_fallback = fallback.state != FALLBACK_OFF;
}
