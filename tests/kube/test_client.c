/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a client against a scripted peer: what is sent, what an answer means, when it is sent
 * again, who goes first, and how it ends early. Identities are test_identity.c's.
 */
#include "base/buf.h"
#include "support/client_rig.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "{token: s3cr3t-token}"

static bool sent_header(http_peer *peer, size_t i, const char *name, const char *value)
{
    char found[256] = "";

    return http_peer_header(http_peer_request_at(peer, i), name, found, sizeof found) &&
           strcmp(found, value) == 0;
}

Test(client, sends_who_it_is_and_what_it_wants)
{
    client_rig rig;
    client_answer a = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_reply(rig.peer, "{\"kind\":\"Pod\"}");
    request.method = "PATCH";
    request.path = "/api/v1/namespaces/a/pods/b?x=1";
    request.body = "{\"a\":1}";
    request.content_type = "application/merge-patch+json";
    cr_assert_eq(keda_kube_send(rig.kube, &request, client_rig_done, &a, NULL, NULL), KEDA_OK);
    cr_expect_eq(a.times, 0);
    client_rig_wait(&rig, &a);
    cr_expect(a.has_body);
    cr_expect_str_eq(a.json.data, "{\"kind\":\"Pod\"}");
    const http_peer_request *sent = http_peer_request_at(rig.peer, 0);
    cr_expect_str_eq(sent->method, "PATCH");
    cr_expect_str_eq(sent->target, "/api/v1/namespaces/a/pods/b?x=1");
    cr_expect_str_eq(sent->body, "{\"a\":1}");
    cr_expect(sent_header(rig.peer, 0, "Authorization", "Bearer s3cr3t-token"));
    cr_expect(sent_header(rig.peer, 0, "User-Agent", "libkeda/" KEDA_VERSION));
    cr_expect(sent_header(rig.peer, 0, "Accept", "application/json"));
    cr_expect(sent_header(rig.peer, 0, "Content-Type", "application/merge-patch+json"));
    cr_expect_str_eq(keda_kube_namespace(rig.kube), "space");
    cr_expect_str_eq(keda_kube_server(rig.kube), http_peer_url(rig.peer, ""));
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, says_by_code_and_text_what_was_refused)
{
    static const struct {
        int status;
        int32_t code;
        const char *text;
    } rows[] = {
        {400, KEDA_EINVAL, "GET /x: 400 Bad Request: it says why"},
        {401, KEDA_EAUTH, "GET /x: 401 Unauthorized: it says why"},
        {403, KEDA_EAUTH, "GET /x: 403 Forbidden: it says why"},
        {404, KEDA_ENOTFOUND, "GET /x: 404 Not Found: it says why"},
        {409, KEDA_ECONFLICT, "GET /x: 409 Conflict: it says why"},
        {410, KEDA_ENOTFOUND, "GET /x: 410 Gone: it says why"},
        {422, KEDA_EINVAL, "GET /x: 422 Unprocessable Content: it says why"},
        {429, KEDA_ELIMIT, "GET /x: 429 Too Many Requests: it says why"},
        {500, KEDA_EUNAVAILABLE, "GET /x: 500 Internal Server Error: it says why"},
        {503, KEDA_EUNAVAILABLE, "GET /x: 503 Service Unavailable: it says why"},
        {302, KEDA_EUNAVAILABLE, "GET /x: 302 Found: it says why"},
    };
    client_rig rig;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_answer a = {0};
        http_peer_on(rig.peer, &(http_peer_answer){
                                   .path = "/x",
                                   .status = rows[i].status,
                                   .headers = "Content-Type: application/json\r\n"
                                              "Location: /elsewhere\r\n",
                                   .body = "{\"kind\":\"Status\",\"message\":\"it says why\"}",
                                   .times = 1});
        client_rig_ask(&rig, "GET", "/x?secret=1", &a);
        cr_expect(a.is_failed);
        cr_expect_eq(a.err.code, rows[i].code, "%d: %d", rows[i].status, a.err.code);
        cr_expect_eq(a.err.http_status, rows[i].status);
        cr_expect_eq(a.err.retry_after_ms, -1);
        cr_expect_str_eq(a.err.text, rows[i].text);
        client_answer_clear(&a);
    }
    cr_expect_eq(http_peer_requests(rig.peer), sizeof rows / sizeof rows[0]);
    client_rig_close(&rig);
}

