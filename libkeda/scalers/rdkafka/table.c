/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kafka trigger's descriptor: the table that parsing, documentation and schema are made from, the
 * rules between parameters, and the metric spec. Pure; nothing here connects.
 */
#include "meta.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONAL_TEXT(member, ...)                                                             \
    KEDA_FIELD_STRING(struct kafka_meta, member, .flags = KEDA_OPTIONAL, __VA_ARGS__)
#define AUTH_TEXT(member, ...)                                                                 \
    KEDA_FIELD_STRING(struct kafka_meta, member, .flags = KEDA_OPTIONAL,                       \
                      .from = {KEDA_FROM_AUTH}, __VA_ARGS__)
#define AUTH_SECRET(member, ...)                                                               \
    KEDA_FIELD_STRING(struct kafka_meta, member, .flags = KEDA_OPTIONAL | KEDA_SECRET,         \
                      .from = {KEDA_FROM_AUTH}, __VA_ARGS__)
#define FLAG(member, text, ...)                                                                \
    KEDA_FIELD_BOOL(struct kafka_meta, member, .fallback = text, __VA_ARGS__)

static const char *const policies[] = {"latest", "earliest", NULL};
static const char *const switches[] = {"enable", "disable", NULL};
static const char *const mechanisms[] = {
    "none", "plaintext", "scram_sha256", "scram_sha512", "oauthbearer", "gssapi", NULL};
