/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch of polls asks for, without repetition: groups, topics, and for each pair of both which
 * partitions. Filled with answers by the round; the same group and topic of two triggers are one pair.
 */
#ifndef SCALERS_RDKAFKA_PLAN_H
#define SCALERS_RDKAFKA_PLAN_H

#include "cluster.h"
#include "ends.h"
#include "fetch.h"
#include "meta.h"

/* One partition as one group sees it. */
typedef struct kafka_cell {
    int64_t committed; /* as in lag.h */
    rd_kafka_resp_err_t err;
    bool is_wanted;
} kafka_cell;

/* One topic as one group sees it. */
typedef struct kafka_pair {
    size_t topic;      /* number in topic_names */
    kafka_cell *cells; /* beside the partitions of the topic */
    bool is_answered;  /* nothing left to ask the group */
    bool is_named;     /* a trigger names the topic */
    bool
        is_committed; /* the group has an offset somewhere: it counts for triggers without topic */
} kafka_pair;

/* How the topics of a group are found for triggers without topic. */
typedef enum kafka_listing {
    KAFKA_LISTING_NONE = 0, /* no such trigger */
    KAFKA_LISTING_ASK,      /* one request for all offsets of the group */
    KAFKA_LISTING_SCAN      /* every partition of the cluster: the request is not answered */
} kafka_listing;

typedef struct kafka_group {
    const char *name;
    kafka_listing listing;
    kafka_fetch all;  /* answer to KAFKA_LISTING_ASK */
    kafka_fetch some; /* answer for the pairs */
    kafka_pair *pairs;
    size_t npairs, capacity;
} kafka_group;

/* One topic of the round: a copy, since the cache may change under it. */
typedef struct kafka_seen {
    rd_kafka_resp_err_t err;
    kafka_partition *partitions;
    size_t count;
    size_t *ends; /* number in ends + 1 of each partition, 0: not asked */
} kafka_seen;

/* One poll. */
typedef struct kafka_task {
    keda_poll *poll;
    const kafka_meta *meta;
    kafka_state *state;
    size_t group;
    keda_error err; /* KEDA_OK while nothing went wrong */
} kafka_task;

typedef struct kafka_plan {
    kafka_cluster *cluster;
    kafka_budget budget;
    kafka_task *tasks;
    size_t ntasks;
    kafka_names group_names, topic_names;
    kafka_group *groups; /* beside group_names */
    kafka_seen *topics;  /* beside topic_names, once the metadata are there */
    size_t ntopics;
    kafka_end *ends;
    size_t nends;
} kafka_plan;

/* Takes the polls in. Errors: KEDA_ENOMEM. */
keda_status kafka_plan_open(kafka_plan *plan, kafka_cluster *cluster, keda_poll *const *polls,
                            size_t npolls, keda_error *err);
void kafka_plan_close(kafka_plan *plan);

/* Copies what is known of the named topics; from now on no topic may be named. Errors: KEDA_ENOMEM. */
keda_status kafka_plan_see_topics(kafka_plan *plan, keda_error *err);
/* Place of a partition of the topic, SIZE_MAX when it has none of this id. */
size_t kafka_seen_place(const kafka_seen *topic, int32_t id);

/* The pair, made when new with all cells at `committed`; NULL when out of memory. */
kafka_pair *kafka_plan_pair(kafka_plan *plan, kafka_group *group, size_t topic,
                            int64_t committed);
/* Puts a group's answer into the cells of its pairs. */
void kafka_plan_fill(kafka_plan *plan, kafka_group *group,
                     const rd_kafka_topic_partition_list_t *answer);

#endif
