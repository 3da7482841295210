/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory running out at every allocation of a client's life in turn: it is reported, every call ends
 * exactly once, nothing is lost (the sanitizer tells). The peer's memory does not run out.
 */
#include "support/client_rig.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDGETS                                                                                \
    "{\"resources\":[{\"name\":\"widgets\",\"kind\":\"Widget\",\"namespaced\":true}]}"
#define CONFIG                                                                                 \
    "current-context: c\n"                                                                     \
    "contexts: [{name: c, context: {cluster: k, user: u}}]\n"                                  \
    "clusters: [{name: k, cluster: {server: '%s'}}]\n"                                         \
    "users: [{name: u, user: {username: a, password: b}}]\n"

static long left = -1; /* allocations until one fails; negative: none does */
static bool has_failed, is_paused;

static bool fails_now(void)
{
    if (is_paused || left < 0 || left-- > 0)
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

typedef struct life {
    int nended, nopen;
} life;

static void on_end(const keda_json *body, const keda_error *err, void *user)
{
    life *now = user;

    (void)body;
    (void)err;
    now->nended++;
}

static void on_scale(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    cr_expect((scale == NULL) != (err == NULL));
    on_end(NULL, err, user);
}

static void send_some(keda_kube *kube, life *now)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_kube_ref known = KEDA_KUBE_REF_INIT, widget = KEDA_KUBE_REF_INIT;

    request.path = "/version";
    known.name = widget.name = "x";
    widget.api_version = "example.com/v1";
    widget.kind = "Widget";
    if (keda_kube_send(kube, &request, on_end, now, NULL, NULL) == KEDA_OK)
        now->nopen++;
    if (keda_kube_set_scale(kube, &known, 3, "1", on_scale, now, NULL, NULL) == KEDA_OK)
        now->nopen++;
    if (keda_kube_get(kube, &widget, on_end, now, NULL, NULL) == KEDA_OK)
        now->nopen++;
}

static void step(client_rig *rig)
{
    struct pollfd fds[2] = {{.fd = loop_fd(rig->http.l), .events = POLLIN},
                            {.fd = http_peer_fd(rig->peer), .events = POLLIN}};

    cr_assert_eq(loop_step(rig->http.l, NULL), KEDA_OK);
    is_paused = true;
    while (http_peer_step(rig->peer))
        continue;
    is_paused = false;
    if (loop_next_due_ms(rig->http.l) != 0)
        (void)poll(fds, 2, 20);
}

static void live(client_rig *rig, const char *config, long n)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    const kube_places places = {.account_dir = "/nonexistent"};
    keda_kube *kube = NULL;
    keda_error err = KEDA_ERROR_INIT;
    life now = {0};

    opts.kubeconfig_text = config;
    opts.qps = -1.0;
    has_failed = false;
    left = n;
    const keda_status rc = kube_new_at(&kube, rig->http.l, &opts, &places, &err);
    if (rc == KEDA_OK) {
        send_some(kube, &now);
        while (now.nended < now.nopen) {
            step(rig);
            /* A descriptor that could not be watched ends with the deadline. */
            fake_clock_advance(&rig->http.clock, 100);
        }
        cr_expect_eq(now.nended, now.nopen);
    } else {
        cr_expect_eq(rc, KEDA_ENOMEM, "allocation %ld: %s", n, err.text);
        cr_expect_eq(err.code, (int32_t)rc);
    }
    left = -1;
    keda_kube_close(kube);
}

Test(kube_memory, missing_is_reported_and_loses_nothing, .init = install, .timeout = 300)
{
    enum { MOST = 5000 };
    client_rig rig;
    char config[1024];
    long n = 0;

    client_rig_open(&rig);
    (void)snprintf(config, sizeof config, CONFIG, http_peer_url(rig.peer, ""));
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/apis/example.com/v1", .body = WIDGETS});
    http_peer_reply(rig.peer, "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{}}");
    do
        live(&rig, config, n++);
    while (has_failed && n < MOST);
    cr_expect_lt(n, MOST);
    cr_expect_gt(n, 100);
    client_rig_close(&rig);
}
