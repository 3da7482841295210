/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collection followed against an API server in memory: listed in pages, watched, cut, expired, refused.
 * The clock moves only when a test moves it, so what comes at once needs no move.
 */
#include "kube/kube.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/apis/apps/v1/namespaces/a/deployments"

enum { PATIENCE_MS = 20000, MAX_NAMES = 64 };

typedef struct world {
    fake_clock clock;
    loop *l;
    kube_peer *peer;
    keda_kube *kube;
    keda_kube_watch *watch;
    /* what was told */
    int begins, ends, objects, gones, troubles, wells;
    keda_error trouble;
    char names[MAX_NAMES][32]; /* that exist, as the follower knows it */
    bool was_listed[MAX_NAMES];
    size_t nnames;
    char log[512];  /* one letter a callback */
    char closes_at; /* the callback that closes the watch; 0: none */
} world;

/* ---- the follower --------------------------------------------------------------------------- */

static void note(world *w, char what)
{
    const size_t n = strlen(w->log);

    if (n + 1 < sizeof w->log) {
        w->log[n] = what;
        w->log[n + 1] = '\0';
    }
    if (what == w->closes_at) {
        keda_kube_watch_close(w->watch);
        w->watch = NULL;
    }
}

static const char *name_of(const keda_json *object)
{
    const char *name = keda_json_string(keda_json_get(object, "metadata.name"));

    cr_assert_not_null(name);
    return name;
}

static size_t find(const world *w, const char *name)
{
    size_t i = 0;

    while (i < w->nnames && strcmp(w->names[i], name) != 0)
        i++;
    return i;
}

static void forget(world *w, size_t i)
{
    w->nnames--;
    memmove(w->names[i], w->names[i + 1], (w->nnames - i) * sizeof w->names[0]);
    memmove(&w->was_listed[i], &w->was_listed[i + 1], (w->nnames - i) * sizeof(bool));
}

static void on_begin(void *user)
{
    world *w = user;

    w->begins++;
    memset(w->was_listed, 0, sizeof w->was_listed);
    note(w, 'b');
}

static void on_object(const keda_json *object, void *user)
{
    world *w = user;
    const size_t i = find(w, name_of(object));

    cr_assert_lt(i, MAX_NAMES);
    if (i == w->nnames)
        (void)snprintf(w->names[w->nnames++], sizeof w->names[0], "%s", name_of(object));
    w->was_listed[i] = true;
    w->objects++;
    note(w, 'o');
}

static void on_gone(const keda_json *object, void *user)
{
    world *w = user;
    const size_t i = find(w, name_of(object));

    if (i < w->nnames)
        forget(w, i);
    w->gones++;
    note(w, 'g');
}

static void on_end(void *user)
{
    world *w = user;

    w->ends++;
    for (size_t i = w->nnames; i > 0; i--)
        if (!w->was_listed[i - 1])
            forget(w, i - 1);
    note(w, 'e');
}

static void on_trouble(const keda_error *err, void *user)
{
    world *w = user;

    if (err != NULL) {
        w->trouble = *err;
        w->troubles++;
    } else {
        w->wells++;
    }
    note(w, err != NULL ? 't' : 'w');
}

static bool knows(const world *w, const char *name)
{
    return find(w, name) < w->nnames;
}

/* ---- the world ------------------------------------------------------------------------------ */

static world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_not_null(w);
    fake_clock_init(&w->clock);
    w->peer = kube_peer_open();
    opts.kubeconfig_text = kube_peer_kubeconfig(w->peer);
    opts.qps = -1;
    cr_assert_eq(loop_new(&w->l, &w->clock.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&w->kube, w->l, &opts, &err), KEDA_OK, "%s", err.text);
    return w;
}

static void world_free(world *w)
{
    keda_kube_watch_close(w->watch);
    keda_kube_close(w->kube);
    loop_free(w->l);
    kube_peer_close(w->peer);
    free(w);
}

static bool step(world *w)
{
    cr_assert_eq(loop_step(w->l, NULL), KEDA_OK);
    return kube_peer_step(w->peer);
}

