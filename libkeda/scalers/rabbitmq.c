/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rabbitmq trigger: parameters and their rules, what a queue's counts mean, and the management API over
 * HTTP (spec: scalers-core 4). Counts over AMQP come from the endpoint kind `amqp` of a module.
 */
#include "scalers/rabbitmq.h"

#include <keda/json.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "net/ask.h"
#include "net/url_query.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef enum mode {
    MODE_UNKNOWN = 0, /* as in `modes` below */
    MODE_LENGTH,
    MODE_PUBLISHED,
    MODE_DELIVERED,
    MODE_RATIO,
    MODE_TIME
} mode;
static const char *const modes[] = {"Unknown",
                                    "QueueLength",
                                    "MessageRate",
                                    "DeliverGetRate",
                                    "PublishedToDeliveredRatio",
                                    "ExpectedQueueConsumptionTime",
                                    NULL};

typedef enum protocol { PROTOCOL_UNKNOWN = 0, PROTOCOL_AMQP, PROTOCOL_HTTP } protocol;
static const char *const protocols[] = {"auto", "amqp", "http", NULL};
static const char *const switches[] = {"disable", "enable", NULL};

struct meta {
    char *queue, *host, *vhost, *operation;
    int32_t mode, protocol; /* as written: mode_of and protocol_of say what counts */
    double value, length, activation;
    bool is_regex, is_without_unacknowledged, is_unsafe;
    int64_t page_size, timeout_ns;
    char *username, *password;
    int32_t has_tls;
    char *ca, *cert, *key, *key_password;
    char *workload_identity, *oauth_url, *client_id, *client_secret;
    keda_string_list scopes;
    keda_map endpoint_params;
};

/* clang-format off */
#define FROM_AUTH_OR_ENV .from = {KEDA_FROM_AUTH, KEDA_FROM_ENV}
#define SECRET_TEXT .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET

static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, queue, .name = "queueName",
        .help = "Queue that is measured; a regular expression with useRegex."),
    KEDA_FIELD_CHOICE(struct meta, mode, .name = "mode", .allowed = modes, .fallback = "Unknown",
        .help = "What is measured; needs value. Rates, ratio and time need protocol http."),
    KEDA_FIELD_DOUBLE(struct meta, value, .name = "value", .fallback = "0",
        .help = "What one replica is expected to carry, in the unit of mode."),
    KEDA_FIELD_DOUBLE(struct meta, length, .name = "queueLength", .fallback = "0",
        .help = "Messages one replica is expected to handle: short for mode QueueLength and value; "
                "20 when none of the three is set."),
    KEDA_FIELD_DOUBLE(struct meta, activation, .name = "activationValue", .fallback = "0",
        .help = "Active when the measured value is greater."),
    KEDA_FIELD_STRING(struct meta, host, .name = "host",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH, KEDA_FROM_ENV}, .flags = KEDA_SECRET,
        .help = "URI of the broker: amqp, amqps, or http, https for the management API."),
    KEDA_FIELD_CHOICE(struct meta, protocol, .name = "protocol",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .allowed = protocols, .fallback = "auto",
        .help = "How the broker is asked; auto: as the scheme of host says."),
    KEDA_FIELD_STRING(struct meta, vhost, .name = "vhostName",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Virtual host instead of that in host."),
    KEDA_FIELD_BOOL(struct meta, is_regex, .name = "useRegex", .fallback = "false",
        .help = "queueName is a regular expression for several queues; http only."),
    KEDA_FIELD_BOOL(struct meta, is_without_unacknowledged, .name = "excludeUnacknowledged",
        .fallback = "false", .help = "Count messages that are ready only; http only."),
    KEDA_FIELD_INT64(struct meta, page_size, .name = "pageSize", .fallback = "100",
        .help = "Most queues that a regular expression may match."),
    KEDA_FIELD_STRING(struct meta, operation, .name = "operation", .fallback = "sum",
        .help = "What is made of several queues: sum, avg or max."),
    KEDA_FIELD_DURATION(struct meta, timeout_ns, .name = "timeout", .flags = KEDA_OPTIONAL,
        .help = "Longest wait for an answer over http; otherwise the engine's."),
    KEDA_FIELD_STRING(struct meta, username, .name = "username", FROM_AUTH_OR_ENV,
        .flags = KEDA_OPTIONAL, .help = "User instead of that in host; needs password."),
    KEDA_FIELD_STRING(struct meta, password, .name = "password", FROM_AUTH_OR_ENV,
        .flags = KEDA_OPTIONAL | KEDA_SECRET, .help = "That user's password."),
    KEDA_FIELD_CHOICE(struct meta, has_tls, .name = "tls", .from = {KEDA_FROM_AUTH},
        .allowed = switches, .fallback = "disable",
        .help = "Use ca, cert and key of the authentication."),
    KEDA_FIELD_STRING(struct meta, ca, .name = "ca", SECRET_TEXT,
        .help = "Authorities to trust besides the system's, as PEM."),
    KEDA_FIELD_STRING(struct meta, cert, .name = "cert", SECRET_TEXT,
        .help = "Client certificate, as PEM; needs key."),
    KEDA_FIELD_STRING(struct meta, key, .name = "key", SECRET_TEXT,
        .help = "Its private key, as PEM."),
    KEDA_FIELD_STRING(struct meta, key_password, .name = "keyPassword", SECRET_TEXT,
        .help = "Password of the key."),
    KEDA_FIELD_BOOL(struct meta, is_unsafe, .name = "unsafeSsl", .fallback = "false",
        .help = "Do not verify the server's certificate."),
    KEDA_FIELD_STRING(struct meta, workload_identity, .name = "workloadIdentityResource",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "What an Azure token is asked for; no token can be asked for yet."),
    KEDA_FIELD_STRING(struct meta, oauth_url, .name = "oauthTokenURI", .from = {KEDA_FROM_AUTH},
        .flags = KEDA_OPTIONAL, .help = "Where tokens come from; none are asked for yet."),
    KEDA_FIELD_STRING(struct meta, client_id, .name = "clientID", .from = {KEDA_FROM_AUTH},
        .flags = KEDA_OPTIONAL, .help = "Client that asks for tokens."),
    KEDA_FIELD_STRING(struct meta, client_secret, .name = "clientSecret", SECRET_TEXT,
        .help = "Its secret."),
    KEDA_FIELD_STRING_LIST(struct meta, scopes, .name = "scopes", .alias = {"scope"},
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL, .help = "Scopes to ask for."),
    KEDA_FIELD_URL_VALUES(struct meta, endpoint_params, .name = "endpointParams", SECRET_TEXT,
        .help = "Further parameters of the request for a token, as a query."),
};
/* clang-format on */

/* ---- what was meant */

static bool is_zero(double value)
{
    return value >= 0.0 && value <= 0.0;
}

static protocol protocol_of(const struct meta *m)
{
    static const struct {
        const char *scheme;
        protocol means;
    } schemes[] = {{"amqp://", PROTOCOL_AMQP},
                   {"amqps://", PROTOCOL_AMQP},
                   {"http://", PROTOCOL_HTTP},
                   {"https://", PROTOCOL_HTTP}};

    if (m->protocol != PROTOCOL_UNKNOWN)
        return (protocol)m->protocol;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(m->host, schemes[i].scheme, strlen(schemes[i].scheme)) == 0)
            return schemes[i].means;
    return PROTOCOL_UNKNOWN;
}

static bool is_http(const struct meta *m)
{
    return protocol_of(m) == PROTOCOL_HTTP;
}

static bool is_short(const struct meta *m)
{
    return m->mode == MODE_UNKNOWN && is_zero(m->value);
}

static mode mode_of(const struct meta *m)
{
    return is_short(m) ? MODE_LENGTH : (mode)m->mode;
}

static double target_of(const struct meta *m)
{
    if (!is_short(m))
        return m->value;
    return is_zero(m->length) ? 20.0 : m->length;
}

/* ---- rules, in KEDA's order */

static keda_status refuse(keda_error *err, const char *text)
{
    return keda_error_set(err, KEDA_EINVAL, "%s", text);
}