static const char *const providers[] = {"bearer", "aws_msk_iam", NULL};

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING_LIST(struct kafka_meta, servers, .name = "bootstrapServers",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_ENV},
        .help = "Comma-separated host:port of brokers to start from."),
    KEDA_FIELD_STRING(struct kafka_meta, group, .name = "consumerGroup",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_ENV},
        .help = "Consumer group whose lag is measured."),
    OPTIONAL_TEXT(topic, .name = "topic", .from = {KEDA_FROM_METADATA, KEDA_FROM_ENV},
        .help = "The one topic to look at; without it every topic the group has committed offsets for."),
    OPTIONAL_TEXT(partition_limitation, .name = "partitionLimitation",
        .help = "Partitions to look at, such as 1,2,5-8; ignored without topic."),
    KEDA_FIELD_INT64(struct kafka_meta, lag_threshold, .name = "lagThreshold", .fallback = "10",
        .help = "Messages of lag one replica is expected to handle; greater than zero."),
    KEDA_FIELD_INT64(struct kafka_meta, activation_lag_threshold, .name = "activationLagThreshold",
        .fallback = "0",
        .help = "The trigger is active while the lag is greater than this."),
    KEDA_FIELD_STRING(struct kafka_meta, offset_reset_policy, .name = "offsetResetPolicy",
        .fallback = "latest", .allowed = policies,
        .help = "What the consumers do without a committed offset: latest counts such a partition as one "
                "message, earliest as all up to its end offset."),
    FLAG(allow_idle, "false", .name = "allowIdleConsumers",
        .help = "Allow more replicas than partitions."),
    FLAG(exclude_persistent, "false", .name = "excludePersistentLag",
        .help = "Leave out partitions whose committed offset has not moved since the last poll."),
    FLAG(zero_on_invalid, "false", .name = "scaleToZeroOnInvalidOffset",
        .help = "Count a partition without committed offset as no lag."),
    FLAG(limit_to_lagging, "false", .name = "limitToPartitionsWithLag",
        .help = "Allow no more replicas than partitions with lag; needs topic, not with "
                "allowIdleConsumers."),
    FLAG(ensure_even, "false", .name = "ensureEvenDistributionOfPartitions",
        .help = "Choose only replica counts that divide the number of partitions; needs topic."),
    FLAG(full_metadata, "true", .name = "fullMetadata",
        .help = "Accepted for KEDA: whether the metadata of all topics may be read. A few topics are always asked "
                "for by name. false needs topic."),
    KEDA_FIELD_STRING(struct kafka_meta, version, .name = "version", .fallback = "1.0.0",
        .help = "Accepted for KEDA and checked to be a version; the protocol is negotiated."),
    KEDA_FIELD_STRING(struct kafka_meta, tls, .name = "tls", .fallback = "disable", .allowed = switches,
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH},
        .help = "Whether connections are encrypted."),
    FLAG(unsafe_ssl, "false", .name = "unsafeSsl",
        .help = "Check neither the brokers' certificates nor their host names."),
    AUTH_TEXT(ca, .name = "ca",
        .help = "PEM of certificate authorities trusted besides the system's."),
    AUTH_TEXT(cert, .name = "cert", .help = "PEM of the client certificate; needs key."),
    AUTH_SECRET(key, .name = "key", .help = "PEM of the client certificate's private key."),
    AUTH_SECRET(key_password, .name = "keyPassword", .help = "Password of the private key."),
    KEDA_FIELD_STRING(struct kafka_meta, sasl, .name = "sasl", .fallback = "none", .allowed = mechanisms,
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH},
        .help = "How to log in. oauthbearer and gssapi are checked, but not supported by this version."),
    AUTH_SECRET(username, .name = "username", .help = "User name of the login."),
    AUTH_SECRET(password, .name = "password", .help = "Password of the login."),
    KEDA_FIELD_STRING(struct kafka_meta, token_provider, .name = "saslTokenProvider",
        .fallback = "bearer", .allowed = providers, .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH},
        .help = "Where oauthbearer gets its token; not supported by this version."),
    AUTH_TEXT(scopes, .name = "scopes", .help = "Comma-separated scopes of an oauthbearer token."),
    AUTH_TEXT(token_endpoint, .name = "oauthTokenEndpointUri",
        .help = "Address which gives oauthbearer tokens."),
    AUTH_SECRET(oauth_extensions, .name = "oauthExtensions",
        .help = "Extensions of an oauthbearer login, such as a=1,b=2."),
    AUTH_SECRET(keytab, .name = "keytab", .help = "Content of the keytab file of a gssapi login."),
    AUTH_TEXT(realm, .name = "realm", .help = "Kerberos realm of a gssapi login."),
    AUTH_TEXT(kerberos_config, .name = "kerberosConfig",
        .help = "Content of the krb5.conf of a gssapi login."),
    KEDA_FIELD_STRING(struct kafka_meta, kerberos_service, .name = "kerberosServiceName",
        .fallback = "kafka", .from = {KEDA_FROM_AUTH},
        .help = "Kerberos service name of the brokers."),
    FLAG(kerberos_disable_fast, "false", .name = "kerberosDisableFAST", .from = {KEDA_FROM_AUTH},
        .help = "Log in by gssapi without FAST."),
    OPTIONAL_TEXT(aws_region, .name = "awsRegion", .help = "AWS region of an aws_msk_iam login."),
    OPTIONAL_TEXT(identity_owner, .name = "identityOwner",
        .help = "Whose AWS identity an aws_msk_iam login uses: operator or pod."),
    AUTH_TEXT(aws_role, .name = "awsRoleArn", .help = "AWS role of an aws_msk_iam login."),
    KEDA_FIELD_STRING(struct kafka_meta, aws_key_id, .name = "awsAccessKeyID",
        .alias = {"awsAccessKeyId"}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .from = {KEDA_FROM_AUTH, KEDA_FROM_METADATA, KEDA_FROM_ENV},
        .help = "AWS access key of an aws_msk_iam login."),
    KEDA_FIELD_STRING(struct kafka_meta, aws_secret, .name = "awsSecretAccessKey",
        .flags = KEDA_OPTIONAL | KEDA_SECRET, .from = {KEDA_FROM_AUTH, KEDA_FROM_ENV},
        .help = "Secret of the AWS access key."),
    AUTH_SECRET(aws_token, .name = "awsSessionToken", .help = "Session token of the AWS access key."),
};
/* clang-format on */

