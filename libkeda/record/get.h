/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What put.h writes, read back from a parsed line. What is not there has its default; what is there
 * and unknown is passed over (a newer minor version); what is there and wrong is an error.
 */
#ifndef RECORD_GET_H
#define RECORD_GET_H

#include "record/put.h"

/* A workload, by its last snapshot. */
typedef struct subject {
    keda_policy policy; /* points to what is below */
    keda_metric_policy *metrics;
    keda_scaling_rules up, down;
    keda_rate_policy *up_policies, *down_policies;
    char **names; /* policy.nmetrics */
    keda_history *history;
} subject;

/* One decision as it was recorded. */
typedef struct recorded {
    keda_observation
        seen; /* now_ms, ages and failures as of the last call of recorded_set_times */
    keda_reading *readings;
    int64_t **items;        /* a reading's */
    keda_pod_sample **pods; /* likewise */
    keda_decision result;
    keda_proposal *proposals;
    int32_t *counted; /* a proposal's failures beyond its reading's */
    bool has_proposals;
    int32_t outcome;
} recorded;

/* *out: zeroed before; subject_clear, also after an error. Errors: KEDA_EINVAL, KEDA_ENOMEM. */
keda_status get_snapshot(const json_t *line, subject *out, keda_error *err);
void subject_clear(subject *s);

/* Likewise. nmetrics: the policy's. */
keda_status get_decision(const json_t *line, size_t nmetrics, recorded *out, keda_error *err);
void recorded_clear(recorded *r);

/* `"NAME":[1,2,3]` of n numbers, all of them 0 when it is not there. */
keda_status get_numbers(const json_t *line, const char *name, int64_t *out, size_t n,
                        keda_error *err);

/* ---- pieces, for the two files of these */

/* A list of at most `max`; NULL and 0 when there is none. */
keda_status get_list(const json_t *object, const char *name, size_t max, const json_t **list,
                     size_t *n, keda_error *err);
/* An object, which must be there. */
keda_status get_map(const json_t *object, const char *name, const json_t **map,
                    keda_error *err);
/* Structs of `size` bytes each by a table; *out is the caller's, NULL when there are none. */
keda_status get_structs(const json_t *list, size_t n, const char *name, const members *table,
                        size_t size, void **out, keda_error *err);
/* All of them: those that are not there are absent. */
keda_status get_conditions(const json_t *object, keda_condition *out, keda_error *err);

#endif
