/* SPDX-License-Identifier: Apache-2.0 */
/* Events on their way (libkeda/kube/event.c), against an API server in memory. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kube/kube.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"

#define EVENTS "/apis/events.k8s.io/v1/namespaces/default/events"

static fake_clock fake;
static kube_peer *peer;
static loop *l;
static keda_kube *kube;
static keda_error err;
static keda_buf logged;
static keda_json *body;

/* ---- the world */

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    (void)level;
    (void)pairs;
    (void)npairs;
    (void)user;
    cr_assert_eq(buf_printf(&logged, "%s\n", message), KEDA_OK);
}

static void open_world(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    fake_clock_init(&fake);
    peer = kube_peer_open();
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    opts.qps = -1;
    opts.log = on_log;
    err = (keda_error)KEDA_ERROR_INIT;
    cr_assert_eq(loop_new(&l, &fake.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&kube, l, &opts, &err), KEDA_OK, "%s", err.text);
}

static void close_world(void)
{
    keda_kube_close(kube);
    loop_free(l);
    kube_peer_close(peer);
    keda_buf_clear(&logged);
    keda_json_free(body);
}

TestSuite(event, .init = open_world, .fini = close_world, .timeout = 60);

static void settle(void)
{
    struct pollfd fds[] = {{.fd = loop_fd(l), .events = POLLIN},
                           {.fd = kube_peer_fd(peer), .events = POLLIN}};
    do {
        do
            cr_assert_eq(loop_step(l, &err), KEDA_OK, "%s", err.text);
        while (kube_peer_step(peer));
    } while (loop_next_due_ms(l) == 0 || poll(fds, 2, 5) > 0);
}

static void pass(int64_t ms)
{
    fake_clock_advance(&fake, ms);
    settle();
}

static keda_kube_event event_of(const char *name, const char *note)
{
    return (keda_kube_event){.struct_size = sizeof(keda_kube_event),
                             .about = {.struct_size = sizeof(keda_kube_ref),
                                       .api_version = "keda.sh/v1alpha1",
                                       .kind = "ScaledObject",
                                       .space = "default",
                                       .name = name},
                             .uid = "u-1",
                             .resource_version = "17",
                             .reason = "KEDAScalersStarted",
                             .action = "Start",
                             .note = note,
                             .reporting_controller = "keda-operator",
                             .reporting_instance = "host_1"};
}

static void post_event(const keda_kube_event *event)
{
    cr_assert_eq(keda_kube_event_post(kube, event, &err), KEDA_OK, "%s", err.text);
}

static void post(const char *note)
{
    const keda_kube_event event = event_of("web", note);
    post_event(&event);
}

static void post_nth(int n)
{
    char note[32];
    (void)snprintf(note, sizeof note, "note %d", n);
    post(note);
}

static size_t waiting(void)
{
    return keda_kube_events_waiting(kube, NULL);
}

static int64_t dropped(void)
{
    int64_t n = -1;
    (void)keda_kube_events_waiting(kube, &n);
    return n;
}

static size_t posts(void)
{
    return kube_peer_requests(peer, "POST " EVENTS);
}

/* Text at a path of the last Event sent. */
static const char *sent(const char *path)
{
    const char *text = kube_peer_last_body(peer, "/events");

    cr_assert_not_null(text);
    keda_json_free(body);
    cr_assert_eq(keda_json_parse(&body, text, strlen(text), &err), KEDA_OK, "%s", err.text);
    const char *value = keda_json_string(keda_json_get(body, path));
    return value == NULL ? "" : value;
}

