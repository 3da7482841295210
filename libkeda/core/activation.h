/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The activation half: KEDA's executor. Private to core.
 */
#ifndef CORE_ACTIVATION_H
#define CORE_ACTIVATION_H

#include <keda/decide.h>

#include <stdbool.h>

struct activity {
    bool is_active;
    bool is_error; /* a trigger has no usable reading */
};

/*
 * Combines the readings, forced activation and a push signal (KEDA: activity decision); with a
 * formula, its result as *out holds it.
 */
struct activity activity_of(const keda_policy *policy, const keda_observation *seen,
                            const keda_decision *out);

/* True where only the activation half may leave: zero, or at most the idle count. */
bool activation_is_parked(const keda_policy *policy, int32_t from);

/*
 * Rows D3-D17 of the executor's table, for a count which could be read and no full pause; sets
 * to, is_write, reason, event, lastActive and the conditions Ready and Active.
 */
void activation_decide(const keda_policy *policy, const keda_observation *seen,
                       const keda_history *history, keda_decision *out);

#endif
