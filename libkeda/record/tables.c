/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a member: the format of a journal's lines, version 1.0. A row may be added (that is a new
 * minor version); its `absent` value must be what older lines mean. None may be changed or taken away.
 */
#include "record/tables.h"

/* clang-format off */
static const member policy_rows[] = {
    I32(keda_policy, min_replicas, -1),
    I32(keda_policy, max_replicas, 0),
    I32(keda_policy, idle_replicas, -1),
    I32(keda_policy, cooldown_s, -1),
    I32(keda_policy, initial_cooldown_s, 0),
    I32(keda_policy, pause, 0),
    I32(keda_policy, paused_replicas, -1),
    I32(keda_policy, force_activation, 0),
    I32(keda_policy, has_fallback, 0),
    I32(keda_policy, fallback_replicas, 0),
    I32(keda_policy, fallback_threshold, 0),
    I32(keda_policy, fallback_behavior, 0),
    I32(keda_policy, has_behavior, 0),
    U32(keda_policy, deviations, 0),
    DOUBLE(keda_policy, tolerance, -1),
    I32(keda_policy, downscale_stabilization_s, -1),
    I32(keda_policy, hpa_min_zero, 0),
    I32(keda_policy, sync_interval_ms, 0),
    I32(keda_policy, composite_target_type, 0),
    DOUBLE(keda_policy, composite_target, 0),
    DOUBLE(keda_policy, composite_activation, 0),
    I32(keda_policy, cpu_initialization_ms, -1),
    I32(keda_policy, initial_readiness_ms, -1),
    I32(keda_policy, is_whole_modifiers_target, 0),
};
const members table_policy = MEMBERS(policy_rows);

static const member metric_rows[] = {
    I32(keda_metric_policy, source, 0),
    I32(keda_metric_policy, target_type, 0),
    I64(keda_metric_policy, target_milli, 0),
    DOUBLE(keda_metric_policy, activation, 0),
    I32(keda_metric_policy, trigger, 0),
    I32(keda_metric_policy, is_cpu, 0),
    I32(keda_metric_policy, variable, 0),
};
const members table_metric = MEMBERS(metric_rows);

static const member rules_rows[] = {
    I32(keda_scaling_rules, stabilization_s, -1),
    I32(keda_scaling_rules, select_policy, 0),
    DOUBLE(keda_scaling_rules, tolerance, -1),
};
const members table_rules = MEMBERS(rules_rows);

static const member rate_rows[] = {
    I32(keda_rate_policy, type, 0),
    I32(keda_rate_policy, value, 0),
    I32(keda_rate_policy, period_s, 0),
};
const members table_rate = MEMBERS(rate_rows);

static const member history_rows[] = {
    I64(history_state, capacity, 0),
    I32(history_state, has_recs, 0),
    I32(history_state, has_last_active, 0),
    I64(history_state, last_active_ms, 0),
    I32(history_state, is_truncated, 0),
    I32(history_state, hpa_current, 0),
    I32(history_state, hpa_desired, 0),
};
const members table_history = MEMBERS(history_rows);

/* now_ms is not here: equal lines have other times. */
static const member observation_rows[] = {
    U32(keda_observation, due, 0),
    I64(keda_observation, created_ms, 0),
    I32(keda_observation, spec_replicas, -1),
    I32(keda_observation, status_replicas, -1),
    I32(keda_observation, pods_total, -1),
    I32(keda_observation, pods_ready, -1),
};
const members table_observation = MEMBERS(observation_rows);

/* Nor are age_ms and failures. */
static const member reading_rows[] = {
    I32(keda_reading, state, 0),
    I32(keda_reading, is_active, -1),
    DOUBLE(keda_reading, raw, 0),
    I32(keda_reading, is_cached, 0),
    STATUS(keda_reading, error),
};
const members table_reading = MEMBERS(reading_rows);

