/* SPDX-License-Identifier: Apache-2.0 */
/* A whole engine that scales Deployments of an API server in memory. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <keda/json.h>
#include <keda/kube.h>

#include "support/kube_peer.h"
#include "support/rig.h"

static rig r;
static kube_peer *peer;
static keda_kube *kube;
static size_t nwritten, nfailed;

static void note_outcome(rig *rig_, const keda_decision_record *record)
{
    (void)rig_;
    nwritten += record->outcome == KEDA_OUTCOME_WRITTEN;
    nfailed += record->outcome == KEDA_OUTCOME_FAILED;
}

static void open_kube(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    rig_open(&r);
    r.on_decision = note_outcome;
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

TestSuite(kube, .init = open_kube, .fini = close_kube, .timeout = 120);

/* Until neither engine nor server has anything left to do; the clock stands still. */
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

static void put(const char *spec)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "apiVersion: keda.sh/v1alpha1\n"
                   "kind: ScaledObject\n"
                   "metadata: {name: web}\n"
                   "spec:\n"
                   "  pollingInterval: 10\n"
                   "  cooldownPeriod: 20\n"
                   "  scaleTargetRef: {name: web}\n"
                   "%s"
                   "  triggers:\n"
                   "  - {type: script, metadata: {source: web}}\n",
                   spec);
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s", r.err.text);
}

static void deploy(int replicas)
{
    char json[256];
    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                   "\"namespace\":\"default\",\"name\":\"web\"},\"spec\":{\"replicas\":%d},"
                   "\"status\":{\"replicas\":%d,\"readyReplicas\":%d}}",
                   replicas, replicas, replicas);
    kube_peer_put(peer, json);
}

/* spec.replicas of the Deployment; -1: there is none. */
static int64_t replicas(void)
{
    const char *text = kube_peer_get(peer, "Deployment", "default", "web");
    keda_json *json = NULL;
    int64_t n = -1;
    if (text == NULL)
        return -1;
    cr_assert_eq(keda_json_parse(&json, text, strlen(text), NULL), KEDA_OK);
    (void)keda_json_int64(keda_json_get(json, "spec.replicas"), &n);
    keda_json_free(json);
    return n;
}

static void set_load(double value)
{
    rig_source_of(&r, "web")->value = value;
}

Test(kube, goes_from_none_to_many_and_back)
{
    deploy(0);
    put("");
    run(11000);
    cr_expect_eq(replicas(), 0);
    cr_expect_eq(kube_peer_writes(peer), 0);
    set_load(35);
    run(30000);
    cr_expect_eq(replicas(), 4);
    set_load(0);
    run(600000);
    cr_expect_eq(replicas(), 0);
    cr_expect_eq(nfailed, 0);
    cr_expect_eq(
        kube_peer_requests(peer, "GET /apis/apps/v1/namespaces/default/deployments/web"), 0,
        "the watch says it all");
}

Test(kube, writes_nothing_while_nothing_changes)
{
    deploy(4);
    set_load(40);
    put("");
    run(600000);
    cr_expect_eq(replicas(), 4);
    cr_expect_eq(kube_peer_writes(peer), 0);
}

Test(kube, decides_again_after_a_lost_race)
{
    deploy(1);
    put("");
    run(1000);
    set_load(35);
    kube_peer_fail(peer, "PATCH ", 409, 0, 2);
    run(20000);
    cr_expect_eq(replicas(), 4);
    cr_expect_eq(nfailed, 0, "the third attempt of the same cycle has won");
    cr_expect_eq(
        kube_peer_requests(peer, "GET /apis/apps/v1/namespaces/default/deployments/web/scale"),
        2);
}

Test(kube, gives_a_cycle_up_after_three_more_attempts)
{
    deploy(0);
    put("");
    run(1000);
    set_load(35);
    kube_peer_fail(peer, "PATCH ", 409, 0, 0);
    run(10000);
    cr_expect_eq(kube_peer_requests(peer, "PATCH "), 4);
    cr_expect_eq(nfailed, 1);
    cr_expect_eq(replicas(), 0);
    kube_peer_heal(peer);
    run(20000);
    cr_expect_eq(replicas(), 4);
}

Test(kube, follows_an_object_that_is_made_anew)
{
    deploy(4);
    set_load(40);
    put("");
    run(20000);
    kube_peer_delete(peer, "Deployment", "default", "web");
    run(20000);
    cr_expect_eq(rig_workload(&r, "default/web").spec_replicas, -1);
    const size_t writes = kube_peer_writes(peer);
    deploy(1);
    run(40000);
    cr_expect_eq(replicas(), 4);
    cr_expect_eq(kube_peer_writes(peer), writes + 1);
}

