/* SPDX-License-Identifier: Apache-2.0 */
/* A whole engine whose kubernetes-workload triggers count the pods of an API server in memory. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <keda/kube.h>

#include "support/kube_peer.h"
#include "support/rig.h"

#define PODS "GET /api/v1/namespaces/default/pods"

static rig r;
static kube_peer *peer;
static keda_kube *kube;

static void open_kube(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    rig_open(&r);
    peer = kube_peer_open();
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    opts.qps = -1;
    opts.timeout_ms = 2000;
    cr_assert_eq(keda_kube_open(&kube, r.engine, &opts, &r.err), KEDA_OK, "%s", r.err.text);
    cr_assert_eq(keda_engine_on_kube(r.engine, kube, NULL, 0, &r.err), KEDA_OK);
}

static void close_kube(void)
{
    keda_kube_close(kube);
    rig_close(&r);
    kube_peer_close(peer);
}

TestSuite(kube_pods, .init = open_kube, .fini = close_kube, .timeout = 120);

static void settle(void)
{
    struct pollfd fds[] = {{.fd = keda_engine_fd(r.engine), .events = POLLIN},
                           {.fd = kube_peer_fd(peer), .events = POLLIN}};
    do {
        do
            rig_step(&r);
        while (kube_peer_step(peer));
    } while (keda_engine_next_due_ms(r.engine) == 0 || poll(fds, 2, 10) > 0);
}

static void run(int64_t ms)
{
    settle();
    while (ms > 0) {
        int64_t due_ms = keda_engine_next_due_ms(r.engine);
        if (due_ms < 0 || due_ms > ms)
            due_ms = ms;
        fake_clock_advance(&r.clock, due_ms);
        ms -= due_ms;
        settle();
    }
}

static void put_pod(const char *name, const char *labels, const char *phase, const char *node)
{
    char json[512];
    (void)snprintf(
        json, sizeof json,
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":"
        "\"default\",\"name\":\"%s\",\"labels\":{%s}},\"spec\":{\"nodeName\":\"%s\"},"
        "\"status\":{\"phase\":\"%s\"}}",
        name, labels, node, phase);
    kube_peer_put(peer, json);
}

static void put(const char *name, const char *triggers)
{
    cr_assert_eq(rig_put(&r, name, rig_object(name, NULL, triggers)), KEDA_OK, "%s",
                 r.err.text);
}

static void follow_web(const char *more)
{
    char triggers[512];
    (void)snprintf(triggers, sizeof triggers,
                   "  - type: kubernetes-workload\n"
                   "    metadata: {podSelector: \"app=web\", value: \"1\"%s}\n",
                   more);
    put("jobs", triggers);
}

static keda_trigger_status first(void)
{
    return rig_trigger(&r, "default/jobs", 0);
}

Test(kube_pods, counts_those_that_have_not_ended)
{
    static const char *const phases[] = {"Running", "Pending", "Unknown", "Succeeded",
                                         "Failed"};
    char name[16];

    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        (void)snprintf(name, sizeof name, "p%zu", i);
        put_pod(name, "\"app\":\"web\"", phases[i], "n1");
    }
    put_pod("other", "\"app\":\"api\"", "Running", "n1");
    follow_web("");
    run(31000);
    cr_expect_float_eq(first().value, 3.0, 1e-9, "%f", first().value);
    cr_expect_str_eq(first().metric, "s0-workload-default");
    cr_expect_eq(r.replicas, 3);
}

Test(kube_pods, counts_nodes_instead)
{
    put_pod("a", "\"app\":\"web\"", "Running", "n2");
    put_pod("b", "\"app\":\"web\"", "Running", "n1");
    put_pod("c", "\"app\":\"web\"", "Running", "n2");
    put_pod("d", "\"app\":\"web\"", "Running", "");
    put_pod("e", "\"app\":\"web\"", "Failed", "n3");
    follow_web(", groupByNode: \"true\"");
    run(31000);
    cr_expect_float_eq(first().value, 2.0, 1e-9, "%f", first().value);
}

Test(kube_pods, is_active_above_its_threshold_only)
{
    put_pod("a", "\"app\":\"web\"", "Running", "n1");
    follow_web(", activationValue: \"1\"");
    run(31000);
    cr_expect_eq(r.replicas, 0);
    put_pod("b", "\"app\":\"web\"", "Running", "n1");
    run(31000);
    cr_expect_eq(r.replicas, 2);
}

Test(kube_pods, reads_every_page)
{
    char name[16];

    for (int i = 0; i < 600; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        put_pod(name, "\"app\":\"web\"", "Running", "n1");
    }
    follow_web("");
    run(1000);
    cr_expect_float_eq(first().value, 600.0, 1e-9, "%f", first().value);
    cr_expect_eq(kube_peer_requests(peer, PODS), 3);
}

Test(kube_pods, asks_equal_questions_once)
{
    static const char same[] = "  - type: kubernetes-workload\n"
                               "    metadata: {podSelector: \" app = web \", value: \"1\"}\n"
                               "  - type: kubernetes-workload\n"
                               "    metadata: {podSelector: \"app=web\", value: \"2\"}\n";

    put_pod("a", "\"app\":\"web\"", "Running", "n1");
    put("jobs", same);
    run(1000);
    cr_expect_float_eq(rig_trigger(&r, "default/jobs", 1).value, 1.0, 1e-9);
    cr_expect_eq(kube_peer_requests(peer, PODS), 1);
}

Test(kube_pods, that_cannot_be_listed_are_unknown_and_not_none)
{
    for (int i = 0; i < 4; i++)
        put_pod((const char *[]){"a", "b", "c", "d"}[i], "\"app\":\"web\"", "Running", "n1");
    follow_web("");
    run(31000);
    cr_expect_eq(r.replicas, 4);
    kube_peer_fail(peer, PODS, 500, 0, 0);
    run(900000);
    cr_expect_eq(r.replicas, 4);
    cr_expect(strstr(first().error, "pods of default: ") != NULL, "%s", first().error);
    kube_peer_heal(peer);
    kube_peer_silence(peer, true);
    run(100000);
    cr_expect_eq(r.replicas, 4);
    kube_peer_silence(peer, false);
    run(100000);
    cr_expect_eq(first().failures, 0, "%s", first().error);
}

Test(kube_pods, are_unknown_without_a_cluster)
{
    put_pod("a", "\"app\":\"web\"", "Running", "n1");
    follow_web("");
    run(31000);
    kube_peer_silence(peer, true);
    run(30000);
    keda_kube_close(kube); /* with a list under way */
    kube = NULL;
    rig_run(&r, 120000);
    cr_expect_eq(r.replicas, 1);
    cr_expect(strstr(first().error, "there is none") != NULL, "%s", first().error);
}

Test(kube_pods, are_refused_for_a_selector_that_is_none)
{
    static const char bad[] = "  - type: kubernetes-workload\n"
                              "    metadata: {podSelector: \"app in\", value: \"1\"}\n";

    cr_expect_eq(rig_put(&r, "jobs", rig_object("jobs", NULL, bad)), KEDA_EINVAL);
    cr_expect(strstr(rig_findings(&r), "podSelector: column 7: expected \"(\"") != NULL, "%s",
              rig_findings(&r));
}