static const member pod_rows[] = {
    I32(keda_pod_sample, is_listed, 0),
    I32(keda_pod_sample, phase, 0),
    I32(keda_pod_sample, is_deleting, 0),
    I32(keda_pod_sample, ready, 0),
    I32(keda_pod_sample, has_start, 0),
    I32(keda_pod_sample, has_sample, 0),
    I32(keda_pod_sample, has_request, 0),
    I64(keda_pod_sample, start_age_ms, 0),
    I64(keda_pod_sample, ready_transition_age_ms, 0),
    I64(keda_pod_sample, request_milli, 0),
    I64(keda_pod_sample, sample_milli, 0),
    I64(keda_pod_sample, sample_age_ms, 0),
    I64(keda_pod_sample, sample_window_ms, 0),
};
const members table_pod = MEMBERS(pod_rows);

/* Results: what tells first what differs comes first. Times are left out. */
static const member decision_rows[] = {
    I32(keda_decision, to, 0),
    REASON(keda_decision, reason),
    I32(keda_decision, is_write, 0),
    I32(keda_decision, event, 0),
    I32(keda_decision, is_active, 0),
    I32(keda_decision, is_error, 0),
    I32(keda_decision, binding_metric, -1),
    I32(keda_decision, metric_replicas, -1),
    I32(keda_decision, is_consulted, 0),
    I32(keda_decision, raw_replicas, 0),
    I32(keda_decision, stabilized_replicas, 0),
    I32(keda_decision, limit_replicas, 0),
    I32(keda_decision, hpa_current, -1),
    I32(keda_decision, hpa_desired, 0),
    I32(keda_decision, hpa_is_write, 0),
    I32(keda_decision, hpa_is_error, 0),
    I32(keda_decision, has_recommendation, 0),
    I32(keda_decision, is_last_active_set, 0),
    I32(keda_decision, history_truncated, 0),
    I32(keda_decision, hpa_status_current, 0),
    I32(keda_decision, hpa_status_desired, 0),
    I32(keda_decision, is_paused, 0),
    I32(keda_decision, is_fallback, 0),
    I32(keda_decision, has_composite, 0),
    STATUS(keda_decision, composite_error),
    I64(keda_decision, composite_milli, 0),
};
const members table_decision = MEMBERS(decision_rows);

/* failures is written as the difference to the reading's. */
static const member proposal_rows[] = {
    I32(keda_proposal, is_ok, 0),
    CAUSE(keda_proposal, cause),
    I32(keda_proposal, replicas, 0),
    I32(keda_proposal, within_tolerance, 0),
    I64(keda_proposal, value_milli, 0),
    I64(keda_proposal, average_value_milli, 0),
    I32(keda_proposal, utilization_percent, -1),
    I32(keda_proposal, failures, 0),
    I32(keda_proposal, is_fallback, 0),
};
const members table_proposal = MEMBERS(proposal_rows);
/* clang-format on */

const char *const table_conditions[KEDA_COND_COUNT] = {
    [KEDA_COND_READY] = "Ready",
    [KEDA_COND_ACTIVE] = "Active",
    [KEDA_COND_PAUSED] = "Paused",
    [KEDA_COND_ABLE_TO_SCALE] = "AbleToScale",
    [KEDA_COND_SCALING_ACTIVE] = "ScalingActive",
    [KEDA_COND_SCALING_LIMITED] = "ScalingLimited",
    [KEDA_COND_FALLBACK] = "Fallback",
};

const char *const table_lists[HISTORY_KINDS] = {
    [HISTORY_RECS] = "recommendations",
    [HISTORY_UP] = "ups",
    [HISTORY_DOWN] = "downs",
    [HISTORY_COUNTS] = "counts",
};

const char *table_outcome_name(int32_t outcome)
{
    static const char *const names[] = {[KEDA_OUTCOME_NOT_WRITTEN] = "not written",
                                        [KEDA_OUTCOME_WRITTEN] = "written",
                                        [KEDA_OUTCOME_FAILED] = "failed"};
    const bool is_known = outcome >= 0 && (size_t)outcome < sizeof names / sizeof names[0];
    return is_known ? names[outcome] : NULL;
}
