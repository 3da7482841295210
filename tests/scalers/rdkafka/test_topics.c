/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metadata cache: what it keeps, doubts, forgets, and when it is old.
 */
#include "scalers/rdkafka/topics.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* One topic of an answer; its partitions in the order given, each led by broker 1 or by none. */
static rd_kafka_metadata_topic_t answer(const char *name,
                                        rd_kafka_metadata_partition_t *partitions, int count,
                                        rd_kafka_resp_err_t err)
{
    return (rd_kafka_metadata_topic_t){(char *)(uintptr_t)name, count, partitions, err};
}

static void store(kafka_topics *topics, const char *name, int count)
{
    rd_kafka_metadata_partition_t partitions[8];
    rd_kafka_metadata_topic_t topic =
        answer(name, partitions, count, RD_KAFKA_RESP_ERR_NO_ERROR);

    for (int i = 0; i < count; i++)
        partitions[i] = (rd_kafka_metadata_partition_t){.id = count - 1 - i, .leader = 1};
    cr_assert(kafka_topics_store(topics, &topic));
}

Test(topics, keeps_partitions_by_id)
{
    kafka_topics topics;
    const kafka_topic *t;

    kafka_topics_init(&topics);
    cr_assert_null(kafka_topics_use(&topics, "t"));
    store(&topics, "t", 3);
    t = kafka_topics_use(&topics, "t");
    cr_assert_eq(t->count, 3);
    for (int32_t i = 0; i < 3; i++)
        cr_assert_eq(t->partitions[i].id, i);
    cr_assert(kafka_topic_is_sound(t));
    kafka_topics_clear(&topics);
}

Test(topics, is_sound_only_with_leaders_and_without_doubt)
{
    rd_kafka_metadata_partition_t partitions[2] = {{.id = 0, .leader = 1},
                                                   {.id = 1, .leader = -1}};
    rd_kafka_metadata_topic_t topic = answer("t", partitions, 2, RD_KAFKA_RESP_ERR_NO_ERROR);
    kafka_topics topics;
    kafka_topic *t;

    kafka_topics_init(&topics);
    t = kafka_topics_name(&topics, "t");
    cr_assert_not(kafka_topic_is_sound(t), "never answered");
    cr_assert(kafka_topics_store(&topics, &topic));
    cr_assert_not(kafka_topic_is_sound(t), "a partition has no leader");
    store(&topics, "t", 2);
    cr_assert(kafka_topic_is_sound(t));
    t->is_doubted = true;
    cr_assert_not(kafka_topic_is_sound(t));
    store(&topics, "t", 2);
    cr_assert(kafka_topic_is_sound(t), "a new answer ends the doubt");
    kafka_topics_store_error(&topics, "t", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    cr_assert_not(kafka_topic_is_sound(t));
    store(&topics, "t", 0);
    cr_assert_not(kafka_topic_is_sound(t), "it has no partition");
    kafka_topics_clear(&topics);
}

Test(topics, forgets_what_nobody_used_since_the_last_renewal)
{
    kafka_topics topics;

    kafka_topics_init(&topics);
    store(&topics, "a", 1);
    store(&topics, "b", 2);
    store(&topics, "c", 3);
    kafka_topics_renewed(&topics);
    kafka_topics_use(&topics, "a");
    kafka_topics_use(&topics, "c");
    cr_assert(kafka_topics_forget_unused(&topics));
    cr_assert_eq(topics.names.count, 2);
    cr_assert_null(kafka_topics_use(&topics, "b"));
    cr_assert_eq(kafka_topics_use(&topics, "c")->count, 3);
    cr_assert(kafka_topic_is_sound(kafka_topics_use(&topics, "c")));
    kafka_topics_clear(&topics);
}

Test(topics, is_old_until_renewed_and_when_expired)
{
    kafka_topics topics;

    kafka_topics_init(&topics);
    cr_assert(kafka_topics_are_old(&topics));
    kafka_topics_renewed(&topics);
    cr_assert_not(kafka_topics_are_old(&topics));
    kafka_topics_expire(&topics);
    cr_assert(kafka_topics_are_old(&topics));
    kafka_topics_clear(&topics);
}

Test(topics, holds_thousands)
{
    kafka_topics topics;
    char name[16];

    kafka_topics_init(&topics);
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "t%d", i);
        store(&topics, name, 2);
    }
    cr_assert(kafka_topics_forget_unused(&topics));
    cr_assert_eq(topics.names.count, 3000);
    cr_assert_eq(kafka_topics_use(&topics, "t2999")->count, 2);
    kafka_topics_clear(&topics);
}
