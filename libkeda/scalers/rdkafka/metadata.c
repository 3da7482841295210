/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metadata requests of a round. By name each topic costs a request, for all it is one with a large
 * answer; so neither many topics nor a large cluster make it dear. Called by the round.
 */
#include "metadata.h"

#include <string.h>

#define BY_NAME_AT_MOST 4
#define FIRST_SLICE_MS  250
#define MAX_ATTEMPTS    8

/*
 * One answer. Waits in slices, each twice as long as the one before: between them the client says why
 * nothing comes, and a cancel is seen. Each slice costs a request, so they may not be many. A refused login
 * ends it at once.
 */
static rd_kafka_resp_err_t ask(kafka_cluster *c, rd_kafka_topic_t *only,
                               const struct rd_kafka_metadata **out, kafka_budget *budget)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    uint32_t reports = c->trouble.count;
    int slice_ms = FIRST_SLICE_MS;

    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        int left_ms = kafka_budget_left(budget);
        int wait_ms = left_ms < slice_ms ? left_ms : slice_ms;

        if (wait_ms == 0)
            return err;
        err = rd_kafka_metadata(c->rk, only == NULL, only, out, wait_ms);
        kafka_cluster_listen(c);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            kafka_trouble_clear(&c->trouble);
            return err;
        }
        if (c->trouble.count != reports && kafka_is_refusal(c->trouble.code))
            return c->trouble.code;
        if (!kafka_is_silence(err))
            return err;
        kafka_budget_spend(budget, wait_ms);
        slice_ms *= 2;
    }
    return err;
}

static rd_kafka_resp_err_t ask_by_name(kafka_cluster *c, const char *name, kafka_budget *budget)
{
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(c->rk, name, NULL);
    rd_kafka_resp_err_t err;

    if (topic == NULL) {
        kafka_topics_store_error(&c->topics, name, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if ((err = ask(c, topic, &answer, budget)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        goto out;
    if (answer->topic_cnt != 1 || strcmp(answer->topics[0].topic, name) != 0)
        kafka_topics_store_error(&c->topics, name, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    else if (!kafka_topics_store(&c->topics, &answer->topics[0]))
        err = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    rd_kafka_metadata_destroy(answer);
out:
    rd_kafka_topic_destroy(topic);
    return err;
}

/* Keeps what is named here, or everything; what the answer lacks does not exist for us. */
static bool store_all(kafka_topics *topics, const struct rd_kafka_metadata *answer,
                      kafka_extent extent)
{
    for (size_t i = 0; i < topics->names.count; i++)
        topics->items[i].is_known = false;
    for (int i = 0; i < answer->topic_cnt; i++) {
        bool is_named =
            kafka_names_find(&topics->names, answer->topics[i].topic) != KAFKA_NO_NAME;
        if ((is_named || extent == KAFKA_ALL_TOPICS) &&
            !kafka_topics_store(topics, &answer->topics[i]))
            return false;
    }
    for (size_t i = 0; i < topics->names.count; i++) {
        if (!topics->items[i].is_known)
            kafka_topics_store_error(topics, topics->names.items[i],
                                     RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    return true;
}

static rd_kafka_resp_err_t ask_for_all(kafka_cluster *c, kafka_extent extent,
                                       kafka_budget *budget)
{
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t err = ask(c, NULL, &answer, budget);

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err;
    if (store_all(&c->topics, answer, extent)) {
        c->topics.has_all = extent == KAFKA_ALL_TOPICS;
        kafka_topics_renewed(&c->topics);
    } else {
        err = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    }
    rd_kafka_metadata_destroy(answer);
    return err;
}

static rd_kafka_resp_err_t ask_each(kafka_cluster *c, const size_t *numbers, size_t count,
                                    kafka_budget *budget)
{
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t err = ask_by_name(c, c->topics.names.items[numbers[i]], budget);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Topics to ask for, up to one more than can be asked by name. */
static size_t choose(const kafka_topics *topics, bool is_old, size_t *numbers)
{
    size_t count = 0;

    for (size_t i = 0; i < topics->names.count && count <= BY_NAME_AT_MOST; i++) {
        const kafka_topic *topic = &topics->items[i];
        if (is_old || (topic->is_used && !kafka_topic_is_sound(topic)))
            numbers[count++] = i;
    }
    return count;
}

rd_kafka_resp_err_t kafka_metadata_need(kafka_cluster *c, const kafka_names *wanted,
                                        kafka_extent extent, kafka_budget *budget)
{
    bool is_old = kafka_topics_are_old(&c->topics);
    size_t numbers[BY_NAME_AT_MOST + 1], count;
    rd_kafka_resp_err_t err;

    for (size_t i = 0; i < wanted->count; i++) {
        if (kafka_topics_name(&c->topics, wanted->items[i]) == NULL)
            return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    }
    if (is_old && !kafka_topics_forget_unused(&c->topics))
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    if (is_old && c->listing_pause > 0)
        c->listing_pause--;
    count = choose(&c->topics, is_old, numbers);
    if (extent == KAFKA_ALL_TOPICS && (is_old || !c->topics.has_all))
        return ask_for_all(c, extent, budget);
    if (count > BY_NAME_AT_MOST)
        return ask_for_all(c, c->topics.has_all ? KAFKA_ALL_TOPICS : extent, budget);
    err = ask_each(c, numbers, count, budget);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR && is_old) {
        c->topics.has_all = false;
        kafka_topics_renewed(&c->topics);
    }
    return err;
}
