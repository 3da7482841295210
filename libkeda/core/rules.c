/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaulting of a policy (HPA: constants and defaults, behaviour defaulting) and the size check of
 * its structs. Called before every decision; decides nothing itself.
 */
#include "core/rules.h"

#include "core/arith.h"

enum {
    DEFAULT_MAX_REPLICAS = 100,
    DEFAULT_DOWN_WINDOW_S = 300,
    DEFAULT_CPU_INITIALIZATION_MS = 300000,
    DEFAULT_INITIAL_READINESS_MS = 30000
};
static const double default_tolerance = 0.1;

/* HPA: API defaults; one list replaces the other as a whole. */
static const keda_rate_policy default_up[] = {{KEDA_RATE_PODS, 4, 15, 0},
                                              {KEDA_RATE_PERCENT, 100, 15, 0}};
static const keda_rate_policy default_down[] = {{KEDA_RATE_PERCENT, 100, 15, 0}};

/*@ predicate is_given(keda_scaling_rules *r) = r == \null || \valid_read(r); */

/*@ requires is_given(rules);
    assigns \nothing;
    ensures \result && rules != \null ==> rules->struct_size >= sizeof(*rules); */
static bool scaling_rules_are_sound(const keda_scaling_rules *rules)
{
    if (rules == NULL)
        return true;
    if (rules->struct_size < sizeof *rules)
        return false;
    return rules->policies == NULL || rules->npolicies == 0 ||
           rules->policy_size >= sizeof(keda_rate_policy);
}

/*@ requires policy != \null ==> \valid_read(policy) && is_given(policy->scale_up) &&
                                 is_given(policy->scale_down);
    assigns \nothing;
    ensures \result ==> policy != \null && policy->struct_size >= sizeof(*policy); */
bool rules_policy_is_sound(const keda_policy *policy)
{
    if (policy == NULL || policy->struct_size < sizeof *policy)
        return false;
    if (policy->nmetrics > 0 &&
        (policy->metrics == NULL || policy->metric_size < sizeof(keda_metric_policy)))
        return false;
    return scaling_rules_are_sound(policy->scale_up) &&
           scaling_rules_are_sound(policy->scale_down);
}

/*@ predicate is_defaulted(struct hpa_direction d) =
        d.select_policy != KEDA_SELECT_UNSET && d.window_s >= 0; */

/* What the user gave replaces the default. */
/*@ requires is_given(given);
    assigns \nothing;
    ensures is_defaulted(\old(direction)) ==> is_defaulted(\result); */
static struct hpa_direction overridden(struct hpa_direction direction,
                                       const keda_scaling_rules *given)
{
    if (given == NULL)
        return direction;
    if (given->stabilization_s >= 0)
        direction.window_s = given->stabilization_s;
    if (given->select_policy != KEDA_SELECT_UNSET)
        direction.select_policy = given->select_policy;
    if (given->policies != NULL && given->npolicies > 0) {
        direction.policies = given->policies;
        direction.npolicies = given->npolicies;
        direction.policy_size = given->policy_size;
    }
    return direction;
}

/*@ assigns \nothing; */
static double tolerance_or(double given, double otherwise)
{
    return given >= 0.0 ? given : otherwise;
}

/*@ requires is_given(given);
    assigns \nothing; */
static double direction_tolerance(const keda_scaling_rules *given, double otherwise)
{
    return given != NULL ? tolerance_or(given->tolerance, otherwise) : otherwise;
}

/*@ requires \valid_read(policy);
    assigns \nothing;
    ensures bounds: \result >= (view == RULES_HPA_ALONE && policy->hpa_min_zero != 0 ? 0 : 1);
    ensures bounds: \result >= policy->min_replicas; */
static int32_t hpa_min(const keda_policy *policy, enum rules_view view)
{
    if (view == RULES_HPA_ALONE && policy->hpa_min_zero && policy->min_replicas == 0)
        return 0;
    return i32_max(1, policy->min_replicas);
}

/*@ assigns \nothing;
    ensures \result == (given >= 0 ? given : otherwise); */
static int32_t given_or(int32_t given, int32_t otherwise)
{
    return given >= 0 ? given : otherwise;
}

/*@ predicate is_bounded(struct hpa_rules r, keda_policy *policy, integer view) =
        r.max == (policy->max_replicas > 0 ? policy->max_replicas : 100) &&
        r.min >= policy->min_replicas &&
        r.min >= (view == RULES_HPA_ALONE && policy->hpa_min_zero != 0 ? 0 : 1); */

/*@ requires \valid_read(policy);
    assigns \nothing;
    ensures bounds: is_bounded(\result, policy, view);
    ensures is_defaulted(\result.up) && is_defaulted(\result.down); */
