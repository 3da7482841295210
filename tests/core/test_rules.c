/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults and struct sizes (libkeda/core/rules.c, arith.h). */
#include "core/situation.h"

#include "core/arith.h"
#include "core/rules.h"

static struct hpa_rules rules_of(struct situation *s, enum rules_view view)
{
    struct hpa_rules rules;
    rules_from_policy(&s->policy, view, &rules);
    return rules;
}

Test(rules, fills_in_the_defaults_of_an_unset_policy)
{
    struct situation s;
    situation_open(&s, 0);
    const struct hpa_rules rules = rules_of(&s, RULES_UNDER_KEDA);
    cr_assert_eq(rules.min, 1);
    cr_assert_eq(rules.max, 100);
    cr_assert_not(rules.has_behavior);
    cr_assert_eq(rules.tol_up, 0.1);
    cr_assert_eq(rules.tol_down, 0.1);
    cr_assert_eq(rules.down.window_s, 300);
    cr_assert_eq(rules.up.window_s, 0);
    cr_assert_eq(rules.limit_window_ms, 0);
}

Test(rules, replaces_only_what_the_behaviour_gives)
{
    struct situation s;
    const keda_rate_policy given[] = {{KEDA_RATE_PODS, 1, 30, 0}, {KEDA_RATE_PODS, 2, 1800, 0}};
    situation_open(&s, 0);
    s.policy.has_behavior = 1;
    s.policy.scale_up = &s.up;
    s.up.stabilization_s = 7;
    s.up.select_policy = KEDA_SELECT_MIN;
    s.up.tolerance = 0.25;
    s.up.policies = given;
    s.up.npolicies = 2;
    const struct hpa_rules rules = rules_of(&s, RULES_UNDER_KEDA);
    cr_assert_eq(rules.up.window_s, 7);
    cr_assert_eq(rules.up.select_policy, KEDA_SELECT_MIN);
    cr_assert_eq(rules.tol_up, 0.25);
    cr_assert_eq(rules.tol_down, 0.1);
    cr_assert_eq(rules_longest_period_s(&rules.up), 1800);
    cr_assert_eq(rules_longest_period_s(&rules.down), 15);
    cr_assert_eq(rules.down.select_policy, KEDA_SELECT_MAX);
}

Test(rules, takes_an_empty_list_for_none)
{
    struct situation s;
    const keda_rate_policy given = {KEDA_RATE_PODS, 1, 30, 0};
    situation_open(&s, 0);
    s.policy.has_behavior = 1;
    s.policy.scale_up = &s.up;
    s.up.policies = &given;
    cr_assert_eq(rules_of(&s, RULES_UNDER_KEDA).up.npolicies, 2);
}

Test(rules, ignores_a_behaviour_that_is_not_switched_on)
{
    struct situation s;
    situation_open(&s, 0);
    s.policy.scale_up = &s.up;
    s.up.stabilization_s = 7;
    cr_assert_eq(rules_of(&s, RULES_UNDER_KEDA).up.window_s, 0);
}

Test(rules, disables_a_paused_direction_under_keda_only)
{
    struct situation s;
    situation_open(&s, 0);
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    struct hpa_rules rules = rules_of(&s, RULES_UNDER_KEDA);
    cr_assert(rules.has_behavior);
    cr_assert_eq(rules.down.select_policy, KEDA_SELECT_DISABLED);
    cr_assert_eq(rules.up.select_policy, KEDA_SELECT_MAX);
    cr_assert_not(rules_of(&s, RULES_HPA_ALONE).has_behavior);
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    rules = rules_of(&s, RULES_UNDER_KEDA);
    cr_assert(rules.has_behavior);
    cr_assert_eq(rules.up.select_policy, KEDA_SELECT_DISABLED);
    cr_assert_eq(rules.down.select_policy, KEDA_SELECT_MAX);
}

