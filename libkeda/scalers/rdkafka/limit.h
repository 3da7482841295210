/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partitionLimitation: which partitions of a topic a trigger looks at. Kept as ranges, since a text may
 * name billions. Pure; used by the check of the parameters and by the round.
 */
#ifndef SCALERS_RDKAFKA_LIMIT_H
#define SCALERS_RDKAFKA_LIMIT_H

#include <stdbool.h>

#include <keda/error.h>

typedef struct kafka_range {
    int32_t first, last; /* none when first > last */
} kafka_range;

typedef struct kafka_limit {
    bool is_set; /* false: every partition */
    kafka_range *ranges;
    size_t count;
} kafka_limit;

/**
 * Parses "1,2,5-8".
 *
 * text    NULL or blank: no limit
 * out     written on success; cleared by the caller
 * errors  KEDA_EINVAL, KEDA_ENOMEM
 */
keda_status kafka_limit_parse(const char *text, kafka_limit *out, keda_error *err);
void kafka_limit_clear(kafka_limit *limit);

bool kafka_limit_allows(const kafka_limit *limit, int32_t partition);

#endif