static struct hpa_rules defaults_for(const keda_policy *policy, enum rules_view view)
{
    const double tolerance = tolerance_or(policy->tolerance, default_tolerance);
    const int32_t window_s = given_or(policy->downscale_stabilization_s, DEFAULT_DOWN_WINDOW_S);

    return (struct hpa_rules){
        .min = hpa_min(policy, view),
        .max = policy->max_replicas > 0 ? policy->max_replicas : DEFAULT_MAX_REPLICAS,
        .has_behavior = policy->has_behavior != 0,
        .tol_up = tolerance,
        .tol_down = tolerance,
        .up = {0, KEDA_SELECT_MAX, default_up, 2, sizeof default_up[0]},
        .down = {window_s, KEDA_SELECT_MAX, default_down, 1, sizeof default_down[0]},
        .cpu_initialization_ms =
            given_or(policy->cpu_initialization_ms, DEFAULT_CPU_INITIALIZATION_MS),
        .initial_readiness_ms =
            given_or(policy->initial_readiness_ms, DEFAULT_INITIAL_READINESS_MS),
    };
}

/* KEDA: a pause disables its direction. */
/*@ assigns \nothing;
    ensures pause: (pause & bit) != 0 ==> \result.select_policy == KEDA_SELECT_DISABLED;
    ensures is_defaulted(\old(direction)) ==> is_defaulted(\result); */
static struct hpa_direction paused(struct hpa_direction direction, int32_t pause, int32_t bit)
{
    if (pause & bit)
        direction.select_policy = KEDA_SELECT_DISABLED;
    return direction;
}

/* In a short sync interval and without a behaviour; see keda_decision. */
/*@ requires \valid_read(policy);
    assigns \nothing; */
static int32_t limit_window_ms(const keda_policy *policy, bool has_behavior)
{
    const bool is_short =
        policy->sync_interval_ms > 0 && policy->sync_interval_ms < HPA_SYNC_MS;
    return is_short && !has_behavior ? HPA_SYNC_MS : 0;
}

/*@ requires \valid_read(policy) && is_given(policy->scale_up) && is_given(policy->scale_down);
    assigns \nothing;
    ensures bounds: is_bounded(\result, policy, view);
    ensures pause: view == RULES_UNDER_KEDA && (policy->pause & KEDA_PAUSE_SCALE_OUT) != 0 ==>
            \result.has_behavior && \result.up.select_policy == KEDA_SELECT_DISABLED;
    ensures pause: view == RULES_UNDER_KEDA && (policy->pause & KEDA_PAUSE_SCALE_IN) != 0 ==>
            \result.has_behavior && \result.down.select_policy == KEDA_SELECT_DISABLED;
    ensures is_defaulted(\result.up) && is_defaulted(\result.down); */
static struct hpa_rules rules_for(const keda_policy *policy, enum rules_view view)
{
    const int32_t pause = view == RULES_UNDER_KEDA ? policy->pause : 0;
    struct hpa_rules rules = defaults_for(policy, view);

    if (policy->has_behavior) {
        rules.up = overridden(rules.up, policy->scale_up);
        rules.down = overridden(rules.down, policy->scale_down);
        rules.tol_up = direction_tolerance(policy->scale_up, rules.tol_up);
        rules.tol_down = direction_tolerance(policy->scale_down, rules.tol_down);
    }
    if ((pause & KEDA_PAUSE_SCALE_OUT) || (pause & KEDA_PAUSE_SCALE_IN))
        rules.has_behavior = true;
    rules.up = paused(rules.up, pause, KEDA_PAUSE_SCALE_OUT);
    rules.down = paused(rules.down, pause, KEDA_PAUSE_SCALE_IN);
    rules.limit_window_ms = limit_window_ms(policy, rules.has_behavior);
    return rules;
}

void rules_from_policy(const keda_policy *policy, enum rules_view view, struct hpa_rules *out)
{
    *out = rules_for(policy, view);
}

/*@ requires \valid_read(direction);
    assigns \nothing;
    ensures \result >= 0;
    ensures rates: \forall integer i; 0 <= i < direction->npolicies ==>
            \result >= rate_at(direction, i)->period_s; */
int32_t rules_longest_period_s(const struct hpa_direction *direction)
{
    int32_t longest = 0;
    /*@ loop invariant 0 <= i <= direction->npolicies && longest >= 0;
        loop invariant \forall integer j; 0 <= j < i ==> longest >= rate_at(direction, j)->period_s;
        loop assigns i, longest;
        loop variant direction->npolicies - i; */
    for (size_t i = 0; i < direction->npolicies; i++)
        longest = i32_max(longest, rules_rate_at(direction, i)->period_s);
    return longest;
}
