/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a cluster's topics: partitions and their leaders, at most a minute old. Only topics
 * that triggers look at are kept.
 */
#ifndef SCALERS_RDKAFKA_TOPICS_H
#define SCALERS_RDKAFKA_TOPICS_H

#include <stdbool.h>

#include <librdkafka/rdkafka.h>

#include "names.h"

typedef struct kafka_partition {
    int32_t id;
    int32_t leader; /* negative: none */
} kafka_partition;

typedef struct kafka_topic {
    rd_kafka_resp_err_t err;     /* the topic's own */
    kafka_partition *partitions; /* by id */
    size_t count;
    bool is_known;   /* false: named, never answered */
    bool is_used;    /* since the last complete refresh */
    bool is_doubted; /* a broker contradicted it: ask again */
} kafka_topic;

typedef struct kafka_topics {
    kafka_names names;
    kafka_topic *items; /* beside names.items */
    size_t capacity;
    bool has_all; /* every topic of the cluster is kept */
    bool has_timer;
    int timer; /* goes off when what is known has become old */
} kafka_topics;

void kafka_topics_init(kafka_topics *topics);
void kafka_topics_clear(kafka_topics *topics);

/* The topic, marked as used; NULL when it was never named. */
kafka_topic *kafka_topics_use(kafka_topics *topics, const char *name);
/* The same, named from now on; NULL when out of memory. */
kafka_topic *kafka_topics_name(kafka_topics *topics, const char *name);

/* True when answered, undoubted, without error, and each partition has a leader. */
bool kafka_topic_is_sound(const kafka_topic *topic);

/* Keeps one topic of an answer. Returns false when out of memory. */
bool kafka_topics_store(kafka_topics *topics, const rd_kafka_metadata_topic_t *answer);
/* Notes that the topic has this error and nothing else. */
void kafka_topics_store_error(kafka_topics *topics, const char *name, rd_kafka_resp_err_t err);

/* A complete refresh begins: topics nobody used since the last one are forgotten. */
bool kafka_topics_forget_unused(kafka_topics *topics);
/* A complete refresh is done: what is known is new. */
void kafka_topics_renewed(kafka_topics *topics);
/* From now on what is known is old. */
void kafka_topics_expire(kafka_topics *topics);
/* True when nothing was known yet, or what is known is old. */
bool kafka_topics_are_old(kafka_topics *topics);

#endif
