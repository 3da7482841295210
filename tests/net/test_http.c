/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls against a scripted peer: what is sent, what comes back, how they end.
 */
#include "support/http_rig.h"

#include "base/buf.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static bool sent_header(http_peer *peer, size_t i, const char *name, const char *value)
{
    char found[256] = "";

    return http_peer_header(http_peer_request_at(peer, i), name, found, sizeof found) &&
           strcmp(found, value) == 0;
}

static bool sent_no_header(http_peer *peer, size_t i, const char *name)
{
    char found[256];

    return !http_peer_header(http_peer_request_at(peer, i), name, found, sizeof found);
}

Test(http, gives_status_body_and_latency)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {.header_name = "x-Thing"};

    http_peer_on(peer, &(http_peer_answer){.path = "/a",
                                           .status = 503,
                                           .headers = "X-Thing: first\r\nX-Thing: second\r\n",
                                           .body = "busy"});
    http_rig_open(&rig, peer, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/a?b=c"), &a);
    cr_expect_eq(a.times, 1);
    cr_expect_eq(a.err.code, KEDA_OK);
    cr_expect_eq(a.status, 503);
    cr_expect_str_eq(a.body, "busy");
    cr_expect_eq(a.retry_after_ms, -1);
    cr_expect_eq(a.latency_ms, 0);
    cr_expect_str_eq(a.header, "first");
    cr_expect_str_eq(http_peer_request_at(peer, 0)->target, "/a?b=c");
    cr_expect_str_eq(http_peer_request_at(peer, 0)->method, "GET");
    cr_expect(sent_header(peer, 0, "User-Agent", "libkeda/" KEDA_VERSION));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, an_empty_answer_is_an_empty_text)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_on(peer, &(http_peer_answer){.status = 204});
    http_rig_open(&rig, peer, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/"), &a);
    cr_expect_eq(a.status, 204);
    cr_expect_str_eq(a.body, "");
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, asks_a_hundred_times_on_one_connection)
{
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_reply(peer, "{}");
    http_rig_open(&rig, peer, NULL);
    for (int i = 0; i < 100; i++) {
        http_rig_answer a = {0};
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_assert_eq(a.status, 200, "%s", a.err.text);
        http_rig_answer_clear(&a);
    }
    cr_expect_eq(http_peer_requests(peer), 100);
    cr_expect_eq(http_peer_connections(peer), 1);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, opens_a_connection_each_time_without_keep_alive)
{
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_reply(peer, "{}");
    http_rig_open(&rig, peer, &(http_pool_options){.is_keep_alive_off = true});
    for (int i = 0; i < 3; i++) {
        http_rig_answer a = {0};
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_assert_eq(a.status, 200);
        http_rig_answer_clear(&a);
    }
    http_rig_settle(&rig);
    cr_expect_eq(http_peer_connections(peer), 3);
    cr_expect_eq(http_peer_open_connections(peer), 0);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, a_kept_connection_that_the_peer_closed_is_replaced)
{
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_reply(peer, "{}");
    http_rig_open(&rig, peer, NULL);
    for (int i = 0; i < 2; i++) {
        http_rig_answer a = {0};
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_assert_eq(a.status, 200, "%s", a.err.text);
        http_rig_answer_clear(&a);
        http_peer_drop_connections(peer);
    }
    cr_expect_eq(http_peer_connections(peer), 2);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, sends_method_headers_and_body_as_given)
{
    const keda_param headers[] = {
        {"Content-Type", "application/json"}, {"X-Empty", ""}, {"X-Key", "s3cret"}};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_reply(peer, "");
    http_rig_open(&rig, peer, NULL);
    request.method = "PUT";
    request.url = http_peer_url(peer, "/q");
    request.headers = headers;
    request.nheaders = 3;
    request.body = "{\"a\":\0 1}";
    request.body_size = 9;
    http_rig_ask(&rig, &request, &a);
    const http_peer_request *r = http_peer_request_at(peer, 0);
    cr_expect_str_eq(r->method, "PUT");
    cr_expect_eq(r->body_size, 9);
    cr_expect(memcmp(r->body, "{\"a\":\0 1}", 9) == 0);
    cr_expect(sent_header(peer, 0, "Content-Type", "application/json"));
    cr_expect(sent_header(peer, 0, "X-Empty", ""));
    cr_expect(sent_header(peer, 0, "X-Key", "s3cret"));
    cr_expect(sent_no_header(peer, 0, "Expect"));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, chooses_the_method_by_the_body)
{
    static const struct {
        const char *method, *body, *sent;
    } cases[] = {{NULL, NULL, "GET"},       {NULL, "x", "POST"},    {"GET", "x", "GET"},
                 {"HEAD", NULL, "HEAD"},    {"POST", NULL, "POST"}, {NULL, "", "POST"},
                 {"DELETE", NULL, "DELETE"}};
    http_peer *peer = http_peer_open();
    http_rig rig;

    http_peer_on(peer, &(http_peer_answer){.status = 204});
    http_rig_open(&rig, peer, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;
        http_rig_answer a = {0};

        request.url = http_peer_url(peer, "/");
        request.method = cases[i].method;
        request.body = cases[i].body;
        request.body_size = cases[i].body != NULL ? strlen(cases[i].body) : 0;
        http_rig_ask(&rig, &request, &a);
        cr_expect_str_eq(http_peer_request_at(peer, i)->method, cases[i].sent);
        cr_expect_str_eq(http_peer_request_at(peer, i)->body,
                         cases[i].body != NULL ? cases[i].body : "");
        cr_expect(sent_no_header(peer, i, "Content-Type"), "case %zu", i);
        http_rig_answer_clear(&a);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, sends_basic_credentials_given_or_from_the_url)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0}, b = {0}, c = {0};
    char url[128];

    http_peer_reply(peer, "");
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.username = "user";
    request.password = "pa:ss";
    http_rig_ask(&rig, &request, &a);
    cr_expect(sent_header(peer, 0, "Authorization", "Basic dXNlcjpwYTpzcw=="));
    (void)snprintf(url, sizeof url, "http://user:pa%%3Ass@127.0.0.1:%d/", http_peer_port(peer));
    http_rig_get(&rig, url, &b);
    cr_expect(sent_header(peer, 1, "Authorization", "Basic dXNlcjpwYTpzcw=="));
    http_rig_get(&rig, http_peer_url(peer, "/"), &c);
    cr_expect(sent_no_header(peer, 2, "Authorization"));
    http_rig_answer_clear(&a);
    http_rig_answer_clear(&b);
    http_rig_answer_clear(&c);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, sends_a_bearer_token)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_reply(peer, "");
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.bearer = "t0k3n";
    http_rig_ask(&rig, &request, &a);
    cr_expect(sent_header(peer, 0, "Authorization", "Bearer t0k3n"));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, reads_chunks_whole_and_byte_by_byte)
{
    static const unsigned flags[] = {HTTP_PEER_CHUNKED, HTTP_PEER_CHUNKED | HTTP_PEER_DRIP,
                                     HTTP_PEER_DRIP};
    http_peer *peer = http_peer_open();
    http_rig rig;

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        http_peer_on(peer, &(http_peer_answer){.body = "a body of some thirty bytes...",
                                               .times = 1,
                                               .flags = flags[i]});
    http_rig_open(&rig, peer, NULL);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        http_rig_answer a = {0};
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_expect_str_eq(a.body, "a body of some thirty bytes...", "case %zu", i);
        http_rig_answer_clear(&a);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, refuses_an_answer_beyond_its_bound_and_takes_one_at_it)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer fits = {0}, long_one = {0}, chunked = {0};

    http_peer_on(peer, &(http_peer_answer){.path = "/8", .body = "12345678"});
    http_peer_on(peer, &(http_peer_answer){.path = "/9", .body = "123456789"});
    http_peer_on(peer, &(http_peer_answer){
                           .path = "/c", .body = "123456789", .flags = HTTP_PEER_CHUNKED});
    http_rig_open(&rig, peer, NULL);
    request.max_body_bytes = 8;
    request.url = http_peer_url(peer, "/8");
    http_rig_ask(&rig, &request, &fits);
    cr_expect_str_eq(fits.body, "12345678");
    request.url = http_peer_url(peer, "/9");
    http_rig_ask(&rig, &request, &long_one);
    cr_expect_not(long_one.has_reply);
    cr_expect_eq(long_one.err.code, KEDA_ELIMIT);
    cr_expect_str_eq(long_one.err.text, "the answer is longer than 8 bytes");
    request.url = http_peer_url(peer, "/c");
    http_rig_ask(&rig, &request, &chunked);
    cr_expect_eq(chunked.err.code, KEDA_ELIMIT);
    http_rig_answer_clear(&fits);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, bounds_bodies_to_4_mebibytes_and_headers_to_256_kibibytes)
{
    const size_t limit = (size_t)4 * 1024 * 1024;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer at = {0}, over = {0}, head = {0};
    keda_buf lines = {0}, body = {0};

    for (size_t i = 0; i < limit / 16; i++)
        cr_assert_eq(buf_puts(&body, "0123456789abcdef"), KEDA_OK);
    for (int i = 0; i < 300; i++)
        cr_assert_eq(buf_printf(&lines, "X-%d: %01000d\r\n", i, 0), KEDA_OK);
    http_peer_on(peer, &(http_peer_answer){.path = "/at", .body = body.data});
    cr_assert_eq(buf_putc(&body, 'x'), KEDA_OK);
    http_peer_on(peer, &(http_peer_answer){.path = "/over", .body = body.data});
    http_peer_on(peer, &(http_peer_answer){.path = "/head", .headers = lines.data});
    http_rig_open(&rig, peer, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/at"), &at);
    cr_expect_eq(at.body_size, limit, "%s", at.err.text);
    http_rig_get(&rig, http_peer_url(peer, "/over"), &over);
    cr_expect_eq(over.err.code, KEDA_ELIMIT);
    http_rig_get(&rig, http_peer_url(peer, "/head"), &head);
    cr_expect_eq(head.err.code, KEDA_ELIMIT);
    cr_expect_str_eq(head.err.text, "more than 262144 bytes of headers");
    http_rig_answer_clear(&at);
    keda_buf_clear(&lines);
    keda_buf_clear(&body);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, bounds_what_a_compressed_answer_becomes)
{
    /* Two million zeros in 13 KB: the stream has no end, but is longer than the bound before. */
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};
    keda_buf bomb = {0};

    cr_assert_eq(buf_append(&bomb, head, sizeof head), KEDA_OK);
    /* A literal 0, then "258 bytes from 1 back", again and again. */
    cr_assert_eq(buf_append(&bomb, "\x63\x18\x05\xa3", 4), KEDA_OK);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(
            buf_append(&bomb, "\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28\x18\x05\xa3", 13),
            KEDA_OK);
    http_peer_on(peer, &(http_peer_answer){.headers = "Content-Encoding: gzip\r\n",
                                           .body = bomb.data,
                                           .body_size = bomb.size});
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.max_body_bytes = 100000;
    cr_assert_lt(bomb.size, request.max_body_bytes);
    http_rig_ask(&rig, &request, &a);
    cr_expect_eq(a.err.code, KEDA_ELIMIT, "%s", a.err.text);
    keda_buf_clear(&bomb);
    http_rig_close(&rig);
    http_peer_close(peer);
}

