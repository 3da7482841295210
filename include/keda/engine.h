/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: reads documents, polls triggers, decides, scales. It belongs to one thread; only calls
 * marked `thread any` may come from another. The host either calls keda_engine_run, or drives it from
 * its own loop: wait until keda_engine_fd is readable or keda_engine_next_due_ms has passed, then call
 * keda_engine_step, again and again.
 */
#ifndef KEDA_ENGINE_H
#define KEDA_ENGINE_H

#include <keda/decide.h>
#include <keda/error.h>
#include <keda/observe.h>
#include <keda/scaler.h>
#include <keda/target.h>

KEDA_BEGIN_DECLS

typedef struct keda_engine_options {
    size_t struct_size;
    const keda_clock *clock; /* borrowed; NULL: the system clock */
    keda_log_fn log;         /* NULL: silence */
    void *log_user;
    keda_decision_fn on_decision; /* NULL: none */
    void *decision_user;
    int32_t max_threads;       /* threads of blocking endpoints; default 64 */
    int32_t is_strict;         /* not 0: warnings about what we would not accept are errors */
    int64_t shutdown_grace_ms; /* keda_engine_free waits at most that long; default 5000 */
    const char *plugin_path;   /* module folders, ':' between; NULL: $KEDA_PLUGIN_PATH */
    const char *state_path;    /* file of what survives a restart; NULL: nothing does */
    int32_t is_dry_run;        /* not 0: decide, write nothing */
    int32_t is_manual;         /* not 0: no schedule; triggers are asked by keda_engine_poll */
    uint64_t seed;             /* of jitter and phases; 0: from the system */
    uint32_t deviations;       /* keda_deviation bits for every policy */
    int32_t has_deviations;    /* 0: the default set (KEDA_DEVIATIONS_DEFAULT) */
    int64_t http_timeout_ms;   /* default 3000 */
    /* Where a ClusterTriggerAuthentication's Secrets and ConfigMaps lie; NULL: "keda" */
    const char *cluster_namespace;
    /* Every decision with its inputs is written there (keda/journal.h); NULL: nowhere */
    const char *journal_path;
    int64_t journal_max_bytes; /* then it is moved aside; default 64 MiB */
    int32_t journal_files;     /* how many of these are kept; default 1 */
    int32_t reserved;
} keda_engine_options;
#ifndef __cplusplus
#define KEDA_ENGINE_OPTIONS_INIT                                                               \
    {                                                                                          \
        .struct_size = sizeof(keda_engine_options)                                             \
    }
