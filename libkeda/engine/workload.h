/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A workload: one ScaledObject at work. Its triggers, what they last read, its target, its history, and the cycle under way. Plain data for the files of this room;
 * what is done with it is in cycle.c, trigger.c, schedule.c and report.c.
 */
#ifndef ENGINE_WORKLOAD_H
#define ENGINE_WORKLOAD_H

#include <keda/explain.h>

#include "config/scaled_object.h"
#include "core/due.h"
#include "engine/backoff.h"
#include "engine/instance.h"
#include "engine/target.h"

typedef struct workload workload;

/* One metric of a trigger. The readings of a workload are an array walked by sizeof(metric). */
typedef struct metric {
    keda_reading reading; /* first; state, activity and items of the last poll */
    int64_t item;         /* where items point when there is one */
    int64_t *many;        /* where they point when there are several */
    size_t many_capacity;
    const metric_spec *spec;
    int32_t trigger;    /* index */
    bool has_value;     /* a good reading was ever taken */
    double value;       /* the last good one */
    int64_t read_at_ms; /* when; monotonic */
    int32_t was_active; /* with the last good one; -1: never known */
    bool was_fallback;  /* at the last poll: what is kept of it is the fallback's value */
    bool is_fallback;   /* at the last decision */
} metric;

typedef struct trigger {
    workload *workload;
    const trigger_spec *spec; /* in the workload's document */
    scaler_type *type;
    keda_scaler *instance; /* NULL: to be made again */
    keda_spec_list specs;
    size_t first_metric;  /* in workload.metrics; specs.count of them */
    uint64_t fingerprint; /* of all that its instance was made from, credentials included */
    bool was_asked;

    int32_t failures;         /* polls in a row */
    int64_t failing_since_ms; /* wall; -1: not failing */
    int64_t errors_total;
    int64_t latency_ms;   /* of the last poll that ended */
    kept_error error;     /* of the last one */
    backoff backoff;      /* of opening, and of types without an endpoint */
    int64_t reread_at_ms; /* credentials; with an error that asks for it */
    bool has_reread, has_told_refused;
    int32_t told_refused_s; /* when; on the engine's clock */
} trigger;

/* What a decision is made from, and it. Only there from the decision to the end of its write: most
 * workloads decide nothing at most times. */
typedef struct choice {
    keda_policy policy;
    keda_observation seen;
    keda_decision decision;
    keda_proposal proposals[]; /* one for each metric */
} choice;

/* What status says of the last decision, until the next one. */
typedef struct last_decision {
    int32_t to, reason;
    int32_t has_composite;
    int64_t composite_milli;
} last_decision;

/* One pass of measure, decide, act (cycle.c). */
typedef struct cycle {
    bool is_running;
    uint32_t due;      /* keda_due bits of this one */
    uint32_t due_next; /* what fell due meanwhile */
    int32_t pending;   /* answers still to come */
    int32_t conflicts; /* writes that lost a race */
    enum { CYCLE_NO_WRITE = 0, CYCLE_WRITING } write;
    int64_t deadline_ms;
    choice *choice; /* NULL: not decided yet */
} cycle;

/* What there is of a workload only during the change that brings it. */
typedef struct workload_draft {
    table_node claim; /* first; by target_key */
    workload *workload;
    char *target_key;
    keda_target *fresh_target; /* made for it, not at work yet; NULL: it has a document */
} workload_draft;

struct workload {
    table_node node; /* first; by id */
    chain_link leaving;
    keda_engine *engine;
    scaled_object object;
    keda_policy *plan; /* made when somebody asks for it (plan.c) */
    /* One of each for each metric, in the memory of the first. */
    metric *metrics;
    keda_metric_policy *metric_policies;
    const char **metric_names;
    size_t nmetrics;
    trigger *triggers; /* object.ntriggers */
    keda_target *target;
    workload_draft *draft;  /* until it is attached to its target */
    keda_target_call *call; /* under way for this workload */
    keda_history *history;
    keda_ring *ring;             /* records.c */
    struct journal_track *track; /* journaling.c */
    cycle cycle;
    last_decision last;

    loop_timer tick; /* schedule.c */
    due_times next;  /* poll and sync */
    int64_t phase_ms;
    int64_t lateness_ms; /* of the last poll's start */

    bool is_gone;       /* no longer at work: only memory until the reaper comes */
    bool is_settled;    /* gone, and its target is somebody else's or given up */
    bool is_inheriting; /* made from another one, not from the state file */
    bool is_unreadable; /* the target's count, at the last look */
    bool is_scale_failing;
    bool was_active;    /* at the last decision, as the state file has it */
    bool is_dry_logged; /* a dry run's write has been logged, and to which count */
    int32_t dry_to;
    int32_t original_replicas; /* -1: not seen yet */
    int64_t created_wall_ms;
    int64_t created_ms;         /* the same on the engine's clock */
    int64_t last_scale_wall_ms; /* -1: never */
    int64_t decisions_total, writes_total, errors_total;
    uint32_t decisions_by_reason[KEDA_REASON_COUNT];
};

/* Made from a document, which moves into it on success; triggers are still to be staged. */
keda_status workload_new(workload **out, keda_engine *e, scaled_object *take_object,
                         keda_error *err);
/* The document's policy with its metrics; pointers reach into the workload. */
void workload_policy(const workload *w, keda_policy *out);
/* After the triggers: metrics and history. */
keda_status workload_lay_out(workload *w, keda_error *err);
void workload_free(workload *w);
void workload_drop_draft(workload *w); /* none is fine */

/* Takes over what goes on from the workload that had this document before. */
void workload_inherit(workload *w, workload *before);
/* Puts it to work; many at once do not all start in the same moment. */
typedef enum workload_begin { WORKLOAD_AT_ONCE, WORKLOAD_SPREAD } workload_begin;
void workload_start(workload *w, workload_begin how);
/* What is known of it from before this process (hosted.h). */
struct engine_memory;
void workload_recall(workload *w, const struct engine_memory *memory);
/* Ends its work; it is freed later. */
typedef enum workload_end {
    WORKLOAD_REPLACED,
    WORKLOAD_REMOVED,
    WORKLOAD_STOPPED
} workload_end;
void workload_end_work(workload *w, workload_end how);
/* Targets of workloads that have ended, and which nobody took over: back to the original count where
 * that is asked for, and given up when they have no document of their own. */
void workload_settle_targets(keda_engine *e);
/* The reaper's. */
void workload_reap(keda_engine *e);

#endif
