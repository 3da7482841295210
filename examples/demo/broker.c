/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kafka broker inside the process (librdkafka's mock cluster, which speaks the real protocol on a
 * loopback port) and the producer that follows the plan: a trickle, then a burst.
 */
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "demo.h"

struct broker {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *cluster;
    int produced;
};

/* How many messages exist after elapsed_ms: a straight line between these corners. */
static const struct {
    int64_t at_ms;
    int total;
} plan[] = {{0, 0}, {1500, 0}, {1600, 20}, {7000, 20}, {9000, 380}, {10000, DEMO_MESSAGES}};
#define NPLAN (sizeof plan / sizeof plan[0])

int64_t broker_plan_ms(void)
{
    return plan[NPLAN - 1].at_ms;
}

static int planned(int64_t elapsed_ms)
{
    for (size_t i = 1; i < NPLAN; i++) {
        if (elapsed_ms >= plan[i].at_ms)
            continue;
        const int64_t span = plan[i].at_ms - plan[i - 1].at_ms;
        const int64_t part =
            (plan[i].total - plan[i - 1].total) * (elapsed_ms - plan[i - 1].at_ms);
        return plan[i - 1].total + (int)(part / span);
    }
    return DEMO_MESSAGES;
}

broker *broker_open(char *error, size_t size)
{
    broker *b = calloc(1, sizeof *b);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (b == NULL || conf == NULL)
        goto failed;
    if (rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", error, size) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "log_level", "2", error, size) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "linger.ms", "5", error, size) != RD_KAFKA_CONF_OK)
        goto failed;
    b->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, size);
    if (b->producer == NULL)
        goto failed;
    conf = NULL;
    b->cluster = rd_kafka_handle_mock_cluster(b->producer);
    if (b->cluster == NULL ||
        rd_kafka_mock_topic_create(b->cluster, DEMO_TOPIC, DEMO_PARTITIONS, 1) != 0) {
        snprintf(error, size, "the embedded broker did not start");
        goto failed;
    }
    return b;
failed:
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
    broker_close(b);
    return NULL;
}

const char *broker_address(const broker *b)
{
    return rd_kafka_mock_cluster_bootstraps(b->cluster);
}

int broker_produced(const broker *b)
{
    return b->produced;
}

int broker_produce(broker *b, int64_t elapsed_ms, char *error, size_t size)
{
    const int until = planned(elapsed_ms);

    while (b->produced < until) {
        char id[16];
        const int length = snprintf(id, sizeof id, "%d", b->produced);
        const rd_kafka_resp_err_t failure =
            rd_kafka_producev(b->producer, RD_KAFKA_V_TOPIC(DEMO_TOPIC),
                              RD_KAFKA_V_PARTITION(b->produced % DEMO_PARTITIONS),
                              RD_KAFKA_V_VALUE(id, (size_t)length),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
            snprintf(error, size, "produce: %s", rd_kafka_err2str(failure));
            return -1;
        }
        b->produced++;
    }
    rd_kafka_poll(b->producer, 0);
    return 0;
}

void broker_close(broker *b)
{
    if (b == NULL)
        return;
    if (b->producer != NULL) {
        rd_kafka_flush(b->producer, 1000);
        rd_kafka_destroy(b->producer); /* takes the mock cluster with it */
    }
    free(b);
}