Test(client, takes_answers_that_are_not_json_for_what_they_are)
{
    static const struct {
        int status;
        const char *headers, *body;
        int32_t code;
        const char *text;
    } rows[] = {
        {200, "Content-Type: text/plain\r\n", "ok", KEDA_OK, ""},
        {200, NULL, "ok", KEDA_OK, ""},
        {204, NULL, NULL, KEDA_OK, ""},
        {200, "Content-Type: application/json\r\n", "{\"a\":", KEDA_EPROTOCOL,
         "GET /x: the answer is not JSON: "},
        {200, NULL, "{oh", KEDA_EPROTOCOL, "GET /x: the answer is not JSON: "},
        {502, "Content-Type: text/html\r\n", "<html>", KEDA_EUNAVAILABLE,
         "GET /x: 502 Bad Gateway"},
        {500, "Content-Type: application/json\r\n", "[1", KEDA_EUNAVAILABLE,
         "GET /x: 500 Internal Server Error"},
    };
    client_rig rig;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_answer a = {0};
        http_peer_on(rig.peer, &(http_peer_answer){.path = "/x",
                                                   .status = rows[i].status,
                                                   .headers = rows[i].headers,
                                                   .body = rows[i].body,
                                                   .times = 1});
        client_rig_ask(&rig, "GET", "/x", &a);
        cr_expect_not(a.has_body, "row %zu", i);
        cr_expect_eq(a.err.code, rows[i].code, "row %zu: %d", i, a.err.code);
        cr_expect_eq(strncmp(a.err.text, rows[i].text, strlen(rows[i].text)), 0, "row %zu: %s",
                     i, a.err.text);
        client_answer_clear(&a);
    }
    client_rig_close(&rig);
}

Test(client, tells_the_address_when_nobody_listens)
{
    client_rig rig;
    client_answer a = {0};

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_refuse(rig.peer);
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect_eq(a.err.code, KEDA_EUNAVAILABLE);
    cr_expect_eq(a.err.http_status, 0);
    cr_expect_eq(strncmp(a.err.text, "GET /x: http://127.0.0.1:", 25), 0, "%s", a.err.text);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, survives_a_server_that_goes_in_the_middle)
{
    client_rig rig;
    client_answer a = {0};

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/half",
                                               .body = "{\"kind\":\"List\"}",
                                               .flags = HTTP_PEER_HALF});
    client_rig_ask(&rig, "GET", "/half", &a);
    cr_expect_eq(a.err.code, KEDA_EUNAVAILABLE, "%s", a.err.text);
    client_answer_clear(&a);
    http_peer_reply(rig.peer, "{}");
    client_rig_ask(&rig, "GET", "/well", &a);
    cr_expect(a.has_body);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, ends_at_the_timeout_of_the_request)
{
    client_rig rig;
    client_answer a = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x", .flags = HTTP_PEER_SILENT});
    request.path = "/x";
    request.timeout_ms = 700;
    cr_assert_eq(keda_kube_send(rig.kube, &request, client_rig_done, &a, NULL, NULL), KEDA_OK);
    http_rig_settle(&rig.http);
    fake_clock_advance(&rig.http.clock, 699);
    http_rig_settle(&rig.http);
    cr_expect_eq(a.times, 0);
    fake_clock_advance(&rig.http.clock, 1);
    client_rig_wait(&rig, &a);
    cr_expect_eq(a.err.code, KEDA_ETIMEOUT);
    cr_expect_not_null(strstr(a.err.text, "no answer within 700 ms"));
    client_answer_clear(&a);
    client_rig_close(&rig);
}