static keda_status check_texts(const struct meta *m, keda_error *err)
{
    if ((m->cert == NULL) != (m->key == NULL))
        return refuse(err, "cert and key need each other");
    if (m->page_size < 1)
        return refuse(err, "pageSize: must be at least 1");
    if ((m->username == NULL) != (m->password == NULL))
        return refuse(err, "username and password need each other");
    if (protocol_of(m) == PROTOCOL_UNKNOWN)
        return refuse(err, "host: the scheme is none of amqp, amqps, http, https");
    return KEDA_OK;
}

static bool has_oauth(const struct meta *m)
{
    return m->oauth_url != NULL || m->client_id != NULL || m->client_secret != NULL;
}

static keda_status check_logins(const struct meta *m, keda_error *err)
{
    if (m->workload_identity != NULL && !is_http(m))
        return refuse(err, "workloadIdentityResource needs protocol http");
    if (!has_oauth(m))
        return KEDA_OK;
    if (m->oauth_url == NULL || m->client_id == NULL || m->client_secret == NULL)
        return refuse(err, "oauthTokenURI, clientID and clientSecret need each other");
    if (!is_http(m))
        return refuse(err, "oauthTokenURI needs protocol http");
    if (m->username != NULL || m->workload_identity != NULL)
        return refuse(err, "oauthTokenURI excludes username and workloadIdentityResource");
    return KEDA_OK;
}

static keda_status check_measure(const struct meta *m, keda_error *err)
{
    const bool has_mode = m->mode != MODE_UNKNOWN, has_value = !is_zero(m->value);

    if (!is_zero(m->length) && (has_mode || has_value))
        return refuse(err, "queueLength excludes mode and value");
    if (is_short(m))
        return KEDA_OK; /* KEDA: what follows is not looked at then */
    if (!has_mode)
        return refuse(err, "value needs mode");
    if (!has_value)
        return refuse(err, "mode needs value");
    if (m->mode != MODE_LENGTH && !is_http(m))
        return keda_error_set(err, KEDA_EINVAL, "mode %s needs protocol http", modes[m->mode]);
    if (m->timeout_ns != 0 && !is_http(m))
        return refuse(err, "timeout needs protocol http");
    return KEDA_OK;
}

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const struct meta *m = meta;
    keda_status rc;

    (void)user;
    if ((rc = check_texts(m, err)) != KEDA_OK || (rc = check_logins(m, err)) != KEDA_OK)
        return rc;
    if (m->is_regex && !is_http(m))
        return refuse(err, "useRegex needs protocol http");
    if (m->is_without_unacknowledged && !is_http(m))
        return refuse(err, "excludeUnacknowledged needs protocol http");
    return check_measure(m, err);
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const struct meta *m = meta;
    keda_buf name = {0};
    keda_status rc = url_query_escape(&name, m->queue, strlen(m->queue));

    (void)user;
    if (rc == KEDA_OK)
        rc = keda_spec_add(out, target_of(m), m->activation, err, "rabbitmq-%s", name.data);
    else
        (void)keda_error_set(err, rc, "out of memory");
    keda_buf_clear(&name);
    return rc;
}

/* ---- opening */

/* Why the broker cannot be asked; NULL when it can. */
static const char *missing_login(const struct meta *m)
{
    if (m->workload_identity != NULL)
        return "workloadIdentityResource is not supported yet";
    if (has_oauth(m))
        return "oauthTokenURI is not supported yet";
    return NULL;
}

static keda_status open_amqp(rabbitmq_question *q, const struct meta *m, keda_scaler *self,
                             keda_error *err)
{
    const struct {
        const char *name, *value;
    } all[] = {
        {"host", m->host},
        {"vhostName", m->vhost},
        {"username", m->username},
        {"password", m->password},
        {"tls", m->has_tls ? "enable" : NULL},
        {"ca", m->ca},
        {"cert", m->cert},
        {"key", m->key},
        {"keyPassword", m->key_password},
        {"unsafeSsl", m->is_unsafe ? "true" : NULL},
    };
    keda_param given[sizeof all / sizeof all[0]];
    size_t n = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].value != NULL)
            given[n++] = (keda_param){all[i].name, all[i].value};
    return keda_endpoint_acquire(self, "amqp", given, n, &q->endpoint, err);
}