/* ---- peers that behave badly ----------------------------------------------------------------- */

Test(http, ends_at_its_deadline_when_the_peer_is_silent)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.timeout_ms = 60000;
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &a, NULL, NULL), KEDA_OK);
    http_rig_settle(&rig);
    cr_assert_eq(http_peer_requests(peer), 1);
    fake_clock_advance(&rig.clock, 59999);
    http_rig_settle(&rig);
    cr_expect_eq(a.times, 0);
    fake_clock_advance(&rig.clock, 1);
    http_rig_settle(&rig);
    cr_expect_eq(a.times, 1);
    cr_expect_not(a.has_reply);
    cr_expect_eq(a.err.code, KEDA_ETIMEOUT);
    cr_expect_str_eq(a.err.text, "no answer within 60000 ms");
    cr_expect_eq(http_peer_open_connections(peer),
                 0); /* an answer that came late has no reader */
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, takes_the_pools_timeout_when_the_request_names_none)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, &(http_pool_options){.timeout_ms = 70000});
    request.url = http_peer_url(peer, "/");
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &a, NULL, NULL), KEDA_OK);
    http_rig_settle(&rig);
    cr_expect_eq(loop_next_due_ms(rig.l) <= 70000, true);
    fake_clock_advance(&rig.clock, 70000);
    http_rig_settle(&rig);
    cr_expect_str_eq(a.err.text, "no answer within 70000 ms");
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, says_what_went_wrong_with_the_peer)
{
    static const struct {
        http_peer_answer answer;
        keda_status code;
    } cases[] = {
        {{.body = "a body that ends early", .flags = HTTP_PEER_HALF}, KEDA_EUNAVAILABLE},
        {{.body = "", .flags = HTTP_PEER_RAW}, KEDA_EUNAVAILABLE},
        {{.body = "SSH-2.0-OpenSSH_9.2\r\n", .flags = HTTP_PEER_RAW}, KEDA_EPROTOCOL},
        {{.body = "\x15\x03\x01\x00\x02\x02\x16 and more", .flags = HTTP_PEER_RAW},
         KEDA_EPROTOCOL},
        {{.body = "HTTP/9.9 200 OK\r\n\r\n", .flags = HTTP_PEER_RAW}, KEDA_EPROTOCOL},
        {{.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          .flags = HTTP_PEER_RAW},
         KEDA_EUNAVAILABLE},
        {{.headers = "Content-Encoding: gzip\r\n", .body = "not gzip at all"}, KEDA_EPROTOCOL},
        {{.body = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc", .flags = HTTP_PEER_RAW},
         KEDA_EPROTOCOL},
    };
    http_peer *peer = http_peer_open();
    http_rig rig;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_peer_answer answer = cases[i].answer;
        answer.times = 1;
        http_peer_on(peer, &answer);
    }
    http_rig_open(&rig, peer, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_rig_answer a = {0};
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_expect_not(a.has_reply, "case %zu", i);
        cr_expect_eq(a.err.code, (int32_t)cases[i].code, "case %zu: %s %s", i,
                     keda_status_name(a.err.code), a.err.text);
        cr_expect_neq(a.err.text[0], '\0');
        http_rig_answer_clear(&a);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, says_that_nobody_listens)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_refuse(peer);
    http_rig_open(&rig, NULL, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/"), &a);
    cr_expect_eq(a.err.code, KEDA_EUNAVAILABLE);
    cr_expect_not_null(strstr(a.err.text, "Failed to connect to 127.0.0.1"), "%s", a.err.text);
    http_rig_close(&rig);
    http_peer_close(peer);
}

/* ---- requests that cannot be sent ------------------------------------------------------------ */

Test(http, refuses_what_cannot_be_sent_without_quoting_it)
{
    static const keda_param split[] = {{"X-Key", "a\r\nHost: evil-secret"}};
    static const keda_param odd[] = {{"X Key: secret", "b"}};
    static const struct {
        keda_http_request request;
        const char *message;
    } cases[] = {
        {{.url = NULL}, "URL: none"},
        {{.url = "ftp://user:secret@host/"}, "URL: neither http nor https"},
        {{.url = "file:///etc/secret"}, "URL: "},
        {{.url = "host:8080/secret"}, "URL: "},
        {{.url = "http://ho st/secret"}, "URL: "},
        {{.url = "http://secret:99999999/"}, "URL: "},
        {{.url = ""}, "URL: "},
        {{.url = "http://host/", .headers = split, .nheaders = 1},
         "header X-Key: control characters in the value"},
        {{.url = "http://host/", .headers = odd, .nheaders = 1}, "header: not a name"},
        {{.url = "http://host/", .method = "GET /secret"}, "method: not a name"},
        {{.url = "http://host/", .bearer = "secret\n"}, "bearer token: control characters"},
    };
    http_rig rig;

    http_rig_open(&rig, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_http_request request = cases[i].request;
        http_rig_answer a = {0};
        keda_error err = KEDA_ERROR_INIT;

        request.struct_size = sizeof request;
        cr_expect_eq(keda_http_send(rig.http, &request, http_rig_done, &a, NULL, &err),
                     KEDA_EINVAL, "case %zu", i);
        cr_expect(strncmp(err.text, cases[i].message, strlen(cases[i].message)) == 0,
                  "case %zu: %s", i, err.text);
        cr_expect_null(strstr(err.text, "secret"), "case %zu: %s", i, err.text);
        http_rig_settle(&rig);
        cr_expect_eq(a.times, 0);
    }
    http_rig_close(&rig);
}

Test(http, reads_a_request_of_an_older_caller)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_reply(peer, "");
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.bearer = "not a member yet";
    request.struct_size = offsetof(keda_http_request, bearer);
    http_rig_ask(&rig, &request, &a);
    cr_expect(sent_no_header(peer, 0, "Authorization"));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

/* ---- giving up ------------------------------------------------------------------------------- */

Test(http, a_cancelled_call_says_nothing)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer early = {0}, late = {0};
    keda_http_call *call = NULL;

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &early, &call, NULL),
                 KEDA_OK);
    keda_http_cancel(call); /* before a byte was sent */
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &late, &call, NULL),
                 KEDA_OK);
    http_rig_settle(&rig);
    cr_assert_eq(http_peer_requests(peer), 1);
    keda_http_cancel(call); /* while it waits for the answer */
    keda_http_cancel(NULL);
    fake_clock_advance(&rig.clock, 100000);
    http_rig_settle(&rig);
    cr_expect_eq(early.times, 0);
    cr_expect_eq(late.times, 0);
    cr_expect_eq(http_peer_open_connections(peer), 0);
    http_rig_close(&rig);
    http_peer_close(peer);
}

