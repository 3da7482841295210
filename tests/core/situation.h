/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workload on the test bench: policy, readings, observation, history and the last decision, each
 * with a plain default that a test changes. Used by every file of this folder.
 */
#ifndef TESTS_CORE_SITUATION_H
#define TESTS_CORE_SITUATION_H

#include <keda/decide.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SITUATION_METRICS = 3, SITUATION_ITEMS = 4, SITUATION_CELLS = 64 };

struct situation {
    keda_policy policy;
    keda_metric_policy metrics[SITUATION_METRICS];
    keda_scaling_rules up, down;
    keda_rate_policy up_policy, down_policy;
    keda_reading readings[SITUATION_METRICS];
    int64_t items[SITUATION_METRICS][SITUATION_ITEMS];
    keda_observation seen;
    keda_proposal proposals[SITUATION_METRICS];
    keda_decision decision;
    keda_history *history;
    union {
        int64_t aligned;
        char bytes[160 + SITUATION_CELLS * 12];
    } memory;
};

/* External metrics with target 10 a replica, no reading; one replica; poll and sync due at 1000 s. */
static inline void situation_open(struct situation *s, size_t nmetrics)
{
    memset(s, 0, sizeof *s);
    s->policy = (keda_policy)KEDA_POLICY_INIT;
    s->policy.metrics = s->metrics;
    s->policy.nmetrics = nmetrics;
    s->up = s->down = (keda_scaling_rules)KEDA_SCALING_RULES_INIT;
    s->seen = (keda_observation)KEDA_OBSERVATION_INIT;
    s->seen.now_ms = 1000000;
    s->seen.due = KEDA_DUE_POLL | KEDA_DUE_SYNC;
    s->seen.spec_replicas = 1;
    s->seen.readings = s->readings;
    s->seen.nreadings = nmetrics;
    for (size_t i = 0; i < SITUATION_METRICS; i++) {
        s->metrics[i].struct_size = sizeof s->metrics[i];
        s->metrics[i].target_milli = 10000;
        s->metrics[i].trigger = (int32_t)i;
        s->readings[i] = (keda_reading)KEDA_READING_INIT;
        s->readings[i].items_milli = s->items[i];
        s->proposals[i].struct_size = sizeof s->proposals[i];
    }
    s->history = (void *)&s->memory;
    keda_history_init(s->history, sizeof s->memory);
}

static inline void situation_read(struct situation *s, size_t metric, double value)
{
    s->items[metric][0] = (int64_t)(value * 1000.0);
    s->readings[metric].nitems = 1;
    s->readings[metric].raw = value;
    s->readings[metric].state = KEDA_READING_OK;
}

static inline void situation_fail(struct situation *s, size_t metric)
{
    s->readings[metric].state = KEDA_READING_FAILED;
}

/* Behaviour with one policy a direction; a test may change up and down further. */
static inline void situation_behave(struct situation *s, keda_rate_policy up,
                                    keda_rate_policy down)
{
    s->up_policy = up;
    s->down_policy = down;
    s->up.policies = &s->up_policy;
    s->down.policies = &s->down_policy;
    s->up.npolicies = s->down.npolicies = 1;
    s->policy.has_behavior = 1;
    s->policy.scale_up = &s->up;
    s->policy.scale_down = &s->down;
}

static inline const keda_decision *situation_begin(struct situation *s)
{
    s->decision = (keda_decision)KEDA_DECISION_INIT;
    s->decision.proposals = s->proposals;
    s->decision.nproposals = s->policy.nmetrics;
    return &s->decision;
}

static inline const keda_decision *situation_decide(struct situation *s)
{
    const keda_decision *decision = situation_begin(s);
    cr_assert_eq(keda_decide(&s->policy, &s->seen, s->history, &s->decision), KEDA_OK);
    return decision;
}

static inline const keda_decision *situation_hpa(struct situation *s)
{
    const keda_decision *decision = situation_begin(s);
    cr_assert_eq(keda_hpa_decide(&s->policy, &s->seen, s->history, &s->decision), KEDA_OK);
    return decision;
}

/* Remembers the last decision, its write done: the target then has the new count. */
static inline void situation_apply(struct situation *s)
{
    const keda_outcome outcome =
        s->decision.is_write ? KEDA_OUTCOME_WRITTEN : KEDA_OUTCOME_NOT_WRITTEN;
    keda_history_apply(s->history, &s->decision, outcome);
    if (s->decision.is_write)
        s->seen.spec_replicas = s->decision.to;
}

static inline const keda_decision *situation_step(struct situation *s, int64_t after_ms)
{
    s->seen.now_ms += after_ms;
    situation_decide(s);
    situation_apply(s);
    return &s->decision;
}

static inline const keda_decision *situation_hpa_step(struct situation *s, int64_t after_ms)
{
    s->seen.now_ms += after_ms;
    situation_hpa(s);
    situation_apply(s);
    return &s->decision;
}

static inline void situation_set_last_active(struct situation *s, int64_t ago_ms)
{
    keda_history_set_last_active(s->history, 1, s->seen.now_ms - ago_ms);
}

/* "Status/Reason" of a condition that the last decision set; "" when absent. */
static inline const char *situation_condition(const struct situation *s, int32_t type)
{
    static const char *const statuses[] = {"", "True/", "False/", "Unknown/"};
    static char text[64];
    const keda_condition c = s->decision.conditions[type];
    if (c.status == KEDA_CONDITION_ABSENT)
        return "";
    snprintf(text, sizeof text, "%s%s", statuses[c.status], keda_cause_name(c.cause));
    return text;
}

#endif
