/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in for a metric that keeps failing (KEDA: fallback): when a fallback is in force, how
 * failures are counted, when it engages and what value it gives. Private to core.
 */
#ifndef CORE_FALLBACK_H
#define CORE_FALLBACK_H

#include "core/hpa.h"

#include <stdbool.h>

enum fallback_state {
    FALLBACK_OFF = 0, /* the reading stands, or its failure does */
    FALLBACK_VALUE,   /* value_milli stands in for it */
    FALLBACK_NIL      /* the formula sees nil */
};

/* One metric, this evaluation included. */
struct fallback {
    enum fallback_state state;
    bool is_in_force;  /* a fallback exists for this metric */
    bool is_exhausted; /* failed more often than the threshold allows */
    int32_t failures;  /* in a row */
    int32_t replicas;  /* with FALLBACK_VALUE: what the value makes the HPA want */
    int64_t value_milli;
};

/*
 * current  replicas of the target, for the behaviours that go by them; negative: unreadable
 *
 * The failures are those of the reading where nothing is counted: no fallback in force, a full
 * pause, neither a poll nor a sync due.
 */
struct fallback fallback_of(const keda_policy *policy, const keda_observation *seen,
                            size_t metric, int32_t current);

/* False when *out has too few proposals to hold the counts. */
bool fallback_has_room(const keda_policy *policy, const keda_decision *out);

/*
 * Empties the proposals, as far as they reach, but for the counts; sets is_fallback and the
 * condition Fallback.
 */
void fallback_note(const keda_policy *policy, const keda_observation *seen, keda_decision *out);

/* hpa_propose of the reading as it is or, while that fails, as the fallback has it. */
void fallback_propose(const keda_policy *policy, const struct hpa_rules *rules,
                      const keda_observation *seen, const struct hpa_scale *scale,
                      size_t metric, keda_proposal *out);

#endif