struct tangle {
    http_rig rig;
    http_peer *peer;
    keda_http_call *self, *other;
    http_rig_answer other_answer, next_answer;
    int times;
};

static void tangled_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    struct tangle *t = user;
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    (void)err;
    cr_expect_not_null(reply);
    t->times++;
    keda_http_cancel(t->other);
    keda_http_cancel(t->self);
    request.url = http_peer_url(t->peer, "/next");
    cr_expect_eq(
        keda_http_send(t->rig.http, &request, http_rig_done, &t->next_answer, NULL, NULL),
        KEDA_OK);
    cr_expect_str_eq(reply->body, "here");
}

Test(http, done_may_cancel_itself_and_others_and_send)
{
    struct tangle t = {0};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    t.peer = http_peer_open();
    http_peer_on(t.peer, &(http_peer_answer){.path = "/silent", .flags = HTTP_PEER_SILENT});
    http_peer_reply(t.peer, "here");
    http_rig_open(&t.rig, t.peer, NULL);
    request.url = http_peer_url(t.peer, "/silent");
    cr_assert_eq(
        keda_http_send(t.rig.http, &request, http_rig_done, &t.other_answer, &t.other, NULL),
        KEDA_OK);
    request.url = http_peer_url(t.peer, "/self");
    cr_assert_eq(keda_http_send(t.rig.http, &request, tangled_done, &t, &t.self, NULL),
                 KEDA_OK);
    http_rig_settle(&t.rig);
    cr_expect_eq(t.times, 1);
    cr_expect_eq(t.other_answer.times, 0);
    cr_expect_eq(t.next_answer.times, 1);
    cr_expect_eq(t.next_answer.status, 200);
    http_rig_answer_clear(&t.next_answer);
    http_rig_close(&t.rig);
    http_peer_close(t.peer);
}

