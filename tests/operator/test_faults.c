/* SPDX-License-Identifier: Apache-2.0 */
/* What a cluster does to its clients: nothing is lost, nothing is scaled because of it, and it recovers
 * alone. */
#include <criterion/criterion.h>

#include <string.h>

#include "support/operator_rig.h"

static operator_rig o;

static void open_rig(void)
{
    operator_rig_open(&o);
    operator_rig_deploy(&o, "web", 3);
    operator_rig_put(&o, "web", "", "");
    rig_source_of(&o.r, "web")->value = 30;
    operator_rig_run(&o, 40000);
}

static void close_rig(void)
{
    operator_rig_close(&o);
}

TestSuite(faults, .init = open_rig, .fini = close_rig, .timeout = 60);

static void expect_well(void)
{
    cr_expect_eq(operator_rig_replicas(&o, "web"), 3);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 1);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_eq(strncmp(ready, "True", 4), 0, "%s", ready);
}

Test(faults, survives_a_server_that_is_gone_for_a_minute)
{
    kube_peer_silence(o.peer, true);
    kube_peer_cut_watches(o.peer, false);
    operator_rig_run(&o, 60000);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 1);
    kube_peer_silence(o.peer, false);
    operator_rig_run(&o, 120000);
    expect_well();
}

Test(faults, survives_watches_cut_in_mid_line)
{
    kube_peer_cut_watches(o.peer, true);
    operator_rig_run(&o, 60000);
    expect_well();
    rig_source_of(&o.r, "web")->value = 50;
    operator_rig_run(&o, 60000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 5);
}

Test(faults, lists_again_when_history_is_gone)
{
    kube_peer_forget_history(o.peer);
    kube_peer_cut_watches(o.peer, false);
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    operator_rig_run(&o, 60000);
    cr_expect_null(kube_peer_get(o.peer, "ScaledObject", "default", "web"));
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 3);
}

Test(faults, tries_a_status_again)
{
    static const int answers[] = {500, 429, 409, 403};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        rig_source_of(&o.r, "web")->fails = KEDA_EUNAVAILABLE;
        kube_peer_fail(o.peer, "/status", answers[i], answers[i] == 429 ? 1 : 0, 1);
        operator_rig_run(&o, 120000);
        const char *ready = operator_rig_condition(&o, "web", "Ready");
        cr_expect_not_null(strstr(ready, "scripted failure"), "%d: %s", answers[i], ready);
        rig_source_of(&o.r, "web")->fails = KEDA_OK;
        operator_rig_run(&o, 200000);
        expect_well();
    }
}

Test(faults, goes_on_when_the_target_comes_back)
{
    kube_peer_delete(o.peer, "Deployment", "default", "web");
    operator_rig_run(&o, 60000);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_eq(strncmp(ready, "False", 5), 0, "%s", ready);
    operator_rig_deploy(&o, "web", 3);
    operator_rig_run(&o, 60000);
    expect_well();
}

Test(faults, waits_for_a_target_that_is_not_there_yet)
{
    operator_rig_put(&o, "later", "", "");
    rig_source_of(&o.r, "later")->value = 10;
    operator_rig_run(&o, 5000);
    const char *ready = operator_rig_condition(&o, "later", "Ready");
    cr_expect_eq(strncmp(ready, "False ScaledObjectCheckFailed", 29), 0, "%s", ready);
    operator_rig_deploy(&o, "later", 0);
    operator_rig_run(&o, 5000);
    cr_expect_eq(operator_rig_replicas(&o, "later"), 1);
}

Test(faults, names_a_kind_that_does_not_exist)
{
    operator_rig_put(
        &o, "odd", "",
        ",\"scaleTargetRef\":{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\","
        "\"name\":\"odd\"}");
    operator_rig_run(&o, 5000);
    const char *ready = operator_rig_condition(&o, "odd", "Ready");
    cr_expect_eq(strncmp(ready, "False ScaledObjectCheckFailed", 29), 0, "%s", ready);
    cr_expect_not_null(strstr(ready, "Widget"), "%s", ready);
    expect_well();
}

Test(faults, survives_the_definition_being_removed_and_installed_again)
{
    operator_rig_crash(&o);
    kube_peer_remove_kind(o.peer, "keda.sh/v1alpha1", "ScaledObject");
    operator_rig_restart(&o);
    operator_rig_run(&o, 30000);
    keda_operator_status status = {.struct_size = sizeof status};
    keda_operator_get_status(o.op, &status);
    cr_expect_eq(status.is_synced, 0);
    cr_expect_str_neq(status.trouble, "");
    kube_peer_add_kind(o.peer, "keda.sh/v1alpha1", "ScaledObject", "scaledobjects", false);
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 120000);
    expect_well();
    keda_operator_get_status(o.op, &status);
    cr_expect_eq(status.is_synced, 1);
    cr_expect_str_eq(status.trouble, "");
}

Test(faults, claims_again_after_a_refusal)
{
    rig_source_of(&o.r, "new")->value = 10;
    kube_peer_fail(o.peer, "scaledobjects/new", 403, 0, 1);
    operator_rig_deploy(&o, "new", 0);
    operator_rig_put(&o, "new", "", "");
    operator_rig_run(&o, 1000);
    cr_expect_eq(operator_rig_replicas(&o, "new"), 1, "work does not wait for it");
    operator_rig_run(&o, 30000);
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "new", "metadata.finalizers"),
                     "[\"finalizer.keda.sh\"]");
}
