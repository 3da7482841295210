/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nats-jetstream trigger: messages of a stream that a consumer has not got or not acknowledged, from the
 * monitoring port (spec: scalers-more 3.1). In a cluster only the consumer's leader knows, and is looked
 * for among the nodes; the last one found is asked first.
 */
#include <keda/json.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "net/ask.h"
#include "net/url_query.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256, HOST_SIZE = 512 };

struct meta {
    char *endpoint, *account, *account_id, *stream, *consumer;
    int64_t threshold, activation;
    bool is_https;
};

/* What an instance remembers of its last poll; "": nothing. */
typedef struct instance {
    char leader[NAME_SIZE], leader_host[HOST_SIZE];
} instance;

/* What one answer says of the consumer. */
typedef struct finding {
    bool has_stream, has_consumer;
    int64_t pending, cluster_size;
    char leader[NAME_SIZE];
} finding;

/* A poll on its way through the nodes. */
typedef struct walk {
    instance *s;
    keda_json *nodes; /* the answer that lists them */
    const keda_json *list;
    bool is_by_address; /* nodes are named by address, and say their own name */
    bool is_seen;       /* the consumer, on some node */
    size_t next;
    char name[NAME_SIZE], host[HOST_SIZE]; /* of the node being asked */
} walk;

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, endpoint, .name = "natsServerMonitoringEndpoint",
        .from = {KEDA_FROM_AUTH, KEDA_FROM_METADATA},
        .help = "Host and port of the monitoring endpoint, without a scheme."),
    KEDA_FIELD_STRING(struct meta, account, .name = "account",
        .from = {KEDA_FROM_AUTH, KEDA_FROM_METADATA}, .flags = KEDA_OPTIONAL,
        .help = "Name of the account; it or accountID is needed."),
    KEDA_FIELD_STRING(struct meta, account_id, .name = "accountID",
        .from = {KEDA_FROM_AUTH, KEDA_FROM_METADATA}, .flags = KEDA_OPTIONAL,
        .help = "Id of the account; the value of account when it is not set."),
    KEDA_FIELD_STRING(struct meta, stream, .name = "stream",
        .help = "Stream whose messages are counted."),
    KEDA_FIELD_STRING(struct meta, consumer, .name = "consumer",
        .help = "Consumer for which they are pending."),
    KEDA_FIELD_INT64(struct meta, threshold, .name = "lagThreshold", .fallback = "10",
        .help = "Messages one replica is expected to handle."),
    KEDA_FIELD_INT64(struct meta, activation, .name = "activationLagThreshold", .fallback = "0",
        .help = "Active when there are more messages."),
    KEDA_FIELD_BOOL(struct meta, is_https, .name = "useHttps", .fallback = "false",
        .help = "Ask by https."),
};
/* clang-format on */

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    if (m->account == NULL && m->account_id == NULL)
        return keda_error_set(err, KEDA_EINVAL, "account or accountID is required");
    return KEDA_OK;
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    return keda_spec_add_integer(out, m->threshold, (double)m->activation, err,
                                 "nats-jetstream-%s", m->stream);
}

/* ---- reading an answer about streams */

static const char *id_of(const struct meta *m)
{
    return m->account_id != NULL ? m->account_id : m->account;
}

static const char *text_at(const keda_json *value, const char *path)
{
    const char *text = keda_json_string(keda_json_get(value, path));
    return text != NULL ? text : "";
}

/* KEDA: with an id alone, an account without a name matches too. */
static bool is_ours(const struct meta *m, const keda_json *account)
{
    return strcmp(text_at(account, "id"), id_of(m)) == 0 ||
           strcmp(text_at(account, "name"), m->account != NULL ? m->account : "") == 0;
}

/* Absent and null are 0. */
static keda_status read_count(const keda_json *value, const char *path, int64_t *out,
                              keda_error *err)
{
    const keda_json *number = keda_json_get(value, path);

    *out = 0;
    if (keda_json_type_of(number) == KEDA_JSON_NULL || keda_json_int64(number, out))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EPROTOCOL, "%s is not a whole number", path);
}

static keda_status read_consumer(const keda_json *consumer, finding *out, keda_error *err)
{
    int64_t pending = 0, unacknowledged = 0;
    keda_status rc = read_count(consumer, "num_pending", &pending, err);

    if (rc == KEDA_OK)
        rc = read_count(consumer, "num_ack_pending", &unacknowledged, err);
    out->has_consumer = rc == KEDA_OK;
    out->pending = num_add_sat(pending, unacknowledged);
    (void)text_copy(out->leader, sizeof out->leader, text_at(consumer, "cluster.leader"));
    return rc;
}

/* The first of a list with this name; NULL: none. */
static const keda_json *find_named(const keda_json *list, const char *name)
{
    for (size_t i = 0; i < keda_json_count(list); i++) {
        const keda_json *one = keda_json_at(list, i, NULL);
        if (strcmp(text_at(one, "name"), name) == 0)
            return one;
    }
    return NULL;
}