bool kafka_is(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- rules between parameters: each broken one adds its sentence ------------------------------ */

typedef struct verdict {
    char text[400];
    size_t length;
} verdict;

static void require(verdict *v, bool is_met, const char *format, ...) KEDA_PRINTF(3, 4);
static void require(verdict *v, bool is_met, const char *format, ...)
{
    va_list args;
    int added;

    if (is_met || v->length >= sizeof(v->text) - 4)
        return;
    if (v->length > 0)
        v->length += (size_t)snprintf(v->text + v->length, sizeof(v->text) - v->length, "; ");
    va_start(args, format);
    added = vsnprintf(v->text + v->length, sizeof(v->text) - v->length, format, args);
    va_end(args);
    v->length += added < 0 ? 0 : (size_t)added;
    if (v->length >= sizeof(v->text))
        v->length = sizeof(v->text) - 1;
}

/* One number of a version, which must fit 64 bits; returns what follows it, NULL when there is none. */
static const char *skip_number(const char *text)
{
    uint64_t value = 0;
    const char *start = text;

    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return NULL;
        value = value * 10 + digit;
    }
    return text == start ? NULL : text;
}

/* N.N.N, and 0.N.N.N for those before 1.0 (KEDA: the client's version parser). */
static bool is_version(const char *text)
{
    int numbers = *text == '0' ? 4 : 3;

    if (strlen(text) < 5 || (*text == '0' && text[1] != '.'))
        return false;
    for (int i = 0; i < numbers; i++) {
        if (i > 0 && *text++ != '.')
            return false;
        if ((text = skip_number(text)) == NULL)
            return false;
    }
    return *text == '\0';
}

static void check_numbers(const kafka_meta *m, verdict *v)
{
    kafka_limit limit = {false, NULL, 0};
    keda_error problem = KEDA_ERROR_INIT;
    keda_status rc = kafka_limit_parse(m->partition_limitation, &limit, &problem);

    kafka_limit_clear(&limit);
    require(v, m->lag_threshold > 0, "lagThreshold must be greater than zero");
    require(v, m->activation_lag_threshold >= 0, "activationLagThreshold must not be negative");
    require(v, rc == KEDA_OK, "%s", problem.text);
    require(v, m->version == NULL || is_version(m->version),
            "version must look like 2.8.0 (0.10.2.0 before 1.0)");
}

static void check_topic(const kafka_meta *m, verdict *v)
{
    require(v, !m->allow_idle || !m->limit_to_lagging,
            "allowIdleConsumers and limitToPartitionsWithLag exclude each other");
    require(
        v, !m->limit_to_lagging || !m->ensure_even,
        "limitToPartitionsWithLag and ensureEvenDistributionOfPartitions exclude each other");
    if (m->topic != NULL)
        return;
    require(v, !m->limit_to_lagging, "limitToPartitionsWithLag needs topic");
    require(v, !m->ensure_even, "ensureEvenDistributionOfPartitions needs topic");
    require(v, m->full_metadata, "fullMetadata: false needs topic");
}

static void check_login(const kafka_meta *m, verdict *v)
{
    require(v, m->username != NULL, "sasl: %s needs username", m->sasl);
    require(v, m->password != NULL, "sasl: %s needs password", m->sasl);
}

/* Every part between commas has exactly one '='. */
static bool are_extensions(const char *text)
{
    for (const char *part = text;; part++) {
        size_t length = strcspn(part, ",");
        const char *sign = memchr(part, '=', length);
        size_t rest = sign == NULL ? 0 : length - (size_t)(sign + 1 - part);

        if (sign == NULL || memchr(sign + 1, '=', rest) != NULL)
            return false;
        part += length;
        if (*part == '\0')
            return true;
    }
}

/* Without key and role the login would use the identity of the operator's pod only when told so. */
static void check_aws(const kafka_meta *m, verdict *v)
{
    bool is_pod = m->identity_owner == NULL || kafka_is(m->identity_owner, "pod");

    require(v, kafka_is(m->tls, "enable"), "saslTokenProvider: aws_msk_iam needs tls: enable");
    require(v, m->aws_region != NULL, "saslTokenProvider: aws_msk_iam needs awsRegion");
    if (!is_pod || m->aws_role != NULL)
        return;
    require(v, m->aws_key_id != NULL, "saslTokenProvider: aws_msk_iam needs awsAccessKeyID");
    require(v, m->aws_secret != NULL,
            "saslTokenProvider: aws_msk_iam needs awsSecretAccessKey");
}

