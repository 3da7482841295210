/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers without an end: pieces as they come, nothing kept, and every way such a call ends. The peer sends
 * a byte a step, so that the test knows what has come.
 */
#include "support/http_rig.h"

#include "base/buf.h"

#include <criterion/criterion.h>

#include <string.h>

enum { QUIET_MS = 90000 };

typedef struct reader {
    http_rig_answer end; /* first: `done` gets it */
    char text[4096];
    size_t size, pieces, wanted, heads;
    keda_status verdict, head_verdict; /* what piece returns */
    int dropped;
} reader;

static keda_status on_piece(const char *bytes, size_t size, void *user)
{
    reader *r = user;

    if (size == 0) {
        r->heads++;
        cr_expect_eq(r->pieces, 0);
        return r->head_verdict;
    }
    cr_assert_lt(r->size + size, sizeof r->text);
    memcpy(r->text + r->size, bytes, size);
    r->size += size;
    r->pieces++;
    return r->verdict;
}

static void on_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    http_rig_done(reply, err, &((reader *)user)->end);
}

static void on_drop(void *user)
{
    ((reader *)user)->dropped++;
}

static bool is_over(void *user)
{
    return ((const reader *)user)->end.times > 0;
}

static bool has_wanted(void *user)
{
    const reader *r = user;

    return r->size >= r->wanted || r->end.times > 0;
}

static keda_http_call *open_stream(http_rig *rig, const char *url, reader *r)
{
    const http_stream stream = {.piece = on_piece, .quiet_ms = QUIET_MS};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_http_call *call = NULL;
    keda_error err = KEDA_ERROR_INIT;

    request.url = url;
    request.timeout_ms = 5000;
    cr_assert_eq(
        http_stream_open(rig->http, &request, &stream, on_done, on_drop, r, &call, &err),
        KEDA_OK, "%s", err.text);
    return call;
}

static http_peer *dripping(const char *body)
{
    http_peer *peer = http_peer_open();

    http_peer_on(peer, &(http_peer_answer){.path = "/",
                                           .body = body,
                                           .flags = HTTP_PEER_CHUNKED | HTTP_PEER_DRIP});
    http_peer_reply(peer, "other");
    return peer;
}

static void close_all(http_rig *rig, http_peer *peer, reader *r)
{
    http_rig_answer_clear(&r->end);
    http_rig_close(rig);
    http_peer_close(peer);
}

Test(stream, gives_pieces_before_the_end_and_keeps_none)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.wanted = 9};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, has_wanted, &r);
    cr_expect_eq(r.end.times, 0, "%s", r.end.err.text);
    cr_expect_eq(strncmp(r.text, "one two t", 9), 0);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_OK);
    cr_expect_eq(r.end.status, 200);
    cr_expect_eq(r.end.body_size, 0);
    cr_expect_str_eq(r.text, "one two three four five six seven");
    cr_expect_gt(r.pieces, 5);
    cr_expect_eq(r.heads, 1);
    cr_expect_eq(r.dropped, 0);
    close_all(&rig, peer, &r);
}

static keda_status count(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    *(size_t *)user += size;
    return KEDA_OK;
}

Test(stream, gives_pieces_to_another_when_told)
{
    http_peer *peer = dripping("one two");
    size_t counted = 0;
    const http_stream stream = {.piece = count, .quiet_ms = QUIET_MS, .user = &counted};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig rig;
    reader r = {0};

    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    cr_assert_eq(http_stream_open(rig.http, &request, &stream, on_done, NULL, &r, NULL, NULL),
                 KEDA_OK);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.status, 200, "%s", r.end.err.text);
    cr_expect_eq(counted, 7);
    close_all(&rig, peer, &r);
}

Test(stream, lasts_longer_than_the_timeout_of_the_request)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.wanted = 1};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    for (; r.wanted < 30; r.wanted += 7) {
        http_rig_until(&rig, has_wanted, &r);
        fake_clock_advance(&rig.clock, QUIET_MS - 1);
    }
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_OK, "%s", r.end.err.text);
    cr_expect_eq(r.end.status, 200);
    close_all(&rig, peer, &r);
}

Test(stream, ends_when_nothing_comes_for_long)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.wanted = 3};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, has_wanted, &r);
    fake_clock_advance(&rig.clock, QUIET_MS - 1);
    cr_assert_eq(loop_step(rig.l, NULL), KEDA_OK); /* what is on its way comes still */
    const size_t before = r.size;
    cr_expect_eq(r.end.times, 0);
    fake_clock_advance(&rig.clock, QUIET_MS);
    cr_assert_eq(loop_step(rig.l, NULL), KEDA_OK);
    cr_expect_eq(r.end.times, 1);
    cr_expect_eq(r.end.err.code, KEDA_ETIMEOUT);
    cr_expect_str_eq(r.end.err.text, "nothing came for 90000 ms");
    cr_expect_not(r.end.has_reply);
    cr_expect_eq(r.size, before);
    close_all(&rig, peer, &r);
}

