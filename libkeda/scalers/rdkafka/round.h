/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch of polls of one cluster, from the first request to the last poll ended.
 */
#ifndef SCALERS_RDKAFKA_ROUND_H
#define SCALERS_RDKAFKA_ROUND_H

#include "cluster.h"

/* Ends every poll exactly once. The cluster has a handle. */
void kafka_round_run(kafka_cluster *cluster, keda_poll *const *polls, size_t npolls);

#endif
