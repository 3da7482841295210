/* SPDX-License-Identifier: Apache-2.0 */
/* A ScaledObject's way through an operator: found, claimed, put to work, its status and Events. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/operator_rig.h"

static operator_rig o;

static void open_rig(void)
{
    operator_rig_init(&o, NULL);
}

static void close_rig(void)
{
    operator_rig_close(&o);
}

TestSuite(operator, .init = open_rig, .fini = close_rig, .timeout = 120);

static void start(void)
{
    operator_rig_start(&o);
    operator_rig_settle(&o);
}

Test(operator, scales_from_zero_and_says_so)
{
    operator_rig_deploy(&o, "web", 0);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 5;
    start();
    operator_rig_run(&o, 5000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 1);
    cr_expect_eq(
        strncmp(operator_rig_condition(&o, "web", "Ready"), "True ScaledObjectReady", 22), 0);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Active"), "True ScalerActive", 17),
                 0);
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web", "status.scaleTargetKind"),
                     "apps/v1.Deployment");
    cr_expect_str_eq(
        operator_rig_text(&o, "ScaledObject", "web", "status.originalReplicaCount"), "0");
    cr_expect_gt(kube_peer_count(o.peer, "Event"), 0);
    cr_expect_not_null(kube_peer_last_body(o.peer, "/events"));
}

Test(operator, adds_finalizer_and_label)
{
    operator_rig_deploy(&o, "web", 1);
    operator_rig_put(&o, "web", ",\"finalizers\":[\"example.com/other\"]", "");
    start();
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web", "metadata.finalizers"),
                     "[\"example.com/other\",\"finalizer.keda.sh\"]");
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web",
                                       "metadata.labels.scaledobject\\.keda\\.sh/name"),
                     "web");
}

Test(operator, tells_its_own_status)
{
    keda_operator_status status = {.struct_size = sizeof status};

    operator_rig_deploy(&o, "web", 1);
    operator_rig_put(&o, "web", "", "");
    operator_rig_put(&o, "lost", "", "");
    start();
    operator_rig_run(&o, 5000);
    keda_operator_get_status(o.op, &status);
    cr_expect_eq(status.is_leader, 1);
    cr_expect_eq(status.is_synced, 1);
    cr_expect_str_eq(status.trouble, "");
    cr_expect_eq(status.nscaled_objects, 2);
    cr_expect_eq(status.nready, 1);
}

Test(operator, writes_nothing_while_nothing_changes)
{
    operator_rig_deploy(&o, "busy", 1);
    operator_rig_put(&o, "busy", "", "");
    operator_rig_deploy(&o, "idle", 0);
    operator_rig_put(&o, "idle", "", "");
    rig_source_of(&o.r, "busy")->value = 10;
    start();
    operator_rig_run(&o, 60000);
    const size_t writes = kube_peer_writes(o.peer);
    operator_rig_run(&o, 600000);
    cr_expect_eq(kube_peer_writes(o.peer), writes);
    cr_expect_gt(o.r.ndecisions, 40);
}

Test(operator, writes_nothing_at_a_restart)
{
    operator_rig_deploy(&o, "busy", 1);
    operator_rig_put(&o, "busy", "", "");
    operator_rig_deploy(&o, "idle", 0);
    operator_rig_put(&o, "idle", "", "");
    rig_source_of(&o.r, "busy")->value = 10;
    start();
    operator_rig_run(&o, 60000);
    const size_t writes = kube_peer_writes(o.peer);
    operator_rig_restart(&o);
    operator_rig_run(&o, 120000);
    cr_expect_eq(kube_peer_writes(o.peer), writes);
    cr_expect_gt(o.r.ndecisions, 2);
}

Test(operator, keeps_what_was_active_through_a_restart)
{
    operator_rig_deploy(&o, "web", 0);
    operator_rig_put(&o, "web", "", ",\"cooldownPeriod\":100");
    rig_source_of(&o.r, "web")->value = 10;
    start();
    operator_rig_run(&o, 60000);
    cr_assert_eq(operator_rig_replicas(&o, "web"), 1);
    operator_rig_crash(&o);
    rig_source_of(&o.r, "web")->value = 0;
    operator_rig_restart(&o);
    operator_rig_run(&o, 90000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 1, "the cooldown counts from the start");
    operator_rig_run(&o, 60000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 0);
}

Test(operator, follows_annotations)
{
    operator_rig_deploy(&o, "web", 3);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 30;
    start();
    operator_rig_run(&o, 35000);
    operator_rig_put(&o, "web",
                     ",\"annotations\":{\"autoscaling.keda.sh/paused-replicas\":\"5\"}", "");
    operator_rig_run(&o, 35000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 5);
    cr_expect_eq(
        strncmp(operator_rig_condition(&o, "web", "Paused"), "True ScaledObjectPaused", 23), 0);
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web", "status.pausedReplicaCount"),
                     "5");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 35000);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Paused"), "False", 5), 0);
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web", "status.pausedReplicaCount"),
                     "");
}

Test(operator, names_a_failing_trigger_in_the_status)
{
    operator_rig_deploy(&o, "web", 3);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 30;
    start();
    operator_rig_run(&o, 35000);
    rig_source_of(&o.r, "web")->fails = KEDA_EUNAVAILABLE;
    operator_rig_run(&o, 65000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 3);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_not_null(strstr(ready, "scripted failure"), "%s", ready);
    cr_expect_not_null(strstr(ready, "s0-script-web"), "%s", ready);
    rig_source_of(&o.r, "web")->fails = KEDA_OK;
    operator_rig_run(&o, 125000);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Ready"), "True", 4), 0);
}

Test(operator, stops_what_is_broken_and_says_why)
{
    operator_rig_deploy(&o, "web", 2);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 20;
    start();
    operator_rig_run(&o, 35000);
    operator_rig_put(&o, "web", "", ",\"minReplicaCount\":9,\"maxReplicaCount\":3");
    operator_rig_run(&o, 35000);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_eq(strncmp(ready, "False ScaledObjectCheckFailed", 29), 0, "%s", ready);
    cr_expect_not_null(strstr(ready, "minReplicaCount"), "%s", ready);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Active"), "Unknown", 7), 0);
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 35000);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 1);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Ready"), "True", 4), 0);
}

Test(operator, only_decides_in_a_dry_run)
{
    o.r.options.is_dry_run = 1;
    o.options.is_leader_elected = 1;
    operator_rig_deploy(&o, "web", 0);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 30;
    start();
    operator_rig_run(&o, 65000);
    cr_expect_gt(o.r.ndecisions, 0);
    cr_expect_eq(kube_peer_writes(o.peer), 0);
    cr_expect_eq(kube_peer_count(o.peer, "Lease"), 0);
}

Test(operator, takes_only_what_its_selector_and_namespaces_name)
{
    const char *const namespaces[] = {"default"};

    o.options.namespaces = namespaces;
    o.options.nnamespaces = 1;
    operator_rig_deploy(&o, "web", 0);
    operator_rig_put(&o, "web", "", "");
    kube_peer_put(o.peer, "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\","
                          "\"metadata\":{\"name\":\"web\",\"namespace\":\"other\"},"
                          "\"spec\":{\"scaleTargetRef\":{\"name\":\"web\"},\"triggers\":[]}}");
    start();
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 1);
}

Test(operator, stops_in_good_order)
{
    operator_rig_deploy(&o, "web", 4);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 40;
    start();
    operator_rig_run(&o, 5000);
    operator_rig_stop(&o, 3000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 4);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
    cr_expect_eq(kube_peer_watches(o.peer), 0);
}

Test(operator, begins_and_keeps_two_thousand)
{
    enum { MANY = 2000 };
    char name[32];

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "many-%d", i);
        operator_rig_deploy(&o, name, 1);
        operator_rig_put(
            &o, name, "",
            ",\"triggers\":[{\"type\":\"script\",\"metadata\":{\"source\":\"all\"}}]");
    }
    rig_source_of(&o.r, "all")->value = 10;
    start();
    operator_rig_run(&o, 40000);
    keda_operator_status status = {.struct_size = sizeof status};
    keda_operator_get_status(o.op, &status);
    cr_expect_eq(status.nscaled_objects, MANY);
    cr_expect_eq(status.nready, MANY);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), MANY);
}
