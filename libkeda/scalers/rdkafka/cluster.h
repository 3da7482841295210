/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint kind "kafka": one client handle for one set of brokers and credentials, what is known of
 * its topics, and the time a batch has left. All of it belongs to the endpoint's thread.
 */
#ifndef SCALERS_RDKAFKA_CLUSTER_H
#define SCALERS_RDKAFKA_CLUSTER_H

#include <stdatomic.h>

#include <keda/scaler.h>

#include <librdkafka/rdkafka.h>

#include "errors.h"
#include "topics.h"

/* Leaders that did not answer last time: asked after the others, so that these get their answer. */
typedef struct kafka_suspects {
    int32_t ids[16];
    size_t count;
} kafka_suspects;

typedef struct kafka_cluster {
    keda_endpoint *self;
    rd_kafka_conf_t *conf; /* handles are made from copies of it */
    rd_kafka_t *rk;        /* NULL until first use, and after a round that spoilt it */
    char *servers;         /* for messages */
    bool is_scram;
    atomic_bool is_canceled; /* the only member another thread touches */
    kafka_trouble trouble;
    kafka_topics topics;
    kafka_suspects suspects;
    bool
        is_spoilt; /* calls pend or coordinators are outdated: the handle goes after the round */
    bool lists_offsets;     /* "all offsets of a group" was answered with some, once */
    uint32_t listing_pause; /* metadata refreshes until that is tried again */
} kafka_cluster;

/* What messages about this cluster need; valid while the cluster is. */
kafka_context kafka_cluster_context(const kafka_cluster *cluster);

/* Lets the client say what happened to its connections. */
void kafka_cluster_listen(kafka_cluster *cluster);

bool kafka_suspects_has(const kafka_suspects *suspects, int32_t leader);
void kafka_suspects_add(kafka_suspects *suspects, int32_t leader);
void kafka_suspects_drop(kafka_suspects *suspects, int32_t leader);

/* ---- time: what the batch's longest poll has left, by the engine's clock and by our own waits ---- */

typedef struct kafka_budget {
    const keda_poll *longest; /* not ended before the round is over */
    const atomic_bool *is_canceled;
    int64_t left_ms;  /* less with every wait that went by in vain */
    int64_t floor_ms; /* kept for what comes after */
} kafka_budget;

/* Milliseconds left; 0 when over or canceled. */
int kafka_budget_left(const kafka_budget *budget);
/* Says that a wait of this length brought nothing. */
void kafka_budget_spend(kafka_budget *budget, int waited_ms);
/* Leaves at most that much until kafka_budget_widen is given what this returned. */
int64_t kafka_budget_narrow(kafka_budget *budget, int64_t at_most_ms);
void kafka_budget_widen(kafka_budget *budget, int64_t floor_ms);

#endif