static keda_status open_instance(void *state, const void *meta, keda_scaler *self,
                                 keda_error *err, void *user)
{
    const struct meta *m = meta;
    rabbitmq_question *q = state;
    const char *why = missing_login(m);

    (void)user;
    q->queue = m->queue;
    if (why != NULL)
        keda_scaler_log(self, KEDA_LOG_WARN, "%s", why);
    return is_http(m) ? KEDA_OK : open_amqp(q, m, self, err);
}

/* ---- counts of a queue, or of several */

typedef struct counts {
    int64_t messages, ready;
    double published, delivered; /* a second */
} counts;

static keda_status read_count(const keda_json *value, const char *path, int64_t *out,
                              keda_error *err)
{
    const keda_json *number = keda_json_get(value, path);

    *out = 0;
    if (keda_json_type_of(number) == KEDA_JSON_NULL || keda_json_int64(number, out))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EPROTOCOL, "%s is not a whole number", path);
}

static keda_status read_rate(const keda_json *value, const char *path, double *out,
                             keda_error *err)
{
    const keda_json *number = keda_json_get(value, path);
    const int32_t type = keda_json_type_of(number);

    *out = 0.0;
    if (type == KEDA_JSON_NULL)
        return KEDA_OK;
    if ((type == KEDA_JSON_INTEGER || type == KEDA_JSON_REAL) && keda_json_double(number, out))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EPROTOCOL, "%s is not a number", path);
}

/* What is missing is 0: idle queues have no rates. */
static keda_status read_queue(const keda_json *queue, counts *out, keda_error *err)
{
    const int32_t type = keda_json_type_of(queue);
    keda_status rc;

    if (type != KEDA_JSON_OBJECT && type != KEDA_JSON_NULL)
        return keda_error_set(err, KEDA_EPROTOCOL, "a queue that is not an object");
    if ((rc = read_count(queue, "messages", &out->messages, err)) != KEDA_OK)
        return rc;
    if ((rc = read_count(queue, "messages_ready", &out->ready, err)) != KEDA_OK)
        return rc;
    rc = read_rate(queue, "message_stats.publish_details.rate", &out->published, err);
    if (rc != KEDA_OK)
        return rc;
    return read_rate(queue, "message_stats.deliver_get_details.rate", &out->delivered, err);
}

static void add(counts *to, const counts *one)
{
    to->messages = num_add_sat(to->messages, one->messages);
    to->ready = num_add_sat(to->ready, one->ready);
    to->published += one->published;
    to->delivered += one->delivered;
}

static void keep_larger(counts *to, const counts *one)
{
    to->messages = one->messages > to->messages ? one->messages : to->messages;
    to->ready = one->ready > to->ready ? one->ready : to->ready;
    to->published = one->published > to->published ? one->published : to->published;
    to->delivered = one->delivered > to->delivered ? one->delivered : to->delivered;
}

static void divide(counts *sum, size_t n)
{
    sum->messages /= (int64_t)n;
    sum->ready /= (int64_t)n;
    sum->published /= (double)n;
    sum->delivered /= (double)n;
}

static keda_status read_items(const struct meta *m, const keda_json *items, counts *out,
                              keda_error *err)
{
    const bool is_max = strcmp(m->operation, "max") == 0;
    const size_t n = keda_json_count(items);

    for (size_t i = 0; i < n; i++) {
        counts one = {0};
        const keda_status rc = read_queue(keda_json_at(items, i, NULL), &one, err);
        if (rc != KEDA_OK)
            return rc;
        (is_max ? keep_larger : add)(out, &one);
    }
    if (n == 0 || is_max || strcmp(m->operation, "sum") == 0)
        return KEDA_OK;
    if (strcmp(m->operation, "avg") != 0)
        return keda_error_set(err, KEDA_EINVAL, "operation \"%.64s\" is none of sum, avg, max",
                              m->operation);
    divide(out, n);
    return KEDA_OK;
}

