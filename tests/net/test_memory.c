/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory running out at every allocation of a call's life in turn: the caller is told, nothing is
 * lost, and the pool goes on. Only the library's own memory fails here.
 */
#include "support/http_rig.h"

#include <keda/json.h>

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static long left = -1; /* allocations until one fails; negative: none does */
static bool has_failed;

static bool fails_now(void)
{
    if (left < 0 || left-- > 0)
        return false;
    has_failed = true;
    return true;
}

static void *failing_malloc(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *failing_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static void arm(long n)
{
    left = n;
    has_failed = false;
}

static void disarm(void)
{
    left = -1;
}

static void install(void)
{
    keda_set_allocator(failing_malloc, failing_realloc, free);
}

Test(memory, missing_for_the_pool_is_reported, .init = install)
{
    const char *dirs[] = {"/etc/ssl"};
    const http_pool_options opts = {
        .ca_dirs = dirs, .nca_dirs = 1, .http_proxy = "http://p.test"};
    http_rig rig;
    long n = 0;

    http_rig_open(&rig, NULL, NULL);
    do {
        keda_http *http = NULL;
        keda_error err = KEDA_ERROR_INIT;

        arm(n++);
        const keda_status rc = http_pool_new(&http, rig.l, &opts, &err);
        disarm();
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "allocation %ld: %s", n, err.text);
        cr_expect_eq(http == NULL, has_failed);
        http_pool_free(http);
    } while (has_failed);
    cr_expect_gt(n, 3);
    http_rig_close(&rig);
}

/* Steps the loop with failing memory and the peer with enough of it, until the call is over. */
static void finish(http_rig *rig, http_peer *peer, const http_rig_answer *a)
{
    for (int turns = 0; a->times == 0 && turns < 400; turns++) {
        const keda_status rc = loop_step(rig->l, NULL);
        const long still = left;

        cr_assert(rc == KEDA_OK || has_failed);
        disarm();
        (void)http_peer_step(peer);
        left = still;
        if (turns > 300) /* a descriptor could not be watched: the deadline ends the call */
            fake_clock_advance(&rig->clock, 100000);
    }
}

static bool is_told(const http_rig_answer *a)
{
    return a->times == 1 &&
           (a->has_reply || a->err.code == KEDA_ENOMEM || a->err.code == KEDA_ETIMEOUT);
}

Test(memory, missing_during_a_call_is_reported_and_the_pool_goes_on, .init = install)
{
    static const keda_param headers[] = {{"X-Key", "value"}};
    http_peer *peer = http_peer_open();
    http_rig rig;
    bool any_left = true;

    http_peer_on(
        peer, &(http_peer_answer){.path = "/", .status = 302, .headers = "Location: /b\r\n"});
    http_peer_reply(peer, "some body");
    http_rig_open(&rig, peer, NULL);
    for (long n = 0; any_left; n++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;
        http_rig_answer a = {0}, after = {0};
        keda_error err = KEDA_ERROR_INIT;

        cr_assert_lt(n, 1000);
        http_peer_drop_connections(peer);
        request.url = http_peer_url(peer, "/");
        request.headers = headers;
        request.nheaders = 1;
        request.bearer = "token";
        request.timeout_ms = 900000;
        arm(n);
        const keda_status rc =
            keda_http_send(rig.http, &request, http_rig_done, &a, NULL, &err);
        if (rc == KEDA_OK) {
            finish(&rig, peer, &a);
            cr_expect(is_told(&a), "allocation %ld: %d %s", n, a.times, a.err.text);
        } else {
            cr_expect_eq(rc, KEDA_ENOMEM, "allocation %ld: %s", n, err.text);
        }
        any_left = has_failed;
        disarm();
        http_rig_answer_clear(&a);
        http_rig_get(&rig, http_peer_url(peer, "/after"), &after);
        cr_expect_str_eq(after.body, "some body", "allocation %ld: %s", n, after.err.text);
        http_rig_answer_clear(&after);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

static keda_status take_piece(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    (void)user;
    return KEDA_OK;
}

Test(memory, missing_for_a_stream_is_reported, .init = install)
{
    const http_stream stream = {.piece = take_piece, .quiet_ms = 90000};
    http_peer *peer = http_peer_open();
    http_rig rig;
    bool any_left = true;

    http_peer_reply(peer, "some body");
    http_rig_open(&rig, peer, NULL);
    for (long n = 0; any_left; n++) {
        keda_http_request request = KEDA_HTTP_REQUEST_INIT;
        http_rig_answer a = {0};
        keda_error err = KEDA_ERROR_INIT;

        cr_assert_lt(n, 1000);
        http_peer_drop_connections(peer);
        request.url = http_peer_url(peer, "/");
        request.timeout_ms = 900000;
        arm(n);
        const keda_status rc =
            http_stream_open(rig.http, &request, &stream, http_rig_done, NULL, &a, NULL, &err);
        if (rc == KEDA_OK) {
            finish(&rig, peer, &a);
            cr_expect(is_told(&a), "allocation %ld: %d %s", n, a.times, a.err.text);
        } else {
            cr_expect_eq(rc, KEDA_ENOMEM, "allocation %ld: %s", n, err.text);
        }
        any_left = has_failed;
        disarm();
        http_rig_answer_clear(&a);
    }
    http_rig_close(&rig);
    http_peer_close(peer);
}

Test(memory, missing_for_a_servers_name_is_reported, .init = install)
{
    const keda_http_tls tls = {
        .struct_size = sizeof tls, .is_unsafe = 1, .server_name = "name.test"};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig rig;

    http_rig_open(&rig, NULL, NULL);
    request.url = "https://127.0.0.1:1/";
    request.tls = &tls;
    has_failed = true;
    for (long n = 0; has_failed; n++) {
        http_rig_answer a = {0};
        keda_http_call *call = NULL;

        cr_assert_lt(n, 100);
        arm(n);
        const keda_status rc =
            keda_http_send(rig.http, &request, http_rig_done, &a, &call, NULL);
        const bool had_failed = has_failed;
        disarm();
        cr_expect(rc == KEDA_OK || rc == KEDA_ENOMEM, "allocation %ld", n);
        cr_expect(rc == KEDA_ENOMEM || call != NULL);
        keda_http_cancel(call);
        has_failed = had_failed;
    }
    http_rig_close(&rig);
}

Test(memory, missing_for_big_integers_is_reported, .init = install)
{
    static const char text[] = "[99999999999999999999]";
    keda_json *root = NULL;
    keda_error err = KEDA_ERROR_INIT;

    arm(0);
    cr_expect_eq(keda_json_parse(&root, text, strlen(text), &err), KEDA_ENOMEM);
    disarm();
    cr_expect(has_failed);
    cr_expect_null(root);
}
