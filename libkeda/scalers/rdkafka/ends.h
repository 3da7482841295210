/* SPDX-License-Identifier: Apache-2.0 */
/*
 * End offsets of many partitions: one request for each leader, whoever wants them.
 */
#ifndef SCALERS_RDKAFKA_ENDS_H
#define SCALERS_RDKAFKA_ENDS_H

#include "cluster.h"

typedef struct kafka_end {
    const char *topic; /* borrowed */
    int32_t id;
    int32_t leader;
    int64_t offset; /* LAG_ABSENT when the answer lacks it */
    rd_kafka_resp_err_t err;
} kafka_end;

typedef enum kafka_patience {
    KAFKA_STOP_IN_DOUBT = 0, /* give up when a broker contradicts the metadata */
    KAFKA_FIND_CULPRITS      /* divide until only the failing partitions fail */
} kafka_patience;

/*
 * Asks for all of them; each ends with an offset or an error. Returns false when the metadata should be
 * renewed and everything asked again (KAFKA_STOP_IN_DOUBT only).
 */
bool kafka_ends_ask(kafka_cluster *cluster, kafka_end *ends, size_t count,
                    kafka_patience patience, kafka_budget *budget);

#endif
