/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as facts: each is told where something has changed, and once. Reasons are KEDA's and the HPA's, the
 * texts our own.
 */
#include "operator/notes.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "operator/copy.h"
#include "operator/message.h"
#include "operator/refs.h"

/* A text that could not be made for lack of memory is told without its particulars. */
static void tell(bool is_warning, const char *reason, const char *action, keda_buf *text,
                 note_fn each, void *user)
{
    message_cut(text);
    const note n = {.is_warning = is_warning,
                    .reason = reason,
                    .action = action,
                    .text = text->size == 0 ? reason : text->data};
    each(&n, user);
    keda_buf_clear(text);
}

/* ---- decisions */

static const keda_metric_policy *metric_at(const keda_policy *policy, size_t i)
{
    const char *first = (const char *)policy->metrics;
    return (const keda_metric_policy *)(const void *)(first + i * policy->metric_size);
}

static const keda_reading *reading_at(const keda_observation *seen, size_t i)
{
    const char *first = (const char *)seen->readings;
    return (const keda_reading *)(const void *)(first + i * seen->reading_size);
}

/* As activation counts it: the scaler's own word, else the raw value above the threshold. */
static bool is_active(const keda_decision_record *record, size_t i)
{
    const keda_reading *reading = reading_at(record->seen, i);
    const bool counts = isfinite(reading->raw) && reading->raw > 0.0;

    if (reading->state != KEDA_READING_OK)
        return false;
    if (reading->is_active >= 0)
        return reading->is_active != 0;
    return (counts ? reading->raw : 0.0) > metric_at(record->policy, i)->activation;
}

/* "s0-kafka-t;s1-kafka-u", or why it is active without any of them. */
static void put_active(keda_buf *text, const keda_decision_record *record)
{
    size_t n = 0;
    const size_t nmetrics = record->policy->nmetrics < record->seen->nreadings
                                ? record->policy->nmetrics
                                : record->seen->nreadings;

    if (record->policy->force_activation) {
        (void)buf_puts(text, "forced");
        return;
    }
    for (size_t i = 0; i < nmetrics; i++) {
        if (is_active(record, i) && record->metrics != NULL)
            (void)buf_printf(text, "%s%s", n++ == 0 ? "" : ";", record->metrics[i]);
    }
    if (n == 0)
        (void)buf_puts(text, (record->decision->due & KEDA_DUE_PUSH) ? "pushed" : "a trigger");
}

static const char *activation_field(const keda_decision_record *record)
{
    const int32_t min = record->policy->min_replicas;
    if (record->decision->to > (min > 1 ? min : 1))
        return "by its metrics";
    return min >= 1 ? "minReplicaCount" : "minReplicaCount 0: at least 1";
}

static const char *rest_field(const keda_decision_record *record)
{
    return record->policy->idle_replicas >= 0 ? "idleReplicaCount" : "minReplicaCount";
}

static void put_from_to(keda_buf *text, const keda_decision_record *record, const char *target)
{
    const char *verb = record->outcome == KEDA_OUTCOME_FAILED ? "Could not scale" : "Scaled";
    (void)buf_printf(text, "%s %s from %d to %d", verb, target, record->decision->from,
                     record->decision->to);
}

static void put_error(keda_buf *text, const keda_decision_record *record)
{
    if (record->outcome != KEDA_OUTCOME_FAILED)
        return;
    (void)buf_puts(text, ": ");
    (void)message_append(text,
                         record->error == NULL ? "the write failed" : record->error->text);
}

static void put_activation(keda_buf *text, const keda_decision_record *record,
                           const char *target)
{
    put_from_to(text, record, target);
    (void)buf_printf(text, " (%s), activated by ", activation_field(record));
    put_active(text, record);
    put_error(text, record);
}

static void put_deactivation(keda_buf *text, const keda_decision_record *record,
                             const char *target)
{
    put_from_to(text, record, target);
    (void)buf_printf(text, " (%s): no trigger is active", rest_field(record));
    put_error(text, record);
}

static void put_rescale(keda_buf *text, const keda_decision_record *record, const char *target)
{
    (void)target;
    (void)buf_printf(text, "New size: %d, from %d; reason: ", record->decision->to,
                     record->decision->from);
    (void)message_append(text, record->text == NULL ? "" : record->text);
    if (record->outcome == KEDA_OUTCOME_FAILED)
        (void)buf_puts(text, "; error");
    put_error(text, record);
}

typedef struct kind_of_event {
    const char *reason, *failed_reason, *action;
    void (*put)(keda_buf *text, const keda_decision_record *record, const char *target);
} kind_of_event;

static const kind_of_event kinds[] = {
    [KEDA_EVENT_ACTIVATED] = {"KEDAScaleTargetActivated", "KEDAScaleTargetActivationFailed",
                              "Activate", put_activation},
    [KEDA_EVENT_DEACTIVATED] = {"KEDAScaleTargetDeactivated",
                                "KEDAScaleTargetDeactivationFailed", "Deactivate",
                                put_deactivation},
    [KEDA_EVENT_RESCALED] = {"SuccessfulRescale", "FailedRescale", "Rescale", put_rescale},
};