static bool wait_for_bytes(world *w, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = loop_fd(w->l), .events = POLLIN},
                           {.fd = kube_peer_fd(w->peer), .events = POLLIN}};

    return loop_next_due_ms(w->l) == 0 || poll(fds, 2, timeout_ms) > 0;
}

/* Until *value is at least that. */
static void until(world *w, const int *value, int at_least)
{
    while (*value < at_least)
        if (!step(w) && *value < at_least)
            cr_assert(wait_for_bytes(w, PATIENCE_MS), "nothing happens: %s", w->log);
}

static void until_watching(world *w)
{
    while (kube_peer_watches(w->peer) == 0)
        if (!step(w) && kube_peer_watches(w->peer) == 0)
            cr_assert(wait_for_bytes(w, PATIENCE_MS), "nothing happens: %s", w->log);
}

/* Until neither side has anything left to do. */
static void settle(world *w)
{
    do {
        while (step(w))
            continue;
    } while (wait_for_bytes(w, 20));
}

static void pass(world *w, int64_t ms)
{
    fake_clock_advance(&w->clock, ms);
    settle(w);
}

static void put(world *w, const char *name)
{
    char json[256];

    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":"
                   "{\"name\":\"%s\",\"namespace\":\"a\"},\"spec\":{\"replicas\":1}}",
                   name);
    kube_peer_put(w->peer, json);
}

static void follow_pages(world *w, int32_t page_size)
{
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;

    opts.path = PATH;
    opts.page_size = page_size;
    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    opts.trouble = on_trouble;
    opts.user = w;
    cr_assert_eq(keda_kube_watch_open(&w->watch, w->kube, &opts, &err), KEDA_OK, "%s",
                 err.text);
    cr_assert_str_eq(w->log, ""); /* nothing from inside */
}

static void follow(world *w)
{
    follow_pages(w, 0);
}

/* Follows three, and is watching. */
static world *following(void)
{
    world *w = world_new();

    put(w, "one");
    put(w, "two");
    put(w, "three");
    follow(w);
    until(w, &w->ends, 1);
    until_watching(w);
    settle(w);
    return w;
}

/* ---- listing -------------------------------------------------------------------------------- */

Test(watch, lists_then_tells_what_changes)
{
    world *w = following();

    cr_expect_str_eq(w->log, "boooe");
    put(w, "four");
    until(w, &w->objects, 4);
    put(w, "one");
    until(w, &w->objects, 5);
    kube_peer_delete(w->peer, "Deployment", "a", "two");
    until(w, &w->gones, 1);
    cr_expect(knows(w, "one") && knows(w, "three") && knows(w, "four"));
    cr_expect_not(knows(w, "two"));
    cr_expect_str_eq(w->log, "boooeoog");
    cr_expect_eq(kube_peer_requests(w->peer, "GET " PATH), 2);
    world_free(w);
}

Test(watch, lists_in_pages_as_long_as_it_is_told)
{
    world *w = world_new();
    char name[16];

    for (int i = 0; i < 10; i++) {
        (void)snprintf(name, sizeof name, "d%d", i);
        put(w, name);
    }
    follow_pages(w, 3);
    until(w, &w->ends, 1);
    cr_expect_str_eq(w->log, "booooooooooe");
    cr_expect_eq(w->nnames, 10);
    cr_expect_eq(kube_peer_requests(w->peer, "limit=3"), 4);
    cr_expect_eq(kube_peer_requests(w->peer, "continue="), 3);
    world_free(w);
}

Test(watch, an_empty_collection_is_a_list_too)
{
    world *w = world_new();

    follow(w);
    until(w, &w->ends, 1);
    cr_expect_str_eq(w->log, "be");
    until_watching(w);
    put(w, "one");
    until(w, &w->objects, 1);
    cr_expect(knows(w, "one"));
    world_free(w);
}

Test(watch, begins_the_list_again_when_its_token_has_expired)
{
    world *w = world_new();

    put(w, "one");
    put(w, "two");
    put(w, "three");
    follow_pages(w, 1);
    until(w, &w->objects, 1);
    kube_peer_forget_history(w->peer);
    kube_peer_delete(w->peer, "Deployment", "a", "one");
    settle(w);
    pass(w, 1000); /* not twice within a second */
    pass(w, 1000);
    until(w, &w->ends, 1);
    cr_expect_eq(w->begins, 2);
    cr_expect_eq(w->nnames, 2);
    cr_expect_not(knows(w, "one"));
    cr_expect_eq(w->troubles, 0);
    world_free(w);
}

