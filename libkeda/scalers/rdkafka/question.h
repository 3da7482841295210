/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a round has to ask: the steps from polls to the partitions wanted of each group.
 */
#ifndef SCALERS_RDKAFKA_QUESTION_H
#define SCALERS_RDKAFKA_QUESTION_H

#include "metadata.h"
#include "plan.h"

/* Asks groups of triggers without topic for all they have. Errors: KEDA_ENOMEM. */
keda_status kafka_question_list(kafka_plan *plan, keda_error *err);
/* Learns the partitions of every topic named so far. Errors: KEDA_ENOMEM. */
keda_status kafka_question_learn(kafka_plan *plan, keda_error *err);
/* Marks what is wanted; triggers of topics in trouble fail. Errors: KEDA_ENOMEM. */
keda_status kafka_question_want(kafka_plan *plan, keda_error *err);

/* Asks for metadata within a part of the time; also when a broker contradicted them. */
rd_kafka_resp_err_t kafka_question_renew(kafka_plan *plan, kafka_extent extent);
/* Fails the task with the topic's own error. */
void kafka_question_fail_topic(const kafka_plan *plan, kafka_task *task, size_t topic);

#endif