/* ---- again ---------------------------------------------------------------------------------- */

Test(client, comes_back_when_a_busy_server_said_so)
{
    static const struct {
        const char *method;
        int status;
        bool is_again;
    } rows[] = {
        {"GET", 429, true}, {"PATCH", 429, true}, {"GET", 503, true}, {"PATCH", 503, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_rig rig;
        client_answer a = {0}, other = {0};

        client_rig_open(&rig);
        client_rig_client(&rig, TOKEN, NULL);
        http_peer_on(rig.peer, &(http_peer_answer){.path = "/x",
                                                   .status = rows[i].status,
                                                   .headers = "Retry-After: 3\r\n",
                                                   .times = 1});
        http_peer_reply(rig.peer, "{}");
        client_rig_send(&rig, rows[i].method, "/x", KEDA_KUBE_NORMAL, &a, NULL);
        http_rig_settle(&rig.http);
        cr_expect_eq(a.times, rows[i].is_again ? 0 : 1, "row %zu", i);
        /* Others do not wait with it. */
        client_rig_ask(&rig, "GET", "/other", &other);
        cr_expect(other.has_body);
        fake_clock_advance(&rig.http.clock, 2999);
        http_rig_settle(&rig.http);
        cr_expect_eq(http_peer_requests(rig.peer), 2);
        fake_clock_advance(&rig.http.clock, 1);
        client_rig_wait(&rig, &a);
        cr_expect_eq(a.times, 1);
        cr_expect_eq(a.is_failed, !rows[i].is_again);
        if (!rows[i].is_again)
            cr_expect_eq(a.err.retry_after_ms, 3000);
        client_answer_clear(&a);
        client_answer_clear(&other);
        client_rig_close(&rig);
    }
}

Test(client, does_not_wait_longer_than_its_timeout)
{
    client_rig rig;
    client_answer a = {0};

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){
                               .path = "/x", .status = 429, .headers = "Retry-After: 4\r\n"});
    client_rig_send(&rig, "GET", "/x", KEDA_KUBE_NORMAL, &a, NULL);
    http_rig_settle(&rig.http); /* 10 s in all: two sleeps of 4 s fit */
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(a.times, 0);
        fake_clock_advance(&rig.http.clock, 4000);
        http_rig_settle(&rig.http);
    }
    cr_expect_eq(a.times, 1);
    cr_expect_eq(a.err.code, KEDA_ELIMIT);
    cr_expect_eq(a.err.retry_after_ms, 4000);
    cr_expect_eq(http_peer_requests(rig.peer), 3);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, does_not_ask_for_ever_without_a_pause)
{
    client_rig rig;
    client_answer a = {0};

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){
                               .path = "/x", .status = 429, .headers = "Retry-After: 0\r\n"});
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect_eq(a.err.code, KEDA_ELIMIT);
    cr_expect_eq(http_peer_requests(rig.peer), 11);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, reads_a_rotated_token_after_a_401_and_asks_once_more)
{
    client_rig rig;
    client_answer a = {0};
    char user[256], path[128];

    client_rig_open(&rig);
    client_rig_file(&rig, "token", "old-token\n", 0600, path, sizeof path);
    (void)snprintf(user, sizeof user, "{tokenFile: %s}", path);
    client_rig_client(&rig, user, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x", .times = 1, .body = "{}"});
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect(a.has_body);
    client_answer_clear(&a);

    client_rig_file(&rig, "token", "new-token\n", 0600, NULL, 0);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x", .times = 1, .status = 401});
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x", .times = 1, .body = "{}"});
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect(a.has_body, "%s", a.err.text);
    cr_expect_eq(http_peer_requests(rig.peer), 3);
    cr_expect(sent_header(rig.peer, 0, "Authorization", "Bearer old-token"));
    cr_expect(sent_header(rig.peer, 1, "Authorization", "Bearer old-token"));
    cr_expect(sent_header(rig.peer, 2, "Authorization", "Bearer new-token"));
    client_answer_clear(&a);

    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x", .status = 401});
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect_eq(a.err.code, KEDA_EAUTH);
    cr_expect_eq(a.err.http_status, 401);
    cr_expect_eq(http_peer_requests(rig.peer), 5); /* once more, not for ever */
    cr_expect_null(strstr(a.err.text, "token"));
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, reads_its_token_again_when_it_is_a_minute_old)
{
    client_rig rig;
    client_answer a = {0};
    char user[256], path[128];

    client_rig_open(&rig);
    client_rig_file(&rig, "token", "first", 0600, path, sizeof path);
    (void)snprintf(user, sizeof user, "{tokenFile: %s}", path);
    client_rig_client(&rig, user, NULL);
    http_peer_reply(rig.peer, "{}");
    client_rig_ask(&rig, "GET", "/x", &a);
    client_answer_clear(&a);
    client_rig_file(&rig, "token", "second", 0600, NULL, 0);
    fake_clock_advance(&rig.http.clock, 59999);
    client_rig_ask(&rig, "GET", "/x", &a);
    client_answer_clear(&a);
    fake_clock_advance(&rig.http.clock, 1);
    client_rig_ask(&rig, "GET", "/x", &a);
    client_answer_clear(&a);
    cr_assert_eq(unlink(path), 0);
    fake_clock_advance(&rig.http.clock, 60000);
    client_rig_ask(&rig, "GET", "/x", &a); /* the file is gone: what is known serves */
    client_answer_clear(&a);
    cr_expect(sent_header(rig.peer, 0, "Authorization", "Bearer first"));
    cr_expect(sent_header(rig.peer, 1, "Authorization", "Bearer first"));
    cr_expect(sent_header(rig.peer, 2, "Authorization", "Bearer second"));
    cr_expect(sent_header(rig.peer, 3, "Authorization", "Bearer second"));
    client_rig_close(&rig);
}

/* ---- who goes first ------------------------------------------------------------------------- */

Test(client, keeps_to_the_rate_limit_and_lets_what_matters_go_first)
{
    static const struct {
        int32_t priority;
        const char *path;
    } sent[] = {
        {KEDA_KUBE_EVENT, "/event"},   {KEDA_KUBE_STATUS, "/status-1"},
        {KEDA_KUBE_NORMAL, "/read-1"}, {KEDA_KUBE_NORMAL, "/read-2"},
        {KEDA_KUBE_SCALE, "/scale"},   {KEDA_KUBE_STATUS, "/status-2"},
        {KEDA_KUBE_URGENT, "/lease"},
    };
    static const char *const order[] = {"/lease",    "/scale",    "/read-1", "/read-2",
                                        "/status-1", "/status-2", "/event"};
    enum { N = sizeof sent / sizeof sent[0] };
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    client_answer answers[N];
    client_rig rig;

    memset(answers, 0, sizeof answers);
    opts.qps = 10.0;
    opts.burst = 1;
    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, &opts);
    http_peer_reply(rig.peer, "{}");
    for (size_t i = 0; i < N; i++)
        client_rig_send(&rig, "GET", sent[i].path, sent[i].priority, &answers[i], NULL);
    http_rig_settle(&rig.http);
    cr_expect_eq(http_peer_requests(rig.peer), 2); /* the burst, and the one that never waits */
    for (size_t i = 2; i < N; i++) {
        fake_clock_advance(&rig.http.clock, 99);
        http_rig_settle(&rig.http);
        cr_expect_eq(http_peer_requests(rig.peer), i);
        fake_clock_advance(&rig.http.clock, 1);
        http_rig_settle(&rig.http);
        cr_expect_eq(http_peer_requests(rig.peer), i + 1);
    }
    for (size_t i = 0; i < N; i++) {
        cr_expect_str_eq(http_peer_request_at(rig.peer, i)->target, order[i]);
        cr_expect_eq(answers[i].times, 1);
        client_answer_clear(&answers[i]);
    }
    client_rig_close(&rig);
}