/* ---- going on ------------------------------------------------------------------------------- */

Test(watch, goes_on_from_where_it_was_when_the_stream_ends)
{
    world *w = following();

    put(w, "four");
    until(w, &w->objects, 4);
    kube_peer_cut_watches(w->peer, false);
    kube_peer_delete(w->peer, "Deployment", "a", "one");
    settle(w);
    pass(w, 1000);
    until(w, &w->gones, 1);
    cr_expect_eq(w->begins, 1);
    cr_expect_eq(w->objects, 4); /* nothing twice */
    cr_expect_eq(w->troubles, 0);
    world_free(w);
}

Test(watch, goes_on_at_once_when_the_stream_has_lasted)
{
    world *w = following();

    fake_clock_advance(&w->clock, 5000);
    kube_peer_cut_watches(w->peer, false);
    put(w, "four");
    until(w, &w->objects, 4);
    cr_expect_eq(w->begins, 1);
    world_free(w);
}

Test(watch, asks_once_a_second_at_most_while_streams_end_at_once)
{
    world *w = following();
    const size_t before = kube_peer_requests(w->peer, "watch=true");

    for (int i = 0; i < 10; i++) {
        kube_peer_cut_watches(w->peer, false);
        pass(w, 100);
    }
    cr_expect_leq(kube_peer_requests(w->peer, "watch=true"), before + 1);
    cr_expect_eq(w->troubles, 0);
    world_free(w);
}

Test(watch, drops_half_a_line_and_reads_it_whole_again)
{
    world *w = following();

    put(w, "four");
    until(w, &w->objects, 4);
    kube_peer_cut_watches(w->peer, true);
    put(w, "five");
    settle(w);
    pass(w, 1000);
    until(w, &w->objects, 5);
    cr_expect(knows(w, "five"));
    cr_expect_eq(w->begins, 1);
    cr_expect_eq(w->troubles, 0);
    world_free(w);
}

Test(watch, goes_on_from_a_bookmark)
{
    world *w = following();
    char part[64];
    const char *bookmark;

    kube_peer_put(w->peer, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":"
                           "{\"name\":\"other\",\"namespace\":\"a\"}}");
    bookmark = strstr(kube_peer_get(w->peer, "ConfigMap", "a", "other"), "resourceVersion\":");
    cr_assert_not_null(bookmark);
    (void)snprintf(part, sizeof part, "resourceVersion=%d&",
                   (int)strtol(strpbrk(bookmark, "0123456789"), NULL, 10));
    kube_peer_bookmark(w->peer);
    settle(w);
    fake_clock_advance(&w->clock, 5000);
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    part[strlen(part) - 1] = '\0';
    cr_expect_eq(kube_peer_requests(w->peer, part), 1, "%s", part);
    cr_expect_str_eq(w->log, "boooe"); /* nothing is told of it */
    world_free(w);
}

Test(watch, lists_again_when_its_version_is_gone)
{
    world *w = following();

    fake_clock_advance(&w->clock, 5000);
    kube_peer_delete(w->peer, "Deployment", "a", "one");
    kube_peer_forget_history(w->peer);
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    pass(w, 1000);
    pass(w, 1000);
    until(w, &w->ends, 2);
    cr_expect_not(knows(w, "one"));
    cr_expect_eq(w->nnames, 2);
    cr_expect_eq(w->troubles, 0);
    until_watching(w);
    put(w, "four");
    until(w, &w->objects, 6);
    world_free(w);
}

Test(watch, lists_again_when_the_watch_is_refused_as_gone)
{
    world *w = following();

    fake_clock_advance(&w->clock, 5000);
    kube_peer_fail(w->peer, "watch=true", 410, 0, 1);
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    pass(w, 1000);
    until(w, &w->ends, 2);
    cr_expect_eq(w->troubles, 0);
    cr_expect_eq(w->nnames, 3);
    world_free(w);
}