/* Two answers that arrive in one turn: the first `done` cancels the other's call. */
Test(http, done_may_cancel_a_call_whose_answer_is_in)
{
    struct tangle t = {0};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    t.peer = http_peer_open();
    http_peer_reply(t.peer, "here");
    http_rig_open(&t.rig, t.peer, NULL);
    request.url = http_peer_url(t.peer, "/");
    cr_assert_eq(keda_http_send(t.rig.http, &request, tangled_done, &t, &t.self, NULL),
                 KEDA_OK);
    cr_assert_eq(
        keda_http_send(t.rig.http, &request, http_rig_done, &t.other_answer, &t.other, NULL),
        KEDA_OK);
    while (http_peer_requests(t.peer) < 2) {
        cr_assert_eq(loop_step(t.rig.l, NULL), KEDA_OK);
        if (http_peer_requests(t.peer) < 2)
            (void)http_peer_step(t.peer);
        if (t.times > 0)
            break;
    }
    http_rig_settle(&t.rig);
    cr_expect_eq(t.times, 1);
    cr_expect_leq(t.other_answer.times, 1);
    cr_expect_eq(t.next_answer.times, 1);
    http_rig_answer_clear(&t.other_answer);
    http_rig_answer_clear(&t.next_answer);
    http_rig_close(&t.rig);
    http_peer_close(t.peer);
}

