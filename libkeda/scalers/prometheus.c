/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prometheus trigger: the one sample of an instant query (spec: scalers-core 6). Authentication is
 * net's; identities of clouds are told from it here and refused, since no token of theirs can be had.
 */
#include <keda/http.h>
#include <keda/json.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "lang/gofloat.h"
#include "net/http_auth.h"
#include "net/url_query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct meta {
    char *address, *query, *space;
    double threshold, activation;
    keda_map parameters, headers;
    bool ignores_null, is_unsafe;
    int64_t timeout_ns;
    char *identity; /* provider of the TriggerAuthentication's podIdentity */
    char *aws_region, *aws_owner;
    char *azure_cloud, *azure_resource;
    char *gcp_account, *gcp_credentials, *gcp_file;
    http_auth auth;
};

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, address, .name = "serverAddress",
        .help = "Address of the server; /api/v1/query is appended."),
    KEDA_FIELD_STRING(struct meta, query, .name = "query",
        .help = "PromQL query that gives one sample or none."),
    KEDA_FIELD_DOUBLE(struct meta, threshold, .name = "threshold",
        .help = "What one replica is expected to carry."),
    KEDA_FIELD_DOUBLE(struct meta, activation, .name = "activationThreshold", .fallback = "0",
        .help = "Active when the sample is greater."),
    KEDA_FIELD_STRING(struct meta, space, .name = "namespace", .flags = KEDA_OPTIONAL,
        .help = "Namespace as a parameter of the request, for servers of several tenants."),
    KEDA_FIELD_MAP(struct meta, parameters, .name = "queryParameters", .flags = KEDA_OPTIONAL,
        .help = "Further parameters of the request: name=value, separated by commas."),
    KEDA_FIELD_MAP(struct meta, headers, .name = "customHeaders", .flags = KEDA_OPTIONAL,
        .help = "Further headers of the request: name=value, separated by commas."),
    KEDA_FIELD_BOOL(struct meta, ignores_null, .name = "ignoreNullValues", .fallback = "true",
        .help = "An empty, infinite or undefined result is 0 instead of an error."),
    KEDA_FIELD_BOOL(struct meta, is_unsafe, .name = "unsafeSsl", .fallback = "false",
        .help = "Do not verify the server's certificate."),
    KEDA_FIELD_DURATION(struct meta, timeout_ns, .name = "timeout", .flags = KEDA_OPTIONAL,
        .help = "Longest wait for an answer; otherwise the engine's."),
    KEDA_FIELD_STRING(struct meta, identity, .name = "podIdentity",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Provider of an identity instead of credentials; not together with authModes. "
                "No provider can be used yet."),
    KEDA_FIELD_STRING(struct meta, aws_region, .name = "awsRegion",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Region of an Amazon Managed Prometheus, which cannot be asked yet."),
    KEDA_FIELD_STRING(struct meta, aws_owner, .name = "identityOwner", .flags = KEDA_OPTIONAL,
        .help = "Whose AWS identity is used: pod or operator."),
    KEDA_FIELD_STRING(struct meta, azure_cloud, .name = "cloud", .flags = KEDA_OPTIONAL,
        .help = "Cloud of an Azure Managed Prometheus, which cannot be asked yet."),
    KEDA_FIELD_STRING(struct meta, azure_resource, .name = "azureManagedPrometheusResourceURL",
        .flags = KEDA_OPTIONAL,
        .help = "What a token is asked for when that cloud is Private."),
    KEDA_FIELD_STRING(struct meta, gcp_account, .name = "GoogleApplicationCredentials",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Service account of Google Cloud, as JSON; cannot be used yet."),
    KEDA_FIELD_STRING(struct meta, gcp_credentials, .name = "credentials",
        .from = {KEDA_FROM_ENV}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "The same from a variable of the workload."),
    KEDA_FIELD_STRING(struct meta, gcp_file, .name = "credentialsFromEnvFile",
        .flags = KEDA_OPTIONAL,
        .help = "Variable of the workload that names a file of them."),
    KEDA_FIELD_GROUP(struct meta, auth, http_auth_fields, HTTP_AUTH_NFIELDS,
        .flags = KEDA_OPTIONAL),
};
/* clang-format on */

static bool has_identity(const struct meta *m)
{
    return m->identity != NULL && strcmp(m->identity, "none") != 0;
}

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const struct meta *m = meta;
    const keda_status rc = http_auth_check(&m->auth, err);

    (void)user;
    if (rc == KEDA_OK && m->auth.modes.count > 0 && has_identity(m))
        return keda_error_set(err, KEDA_EINVAL, "authModes and podIdentity exclude each other");
    return rc;
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    return keda_spec_add(out, m->threshold, m->activation, err, "prometheus");
}

/* ---- logins of clouds, which count only without authModes */

