/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OffsetFetch by the client's asynchronous administration calls, which find each group's coordinator by
 * themselves. Called by the round, first for groups without topic, then for all that is asked for.
 */
#include "fetch.h"

#define MAX_IN_FLIGHT 256
#define SLICE_MS      100
/*
 * The longest the client allows. A call that times out while its coordinator cannot be reached leaves a
 * dangling reference in the client, which aborts the process when the coordinator is back (librdkafka
 * issue 4605, every version so far). So none of our calls may ever time out: the round stops waiting, and
 * the cluster gives the handle up, which ends what is pending without harm.
 */
#define NEVER_MS 3600000

void kafka_fetch_clear(kafka_fetch *fetch)
{
    if (fetch->ask != NULL)
        rd_kafka_topic_partition_list_destroy(fetch->ask);
    if (fetch->event != NULL)
        rd_kafka_event_destroy(fetch->event);
    *fetch = (kafka_fetch){.group = fetch->group};
}

static void start(kafka_cluster *c, kafka_fetch *fetch, rd_kafka_queue_t *queue)
{
    char text[8];
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(c->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_ListConsumerGroupOffsets_t *request =
        rd_kafka_ListConsumerGroupOffsets_new(fetch->group, fetch->ask);

    rd_kafka_AdminOptions_set_request_timeout(options, NEVER_MS, text, sizeof(text));
    rd_kafka_AdminOptions_set_opaque(options, fetch);
    rd_kafka_ListConsumerGroupOffsets(c->rk, &request, 1, options, queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
}

/* Three places where an error may be: the call, the group, each partition (left to the reader). */
static void finish(kafka_fetch *fetch, rd_kafka_event_t *event)
{
    const rd_kafka_ListConsumerGroupOffsets_result_t *result;
    const rd_kafka_group_result_t **groups;
    size_t count = 0;

    fetch->event = event;
    if ((fetch->err = rd_kafka_event_error(event)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    fetch->err = RD_KAFKA_RESP_ERR__BAD_MSG;
    if ((result = rd_kafka_event_ListConsumerGroupOffsets_result(event)) == NULL)
        return;
    groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    if (count != 1)
        return;
    fetch->err = rd_kafka_error_code(rd_kafka_group_result_error(groups[0]));
    if (fetch->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    fetch->answer = rd_kafka_group_result_partitions(groups[0]);
    if (fetch->answer == NULL)
        fetch->err = RD_KAFKA_RESP_ERR__BAD_MSG;
}

/* The client keeps coordinators for long, and forgets none on these answers. */
static bool is_elsewhere(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
}

/* Takes one answer, waiting a moment for it; returns how many came. */
static size_t take_one(kafka_cluster *c, rd_kafka_queue_t *queue, kafka_budget *budget)
{
    int left_ms = kafka_budget_left(budget);
    int wait_ms = left_ms > SLICE_MS ? SLICE_MS : left_ms;
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
    kafka_fetch *fetch;

    if (event == NULL) {
        kafka_budget_spend(budget, wait_ms);
        return 0;
    }
    if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT) {
        rd_kafka_event_destroy(event);
        return 0;
    }
    fetch = rd_kafka_event_opaque(event);
    finish(fetch, event);
    c->is_spoilt = c->is_spoilt || is_elsewhere(fetch->err);
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
        kafka_trouble_clear(&c->trouble);
    return 1;
}

void kafka_fetch_run(kafka_cluster *c, kafka_fetch *const *fetches, size_t count,
                     kafka_budget *budget)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
    size_t started = 0, ended = 0;

    for (size_t i = 0; i < count; i++)
        fetches[i]->err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    while (ended < count && kafka_budget_left(budget) > 0) {
        while (started < count && started - ended < MAX_IN_FLIGHT)
            start(c, fetches[started++], queue);
        ended += take_one(c, queue, budget);
    }
    c->is_spoilt = c->is_spoilt || ended < started;
    rd_kafka_queue_destroy(queue); /* what still comes is dropped by the client */
    kafka_cluster_listen(c);
}