Test(rules, keeps_a_minimum_of_zero_for_the_hpa_alone_and_its_gate)
{
    struct situation s;
    situation_open(&s, 0);
    s.policy.min_replicas = 0;
    cr_assert_eq(rules_of(&s, RULES_HPA_ALONE).min, 1);
    s.policy.hpa_min_zero = 1;
    cr_assert_eq(rules_of(&s, RULES_HPA_ALONE).min, 0);
    cr_assert_eq(rules_of(&s, RULES_UNDER_KEDA).min, 1);
    s.policy.min_replicas = 3;
    cr_assert_eq(rules_of(&s, RULES_HPA_ALONE).min, 3);
    s.policy.min_replicas = -1;
    cr_assert_eq(rules_of(&s, RULES_HPA_ALONE).min, 1);
}

Test(rules, refuses_structs_it_does_not_know)
{
    struct situation s;
    const keda_rate_policy given = {KEDA_RATE_PODS, 1, 30, 0};
    situation_open(&s, 1);
    cr_assert(rules_policy_is_sound(&s.policy));
    cr_assert_not(rules_policy_is_sound(NULL));
    s.policy.struct_size = sizeof s.policy - 1;
    cr_assert_not(rules_policy_is_sound(&s.policy));
    s.policy.struct_size = sizeof s.policy + 8;
    cr_assert(rules_policy_is_sound(&s.policy));
    s.policy.metric_size = 8;
    cr_assert_not(rules_policy_is_sound(&s.policy));
    s.policy.metric_size = sizeof(keda_metric_policy);
    s.policy.metrics = NULL;
    cr_assert_not(rules_policy_is_sound(&s.policy));
    s.policy.nmetrics = 0;
    s.policy.scale_down = &s.down;
    cr_assert(rules_policy_is_sound(&s.policy));
    s.policy.scale_up = &s.up;
    s.up.struct_size = 8;
    cr_assert_not(rules_policy_is_sound(&s.policy));
    s.up.struct_size = sizeof s.up;
    s.up.policies = &given;
    s.up.policy_size = 0;
    cr_assert(rules_policy_is_sound(&s.policy));
    s.up.npolicies = 1;
    cr_assert_not(rules_policy_is_sound(&s.policy));
    s.up.policy_size = sizeof given;
    cr_assert(rules_policy_is_sound(&s.policy));
    s.down.struct_size = 0;
    cr_assert_not(rules_policy_is_sound(&s.policy));
}

Test(arith, turns_doubles_into_integers_without_surprises)
{
    cr_assert_eq(i32_from_double((double)NAN), 0);
    cr_assert_eq(i32_from_double(-2.9), -2);
    cr_assert_eq(i32_from_double((double)INFINITY), INT32_MAX);
    cr_assert_eq(i32_from_double(-(double)INFINITY), INT32_MIN);
    cr_assert_eq(i64_from_double((double)NAN), 0);
    cr_assert_eq(i64_from_double(2.9), 2);
    cr_assert_eq(i64_from_double((double)INFINITY), INT64_MAX);
    cr_assert_eq(i64_from_double(-(double)INFINITY), INT64_MIN);
}

Test(arith, wraps_and_saturates)
{
    cr_assert_eq(i32_wrap((int64_t)INT32_MAX + 1), INT32_MIN);
    cr_assert_eq(i32_wrap((int64_t)INT32_MIN - 1), INT32_MAX);
    cr_assert_eq(i32_wrap(-5), -5);
    cr_assert_eq(i64_wrap_add(INT64_MAX, 1), INT64_MIN);
    cr_assert_eq(i64_wrap_add(INT64_MIN, -1), INT64_MAX);
    cr_assert_eq(i64_wrap_add(-7, 2), -5);
    cr_assert_eq(i64_sat_add(INT64_MAX, 1), INT64_MAX);
    cr_assert_eq(i64_sat_add(INT64_MIN, -1), INT64_MIN);
    cr_assert_eq(i64_sat_add(-7, 2), -5);
    cr_assert_eq(i64_sat_add(7, -2), 5);
    cr_assert_eq(ms_before(INT64_MIN, 1), INT64_MIN);
    cr_assert_eq(ms_before(5000, 2), 3000);
}
