/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compute/<type>, for types that ask an HTTP server once: a whole engine polls a server on loopback that
 * gives the line's answer; value, activity and what was sent are compared.
 */
#include "trigger.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <keda/engine.h>

#include "base/buf.h"
#include "base/num.h"
#include "support/http_peer.h"

/* ---- the document: a workload with one trigger, and its Secret ---- */

/* The text with SERVER replaced by host and port. */
static json_t *with_server(const char *text, const http_peer *peer)
{
    keda_buf out = {0};
    json_t *made;

    for (const char *at; (at = strstr(text, "SERVER")) != NULL; text = at + 6) {
        if (buf_append(&out, text, (size_t)(at - text)) != KEDA_OK ||
            buf_printf(&out, "127.0.0.1:%d", http_peer_port(peer)) != KEDA_OK)
            abort();
    }
    if (buf_puts(&out, text) != KEDA_OK)
        abort();
    made = json_string(out.data);
    keda_buf_clear(&out);
    return made;
}

static json_t *replaced(const json_t *object, const http_peer *peer)
{
    json_t *all = json_deep_copy(object), *out = json_object();
    const char *key;
    const json_t *value;

    json_object_foreach(all, key, value)
    {
        if (json_is_string(value))
            json_object_set_new(out, key, with_server(json_string_value(value), peer));
    }
    json_decref(all);
    return out;
}

/* Each parameter of the Secret under its own name. */
static json_t *secret_refs(const json_t *params)
{
    json_t *all = json_deep_copy(params), *out = json_array();
    const char *key;
    const json_t *value;

    json_object_foreach(all, key, value)
    {
        (void)value;
        json_array_append_new(
            out, json_pack("{s:s, s:s, s:s}", "parameter", key, "name", "secret", "key", key));
    }
    json_decref(all);
    return out;
}

static char *document(const char *type, const json_t *input, const http_peer *peer)
{
    json_t *auth = replaced(vector_get(input, "authParams"), peer);
    json_t *trigger = json_pack("{s:s, s:o}", "type", type, "metadata",
                                replaced(vector_get(input, "triggerMetadata"), peer));
    json_t *list = json_array();
    char *text;

    if (json_object_size(auth) > 0)
        json_object_set_new(trigger, "authenticationRef", json_pack("{s:s}", "name", "auth"));
    json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s}, s:O}", "apiVersion", "v1",
                                          "kind", "Secret", "metadata", "name", "secret",
                                          "stringData", auth));
    json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s}, s:{s:o}}", "apiVersion",
                                          "keda.sh/v1alpha1", "kind", "TriggerAuthentication",
                                          "metadata", "name", "auth", "spec", "secretTargetRef",
                                          secret_refs(auth)));
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:s, s:s, s:s}, s:[o]}}", "apiVersion",
                        "keda.sh/v1alpha1", "kind", "ScaledObject", "metadata", "name", "w",
                        "spec", "scaleTargetRef", "apiVersion", "libkeda.io/v1alpha1", "kind",
                        "Callback", "name", "w", "triggers", trigger));
    json_decref(auth);
    keda_buf out = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        char *one = json_dumps(json_array_get(list, i), JSON_COMPACT);
        if (one == NULL || buf_printf(&out, "%s%s\n", i > 0 ? "---\n" : "", one) != KEDA_OK)
            abort();
        free(one);
    }
    json_decref(list);
    text = strdup(out.data);
    keda_buf_clear(&out);
    return text;
}

/* ---- one poll of an engine ---- */

struct answer {
    size_t reports;
    bool is_ok, is_active;
    double value;
    char error[512];
};

static void on_report(const char *workload, const keda_trigger_status *status, void *user)
{
    struct answer *a = user;

    (void)workload;
    a->reports++;
    a->is_ok = status->state == KEDA_READING_OK;
    a->is_active = status->is_active > 0;
    a->value = status->value;
    (void)snprintf(a->error, sizeof a->error, "%s", status->error);
}

static int32_t get(const char *space, const char *name, void *user)
{
    (void)space;
    (void)name;
    (void)user;
    return 1;
}

static keda_status set(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user)
{
    (void)space;
    (void)name;
    (void)to;
    (void)err;
    (void)user;
    return KEDA_OK;
}

static keda_status step(keda_engine *engine, keda_error *err)
{
    struct pollfd fd = {.fd = keda_engine_fd(engine), .events = POLLIN};
    const int64_t due_ms = keda_engine_next_due_ms(engine);
    const int wait_ms = due_ms > 1000 || due_ms < 0 ? 1000 : (int)due_ms;

    if (poll(&fd, 1, wait_ms) < 0 && errno != EINTR)
        return keda_error_set(err, KEDA_EINTERNAL, "poll failed");
    return keda_engine_step(engine, err);
}

static keda_status put(keda_engine *engine, const char *text, keda_error *err)
{
    const keda_callback_target target = {.struct_size = sizeof target, .get = get, .set = set};
    const keda_source source = {
        .struct_size = sizeof source, .id = "line", .text = text, .size = strlen(text)};
    keda_status rc = keda_engine_on_scale(engine, &target, err);

    if (rc == KEDA_OK)
        rc = keda_engine_replace(engine, &source, 1, sizeof source, NULL, err);
    return rc;
}