Test(watch, takes_silence_for_a_lost_stream_and_asks_again)
{
    world *w = following();
    const size_t before = kube_peer_requests(w->peer, "watch=true");

    pass(w, 89000);
    cr_expect_eq(kube_peer_requests(w->peer, "watch=true"), before);
    pass(w, 1000);
    cr_expect_eq(kube_peer_requests(w->peer, "watch=true"), before + 1);
    put(w, "four");
    until(w, &w->objects, 4);
    cr_expect_eq(w->begins, 1);
    cr_expect_eq(w->troubles, 0);
    world_free(w);
}

/* ---- trouble -------------------------------------------------------------------------------- */

Test(watch, tells_trouble_once_and_when_it_is_over)
{
    world *w = world_new();

    put(w, "one");
    kube_peer_fail(w->peer, PATH, 503, 0, 0);
    follow(w);
    for (int i = 0; i < 20; i++)
        pass(w, 20000);
    cr_expect_eq(w->troubles, 1);
    cr_expect_eq(w->trouble.http_status, 503);
    cr_expect_eq(w->wells, 0);
    kube_peer_heal(w->peer);
    for (int i = 0; i < 3; i++)
        pass(w, 20000);
    cr_expect_eq(w->wells, 1);
    cr_expect_str_eq(w->log, "tboew");
    world_free(w);
}

Test(watch, asks_less_and_less_often_while_it_is_refused)
{
    world *w = world_new();
    size_t in_first = 0, in_last = 0;

    kube_peer_fail(w->peer, PATH, 403, 0, 0);
    follow(w);
    for (int i = 0; i < 100; i++)
        pass(w, 100);
    in_first = kube_peer_requests(w->peer, PATH);
    for (int i = 0; i < 100; i++)
        pass(w, 1000);
    in_last = kube_peer_requests(w->peer, PATH) - in_first;
    cr_expect_geq(in_first, 4);
    cr_expect_leq(in_first, 6); /* of 10 s: 0, .5, 1.5, 3.5, 7.5 */
    cr_expect_geq(in_last, 5);
    cr_expect_leq(in_last, 9); /* of 100 s */
    cr_expect_eq(w->troubles, 1);
    cr_expect_eq(w->trouble.code, KEDA_EAUTH);
    world_free(w);
}

Test(watch, waits_for_a_kind_that_is_not_there_yet)
{
    world *w = world_new();
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;

    opts.path = "/apis/example.com/v1/widgets";
    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    opts.trouble = on_trouble;
    opts.user = w;
    cr_assert_eq(keda_kube_watch_open(&w->watch, w->kube, &opts, NULL), KEDA_OK);
    for (int i = 0; i < 49; i++)
        pass(w, 100);
    cr_expect_eq(kube_peer_requests(w->peer, "widgets"), 1);
    cr_expect_eq(w->troubles, 1);
    cr_expect_eq(w->trouble.code, KEDA_ENOTFOUND);
    kube_peer_add_kind(w->peer, "example.com/v1", "Widget", "widgets", false);
    kube_peer_put(w->peer, "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\","
                           "\"metadata\":{\"name\":\"one\",\"namespace\":\"a\"}}");
    pass(w, 20000);
    cr_expect_str_eq(w->log, "tboew");
    world_free(w);
}

Test(watch, lists_again_after_the_kind_has_gone_and_come_back)
{
    world *w = world_new();
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;

    kube_peer_add_kind(w->peer, "example.com/v1", "Widget", "widgets", false);
    kube_peer_put(w->peer, "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\","
                           "\"metadata\":{\"name\":\"one\",\"namespace\":\"a\"}}");
    opts.path = "/apis/example.com/v1/widgets";
    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    opts.trouble = on_trouble;
    opts.user = w;
    cr_assert_eq(keda_kube_watch_open(&w->watch, w->kube, &opts, NULL), KEDA_OK);
    until(w, &w->ends, 1);
    until_watching(w);
    fake_clock_advance(&w->clock, 5000);
    kube_peer_remove_kind(w->peer, "example.com/v1", "Widget");
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    pass(w, 1000);
    cr_expect_eq(w->trouble.code, KEDA_ENOTFOUND);
    kube_peer_add_kind(w->peer, "example.com/v1", "Widget", "widgets", false);
    pass(w, 20000);
    cr_expect_eq(w->ends, 2);
    cr_expect_eq(w->nnames, 0);
    cr_expect_eq(w->wells, 1);
    world_free(w);
}