static void count_drop(void *user)
{
    ++*(int *)user;
}

static void never_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    (void)reply;
    (void)err;
    (void)user;
    cr_assert_fail("done was called");
}

Test(http, a_freed_pool_drops_what_is_in_flight)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    int drops = 0;

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(http_send(rig.http, &request, never_done, i % 2 == 0 ? count_drop : NULL,
                               &drops, NULL, NULL),
                     KEDA_OK);
        if (i == 50)
            http_rig_settle(&rig);
    }
    http_rig_close(&rig);
    cr_expect_eq(drops, 50);
    http_pool_free(NULL);
    http_peer_close(peer);
}

/* ---- many at once ---------------------------------------------------------------------------- */

static bool all_over(void *user)
{
    const http_rig_answer *answers = user;

    for (size_t i = 0; i < 200; i++) {
        if (answers[i].times == 0)
            return false;
    }
    return true;
}

Test(http, keeps_two_hundred_calls_apart)
{
    static http_rig_answer answers[200];
    http_peer *peer = http_peer_open();
    http_rig rig;
    char path[32], body[32];

    http_rig_open(&rig, peer, NULL);
    for (int i = 0; i < 200; i++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;

        (void)snprintf(path, sizeof path, "/%d", i);
        (void)snprintf(body, sizeof body, "answer %d", i);
        http_peer_on(peer, &(http_peer_answer){.path = path, .body = body});
        request.url = http_peer_url(peer, path);
        cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &answers[i], NULL, NULL),
                     KEDA_OK);
    }
    http_rig_until(&rig, all_over, answers);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(body, sizeof body, "answer %d", i);
        cr_expect_eq(answers[i].times, 1);
        cr_expect_str_eq(answers[i].body, body);
        http_rig_answer_clear(&answers[i]);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, measures_latency_by_the_loops_clock)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_reply(peer, "");
    http_rig_open(&rig, NULL, NULL); /* the peer is not stepped yet */
    request.url = http_peer_url(peer, "/");
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &a, NULL, NULL), KEDA_OK);
    http_rig_settle(&rig);
    fake_clock_advance(&rig.clock, 250);
    http_rig_add(&rig, peer);
    http_rig_settle(&rig);
    cr_expect_eq(a.times, 1);
    cr_expect_eq(a.latency_ms, 250);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http, goes_through_a_proxy_but_never_to_loopback)
{
    http_peer *proxy = http_peer_open(), *origin = http_peer_open();
    const char *proxy_url = http_peer_url(proxy, "");
    http_rig rig;
    http_rig_answer far = {0}, near = {0}, excepted = {0};

    http_peer_reply(proxy, "by the proxy");
    http_peer_reply(origin, "directly");
    http_rig_open(&rig, proxy,
                  &(http_pool_options){.http_proxy = proxy_url, .no_proxy = "direct.test"});
    http_rig_add(&rig, origin);
    http_rig_get(&rig, "http://metrics.test/x", &far);
    cr_expect_str_eq(far.body, "by the proxy");
    cr_expect_str_eq(http_peer_request_at(proxy, 0)->target, "http://metrics.test/x");
    http_rig_get(&rig, http_peer_url(origin, "/"), &near);
    cr_expect_str_eq(near.body, "directly");
    http_rig_get(&rig, "http://direct.test:1/", &excepted);
    cr_expect_not(excepted.has_reply); /* no such host, and nobody was asked to reach it */
    cr_expect_eq(http_peer_requests(proxy), 1);
    http_rig_answer_clear(&far);
    http_rig_answer_clear(&near);
    http_rig_close(&rig);
    http_peer_close(proxy);
    http_peer_close(origin);
}
