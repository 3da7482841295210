/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set executor/scaled_object, through keda_decide with a poll due. The combined trigger state of a
 * line becomes readings: one which says it is (in)active, and a failed one for an error. Not
 * compared are triggers_activity and the condition HPAActive, which the decision core does not make.
 */
#include "vectors.h"

#include <keda/decide.h>

#include <stdlib.h>
#include <string.h>

enum { HISTORY_BYTES = 4096 };
static const int64_t now_ms = INT64_C(1700000000000);

/* Go's ParseBool as KEDA reads annotations: what is not a bool counts as true. */
static bool is_set(const json_t *annotations, const char *key)
{
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
    const char *text = json_string_value(vector_get(annotations, key));

    for (size_t i = 0; text != NULL && i < sizeof no / sizeof no[0]; i++)
        if (strcmp(text, no[i]) == 0)
            return false;
    return text != NULL;
}

static int32_t pause_of(const json_t *annotations)
{
    int32_t pause = 0;
    if (is_set(annotations, "autoscaling.keda.sh/paused") ||
        vector_has(annotations, "autoscaling.keda.sh/paused-replicas"))
        pause |= KEDA_PAUSE_FULL;
    if (is_set(annotations, "autoscaling.keda.sh/paused-scale-in"))
        pause |= KEDA_PAUSE_SCALE_IN;
    if (is_set(annotations, "autoscaling.keda.sh/paused-scale-out"))
        pause |= KEDA_PAUSE_SCALE_OUT;
    return pause;
}

static keda_policy policy_of(const json_t *input, const keda_metric_policy *metrics,
                             struct report *report)
{
    const json_t *annotations = vector_get(input, "annotations");
    const json_t *fallback = vector_get(input, "fallback");
    keda_policy policy = KEDA_POLICY_INIT;

    policy.min_replicas = vector_i32_or(input, "min", -1, report);
    policy.max_replicas = vector_i32_or(input, "max", 0, report);
    policy.idle_replicas = vector_i32_or(input, "idle", -1, report);
    policy.cooldown_s = vector_i32_or(input, "cooldown_period_s", -1, report);
    policy.initial_cooldown_s = vector_i32_or(input, "initial_cooldown_period_s", 0, report);
    policy.pause = pause_of(annotations);
    policy.force_activation = is_set(annotations, "autoscaling.keda.sh/force-activation");
    policy.has_fallback = fallback != NULL;
    if (fallback != NULL) {
        policy.fallback_replicas = vector_i32(fallback, "replicas", report);
        policy.fallback_threshold =
            INT32_MAX; /* the error is one that no fallback has hidden */
    }
    policy.metrics = metrics;
    policy.nmetrics = vector_bool_or(input, "is_error", false, report) ? 2 : 1;
    return policy;
}

static keda_observation seen_of(const json_t *input, const keda_reading *readings,
                                struct report *report)
{
    keda_observation seen = KEDA_OBSERVATION_INIT;

    seen.now_ms = now_ms;
    seen.created_ms = now_ms - 1000 * (int64_t)vector_i32(input, "creation_age_s", report);
    seen.due = vector_has(input, "push_metric") ? KEDA_DUE_PUSH : KEDA_DUE_POLL;
    /* An absent spec.replicas is 1 for every kind of target. */
    seen.spec_replicas = vector_i32_or(input, "current_replicas", 1, report);
    if (vector_bool_or(input, "read_fails", false, report))
        seen.spec_replicas = -1;
    seen.readings = readings;
    seen.nreadings = 2;
    return seen;
}

static void compare_conditions(const json_t *expected, const keda_decision *got,
                               struct report *report)
{
    static const char *const names[] = {"Ready", "Active", "Paused"};
    static const char *const statuses[] = {"", "True", "False", "Unknown"};

    for (int type = KEDA_COND_READY; type <= KEDA_COND_PAUSED; type++) {
        const keda_condition condition = got->conditions[type];
        char text[96];
        vector_path(text, sizeof text, "%s/%s", statuses[condition.status],
                    keda_cause_name(condition.cause));
        report_text(report, names[type], vector_text_or(expected, names[type], NULL, report),
                    condition.status == KEDA_CONDITION_ABSENT ? NULL : text);
    }
}

