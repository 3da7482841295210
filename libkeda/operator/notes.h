/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Events a change is worth: KEDA's reasons for conditions and activation, the HPA's for its half. Only
 * transitions. Pure. spec: observability 2.
 */
#ifndef OPERATOR_NOTES_H
#define OPERATOR_NOTES_H

#include <stdbool.h>

#include <keda/json.h>
#include <keda/observe.h>

typedef struct note {
    bool is_warning;
    const char *reason; /* "KEDAScaleTargetActivated" */
    const char *action; /* short and fixed */
    const char *text;   /* borrowed for the callback */
} note;
typedef void (*note_fn)(const note *n, void *user);

/* KEDAScaleTargetActivated, ...Deactivated and their failures; SuccessfulRescale and FailedRescale with the
 * reason that bound. Nothing for decisions that wrote nothing. A failure is told once until a write succeeds:
 * *is_failing is the caller's memory of that. target: "Deployment default/web". */
void notes_of_decision(const keda_decision_record *record, const char *target, bool *is_failing,
                       note_fn each, void *user);

/* From one status (NULL: none yet) to another: ScaledObjectReady, ScaledObjectCheckFailed, ScaledObjectPaused,
 * ScaledObjectUnpaused, KEDAScalersStopped with a full pause, KEDAScalersStarted when it begins or ends one,
 * ScaledObjectFallback(De)Activated. */
void notes_of_change(const keda_json *before, const keda_json *now, note_fn each, void *user);

/* KEDAScalerFailed when a trigger begins to fail, Normal KEDAScalersStarted when it is well again. before:
 * failures at the last call, per metric; updated. */
void notes_of_triggers(const keda_trigger_status *triggers, size_t ntriggers,
                       int32_t *failures_before, note_fn each, void *user);

#endif