Test(client, does_not_count_waiting_in_the_timeout)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    client_answer answers[3];
    client_rig rig;

    memset(answers, 0, sizeof answers);
    opts.qps = 0.05; /* one in 20 s; the timeout is 10 s */
    opts.burst = 1;
    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, &opts);
    http_peer_reply(rig.peer, "{}");
    for (size_t i = 0; i < 3; i++)
        client_rig_send(&rig, "GET", "/x", KEDA_KUBE_NORMAL, &answers[i], NULL);
    for (size_t i = 0; i < 3; i++) {
        http_rig_settle(&rig.http);
        cr_expect_eq(http_peer_requests(rig.peer), i + 1);
        fake_clock_advance(&rig.http.clock, 20000);
    }
    for (size_t i = 0; i < 3; i++) {
        cr_expect(answers[i].has_body);
        client_answer_clear(&answers[i]);
    }
    client_rig_close(&rig);
}

Test(client, has_at_most_256_requests_in_flight)
{
    enum { N = 300 };
    static client_answer answers[N];
    client_answer urgent = {0};
    client_rig rig;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/x", .times = 256, .flags = HTTP_PEER_SILENT});
    http_peer_reply(rig.peer, "{}");
    for (size_t i = 0; i < N; i++)
        client_rig_send(&rig, "GET", "/x", KEDA_KUBE_SCALE, &answers[i], NULL);
    http_rig_settle(&rig.http);
    cr_expect_eq(http_peer_requests(rig.peer), 256);
    client_rig_send(&rig, "GET", "/lease", KEDA_KUBE_URGENT, &urgent, NULL);
    client_rig_wait(&rig, &urgent);
    http_peer_drop_connections(rig.peer);
    for (size_t i = 0; i < N; i++)
        client_rig_wait(&rig, &answers[i]);
    cr_expect_eq(http_peer_requests(rig.peer), N + 1);
    for (size_t i = 0; i < N; i++)
        client_answer_clear(&answers[i]);
    client_answer_clear(&urgent);
    client_rig_close(&rig);
}