static keda_status read_list(const struct meta *m, const keda_json *root, counts *out,
                             keda_error *err)
{
    const keda_json *items = keda_json_get(root, "items");
    const int32_t type = keda_json_type_of(items);
    int64_t pages = 0;
    const keda_status rc = read_count(root, "page_count", &pages, err);

    if (rc != KEDA_OK)
        return rc;
    if (pages > 1)
        return keda_error_set(err, KEDA_ELIMIT, "more than %lld queues match: raise pageSize",
                              (long long)m->page_size);
    if (type != KEDA_JSON_ARRAY && type != KEDA_JSON_NULL)
        return keda_error_set(err, KEDA_EPROTOCOL, "items is not a list");
    return read_items(m, items, out, err);
}

static keda_status read_answer(const struct meta *m, const keda_http_reply *reply, counts *out,
                               keda_error *err)
{
    keda_json *root = NULL;
    keda_status rc = keda_json_parse(&root, reply->body, reply->body_size, err);

    if (rc != KEDA_OK)
        return rc;
    const int32_t type = keda_json_type_of(root);
    if (type != KEDA_JSON_OBJECT && type != KEDA_JSON_NULL)
        rc = keda_error_set(err, KEDA_EPROTOCOL, "the JSON is not an object");
    else if (m->is_regex)
        rc = read_list(m, root, out, err);
    else
        rc = read_queue(root, out, err);
    keda_json_free(root);
    return rc;
}

/* ---- what they mean (KEDA: a threshold of activation stands in where nothing is delivered) */

typedef struct reading {
    double value;
    bool is_active;
} reading;

static reading ratio_of(double published, double delivered, double activation)
{
    const bool is_stuck = published > 0 && is_zero(delivered);
    double value = 0.0;

    if (is_stuck)
        value = activation;
    else if (published > 0 && delivered > 0)
        value = published / delivered;
    return (reading){value, is_stuck || value > activation};
}

static reading time_of(double messages, const counts *c, double activation)
{
    const bool is_stuck = messages > 0 && is_zero(c->delivered);
    double value = 0.0;

    if (is_zero(messages))
        value = 0.0;
    else if (is_zero(c->delivered))
        value = activation;
    else
        value = (c->published - c->delivered) / c->delivered + messages / c->delivered;
    return (reading){value, is_stuck || value > activation};
}

static reading reading_of(const struct meta *m, const counts *c)
{
    const double messages = (double)(m->is_without_unacknowledged ? c->ready : c->messages);

    switch (mode_of(m)) {
    case MODE_PUBLISHED:
        return (reading){c->published,
                         c->published > m->activation || messages > m->activation};
    case MODE_DELIVERED:
        return (reading){c->delivered, c->delivered > m->activation};
    case MODE_RATIO:
        return ratio_of(c->published, c->delivered, m->activation);
    case MODE_TIME:
        return time_of(messages, c, m->activation);
    case MODE_LENGTH:
    case MODE_UNKNOWN:
        break;
    }
    return (reading){messages, messages > m->activation};
}

/* ---- the management API */

/* "user:password@" may be anywhere in what a proxy or a plug-in says. */
static void mask(char *text)
{
    for (char *at = text; (at = strchr(at, '@')) != NULL; at++) {
        char *from = at;
        while (from > text && strchr(" /\"'<>", from[-1]) == NULL)
            from--;
        if (memchr(from, ':', (size_t)(at - from)) != NULL)
            memset(from, '*', (size_t)(at - from));
    }
}

/* KEDA: only 200 is an answer. */
static keda_status check_status(const keda_http_reply *reply, keda_error *err)
{
    char said[160];

    if (reply->status == 200)
        return KEDA_OK;
    keda_status rc = keda_http_check(reply, NULL, err);
    if (rc == KEDA_OK)
        return keda_error_set(err, KEDA_EPROTOCOL, "status %d, expected 200",
                              (int)reply->status);
    (void)text_copy(said, sizeof said, reply->body);
    text_cut_broken_end(said);
    mask(said);
    if (err == NULL || said[0] == '\0')
        return rc;
    const size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", said);
    return rc;
}

static keda_status answered(keda_poll *poll, const keda_http_reply *reply, keda_error *err,
                            void *take_user)
{
    const struct meta *m = keda_poll_meta(poll);
    counts c = {.messages = 0};
    keda_status rc = check_status(reply, err);

    (void)take_user;
    if (rc == KEDA_OK)
        rc = read_answer(m, reply, &c, err);
    if (rc != KEDA_OK)
        return rc;
    const reading got = reading_of(m, &c);
    keda_poll_value(poll, 0, got.value);
    keda_poll_active(poll, got.is_active);
    keda_poll_done(poll);
    return KEDA_OK;
}

