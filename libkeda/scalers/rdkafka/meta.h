/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kafka trigger is made of: its parsed parameters and its state, the table that fills them, and
 * the two descriptors the module offers.
 */
#ifndef SCALERS_RDKAFKA_META_H
#define SCALERS_RDKAFKA_META_H

#include <keda/scaler.h>

#include "lag.h"
#include "limit.h"

/* Parameters, as the table in table.c fills them. Optional texts are NULL when absent. */
typedef struct kafka_meta {
    keda_string_list servers;
    char *group, *topic, *partition_limitation;
    int64_t lag_threshold, activation_lag_threshold;
    char *offset_reset_policy, *version;
    bool allow_idle, exclude_persistent, zero_on_invalid, limit_to_lagging, ensure_even;
    bool full_metadata;
    /* TLS */
    char *tls, *ca, *cert, *key, *key_password;
    bool unsafe_ssl;
    /* SASL */
    char *sasl, *username, *password;
    char *token_provider, *scopes, *token_endpoint, *oauth_extensions;
    char *keytab, *realm, *kerberos_config, *kerberos_service;
    bool kerberos_disable_fast;
    char *aws_region, *identity_owner, *aws_role, *aws_key_id, *aws_secret, *aws_token;
} kafka_meta;

/* An instance: what `open` derives from the parameters, and what it remembers between polls. */
typedef struct kafka_state {
    keda_endpoint *endpoint;
    lag_rules rules;
    kafka_limit limit;
    lag_memory memory;
} kafka_state;

/* Cross-field rules; every broken one is named. Pure. */
keda_status kafka_check(const void *meta, keda_error *err, void *user);
/* The metric spec. Pure. */
keda_status kafka_specs(const void *meta, keda_spec_list *out, keda_error *err, void *user);
/* The rules of the arithmetic. Pure. */
lag_rules kafka_lag_rules(const kafka_meta *meta);

/* True when a and b are both there and equal. */
bool kafka_is(const char *a, const char *b);

/* Members of the descriptor which is in table.c. */
keda_status kafka_open(void *state, const void *meta, keda_scaler *self, keda_error *err,
                       void *user);
void kafka_poll(void *state, const void *meta, keda_poll *poll, void *user);
void kafka_close(void *state, void *user);

extern const keda_scaler_desc keda_scaler_kafka;
extern const keda_endpoint_desc keda_endpoint_kafka;

#endif