/* ---- long and endless answers --------------------------------------------------------------- */

Test(client, reads_lists_longer_than_other_answers)
{
    enum { SIZE = 17 * 1024 * 1024 };
    client_rig rig;
    client_answer a = {0};
    char *body = malloc(SIZE + 1);

    cr_assert_not_null(body);
    memset(body, 'x', SIZE);
    memcpy(body, "{\"items\":\"", 10);
    memcpy(body + SIZE - 2, "\"}", 3);
    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/x",
                                               .headers = "Content-Type: application/json\r\n",
                                               .body = body,
                                               .body_size = SIZE});
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect(a.has_body, "%s", a.err.text);
    cr_expect_eq(a.json.size, SIZE);
    client_answer_clear(&a);
    client_rig_close(&rig);
    free(body);
}

static keda_status take_piece(const char *bytes, size_t size, void *user)
{
    return buf_append(&((client_answer *)user)->json, bytes, size);
}

static void stream(client_rig *rig, const char *path, client_answer *a)
{
    const http_stream pieces = {.piece = take_piece, .quiet_ms = 60000};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.path = path;
    cr_assert_eq(kube_stream(rig->kube, &request, &pieces, client_rig_done, a, NULL, NULL),
                 KEDA_OK);
}

Test(client, gives_away_the_pieces_of_an_endless_answer)
{
    client_rig rig;
    client_answer a = {0};

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){
                               .path = "/x", .body = "{}\n{}\n", .flags = HTTP_PEER_CHUNKED});
    stream(&rig, "/x?watch=1", &a);
    client_rig_wait(&rig, &a);
    cr_expect_str_eq(a.json.data, "{}\n{}\n");
    cr_expect_not(a.is_failed, "%s", a.err.text);
    cr_expect_not(a.has_body);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(client, does_not_repeat_an_endless_answer_that_was_refused)
{
    static const struct {
        int status;
        int32_t code;
        const char *text;
    } rows[] = {{401, KEDA_EAUTH, "GET /x: 401 Unauthorized: why"},
                {410, KEDA_ENOTFOUND, "GET /x: 410 Gone: why"},
                {429, KEDA_ELIMIT, "GET /x: 429 Too Many Requests: why"}};
    client_rig rig;
    char user[256], path[128];

    client_rig_open(&rig);
    client_rig_file(&rig, "token", "t", 0600, path, sizeof path);
    (void)snprintf(user, sizeof user, "{tokenFile: %s}", path);
    client_rig_client(&rig, user, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_answer a = {0};
        http_peer_on(rig.peer, &(http_peer_answer){.path = "/x",
                                                   .status = rows[i].status,
                                                   .headers = "Retry-After: 1\r\n",
                                                   .body = "{\"message\":\"why\"}",
                                                   .times = 1});
        stream(&rig, "/x", &a);
        client_rig_wait(&rig, &a);
        cr_expect_eq(a.err.code, rows[i].code);
        cr_expect_str_eq(a.err.text, rows[i].text);
        cr_expect_eq(a.json.size, 0);
        client_answer_clear(&a);
    }
    cr_expect_eq(http_peer_requests(rig.peer), 3);
    client_rig_close(&rig);
}

