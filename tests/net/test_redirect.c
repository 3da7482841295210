/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects: how far they are followed, what is asked then, and that credentials stay at home.
 */
#include "support/http_rig.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* A peer that answers status and Location for `path`. */
static void sends_elsewhere(http_peer *peer, const char *path, int status, const char *location)
{
    char headers[256];

    (void)snprintf(headers, sizeof headers, "Location: %s\r\n", location);
    http_peer_on(peer, &(http_peer_answer){.path = path, .status = status, .headers = headers});
}

static bool has_header(http_peer *peer, size_t i, const char *name)
{
    char value[256];

    return http_peer_header(http_peer_request_at(peer, i), name, value, sizeof value);
}

static const keda_param caller_headers[] = {
    {"X-Api-Key", "s3cret"}, {"Cookie", "s=s3cret"}, {"Accept", "application/json"}};

static keda_http_request request_with_secrets(const char *url)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = url;
    request.headers = caller_headers;
    request.nheaders = 3;
    request.username = "user";
    request.password = "s3cret";
    return request;
}

Test(redirect, is_followed_with_everything_on_the_same_host)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    sends_elsewhere(peer, "/old", 302, "new?x=1");
    http_peer_on(peer, &(http_peer_answer){.path = "/new", .body = "found"});
    http_rig_open(&rig, peer, NULL);
    const keda_http_request request = request_with_secrets(http_peer_url(peer, "/old"));
    http_rig_ask(&rig, &request, &a);
    cr_expect_str_eq(a.body, "found");
    cr_expect_str_eq(http_peer_request_at(peer, 1)->target, "/new?x=1");
    cr_expect(has_header(peer, 1, "Authorization"));
    cr_expect(has_header(peer, 1, "X-Api-Key"));
    cr_expect(has_header(peer, 1, "Cookie"));
    cr_expect_eq(http_peer_connections(peer), 1);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(redirect, to_another_host_carries_no_credentials)
{
    static const int statuses[] = {301, 302, 303, 307, 308};

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        http_peer *home = http_peer_open(), *other = http_peer_open();
        http_rig rig;
        http_rig_answer basic = {0}, bearer = {0};

        sends_elsewhere(home, NULL, statuses[i], http_peer_url(other, "/there"));
        http_peer_reply(other, "there");
        http_rig_open(&rig, home, NULL);
        http_rig_add(&rig, other);
        keda_http_request request = request_with_secrets(http_peer_url(home, "/"));
        http_rig_ask(&rig, &request, &basic);
        request.username = request.password = NULL;
        request.bearer = "s3cret";
        http_rig_ask(&rig, &request, &bearer);
        cr_expect_str_eq(basic.body, "there");
        cr_expect_str_eq(bearer.body, "there");
        cr_assert_eq(http_peer_requests(other), 2);
        for (size_t r = 0; r < 2; r++) {
            cr_expect(has_header(home, r, "Authorization"));
            cr_expect_null(strstr(http_peer_request_at(other, r)->head, "s3cret"));
            cr_expect_not(has_header(other, r, "Authorization"));
            cr_expect(has_header(other, r, "Accept"));
        }
        http_rig_answer_clear(&basic);
        http_rig_answer_clear(&bearer);
        http_rig_close(&rig);
        http_peer_close(home);
        http_peer_close(other);
    }
}

Test(redirect, to_another_name_of_the_host_carries_no_credentials)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};
    char elsewhere[64];

    (void)snprintf(elsewhere, sizeof elsewhere, "http://localhost:%d/there",
                   http_peer_port(peer));
    sends_elsewhere(peer, "/", 302, elsewhere);
    http_peer_on(peer, &(http_peer_answer){.path = "/there", .body = "there"});
    http_rig_open(&rig, peer, NULL);
    const keda_http_request request = request_with_secrets(http_peer_url(peer, "/"));
    http_rig_ask(&rig, &request, &a);
    cr_expect_str_eq(a.body, "there", "%s", a.err.text);
    cr_expect_null(strstr(http_peer_request_at(peer, 1)->head, "s3cret"));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(redirect, does_not_give_credentials_back_on_the_way_home)
{
    http_peer *home = http_peer_open(), *other = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    sends_elsewhere(home, "/", 302, http_peer_url(other, "/"));
    sends_elsewhere(other, "/", 302, http_peer_url(home, "/back"));
    http_peer_on(home, &(http_peer_answer){.path = "/back", .body = "back"});
    http_rig_open(&rig, home, NULL);
    http_rig_add(&rig, other);
    const keda_http_request request = request_with_secrets(http_peer_url(home, "/"));
    http_rig_ask(&rig, &request, &a);
    cr_expect_str_eq(a.body, "back");
    cr_expect_null(strstr(http_peer_request_at(home, 1)->head, "s3cret"));
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(home);
    http_peer_close(other);
}