static keda_status search_account(const struct meta *m, const keda_json *account, finding *out,
                                  keda_error *err)
{
    const keda_json *streams = keda_json_get(account, "stream_detail");

    for (size_t i = 0; i < keda_json_count(streams); i++) {
        const keda_json *stream = keda_json_at(streams, i, NULL);
        if (strcmp(text_at(stream, "name"), m->stream) != 0)
            continue;
        out->has_stream = true;
        const keda_json *consumer =
            find_named(keda_json_get(stream, "consumer_detail"), m->consumer);
        if (consumer != NULL)
            return read_consumer(consumer, out, err);
    }
    return KEDA_OK;
}

static keda_status check_shape(const keda_json *root, keda_error *err)
{
    const int32_t type = keda_json_type_of(root);
    const int32_t accounts = keda_json_type_of(keda_json_get(root, "account_details"));

    if ((type == KEDA_JSON_OBJECT || type == KEDA_JSON_NULL) &&
        (accounts == KEDA_JSON_ARRAY || accounts == KEDA_JSON_NULL))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EPROTOCOL, "no list of accounts in the answer");
}

/* KEDA: the status is not looked at. */
static keda_status read_streams(const struct meta *m, const keda_http_reply *reply,
                                finding *out, keda_error *err)
{
    keda_json *root = NULL;
    keda_status rc = keda_json_parse(&root, reply->body, reply->body_size, err);

    *out = (finding){.has_stream = false};
    if (rc != KEDA_OK)
        return rc;
    if ((rc = check_shape(root, err)) == KEDA_OK)
        rc = read_count(root, "meta_cluster.cluster_size", &out->cluster_size, err);
    const keda_json *accounts = keda_json_get(root, "account_details");
    for (size_t i = 0; rc == KEDA_OK && !out->has_consumer && i < keda_json_count(accounts);
         i++) {
        const keda_json *account = keda_json_at(accounts, i, NULL);
        if (is_ours(m, account))
            rc = search_account(m, account, out, err);
    }
    keda_json_free(root);
    return rc;
}

/* ---- asking */

static void walk_free(void *take_user)
{
    walk *w = take_user;

    keda_json_free(w->nodes);
    mem_free(w);
}

/* KEDA: whoever failed is made anew, and knows no leader. */
static void walk_fail(void *take_user)
{
    walk *w = take_user;

    *w->s = (instance){.leader = ""};
    walk_free(w);
}

static keda_status answer(keda_poll *poll, const finding *found, keda_error *err, walk *w)
{
    const struct meta *m = keda_poll_meta(poll);

    if (!found->has_stream)
        return keda_error_set(err, KEDA_ENOTFOUND, "stream %s: not found", m->stream);
    if (!found->has_consumer)
        return keda_error_set(err, KEDA_ENOTFOUND, "consumer %s: not found in stream %s",
                              m->consumer, m->stream);
    walk_free(w);
    keda_poll_value(poll, 0, (double)found->pending);
    keda_poll_done(poll);
    return KEDA_OK;
}

/* "http://HOST/varz", or /jsz with the account. */
static keda_status make_url(const struct meta *m, const char *host, bool is_streams,
                            keda_buf *url)
{
    const char *id = id_of(m);
    keda_status rc = buf_printf(url, "%s://%s%s", m->is_https ? "https" : "http", host,
                                is_streams ? "/jsz?acc=" : "/varz");
    if (rc == KEDA_OK && is_streams)
        rc = url_query_escape(url, id, strlen(id));
    return rc == KEDA_OK && is_streams ? buf_puts(url, "&config=true&consumers=true") : rc;
}

static void ask_host(keda_poll *poll, walk *take_walk, const char *host, bool is_streams,
                     http_answered_fn answered)
{
    const http_question question = {
        .answered = answered, .release = walk_fail, .take_user = take_walk};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_buf url = {0};

    if (make_url(keda_poll_meta(poll), host, is_streams, &url) == KEDA_OK) {
        request.url = url.data;
        http_ask(poll, &request, &question);
    } else {
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
        walk_fail(take_walk);
        keda_poll_fail(poll, &err);
    }
    keda_buf_clear(&url);
}

/* ---- one node after the other, until one is the consumer's leader */

static keda_status ask_next_node(keda_poll *poll, walk *w, keda_error *err);

static keda_status on_node_streams(keda_poll *poll, const keda_http_reply *reply,
                                   keda_error *err, void *take_user)
{
    walk *w = take_user;
    finding found;
    const keda_status rc = read_streams(keda_poll_meta(poll), reply, &found, err);

    if (rc != KEDA_OK)
        return rc;
    w->is_seen = w->is_seen || found.has_consumer;
    if (!found.has_consumer || w->name[0] == '\0' || strcmp(found.leader, w->name) != 0)
        return ask_next_node(poll, w, err);
    (void)text_copy(w->s->leader, sizeof w->s->leader, w->name);
    (void)text_copy(w->s->leader_host, sizeof w->s->leader_host, w->host);
    return answer(poll, &found, err, w);
}