Test(watch, honours_the_servers_hint_when_a_watch_is_too_many)
{
    world *w = following();
    const size_t before = kube_peer_requests(w->peer, "watch=true");

    fake_clock_advance(&w->clock, 5000);
    kube_peer_fail(w->peer, "watch=true", 429, 20, 1);
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    cr_expect_eq(kube_peer_requests(w->peer, "watch=true"), before + 1);
    for (int i = 0; i < 19; i++)
        pass(w, 1000);
    cr_expect_eq(kube_peer_requests(w->peer, "watch=true"), before + 1);
    pass(w, 1000);
    cr_expect_eq(kube_peer_requests(w->peer, "watch=true"), before + 2);
    cr_expect_eq(w->begins, 1);
    world_free(w);
}

Test(watch, survives_a_server_that_takes_requests_and_is_silent)
{
    world *w = following();

    fake_clock_advance(&w->clock, 5000);
    kube_peer_silence(w->peer, true);
    kube_peer_cut_watches(w->peer, false);
    settle(w);
    for (int i = 0; i < 4; i++)
        pass(w, 20000);
    cr_expect_eq(w->trouble.code, KEDA_ETIMEOUT);
    cr_expect_eq(w->troubles, 1);
    kube_peer_silence(w->peer, false);
    for (int i = 0; i < 4; i++)
        pass(w, 20000);
    cr_expect_eq(w->wells, 1);
    put(w, "four");
    until(w, &w->objects, 4);
    cr_expect_eq(w->begins, 1);
    world_free(w);
}

/* ---- closing -------------------------------------------------------------------------------- */

Test(watch, is_silent_once_closed_inside_any_callback)
{
    static const char all[] = "boegtw";

    for (const char *at = all; *at != '\0'; at++) {
        world *w = world_new();

        put(w, "one");
        put(w, "two");
        kube_peer_fail(w->peer, PATH, 503, 0, 1);
        w->closes_at = *at;
        follow_pages(w, 1);
        for (int i = 0; i < 4 && w->watch != NULL; i++)
            pass(w, 2000);
        if (w->watch != NULL) {
            kube_peer_delete(w->peer, "Deployment", "a", "one");
            pass(w, 2000);
        }
        cr_expect_null(w->watch, "%c: %s", *at, w->log);
        put(w, "three");
        pass(w, 2000);
        cr_expect_eq(w->log[strlen(w->log) - 1], *at, "%c: %s", *at, w->log);
        world_free(w);
    }
}

Test(watch, can_be_closed_at_any_moment)
{
    for (int steps = 0; steps < 40; steps++) {
        world *w = world_new();

        put(w, "one");
        put(w, "two");
        follow_pages(w, 1);
        for (int i = 0; i < steps; i++)
            if (!step(w))
                (void)wait_for_bytes(w, 1);
        keda_kube_watch_close(w->watch);
        w->watch = NULL;
        w->log[0] = '\0';
        settle(w);
        cr_expect_str_eq(w->log, "");
        world_free(w);
    }
}

Test(watch, refuses_options_that_cannot_work)
{
    world *w = world_new();
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;
    keda_kube_watch *watch = NULL;
    keda_error err = KEDA_ERROR_INIT;
    static const char *const paths[] = {NULL, "", "apis", "/apis?limit=1"};

    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        opts.path = paths[i];
        cr_expect_eq(keda_kube_watch_open(&watch, w->kube, &opts, &err), KEDA_EINVAL);
    }
    opts.path = PATH;
    opts.gone = NULL;
    cr_expect_eq(keda_kube_watch_open(&watch, w->kube, &opts, &err), KEDA_EINVAL);
    cr_expect_null(watch);
    world_free(w);
}