Test(stream, waits_for_the_head_only_as_long_as_the_request_says)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    reader r = {0};

    http_peer_on(peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_settle(&rig);
    cr_expect_eq(r.end.times, 0);
    fake_clock_advance(&rig.clock, 5000);
    cr_assert_eq(loop_step(rig.l, NULL), KEDA_OK);
    cr_expect_eq(r.end.err.code, KEDA_ETIMEOUT);
    cr_expect_str_eq(r.end.err.text, "no answer within 5000 ms");
    close_all(&rig, peer, &r);
}

Test(stream, ends_with_the_status_its_reader_returns)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.verdict = KEDA_ELIMIT};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_ELIMIT);
    cr_expect_not(r.end.has_reply);
    cr_expect_eq(r.pieces, 1);
    http_rig_settle(&rig);
    cr_expect_eq(r.end.times, 1);
    close_all(&rig, peer, &r);
}

Test(stream, ends_before_the_first_byte_when_its_reader_wants_none)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.head_verdict = KEDA_ECANCELED};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_ECANCELED);
    cr_expect_eq(r.pieces, 0);
    close_all(&rig, peer, &r);
}

Test(stream, keeps_the_body_of_other_answers_for_the_end)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    reader r = {0};

    http_peer_on(peer, &(http_peer_answer){.status = 410,
                                           .headers = "Retry-After: 3\r\n",
                                           .body = "{\"code\":410}"});
    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_OK);
    cr_expect_eq(r.end.status, 410);
    cr_expect_str_eq(r.end.body, "{\"code\":410}");
    cr_expect_eq(r.end.retry_after_ms, 3000);
    cr_expect_eq(r.pieces + r.heads, 0);
    close_all(&rig, peer, &r);
}

Test(stream, follows_a_redirect_without_giving_its_body)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    reader r = {0};

    http_peer_on(peer, &(http_peer_answer){.path = "/",
                                           .status = 307,
                                           .headers = "Location: /there\r\n",
                                           .body = "moved"});
    http_peer_reply(peer, "here");
    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.status, 200, "%s", r.end.err.text);
    cr_expect_str_eq(r.text, "here");
    close_all(&rig, peer, &r);
}

Test(stream, breaks_with_an_error_when_the_peer_goes)
{
    http_peer *peer = http_peer_open();
    http_rig rig;
    reader r = {0};

    http_peer_on(peer, &(http_peer_answer){.body = "0123456789",
                                           .flags = HTTP_PEER_CHUNKED | HTTP_PEER_HALF});
    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, is_over, &r);
    cr_expect_eq(r.end.err.code, KEDA_EUNAVAILABLE, "%s", r.end.err.text);
    cr_expect_not(r.end.has_reply);
    cr_expect_gt(r.size, 0);
    close_all(&rig, peer, &r);
}

Test(stream, is_silent_once_cancelled_and_the_pool_goes_on)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.wanted = 3};
    http_rig_answer other = {0};

    http_rig_open(&rig, peer, NULL);
    keda_http_call *call = open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, has_wanted, &r);
    const size_t before = r.size;
    keda_http_cancel(call);
    http_rig_settle(&rig);
    cr_expect_eq(r.end.times, 0);
    cr_expect_eq(r.dropped, 0);
    cr_expect_eq(r.size, before);
    http_rig_get(&rig, http_peer_url(peer, "/other"), &other);
    cr_expect_str_eq(other.body, "other");
    http_rig_answer_clear(&other);
    close_all(&rig, peer, &r);
}

Test(stream, is_dropped_with_its_pool)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r = {.wanted = 3};

    http_rig_open(&rig, peer, NULL);
    (void)open_stream(&rig, http_peer_url(peer, "/"), &r);
    http_rig_until(&rig, has_wanted, &r);
    http_rig_close(&rig);
    cr_expect_eq(r.dropped, 1);
    cr_expect_eq(r.end.times, 0);
    http_peer_close(peer);
}

Test(stream, leaves_room_for_other_calls_while_it_is_open)
{
    http_peer *peer = dripping("one two three four five six seven");
    http_rig rig;
    reader r[3] = {{.wanted = 3}, {.wanted = 3}, {.wanted = 3}};

    http_rig_open(&rig, peer, NULL);
    for (size_t i = 0; i < 3; i++)
        (void)open_stream(&rig, http_peer_url(peer, "/"), &r[i]);
    for (size_t i = 0; i < 3; i++)
        http_rig_until(&rig, has_wanted, &r[i]);
    for (int i = 0; i < 5; i++) {
        http_rig_answer a = {0};

        http_rig_get(&rig, http_peer_url(peer, "/other"), &a);
        cr_expect_str_eq(a.body, "other", "%s", a.err.text);
        http_rig_answer_clear(&a);
    }
    for (size_t i = 0; i < 3; i++) {
        http_rig_until(&rig, is_over, &r[i]);
        cr_expect_str_eq(r[i].text, "one two three four five six seven");
        http_rig_answer_clear(&r[i].end);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}