static void check_token(const kafka_meta *m, verdict *v)
{
    if (kafka_is(m->token_provider, "aws_msk_iam")) {
        check_aws(m, v);
        return;
    }
    if (!kafka_is(m->token_provider, "bearer"))
        return;
    check_login(m, v);
    require(v, m->token_endpoint != NULL, "sasl: oauthbearer needs oauthTokenEndpointUri");
    require(v, m->oauth_extensions == NULL || are_extensions(m->oauth_extensions),
            "oauthExtensions must look like a=1,b=2");
}

static void check_kerberos(const kafka_meta *m, verdict *v)
{
    require(v, m->username != NULL, "sasl: gssapi needs username");
    require(v, (m->password != NULL) != (m->keytab != NULL),
            "sasl: gssapi needs either password or keytab");
    require(v, m->realm != NULL, "sasl: gssapi needs realm");
    require(v, m->kerberos_config != NULL, "sasl: gssapi needs kerberosConfig");
}

static void check_security(const kafka_meta *m, verdict *v)
{
    if (kafka_is(m->tls, "enable")) {
        require(v, m->cert == NULL || m->key != NULL, "cert needs key");
        require(v, m->key == NULL || m->cert != NULL, "key needs cert");
    }
    if (kafka_is(m->sasl, "plaintext") || kafka_is(m->sasl, "scram_sha256") ||
        kafka_is(m->sasl, "scram_sha512"))
        check_login(m, v);
    if (kafka_is(m->sasl, "oauthbearer"))
        check_token(m, v);
    if (kafka_is(m->sasl, "gssapi"))
        check_kerberos(m, v);
}

keda_status kafka_check(const void *meta, keda_error *err, void *user)
{
    verdict v = {{0}, 0};

    (void)user;
    check_numbers(meta, &v);
    check_topic(meta, &v);
    check_security(meta, &v);
    return v.length == 0 ? KEDA_OK : keda_error_set(err, KEDA_EINVAL, "%s", v.text);
}

/* ---- what is measured ------------------------------------------------------------------------ */

keda_status kafka_specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const kafka_meta *m = meta;
    double activation = (double)m->activation_lag_threshold;

    (void)user;
    if (m->topic != NULL)
        return keda_spec_add_integer(out, m->lag_threshold, activation, err, "kafka-%s",
                                     m->topic);
    return keda_spec_add_integer(out, m->lag_threshold, activation, err, "kafka-%s-topics",
                                 m->group);
}

lag_rules kafka_lag_rules(const kafka_meta *m)
{
    lag_policy policy = LAG_POLICY_UNSET;

    if (kafka_is(m->offset_reset_policy, "latest"))
        policy = LAG_LATEST;
    if (kafka_is(m->offset_reset_policy, "earliest"))
        policy = LAG_EARLIEST;
    return (lag_rules){
        .threshold = m->lag_threshold,
        .activation = m->activation_lag_threshold,
        .policy = policy,
        .allow_idle = m->allow_idle,
        .exclude_persistent = m->exclude_persistent,
        .zero_on_invalid = m->zero_on_invalid,
        .limit_to_lagging = m->limit_to_lagging,
        .ensure_even = m->ensure_even,
    };
}

const keda_scaler_desc keda_scaler_kafka = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "kafka",
    .summary = "Lag of a consumer group on Apache Kafka topics.",
    .metrics_name = "kafkaScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(kafka_meta),
    .state_size = sizeof(kafka_state),
    .flags = KEDA_SCALER_BATCHES,
    .specs = kafka_specs,
    .poll = kafka_poll,
    .check = kafka_check,
    .open = kafka_open,
    .close = kafka_close,
};
