/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 without TLS, as gRPC uses it: one connection for all streams, bodies, trailers.
 */
#include "support/http2_peer.h"
#include "support/http_rig.h"

#include <criterion/criterion.h>

#include <curl/curl.h>

#include <string.h>

enum { CALLS = 50 };

static bool all_over(void *user)
{
    const http_rig_answer *answers = user;

    for (size_t i = 0; i < CALLS; i++) {
        if (answers[i].times == 0)
            return false;
    }
    return true;
}

static keda_http_request h2_request(http_peer *peer)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = http_peer_url(peer, "/service/method");
    request.is_http2_prior = 1;
    return request;
}

Test(http2, answers_many_calls_at_once_on_one_connection_where_curl_can)
{
    http_peer *peer = http2_peer_open();
    http_rig_answer answers[CALLS] = {{0}};
    http_rig rig;

    http_peer_reply(peer, "answer");
    http_rig_open(&rig, peer, NULL);
    const keda_http_request request = h2_request(peer);
    for (size_t i = 0; i < CALLS; i++)
        cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &answers[i], NULL, NULL),
                     KEDA_OK);
    http_rig_until(&rig, all_over, answers);
    for (size_t i = 0; i < CALLS; i++) {
        cr_expect_str_eq(answers[i].body, "answer", "%s", answers[i].err.text);
        http_rig_answer_clear(&answers[i]);
    }
    /* Reuse without TLS works from curl 8.0 on; before, every call has its own connection. */
    cr_expect_eq(http_peer_connections(peer),
                 curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000 ? 1 : CALLS);
    cr_expect_eq(http_peer_requests(peer), CALLS);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http2, asks_again_and_again)
{
    http_peer *peer = http2_peer_open();
    http_rig rig;

    http_peer_reply(peer, "answer");
    http_rig_open(&rig, peer, NULL);
    for (int i = 0; i < 5; i++) {
        const keda_http_request request = h2_request(peer);
        http_rig_answer a = {0};

        http_rig_ask(&rig, &request, &a);
        cr_expect_str_eq(a.body, "answer", "%s", a.err.text);
        http_rig_answer_clear(&a);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http2, carries_bodies_and_gives_trailers_as_headers)
{
    http_peer *peer = http2_peer_open();
    http_rig_answer a = {.header_name = "grpc-status"};
    http_rig rig;

    http_peer_on(peer, &(http_peer_answer){.headers = "Trailer-Grpc-Status: 12\r\n",
                                           .body = "\0\0\0\0\1x",
                                           .body_size = 6});
    http_rig_open(&rig, peer, NULL);
    keda_http_request request = h2_request(peer);
    request.body = "\0\0\0\0\2yz";
    request.body_size = 7;
    http_rig_ask(&rig, &request, &a);
    cr_expect_eq(a.status, 200, "%s", a.err.text);
    cr_expect_eq(a.body_size, 6);
    cr_expect_str_eq(a.header, "12");
    cr_expect_str_eq(http_peer_request_at(peer, 0)->method, "POST");
    cr_expect_eq(http_peer_request_at(peer, 0)->body_size, 7);
    cr_expect(memcmp(http_peer_request_at(peer, 0)->body, "\0\0\0\0\2yz", 7) == 0);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(http2, one_cancelled_call_leaves_the_others)
{
    http_peer *peer = http2_peer_open();
    http_rig_answer given_up = {0}, other = {0};
    keda_http_call *call = NULL;
    http_rig rig;

    http_peer_reply(peer, "answer");
    http_rig_open(&rig, NULL, NULL);
    const keda_http_request request = h2_request(peer);
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &given_up, &call, NULL),
                 KEDA_OK);
    cr_assert_eq(keda_http_send(rig.http, &request, http_rig_done, &other, NULL, NULL),
                 KEDA_OK);
    http_rig_settle(&rig); /* both are under way, the peer has not looked yet */
    keda_http_cancel(call);
    http_rig_add(&rig, peer);
    http_rig_settle(&rig);
    cr_expect_str_eq(other.body, "answer", "%s", other.err.text);
    cr_expect_eq(given_up.times, 0);
    http_rig_answer_clear(&other);
    http_rig_close(&rig);
    http_peer_close(peer);
}
