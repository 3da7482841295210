/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's configuration. An endpoint's parameters are properties of librdkafka by their own names;
 * kafka.c makes them from a trigger's parameters, conf.c adds what never varies.
 */
#ifndef SCALERS_RDKAFKA_CONF_H
#define SCALERS_RDKAFKA_CONF_H

#include <keda/scaler.h>

#include <librdkafka/rdkafka.h>

#include "meta.h"

#define KAFKA_MAX_PARAMS 16

/* The properties of one trigger's cluster; equal clusters give equal lists. */
typedef struct kafka_params {
    keda_param items[KAFKA_MAX_PARAMS]; /* values borrowed from meta, but the servers */
    size_t count;
    char *servers; /* owned: sorted, without repetition, joined by ',' */
} kafka_params;

/* Out is cleared by the caller. Errors: KEDA_EUNSUPPORTED for a login this version cannot do, KEDA_EINVAL, KEDA_ENOMEM. */
keda_status kafka_params_of(const kafka_meta *meta, kafka_params *out, keda_error *err);
void kafka_params_clear(kafka_params *params);

/* Value of a property, NULL when it is not there. */
const char *kafka_param_get(const keda_param *params, size_t nparams, const char *name);

/* A configuration with these properties; certificates and keys are looked over. Errors: KEDA_EINVAL. */
keda_status kafka_conf_new(rd_kafka_conf_t **out, const keda_param *params, size_t nparams,
                           keda_error *err);

#endif
