/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of the HPA half, in the order of one reconcile: propose, combine, stabilise, limit.
 * Each is a pure function in a file of its own; hpa.c runs them. Private to core.
 */
#ifndef CORE_HPA_H
#define CORE_HPA_H

#include "core/history.h"
#include "core/rules.h"

/* The scale subresource and the pods behind it, as one reconcile sees them. */
struct hpa_scale {
    int32_t spec, status;
    int32_t pods_total, pods_ready; /* negative: unknown */
};

/* --- propose.c: one metric -------------------------------------------------------------------- */

/* Sum of a reading's items as its target type wants it; false when the reading is unusable. */
bool hpa_reading_sum(const keda_metric_policy *metric, const keda_reading *reading,
                     int64_t *sum);

/* Fills *out, whose struct_size stays. */
void hpa_propose(const struct hpa_rules *rules, const keda_metric_policy *metric,
                 const keda_reading *reading, const struct hpa_scale *scale,
                 keda_proposal *out);

/* Both ends inclusive, false for NaN. Not |ratio - 1| <= tolerance, which rounds differently. */
static inline bool hpa_is_within(const struct hpa_rules *rules, double ratio)
{
    return (1.0 - rules->tol_down) <= ratio && ratio <= (1.0 + rules->tol_up);
}

/* --- propose_pods.c: one metric of the pods ---------------------------------------------------- */

/* False when the reading is unusable. The policy's target is at least 1. */
bool hpa_propose_pods(const struct hpa_rules *rules, const keda_metric_policy *metric,
                      const keda_reading *reading, int32_t spec, keda_proposal *out);

/* --- combine.c: several metrics --------------------------------------------------------------- */

struct hpa_combined {
    bool has_decision;
    bool has_failure;
    bool is_within;        /* the winning proposal came from the tolerance */
    int32_t replicas;      /* the highest proposal */
    int32_t binding;       /* its metric; -1: none */
    int32_t failure_cause; /* of the first failure */
};

/*
 * Proposals, where given, hold one element a metric as far as they reach. What a fallback stands in
 * for is replaced, and with a formula its result, which *into holds, stands for all external
 * metrics.
 */
struct hpa_combined hpa_combine(const keda_policy *policy, const struct hpa_rules *rules,
                                const keda_observation *seen, const struct hpa_scale *scale,
                                keda_decision *into);

/* --- stabilize.c ------------------------------------------------------------------------------ */

struct hpa_stable {
    int32_t replicas;
    int32_t cause; /* of AbleToScale */
};

struct hpa_stable hpa_stabilize(const struct hpa_rules *rules, const struct history_list *recs,
                                int32_t current, int32_t raw, int64_t now_ms);

/* --- rate.c ----------------------------------------------------------------------------------- */

struct hpa_limited {
    int32_t replicas;
    int32_t bound; /* the nearest bound in the direction wanted */
    int32_t cause; /* of ScalingLimited */
    bool is_limited;
};

struct hpa_limited hpa_limit(const struct hpa_rules *rules, const keda_history *history,
                             int32_t current, int32_t stable, int64_t now_ms);

/* --- hpa.c ------------------------------------------------------------------------------------ */

enum hpa_mode {
    HPA_RUN,
    HPA_PARKED /* zero or idle under KEDA: nothing is decided until an activation */
};

/*
 * One reconcile; fills the HPA half's members and conditions of *out and returns the keda_reason
 * that bound. scale->spec negative: the count could not be read.
 */
int32_t hpa_reconcile(const keda_policy *policy, const struct hpa_rules *rules,
                      const keda_observation *seen, const struct hpa_scale *scale,
                      enum hpa_mode mode, const keda_history *history, keda_decision *out);

/* --- shared by the halves --------------------------------------------------------------------- */

/*@ requires \valid(out) && 0 <= type < KEDA_COND_COUNT;
    assigns out->conditions[type]; */
static inline void decision_condition(keda_decision *out, enum keda_condition_type type,
                                      enum keda_condition_status status, int32_t cause)
{
    out->conditions[type] = (keda_condition){.status = (int32_t)status, .cause = cause};
}

/* i is below the decision's number of proposals. */
static inline keda_proposal *decision_proposal(const keda_decision *out, size_t i)
{
    return (void *)((char *)out->proposals + i * out->proposal_size);
}

#endif
