/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory running out at every allocation of a watch's life in turn, its client's included: it is refused, or
 * it recovers by itself and knows in the end what there is.
 */
#include "kube/kube.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TURNS = 3000, MAX_ALLOCATIONS = 1000 };

/* ---- memory that fails once, while it is armed ---------------------------------------------- */

static long left = -1; /* allocations until one fails; negative: none does */
static bool is_armed, has_failed;

static bool fails_now(void)
{
    if (!is_armed || left < 0 || left-- > 0)
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

static void install(void)
{
    keda_set_allocator(failing_malloc, failing_realloc, free);
}

/* ---- a watch -------------------------------------------------------------------------------- */

typedef struct life {
    fake_clock clock;
    loop *l;
    kube_peer *peer;
    keda_kube *kube;
    keda_kube_watch *watch;
    int ends;
    bool has_one, has_two; /* as told */
    bool is_put;           /* "two" was added */
} life;

static bool *known(life *f, const keda_json *object)
{
    const char *name = keda_json_string(keda_json_get(object, "metadata.name"));

    return name != NULL && strcmp(name, "one") == 0 ? &f->has_one : &f->has_two;
}

static void on_begin(void *user)
{
    life *f = user;

    f->has_one = f->has_two = false;
}

static void on_object(const keda_json *object, void *user)
{
    *known(user, object) = true;
}

static void on_gone(const keda_json *object, void *user)
{
    *known(user, object) = false;
}

static void on_end(void *user)
{
    ((life *)user)->ends++;
}

static void put(life *f, const char *name)
{
    char json[256];

    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":"
                   "{\"name\":\"%s\",\"namespace\":\"a\"},\"spec\":{\"replicas\":1}}",
                   name);
    kube_peer_put(f->peer, json);
}

static void life_open(life *f)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;

    *f = (life){0};
    fake_clock_init(&f->clock);
    f->peer = kube_peer_open();
    put(f, "one");
    opts.kubeconfig_text = kube_peer_kubeconfig(f->peer);
    opts.qps = -1;
    cr_assert_eq(loop_new(&f->l, &f->clock.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&f->kube, f->l, &opts, &err), KEDA_OK, "%s", err.text);
}

static void life_close(life *f)
{
    keda_kube_watch_close(f->watch);
    keda_kube_close(f->kube);
    loop_free(f->l);
    kube_peer_close(f->peer);
}

static keda_status follow(life *f, keda_error *err)
{
    keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;

    opts.path = "/apis/apps/v1/namespaces/a/deployments";
    opts.label_selector = "";
    opts.begin = on_begin;
    opts.object = on_object;
    opts.gone = on_gone;
    opts.end = on_end;
    opts.user = f;
    return keda_kube_watch_open(&f->watch, f->kube, &opts, err);
}

/* The peer lives on memory that does not fail. Where nothing moves, time does. */
static void turn(life *f)
{
    struct pollfd fd = {.fd = loop_fd(f->l), .events = POLLIN};

    is_armed = true;
    const keda_status rc = loop_step(f->l, NULL);
    is_armed = false;
    cr_assert(rc == KEDA_OK || has_failed);
    const bool is_moving = kube_peer_step(f->peer);
    if (f->ends > 0 && !f->is_put && kube_peer_watches(f->peer) > 0) {
        f->is_put = true;
        put(f, "two");
    }
    if (!is_moving && loop_next_due_ms(f->l) != 0 && poll(&fd, 1, 5) == 0)
        fake_clock_advance(&f->clock, 1000);
}

static void live(life *f, long at)
{
    for (int turns = 0; turns < MAX_TURNS && !(f->has_one && f->has_two); turns++)
        turn(f);
    cr_expect(f->has_one && f->has_two, "allocation %ld: %d lists, %d %d", at, f->ends,
              f->has_one, f->has_two);
}

Test(watch_memory, missing_is_refused_or_got_over, .init = install, .timeout = 300)
{
    long at = 0;

    do {
        keda_error err = KEDA_ERROR_INIT;
        life f;

        cr_assert_lt(at, MAX_ALLOCATIONS);
        has_failed = false;
        left = -1;
        life_open(&f);
        left = at++;
        is_armed = true;
        const keda_status rc = follow(&f, &err);
        is_armed = false;
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "allocation %ld: %s", at,
                     err.text);
        cr_expect_eq(f.watch == NULL, has_failed);
        if (rc == KEDA_OK)
            live(&f, at);
        left = -1;
        life_close(&f);
    } while (has_failed);
    cr_expect_gt(at, 20);
}
