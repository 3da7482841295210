/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out once, anywhere between an operator's start and its first decision: nothing is lost for
 * good, and nothing is leaked. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "support/operator_rig.h"

enum { STRIDE = 23, MOST = 20000 }; /* not every one: each is a whole life */

static operator_rig o;
static long left = -1; /* requests that still succeed; -1: all */
static bool is_paused, has_failed;

static bool fails(void)
{
    if (left < 0 || is_paused || left-- > 0)
        return false;
    has_failed = true;
    return true;
}

static void *on_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

static void *on_realloc(void *old, size_t size)
{
    return fails() ? NULL : realloc(old, size);
}

static void install(void)
{
    keda_set_allocator(on_malloc, on_realloc, free);
}

static void put_objects(void)
{
    operator_rig_deploy(&o, "web", 0);
    kube_peer_put(o.peer,
                  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\","
                  "\"namespace\":\"default\"},\"data\":{\"password\":\"b25l\"}}");
    kube_peer_put(o.peer,
                  "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"TriggerAuthentication\","
                  "\"metadata\":{\"name\":\"login\",\"namespace\":\"default\"},\"spec\":{"
                  "\"secretTargetRef\":[{\"parameter\":\"password\",\"name\":\"s\",\"key\":"
                  "\"password\"}]}}");
    operator_rig_put(&o, "web", "",
                     ",\"advanced\":{\"restoreToOriginalReplicaCount\":true},\"triggers\":[{"
                     "\"type\":\"script\",\"metadata\":{\"source\":\"web\"},"
                     "\"authenticationRef\":{\"name\":\"login\"}}]");
    rig_source_of(&o.r, "web")->value = 15;
}

static void start(long n)
{
    keda_error *err = &o.r.err;

    rig_start(&o.r);
    cr_assert_eq(keda_kube_open(&o.kube, o.r.engine, &o.kube_options, err), KEDA_OK);
    cr_assert_eq(keda_engine_on_kube(o.r.engine, o.kube, NULL, 0, err), KEDA_OK);
    left = n;
    const keda_status rc = keda_operator_new(&o.op, o.r.engine, o.kube, &o.options, err);
    if (rc == KEDA_OK)
        return;
    cr_expect_eq(rc, KEDA_ENOMEM, "request %ld: %s", n, err->text);
    left = -1;
    cr_assert_eq(keda_operator_new(&o.op, o.r.engine, o.kube, &o.options, err), KEDA_OK);
}

/* The server's memory is not at stake. */
static void run_short_of_memory(void)
{
    enum { ROUNDS = 300, ROUNDS_OF_A_MOMENT = 10, MOMENT_MS = 250 };
    struct pollfd fds[] = {{.fd = keda_engine_fd(o.r.engine), .events = POLLIN},
                           {.fd = kube_peer_fd(o.peer), .events = POLLIN}};

    for (int i = 0; i < ROUNDS; i++) {
        rig_step(&o.r);
        is_paused = true;
        while (kube_peer_step(o.peer))
            continue;
        is_paused = false;
        if (i % ROUNDS_OF_A_MOMENT == 0)
            fake_clock_advance(&o.r.clock, MOMENT_MS);
        (void)poll(fds, 2, 1);
    }
    left = -1;
}

static void expect_well(long n)
{
    enum { LONGEST_RETRY_MS = 420000 };

    operator_rig_run(&o, LONGEST_RETRY_MS);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 2, "request %ld", n);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Ready"), "True", 4), 0,
                 "request %ld", n);
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    operator_rig_run(&o, 10000);
    cr_expect_null(kube_peer_get(o.peer, "ScaledObject", "default", "web"), "request %ld", n);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 0, "request %ld", n);
}

Test(operator_memory, missing_once_loses_nothing, .init = install, .timeout = 600)
{
    long n = 0;

    do {
        has_failed = false;
        operator_rig_init(&o, NULL);
        put_objects();
        start(n);
        run_short_of_memory();
        expect_well(n);
        operator_rig_close(&o);
        n += STRIDE;
    } while (has_failed && n < MOST);
    cr_expect_gt(n, 300);
    cr_expect_lt(n, MOST);
}
