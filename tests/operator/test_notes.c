/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes become Events, and what they say (libkeda/operator/notes.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "operator/notes.h"

/* One line per note: "Warning reason (action): text". */
static void collect(const note *n, void *user)
{
    (void)buf_printf(user, "%s%s (%s): %s\n", n->is_warning ? "Warning " : "", n->reason,
                     n->action, n->text);
}

static void expect_lines(keda_buf *lines, const char *expected)
{
    cr_expect_str_eq(lines->data == NULL ? "" : lines->data, expected);
    keda_buf_clear(lines);
}

/* ---- decisions */

typedef struct situation {
    keda_metric_policy metrics[2];
    keda_reading readings[2];
    keda_policy policy;
    keda_observation seen;
    keda_decision decision;
    keda_error error;
    keda_decision_record record;
} situation;

static const char *const names[] = {"s0-kafka-t", "s1-kafka-u"};

static void set_up(situation *s, int32_t event, int32_t from, int32_t to)
{
    *s = (situation){.policy = KEDA_POLICY_INIT,
                     .seen = KEDA_OBSERVATION_INIT,
                     .decision = KEDA_DECISION_INIT,
                     .error = KEDA_ERROR_INIT};
    for (size_t i = 0; i < 2; i++) {
        s->metrics[i] = (keda_metric_policy){.struct_size = sizeof s->metrics[i]};
        s->readings[i] = (keda_reading)KEDA_READING_INIT;
        s->readings[i].state = KEDA_READING_OK;
        s->readings[i].raw = 5.0;
    }
    s->policy.metrics = s->metrics;
    s->policy.nmetrics = 2;
    s->seen.readings = s->readings;
    s->seen.nreadings = 2;
    s->decision.event = event;
    s->decision.is_write = 1;
    s->decision.from = from;
    s->decision.to = to;
    s->record = (keda_decision_record){.struct_size = sizeof s->record,
                                       .policy = &s->policy,
                                       .seen = &s->seen,
                                       .decision = &s->decision,
                                       .metrics = names,
                                       .outcome = KEDA_OUTCOME_WRITTEN,
                                       .text = "s0-kafka-t 640 above target 100"};
}

static void expect_notes(situation *s, bool *is_failing, const char *expected)
{
    keda_buf lines = {0};
    notes_of_decision(&s->record, "Deployment default/web", is_failing, collect, &lines);
    expect_lines(&lines, expected);
}

Test(notes, tell_an_activation_with_what_is_active)
{
    situation s;
    bool is_failing = false;
    set_up(&s, KEDA_EVENT_ACTIVATED, 0, 3);
    s.policy.min_replicas = 3;
    expect_notes(
        &s, &is_failing,
        "KEDAScaleTargetActivated (Activate): Scaled Deployment default/web from 0 to 3 "
        "(minReplicaCount), activated by s0-kafka-t;s1-kafka-u\n");
    s.readings[0].is_active = 0;
    s.metrics[1].activation = 4.0;
    s.decision.to = 7;
    expect_notes(
        &s, &is_failing,
        "KEDAScaleTargetActivated (Activate): Scaled Deployment default/web from 0 to 7 "
        "(by its metrics), activated by s1-kafka-u\n");
    s.policy.force_activation = 1;
    s.policy.min_replicas = -1;
    s.decision.to = 1;
    expect_notes(
        &s, &is_failing,
        "KEDAScaleTargetActivated (Activate): Scaled Deployment default/web from 0 to 1 "
        "(minReplicaCount 0: at least 1), activated by forced\n");
}

Test(notes, tell_a_deactivation_with_the_field_that_decided)
{
    situation s;
    bool is_failing = false;
    set_up(&s, KEDA_EVENT_DEACTIVATED, 3, 0);
    expect_notes(
        &s, &is_failing,
        "KEDAScaleTargetDeactivated (Deactivate): Scaled Deployment default/web from 3 "
        "to 0 (minReplicaCount): no trigger is active\n");
    s.policy.idle_replicas = 0;
    expect_notes(
        &s, &is_failing,
        "KEDAScaleTargetDeactivated (Deactivate): Scaled Deployment default/web from 3 "
        "to 0 (idleReplicaCount): no trigger is active\n");
}

Test(notes, tell_a_rescale_with_its_reason)
{
    situation s;
    bool is_failing = false;
    set_up(&s, KEDA_EVENT_RESCALED, 4, 8);
    expect_notes(
        &s, &is_failing,
        "SuccessfulRescale (Rescale): New size: 8, from 4; reason: s0-kafka-t 640 above "
        "target 100\n");
}

Test(notes, tell_a_failure_once_until_a_write_succeeds)
{
    static const struct {
        int32_t event;
        const char *failed;
    } cases[] = {
        {KEDA_EVENT_ACTIVATED,
         "Warning KEDAScaleTargetActivationFailed (Activate): Could not scale Deployment "
         "default/web from 0 to 8 (by its metrics), activated by s0-kafka-t;s1-kafka-u: no\n"},
        {KEDA_EVENT_DEACTIVATED,
         "Warning KEDAScaleTargetDeactivationFailed (Deactivate): Could not scale Deployment "
         "default/web from 0 to 8 (minReplicaCount): no trigger is active: no\n"},
        {KEDA_EVENT_RESCALED,
         "Warning FailedRescale (Rescale): New size: 8, from 0; reason: s0-kafka-t 640 above "
         "target 100; error: no\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        situation s;
        bool is_failing = false;
        set_up(&s, cases[i].event, 0, 8);
        s.record.error = &s.error;
        s.record.outcome = KEDA_OUTCOME_FAILED;
        (void)keda_error_set(&s.error, KEDA_EUNAVAILABLE, "no");
        expect_notes(&s, &is_failing, cases[i].failed);
        cr_expect(is_failing);
        expect_notes(&s, &is_failing, "");
        s.decision.event = KEDA_EVENT_NONE; /* raised to min: the core has no event for it */
        s.record.outcome = KEDA_OUTCOME_WRITTEN;
        expect_notes(&s, &is_failing,
                     "SuccessfulRescale (Rescale): New size: 8, from 0; reason: "
                     "s0-kafka-t 640 above target 100\n");
        cr_expect_not(is_failing);
        s.decision.event = cases[i].event;
        s.record.outcome = KEDA_OUTCOME_FAILED;
        expect_notes(&s, &is_failing, cases[i].failed);
    }
}

Test(notes, tell_nothing_of_what_wrote_nothing)
{
    situation s;
    bool is_failing = true;
    set_up(&s, KEDA_EVENT_RESCALED, 4, 8);
    s.record.outcome = KEDA_OUTCOME_NOT_WRITTEN; /* a dry run */
    expect_notes(&s, &is_failing, "");
    s.record.outcome = KEDA_OUTCOME_WRITTEN;
    s.decision.is_write = 0;
    expect_notes(&s, &is_failing, "");
    cr_expect(is_failing);
}

/* ---- statuses */

#define CONDITIONS(ready, paused, more)                                                        \
    "{\"conditions\":[{\"type\":\"Ready\"," ready "},{\"type\":\"Paused\"," paused             \
    "}],\"externalMetricNames\":[\"m\"]" more "}"
#define IS_READY "\"status\":\"True\",\"message\":\"well\""
#define IS_REFUSED                                                                             \
    "\"status\":\"False\",\"reason\":\"ScaledObjectCheckFailed\",\"message\":\"bad\""
#define IS_ERROR         "\"status\":\"False\",\"reason\":\"TriggerError\",\"message\":\"bad\""
#define IS_UNPAUSED      "\"status\":\"False\""
#define IS_PAUSED        "\"status\":\"True\",\"message\":\"paused: nothing is asked\""
#define IS_HALF          "\"status\":\"True\",\"message\":\"scale-in is paused\""
#define FALLBACK(status) "{\"conditions\":[{\"type\":\"Fallback\",\"status\":\"" status "\"}]}"

static keda_json *parse(const char *text)
{
    keda_json *value = NULL;
    if (text != NULL)
        cr_assert_eq(keda_json_parse(&value, text, strlen(text), NULL), KEDA_OK, "%s", text);
    return value;
}

Test(notes, tell_transitions_of_conditions)
{
    static const struct {
        const char *before, *now, *expected;
    } cases[] = {
        {NULL, CONDITIONS(IS_READY, IS_UNPAUSED, ""),
         "KEDAScalersStarted (Start): the triggers are asked\nScaledObjectReady (Check): "
         "well\n"},
        {CONDITIONS(IS_READY, IS_UNPAUSED, ""), CONDITIONS(IS_READY, IS_UNPAUSED, ""), ""},
        {CONDITIONS(IS_ERROR, IS_UNPAUSED, ""), CONDITIONS(IS_READY, IS_UNPAUSED, ""),
         "ScaledObjectReady (Check): well\n"},
        {CONDITIONS(IS_READY, IS_UNPAUSED, ""), CONDITIONS(IS_ERROR, IS_UNPAUSED, ""), ""},
        {CONDITIONS(IS_READY, IS_UNPAUSED, ""), CONDITIONS(IS_REFUSED, IS_UNPAUSED, ""),
         "Warning ScaledObjectCheckFailed (Check): bad\n"},
        {CONDITIONS(IS_REFUSED, IS_UNPAUSED, ""), CONDITIONS(IS_REFUSED, IS_UNPAUSED, ""), ""},
        {CONDITIONS(IS_READY, IS_UNPAUSED, ""), CONDITIONS(IS_READY, IS_PAUSED, ""),
         "ScaledObjectPaused (Pause): paused: nothing is asked\n"
         "KEDAScalersStopped (Stop): paused: the triggers are not asked\n"},
        {CONDITIONS(IS_READY, IS_PAUSED, ""), CONDITIONS(IS_READY, IS_UNPAUSED, ""),
         "ScaledObjectUnpaused (Unpause): not paused any more\n"
         "KEDAScalersStarted (Start): the triggers are asked\n"},
        {CONDITIONS(IS_READY, IS_UNPAUSED, ""), CONDITIONS(IS_READY, IS_HALF, ""),
         "ScaledObjectPaused (Pause): scale-in is paused\n"},
        {CONDITIONS(IS_READY, IS_HALF, ""), CONDITIONS(IS_READY, IS_UNPAUSED, ""),
         "ScaledObjectUnpaused (Unpause): not paused any more\n"},
        {CONDITIONS(IS_READY, IS_HALF, ""), CONDITIONS(IS_READY, IS_PAUSED, ""),
         "KEDAScalersStopped (Stop): paused: the triggers are not asked\n"},
        {FALLBACK("Unknown"), FALLBACK("True"),
         "ScaledObjectFallbackActivated (Fallback): a trigger fails: the fallback's replicas "
         "count for it\n"},
        {FALLBACK("True"), FALLBACK("False"),
         "ScaledObjectFallbackDeactivated (Fallback): the fallback is not needed any more\n"},
        {FALLBACK("Unknown"), FALLBACK("False"), ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_buf lines = {0};
        keda_json *before = parse(cases[i].before);
        keda_json *now = parse(cases[i].now);
        notes_of_change(before, now, collect, &lines);
        expect_lines(&lines, cases[i].expected);
        keda_json_free(before);
        keda_json_free(now);
    }
}

/* ---- triggers */

Test(notes, tell_when_a_trigger_begins_and_ends_to_fail)
{
    keda_buf lines = {0};
    int32_t before[3] = {0};
    keda_trigger_status t[3] = {
        {.type = "kafka", .metric = "s0-kafka-t", .error = ""},
        {.type = "kafka", .metric = "s0-kafka-u", .error = ""}, /* of the same trigger */
        {.type = "cron", .metric = "s1-cron", .error = "", .index = 1},
    };
    notes_of_triggers(t, 3, before, collect, &lines);
    expect_lines(&lines, "");
    t[0].failures = t[1].failures = 1;
    t[0].error = t[1].error = "no answer";
    notes_of_triggers(t, 3, before, collect, &lines);
    expect_lines(&lines, "Warning KEDAScalerFailed (Poll): s0-kafka-t (kafka): no answer\n");
    t[0].failures = t[1].failures = 2;
    notes_of_triggers(t, 3, before, collect, &lines);
    expect_lines(&lines, "");
    cr_expect_eq(before[1], 2);
    t[0].failures = t[1].failures = 0;
    notes_of_triggers(t, 3, before, collect, &lines);
    expect_lines(&lines, "KEDAScalersStarted (Poll): s0-kafka-t (kafka): answers again\n");
}