static keda_status ask_once(const char *text, struct answer *out, keda_error *err)
{
    const keda_engine_options options = {
        .struct_size = sizeof options, .is_manual = 1, .is_dry_run = 1};
    keda_engine *engine = NULL;
    size_t pending = 0;
    keda_status rc = keda_engine_new(&engine, &options, err);

    if (rc == KEDA_OK)
        rc = put(engine, text, err);
    if (rc == KEDA_OK)
        rc = keda_engine_poll(engine, NULL, on_report, out, &pending, err);
    const size_t wanted = out->reports + pending;
    while (rc == KEDA_OK && out->reports < wanted)
        rc = step(engine, err);
    keda_engine_free(engine);
    return rc;
}

/* ---- what was sent ---- */

/* Headers the original left out of its record, and those only a client adds. */
static bool is_left_out(const char *head, size_t name_size)
{
    static const char *const names[] = {"Host", "User-Agent", "Accept", "Accept-Encoding",
                                        "Connection"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == name_size && strncasecmp(names[i], head, name_size) == 0)
            return true;
    return false;
}

/* As Go writes a header's name: X-API-KEY becomes X-Api-Key. */
static keda_status put_header(keda_buf *out, const char *line, size_t size)
{
    const size_t name_size = strcspn(line, ":");
    keda_status rc = buf_puts(out, " | ");

    for (size_t i = 0; rc == KEDA_OK && i < size; i++) {
        const bool is_first = i == 0 || line[i - 1] == '-';
        char c = line[i];
        if (i < name_size && is_first && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (i < name_size && !is_first && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        rc = buf_putc(out, c);
    }
    return rc;
}

/* The record leaves out Prometheus' moment. */
static void without_time(keda_buf *request)
{
    char *from = request->size > 0 ? strstr(request->data, "&time=") : NULL;

    if (from == NULL)
        return;
    char *rest = from + 6 + strcspn(from + 6, "& ");
    memmove(from, rest, strlen(rest) + 1);
    request->size = strlen(request->data);
}

/* "METHOD uri | Header: value": one header at most is expected of these types. */
static void compare_request(const json_t *expected, http_peer *peer, struct report *report)
{
    const http_peer_request *asked = http_peer_request_at(peer, 0);
    const char *wanted = vector_text_or(expected, "request", "", report);
    keda_buf got = {0};

    if (wanted[0] == '\0' || strcmp(wanted, "PANIC") == 0)
        return;
    if (asked == NULL) {
        report_text(report, "request", wanted, NULL);
        return;
    }
    keda_status rc = buf_printf(&got, "%s %s", asked->method, asked->target);
    without_time(&got);
    const char *line = strchr(asked->head, '\n');
    while (rc == KEDA_OK && line != NULL && line[1] != '\r' && line[1] != '\0') {
        line++;
        const size_t size = strcspn(line, "\r\n");
        if (!is_left_out(line, strcspn(line, ":")))
            rc = put_header(&got, line, size);
        line = strchr(line, '\n');
    }
    if (rc != KEDA_OK)
        abort();
    report_text(report, "request", wanted, got.data);
    keda_buf_clear(&got);
}

/* ---- the line ---- */

static void compare_answer(const json_t *expected, const struct answer *got,
                           struct report *report)
{
    const bool is_error = vector_bool(expected, "error", report);

    report_text(report, "error", is_error ? "an error" : "no error",
                !got->is_ok ? "an error" : "no error");
    if (is_error != !got->is_ok && got->error[0] != '\0')
        report_difference(report, "error text", "none", got->error);
    if (is_error || !got->is_ok)
        return;
    report_bool(report, "active", vector_bool(expected, "active", report), got->is_active);
    /* A value beyond the range of thousandths is kept at its end. */
    report_i64(report, "value_milli",
               vector_has(expected, "value_milli") ? vector_i64(expected, "value_milli", report)
                                                   : INT64_MAX,
               num_milli(got->value));
}

static int run_http(const char *type, const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    const char *body = vector_text_or(input, "body", "", report);
    const int status = (int)vector_i64(input, "status", report);
    const http_peer_answer reply = {.status = status, .body = body};
    struct answer got = {.is_ok = false};
    keda_error err = KEDA_ERROR_INIT;
    http_peer *peer = http_peer_open();
    char *text = document(type, input, peer);

    http_peer_on(peer, &reply);
    http_peer_start(peer);
    if (text == NULL || ask_once(text, &got, &err) != KEDA_OK)
        report_difference(report, "engine", "a poll", err.text);
    else
        compare_answer(expected, &got, report);
    compare_request(expected, peer, report);
    http_peer_close(peer);
    free(text);
    return 0;
}

int run_metrics_api_compute(const json_t *line, struct report *report)
{
    return run_http("metrics-api", line, report);
}

int run_prometheus_compute(const json_t *line, struct report *report)
{
    return run_http("prometheus", line, report);
}

int run_nats_jetstream_compute(const json_t *line, struct report *report)
{
    return run_http("nats-jetstream", line, report);
}

int run_rabbitmq_compute(const json_t *line, struct report *report)
{
    return run_http("rabbitmq", line, report);
}
