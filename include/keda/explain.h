/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a decision came out as it did: a record of its readings, proposals and bounds, the ring of a
 * workload's last records, and the texts made from them. Pure, as keda/decide.h: no clock, no
 * allocation, no I/O. A text is made from a record alone; nothing is decided again.
 */
#ifndef KEDA_EXPLAIN_H
#define KEDA_EXPLAIN_H

#include <keda/decide.h>

KEDA_BEGIN_DECLS

/** One metric of a record. */
typedef struct keda_record_metric {
    int64_t value_milli;  /* sum of the reading's items, or the fallback's value */
    int64_t target_milli; /* as in keda_metric_policy */
    int64_t activation_milli;
    int32_t replicas; /* its proposal */
    int32_t age_s; /* of the reading; of the last good one when it is not OK; -1: never one */
    int32_t failures; /* in a row */
    uint8_t state;    /* keda_reading_state */
    uint8_t error;    /* keda_status of a reading that is not OK */
    uint8_t source, target_type;
    uint8_t is_active, is_within;
    uint8_t is_fallback; /* 1: the fallback's value stands in; 2: nil does, in the formula */
    uint8_t is_ok; /* the reading is known and, where the HPA half took it, gave a proposal */
    int32_t index; /* its place in the policy */
} keda_record_metric;

/** The smallest change of one reading which would have changed the outcome. */
typedef struct keda_flip {
    int32_t metric;      /* -1: no reading alone would have; nmetrics: the formula's result */
    int32_t to;          /* the count it would have given; with metric -1 the one that stays, or
                          * -1 when that was not searched (see keda_decision_flip) */
    int64_t value_milli; /* the reading that would have been enough; never below 0 */
} keda_flip;

/** A decision with what it was made from; plain data. */
typedef struct keda_record {
    size_t struct_size;
    int64_t first_wall_ms, last_wall_ms; /* of a run of equal decisions */
    uint32_t runs;                       /* its length, >= 1 */
    uint32_t due;
    int32_t from, to, reason, event, outcome; /* keda_outcome */
    int32_t is_write, is_active, is_error, is_fallback, is_dry_run;
    int32_t binding_metric, metric_replicas, raw_replicas, stabilized_replicas, limit_replicas;
    int32_t hpa_current, hpa_desired, hpa_is_write, is_consulted, has_recommendation;
    int32_t cooldown_left_s, limit_window_ms;
    int32_t min_replicas, max_replicas; /* as the HPA half had them */
    int32_t up_window_s, down_window_s, has_behavior;
    double tolerance_up, tolerance_down;
    int32_t has_composite, composite_error;
    int64_t composite_milli;
    keda_condition conditions[KEDA_COND_COUNT];
    keda_flip flip;
    keda_record_metric *metrics; /* the caller's array; set before a call */
    size_t nmetrics;             /* its length before the call, the number filled after it */
    size_t nmetrics_all;         /* the policy's, which may be more */
    int32_t is_forced;           /* forced activation */
    int32_t pause;               /* keda_pause bits of the policy */
    int64_t composite_target_milli, composite_activation_milli;
    int32_t composite_target_type; /* keda_target_type */
    int32_t reserved;
} keda_record;
#ifndef __cplusplus
#define KEDA_RECORD_INIT                                                                       \
    {                                                                                          \
        .struct_size = sizeof(keda_record)                                                     \
    }
#else
#define KEDA_RECORD_INIT                                                                       \
    ([] {                                                                                      \
        keda_record init = {};                                                                 \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Fills a record. `decision` is what keda_decide gave for exactly these inputs; the history is the
 * one before keda_history_apply (the flip is searched with it).
 *
 * errors  KEDA_EINVAL for NULL or wrong struct sizes; KEDA_ELIMIT when `metrics` is too short: the
 *         first ones are filled, and the binding one in any case
 */
KEDA_API KEDA_MUST_USE keda_status keda_record_make(
    const keda_policy *policy, const keda_observation *seen, const keda_history *history,
    const keda_decision *decision, keda_outcome outcome, int64_t wall_ms, keda_record *out);

/**
 * The smallest change alone. The value is exact: applied to the reading (one item of that value, raw
 * the same in units, all else as it was; of a reading that is not known: a fresh one), a decision
 * from the same inputs gives flip->to, and one thousandth less of a change does not change the
 * outcome. The outcome is the count the target is to have. Of several metrics the one that is
 * smallest as a part of its target; an unknown reading counts as 0.
 *
 * With a formula a reading is looked for that alone takes its result to where the count turns: of
 * the first 8 that are one item each, as if the formula were piecewise affine. What is found is exact
 * as above, but another kind of formula may have a nearer change. Where none is found the formula's
 * result is told in place of a reading. Not searched (to -1): a formula that gave no value, more than
 * 32 metrics. Metrics of pods are not searched either, since one value
 * does not say what their pods report.
 */
KEDA_API KEDA_MUST_USE keda_status keda_decision_flip(const keda_policy *policy,
                                                      const keda_observation *seen,
                                                      const keda_history *history,
                                                      const keda_decision *decision,
                                                      keda_flip *out);

/**
 * One line, for logs and Events: "kafka lag 640 above target 100 per replica, wants 7: 3 -> 6
 * (ScaleUpLimit)".
 *
 * names  one a metric of the policy; NULL, or NULL entries: numbered
 * buf    overwritten; NUL-terminated, cut at size
 */
KEDA_API void keda_record_line(const keda_record *record, const char *const *names, char *buf,
                               size_t size);

/** Why this number and not another, in at most 12 lines of text, each ended by a newline. */
KEDA_API void keda_record_explain(const keda_record *record, const char *const *names,
                                  char *buf, size_t size);

/**
 * Whether a decision says more than the newest one that was kept. Not 0 but for a poll between two
 * syncs (KEDA_REASON_NO_SYNC) behind a sync with the same outcome, and for a poll and a sync that say
 * the same. Of metrics none are looked at when the reason of `made` is KEDA_REASON_NO_SYNC.
 */
KEDA_API int32_t keda_record_is_news(const keda_record *made, const keda_record *kept);

/* ---- the last decisions of a workload --------------------------------------------------------- */

/** Opaque, in the caller's memory: packed records, the oldest overwritten first. */
typedef struct keda_ring keda_ring;

/**
 * Bytes for `depth` records (1..255) of nmetrics each; 8 of one metric fit into 1 KiB. Numbers are
 * stored as long as they are: records full of huge ones may take the place of older ones.
 */
KEDA_API size_t keda_ring_size(size_t nmetrics, size_t depth);

/** Makes an empty ring of that many bytes; its depth is what fits. */
KEDA_API void keda_ring_init(keda_ring *ring, size_t size_bytes, size_t nmetrics);

/** Adds a record; one that says the same as the newest lengthens its run instead (times and ages
 * are not compared). */
KEDA_API void keda_ring_push(keda_ring *ring, const keda_record *record);

/** Records it holds, at most its depth. */
KEDA_API size_t keda_ring_count(const keda_ring *ring);

/** Record i, 0 the newest. Errors: KEDA_ENOTFOUND beyond the oldest; KEDA_ELIMIT as above. */
KEDA_API KEDA_MUST_USE keda_status keda_ring_at(const keda_ring *ring, size_t i,
                                                keda_record *out);

KEDA_END_DECLS

#endif