Test(client, does_not_count_endless_answers_among_those_in_flight)
{
    enum { N = 260 };
    static client_answer streams[N];
    client_answer a = {0};
    client_rig rig;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/watch", .flags = HTTP_PEER_SILENT});
    http_peer_reply(rig.peer, "{}");
    for (size_t i = 0; i < N; i++)
        stream(&rig, "/watch", &streams[i]);
    client_rig_ask(&rig, "GET", "/x", &a);
    cr_expect(a.has_body);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

/* ---- ending early --------------------------------------------------------------------------- */

Test(client, is_silent_after_a_cancel_at_any_stage)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    client_answer waiting = {0}, flying = {0}, asleep = {0};
    keda_kube_call *calls[3] = {NULL, NULL, NULL};
    client_rig rig;

    opts.qps = 0.001;
    opts.burst = 2;
    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, &opts);
    http_peer_on(
        rig.peer,
        &(http_peer_answer){.path = "/asleep", .status = 429, .headers = "Retry-After: 5\r\n"});
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/flying", .flags = HTTP_PEER_SILENT});
    client_rig_send(&rig, "GET", "/asleep", KEDA_KUBE_NORMAL, &asleep, &calls[0]);
    client_rig_send(&rig, "GET", "/flying", KEDA_KUBE_NORMAL, &flying, &calls[1]);
    client_rig_send(&rig, "GET", "/waiting", KEDA_KUBE_NORMAL, &waiting, &calls[2]);
    http_rig_settle(&rig.http);
    for (size_t i = 0; i < 3; i++)
        keda_kube_cancel(calls[i]);
    fake_clock_advance(&rig.http.clock, 3600 * 1000);
    http_rig_settle(&rig.http);
    cr_expect_eq(waiting.times + flying.times + asleep.times, 0);
    cr_expect_eq(http_peer_requests(rig.peer), 2);
    client_rig_close(&rig);
}

