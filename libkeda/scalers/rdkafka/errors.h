/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's error codes as keda_status and words for people. A call that just timed out says nothing;
 * why the connection does not come about arrives by a callback and is remembered here.
 */
#ifndef SCALERS_RDKAFKA_ERRORS_H
#define SCALERS_RDKAFKA_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>

#include <keda/error.h>

#include <librdkafka/rdkafka.h>

/* The last thing the client said about its connections; no error once something was answered. */
typedef struct kafka_trouble {
    rd_kafka_resp_err_t code;
    char text[320]; /* names the broker */
    uint32_t count; /* of reports so far */
} kafka_trouble;

/* Remembers what the client reported; a general "all brokers down" does not replace a reason. */
void kafka_trouble_note(kafka_trouble *trouble, rd_kafka_resp_err_t code, const char *text);
void kafka_trouble_clear(kafka_trouble *trouble);

/* True for reasons that only other credentials or certificates can cure. */
bool kafka_is_refusal(rd_kafka_resp_err_t code);

/* True for codes that only say that no answer came. */
bool kafka_is_silence(rd_kafka_resp_err_t code);

/* Which status a code of the client or of a broker stands for. */
keda_status kafka_status(rd_kafka_resp_err_t code);

/* What an error text needs to know about the cluster. */
typedef struct kafka_context {
    const char *servers;          /* bootstrap servers, as the user knows them */
    const kafka_trouble *trouble; /* last reported */
    bool is_scram;                /* logs in by SCRAM */
} kafka_context;

/* Sets "what: why"; where code only says that nothing came, why is the remembered trouble. */
keda_status kafka_fail(keda_error *err, const kafka_context *context, rd_kafka_resp_err_t code,
                       const char *format, ...) KEDA_PRINTF(4, 5);

#endif
