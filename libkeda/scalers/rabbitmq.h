/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rabbitmq type and the endpoint kind `amqp` of module libkeda-rabbitmq agree on. The endpoint's
 * parameters have the trigger's names (host, vhostName, username, password, tls, ca, cert, key, keyPassword,
 * unsafeSsl; absent when not set); it answers a poll with the number of ready messages as spec 0.
 */
#ifndef SCALERS_RABBITMQ_H
#define SCALERS_RABBITMQ_H

#include <keda/scaler.h>

/* The state of an instance, as keda_poll_state gives it to the endpoint. */
typedef struct rabbitmq_question {
    const char *queue;       /* whose messages are asked for */
    keda_endpoint *endpoint; /* NULL: over HTTP */
} rabbitmq_question;

#endif
