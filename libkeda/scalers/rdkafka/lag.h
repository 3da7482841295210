/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lag of one trigger: from committed and end offsets to a metric value and an activity, and the
 * memory that tells a stuck consumer from a slow one. Pure: no I/O, no client library.
 */
#ifndef SCALERS_RDKAFKA_LAG_H
#define SCALERS_RDKAFKA_LAG_H

#include <stdbool.h>

#include <keda/error.h>

/* Offsets that are no offset. */
#define LAG_NONE   (-1)      /* committed: the group has none for this partition */
#define LAG_ABSENT INT64_MIN /* the answer lacks this partition */

typedef enum lag_policy {
    LAG_POLICY_UNSET = 0, /* neither: a missing commit is taken as offset -1 */
    LAG_LATEST,
    LAG_EARLIEST
} lag_policy;

typedef struct lag_rules {
    int64_t threshold; /* > 0 */
    int64_t activation;
    lag_policy policy;
    bool allow_idle;         /* more replicas than partitions are welcome */
    bool exclude_persistent; /* what nobody works on does not scale */
    bool zero_on_invalid;    /* no commit counts as no lag */
    bool limit_to_lagging;   /* at most one replica for each partition with lag */
    bool ensure_even;        /* replicas divide the partitions */
} lag_rules;

typedef struct lag_partition {
    const char *topic; /* partitions of one topic are neighbours */
    int32_t id;
    int64_t committed; /* an offset, LAG_NONE or LAG_ABSENT */
    int64_t end;       /* an offset or LAG_ABSENT */
} lag_partition;

/* Last committed offset of each partition, as of the last poll that moved it on. Zeroed is empty. */
typedef struct lag_memory {
    struct lag_topic *topics;
    size_t count;
} lag_memory;

typedef enum lag_remember {
    LAG_LOOK = 0, /* a sample between polls: the memory stays as it is */
    LAG_MOVE_ON   /* a poll: what is committed now is remembered */
} lag_remember;

typedef struct lag_result {
    int64_t value; /* may be negative: the metric shows 0 then */
    bool is_active;
} lag_result;

/**
 * Computes value and activity (KEDA: kafka scaler).
 *
 * partitions  those of the trigger; one without end offset does not count at all
 * errors      KEDA_EPROTOCOL when a committed offset is absent, KEDA_ENOMEM; the memory is untouched
 */
keda_status lag_compute(const lag_rules *rules, const lag_partition *partitions, size_t count,
                        lag_memory *memory, lag_remember remember, lag_result *out,
                        keda_error *err);

/* Frees what is remembered and leaves an empty memory. */
void lag_memory_clear(lag_memory *memory);

#endif