static keda_status on_node_name(keda_poll *poll, const keda_http_reply *reply, keda_error *err,
                                void *take_user)
{
    walk *w = take_user;
    keda_json *root = NULL;
    const keda_status rc = keda_json_parse(&root, reply->body, reply->body_size, err);

    if (rc != KEDA_OK)
        return rc;
    (void)text_copy(w->name, sizeof w->name, text_at(root, "server_name"));
    keda_json_free(root);
    ask_host(poll, w, w->host, true, on_node_streams);
    return KEDA_OK;
}

/* "10.0.0.1" of "10.0.0.1:4222", and "[::1]" of "[::1]:4222". */
static size_t host_size(const char *address)
{
    const char *end = address[0] == '[' ? strchr(address, ']') : NULL;
    return end != NULL ? (size_t)(end - address) + 1 : strcspn(address, ":");
}

/* Where the node's monitoring is; false when its address does not fit. */
static bool place_node(const struct meta *m, walk *w, const char *address)
{
    const char *port = m->endpoint + host_size(m->endpoint);
    const size_t name = strcspn(address, ".");
    int n;

    w->name[0] = '\0';
    if (w->is_by_address) {
        n = snprintf(w->host, sizeof w->host, "%.*s%s", (int)host_size(address), address, port);
    } else {
        n = snprintf(w->host, sizeof w->host, "%.*s.%s", (int)name, address, m->endpoint);
        if (name < sizeof w->name) {
            memcpy(w->name, address, name);
            w->name[name] = '\0';
        }
    }
    return n > 0 && (size_t)n < sizeof w->host && (w->is_by_address || w->name[0] != '\0');
}

static keda_status ask_next_node(keda_poll *poll, walk *w, keda_error *err)
{
    const struct meta *m = keda_poll_meta(poll);

    while (w->next < keda_json_count(w->list)) {
        const char *address = keda_json_string(keda_json_at(w->list, w->next++, NULL));
        if (address == NULL || strlen(address) >= HOST_SIZE || !place_node(m, w, address))
            continue;
        ask_host(poll, w, w->host, !w->is_by_address,
                 w->is_by_address ? on_node_name : on_node_streams);
        return KEDA_OK;
    }
    if (!w->is_seen)
        return keda_error_set(err, KEDA_ENOTFOUND, "consumer %s: not found on any node",
                              m->consumer);
    return keda_error_set(err, KEDA_EUNAVAILABLE, "no leader found for consumer %s",
                          m->consumer);
}

static keda_status on_nodes(keda_poll *poll, const keda_http_reply *reply, keda_error *err,
                            void *take_user)
{
    walk *w = take_user;
    const keda_status rc = keda_json_parse(&w->nodes, reply->body, reply->body_size, err);

    if (rc != KEDA_OK)
        return rc;
    w->list = keda_json_get(w->nodes, "connect_urls");
    w->is_by_address = keda_json_count(w->list) > 0;
    if (!w->is_by_address)
        w->list = keda_json_get(w->nodes, "cluster.urls");
    return ask_next_node(poll, w, err);
}

/* ---- the first question */

static keda_status on_streams(keda_poll *poll, const keda_http_reply *reply, keda_error *err,
                              void *take_user)
{
    const struct meta *m = keda_poll_meta(poll);
    walk *w = take_user;
    finding found;
    const keda_status rc = read_streams(m, reply, &found, err);

    if (rc != KEDA_OK)
        return rc;
    const bool is_settled = found.has_consumer && strcmp(found.leader, w->s->leader) == 0;
    w->is_seen = found.has_consumer;
    if (!is_settled)
        *w->s = (instance){.leader = ""};
    if (is_settled || found.cluster_size <= 1)
        return answer(poll, &found, err, w);
    ask_host(poll, w, m->endpoint, false, on_nodes);
    return KEDA_OK;
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    instance *s = state;
    keda_error err = KEDA_ERROR_INIT;
    walk *w = mem_zalloc(1, sizeof *w);

    (void)user;
    if (w == NULL) {
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
        keda_poll_fail(poll, &err);
        return;
    }
    w->s = s;
    ask_host(poll, w, s->leader_host[0] != '\0' ? s->leader_host : m->endpoint, true,
             on_streams);
}

const keda_scaler_desc keda_scaler_nats_jetstream = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "nats-jetstream",
    .summary = "Messages of a NATS JetStream stream which are pending for a consumer.",
    .metrics_name = "natsJetStreamScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(struct meta),
    .state_size = sizeof(instance),
    .specs = specs,
    .poll = ask,
    .check = check,
};