/* Why the server cannot be asked; NULL when it can. */
static const char *missing_login(const struct meta *m)
{
    if (m->auth.modes.count > 0)
        return NULL;
    if (text_equal(m->identity, "azure-workload"))
        return "podIdentity azure-workload is not supported yet";
    if (text_equal(m->identity, "gcp"))
        return "podIdentity gcp is not supported yet";
    if (m->gcp_account != NULL || m->gcp_credentials != NULL || m->gcp_file != NULL)
        return "credentials of Google Cloud are not supported yet";
    if (m->aws_region != NULL || has_identity(m))
        return "Amazon Managed Prometheus is not supported yet: requests are not signed";
    return NULL;
}

static keda_status open_instance(void *state, const void *meta, keda_scaler *self,
                                 keda_error *err, void *user)
{
    const char *why = missing_login(meta);

    (void)state;
    (void)err;
    (void)user;
    if (why != NULL)
        keda_scaler_log(self, KEDA_LOG_WARN, "%s", why);
    return KEDA_OK;
}

/* ---- the answer */

static keda_status misshapen(keda_error *err, const char *what)
{
    return keda_error_set(err, KEDA_EPROTOCOL, "%s is not what a query answers", what);
}

/* Absent, null, or of this type: what upstream's typed reading accepts. */
static bool is_type(const keda_json *value, int32_t type)
{
    const int32_t got = keda_json_type_of(value);
    return got == KEDA_JSON_NULL || got == type;
}

static keda_status check_shape(const keda_json *root, keda_error *err)
{
    static const struct {
        const char *path;
        int32_t type;
    } shapes[] = {
        {"", KEDA_JSON_OBJECT},           {"status", KEDA_JSON_STRING},
        {"data", KEDA_JSON_OBJECT},       {"data.resultType", KEDA_JSON_STRING},
        {"data.result", KEDA_JSON_ARRAY},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!is_type(keda_json_get(root, shapes[i].path), shapes[i].type))
            return misshapen(err, i == 0 ? "the JSON" : shapes[i].path);
    const keda_json *result = keda_json_get(root, "data.result");
    for (size_t i = 0; i < keda_json_count(result); i++) {
        const keda_json *one = keda_json_at(result, i, NULL);
        if (!is_type(one, KEDA_JSON_OBJECT) ||
            !is_type(keda_json_get(one, "metric"), KEDA_JSON_OBJECT) ||
            !is_type(keda_json_get(one, "value"), KEDA_JSON_ARRAY))
            return misshapen(err, "data.result: a scalar or string result");
    }
    return KEDA_OK;
}

static keda_status nothing(const struct meta *m, double *value, keda_error *err,
                           const char *what)
{
    *value = 0.0;
    if (m->ignores_null)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EPROTOCOL, "query \"%.128s\": %s", m->query, what);
}

/* KEDA: a null counts as -1, so it is 0 to the HPA and activates only below that. */
static keda_status read_sample(const struct meta *m, const keda_json *sample, double *value,
                               keda_error *err)
{
    const char *text = keda_json_string(sample);

    *value = -1.0;
    if (keda_json_type_of(sample) == KEDA_JSON_NULL)
        return KEDA_OK;
    if (text == NULL)
        return keda_error_set(err, KEDA_EPROTOCOL, "the sample is not a string");
    if (gofloat_parse(text, strlen(text), value) != KEDA_OK)
        return keda_error_set(err, KEDA_EPROTOCOL, "the sample \"%.64s\" is not a number",
                              text);
    return isfinite(*value) ? KEDA_OK
                            : nothing(m, value, err, "the sample is not a finite number");
}

static keda_status read_result(const struct meta *m, const keda_json *root, double *value,
                               keda_error *err)
{
    const keda_json *result = keda_json_get(root, "data.result");
    const size_t n = keda_json_count(result);

    if (n == 0)
        return nothing(m, value, err, "the result is empty");
    if (n > 1)
        return keda_error_set(err, KEDA_EPROTOCOL, "query \"%.128s\": %zu series, expected one",
                              m->query, n);
    const keda_json *sample = keda_json_get(keda_json_at(result, 0, NULL), "value");
    if (keda_json_count(sample) == 0)
        return nothing(m, value, err, "the series has no value");
    if (keda_json_count(sample) == 1)
        return keda_error_set(err, KEDA_EPROTOCOL, "the series has a time and no value");
    return read_sample(m, keda_json_at(sample, 1, NULL), value, err);
}

static keda_status parse(const void *meta, const keda_http_reply *reply, double *value,
                         keda_error *err)
{
    keda_json *root = NULL;
    keda_status rc = keda_json_parse(&root, reply->body, reply->body_size, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = check_shape(root, err)) == KEDA_OK)
        rc = read_result(meta, root, value, err);
    keda_json_free(root);
    return rc;
}

