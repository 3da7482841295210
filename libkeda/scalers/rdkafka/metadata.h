/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a cluster for the metadata of topics: a few by name, many in one request for all.
 */
#ifndef SCALERS_RDKAFKA_METADATA_H
#define SCALERS_RDKAFKA_METADATA_H

#include "cluster.h"

typedef enum kafka_extent {
    KAFKA_WANTED_TOPICS = 0,
    KAFKA_ALL_TOPICS /* whatever the cluster has is wanted */
} kafka_extent;

/*
 * Makes the wanted topics known to cluster->topics. Asks for those that are new, in doubt or without a
 * leader; for all that were used when what is known is old. Returns what asking failed with: topics known
 * before stay known then.
 */
rd_kafka_resp_err_t kafka_metadata_need(kafka_cluster *cluster, const kafka_names *wanted,
                                        kafka_extent extent, kafka_budget *budget);

#endif