/* The last segment of the path is the virtual host, and what stands before it the API's base. */
typedef struct place {
    text_view origin, base, vhost;
} place;

static place split_host(const char *host)
{
    const char *scheme = strstr(host, "://");
    const char *rest = scheme != NULL ? scheme + 3 : host;
    const size_t origin = (size_t)(rest - host) + strcspn(rest, "/?#");
    const char *path = host + origin;
    size_t size = strcspn(path, "?#");
    size_t base = size;

    while (base > 0 && path[base - 1] != '/')
        base--;
    return (place){
        .origin = {host, origin}, .base = {path, base}, .vhost = {path + base, size - base}};
}

/* "/a/b" of "/a//b/". */
static keda_status put_base(keda_buf *url, text_view base)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < base.size; i++) {
        const bool is_doubled =
            base.data[i] == '/' && (i + 1 == base.size || base.data[i + 1] == '/');
        if (!is_doubled)
            rc = buf_putc(url, base.data[i]);
    }
    return rc;
}

static keda_status put_vhost(const struct meta *m, keda_buf *url, text_view vhost)
{
    if (m->vhost != NULL)
        return url_query_escape(url, m->vhost, strlen(m->vhost));
    return vhost.size > 0 ? buf_append(url, vhost.data, vhost.size) : buf_puts(url, "%2F");
}

static keda_status make_url(const struct meta *m, keda_buf *url)
{
    const place at = split_host(m->host);
    keda_status rc = buf_append(url, at.origin.data, at.origin.size);

    if (rc == KEDA_OK)
        rc = put_base(url, at.base);
    if (rc == KEDA_OK)
        rc = buf_puts(url, "/api/queues/");
    if (rc == KEDA_OK)
        rc = put_vhost(m, url, at.vhost);
    if (rc == KEDA_OK)
        rc = buf_puts(url, m->is_regex ? "?page=1&use_regex=true&pagination=false&name=" : "/");
    if (rc == KEDA_OK)
        rc = url_query_escape(url, m->queue, strlen(m->queue));
    if (rc == KEDA_OK && m->is_regex)
        rc = buf_printf(url, "&page_size=%lld", (long long)m->page_size);
    return rc;
}

static void ask_api(const struct meta *m, keda_poll *poll, const char *url)
{
    const http_question question = {.answered = answered};
    const keda_http_tls tls = {
        .struct_size = sizeof tls,
        .ca = m->has_tls ? m->ca : NULL,
        .cert = m->has_tls ? m->cert : NULL,
        .key = m->has_tls ? m->key : NULL,
        .key_password = m->has_tls ? m->key_password : NULL,
        .is_unsafe = m->is_unsafe,
    };
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = url;
    request.tls = &tls;
    request.username = m->username;
    request.password = m->password;
    request.timeout_ms = (m->timeout_ns + 999999) / 1000000;
    http_ask(poll, &request, &question);
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    const rabbitmq_question *q = state;
    const char *why = missing_login(m);
    keda_error err = KEDA_ERROR_INIT;
    keda_buf url = {0};

    (void)user;
    if (q->endpoint != NULL) {
        keda_poll_via(poll, q->endpoint);
        return;
    }
    if (why != NULL)
        (void)keda_error_set(&err, KEDA_EUNSUPPORTED, "%s", why);
    else if (make_url(m, &url) != KEDA_OK)
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
    if (err.code == KEDA_OK)
        ask_api(m, poll, url.data);
    else
        keda_poll_fail(poll, &err);
    mem_free_secret(url.data);
}

const keda_scaler_desc keda_scaler_rabbitmq = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "rabbitmq",
    .summary = "Messages or rates of a RabbitMQ queue, over AMQP or the management API.",
    .metrics_name = "rabbitMQScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(struct meta),
    .state_size = sizeof(rabbitmq_question),
    .flags = KEDA_SCALER_BATCHES,
    .specs = specs,
    .poll = ask,
    .check = check,
    .open = open_instance,
};
