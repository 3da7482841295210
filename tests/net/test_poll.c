/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_http_poll against poll tokens made here: every way it ends, and that it ends once.
 */
#include "support/http_rig.h"

#include <keda/json.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* ---- the engine's side, as far as a poll sees it --------------------------------------------- */

struct keda_scaler {
    keda_http *http;
};

struct keda_poll {
    keda_scaler scaler;
    const char *meta; /* a path into the answer */
    int64_t left_ms;
    int ends;
    double value;
    size_t nvalues;
    keda_error err;
};

keda_http *keda_scaler_http(const keda_scaler *self)
{
    return self->http;
}

keda_scaler *keda_poll_scaler(const keda_poll *poll)
{
    union {
        const keda_scaler *in;
        keda_scaler *out;
    } cast = {.in = &poll->scaler};
    return cast.out;
}

const void *keda_poll_meta(const keda_poll *poll)
{
    return poll->meta;
}

int64_t keda_poll_deadline_ms(const keda_poll *poll)
{
    return poll->left_ms;
}

void keda_poll_value(keda_poll *poll, size_t spec_index, double raw)
{
    cr_expect_eq(spec_index, 0);
    poll->value = raw;
    poll->nvalues++;
}

void keda_poll_done(keda_poll *poll)
{
    poll->ends++;
}

