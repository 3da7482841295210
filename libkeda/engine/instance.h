/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_scaler: one trigger type at work for one trigger, with its parsed parameters, its state and
 * the endpoints it uses. Opened, polled once at a time, and closed when its last poll has ended.
 * Health and readings are the trigger's (trigger.h).
 */
#ifndef ENGINE_INSTANCE_H
#define ENGINE_INSTANCE_H

#include "config/metrics.h"
#include "config/params.h"
#include "engine/engine.h"

typedef struct instance_info {
    const char *workload;
    const char *trigger;
    const char *metric_type;
    int32_t index;
    int32_t is_metric_source;
} instance_info;

/* What a blocking type polls and closes on; made at its first poll. */
typedef struct instance_thread {
    loop_worker *worker;
    loop_job close_job;
} instance_thread;

struct keda_scaler {
    chain_link link;    /* first; in engine.instances or engine.closing */
    atomic_int holders; /* the engine, a poll under way, a job of its worker */
    bool is_open;       /* open was called, close must be */
    bool is_closing, is_close_sent;
    engine_shared *shared;
    keda_engine *engine; /* NULL once the engine is gone */
    scaler_type *type;
    /* Texts, parameters and state lie behind the struct. */
    const char *workload, *trigger;
    const char *metric_type;
    int32_t index, is_metric_source;
    void *meta, *state;
    keda_map params;    /* by name, for types without a struct */
    keda_poll *poll;    /* under way; NULL: idle */
    pointers endpoints; /* acquired by open */
    instance_thread *thread;
};

/* Parses the parameters; problems go to report. *out is made even when *nproblems is not 0. */
keda_status instance_new(keda_scaler **out, keda_engine *e, scaler_type *type,
                         const instance_info *info, const params_sources *sources,
                         params_report_fn report, void *user, size_t *nproblems,
                         keda_error *err);
keda_status instance_check(keda_scaler *s, keda_error *err);
keda_status instance_specs(keda_scaler *s, keda_spec_list *out, keda_error *err);

keda_status instance_open(keda_scaler *s, keda_error *err);
/* Starts a poll; it becomes s->poll until it ends. */
void instance_poll(keda_scaler *s, keda_poll *poll);
/* Tells the type that nobody waits for its poll any more. */
void instance_cancel(keda_scaler *s);
/* The poll under way has ended. */
void instance_poll_ended(keda_scaler *s);
/* Closes and frees, both later; s must not be used afterwards. NULL is fine. */
void instance_close(keda_scaler *s);
/* The reaper's: closes those that are idle; true when none is left. */
bool instance_reap(keda_engine *e);
/* The engine ends: whose poll never ended keeps its memory until it does. */
void instance_forsake_all(keda_engine *e);
/* Lets go of one that was never opened. NULL is fine. */
void instance_discard(keda_scaler *s);
void instance_ref(keda_scaler *s);
void instance_unref(keda_scaler *s); /* any thread */

#endif