void notes_of_decision(const keda_decision_record *record, const char *target, bool *is_failing,
                       note_fn each, void *user)
{
    const int32_t event = record->decision->event;
    const bool is_failure = record->outcome == KEDA_OUTCOME_FAILED;
    const bool has_own =
        event > KEDA_EVENT_NONE && (size_t)event < sizeof kinds / sizeof kinds[0];
    const bool is_repeated = is_failure && *is_failing;
    keda_buf text = {0};

    if (!record->decision->is_write || record->outcome == KEDA_OUTCOME_NOT_WRITTEN)
        return;
    if (!is_repeated) { /* KEDA says nothing of a raise to min or of paused-replicas: we do */
        const kind_of_event *kind = &kinds[has_own ? event : KEDA_EVENT_RESCALED];
        kind->put(&text, record, target);
        tell(is_failure, is_failure ? kind->failed_reason : kind->reason, kind->action, &text,
             each, user);
    }
    *is_failing = is_failure;
}

/* ---- statuses */

typedef struct view { /* of a status */
    bool is_ready, is_refused, is_paused, is_fully_paused, is_falling_back, is_at_work;
    const char *ready_message, *pause_message;
} view;

static bool is_true(const keda_json *condition)
{
    return strcmp(refs_text(condition, "status"), "True") == 0;
}

static view view_of(const keda_json *status)
{
    const keda_json *ready = message_condition(status, "Ready");
    const keda_json *paused = message_condition(status, "Paused");
    view v = {.is_ready = is_true(ready),
              .is_refused = strcmp(refs_text(ready, "status"), "False") == 0 &&
                            strcmp(refs_text(ready, "reason"), "ScaledObjectCheckFailed") == 0,
              .is_paused = is_true(paused),
              .is_falling_back = is_true(message_condition(status, "Fallback")),
              .ready_message = refs_text(ready, "message"),
              .pause_message = refs_text(paused, "message")};
    v.is_fully_paused = v.is_paused && strncmp(v.pause_message, MESSAGE_ONE_WAY,
                                               sizeof MESSAGE_ONE_WAY - 1) != 0;
    v.is_at_work =
        keda_json_count(copy_member(status, "externalMetricNames")) > 0 && !v.is_fully_paused;
    return v;
}

static void tell_text(bool is_warning, const char *reason, const char *action, const char *text,
                      note_fn each, void *user)
{
    keda_buf copy = {0};
    (void)message_append(&copy, text);
    tell(is_warning, reason, action, &copy, each, user);
}

static void tell_pause(const view *was, const view *is, note_fn each, void *user)
{
    if (is->is_paused && !was->is_paused)
        tell_text(false, "ScaledObjectPaused", "Pause", is->pause_message, each, user);
    if (!is->is_paused && was->is_paused)
        tell_text(false, "ScaledObjectUnpaused", "Unpause", "not paused any more", each, user);
    if (is->is_fully_paused && !was->is_fully_paused)
        tell_text(false, "KEDAScalersStopped", "Stop", "paused: the triggers are not asked",
                  each, user);
    if (is->is_at_work && !was->is_at_work)
        tell_text(false, "KEDAScalersStarted", "Start", "the triggers are asked", each, user);
}

static void tell_fallback(const view *was, const view *is, note_fn each, void *user)
{
    if (is->is_falling_back && !was->is_falling_back)
        tell_text(false, "ScaledObjectFallbackActivated", "Fallback",
                  "a trigger fails: the fallback's replicas count for it", each, user);
    if (!is->is_falling_back && was->is_falling_back)
        tell_text(false, "ScaledObjectFallbackDeactivated", "Fallback",
                  "the fallback is not needed any more", each, user);
}

void notes_of_change(const keda_json *before, const keda_json *now, note_fn each, void *user)
{
    const view was = view_of(before), is = view_of(now);
    const bool is_same_refusal =
        was.is_refused && message_is_same(was.ready_message, is.ready_message);

    tell_pause(&was, &is, each, user);
    if (is.is_ready && !was.is_ready)
        tell_text(false, "ScaledObjectReady", "Check", is.ready_message, each, user);
    if (is.is_refused && !is_same_refusal)
        tell_text(true, "ScaledObjectCheckFailed", "Check", is.ready_message, each, user);
    tell_fallback(&was, &is, each, user);
}

/* ---- triggers */

static void tell_trigger(const keda_trigger_status *t, note_fn each, void *user)
{
    const bool is_failing = t->failures > 0;
    keda_buf text = {0};

    (void)buf_printf(&text, "%s (%s): ", t->metric, t->type);
    (void)message_append(&text, is_failing ? t->error : "answers again");
    tell(is_failing, is_failing ? "KEDAScalerFailed" : "KEDAScalersStarted", "Poll", &text,
         each, user);
}

void notes_of_triggers(const keda_trigger_status *triggers, size_t ntriggers,
                       int32_t *failures_before, note_fn each, void *user)
{
    for (size_t i = 0; i < ntriggers; i++) {
        const keda_trigger_status *t = &triggers[i];
        const bool is_other_metric = i > 0 && triggers[i - 1].index == t->index;
        const bool has_changed = (failures_before[i] > 0) != (t->failures > 0);
        failures_before[i] = t->failures;
        if (has_changed && !is_other_metric)
            tell_trigger(t, each, user);
    }
}