void keda_poll_fail(keda_poll *poll, const keda_error *err)
{
    poll->err = *err;
    poll->ends++;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static keda_status read_path(const void *meta, const keda_http_reply *reply, double *value,
                             keda_error *err)
{
    return keda_json_get_double(reply->body, reply->body_size, meta, value, err);
}

static bool has_ended(void *user)
{
    return ((const keda_poll *)user)->ends > 0;
}

static keda_poll poll_of(const http_rig *rig)
{
    return (keda_poll){
        .scaler = {rig->http}, .meta = "stats.depth", .left_ms = 3000, .err = KEDA_ERROR_INIT};
}

static void ask(http_rig *rig, keda_poll *poll, const keda_http_request *request)
{
    keda_http_poll(poll, request, read_path);
    http_rig_until(rig, has_ended, poll);
    cr_expect_eq(poll->ends, 1);
}

Test(poll, reports_the_number_the_parser_found)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_on(peer,
                 &(http_peer_answer){.status = 203, .body = "{\"stats\":{\"depth\":42}}"});
    http_rig_open(&rig, peer, NULL);
    keda_poll poll = poll_of(&rig);
    request.url = http_peer_url(peer, "/stats");
    ask(&rig, &poll, &request);
    cr_expect_eq(poll.err.code, KEDA_OK);
    cr_expect_eq(poll.nvalues, 1);
    cr_expect_float_eq(poll.value, 42.0, 0.0);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(poll, maps_every_status_and_hides_credentials)
{
    static const struct {
        int status;
        const char *headers;
        keda_status code;
        const char *message;
        int64_t retry_after_ms;
    } cases[] = {
        {401, NULL, KEDA_EAUTH, "401 Unauthorized", -1},
        {403, NULL, KEDA_EAUTH, "403 Forbidden", -1},
        {404, NULL, KEDA_ENOTFOUND, "404 Not Found", -1},
        {429, "Retry-After: 7\r\n", KEDA_ELIMIT, "429 Too Many Requests", 7000},
        {500, NULL, KEDA_EUNAVAILABLE, "500 Internal Server Error", -1},
        {503, "Retry-After: Sat, 31 Jan 2026 12:01:00 GMT\r\n", KEDA_EUNAVAILABLE,
         "503 Service Unavailable", 60000},
        {304, NULL, KEDA_EUNAVAILABLE, "304 Not Modified", -1},
        {418, NULL, KEDA_EUNAVAILABLE, "418", -1},
    };
    http_peer *peer = http_peer_open();
    http_rig rig;
    char url[128], message[256];

    http_rig_open(&rig, peer, NULL);
    (void)snprintf(url, sizeof url, "http://me:s3cret@127.0.0.1:%d/stats?key=s3cret",
                   http_peer_port(peer));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;
        keda_poll poll = poll_of(&rig);

        http_peer_on(peer, &(http_peer_answer){.status = cases[i].status,
                                               .headers = cases[i].headers,
                                               .times = 1});
        request.url = url;
        ask(&rig, &poll, &request);
        (void)snprintf(message, sizeof message, "GET http://127.0.0.1:%d/stats: %s",
                       http_peer_port(peer), cases[i].message);
        cr_expect_eq(poll.err.code, (int32_t)cases[i].code);
        cr_expect_eq(poll.err.http_status, cases[i].status);
        cr_expect_eq(poll.err.retry_after_ms, cases[i].retry_after_ms);
        cr_expect_str_eq(poll.err.text, message);
        cr_expect_eq(poll.nvalues, 0);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(poll, fails_with_what_the_parser_said)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    char message[256];

    http_peer_reply(peer, "{\"stats\":{\"depth\":[]}}");
    http_rig_open(&rig, peer, NULL);
    keda_poll poll = poll_of(&rig);
    request.url = http_peer_url(peer, "/stats");
    request.body = "{}";
    request.body_size = 2;
    ask(&rig, &poll, &request);
    (void)snprintf(
        message, sizeof message,
        "POST http://127.0.0.1:%d/stats: stats.depth: expected a number, found an array",
        http_peer_port(peer));
    cr_expect_eq(poll.err.code, KEDA_EPROTOCOL);
    cr_expect_str_eq(poll.err.text, message);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(poll, fails_when_the_request_cannot_be_sent)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig rig;

    http_rig_open(&rig, NULL, NULL);
    keda_poll bad_url = poll_of(&rig), no_url = poll_of(&rig);
    request.url = "stats";
    keda_http_poll(&bad_url, &request, read_path);
    cr_expect_eq(bad_url.ends, 1);
    cr_expect_eq(bad_url.err.code, KEDA_EINVAL);
    request.url = NULL;
    keda_http_poll(&no_url, &request, read_path);
    cr_expect_eq(no_url.ends, 1);
    cr_expect_eq(no_url.err.code, KEDA_EINVAL);
    http_rig_close(&rig);
}

Test(poll, ends_with_the_polls_time_and_not_later)
{
    static const struct {
        int64_t request_ms, left_ms, ends_after_ms;
    } cases[] = {{0, 90000, 70000}, /* the pool's own timeout */
                 {0, 60000, 60000},
                 {50000, 60000, 50000},
                 {80000, 60000, 60000}};
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, &(http_pool_options){.timeout_ms = 70000});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;
        keda_poll poll = poll_of(&rig);

        poll.left_ms = cases[i].left_ms;
        request.url = http_peer_url(peer, "/");
        request.timeout_ms = cases[i].request_ms;
        keda_http_poll(&poll, &request, read_path);
        http_rig_settle(&rig);
        fake_clock_advance(&rig.clock, cases[i].ends_after_ms - 1);
        http_rig_settle(&rig);
        cr_expect_eq(poll.ends, 0, "case %zu", i);
        fake_clock_advance(&rig.clock, 1);
        http_rig_settle(&rig);
        cr_expect_eq(poll.ends, 1, "case %zu", i);
        cr_expect_eq(poll.err.code, KEDA_ETIMEOUT);
    }
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_poll late = poll_of(&rig);
    late.left_ms = 0;
    request.url = http_peer_url(peer, "/");
    keda_http_poll(&late, &request, read_path);
    cr_expect_eq(late.ends, 1);
    cr_expect_eq(late.err.code, KEDA_ETIMEOUT);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(poll, still_ends_once_when_the_pool_goes)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, NULL);
    keda_poll poll = poll_of(&rig);
    request.url = http_peer_url(peer, "/");
    keda_http_poll(&poll, &request, read_path);
    http_rig_settle(&rig);
    cr_expect_eq(poll.ends, 0);
    http_rig_close(&rig);
    cr_expect_eq(poll.ends, 1);
    cr_expect_eq(poll.err.code, KEDA_ECANCELED);
    http_peer_close(peer);
}