/* ---- the request */

static keda_status add_parameter(keda_buf *url, const char *name, const char *value)
{
    keda_status rc = buf_putc(url, '&');

    if (rc == KEDA_OK)
        rc = url_query_escape(url, name, strlen(name));
    if (rc == KEDA_OK)
        rc = buf_putc(url, '=');
    return rc == KEDA_OK ? url_query_escape(url, value, strlen(value)) : rc;
}

static int by_name(const void *a, const void *b)
{
    const keda_param *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* Sorted, so that equal triggers send equal requests. */
static keda_status add_parameters(keda_buf *url, const keda_map *map)
{
    const keda_param **sorted = mem_zalloc(map->count + 1, sizeof(const keda_param *));
    keda_status rc = sorted == NULL ? KEDA_ENOMEM : KEDA_OK;

    for (size_t i = 0; sorted != NULL && i < map->count; i++)
        sorted[i] = &map->items[i];
    if (sorted != NULL && map->count > 1)
        qsort(sorted, map->count, sizeof(const keda_param *), by_name);
    for (size_t i = 0; rc == KEDA_OK && i < map->count; i++)
        rc = add_parameter(url, sorted[i]->name, sorted[i]->value);
    mem_free(sorted);
    return rc;
}

static keda_status make_url(const struct meta *m, int64_t wall_ms, keda_buf *url)
{
    const size_t size = strlen(m->address);
    const bool has_slash = size > 0 && m->address[size - 1] == '/';
    char time[32];

    clock_format_utc(wall_ms, 0, time, sizeof time);
    keda_status rc = buf_append(url, m->address, size - (has_slash ? 1 : 0));
    if (rc == KEDA_OK)
        rc = buf_puts(url, "/api/v1/query?query=");
    if (rc == KEDA_OK)
        rc = url_query_escape(url, m->query, strlen(m->query));
    if (rc == KEDA_OK)
        rc = buf_printf(url, "&time=%s", time);
    if (rc == KEDA_OK && m->space != NULL)
        rc = add_parameter(url, "namespace", m->space);
    return rc == KEDA_OK ? add_parameters(url, &m->parameters) : rc;
}

static size_t place_of(const keda_param *headers, size_t n, const char *name)
{
    size_t i = 0;

    while (i < n && !text_equal_nocase(headers[i].name, name))
        i++;
    return i;
}

/* One header more than there are, for that of mode custom, which replaces one of its name. NULL
 * without memory. */
static keda_param *make_headers(const struct meta *m, size_t *n)
{
    const bool has_login =
        http_auth_has(&m->auth, "basic") || http_auth_has(&m->auth, "bearer");
    keda_param *headers = mem_zalloc(m->headers.count + 1, sizeof *headers);

    *n = m->headers.count;
    if (headers == NULL)
        return NULL;
    for (size_t i = 0; i < *n; i++)
        headers[i] = m->headers.items[i];
    if (http_auth_has(&m->auth, "custom") && !has_login) {
        const size_t i = place_of(headers, *n, m->auth.custom_header);
        headers[i] = (keda_param){m->auth.custom_header, m->auth.custom_value};
        *n += i == *n ? 1 : 0;
    }
    return headers;
}

static void send_query(const struct meta *m, keda_poll *poll, const char *url,
                       const keda_param *headers, size_t nheaders)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_http_tls tls = http_auth_tls(&m->auth, m->is_unsafe);

    tls.ca = m->auth.ca;
    request.url = url;
    request.headers = headers;
    request.nheaders = nheaders;
    request.tls = &tls;
    request.timeout_ms = (m->timeout_ns + 999999) / 1000000;
    http_auth_login(&m->auth, &request);
    keda_http_poll(poll, &request, parse);
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    const char *why = missing_login(m);
    keda_error err = KEDA_ERROR_INIT;
    keda_buf url = {0};
    size_t nheaders = 0;
    keda_param *headers = NULL;

    (void)state;
    (void)user;
    if (why != NULL)
        (void)keda_error_set(&err, KEDA_EUNSUPPORTED, "%s", why);
    else if ((headers = make_headers(m, &nheaders)) == NULL ||
             make_url(m, keda_poll_wall_ms(poll), &url) != KEDA_OK)
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
    if (err.code == KEDA_OK)
        send_query(m, poll, url.data, headers, nheaders);
    else
        keda_poll_fail(poll, &err);
    mem_free(headers);
    keda_buf_clear(&url);
}

const keda_scaler_desc keda_scaler_prometheus = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "prometheus",
    .summary = "The one sample of a Prometheus query.",
    .metrics_name = "prometheusScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(struct meta),
    .specs = specs,
    .poll = ask,
    .check = check,
    .open = open_instance,
};
