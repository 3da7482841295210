/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records inside core: what keda_record_make and the flip share, and a record without a flip for
 * keda_decision_text. Private to core.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include <keda/explain.h>

#include <stdbool.h>

/* The largest number of metrics among which a flip is searched. */
enum { FLIP_METRICS = 32 };

/* is_fallback of a metric: what stands in for its reading. */
enum { RECORD_BY_VALUE = 1, RECORD_BY_NIL = 2 };

/* False when NULL or of a struct or element size this library does not know. */
bool record_inputs_are_sound(const keda_policy *policy, const keda_observation *seen,
                             const keda_decision *decision);

/* All but times, outcome and flip; inputs are sound. False when the metrics do not all fit. */
bool record_fill(const keda_policy *policy, const keda_observation *seen,
                 const keda_decision *decision, keda_record *out);

/* keda_decision_flip of sound inputs. */
keda_flip record_flip(const keda_policy *policy, const keda_observation *seen,
                      const keda_history *history, const keda_decision *decision);

/* Results of a formula that would have changed the count; -1: none. */
struct flip_results {
    int64_t below, above; /* the result that was */
    int64_t nearest;      /* distance of the nearer one, at least 1 */
};

/* keda_decision_flip of a reading that a formula takes; metric -1 when there is none. */
keda_flip record_flip_variable(const keda_policy *policy, const keda_observation *seen,
                               const keda_history *history, const keda_decision *decision,
                               const struct flip_results *results);

/* An item and a metric known, as the core counts it. */
static inline bool record_reading_is_known(const keda_reading *reading)
{
    return reading != NULL && reading->state == KEDA_READING_OK &&
           ((reading->nitems > 0 && reading->items_milli != NULL) || reading->npods > 0);
}

static inline bool record_source_is_pods(int32_t source)
{
    return source != KEDA_SOURCE_EXTERNAL && source != KEDA_SOURCE_OBJECT;
}

#endif