static size_t times_logged(const char *text)
{
    size_t n = 0;

    for (const char *at = logged.data; at != NULL && (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

/* ---- what is posted */

Test(event, says_what_every_event_says)
{
    static const char *const wanted[][2] = {{"apiVersion", "events.k8s.io/v1"},
                                            {"kind", "Event"},
                                            {"metadata.namespace", "default"},
                                            {"eventTime", "2026-01-31T12:00:00.000000Z"},
                                            {"reportingController", "keda-operator"},
                                            {"reportingInstance", "host_1"},
                                            {"action", "Start"},
                                            {"reason", "KEDAScalersStarted"},
                                            {"note", "hello \"world\""},
                                            {"type", "Normal"},
                                            {"regarding.apiVersion", "keda.sh/v1alpha1"},
                                            {"regarding.kind", "ScaledObject"},
                                            {"regarding.namespace", "default"},
                                            {"regarding.name", "web"},
                                            {"regarding.uid", "u-1"},
                                            {"regarding.resourceVersion", "17"}};

    post("hello \"world\"");
    cr_expect_eq(waiting(), 1);
    settle();
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(posts(), 1);
    cr_expect_eq(kube_peer_count(peer, "Event"), 1);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect_str_eq(sent(wanted[i][0]), wanted[i][1], "%s", wanted[i][0]);
    cr_expect_eq(strncmp(sent("metadata.name"), "web.", 4), 0);
    cr_expect_eq(strspn(sent("metadata.name") + 4, "0123456789abcdef"), 16);
}

Test(event, of_an_object_without_a_namespace_lies_in_default)
{
    keda_kube_event event = event_of("shared", "x");

    event.about.kind = "ClusterTriggerAuthentication";
    event.about.space = "";
    event.is_warning = 1;
    post_event(&event);
    settle();
    cr_expect_eq(posts(), 1);
    cr_expect_str_eq(sent("metadata.namespace"), "default");
    cr_expect_str_eq(sent("regarding.namespace"), "");
    cr_expect_str_eq(sent("type"), "Warning");
}

Test(event, is_cut_where_a_character_ends)
{
    static char text[2001];
    const size_t most = 1024;

    memset(text, 'x', sizeof text - 1);
    memcpy(text + most - 1, "\xc3\xa4", 2); /* its second byte would be the 1025th */
    post(text);
    settle();
    cr_expect_eq(strlen(sent("note")), most - 1);
    keda_kube_event event = event_of("web", "not UTF-8: \xff\xfe.");
    event.action = text;
    post_event(&event);
    settle();
    cr_expect_str_eq(sent("note"), "not UTF-8: ??.");
    cr_expect_eq(strlen(sent("action")), 128);
}

Test(event, is_refused_when_it_lacks_what_it_needs)
{
    const keda_kube_event whole = event_of("web", "x");

    for (int i = 0; i < 6; i++) {
        keda_kube_event event = whole;
        if (i == 0)
            event.about.name = NULL;
        if (i == 1)
            event.reason = "";
        if (i == 2)
            event.action = NULL;
        if (i == 3)
            event.reporting_controller = NULL;
        if (i == 4)
            event.reporting_instance = NULL;
        if (i == 5)
            event.about.space = "..";
        cr_expect_eq(keda_kube_event_post(kube, &event, &err), KEDA_EINVAL, "%d", i);
    }
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(dropped(), 0);
}

/* ---- waiting */

Test(event, goes_in_order_eight_at_a_time)
{
    kube_peer_silence(peer, true);
    for (int i = 0; i < 9; i++)
        post_nth(i);
    settle();
    cr_expect_eq(posts(), 8);
    cr_expect_eq(waiting(), 9);
    kube_peer_silence(peer, false);
    pass(10000); /* they have timed out */
    pass(1000);
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(posts(), 17);
    cr_expect_eq(kube_peer_count(peer, "Event"), 9);
    cr_expect_str_eq(sent("note"), "note 8");
}

Test(event, is_kept_and_tried_less_and_less_often_without_a_server)
{
    static const int64_t waits_s[] = {1, 2, 4, 8, 16, 30, 30};

    kube_peer_fail(peer, EVENTS, 503, 0, 0);
    post("x");
    settle();
    for (size_t i = 0; i < sizeof waits_s / sizeof waits_s[0]; i++) {
        const size_t before = posts();
        pass(waits_s[i] * 1000 - 1);
        cr_expect_eq(posts(), before, "%zu", i);
        pass(1);
        cr_expect_eq(posts(), before + 1, "%zu", i);
    }
    post("y");
    settle();
    cr_expect_eq(waiting(), 2);
    kube_peer_heal(peer);
    pass(30000);
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(dropped(), 0);
    cr_expect_eq(kube_peer_count(peer, "Event"), 2);
}

Test(event, waits_for_credentials_and_for_room)
{
    static const int answers[] = {401, 429, 500};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        kube_peer_fail(peer, EVENTS, answers[i], 0, 0);
        post_nth((int)i);
        settle();
        cr_expect_eq(waiting(), 1, "%d", answers[i]);
        kube_peer_heal(peer);
        pass(1000);
        cr_expect_eq(waiting(), 0, "%d", answers[i]);
    }
    cr_expect_eq(dropped(), 0);
}

Test(event, that_the_server_does_not_want_is_dropped)
{
    kube_peer_fail(peer, EVENTS, 403, 0, 0);
    for (int i = 0; i < 3; i++)
        post_nth(i);
    settle();
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(dropped(), 3);
    cr_expect_eq(posts(), 3);
    cr_expect_eq(times_logged("an Event was dropped"), 1);
    kube_peer_heal(peer);
    post("well");
    settle();
    cr_expect_eq(dropped(), 3);
    cr_expect_eq(times_logged("Events are taken again"), 1);
}

Test(event, that_is_there_already_has_been_posted)
{
    kube_peer_fail(peer, EVENTS, 409, 0, 1);
    post("x");
    settle();
    cr_expect_eq(waiting(), 0);
    cr_expect_eq(dropped(), 0);
}

Test(event, waits_once_with_its_equals)
{
    kube_peer_fail(peer, EVENTS, 503, 0, 0);
    post("busy");
    settle();
    for (int i = 0; i < 5; i++) {
        post("busy");
        post("idle");
    }
    const keda_kube_event other = event_of("db", "busy");
    post_event(&other);
    cr_expect_eq(waiting(), 3);
    kube_peer_heal(peer);
    pass(1000);
    cr_expect_eq(kube_peer_count(peer, "Event"), 3);
    cr_expect_eq(dropped(), 0);
    post("busy");
    settle();
    cr_expect_eq(kube_peer_count(peer, "Event"), 4, "it has happened again");
}

Test(event, stands_for_its_equals_for_ten_minutes)
{
    kube_peer_fail(peer, EVENTS, 503, 0, 0);
    for (int i = 0; i < 9; i++) /* the first eight are under way, again and again */
        post_nth(i);
    settle();
    fake_clock_advance(&fake, 599999);
    post_nth(8);
    cr_expect_eq(waiting(), 9);
    fake_clock_advance(&fake, 1);
    post_nth(8);
    cr_expect_eq(waiting(), 10);
    post_nth(8);
    cr_expect_eq(waiting(), 10);
}

Test(event, of_an_object_that_was_created_again_is_its_own)
{
    keda_kube_event event = event_of("web", "x");

    kube_peer_fail(peer, EVENTS, 503, 0, 0);
    post_event(&event);
    settle();
    post_event(&event);
    cr_expect_eq(waiting(), 1);
    event.uid = "u-2";
    post_event(&event);
    cr_expect_eq(waiting(), 2);
    event.uid = NULL;
    post_event(&event);
    cr_expect_eq(waiting(), 3);
}

/* The peer and curl have memory of their own. */
Test(event_memory, that_is_missing_once_loses_nothing, .timeout = 120)
{
    size_t n = 0, refused = 0;

    do {
        failing_allocator_set(0);
        open_world();
        kube_peer_fail(peer, EVENTS, 503, 0, 1);
        const keda_kube_event event = event_of("web", "x");
        failing_allocator_set(++n);
        const bool is_taken = keda_kube_event_post(kube, &event, &err) == KEDA_OK;
        cr_expect(is_taken || err.code == KEDA_ENOMEM, "%zu: %s", n, err.text);
        for (int i = 0; i < 40 && waiting() > 0; i++)
            pass(1000);
        const bool has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(waiting(), 0, "allocation %zu", n);
        cr_expect_eq(dropped(), 0, "allocation %zu", n);
        cr_expect_eq(kube_peer_count(peer, "Event"), is_taken ? 1 : 0, "allocation %zu", n);
        refused += !is_taken;
        close_world();
        kube = NULL;
        logged = (keda_buf){0};
        if (!has_failed)
            break;
    } while (n < 2000);
    cr_expect_gt(n, 10);
    cr_expect_gt(refused, 0);
    cr_expect_eq(failing_allocator_live(), 0);
}

/* ---- memory that is missing for a while */

enum { TIMERS = 8 }; /* as many as a loop has room for at first */

static bool is_missing;
static long left; /* allocations until it is */

static bool fails_now(void)
{
    return is_missing && left-- <= 0;
}

static void *scarce_malloc(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *scarce_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static void on_never(loop_timer *timer, void *user)
{
    (void)timer;
    (void)user;
}

/* From the n-th allocation of the call on there is none, not for a timer either; later there is. True when it
 * did not come to that. */
static bool is_posted_without_memory(long n)
{
    loop_timer timers[TIMERS] = {0};

    open_world();
    for (size_t i = 0; i < TIMERS; i++)
        cr_assert_eq(
            loop_timer_set(l, &timers[i], fake.now_ms + 86400000, on_never, NULL, &err),
            KEDA_OK);
    const keda_kube_event event = event_of("web", "x");
    left = n;
    is_missing = true;
    const bool is_taken = keda_kube_event_post(kube, &event, &err) == KEDA_OK;
    is_missing = false;
    const bool has_failed = left < 0;
    for (int i = 0; i < 40 && waiting() > 0; i++)
        pass(1000);
    cr_expect_eq(waiting(), 0, "allocation %ld", n);
    cr_expect_eq(kube_peer_count(peer, "Event"), is_taken ? 1 : 0, "allocation %ld", n);
    for (size_t i = 0; i < TIMERS; i++)
        loop_timer_cancel(l, &timers[i]);
    close_world();
    kube = NULL;
    logged = (keda_buf){0};
    return !has_failed;
}

Test(event_memory, that_is_missing_for_a_timer_too_does_not_end_it, .timeout = 120)
{
    long n = 0;

    keda_set_allocator(scarce_malloc, scarce_realloc, free);
    while (!is_posted_without_memory(n) && n < 500)
        n++;
    cr_expect_gt(n, 5);
    cr_expect_lt(n, 500);
}

Test(event, is_dropped_when_ten_thousand_newer_ones_wait)
{
    kube_peer_fail(peer, EVENTS, 503, 0, 0);
    for (int i = 0; i < 10020; i++)
        post_nth(i);
    cr_expect_eq(waiting(), 10000);
    cr_expect_eq(dropped(), 20);
    cr_expect_eq(times_logged("an Event was dropped"), 1);
    post_nth(10019);
    cr_expect_eq(dropped(), 20, "the newest still waits");
    post_nth(27);
    cr_expect_eq(dropped(), 21, "the oldest were dropped, those under way apart");
    post_nth(29);
    cr_expect_eq(dropped(), 21);
}

Test(event, is_forgotten_with_its_client)
{
    kube_peer_silence(peer, true);
    for (int i = 0; i < 20; i++)
        post_nth(i);
    settle();
    cr_expect_eq(waiting(), 20);
    keda_kube_close(kube);
    kube = NULL;
    kube_peer_silence(peer, false);
    settle();
    cr_expect_eq(kube_peer_count(peer, "Event"), 0);
}
