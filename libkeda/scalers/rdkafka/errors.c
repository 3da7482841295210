/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table from librdkafka's codes to keda_status, and the sentences made from both. Called wherever the
 * client answered with an error; knows no sockets and no polls.
 */
#include "errors.h"

#include <stdio.h>
#include <string.h>

/* SCRAM logins of clients before this one are refused by Kafka 4. */
#define KAFKA4_SCRAM_VERSION 0x020601ff

struct status_row {
    rd_kafka_resp_err_t code;
    keda_status status;
};

/* What is not listed can be tried again: KEDA_EUNAVAILABLE. */
static const struct status_row rows[] = {
    {RD_KAFKA_RESP_ERR__TIMED_OUT, KEDA_ETIMEOUT},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, KEDA_ETIMEOUT},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, KEDA_ETIMEOUT},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, KEDA_ETIMEOUT},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR__SSL, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KEDA_EAUTH},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, KEDA_ENOTFOUND},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, KEDA_ENOTFOUND},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KEDA_ENOTFOUND},
    {RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, KEDA_ENOTFOUND},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, KEDA_EINVAL},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, KEDA_EINVAL},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, KEDA_EINVAL},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, KEDA_EUNSUPPORTED},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, KEDA_EUNSUPPORTED},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, KEDA_ELIMIT},
    {RD_KAFKA_RESP_ERR__BAD_MSG, KEDA_EPROTOCOL},
    {RD_KAFKA_RESP_ERR__UNDERFLOW, KEDA_EPROTOCOL},
};

keda_status kafka_status(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return KEDA_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return rows[i].status;
    }
    return KEDA_EUNAVAILABLE;
}

bool kafka_is_refusal(rd_kafka_resp_err_t code)
{
    return kafka_status(code) == KEDA_EAUTH;
}

void kafka_trouble_note(kafka_trouble *trouble, rd_kafka_resp_err_t code, const char *text)
{
    trouble->count++;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN &&
        trouble->code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    trouble->code = code;
    snprintf(trouble->text, sizeof(trouble->text), "%s", text == NULL ? "" : text);
}

void kafka_trouble_clear(kafka_trouble *trouble)
{
    trouble->code = RD_KAFKA_RESP_ERR_NO_ERROR;
    trouble->text[0] = '\0';
}

bool kafka_is_silence(rd_kafka_resp_err_t code)
{
    return kafka_status(code) == KEDA_ETIMEOUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
           code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
           code == RD_KAFKA_RESP_ERR__WAIT_COORD || code == RD_KAFKA_RESP_ERR__NOENT;
}

/* Some reasons come as "transport": a silent broker, and one that refuses our certificate. */
static keda_status trouble_status(const kafka_trouble *trouble)
{
    if (strstr(trouble->text, "imed out") != NULL)
        return KEDA_ETIMEOUT;
    if (strstr(trouble->text, "SSL alert") != NULL)
        return KEDA_EAUTH;
    return kafka_status(trouble->code);
}

/* Where SCRAM fails with an old client, the reason may be neither user nor password. */
static const char *scram_hint(const kafka_context *context, rd_kafka_resp_err_t code,
                              char *buffer, size_t size)
{
    if (!context->is_scram || rd_kafka_version() >= KAFKA4_SCRAM_VERSION ||
        (code != RD_KAFKA_RESP_ERR__AUTHENTICATION &&
         code != RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED))
        return "";
    snprintf(buffer, size,
             " (SCRAM with a Kafka 4 broker needs librdkafka 2.6.1 or newer; this is %s)",
             rd_kafka_version_str());
    return buffer;
}

keda_status kafka_fail(keda_error *err, const kafka_context *context, rd_kafka_resp_err_t code,
                       const char *format, ...)
{
    const kafka_trouble *trouble = context->trouble;
    char what[200], hint[120];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (!kafka_is_silence(code) && trouble->code != code)
        return keda_error_set(err, kafka_status(code), "%s: %s%s", what, rd_kafka_err2str(code),
                              scram_hint(context, code, hint, sizeof(hint)));
    if (trouble->code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return keda_error_set(err, KEDA_EUNAVAILABLE, "%s: %s: %s", what, context->servers,
                              trouble->text);
    if (trouble->code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return keda_error_set(err, trouble_status(trouble), "%s: %s%s", what, trouble->text,
                              scram_hint(context, trouble->code, hint, sizeof(hint)));
    return keda_error_set(err, KEDA_ETIMEOUT, "%s: no answer from %s", what, context->servers);
}
