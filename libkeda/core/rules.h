/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy amounts to once every default is filled in: the input of the HPA half. Made by
 * rules.c from the public policy; nothing here is stored.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <keda/decide.h>

#include <stdbool.h>

enum { HPA_SYNC_MS = 15000 };

/* Whether a KEDA pause annotation reaches the HPA's behaviour (KEDA: selectPolicy Disabled). */
enum rules_view { RULES_HPA_ALONE, RULES_UNDER_KEDA };

/* One direction of the behaviour, defaulted. */
struct hpa_direction {
    int32_t window_s;
    int32_t select_policy; /* never unset */
    const keda_rate_policy *policies;
    size_t npolicies, policy_size;
};

struct hpa_rules {
    int32_t min, max;
    bool has_behavior;       /* selects the algorithm */
    double tol_up, tol_down; /* of the ratio */
    struct hpa_direction up, down;
    int32_t limit_window_ms; /* see keda_decision */
    int32_t cpu_initialization_ms, initial_readiness_ms;
};

/* False when a struct or element size of the policy is one this library does not know. */
bool rules_policy_is_sound(const keda_policy *policy);

/* policy is sound. */
void rules_from_policy(const keda_policy *policy, enum rules_view view, struct hpa_rules *out);

/* Longest period of a direction's policies, in seconds. */
int32_t rules_longest_period_s(const struct hpa_direction *direction);

/*@ axiomatic Rates {
        logic keda_rate_policy *rate_at(struct hpa_direction *d, integer i) reads *d;
    } */

/*@ requires \valid_read(d) && i < d->npolicies;
    assigns \nothing;
    ensures \result == rate_at(d, i) && \valid_read(\result); */
static inline const keda_rate_policy *rules_rate_at(const struct hpa_direction *d, size_t i)
{
    return (const void *)((const char *)d->policies + i * d->policy_size);
}

static inline const keda_metric_policy *rules_metric_at(const keda_policy *policy, size_t i)
{
    return (const void *)((const char *)policy->metrics + i * policy->metric_size);
}

/* NULL when nothing was observed for the metric. */
static inline const keda_reading *rules_reading_at(const keda_observation *seen, size_t i)
{
    if (i >= seen->nreadings || seen->readings == NULL)
        return NULL;
    return (const void *)((const char *)seen->readings + i * seen->reading_size);
}

/* minReplicaCount as KEDA's executor reads it. */
/*@ requires \valid_read(policy);
    assigns \nothing;
    ensures \result == \max(0, policy->min_replicas); */
static inline int32_t rules_min_replicas(const keda_policy *policy)
{
    return policy->min_replicas > 0 ? policy->min_replicas : 0;
}

#endif
