/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Committed offsets of many groups at once: one request for each, all on one reply queue.
 */
#ifndef SCALERS_RDKAFKA_FETCH_H
#define SCALERS_RDKAFKA_FETCH_H

#include "cluster.h"

typedef struct kafka_fetch {
    const char *group;                             /* borrowed */
    rd_kafka_topic_partition_list_t *ask;          /* owned; NULL: all the group has */
    const rd_kafka_topic_partition_list_t *answer; /* in event; NULL when it failed */
    rd_kafka_event_t *event;                       /* owned */
    rd_kafka_resp_err_t err;
} kafka_fetch;

/* Runs them all, a bounded number at a time; each ends with an answer or an error. */
void kafka_fetch_run(kafka_cluster *cluster, kafka_fetch *const *fetches, size_t count,
                     kafka_budget *budget);
void kafka_fetch_clear(kafka_fetch *fetch);

#endif
