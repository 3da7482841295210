/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch before a server that answers by script what no API server should: lines that are no events, lines
 * without an end, lists that are none.
 */
#include "kube/kube.h"
#include "support/fake_clock.h"
#include "support/http_peer.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST                                                                                   \
    "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"name\":\"one\"}}]}"

typedef struct odd {
    fake_clock clock;
    loop *l;
    http_peer *peer;
    keda_kube *kube;
    keda_kube_watch *watch;
    keda_error trouble;
    char log[64];
} odd;

static void note(odd *o, char what)
{
    const size_t n = strlen(o->log);

    cr_assert_lt(n + 1, sizeof o->log);
    o->log[n] = what;
}

static void on_begin(void *user)
{
    note(user, 'b');
}

static void on_object(const keda_json *object, void *user)
{
    (void)object;
    note(user, 'o');
}

static void on_gone(const keda_json *object, void *user)
{
    (void)object;
    note(user, 'g');
}

static void on_end(void *user)
{
    note(user, 'e');
}

static void on_trouble(const keda_error *err, void *user)
{
    odd *o = user;

    if (err != NULL)
        o->trouble = *err;
    note(o, err != NULL ? 't' : 'w');
}

/* Answers are taken in order, one a request. */
static void answer(odd *o, const char *body, size_t size)
{
    http_peer_on(o->peer, &(http_peer_answer){.headers = "Content-Type: application/json\r\n",
                                              .body = body,
                                              .body_size = size,
                                              .times = 1,
                                              .flags = HTTP_PEER_CLOSE});
}

static odd *odd_new(void)
{
    odd *o = calloc(1, sizeof *o);
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    char config[512];

    cr_assert_not_null(o);
    fake_clock_init(&o->clock);
    o->peer = http_peer_open();
    (void)snprintf(
        config, sizeof config,
        "{\"current-context\":\"c\",\"clusters\":[{\"name\":\"c\",\"cluster\":"
        "{\"server\":\"%s\"}}],\"users\":[{\"name\":\"c\",\"user\":{\"token\":\"t\"}}],"
        "\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"c\",\"user\":\"c\"}}]}",
        http_peer_url(o->peer, ""));
    opts.kubeconfig_text = config;
    opts.qps = -1;
    cr_assert_eq(loop_new(&o->l, &o->clock.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&o->kube, o->l, &opts, &err), KEDA_OK, "%s", err.text);
    return o;
}

static void odd_free(odd *o)
{
    keda_kube_watch_close(o->watch);
    keda_kube_close(o->kube);
    loop_free(o->l);
    http_peer_close(o->peer);
    free(o);
}

static void settle(odd *o)
{
    struct pollfd fds[] = {{.fd = loop_fd(o->l), .events = POLLIN},
                           {.fd = http_peer_fd(o->peer), .events = POLLIN}};

    do {
        do
            cr_assert_eq(loop_step(o->l, NULL), KEDA_OK);
        while (http_peer_step(o->peer));
    } while (loop_next_due_ms(o->l) == 0 || poll(fds, 2, 20) > 0);
}

static void follow(odd *o)
{
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;

    http_peer_on(o->peer, &(http_peer_answer){.flags = HTTP_PEER_SILENT});
    opts.path = "/api/v1/pods";
    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    opts.trouble = on_trouble;
    opts.user = o;
    cr_assert_eq(keda_kube_watch_open(&o->watch, o->kube, &opts, NULL), KEDA_OK);
    settle(o);
}

Test(watch_stream, lists_again_after_lines_that_are_no_events)
{
    static const char *const bodies[] = {"<html>\n", "{\"type\":\"ADDED\"}\n",
                                         "{\"type\":\"ADDED\",\"object\":{}}\n", "[]\n"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        odd *o = odd_new();

        answer(o, LIST, 0);
        answer(o, bodies[i], 0);
        answer(o, LIST, 0);
        follow(o);
        cr_expect_str_eq(o->log, "boet", "%s", bodies[i]);
        cr_expect_eq(o->trouble.code, KEDA_EPROTOCOL, "%s", o->trouble.text);
        cr_expect_eq(http_peer_requests(o->peer), 2); /* not at once */
        fake_clock_advance(&o->clock, 1000);
        settle(o);
        cr_expect_str_eq(o->log, "boetboe", "%s", bodies[i]);
        odd_free(o);
    }
}

Test(watch_stream, tells_events_before_the_line_that_is_none)
{
    odd *o = odd_new();

    answer(o, LIST, 0);
    answer(o,
           "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"6\"}}}\n"
           "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}\n"
           "{\"type\":\"LATER\",\"object\":{}}\n"
           "broken\n",
           0);
    follow(o);
    cr_expect_str_eq(o->log, "boeogt");
    odd_free(o);
}

Test(watch_stream, bounds_a_line_that_does_not_end)
{
    const size_t size = 9u * 1024 * 1024;
    char *body = malloc(size);
    odd *o = odd_new();

    cr_assert_not_null(body);
    memset(body, 'x', size);
    answer(o, LIST, 0);
    answer(o, body, size);
    answer(o, LIST, 0);
    follow(o);
    cr_expect_str_eq(o->log, "boet");
    cr_expect_eq(o->trouble.code, KEDA_ELIMIT, "%s", o->trouble.text);
    fake_clock_advance(&o->clock, 1000);
    settle(o);
    cr_expect_str_eq(o->log, "boetboe");
    odd_free(o);
    free(body);
}

Test(watch_stream, an_error_event_lists_again_after_a_while)
{
    odd *o = odd_new();

    answer(o, LIST, 0);
    answer(o, "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"sorry\"}}\n", 0);
    answer(o, LIST, 0);
    follow(o);
    cr_expect_str_eq(o->log, "boet");
    cr_expect_eq(o->trouble.http_status, 500);
    cr_expect_not_null(strstr(o->trouble.text, "sorry"));
    fake_clock_advance(&o->clock, 1000);
    settle(o);
    cr_expect_str_eq(o->log, "boetboe");
    odd_free(o);
}

Test(watch_stream, takes_nothing_for_a_list_that_is_none)
{
    static const char *const bodies[] = {
        "{}", "[]", "{\"metadata\":{\"resourceVersion\":\"\"}}",
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":7}"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        odd *o = odd_new();

        answer(o, bodies[i], 0);
        answer(o, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}", 0);
        follow(o);
        cr_expect_str_eq(o->log, "t", "%s", bodies[i]);
        cr_expect_eq(o->trouble.code, KEDA_EPROTOCOL);
        fake_clock_advance(&o->clock, 1000);
        settle(o);
        cr_expect_str_eq(o->log, "tbe", "%s", bodies[i]);
        odd_free(o);
    }
}