static void compare_writes(const json_t *expected, const keda_decision *got,
                           keda_outcome outcome, struct report *report)
{
    const bool is_written = outcome == KEDA_OUTCOME_WRITTEN;

    report_i64(report, "number of scale_writes", (int64_t)json_array_size(expected),
               is_written);
    if (is_written && json_array_size(expected) == 1)
        report_i64(report, "scale_writes[0]", json_integer_value(json_array_get(expected, 0)),
                   got->to);
}

static void compare_events(const json_t *expected, const keda_decision *got,
                           keda_outcome outcome, struct report *report)
{
    const bool is_failed = outcome == KEDA_OUTCOME_FAILED;
    const char *event = NULL;

    if (got->event == KEDA_EVENT_ACTIVATED)
        event = is_failed ? "Warning/KEDAScaleTargetActivationFailed"
                          : "Normal/KEDAScaleTargetActivated";
    else if (got->event == KEDA_EVENT_DEACTIVATED)
        event = is_failed ? "Warning/KEDAScaleTargetDeactivationFailed"
                          : "Normal/KEDAScaleTargetDeactivated";
    report_i64(report, "number of events", (int64_t)json_array_size(expected), event != NULL);
    report_text(report, "events[0]", json_string_value(json_array_get(expected, 0)), event);
}

static void compare_last_active(const json_t *expected, const keda_history *history,
                                bool had_before, int64_t before_ms, struct report *report)
{
    int64_t after_ms = before_ms;
    const bool has_after = keda_history_last_active(history, &after_ms);
    const bool is_now = strcmp(vector_text(expected, "last_active_time", report), "now") == 0;

    if (is_now ? !has_after || after_ms != now_ms
               : has_after != had_before || after_ms != before_ms)
        report_difference(report, "last_active_time", is_now ? "now" : "unchanged",
                          has_after ? "another time" : "none");
}

int run_executor_scaled_object(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const json_t *expected = vector_get(line, "expected");
    union {
        int64_t aligned;
        char bytes[HISTORY_BYTES];
    } memory;
    keda_history *history = (void *)&memory;
    const int64_t item = 0;
    keda_reading readings[2] = {KEDA_READING_INIT, KEDA_READING_INIT};
    keda_metric_policy metrics[2] = {{.struct_size = sizeof metrics[0], .target_milli = 1000},
                                     {.struct_size = sizeof metrics[0], .target_milli = 1000}};
    keda_proposal proposals[2];
    keda_decision decision = KEDA_DECISION_INIT;
    keda_outcome outcome = KEDA_OUTCOME_NOT_WRITTEN;
    const bool had_before = vector_has(input, "last_active_age_s");
    const int64_t before_ms =
        now_ms - 1000 * (int64_t)vector_i32_or(input, "last_active_age_s", 0, report);

    readings[0].state = KEDA_READING_OK;
    readings[0].is_active = vector_bool(input, "is_active", report);
    readings[0].items_milli = &item;
    readings[0].nitems = 1;
    readings[1].state = KEDA_READING_FAILED;
    metrics[1].trigger = 1;
    decision.proposals = proposals;
    decision.nproposals = 2;
    keda_history_init(history, sizeof memory);
    keda_history_set_last_active(history, had_before, before_ms);
    const keda_policy policy = policy_of(input, metrics, report);
    const keda_observation seen = seen_of(input, readings, report);
    if (keda_decide(&policy, &seen, history, &decision) != KEDA_OK)
        report_malformed(report, "keda_decide refused its arguments");
    if (decision.is_write)
        outcome = vector_bool_or(input, "write_fails", false, report) ? KEDA_OUTCOME_FAILED
                                                                      : KEDA_OUTCOME_WRITTEN;
    keda_history_apply(history, &decision, outcome);

    compare_writes(vector_get(expected, "scale_writes"), &decision, outcome, report);
    compare_events(vector_get(expected, "events"), &decision, outcome, report);
    compare_conditions(vector_get(expected, "conditions"), &decision, report);
    compare_last_active(expected, history, had_before, before_ms, report);
    report_bool(report, "error", vector_bool(expected, "error", report),
                decision.reason == KEDA_REASON_UNREADABLE);
    return 0;
}
