/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several triggers -> one value, by the formula of scalingModifiers. Private to core.
 */
#ifndef CORE_COMPOSITE_H
#define CORE_COMPOSITE_H

#include "core/hpa.h"

/*
 * Fills has_composite, composite_error, composite_milli and composite.is_fallback; the policy has a
 * formula, whose variables are overwritten.
 *
 * current  replicas of the target, as for fallback_of
 */
void composite_note(const keda_policy *policy, const keda_observation *seen, int32_t current,
                    keda_decision *out);

/*
 * Fills *into's proposal of the composite value: to the HPA it is one External metric (KEDA:
 * composite-metric).
 */
void composite_propose(const keda_policy *policy, const struct hpa_rules *rules,
                       const struct hpa_scale *scale, keda_decision *into);

#endif