#else
#define KEDA_ENGINE_OPTIONS_INIT                                                               \
    ([] {                                                                                      \
        keda_engine_options init = {};                                                         \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif
#define KEDA_DEVIATIONS_DEFAULT                                                                \
    (KEDA_DEVIATION_FALLBACK_ZERO_READY | KEDA_DEVIATION_FORMULA_ERROR)

/**
 * Makes an engine without workloads.
 *
 * opts    NULL: all defaults; texts are copied
 * out     the caller's; keda_engine_free
 * errors  KEDA_EINVAL for an unusable state file or journal or a wrong struct size;
 *         KEDA_ECONFLICT when another engine has one of them; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_new(keda_engine **out,
                                                   const keda_engine_options *opts,
                                                   keda_error *err);

/**
 * Ends everything: waits for nothing longer than the grace, stops the pools' workers, scales nothing.
 * NULL is fine. Not from inside a callback.
 */
KEDA_API void keda_engine_free(keda_engine *e);

/* ---- what it may use: before documents that need it ----------------------------------------- */

/** Adds a trigger type; desc is borrowed for the engine's life. Errors: KEDA_EINVAL when taken. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_register_scaler(keda_engine *e,
                                                               const keda_scaler_desc *desc,
                                                               void *user, keda_error *err);

/** Adds an endpoint kind; likewise. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_register_endpoint(keda_engine *e,
                                                                 const keda_endpoint_desc *desc,
                                                                 void *user, keda_error *err);

/** Adds a kind of target; likewise. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_register_target(keda_engine *e,
                                                               const keda_target_desc *desc,
                                                               void *user, keda_error *err);

/** Adds all a module provides that is linked into the host. Errors: KEDA_EINVAL for another ABI. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_register_module(keda_engine *e,
                                                               const keda_module *module,
                                                               keda_error *err);

/**
 * A target in two plain functions, for hosts: kind Callback of libkeda.io/v1alpha1.
 *
 * get  current count, or negative when unknown
 * set  KEDA_OK when done; otherwise fills err
 */
typedef struct keda_callback_target {
    size_t struct_size;
    int32_t (*get)(const char *space, const char *name, void *user);
    keda_status (*set)(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user);
    void *user;
} keda_callback_target;
KEDA_API KEDA_MUST_USE keda_status keda_engine_on_scale(keda_engine *e,
                                                        const keda_callback_target *target,
                                                        keda_error *err);

/** Trigger types known now, i from 0; NULL beyond. with_modules loads every module found first. */
KEDA_API const keda_scaler_desc *keda_engine_scaler_at(keda_engine *e, size_t i,
                                                       int32_t with_modules);

/** The type of that name, loading its module when needed. Errors: KEDA_ENOTFOUND, KEDA_EUNSUPPORTED. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_scaler(keda_engine *e, const char *type,
                                                      const keda_scaler_desc **out,
                                                      keda_error *err);

/* ---- documents ------------------------------------------------------------------------------ */

/** A text of one or several YAML or JSON documents; borrowed for the call. */
typedef struct keda_source {
    size_t struct_size;
    const char *id;   /* names the source: a file's path, or any text of the host's */
    const char *text; /* size bytes */
    size_t size;
} keda_source;

/**
 * Puts the documents of one source, in place of those it had before. All or nothing: after an error
 * what ran before runs on. Unchanged documents keep history and processes.
 *
 * id        names the source
 * text      NUL-terminated YAML or JSON: ScaledObject, TriggerAuthentication,
 *           ClusterTriggerAuthentication, Secret, ConfigMap, ProcessPool; and Deployments or whatever
 *           else a ScaledObject names as its target, of which the containers' environment is read
 * findings  may be NULL; errors and warnings are added
 * errors    KEDA_EINVAL with the first error's place and text; KEDA_EUNSUPPORTED for a missing module
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_put(keda_engine *e, const char *id,
                                                   const char *text, keda_findings *findings,
                                                   keda_error *err);

/** Takes the documents of a source away. Errors: KEDA_ENOTFOUND; KEDA_EINVAL when others need them. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_remove(keda_engine *e, const char *id,
                                                      keda_error *err);

/** Makes these the only sources; all or nothing, as keda_engine_put. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_replace(keda_engine *e,
                                                       const keda_source *sources,
                                                       size_t nsources, size_t source_size,
                                                       keda_findings *findings,
                                                       keda_error *err);

/** Checks sources as keda_engine_replace would, and changes nothing. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_check(keda_engine *e, const keda_source *sources,
                                                     size_t nsources, size_t source_size,
                                                     keda_findings *findings, keda_error *err);

/** What keda_engine_hpa writes, and where to. */
typedef struct keda_hpa_options {
    size_t struct_size;
    int32_t is_json; /* not 0: JSON, one object after the other; else YAML documents */
    int32_t reserved;
    keda_write_fn write;
    void *user;
} keda_hpa_options;

/**
 * Writes the HorizontalPodAutoscalers that KEDA would make of the ScaledObjects in these sources, in
 * their order. Checks the sources as keda_engine_check would, and changes nothing. Owner references,
 * which need a cluster, are left out.
 *
 * errors  as keda_engine_put, also for what a check only warns of when metrics depend on it; nothing
 *         is written then. What opts->write returns.
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_hpa(keda_engine *e, const keda_source *sources,
                                                   size_t nsources, size_t source_size,
                                                   const keda_hpa_options *opts,
                                                   keda_findings *findings, keda_error *err);

/* ---- plans ---------------------------------------------------------------------------------- */

/** How a workload's document is decided: what the engine made of it, for simulation and for hosts
 * which decide themselves. Everything is borrowed until the engine's documents change. */
typedef struct keda_plan {
    size_t struct_size;
    const char *workload;       /* namespace/name */
    const keda_policy *policy;  /* with its metrics */
    const char *const *metrics; /* names such as "s0-kafka-my-topic", one per metric */
    int64_t polling_interval_ms, sync_interval_ms;
    size_t ntriggers; /* see keda_engine_plan_trigger */
} keda_plan;

typedef struct keda_plan_trigger {
    size_t struct_size;
    const char *type;
    const char *name;    /* "" when unset */
    int32_t uses_cached; /* useCachedMetrics: a sync takes what the last poll said */
    int32_t reserved;
    size_t first_metric, nmetrics; /* its part of the policy's */
} keda_plan_trigger;

/**
 * Gives the plan of a workload. Set out->struct_size before.
 *
 * id      NULL: the only one
 * errors  KEDA_ENOTFOUND; KEDA_EINVAL for NULL when there are several, naming them
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_plan(const keda_engine *e, const char *id,
                                                    keda_plan *out, keda_error *err);

/** Trigger i of a workload, from 0. Set out->struct_size before. Errors: KEDA_ENOTFOUND. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_plan_trigger(const keda_engine *e,
                                                            const char *id, size_t i,
                                                            keda_plan_trigger *out,
                                                            keda_error *err);

/* ---- running -------------------------------------------------------------------------------- */

/** Steps and waits until keda_engine_stop. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_run(keda_engine *e, keda_error *err);

/** Makes the present or next run return. Thread: any; safe in a signal handler's thread, not in one. */
KEDA_API void keda_engine_stop(keda_engine *e);

/** A descriptor that is readable when a step has something to do. Borrowed. */
KEDA_API int keda_engine_fd(const keda_engine *e);

/** Milliseconds until a step is due: -1 none, 0 now. Ask again after every call into the engine. */
KEDA_API int64_t keda_engine_next_due_ms(const keda_engine *e);

/** Does everything that is ready, without waiting. */
KEDA_API KEDA_MUST_USE keda_status keda_engine_step(keda_engine *e, keda_error *err);

/**
 * Asks every trigger of every workload (or of one) once, outside the schedule; decides nothing.
 *
 * id       NULL: all
 * report   once per metric, on the engine's thread, before or after this call returns
 * pending  may be NULL; set to the number of reports that come after this call
 * errors   KEDA_ENOTFOUND for an unknown id; what a trigger says is in its report
 */
typedef void (*keda_poll_report_fn)(const char *workload, const keda_trigger_status *status,
                                    void *user);
KEDA_API KEDA_MUST_USE keda_status keda_engine_poll(keda_engine *e, const char *id,
                                                    keda_poll_report_fn report, void *user,
                                                    size_t *pending, keda_error *err);

KEDA_END_DECLS

#endif