Test(kube, says_that_a_target_does_not_exist)
{
    put("");
    run(11000);
    cr_expect(rig_logged(&r, "Deployment default/web does not exist"));
    cr_expect_eq(kube_peer_writes(peer), 0);
}

Test(kube, does_its_work_when_the_server_is_back)
{
    deploy(1);
    set_load(10);
    put("");
    run(20000);
    kube_peer_silence(peer, true);
    kube_peer_cut_watches(peer, true);
    set_load(35);
    run(120000);
    cr_expect_eq(replicas(), 1);
    cr_expect_geq(nfailed, 1);
    kube_peer_silence(peer, false);
    run(120000);
    cr_expect_eq(replicas(), 4);
}

Test(kube, keeps_its_status_true_between_decisions)
{
    deploy(4);
    set_load(40);
    put("  maxReplicaCount: 4\n");
    run(16000);
    deploy(2);
    settle();
    cr_expect_eq(rig_workload(&r, "default/web").spec_replicas, 2);
}

static void put_widget_and_pods(void)
{
    char text[512];
    kube_peer_add_kind(peer, "example.com/v1", "Widget", "widgets", true);
    kube_peer_put(peer, "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{"
                        "\"namespace\":\"default\",\"name\":\"web\"},\"spec\":{\"replicas\":2},"
                        "\"status\":{\"replicas\":2,\"selector\":\"app=web\"}}");
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text,
                       "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":"
                       "\"default\",\"name\":\"web-%d\",\"labels\":{\"app\":\"web\"}},"
                       "\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\","
                       "\"status\":\"True\"}]}}",
                       i);
        kube_peer_put(peer, text);
    }
}

static void put_widget_scaler(const char *metric_type)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "apiVersion: keda.sh/v1alpha1\n"
                   "kind: ScaledObject\n"
                   "metadata: {name: web}\n"
                   "spec:\n"
                   "  pollingInterval: 10\n"
                   "  scaleTargetRef: {apiVersion: example.com/v1, kind: Widget, name: web}\n"
                   "  triggers:\n"
                   "  - {type: script, metricType: %s, metadata: {source: web}}\n",
                   metric_type);
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s", r.err.text);
}

Test(kube, counts_ready_pods_once_a_metric_is_of_type_value)
{
    put_widget_and_pods();
    set_load(20);
    put_widget_scaler("AverageValue");
    run(16000);
    cr_expect_eq(rig_workload(&r, "default/web").ready_replicas, -1);
    cr_expect_eq(kube_peer_requests(peer, "/pods"), 0);
    set_load(25);
    put_widget_scaler("Value");
    run(31000);
    cr_expect_eq(rig_workload(&r, "default/web").ready_replicas, 2);
    cr_expect_not_null(
        strstr(kube_peer_get(peer, "Widget", "default", "web"), "\"replicas\":5"),
        "two ready pods at 25 for 10 each");
}

Test(kube, leaves_alone_what_other_descriptors_claim)
{
    cr_assert_eq(rig_put(&r, "callback", rig_object("orders", NULL, NULL)), KEDA_OK);
    rig_source_of(&r, "orders")->value = 25;
    run(40000);
    cr_expect_eq(r.replicas, 3);
    cr_expect_eq(kube_peer_requests(peer, ""), 0);
}

/* ---- engine and client */

Test(kube, works_for_one_cluster_only)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    keda_kube *other = NULL, *alone = NULL;

    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    cr_assert_eq(keda_kube_open(&other, r.engine, &opts, &r.err), KEDA_OK);
    cr_assert_eq(keda_kube_open(&alone, NULL, &opts, &r.err), KEDA_OK);
    cr_expect_eq(keda_engine_on_kube(r.engine, other, NULL, 0, &r.err), KEDA_EINVAL);
    cr_expect_eq(keda_engine_on_kube(r.engine, alone, NULL, 0, &r.err), KEDA_EINVAL);
    keda_kube_close(alone);
    keda_kube_close(kube);
    kube = other;
    cr_expect_eq(keda_engine_on_kube(r.engine, other, NULL, 0, &r.err), KEDA_OK,
                 "the one before is closed");
}

Test(kube, knows_nothing_of_targets_whose_client_is_closed)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    deploy(1);
    set_load(35);
    put("");
    rig_step(&r);
    keda_kube_close(kube);
    kube = NULL;
    run(60000);
    cr_expect_eq(replicas(), 1);
    cr_expect_eq(rig_workload(&r, "default/web").spec_replicas, -1);
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    cr_assert_eq(keda_kube_open(&kube, r.engine, &opts, &r.err), KEDA_OK);
    cr_assert_eq(keda_engine_on_kube(r.engine, kube, NULL, 0, &r.err), KEDA_OK);
    run(60000);
    cr_expect_eq(replicas(), 4, "another client, the same targets");
}
