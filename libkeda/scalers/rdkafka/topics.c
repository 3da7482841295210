/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the metadata cache of one cluster: storing, forgetting, ageing. Asks nobody; metadata.c does.
 */
#include "topics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_AGE_S 60

void kafka_topics_init(kafka_topics *topics)
{
    *topics =
        (kafka_topics){.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
    topics->has_timer = topics->timer >= 0;
}

static void clear_items(kafka_topics *topics)
{
    for (size_t i = 0; i < topics->names.count; i++)
        free(topics->items[i].partitions);
    free(topics->items);
    kafka_names_clear(&topics->names);
    topics->items = NULL;
    topics->capacity = 0;
}

void kafka_topics_clear(kafka_topics *topics)
{
    clear_items(topics);
    if (topics->has_timer)
        close(topics->timer);
    topics->has_timer = false;
}

kafka_topic *kafka_topics_use(kafka_topics *topics, const char *name)
{
    size_t number = kafka_names_find(&topics->names, name);

    if (number == KAFKA_NO_NAME || topics->items == NULL)
        return NULL;
    topics->items[number].is_used = true;
    return &topics->items[number];
}

static bool reserve(kafka_topics *topics)
{
    size_t capacity = topics->capacity == 0 ? 16 : topics->capacity * 2;
    kafka_topic *items;

    if (topics->names.count < topics->capacity)
        return true;
    if ((items = realloc(topics->items, capacity * sizeof(*items))) == NULL)
        return false;
    topics->items = items;
    topics->capacity = capacity;
    return true;
}

kafka_topic *kafka_topics_name(kafka_topics *topics, const char *name)
{
    kafka_topic *known = kafka_topics_use(topics, name);
    size_t number;

    if (known != NULL)
        return known;
    if (!reserve(topics) || (number = kafka_names_add(&topics->names, name)) == KAFKA_NO_NAME)
        return NULL;
    topics->items[number] = (kafka_topic){.is_used = true};
    return &topics->items[number];
}

bool kafka_topic_is_sound(const kafka_topic *topic)
{
    if (!topic->is_known || topic->is_doubted || topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    for (size_t i = 0; i < topic->count; i++) {
        if (topic->partitions[i].leader < 0)
            return false;
    }
    return topic->count > 0;
}

static int compare_partitions(const void *a, const void *b)
{
    int32_t first = ((const kafka_partition *)a)->id, second = ((const kafka_partition *)b)->id;

    return (first > second) - (first < second);
}

bool kafka_topics_store(kafka_topics *topics, const rd_kafka_metadata_topic_t *answer)
{
    kafka_topic *topic = kafka_topics_name(topics, answer->topic);
    size_t count = answer->partition_cnt > 0 ? (size_t)answer->partition_cnt : 0;
    kafka_partition *partitions = calloc(count + 1, sizeof(*partitions));

    if (topic == NULL || partitions == NULL) {
        free(partitions);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        partitions[i] =
            (kafka_partition){answer->partitions[i].id, answer->partitions[i].leader};
    qsort(partitions, count, sizeof(*partitions), compare_partitions);
    free(topic->partitions);
    topic->partitions = partitions;
    topic->count = count;
    topic->err = answer->err;
    topic->is_known = true;
    topic->is_doubted = false;
    return true;
}

void kafka_topics_store_error(kafka_topics *topics, const char *name, rd_kafka_resp_err_t err)
{
    kafka_topic *topic = kafka_topics_use(topics, name);

    if (topic == NULL)
        return;
    topic->count = 0;
    topic->err = err;
    topic->is_known = true;
    topic->is_doubted = false;
}

/* They belong to another list. */
static void lend_partitions(kafka_topics *topics)
{
    for (size_t i = 0; i < topics->names.count; i++)
        topics->items[i].partitions = NULL;
}

bool kafka_topics_forget_unused(kafka_topics *topics)
{
    kafka_topics kept = {.has_timer = topics->has_timer, .timer = topics->timer};

    for (size_t i = 0; i < topics->names.count; i++) {
        kafka_topic *copy, *item = &topics->items[i];
        if (!item->is_used)
            continue;
        if ((copy = kafka_topics_name(&kept, topics->names.items[i])) == NULL) {
            lend_partitions(&kept);
            clear_items(&kept);
            return false;
        }
        *copy = *item;
    }
    for (size_t i = 0; i < topics->names.count; i++) {
        if (topics->items[i].is_used)
            topics->items[i].partitions = NULL; /* moved */
    }
    clear_items(topics);
    *topics = kept;
    return true;
}

void kafka_topics_renewed(kafka_topics *topics)
{
    static const struct itimerspec age = {.it_value = {.tv_sec = MAX_AGE_S}};

    for (size_t i = 0; i < topics->names.count; i++)
        topics->items[i].is_used = false;
    if (topics->has_timer && timerfd_settime(topics->timer, 0, &age, NULL) != 0) {
        close(topics->timer);
        topics->has_timer = false;
    }
}

void kafka_topics_expire(kafka_topics *topics)
{
    static const struct itimerspec disarmed = {.it_value = {.tv_sec = 0}};

    if (topics->has_timer)
        timerfd_settime(topics->timer, 0, &disarmed, NULL);
}

bool kafka_topics_are_old(kafka_topics *topics)
{
    struct itimerspec left = {.it_value = {.tv_sec = 0}};

    if (!topics->has_timer || timerfd_gettime(topics->timer, &left) != 0)
        return true;
    return left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0;
}
