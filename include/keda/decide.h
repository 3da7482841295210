/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision core on its own: how many replicas a workload should have, from its policy, what was
 * observed and what was decided before. Pure and total: no I/O, clock, allocation, lock or log; every
 * input has one result. The engine, simulation and the bindings call exactly this.
 *
 * Two halves, as in KEDA: activation (0 or idle <-> min, cooldown, pause annotations; KEDA's executor)
 * and the HorizontalPodAutoscaler's arithmetic (metrics -> min..max, behaviours). keda_decide runs
 * the halves that are due; keda_hpa_decide runs the second alone.
 */
#ifndef KEDA_DECIDE_H
#define KEDA_DECIDE_H

#include <keda/base.h>

KEDA_BEGIN_DECLS

/* ---- policy: what the user wants ------------------------------------------------------------ */

enum keda_metric_source {
    KEDA_SOURCE_EXTERNAL = 0,
    KEDA_SOURCE_OBJECT = 1,
    /* Read from the pods themselves: they take no part in activation, fallback and formula. */
    KEDA_SOURCE_PODS = 2,
    KEDA_SOURCE_RESOURCE = 3,
    KEDA_SOURCE_CONTAINER_RESOURCE = 4
};
enum keda_target_type {
    KEDA_TARGET_AVERAGE_VALUE = 0,
    KEDA_TARGET_VALUE = 1,
    KEDA_TARGET_UTILIZATION = 2 /* percent of the request; resource metrics only */
};

/** One metric of the HPA half; a trigger has one or several. */
typedef struct keda_metric_policy {
    size_t struct_size;
    int32_t source;       /* keda_metric_source */
    int32_t target_type;  /* keda_target_type */
    int64_t target_milli; /* thousandths, >= 1; of a Utilization: thousandths of a percent */
    double activation;    /* active when the raw reading is strictly greater; NaN: never */
    int32_t trigger;      /* index of the trigger it belongs to, for reports */
    int32_t is_cpu;       /* of a resource metric: cpu, whose pods are given time to start */
    int32_t variable;     /* its number in keda_policy.formula, from 1; 0: none */
    int32_t reserved;
} keda_metric_policy;

enum keda_rate_type { KEDA_RATE_PODS = 1, KEDA_RATE_PERCENT = 2 };
enum keda_select_policy {
    KEDA_SELECT_UNSET = 0, /* Max */
    KEDA_SELECT_MAX = 1,
    KEDA_SELECT_MIN = 2,
    KEDA_SELECT_DISABLED = 3
};

/** One scaling policy of a behaviour (HPA: behavior.scaleUp.policies[]). */
typedef struct keda_rate_policy {
    int32_t type;     /* keda_rate_type */
    int32_t value;    /* pods or percent, >= 1 */
    int32_t period_s; /* 1..1800 */
    int32_t reserved;
} keda_rate_policy;

/** One direction of a behaviour, as the user wrote it: what is unset gets the API's defaults. */
typedef struct keda_scaling_rules {
    size_t struct_size;
    int32_t stabilization_s; /* 0..3600; -1: unset (up 0; down the controller-wide window) */
    int32_t select_policy;   /* keda_select_policy */
    double tolerance;        /* >= 0; negative or NaN: unset (the controller-wide one) */
    const keda_rate_policy *policies; /* NULL: the API's default list */
    size_t npolicies, policy_size;    /* an empty list counts as NULL */
} keda_scaling_rules;
#define KEDA_SCALING_RULES_INIT                                                                \
    {                                                                                          \
        sizeof(keda_scaling_rules), -1, KEDA_SELECT_UNSET, -1.0, NULL, 0,                      \
            sizeof(keda_rate_policy)                                                           \
    }

enum keda_fallback_behavior { /* spec.fallback.behavior */
                              KEDA_FALLBACK_STATIC = 0,
                              KEDA_FALLBACK_CURRENT_REPLICAS = 1,
                              KEDA_FALLBACK_CURRENT_IF_HIGHER = 2,
                              KEDA_FALLBACK_CURRENT_IF_LOWER = 3,
                              KEDA_FALLBACK_SCALING_MODIFIERS =
                                  4 /* the variable is nil in the formula; none: an error */
};

/** A compiled scaling formula (keda/formula.h). */
typedef struct keda_formula keda_formula;

/* Named deviations from upstream, a bit each; 0 is upstream's rules. */
/* clang-format off: one line a bit */
enum keda_deviation {
    KEDA_DEVIATION_FALLBACK_ZERO_READY =
        1 << 0, /* Q6a: an error with fallback 0 never scales in */
    KEDA_DEVIATION_FORMULA_ERROR = 1
                                   << 1, /* Q5b: a failed formula is an error, not inactivity */
    KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE =
        1 << 2, /* Q6b, Q6f: refresh lastActive whenever on */
    KEDA_DEVIATION_PAUSE_OUT_BLOCKS_MIN =
        1 << 3, /* Q6d: paused-scale-out also blocks the raise to min */
    KEDA_DEVIATION_ACTIVATION_SHOWS_ERROR =
        1 << 4, /* Q6e: activation also reports PartialTriggerError */
    KEDA_DEVIATION_FALLBACK_SHOWS_ERROR =
        1 << 5, /* Q6c: all triggers failing is not Ready despite a fallback */
    KEDA_DEVIATION_FALLBACK_FRACTION =
        1 << 6, /* Q7a: a fractional modifiers target keeps the fallback */
    KEDA_DEVIATION_FALLBACK_PER_POLL = 1 << 7, /* Q7b: failures are counted at polls only */
    KEDA_DEVIATION_FALLBACK_CACHED = 1
                                     << 8, /* Q7c: a cached reading changes no failure count */
    KEDA_DEVIATION_FALLBACK_ZERO_INACTIVE =
        1 << 9, /* Q7d: a fallback of 0 replicas activates nothing */
    KEDA_DEVIATION_COMPOSITE_NOT_NEGATIVE = 1 << 10, /* Q8a: a negative composite counts as 0 */
    KEDA_DEVIATION_ANY_METRIC_ACTIVATES =
        1 << 11, /* Q5a: any metric of a trigger, not its last one */
    KEDA_DEVIATION_PAUSED_INACTIVE = 1 << 12, /* Q12b: a full pause is not Active */
    KEDA_DEVIATION_JOB_MAX_TOTAL =
        1 << 13, /* J2a: min and the default max make 100 Jobs, not 100 + min */
    KEDA_DEVIATION_JOB_TRUE_MIN = 1 << 14, /* J4b: `min` takes the smallest queue, 0 included */
    KEDA_DEVIATION_JOB_LIST_ERROR_HOLDS =
        1 << 15, /* J4d: Jobs that cannot be listed are not taken for none */
    KEDA_DEVIATION_JOB_EAGER_PENDING_ONCE = 1
                                            << 16, /* J5b: eager subtracts pending Jobs once */
    KEDA_DEVIATION_CACHED_EXPIRES =
        1 << 17 /* Q9a: a cached reading expires after 3 polling intervals */
};
/* clang-format on */

enum keda_pause {
    KEDA_PAUSE_FULL = 1 << 0,     /* autoscaling.keda.sh/paused or paused-replicas */
    KEDA_PAUSE_SCALE_IN = 1 << 1, /* autoscaling.keda.sh/paused-scale-in */
    KEDA_PAUSE_SCALE_OUT = 1 << 2 /* autoscaling.keda.sh/paused-scale-out */
};

typedef struct keda_policy {
    size_t struct_size;
    int32_t min_replicas;  /* minReplicaCount; -1: unset (0 for activation, 1 for the HPA) */
    int32_t max_replicas;  /* maxReplicaCount; 0: unset (100) */
    int32_t idle_replicas; /* idleReplicaCount; -1: unset */
    int32_t cooldown_s;    /* cooldownPeriod; -1: unset (300) */
    int32_t initial_cooldown_s; /* initialCooldownPeriod; default 0 */
    int32_t pause;              /* keda_pause bits */
    int32_t paused_replicas;    /* with KEDA_PAUSE_FULL: hold this count; -1: leave it */
    int32_t force_activation;   /* not 0: active whatever the triggers say */
    int32_t has_fallback;       /* spec.fallback is set */
    int32_t fallback_replicas;  /* spec.fallback.replicas */
    int32_t has_behavior;       /* spec.advanced...behavior is present, even if empty */
    uint32_t deviations;        /* keda_deviation bits */
    const keda_scaling_rules *scale_up;   /* NULL: unset; looked at only with has_behavior */
    const keda_scaling_rules *scale_down; /* likewise */
    double tolerance;                     /* controller-wide; negative or NaN: unset (0.1) */
    int32_t downscale_stabilization_s;    /* controller-wide; -1: unset (300) */
    int32_t hpa_min_zero; /* HPAScaleToZero, keda_hpa_decide only: min_replicas 0 is kept */
    const keda_metric_policy *metrics;
    size_t nmetrics, metric_size;
    /* Distance of two HPA syncs; 0: the HPA's 15 s. Below 15 s and without a behaviour, the doubling
     * limit is measured against the smallest count of the last 15 s instead of the present one. */
    int32_t sync_interval_ms;
    int32_t fallback_threshold;        /* spec.fallback.failureThreshold */
    int32_t fallback_behavior;         /* keda_fallback_behavior */
    int32_t composite_target_type;     /* keda_target_type of the formula's result */
    keda_formula *formula;             /* scalingModifiers.formula; NULL: none. Borrowed */
    double composite_target;           /* scalingModifiers.target, > 0 */
    double composite_activation;       /* scalingModifiers.activationTarget */
    int32_t cpu_initialization_ms;     /* of cpu metrics, controller-wide; -1: unset (300000) */
    int32_t initial_readiness_ms;      /* likewise; -1: unset (30000) */
    int32_t is_whole_modifiers_target; /* the target was written as a base-10 integer (Q7a) */
    int32_t reserved;
} keda_policy;
#define KEDA_POLICY_INIT                                                                       \
    {                                                                                          \
        sizeof(keda_policy), -1, 0, -1, -1, 0, 0, -1, 0, 0, 0, 0, 0, NULL, NULL, -1.0, -1, 0,  \
            NULL, 0, sizeof(keda_metric_policy), 0, 0, 0, 0, NULL, 0.0, 0.0, -1, -1, 0, 0      \
    }

/* ---- observation: what was seen ------------------------------------------------------------- */

enum keda_reading_state {
    KEDA_READING_UNKNOWN = 0, /* no answer in time; never zero */
    KEDA_READING_OK = 1,
    KEDA_READING_FAILED = 2 /* the source answered with an error; decided like unknown */
};

enum keda_pod_phase {
    KEDA_POD_PENDING = 0,
    KEDA_POD_RUNNING = 1,
    KEDA_POD_FAILED = 2,
    KEDA_POD_OTHER = 3
};
enum keda_pod_ready {
    KEDA_POD_READY_ABSENT = 0,
    KEDA_POD_READY_TRUE = 1,
    KEDA_POD_READY_FALSE = 2,
    KEDA_POD_READY_UNKNOWN = 3
};

/** One pod under a Pods, Resource or ContainerResource metric, or a sample without a pod. */
typedef struct keda_pod_sample {
    size_t struct_size;
    int32_t is_listed;   /* 0: a sample of a name that is no pod of the selector */
    int32_t phase;       /* keda_pod_phase */
    int32_t is_deleting; /* has a deletion timestamp */
    int32_t ready;       /* keda_pod_ready: its Ready condition */
    int32_t has_start;   /* start_age_ms is known */
    int32_t has_sample;
    int32_t has_request; /* of the resource; without: a Utilization fails */
    int32_t reserved;
    int64_t start_age_ms;            /* since status.startTime */
    int64_t ready_transition_age_ms; /* since the Ready condition changed */
    int64_t request_milli;
    int64_t sample_milli;
    int64_t sample_age_ms;
    int64_t sample_window_ms; /* span the sample was taken over */
} keda_pod_sample;

enum keda_cached {
    KEDA_CACHED_NO = 0,      /* taken for this decision */
    KEDA_CACHED_READING = 1, /* of the last poll (KEDA: useCachedMetrics) */
    KEDA_CACHED_FALLBACK =
        2 /* likewise, and there it was in fallback: upstream keeps that value */
};

/** One metric's reading, in the order of keda_policy.metrics. */
typedef struct keda_reading {
    size_t struct_size;
    int32_t state;     /* keda_reading_state */
    int32_t is_active; /* the scaler's own answer: 1, 0; -1: compare raw with the threshold */
    double raw;        /* unrounded, for activity; not finite or negative counts as zero */
    const int64_t *items_milli;  /* thousandths, in order; one, or several for one metric */
    size_t nitems;               /* 0 with state OK: an empty answer, which is an error */
    int64_t age_ms;              /* how old the reading is; 0: taken for this decision */
    const keda_pod_sample *pods; /* of a Pods or resource metric, instead of items */
    size_t npods, pod_size;
    int32_t failures;  /* samples that failed in a row before this one; the caller carries over
                        * keda_proposal.failures of the decision before */
    int32_t is_cached; /* keda_cached */
    int32_t error;     /* keda_status of a reading that is not OK, for reports */
    int32_t reserved;
} keda_reading;
#define KEDA_READING_INIT                                                                      \
    {                                                                                          \
        sizeof(keda_reading), KEDA_READING_UNKNOWN, -1, 0.0, NULL, 0, 0, NULL, 0,              \
            sizeof(keda_pod_sample), 0, 0, 0, 0                                                \
    }

enum keda_due {
    KEDA_DUE_POLL = 1 << 0, /* activation and cooldown */
    KEDA_DUE_SYNC = 1 << 1, /* the HPA half */
    KEDA_DUE_PUSH = 1 << 2  /* a push signal: active now, whatever the readings say; without
                             * KEDA_DUE_POLL their errors are not looked at either */
};

/** All times of observation and history are on one clock, any origin, in milliseconds. */
typedef struct keda_observation {
    size_t struct_size;
    int64_t now_ms;
    int64_t created_ms;      /* when the workload was first seen, for initialCooldownPeriod */
    uint32_t due;            /* keda_due bits */
    int32_t spec_replicas;   /* wanted by the target now; -1: could not be read */
    int32_t status_replicas; /* existing now; -1: as spec_replicas */
    int32_t pods_total; /* for Value targets; -1: unknown, which counts as an error there */
    int32_t pods_ready; /* likewise */
    int32_t reserved;
    const keda_reading *readings;
    size_t nreadings, reading_size;
} keda_observation;
#define KEDA_OBSERVATION_INIT                                                                  \
    {                                                                                          \
        sizeof(keda_observation), 0, 0, 0, -1, -1, -1, -1, 0, NULL, 0, sizeof(keda_reading)    \
    }

/* ---- history: what is remembered between decisions ------------------------------------------ */

/** Opaque; the caller provides keda_history_size() bytes, aligned for int64_t. */
typedef struct keda_history keda_history;

/**
 * Bytes a history needs so that nothing a policy can still look at is ever dropped.
 *
 * policy       only its windows, periods and limits are read; of a wrong struct size: 0
 * min_sync_ms  shortest distance of two applied decisions which ran the HPA half; 12 bytes a sync
 *              within the longest window
 * thread       any
 */
KEDA_API size_t keda_history_size(const keda_policy *policy, int64_t min_sync_ms);

/**
 * Makes an empty history of size_bytes; also empties a used one.
 *
 * size_bytes  what keda_history_size gave, or more; a history which is too small for its policy
 *             drops the oldest first, and the next decisions say so (history_truncated)
 */
KEDA_API void keda_history_init(keda_history *history, size_t size_bytes);

/**
 * Replaces an initialised history by another one; for a policy that needs another size. What does
 * not fit is dropped, oldest first.
 */
KEDA_API void keda_history_copy(keda_history *history, const keda_history *from);

/** Seeds lastActiveTime, for a restart; has_last_active 0 forgets it. */
KEDA_API void keda_history_set_last_active(keda_history *history, int32_t has_last_active,
                                           int64_t last_active_ms);

/** 1 and *last_active_ms (may be NULL) when a trigger has ever been active, else 0. */
KEDA_API int32_t keda_history_last_active(const keda_history *history, int64_t *last_active_ms);

/* ---- decision ------------------------------------------------------------------------------- */

/** Which rule bound: why the count is what it is, or why nothing is written. */
enum keda_reason {
    KEDA_REASON_UNSET = 0,
    KEDA_REASON_UNREADABLE,       /* the target's count could not be read (D1) */
    KEDA_REASON_PAUSED,           /* full pause: nothing is done (D2) */
    KEDA_REASON_PAUSED_REPLICAS,  /* full pause: set to the count of the annotation */
    KEDA_REASON_PAUSED_SCALE_OUT, /* active, but scale-out is paused (D3) */
    KEDA_REASON_PAUSED_SCALE_IN,  /* inactive, but scale-in is paused (D10) */
    KEDA_REASON_ACTIVATED,        /* 0 or idle -> max(min, 1), or more with the HPA half (D4) */
    KEDA_REASON_COOLDOWN,         /* inactive, within the cooldown (D12, D14) */
    KEDA_REASON_DEACTIVATED,      /* inactive, cooldown over: idle, else min (D11, D13) */
    KEDA_REASON_TRIGGER_ERROR,  /* no active trigger and one failed: nothing is done (D8, D9) */
    KEDA_REASON_RAISED_TO_MIN,  /* inactive and below min (D16), or the HPA's bound */
    KEDA_REASON_LOWERED_TO_MAX, /* above max */
    KEDA_REASON_INACTIVE,       /* at rest (D17) */
    KEDA_REASON_NO_SYNC,        /* active; the HPA half was not due (D6, D7) */
    KEDA_REASON_METRIC,         /* the metric's proposal, unlimited */
    KEDA_REASON_TOLERANCE,      /* within tolerance of the present count */
    KEDA_REASON_STABILIZED,     /* held or raised by a stabilisation window */
    KEDA_REASON_SCALE_UP_LIMIT, /* a scale-up rate bound */
    KEDA_REASON_SCALE_DOWN_LIMIT, /* a scale-down rate bound */
    KEDA_REASON_TOO_MANY,         /* maxReplicaCount bound */
    KEDA_REASON_TOO_FEW,          /* minReplicaCount bound */
    KEDA_REASON_UNKNOWN_METRICS,  /* no usable reading, or a failed one blocks scaling down */
    KEDA_REASON_DISABLED,         /* HPA at zero replicas (ScalingDisabled) */
    KEDA_REASON_COUNT
};

/** Short stable name such as "ScaleUpLimit"; never NULL. */
KEDA_API const char *keda_reason_name(int32_t reason);

enum keda_condition_status {
    KEDA_CONDITION_ABSENT = 0, /* not set by this decision; keeps its value */
    KEDA_CONDITION_TRUE = 1,
    KEDA_CONDITION_FALSE = 2,
    KEDA_CONDITION_UNKNOWN = 3
};
enum keda_condition_type {
    KEDA_COND_READY = 0,
    KEDA_COND_ACTIVE = 1,
    KEDA_COND_PAUSED = 2,
    KEDA_COND_ABLE_TO_SCALE = 3, /* the HPA's three, complete after each HPA half */
    KEDA_COND_SCALING_ACTIVE = 4,
    KEDA_COND_SCALING_LIMITED = 5,
    KEDA_COND_FALLBACK = 6, /* only with a fallback that is in force */
    KEDA_COND_COUNT = 7
};

/** Reasons of conditions and failures, by the upstream's names (keda_cause_name). */
enum keda_cause {
    KEDA_CAUSE_NONE = 0,
    KEDA_CAUSE_SCALED_OBJECT_READY,
    KEDA_CAUSE_ERROR_GETTING_CURRENT_REPLICAS,
    KEDA_CAUSE_SCALED_OBJECT_PAUSED,
    KEDA_CAUSE_SCALER_ACTIVE,
    KEDA_CAUSE_SCALER_NOT_ACTIVE,
    KEDA_CAUSE_SCALER_COOLDOWN,
    KEDA_CAUSE_TRIGGER_ERROR,
    KEDA_CAUSE_PARTIAL_TRIGGER_ERROR,
    KEDA_CAUSE_SUCCEEDED_GET_SCALE,
    KEDA_CAUSE_READY_FOR_NEW_SCALE,
    KEDA_CAUSE_SCALE_DOWN_STABILIZED,
    KEDA_CAUSE_SCALE_UP_STABILIZED,
    KEDA_CAUSE_SUCCEEDED_RESCALE,
    KEDA_CAUSE_FAILED_GET_SCALE,
    KEDA_CAUSE_FAILED_UPDATE_SCALE,
    KEDA_CAUSE_VALID_METRIC_FOUND,
    KEDA_CAUSE_SCALING_DISABLED,
    KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC,
    KEDA_CAUSE_FAILED_GET_OBJECT_METRIC,
    KEDA_CAUSE_INVALID_METRIC_SOURCE_TYPE,
    KEDA_CAUSE_SCALE_UP_LIMIT,
    KEDA_CAUSE_SCALE_DOWN_LIMIT,
    KEDA_CAUSE_TOO_MANY_REPLICAS,
    KEDA_CAUSE_TOO_FEW_REPLICAS,
    KEDA_CAUSE_DESIRED_WITHIN_RANGE,
    KEDA_CAUSE_SCALED_OBJECT_UNPAUSED,
    KEDA_CAUSE_TARGET_TROUBLE, /* our own: keda_target_trouble */
    KEDA_CAUSE_FAILED_GET_PODS_METRIC,
    KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC,
    KEDA_CAUSE_FAILED_GET_CONTAINER_RESOURCE_METRIC,
    KEDA_CAUSE_FALLBACK_EXISTS,
    KEDA_CAUSE_NO_FALLBACK_FOUND,
    KEDA_CAUSE_SCALED_JOB_READY,
    KEDA_CAUSE_COUNT
};

/** Name of deviation bit number i, such as "FallbackZeroReady"; NULL beyond the last one. */
KEDA_API const char *keda_deviation_name(size_t i);

/** Text such as "ScaleUpLimit", by upstream where it has one; "" for KEDA_CAUSE_NONE. */
KEDA_API const char *keda_cause_name(int32_t cause);

typedef struct keda_condition {
    int32_t status; /* keda_condition_status */
    int32_t cause;  /* keda_cause */
} keda_condition;

/** What one metric asked for, before bounds, stabilisation and rate. */
typedef struct keda_proposal {
    size_t struct_size;
    int32_t is_ok;
    int32_t cause;    /* keda_cause when not ok */
    int32_t replicas; /* may be negative; saturates */
    int32_t within_tolerance;
    int64_t value_milli;         /* reading published for a Value target */
    int64_t average_value_milli; /* reading published for an AverageValue target */
    int32_t utilization_percent; /* reading published for a Utilization target; -1: none */
    int32_t failures;    /* samples that failed in a row, this one included (KEDA: fallback) */
    int32_t is_fallback; /* the reading was replaced by the fallback's value or, in the formula,
                          * by nil */
    int32_t reserved;
} keda_proposal;

enum keda_event {
    KEDA_EVENT_NONE = 0,
    KEDA_EVENT_ACTIVATED, /* KEDAScaleTargetActivated; ...ActivationFailed when the write failed */
    KEDA_EVENT_DEACTIVATED, /* KEDAScaleTargetDeactivated; ...DeactivationFailed */
    KEDA_EVENT_RESCALED     /* SuccessfulRescale of the HPA half; FailedRescale */
};

/** Result of keda_decide or keda_hpa_decide; plain data, may be copied. */
typedef struct keda_decision {
    size_t struct_size;
    int64_t now_ms;
    uint32_t due;           /* the halves that were run; without KEDA_DUE_SYNC, no HPA half */
    int32_t from;           /* spec replicas observed; -1: unreadable */
    int32_t to;             /* replicas wanted now; equals from when nothing is to be written */
    int32_t is_write;       /* the target is to be set to `to` */
    int32_t reason;         /* keda_reason: the rule that bound */
    int32_t event;          /* keda_event that a write of this decision stands for */
    int32_t is_active;      /* a trigger is active, or activation is forced */
    int32_t is_error;       /* a trigger has no usable reading */
    int32_t binding_metric; /* index of the metric whose proposal won; -1: none */
    int32_t metric_replicas;     /* the metrics' combined proposal; -1: no decision */
    int32_t is_consulted;        /* the HPA half looked at metrics */
    int32_t raw_replicas;        /* combined proposal, not below 0 */
    int32_t stabilized_replicas; /* after the stabilisation windows */
    int32_t limit_replicas;      /* bound that rate and min or max gave */
    int32_t hpa_desired;         /* desired count of the HPA half */
    int32_t hpa_is_error;        /* the HPA half would report an error */
    int32_t has_recommendation;  /* apply will remember raw_replicas */
    int32_t is_last_active_set;  /* apply will set lastActive to now */
    int32_t history_truncated;   /* the history is too small and has dropped its oldest */
    int32_t cooldown_left_s;     /* seconds until deactivation may happen; 0: none holds it */
    keda_condition conditions[KEDA_COND_COUNT];
    keda_proposal *proposals; /* caller's array, one per metric, or NULL; set before the call */
    size_t nproposals;        /* its length; set before the call */
    size_t proposal_size;     /* sizeof(keda_proposal) of the caller; set before the call */
    int64_t last_active_ms;   /* with is_last_active_set */
    int32_t longest_up_s,
        longest_down_s; /* longest policy periods; apply keeps scale events by them */
    int32_t down_window_s,
        up_window_s;      /* stabilisation windows; apply keeps recommendations by them */
    int32_t has_behavior; /* the algorithm with behaviours was used */
    int32_t hpa_status_current,
        hpa_status_desired; /* HPA status after a decision without a write */
    int32_t
        hpa_current; /* count the HPA half started from; -1: it was not run, or unreadable */
    int32_t hpa_is_write;    /* the HPA half wants another count than hpa_current */
    int32_t limit_window_ms; /* 15000: the doubling limit holds over that time; 0: per sync */
    int32_t is_paused;       /* full pause; apply forgets the HPA half's memory, as KEDA does */
    int32_t is_fallback;     /* some metric is in fallback */
    /* With a formula: its result, which the HPA half takes in place of the external metrics, whose
     * proposals stay empty; binding_metric is then nmetrics. */
    int32_t has_composite;
    int32_t
        composite_error; /* keda_status when the formula gave no value; its text: formula.h */
    int64_t composite_milli;
    keda_proposal composite;
} keda_decision;
#ifndef __cplusplus
#define KEDA_DECISION_INIT                                                                     \
    {                                                                                          \
        .struct_size = sizeof(keda_decision), .binding_metric = -1, .metric_replicas = -1,     \
        .proposal_size = sizeof(keda_proposal)                                                 \
    }
#else
#define KEDA_DECISION_INIT                                                                     \
    ([] {                                                                                      \
        keda_decision init = {};                                                               \
        init.struct_size = sizeof init;                                                        \
        init.binding_metric = -1;                                                              \
        init.metric_replicas = -1;                                                             \
        init.proposal_size = sizeof(keda_proposal);                                            \
        return init;                                                                           \
    }())
#endif

typedef enum keda_outcome {
    KEDA_OUTCOME_NOT_WRITTEN = 0, /* nothing was to be written, or a dry run */
    KEDA_OUTCOME_WRITTEN = 1,
    KEDA_OUTCOME_FAILED = 2
} keda_outcome;

/**
 * Decides; reads everything, changes only *out and its proposals. From zero (or idle) an activation
 * decides the HPA half in the same call, due or not, and the one write is the higher count.
 * Parked at zero (or idle), a due HPA half is only noted as disabled. After a deactivation or a
 * raise to min it is not run.
 *
 * history  NULL: nothing is remembered
 * out      from KEDA_DECISION_INIT; its proposals, if any, are filled when metrics are consulted;
 *          with has_fallback it needs one for each metric, where the failure counts are given
 * errors   KEDA_EINVAL for NULL, a wrong struct or element size, or too few proposals, and nothing
 *          else
 * thread   any
 */
KEDA_API KEDA_MUST_USE keda_status keda_decide(const keda_policy *policy,
                                               const keda_observation *seen,
                                               const keda_history *history, keda_decision *out);

/**
 * One reconcile of the HorizontalPodAutoscaler alone: bounds, metrics, stabilisation, rate. Pause,
 * activation, fallback and formula are KEDA's and not looked at; min is max(1, min_replicas) unless
 * hpa_min_zero.
 */
KEDA_API KEDA_MUST_USE keda_status keda_hpa_decide(const keda_policy *policy,
                                                   const keda_observation *seen,
                                                   const keda_history *history,
                                                   keda_decision *out);

/**
 * One metric's proposal alone (spec: HPA, one metric).
 *
 * current  spec.replicas and status.replicas as in the observation
 */
KEDA_API KEDA_MUST_USE keda_status keda_hpa_propose(const keda_policy *policy,
                                                    const keda_metric_policy *metric,
                                                    const keda_reading *reading,
                                                    const keda_observation *seen,
                                                    keda_proposal *out);

/**
 * Remembers a decision; the only change of a history apart from its seeding.
 *
 * outcome  scale events, and lastActive of an activation, are kept only for KEDA_OUTCOME_WRITTEN
 */
KEDA_API void keda_history_apply(keda_history *history, const keda_decision *decision,
                                 keda_outcome outcome);

/** Condition as it stands after the last apply; KEDA_CONDITION_ABSENT when never set. */
KEDA_API keda_condition keda_history_condition(const keda_history *history, int32_t type);

/** HPA status.currentReplicas and desiredReplicas after the last apply. Pointers may be NULL. */
KEDA_API void keda_history_hpa_status(const keda_history *history, int32_t *current,
                                      int32_t *desired);

/**
 * Writes one line that says why: "kafka lag 640 above target 100: 3 -> 7 (ScaleUpLimit)".
 *
 * names   a name per metric of the policy, for the text; NULL, or NULL entries: numbered
 * buf     overwritten; NUL-terminated, truncated to size
 */
KEDA_API void keda_decision_text(const keda_policy *policy, const keda_observation *seen,
                                 const keda_decision *decision, const char *const *names,
                                 char *buf, size_t size);

KEDA_END_DECLS

#endif
