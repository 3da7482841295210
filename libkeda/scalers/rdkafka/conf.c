/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a trigger's security parameters to librdkafka's properties, and from those to a configuration. The
 * one place that knows the client's property names. Called when an instance or an endpoint opens.
 */
#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a trigger's parameters as properties ----------------------------------------------------- */

struct mechanism {
    const char *sasl, *property; /* property NULL: not supported */
};

static const struct mechanism mechanisms[] = {
    {"plaintext", "PLAIN"},
    {"scram_sha256", "SCRAM-SHA-256"},
    {"scram_sha512", "SCRAM-SHA-512"},
    {"oauthbearer", NULL},
    {"gssapi", NULL},
};

static void add(kafka_params *params, const char *name, const char *value)
{
    if (value != NULL)
        params->items[params->count++] = (keda_param){name, value};
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One order and no repetition, so that two spellings of one list share an endpoint; NULL: no memory. */
static char *join_servers(const keda_string_list *list)
{
    char **sorted = calloc(list->count + 1, sizeof(*sorted));
    size_t size = 1;
    char *text = NULL, *end;

    for (size_t i = 0; i < list->count; i++)
        size += strlen(list->items[i]) + 1;
    if (sorted == NULL || (text = malloc(size)) == NULL)
        goto out;
    if (list->count > 0)
        memcpy(sorted, list->items, list->count * sizeof(*sorted));
    qsort(sorted, list->count, sizeof(*sorted), compare_texts);
    end = text;
    *end = '\0';
    for (size_t i = 0; i < list->count; i++) {
        if (sorted[i][0] == '\0' || (i > 0 && strcmp(sorted[i], sorted[i - 1]) == 0))
            continue;
        if (end > text)
            *end++ = ',';
        end = stpcpy(end, sorted[i]);
    }
out:
    free(sorted);
    return text;
}

static keda_status add_login(const kafka_meta *m, kafka_params *params, bool is_tls,
                             keda_error *err)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (!kafka_is(m->sasl, mechanisms[i].sasl))
            continue;
        if (mechanisms[i].property == NULL)
            return keda_error_set(
                err, KEDA_EUNSUPPORTED, "sasl: %s%s%s is not supported by this version",
                m->sasl, kafka_is(m->sasl, "oauthbearer") ? " with saslTokenProvider " : "",
                kafka_is(m->sasl, "oauthbearer") && m->token_provider != NULL
                    ? m->token_provider
                    : "");
        add(params, "security.protocol", is_tls ? "sasl_ssl" : "sasl_plaintext");
        add(params, "sasl.mechanisms", mechanisms[i].property);
        add(params, "sasl.username", m->username);
        add(params, "sasl.password", m->password);
        return KEDA_OK;
    }
    add(params, "security.protocol", is_tls ? "ssl" : "plaintext");
    return KEDA_OK;
}

static void add_certificates(const kafka_meta *m, kafka_params *params)
{
    add(params, "ssl.ca.pem", m->ca);
    add(params, "ssl.certificate.pem", m->cert);
    add(params, "ssl.key.pem", m->key);
    if (m->key != NULL)
        add(params, "ssl.key.password", m->key_password);
    add(params, "enable.ssl.certificate.verification", m->unsafe_ssl ? "false" : NULL);
    add(params, "ssl.endpoint.identification.algorithm", m->unsafe_ssl ? "none" : NULL);
}