Test(client, closes_with_calls_at_every_stage)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    client_answer a[5];
    keda_kube_ref unknown = KEDA_KUBE_REF_INIT, known = KEDA_KUBE_REF_INIT;
    client_rig rig;

    memset(a, 0, sizeof a);
    opts.qps = 0.001;
    opts.burst = 3;
    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, &opts);
    http_peer_on(
        rig.peer,
        &(http_peer_answer){.path = "/asleep", .status = 429, .headers = "Retry-After: 5\r\n"});
    http_peer_on(rig.peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    client_rig_send(&rig, "GET", "/asleep", KEDA_KUBE_NORMAL, &a[0], NULL);
    client_rig_send(&rig, "GET", "/flying", KEDA_KUBE_NORMAL, &a[1], NULL);
    client_rig_send(&rig, "GET", "/waiting", KEDA_KUBE_NORMAL, &a[2], NULL);
    unknown.api_version = "example.com/v1";
    unknown.kind = "Widget";
    unknown.name = known.name = "x";
    cr_assert_eq(keda_kube_get(rig.kube, &unknown, client_rig_done, &a[3], NULL, NULL),
                 KEDA_OK);
    http_rig_settle(&rig.http);
    cr_assert_eq(keda_kube_get(rig.kube, &known, client_rig_done, &a[4], NULL, NULL), KEDA_OK);
    client_rig_close(&rig);
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(a[i].times, 0);
}

typedef struct chain {
    client_rig *rig;
    keda_kube_call *own, *other;
    client_answer next;
    int times;
} chain;

static void send_and_cancel(const keda_json *body, const keda_error *err, void *user)
{
    chain *c = user;

    (void)body;
    (void)err;
    c->times++;
    keda_kube_cancel(c->own);   /* changes nothing */
    keda_kube_cancel(c->other); /* ends it */
    client_rig_send(c->rig, "GET", "/next", KEDA_KUBE_NORMAL, &c->next, NULL);
}

Test(client, can_be_used_inside_done)
{
    client_rig rig;
    chain c = {.rig = &rig};
    client_answer other = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/other", .flags = HTTP_PEER_SILENT});
    http_peer_reply(rig.peer, "{}");
    client_rig_send(&rig, "GET", "/other", KEDA_KUBE_NORMAL, &other, &c.other);
    request.path = "/first";
    cr_assert_eq(keda_kube_send(rig.kube, &request, send_and_cancel, &c, &c.own, NULL),
                 KEDA_OK);
    client_rig_wait(&rig, &c.next);
    cr_expect_eq(c.times, 1);
    cr_expect_eq(other.times, 0);
    cr_expect(c.next.has_body);
    client_answer_clear(&c.next);
    client_rig_close(&rig);
}

static void note(void *user)
{
    ++*(int *)user;
}

Test(client, tells_those_who_hold_on_to_it_that_it_closes)
{
    client_rig rig;
    kube_closer a = {0}, b = {0}, c = {0};
    int na = 0, nb = 0;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    kube_on_close(rig.kube, &a, note, &na);
    kube_on_close(rig.kube, &b, note, &nb);
    kube_forget_closer(rig.kube, &a);
    kube_forget_closer(rig.kube, &c); /* never given */
    client_rig_close(&rig);
    cr_expect_eq(na, 0);
    cr_expect_eq(nb, 1);
}

Test(client, refuses_what_cannot_be_sent)
{
    static const struct {
        const char *path;
        int32_t priority;
        const char *text;
    } rows[] = {
        {NULL, 0, "a request without a path"},
        {"api", 0, "path \"api\": must begin with a slash"},
        {"/a b", 0, "path: blanks and the like must be escaped"},
        {"/a\r\nHost: x", 0, "path: blanks and the like must be escaped"},
        {"/a", 5, "priority 5: there is none such"},
    };
    client_rig rig;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
        keda_error err = KEDA_ERROR_INIT;

        request.path = rows[i].path;
        request.priority = rows[i].priority;
        cr_expect_eq(keda_kube_send(rig.kube, &request, client_rig_done, NULL, NULL, &err),
                     KEDA_EINVAL);
        cr_expect_str_eq(err.text, rows[i].text);
    }
    client_rig_close(&rig);
}
