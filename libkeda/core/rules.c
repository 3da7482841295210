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

static bool scaling_rules_are_sound(const keda_scaling_rules *rules)
{
    if (rules == NULL)
        return true;
    if (rules->struct_size < sizeof *rules)
        return false;
    return rules->policies == NULL || rules->npolicies == 0 ||
           rules->policy_size >= sizeof(keda_rate_policy);
}

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

/* Replaces in *direction what the user gave. */
static void direction_override(struct hpa_direction *direction, const keda_scaling_rules *given)
{
    if (given == NULL)
        return;
    if (given->stabilization_s >= 0)
        direction->window_s = given->stabilization_s;
    if (given->select_policy != KEDA_SELECT_UNSET)
        direction->select_policy = given->select_policy;
    if (given->policies != NULL && given->npolicies > 0) {
        direction->policies = given->policies;
        direction->npolicies = given->npolicies;
        direction->policy_size = given->policy_size;
    }
}

static double tolerance_or(const keda_scaling_rules *given, double otherwise)
{
    return given != NULL && given->tolerance >= 0.0 ? given->tolerance : otherwise;
}

static int32_t hpa_min(const keda_policy *policy, enum rules_view view)
{
    if (view == RULES_HPA_ALONE && policy->hpa_min_zero && policy->min_replicas == 0)
        return 0;
    return i32_max(1, policy->min_replicas);
}

static int32_t given_or(int32_t given, int32_t otherwise)
{
    return given >= 0 ? given : otherwise;
}

void rules_from_policy(const keda_policy *policy, enum rules_view view, struct hpa_rules *out)
{
    const int32_t pause = view == RULES_UNDER_KEDA ? policy->pause : 0;
    const bool up_paused = (pause & KEDA_PAUSE_SCALE_OUT) != 0;
    const bool down_paused = (pause & KEDA_PAUSE_SCALE_IN) != 0;
    const double tolerance = policy->tolerance >= 0.0 ? policy->tolerance : default_tolerance;
    const int32_t window = given_or(policy->downscale_stabilization_s, DEFAULT_DOWN_WINDOW_S);

    *out = (struct hpa_rules){
        .min = hpa_min(policy, view),
        .max = policy->max_replicas > 0 ? policy->max_replicas : DEFAULT_MAX_REPLICAS,
        .has_behavior = policy->has_behavior != 0 || up_paused || down_paused,
        .tol_up = tolerance,
        .tol_down = tolerance,
        .up = {0, KEDA_SELECT_MAX, default_up, 2, sizeof default_up[0]},
        .down = {window, KEDA_SELECT_MAX, default_down, 1, sizeof default_down[0]},
        .cpu_initialization_ms =
            given_or(policy->cpu_initialization_ms, DEFAULT_CPU_INITIALIZATION_MS),
        .initial_readiness_ms =
            given_or(policy->initial_readiness_ms, DEFAULT_INITIAL_READINESS_MS),
    };
    if (policy->has_behavior) {
        direction_override(&out->up, policy->scale_up);
        direction_override(&out->down, policy->scale_down);
        out->tol_up = tolerance_or(policy->scale_up, tolerance);
        out->tol_down = tolerance_or(policy->scale_down, tolerance);
    }
    if (up_paused)
        out->up.select_policy = KEDA_SELECT_DISABLED;
    if (down_paused)
        out->down.select_policy = KEDA_SELECT_DISABLED;
    if (!out->has_behavior && policy->sync_interval_ms > 0 &&
        policy->sync_interval_ms < HPA_SYNC_MS)
        out->limit_window_ms = HPA_SYNC_MS;
}

int32_t rules_longest_period_s(const struct hpa_direction *direction)
{
    int32_t longest = 0;
    for (size_t i = 0; i < direction->npolicies; i++)
        longest = i32_max(longest, rules_rate_at(direction, i)->period_s);
    return longest;
}
