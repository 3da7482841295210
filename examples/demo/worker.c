/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker, a process of its own: joins the consumer group, works on each message, reports its id,
 * then commits. Commit after work means that nothing is lost; a rebalance may repeat a message.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "demo.h"

#define WORK_MS 100

static volatile sig_atomic_t is_over;

static void on_term(int signal)
{
    (void)signal;
    is_over = 1;
}

static rd_kafka_t *consumer_open(const char *address)
{
    static const char *const settings[][2] = {{"group.id", DEMO_GROUP},
                                              {"auto.offset.reset", "earliest"},
                                              {"enable.auto.commit", "false"},
                                              {"session.timeout.ms", "3500"},
                                              {"heartbeat.interval.ms", "200"},
                                              {"fetch.wait.max.ms", "50"},
                                              {"log_level", "2"},
                                              {"fetch.error.backoff.ms", "50"},
                                              {"topic.metadata.refresh.interval.ms", "-1"},
                                              {"coordinator.query.interval.ms", "1000"}};
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, sizeof error) !=
            RD_KAFKA_CONF_OK)
            goto failed;
    if (rd_kafka_conf_set(conf, "bootstrap.servers", address, error, sizeof error) !=
        RD_KAFKA_CONF_OK)
        goto failed;
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    if (consumer != NULL) {
        rd_kafka_poll_set_consumer(consumer);
        return consumer;
    }
failed:
    fprintf(stderr, "worker: %s\n", error);
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static void work(void)
{
    const struct timespec pause = {.tv_nsec = WORK_MS * 1000000L};
    nanosleep(&pause, NULL);
}

/* The id, or -1 for what is no message of the demo. */
static int message_id(const rd_kafka_message_t *message)
{
    char text[16] = {0};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->len == 0 ||
        message->len >= sizeof text)
        return -1;
    memcpy(text, message->payload, message->len);
    return (int)strtol(text, NULL, 10);
}

int worker_main(const char *address, const char *report_path)
{
    struct sigaction action = {.sa_handler = on_term};
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *consumer = consumer_open(address);
    int rc = 1;

    sigaction(SIGTERM, &action, NULL);
    rd_kafka_topic_partition_list_add(topics, DEMO_TOPIC, RD_KAFKA_PARTITION_UA);
    if (consumer == NULL || rd_kafka_subscribe(consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
        goto out;
    while (!is_over) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
        const int id = message != NULL ? message_id(message) : -1;
        if (id >= 0) {
            work();
            if (report_send(report_path, id) == 0)
                (void)rd_kafka_commit_message(consumer, message, 0);
        }
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    rc = 0;
out:
    rd_kafka_topic_partition_list_destroy(topics);
    if (consumer != NULL) {
        rd_kafka_consumer_close(consumer);
        rd_kafka_destroy(consumer);
    }
    return rc;
}
