/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens, asks and closes one cluster's client handle. The handle is made on first use, on the endpoint's
 * thread, since reading certificates takes its time. What a batch does is round.c's.
 */
#include "cluster.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "meta.h"
#include "round.h"

/* ---- what the client says on its own ------------------------------------------------------------ */

/* Any thread of the client. Its lines are for those who look for them. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const kafka_cluster *c = rd_kafka_opaque(rk);

    (void)level;
    if (c != NULL)
        keda_endpoint_log(c->self, KEDA_LOG_DEBUG, "%s: %s", facility, text);
}

/* From rd_kafka_poll, so on our thread. */
static void on_error(rd_kafka_t *rk, int code, const char *text, void *opaque)
{
    kafka_cluster *c = opaque;

    (void)rk;
    kafka_trouble_note(&c->trouble, (rd_kafka_resp_err_t)code, text);
}

void kafka_cluster_listen(kafka_cluster *c)
{
    rd_kafka_message_t *message;

    while (rd_kafka_poll(c->rk, 0) > 0)
        ;
    while ((message = rd_kafka_consumer_poll(c->rk, 0)) != NULL)
        rd_kafka_message_destroy(message); /* only errors come here: we consume nothing */
}

kafka_context kafka_cluster_context(const kafka_cluster *c)
{
    return (kafka_context){c->servers, &c->trouble, c->is_scram};
}

/* ---- suspects ------------------------------------------------------------------------------------ */

bool kafka_suspects_has(const kafka_suspects *suspects, int32_t leader)
{
    for (size_t i = 0; i < suspects->count; i++) {
        if (suspects->ids[i] == leader)
            return true;
    }
    return false;
}

void kafka_suspects_add(kafka_suspects *suspects, int32_t leader)
{
    size_t room = sizeof suspects->ids / sizeof suspects->ids[0];

    if (suspects->count < room && !kafka_suspects_has(suspects, leader))
        suspects->ids[suspects->count++] = leader;
}

void kafka_suspects_drop(kafka_suspects *suspects, int32_t leader)
{
    for (size_t i = 0; i < suspects->count; i++) {
        if (suspects->ids[i] == leader)
            suspects->ids[i--] = suspects->ids[--suspects->count];
    }
}

/* ---- time ---------------------------------------------------------------------------------------- */

int kafka_budget_left(const kafka_budget *budget)
{
    int64_t left_ms = keda_poll_deadline_ms(budget->longest);

    if (budget->left_ms < left_ms)
        left_ms = budget->left_ms;
    left_ms -= budget->floor_ms;
    if (left_ms <= 0 || atomic_load(budget->is_canceled))
        return 0;
    return left_ms > 60000 ? 60000 : (int)left_ms;
}

void kafka_budget_spend(kafka_budget *budget, int waited_ms)
{
    budget->left_ms -= waited_ms;
}

int64_t kafka_budget_narrow(kafka_budget *budget, int64_t at_most_ms)
{
    int64_t before = budget->floor_ms, left_ms = kafka_budget_left(budget);

    if (at_most_ms < left_ms)
        budget->floor_ms += left_ms - at_most_ms;
    return before;
}

void kafka_budget_widen(kafka_budget *budget, int64_t floor_ms)
{
    budget->floor_ms = floor_ms;
}

/* ---- the endpoint --------------------------------------------------------------------------------- */

static void cluster_clear(kafka_cluster *c)
{
    if (c->rk != NULL)
        rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (c->conf != NULL)
        rd_kafka_conf_destroy(c->conf);
    kafka_topics_clear(&c->topics);
    free(c->servers);
    c->rk = NULL;
    c->conf = NULL;
    c->servers = NULL;
}

static keda_status cluster_open(void *state, const keda_param *params, size_t nparams,
                                keda_endpoint *self, keda_error *err, void *user)
{
    kafka_cluster *c = state;
    const char *servers = kafka_param_get(params, nparams, "bootstrap.servers");
    const char *mechanism = kafka_param_get(params, nparams, "sasl.mechanisms");
    keda_status rc = kafka_conf_new(&c->conf, params, nparams, err);

    (void)user;
    if (rc != KEDA_OK)
        return rc;
    c->self = self;
    c->is_scram = mechanism != NULL && strncmp(mechanism, "SCRAM-", 6) == 0;
    atomic_init(&c->is_canceled, false);
    rd_kafka_conf_set_opaque(c->conf, c);
    rd_kafka_conf_set_log_cb(c->conf, on_log);
    rd_kafka_conf_set_error_cb(c->conf, on_error);
    if ((c->servers = strdup(servers == NULL ? "" : servers)) == NULL) {
        cluster_clear(c);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    kafka_topics_init(&c->topics);
    return KEDA_OK;
}

/*
 * The handle names one of the groups we look at, though it never joins it nor commits: on "not
 * coordinator", an answer whenever a coordinator moves, every version of the client so far reaches for
 * the handle's own group and takes the process down where there is none. It must be one we may look up.
 */
static rd_kafka_conf_t *conf_for(const kafka_cluster *c, const char *group)
{
    rd_kafka_conf_t *copy = rd_kafka_conf_dup(c->conf);

    if (copy != NULL && rd_kafka_conf_set(copy, "group.id", group, NULL, 0) == RD_KAFKA_CONF_OK)
        return copy;
    if (copy != NULL)
        rd_kafka_conf_destroy(copy);
    return NULL;
}

/* What the client refuses here are certificates and keys that do not fit: its words say which. */
static keda_status connect_once(kafka_cluster *c, const char *group, keda_error *err)
{
    char text[256] = "";
    rd_kafka_conf_t *conf;

    if (c->rk != NULL)
        return KEDA_OK;
    if ((conf = conf_for(c, group)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (c->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return keda_error_set(err,
                              rd_kafka_last_error() == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE
                                  ? KEDA_ELIMIT
                                  : KEDA_EINVAL,
                              "kafka client: %s", text);
    }
    return KEDA_OK;
}

/* The next batch makes a new handle, which learns leaders and coordinators again. */
static void give_up_handle(kafka_cluster *c)
{
    if (!c->is_spoilt)
        return;
    rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    c->rk = NULL;
    c->is_spoilt = false;
    kafka_topics_expire(&c->topics);
}

static void cluster_poll_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    kafka_cluster *c = state;
    const kafka_meta *first = keda_poll_meta(polls[0]);
    keda_error err = KEDA_ERROR_INIT;

    (void)user;
    atomic_store(&c->is_canceled, false);
    if (connect_once(c, first->group, &err) != KEDA_OK) {
        for (size_t i = 0; i < npolls; i++)
            keda_poll_fail(polls[i], &err);
        return;
    }
    kafka_cluster_listen(c);
    kafka_round_run(c, polls, npolls);
    give_up_handle(c);
}

/* From the engine's thread: waits are over within a slice. */
static void cluster_cancel(void *state, void *user)
{
    kafka_cluster *c = state;

    (void)user;
    atomic_store(&c->is_canceled, true);
}

static void cluster_close(void *state, void *user)
{
    (void)user;
    cluster_clear(state);
}

const keda_endpoint_desc keda_endpoint_kafka = {
    .struct_size = sizeof(keda_endpoint_desc),
    .kind = "kafka",
    .state_size = sizeof(kafka_cluster),
    .flags = KEDA_ENDPOINT_BLOCKING,
    .linger_ms = 60000,
    .open = cluster_open,
    .poll_batch = cluster_poll_batch,
    .cancel = cluster_cancel,
    .close = cluster_close,
};
