/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seeing what an engine does: the decision callback, status of workloads and triggers, metrics text.
 */
#ifndef KEDA_OBSERVE_H
#define KEDA_OBSERVE_H

#include <keda/decide.h>
#include <keda/error.h>

KEDA_BEGIN_DECLS

typedef struct keda_engine keda_engine;

/** Health of one metric of a trigger. Texts are borrowed until the engine is entered again. */
typedef struct keda_trigger_status {
    size_t struct_size;
    const char *type;
    const char *name;   /* trigger name, "" when unset */
    const char *metric; /* "s0-kafka-my-topic" */
    int32_t index;      /* of the trigger */
    int32_t state;      /* keda_reading_state of the last poll */
    int32_t is_active;  /* -1: never known */
    int32_t failures;   /* in a row */
    double value;       /* last good one, unrounded */
    int64_t target_milli;
    int64_t age_ms;           /* of the last good value; -1: never had one */
    int64_t failing_since_ms; /* wall clock; -1: not failing */
    int64_t latency_ms;       /* of the last poll */
    int64_t errors_total;
    const char *error;         /* "" when not failing */
    int32_t fallback_failures; /* in a row, as the fallback counts them; -1: there is none */
    int32_t is_fallback;       /* the fallback's value counts at present */
} keda_trigger_status;

typedef struct keda_workload_status {
    size_t struct_size;
    const char *id;                                         /* namespace/name */
    const char *target;                                     /* kind/name */
    int32_t spec_replicas, status_replicas, ready_replicas; /* -1: unknown */
    int32_t min_replicas, max_replicas;                     /* effective */
    int32_t desired_replicas;    /* of the last decision; -1: none yet */
    int32_t reason;              /* keda_reason of the last decision */
    int64_t last_active_wall_ms; /* -1: never */
    int64_t last_scale_wall_ms;  /* -1: never */
    keda_condition ready, active, paused;
    const char *message; /* why it is not ready; "" when it is */
    const char *text;    /* the last decision in one line */
    int64_t decisions_total, writes_total, errors_total;
    size_t ntriggers;        /* metrics: see keda_engine_trigger */
    keda_condition fallback; /* absent without one that is in force */
    int32_t has_composite;   /* the last decision had a formula's result */
    int32_t reserved;
    int64_t composite_milli;
} keda_workload_status;

/** One decision, as it was made. Everything is borrowed for the callback. */
typedef struct keda_decision_record {
    size_t struct_size;
    const char *workload;
    int64_t wall_ms;
    const keda_policy *policy;
    const keda_observation *seen;
    const keda_decision *decision;
    const char *const *metrics; /* names, one per metric of the policy */
    int32_t outcome;            /* keda_outcome */
    int32_t is_dry_run;
    const keda_error *error; /* why the write failed; NULL otherwise */
    const char *text;        /* one line that says why */
} keda_decision_record;

/** Sees every decision, on the engine's thread. */
typedef void (*keda_decision_fn)(const keda_decision_record *record, void *user);

/** Number of workloads. */
KEDA_API size_t keda_engine_workload_count(const keda_engine *e);

/** Status of workload i, in the order of ids. Errors: KEDA_ENOTFOUND. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_workload(const keda_engine *e, size_t i,
                                                        keda_workload_status *out,
                                                        keda_error *err);

/** Status of the workload with that id. Errors: KEDA_ENOTFOUND. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_find(const keda_engine *e, const char *id,
                                                    keda_workload_status *out, keda_error *err);

/** Status of metric number i of a workload. Errors: KEDA_ENOTFOUND. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_trigger(const keda_engine *e, const char *id,
                                                       size_t i, keda_trigger_status *out,
                                                       keda_error *err);

/**
 * Writes why a workload has its number, as text of at most 12 lines: the decision that was in force at
 * a time, if it is among the last ones (8 of one trigger; equal ones in a row count once).
 *
 * wall_ms  -1: the newest
 * errors   KEDA_ENOTFOUND for an unknown id, and when no such decision is kept
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_explain(const keda_engine *e, const char *id,
                                                       int64_t wall_ms, keda_write_fn write,
                                                       void *user, keda_error *err);

/** Writes all metrics as Prometheus text (0.0.4), with KEDA's names. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_metrics(const keda_engine *e,
                                                       keda_write_fn write, void *user,
                                                       keda_error *err);

/** Writes the status of one workload, or of all for id NULL, as JSON. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_status_json(const keda_engine *e, const char *id,
                                                           keda_write_fn write, void *user,
                                                           keda_error *err);

KEDA_END_DECLS

#endif