Test(redirect, asks_as_the_status_says)
{
    static const struct {
        int status;
        const char *method, *then;
        bool has_body;
    } cases[] = {{301, "POST", "GET", false}, {302, "PUT", "GET", false},
                 {303, "POST", "GET", false}, {307, "POST", "POST", true},
                 {308, "PUT", "PUT", true},   {302, "HEAD", "HEAD", false},
                 {303, "GET", "GET", false}};
    static const keda_param type[] = {{"Content-Type", "text/plain"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool sends_body = strcmp(cases[i].method, "P") > 0;
        http_peer *peer = http_peer_open();
        http_rig rig;
        http_rig_answer a = {0};
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;

        sends_elsewhere(peer, "/old", cases[i].status, "/new");
        http_peer_on(peer, &(http_peer_answer){.path = "/new", .status = 204});
        http_rig_open(&rig, peer, NULL);
        request.method = cases[i].method;
        request.url = http_peer_url(peer, "/old");
        request.headers = type;
        request.nheaders = 1;
        request.body = sends_body ? "body" : NULL;
        request.body_size = sends_body ? 4 : 0;
        http_rig_ask(&rig, &request, &a);
        const http_peer_request *r = http_peer_request_at(peer, 1);
        cr_assert_not_null(r, "case %zu: %s", i, a.err.text);
        cr_expect_str_eq(r->method, cases[i].then, "case %zu", i);
        cr_expect_str_eq(r->body, cases[i].has_body ? "body" : "", "case %zu", i);
        if (sends_body)
            cr_expect_eq(has_header(peer, 1, "Content-Type"), cases[i].has_body, "case %zu", i);
        http_rig_answer_clear(&a);
        http_rig_close(&rig);
        http_peer_close(peer);
    }
}

Test(redirect, a_body_is_not_repeated_to_another_host)
{
    http_peer *home = http_peer_open(), *other = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    sends_elsewhere(home, NULL, 307, http_peer_url(other, "/"));
    http_rig_open(&rig, home, NULL);
    http_rig_add(&rig, other);
    request.url = http_peer_url(home, "/token");
    request.body = "client_secret=s3cret";
    request.body_size = 20;
    http_rig_ask(&rig, &request, &a);
    cr_expect_eq(a.status, 307);
    cr_expect_eq(http_peer_requests(other), 0);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(home);
    http_peer_close(other);
}

Test(redirect, stops_after_ten_or_as_told)
{
    static const struct {
        int32_t max_redirects;
        size_t requests;
        const char *error; /* NULL: the redirect itself is the answer */
    } cases[] = {{0, 11, "stopped after 10 redirects"},
                 {2, 3, "stopped after 2 redirects"},
                 {-1, 1, NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_peer *peer = http_peer_open();
        http_rig rig;
        http_rig_answer a = {0};
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;

        sends_elsewhere(peer, NULL, 302, "/again");
        http_rig_open(&rig, peer, NULL);
        request.url = http_peer_url(peer, "/");
        request.max_redirects = cases[i].max_redirects;
        http_rig_ask(&rig, &request, &a);
        cr_expect_eq(http_peer_requests(peer), cases[i].requests);
        cr_expect_eq(a.has_reply, cases[i].error == NULL);
        if (cases[i].error == NULL) {
            cr_expect_eq(a.status, 302);
        } else {
            cr_expect_eq(a.err.code, KEDA_EPROTOCOL);
            cr_expect_str_eq(a.err.text, cases[i].error);
        }
        http_rig_answer_clear(&a);
        http_rig_close(&rig);
        http_peer_close(peer);
    }
}

Test(redirect, leads_nowhere_but_to_http)
{
    static const char *const places[] = {"file:///etc/passwd", "ftp://127.0.0.1/",
                                         "gopher://x/"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        http_peer *peer = http_peer_open();
        http_rig rig;
        http_rig_answer a = {0};

        sends_elsewhere(peer, NULL, 302, places[i]);
        http_rig_open(&rig, peer, NULL);
        http_rig_get(&rig, http_peer_url(peer, "/"), &a);
        cr_expect_not(a.has_reply);
        cr_expect_eq(a.err.code, KEDA_EPROTOCOL, "%s", a.err.text);
        cr_expect_str_eq(a.err.text, "redirected to where HTTP does not reach");
        http_rig_close(&rig);
        http_peer_close(peer);
    }
}

Test(redirect, without_a_place_is_an_answer)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};

    http_peer_on(peer, &(http_peer_answer){.status = 302, .body = "where to?"});
    http_rig_open(&rig, peer, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/"), &a);
    cr_expect_eq(a.status, 302);
    cr_expect_str_eq(a.body, "where to?");
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(redirect, gives_the_last_bodys_bytes_alone)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {.header_name = "X-Hop"};

    http_peer_on(peer, &(http_peer_answer){.path = "/",
                                           .status = 301,
                                           .headers = "Location: /b\r\nX-Hop: first\r\n",
                                           .body = "moved",
                                           .flags = HTTP_PEER_CLOSE});
    http_peer_on(peer, &(http_peer_answer){.path = "/b", .body = "b"});
    http_rig_open(&rig, peer, NULL);
    http_rig_get(&rig, http_peer_url(peer, "/"), &a);
    cr_expect_str_eq(a.body, "b");
    cr_expect_str_eq(a.header, "");
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(redirect, shares_one_deadline)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    http_rig_answer a = {0};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    sends_elsewhere(peer, "/", 302, "/silent");
    http_peer_on(peer, &(http_peer_answer){.path = "/silent", .flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, NULL, NULL);
    request.url = http_peer_url(peer, "/");
    request.timeout_ms = 60000;
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &a, NULL, NULL), KEDA_OK);
    http_rig_settle(&rig);
    fake_clock_advance(&rig.clock, 40000);
    http_rig_add(&rig, peer);
    http_rig_settle(&rig);
    cr_assert_eq(http_peer_requests(peer), 2);
    fake_clock_advance(&rig.clock, 20000);
    http_rig_settle(&rig);
    cr_expect_eq(a.err.code, KEDA_ETIMEOUT);
    http_rig_close(&rig);
    http_peer_close(peer);
}
