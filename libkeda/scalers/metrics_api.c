/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics-api trigger: one number in the answer of an HTTP server, as JSON, YAML or Prometheus text
 * (spec: scalers-core 11). How numbers are found in texts is lang's.
 */
#include <keda/http.h>

#include "base/buf.h"
#include "lang/gjson.h"
#include "lang/prom_text.h"
#include "lang/yaml_path.h"
#include "net/http_auth.h"
#include "net/url_query.h"

#include <string.h>

typedef enum format {
    FORMAT_JSON = 0, /* as in `formats` below */
    FORMAT_PROMETHEUS,
    FORMAT_XML,
    FORMAT_YAML
} format;

struct meta {
    char *url, *location;
    double target, activation;
    int32_t format, aggregation;
    bool is_unsafe, is_aggregated;
    int64_t timeout_ns;
    http_auth auth;
};

static const char *const formats[] = {"json", "prometheus", "xml", "yaml", NULL};
static const char *const aggregations[] = {"average", "sum", "max", "min", NULL};

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, url, .name = "url",
        .help = "Address that is asked by GET."),
    KEDA_FIELD_STRING(struct meta, location, .name = "valueLocation",
        .help = "Where the number is in the answer: a gjson path, keys joined with dots, or a "
                "metric selector."),
    KEDA_FIELD_DOUBLE(struct meta, target, .name = "targetValue",
        .flags = KEDA_OPTIONAL | KEDA_TARGET_FIELD,
        .help = "What one replica is expected to carry; may be left out inside a formula only."),
    KEDA_FIELD_DOUBLE(struct meta, activation, .name = "activationTargetValue", .fallback = "0",
        .help = "Active when the number is greater."),
    KEDA_FIELD_CHOICE(struct meta, format, .name = "format", .allowed = formats,
        .fallback = "json",
        .help = "Format of the answer. No answer in xml can be read, as in KEDA."),
    KEDA_FIELD_BOOL(struct meta, is_unsafe, .name = "unsafeSsl", .fallback = "false",
        .help = "Do not verify the server's certificate."),
    KEDA_FIELD_DURATION(struct meta, timeout_ns, .name = "timeout", .flags = KEDA_OPTIONAL,
        .help = "Longest wait for an answer; otherwise the engine's."),
    KEDA_FIELD_BOOL(struct meta, is_aggregated, .name = "aggregateFromKubeServiceEndpoints",
        .fallback = "false",
        .help = "Ask every endpoint of the Service the address names. Refused when it is opened: "
                "endpoints are not looked up here."),
    KEDA_FIELD_CHOICE(struct meta, aggregation, .name = "aggregationType",
        .allowed = aggregations, .fallback = "average",
        .help = "What is made of their numbers."),
    KEDA_FIELD_GROUP(struct meta, auth, http_auth_fields, HTTP_AUTH_NFIELDS,
        .flags = KEDA_OPTIONAL),
};
/* clang-format on */

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    return http_auth_check(&m->auth, err);
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    return keda_spec_add(out, m->target, m->activation, err, "metric-api-%s", m->location);
}

static keda_status open_instance(void *state, const void *meta, keda_scaler *self,
                                 keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)state;
    (void)self;
    (void)user;
    if (!m->is_aggregated)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EUNSUPPORTED,
                          "aggregateFromKubeServiceEndpoints: endpoints of a Service cannot be "
                          "looked up here");
}

static keda_status parse_json(const struct meta *m, const keda_http_reply *reply, double *value,
                              keda_error *err)
{
    gjson_value found;
    keda_status rc = gjson_find(reply->body, reply->body_size, m->location, strlen(m->location),
                                &found, err);

    if (rc != KEDA_OK)
        return rc;
    rc = gjson_number(&found, value, err);
    gjson_value_clear(&found);
    return rc;
}

static keda_status parse_prometheus(const struct meta *m, const keda_http_reply *reply,
                                    double *value, keda_error *err)
{
    prom_selector selector;
    keda_status rc = prom_selector_parse(&selector, m->location, err);

    if (rc == KEDA_OK)
        rc = prom_text_find(reply->body, reply->body_size, &selector, value, err);
    prom_selector_clear(&selector);
    return rc;
}

/* KEDA: any status but 200 is a failure, 204 too. */
static keda_status parse(const void *meta, const keda_http_reply *reply, double *value,
                         keda_error *err)
{
    const struct meta *m = meta;
    keda_status rc = KEDA_EPROTOCOL;

    if (reply->status != 200)
        return keda_error_set(err, rc, "status %d, expected 200", (int)reply->status);
    switch ((format)m->format) {
    case FORMAT_JSON:
        rc = parse_json(m, reply, value, err);
        break;
    case FORMAT_PROMETHEUS:
        rc = parse_prometheus(m, reply, value, err);
        break;
    case FORMAT_YAML:
        rc = yaml_path_number(reply->body, reply->body_size, m->location, value, err);
        break;
    case FORMAT_XML: /* KEDA: its decoder refuses every document */
        return keda_error_set(err, rc, "no answer in xml can be read");
    }
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "valueLocation %s", m->location);
}

/* Puts the key where it belongs; url is filled when that is the query. */
static keda_status add_key(const http_auth *auth, keda_http_request *request,
                           keda_param *header, keda_buf *url, keda_error *err)
{
    const bool is_query = auth->api_key_place == HTTP_AUTH_IN_QUERY;
    const char *usual = is_query ? "api_key" : "X-API-KEY";
    const char *name = auth->api_key_name != NULL ? auth->api_key_name : usual;

    if (!http_auth_has(auth, "apiKey"))
        return KEDA_OK;
    if (!is_query) {
        *header = (keda_param){name, auth->api_key};
        request->headers = header;
        request->nheaders = 1;
        return KEDA_OK;
    }
    if (url_query_set(url, request->url, name, auth->api_key) != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    request->url = url->data;
    return KEDA_OK;
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    const keda_http_tls tls = http_auth_tls(&m->auth, m->is_unsafe);
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_param header = {NULL, NULL};
    keda_buf url = {0};
    keda_error err = KEDA_ERROR_INIT;

    (void)state;
    (void)user;
    request.url = m->url;
    request.tls = &tls;
    request.timeout_ms = (m->timeout_ns + 999999) / 1000000;
    http_auth_login(&m->auth, &request);
    if (add_key(&m->auth, &request, &header, &url, &err) == KEDA_OK)
        keda_http_poll(poll, &request, parse);
    else
        keda_poll_fail(poll, &err);
    keda_buf_clear(&url);
}

const keda_scaler_desc keda_scaler_metrics_api = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "metrics-api",
    .summary = "A number in the answer of an HTTP server.",
    .metrics_name = "metricsAPIScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(struct meta),
    .specs = specs,
    .poll = ask,
    .check = check,
    .open = open_instance,
};
