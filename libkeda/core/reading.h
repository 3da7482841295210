/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions about a policy and its readings which several rules ask: is a reading known, whose
 * metric is KEDA's to replace, what is a quantity as a double. Private to core.
 */
#ifndef CORE_READING_H
#define CORE_READING_H

#include <keda/decide.h>

#include <stdbool.h>
#include <stddef.h>

/*@ requires \valid_read(policy);
    assigns \nothing; */
static inline bool policy_deviates(const keda_policy *policy, enum keda_deviation deviation)
{
    return (policy->deviations & (uint32_t)deviation) != 0;
}

/* False for no reading at all too: unknown and failed are one thing here. */
static inline bool reading_is_known(const keda_reading *reading)
{
    return reading != NULL && reading->state == KEDA_READING_OK && reading->nitems > 0 &&
           reading->items_milli != NULL;
}

/* KEDA asks for it: it takes part in fallback and formula. */
static inline bool metric_is_external(const keda_metric_policy *metric)
{
    return metric->source == KEDA_SOURCE_EXTERNAL;
}

/* As a quantity becomes a double upstream, a product and not the nearest one: 1001 is
 * 1.0010000000000001 (KEDA: quantity to double). */
static inline double double_from_milli(int64_t milli)
{
    return (double)milli * 0.001;
}

/* One known item, borrowed. */
static inline keda_reading reading_of_milli(const int64_t *milli)
{
    keda_reading reading = KEDA_READING_INIT;
    reading.state = KEDA_READING_OK;
    reading.items_milli = milli;
    reading.nitems = 1;
    return reading;
}

#endif
