/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kafka trigger: one instance asks for its cluster's endpoint and hands its polls on to it. What is
 * read from its parameters is table.c's, what a poll does is round.c's.
 */
#include "conf.h"
#include "meta.h"

#include <string.h>

/* KEDA lets a list of allowed words pass where one is meant, and then follows none of them. */
static void warn_lists(keda_scaler *self, const kafka_meta *m)
{
    const keda_param words[] = {{"offsetResetPolicy", m->offset_reset_policy},
                                {"tls", m->tls},
                                {"sasl", m->sasl},
                                {"saslTokenProvider", m->token_provider}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].value != NULL && strchr(words[i].value, ',') != NULL)
            keda_scaler_log(self, KEDA_LOG_WARN,
                            "%s: takes one value, this list is not followed", words[i].name);
    }
}

keda_status kafka_open(void *state, const void *meta, keda_scaler *self, keda_error *err,
                       void *user)
{
    kafka_state *s = state;
    const kafka_meta *m = meta;
    kafka_params params = {.count = 0};
    keda_status rc;

    (void)user;
    s->rules = kafka_lag_rules(m);
    warn_lists(self, m);
    if (m->topic != NULL &&
        (rc = kafka_limit_parse(m->partition_limitation, &s->limit, err)) != KEDA_OK)
        return rc;
    if ((rc = kafka_params_of(m, &params, err)) != KEDA_OK)
        return rc;
    rc = keda_endpoint_acquire(self, keda_endpoint_kafka.kind, params.items, params.count,
                               &s->endpoint, err);
    kafka_params_clear(&params);
    return rc;
}

void kafka_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const kafka_state *s = state;

    (void)meta;
    (void)user;
    keda_poll_via(poll, s->endpoint);
}

void kafka_close(void *state, void *user)
{
    kafka_state *s = state;

    (void)user;
    kafka_limit_clear(&s->limit);
    lag_memory_clear(&s->memory);
}
