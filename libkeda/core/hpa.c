/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reconcile of the HorizontalPodAutoscaler (HPA: one reconcile), in its order: scale read,
 * disabled or out of bounds, metrics, stabilisation, limits. What only a write decides is left to
 * keda_history_apply. Called by decide.c.
 */
#include "core/hpa.h"

#include "core/arith.h"

/* Recommendations, or the count of the first reconcile where nothing is remembered yet. */
struct first_record {
    int64_t time_ms;
    int32_t value;
};

static struct history_list recommendations(const keda_history *history,
                                           struct first_record *first)
{
    if (history != NULL && history->has_recs)
        return history_list_of(history, HISTORY_RECS);
    return (struct history_list){&first->time_ms, &first->value, 1};
}

static int32_t reason_of_limit(int32_t cause)
{
    switch (cause) {
    case KEDA_CAUSE_SCALE_UP_LIMIT:
        return KEDA_REASON_SCALE_UP_LIMIT;
    case KEDA_CAUSE_SCALE_DOWN_LIMIT:
        return KEDA_REASON_SCALE_DOWN_LIMIT;
    case KEDA_CAUSE_TOO_MANY_REPLICAS:
        return KEDA_REASON_TOO_MANY;
    default:
        return KEDA_REASON_TOO_FEW;
    }
}

static int32_t reason_of(const struct hpa_combined *wanted, const keda_decision *out,
                         const struct hpa_limited *limited)
{
    if (limited->is_limited)
        return reason_of_limit(limited->cause);
    if (out->stabilized_replicas != out->raw_replicas)
        return KEDA_REASON_STABILIZED;
    return wanted->is_within ? KEDA_REASON_TOLERANCE : KEDA_REASON_METRIC;
}

/* Stabilises and limits what the metrics want. */
static int32_t settle(const struct hpa_rules *rules, const struct hpa_combined *wanted,
                      const keda_history *history, keda_decision *out)
{
    struct first_record first = {out->now_ms, out->hpa_current};
    const struct history_list recs = recommendations(history, &first);

    out->raw_replicas = i32_max(0, wanted->replicas);
    out->has_recommendation = 1;
    const struct hpa_stable stable =
        hpa_stabilize(rules, &recs, out->hpa_current, out->raw_replicas, out->now_ms);
    const struct hpa_limited limited =
        hpa_limit(rules, history, out->hpa_current, stable.replicas, out->now_ms);

    out->stabilized_replicas = stable.replicas;
    out->limit_replicas = limited.bound;
    out->hpa_desired = limited.replicas;
    decision_condition(out, KEDA_COND_ABLE_TO_SCALE, KEDA_CONDITION_TRUE, stable.cause);
    decision_condition(out, KEDA_COND_SCALING_LIMITED,
                       limited.is_limited ? KEDA_CONDITION_TRUE : KEDA_CONDITION_FALSE,
                       limited.cause);
    return reason_of(wanted, out, &limited);
}

/* Asks the metrics; without a decision the published desired count stays. */
static int32_t consult(const keda_policy *policy, const struct hpa_rules *rules,
                       const keda_observation *seen, const struct hpa_scale *scale,
                       const keda_history *history, keda_decision *out)
{
    const struct hpa_combined wanted = hpa_combine(policy, rules, seen, scale, out);

    out->is_consulted = 1;
    out->binding_metric = wanted.binding;
    out->hpa_is_error = wanted.has_failure || !wanted.has_decision;
    if (!wanted.has_decision) {
        decision_condition(out, KEDA_COND_SCALING_ACTIVE, KEDA_CONDITION_FALSE,
                           wanted.failure_cause);
        out->hpa_status_desired = history != NULL ? history->hpa_desired : 0;
        return KEDA_REASON_UNKNOWN_METRICS;
    }
    out->metric_replicas = wanted.replicas;
    decision_condition(out, KEDA_COND_SCALING_ACTIVE, KEDA_CONDITION_TRUE,
                       KEDA_CAUSE_VALID_METRIC_FOUND);
    return settle(rules, &wanted, history, out);
}

static void carry_status(const keda_history *history, keda_decision *out)
{
    if (history == NULL)
        return;
    for (int type = KEDA_COND_ABLE_TO_SCALE; type <= KEDA_COND_SCALING_LIMITED; type++)
        out->conditions[type] = history->conditions[type];
    out->hpa_status_current = history->hpa_current;
    out->hpa_status_desired = history->hpa_desired;
}

/* What apply needs to know of the rules. */
static void note_rules(const struct hpa_rules *rules, keda_decision *out)
{
    out->has_behavior = rules->has_behavior;
    out->up_window_s = rules->has_behavior ? rules->up.window_s : 0;
    out->down_window_s = rules->down.window_s;
    out->longest_up_s = rules_longest_period_s(&rules->up);
    out->longest_down_s = rules_longest_period_s(&rules->down);
}

static int32_t choose(const keda_policy *policy, const struct hpa_rules *rules,
                      const keda_observation *seen, const struct hpa_scale *scale,
                      enum hpa_mode mode, const keda_history *history, keda_decision *out)
{
    if (mode == HPA_PARKED || (scale->spec == 0 && rules->min != 0)) {
        decision_condition(out, KEDA_COND_SCALING_ACTIVE, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_SCALING_DISABLED);
        return KEDA_REASON_DISABLED;
    }
    if (scale->spec > rules->max) {
        out->hpa_desired = rules->max;
        return KEDA_REASON_LOWERED_TO_MAX;
    }
    if (scale->spec < rules->min) {
        out->hpa_desired = rules->min;
        return KEDA_REASON_RAISED_TO_MIN;
    }
    return consult(policy, rules, seen, scale, history, out);
}

int32_t hpa_reconcile(const keda_policy *policy, const struct hpa_rules *rules,
                      const keda_observation *seen, const struct hpa_scale *scale,
                      enum hpa_mode mode, const keda_history *history, keda_decision *out)
{
    out->due |= KEDA_DUE_SYNC;
    note_rules(rules, out);
    carry_status(history, out);
    if (scale->spec < 0) {
        decision_condition(out, KEDA_COND_ABLE_TO_SCALE, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_FAILED_GET_SCALE);
        out->hpa_is_error = 1;
        return KEDA_REASON_UNREADABLE;
    }
    decision_condition(out, KEDA_COND_ABLE_TO_SCALE, KEDA_CONDITION_TRUE,
                       KEDA_CAUSE_SUCCEEDED_GET_SCALE);
    out->hpa_current = scale->spec;
    out->hpa_desired = scale->spec;
    out->hpa_status_current = scale->spec;
    out->hpa_status_desired = scale->spec;
    const int32_t reason = choose(policy, rules, seen, scale, mode, history, out);
    out->hpa_is_write = out->hpa_desired != out->hpa_current;
    return reason;
}
