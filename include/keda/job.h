/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision of a ScaledJob's poll: how many Jobs to create, from its triggers and the Jobs there
 * are (KEDA: ScaledJob, poll and scaling decision). Pure and total, as keda/decide.h.
 */
#ifndef KEDA_JOB_H
#define KEDA_JOB_H

#include <keda/decide.h>

KEDA_BEGIN_DECLS

enum keda_job_strategy { /* scalingStrategy.strategy; anything unknown is the default */
                         KEDA_JOB_DEFAULT = 0,
                         KEDA_JOB_CUSTOM = 1,
                         KEDA_JOB_ACCURATE = 2,
                         KEDA_JOB_EAGER = 3
};

enum keda_job_calculation { /* scalingStrategy.multipleScalersCalculation; likewise */
                            KEDA_JOB_MAX = 0,
                            KEDA_JOB_MIN = 1,
                            KEDA_JOB_AVG = 2,
                            KEDA_JOB_SUM = 3
};

typedef struct keda_job_policy {
    size_t struct_size;
    int32_t min_jobs; /* minReplicaCount; -1: unset (0) */
    int32_t max_jobs; /* maxReplicaCount; -1: unset (100) */
    int32_t strategy, calculation;
    int32_t deduction;   /* customScalingQueueLengthDeduction */
    uint32_t deviations; /* keda_deviation bits */
    double
        running_percentage; /* customScalingRunningJobPercentage; NaN: not a number, which makes
                                * the custom strategy the default one */
} keda_job_policy;
#define KEDA_JOB_POLICY_INIT                                                                   \
    {                                                                                          \
        sizeof(keda_job_policy), -1, -1, KEDA_JOB_DEFAULT, KEDA_JOB_MAX, 0, 0, 0.0             \
    }

/** One trigger's answer. */
typedef struct keda_job_reading {
    size_t struct_size;
    int32_t state;              /* keda_reading_state; one that is not OK takes no part */
    int32_t is_active;          /* the scaler's own answer */
    double target;              /* mean of the averageValues of its metrics; 0: none */
    const int64_t *items_milli; /* values of its first metric, in thousandths */
    size_t nitems;
} keda_job_reading;

typedef struct keda_job_observation {
    size_t struct_size;
    int32_t running;     /* Jobs that have not finished, suspended and pending ones included */
    int32_t pending;     /* of these, the ones without a pod at work (keda_job_is_pending) */
    int32_t is_unlisted; /* the Jobs could not be listed; the counts are then 0 */
    int32_t is_error;    /* a trigger failed of which there is no reading */
    const keda_job_reading *readings;
    size_t nreadings, reading_size;
} keda_job_observation;
#define KEDA_JOB_OBSERVATION_INIT                                                              \
    {                                                                                          \
        sizeof(keda_job_observation), 0, 0, 0, 0, NULL, 0, sizeof(keda_job_reading)            \
    }

/** What one trigger asks for. */
typedef struct keda_job_demand {
    double queue_length; /* sum of its values */
    double max_value;    /* queue_length / target, at most the budget */
} keda_job_demand;

typedef struct keda_job_decision {
    size_t struct_size;
    int32_t is_active, is_error;
    double queue_length; /* of all triggers */
    double max_value;
    int64_t scale_to;  /* queue_length, rounded up */
    int64_t max_scale; /* max_value, rounded up */
    int32_t effective; /* Jobs the strategy allows, not below 0 */
    int32_t create;    /* Jobs to create now */
    int32_t is_last_active_set;
    int32_t is_held; /* the Jobs are unknown, so nothing is created (J4d) */
    keda_condition ready, active;
    keda_job_demand *demands; /* the caller's array, or NULL; set before the call */
    size_t ndemands;
} keda_job_decision;
#ifndef __cplusplus
#define KEDA_JOB_DECISION_INIT                                                                 \
    {                                                                                          \
        .struct_size = sizeof(keda_job_decision)                                               \
    }
#else
#define KEDA_JOB_DECISION_INIT                                                                 \
    ([] {                                                                                      \
        keda_job_decision init = {};                                                           \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Decides one poll.
 *
 * out     from KEDA_JOB_DECISION_INIT
 * errors  KEDA_EINVAL for NULL or a wrong struct or element size, and nothing else
 */
KEDA_API KEDA_MUST_USE keda_status keda_job_decide(const keda_job_policy *policy,
                                                   const keda_job_observation *seen,
                                                   keda_job_decision *out);

/** A pod of a Job: its phase, and the types of those of its conditions which are True. */
typedef struct keda_job_pod {
    size_t struct_size;
    int32_t is_at_work; /* its phase is Running or Succeeded */
    const char *const *conditions;
    size_t nconditions;
} keda_job_pod;

/**
 * 1 when an unfinished Job counts as pending (KEDA: counting Jobs).
 *
 * wanted  pendingPodConditions; with none, a pod at work is enough
 */
KEDA_API int32_t keda_job_is_pending(const char *const *wanted, size_t nwanted,
                                     const keda_job_pod *pods, size_t npods, size_t pod_size);

/**
 * Which finished Jobs are beyond the history limit: sets out[i] to 1, else 0.
 *
 * finished_ms  when each was finished: completionTime, else when its Failed condition came, else its
 *              creation (J6c)
 * limit        successfulJobsHistoryLimit or failedJobsHistoryLimit; negative counts as 0
 */
KEDA_API void keda_job_history(const int64_t *finished_ms, size_t njobs, int32_t limit,
                               uint8_t *out);

KEDA_END_DECLS

#endif