keda_status kafka_params_of(const kafka_meta *m, kafka_params *out, keda_error *err)
{
    bool is_tls = kafka_is(m->tls, "enable");
    keda_status rc;

    *out = (kafka_params){.servers = join_servers(&m->servers)};
    if (out->servers == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    add(out, "bootstrap.servers", out->servers);
    rc = out->servers[0] == '\0'
             ? keda_error_set(err, KEDA_EINVAL, "bootstrapServers names no server")
             : add_login(m, out, is_tls, err);
    if (rc != KEDA_OK)
        kafka_params_clear(out);
    else if (is_tls)
        add_certificates(m, out);
    return rc;
}

void kafka_params_clear(kafka_params *params)
{
    free(params->servers);
    *params = (kafka_params){.count = 0};
}

const char *kafka_param_get(const keda_param *params, size_t nparams, const char *name)
{
    for (size_t i = 0; i < nparams; i++) {
        if (strcmp(params[i].name, name) == 0)
            return params[i].value;
    }
    return NULL;
}

/* ---- certificates and keys: clear words before the client's --------------------------------------- */

static bool holds(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

static keda_status check_material(const keda_param *params, size_t nparams, keda_error *err)
{
    const char *ca = kafka_param_get(params, nparams, "ssl.ca.pem");
    const char *cert = kafka_param_get(params, nparams, "ssl.certificate.pem");
    const char *key = kafka_param_get(params, nparams, "ssl.key.pem");
    const char *password = kafka_param_get(params, nparams, "ssl.key.password");

    if (ca != NULL && !holds(ca, "-----BEGIN CERTIFICATE-----") &&
        !holds(ca, "-----BEGIN TRUSTED CERTIFICATE-----"))
        return keda_error_set(err, KEDA_EINVAL, "ca: no PEM certificate in it");
    if (cert != NULL && !holds(cert, "-----BEGIN CERTIFICATE-----"))
        return keda_error_set(err, KEDA_EINVAL, "cert: no PEM certificate in it");
    if (key != NULL && !holds(key, "PRIVATE KEY-----"))
        return keda_error_set(err, KEDA_EINVAL, "key: no PEM private key in it");
    if (holds(key, "ENCRYPTED") && password == NULL)
        return keda_error_set(err, KEDA_EINVAL, "key: it is encrypted and needs keyPassword");
    return KEDA_OK;
}

/* Where systems keep the certificate authorities they trust, as one file. */
static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                      "/etc/pki/tls/certs/ca-bundle.crt",
                                      "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL};

static FILE *open_bundle(void)
{
    const char *own = getenv("SSL_CERT_FILE");
    FILE *file = own == NULL || own[0] == '\0' ? NULL : fopen(own, "re");

    for (size_t i = 0; file == NULL && bundles[i] != NULL; i++)
        file = fopen(bundles[i], "re");
    return file;
}

/* The text of the file with room for more behind it; NULL when it cannot be read. */
static char *read_text(FILE *file, size_t *size)
{
    size_t capacity = 1 << 18, length = 0, got;
    char *text = malloc(capacity);

    while (text != NULL && (got = fread(text + length, 1, capacity - length, file)) > 0) {
        char *larger;
        length += got;
        if (length < capacity)
            continue;
        capacity *= 2;
        if ((larger = realloc(text, capacity)) == NULL)
            free(text);
        text = larger;
    }
    *size = length;
    return text;
}

/* What the client is given is all it trusts: the system's authorities must be in it (KEDA: TLS). */
static char *with_system_bundle(const char *ca)
{
    FILE *file = open_bundle();
    size_t size = 0;
    char *text = file == NULL ? NULL : read_text(file, &size);
    char *all = malloc(size + strlen(ca) + 2);

    if (all != NULL) {
        if (text != NULL)
            memcpy(all, text, size);
        all[size] = '\n';
        stpcpy(all + size + 1, ca);
    }
    free(text);
    if (file != NULL)
        fclose(file);
    return all;
}

/* ---- the configuration -------------------------------------------------------------------------- */

struct setting {
    const char *name, *value;
    bool is_newer; /* not known to the oldest client we run with */
};

static const struct setting settings[] = {
    {"client.id", "libkeda", false},
    {"isolation.level", "read_uncommitted", false}, /* up to the high watermark (KEDA: kafka) */
    {"allow.auto.create.topics", "false", false},
    {"enable.auto.commit", "false", false},
    {"socket.keepalive.enable", "true", false},
    /* A connection that stays silent is given up, so that a broker which hung is found again. */
    {"socket.timeout.ms", "10000", false},
    {"socket.connection.setup.timeout.ms", "10000", false},
    {"api.version.request.timeout.ms", "5000", false},
    {"reconnect.backoff.max.ms", "1000", false},
    /* We ask for metadata ourselves. */
    {"topic.metadata.refresh.interval.ms", "-1", false},
    {"enable.metrics.push", "false", true},
};

static keda_status set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                                keda_error *err)
{
    char text[256] = "";
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, text, sizeof(text));

    if (result == RD_KAFKA_CONF_OK)
        return KEDA_OK;
    /* The client's words may repeat the value. */
    return keda_error_set(err, KEDA_EINVAL, "%s: refused by librdkafka %s", name,
                          rd_kafka_version_str());
}

static keda_status set_fixed(rd_kafka_conf_t *conf, keda_error *err)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const struct setting *s = &settings[i];
        keda_status rc = set_property(conf, s->name, s->value, err);
        if (rc != KEDA_OK && !s->is_newer)
            return rc;
    }
    keda_error_clear(err);
    return KEDA_OK;
}

static keda_status set_one(rd_kafka_conf_t *conf, const keda_param *param, keda_error *err)
{
    char *text;
    keda_status rc;

    if (strcmp(param->name, "ssl.ca.pem") != 0)
        return set_property(conf, param->name, param->value, err);
    if ((text = with_system_bundle(param->value)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    rc = set_property(conf, param->name, text, err);
    free(text);
    return rc;
}

keda_status kafka_conf_new(rd_kafka_conf_t **out, const keda_param *params, size_t nparams,
                           keda_error *err)
{
    rd_kafka_conf_t *conf;
    keda_status rc = check_material(params, nparams, err);

    if (rc != KEDA_OK)
        return rc;
    if ((conf = rd_kafka_conf_new()) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    rc = set_fixed(conf, err);
    for (size_t i = 0; rc == KEDA_OK && i < nparams; i++)
        rc = set_one(conf, &params[i], err);
    if (rc != KEDA_OK) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    *out = conf;
    return KEDA_OK;
}
