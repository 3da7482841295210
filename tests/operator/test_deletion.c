/* SPDX-License-Identifier: Apache-2.0 */
/* ScaledObjects that go: what becomes of their targets, and that nothing keeps them. */
#include <criterion/criterion.h>

#include <string.h>

#include "support/operator_rig.h"

static operator_rig o;

#define RESTORES ",\"advanced\":{\"restoreToOriginalReplicaCount\":true}"

static void open_rig(void)
{
    operator_rig_open(&o);
    operator_rig_deploy(&o, "web", 4);
    rig_source_of(&o.r, "web")->value = 90;
}

static void close_rig(void)
{
    operator_rig_close(&o);
}

TestSuite(deletion, .init = open_rig, .fini = close_rig, .timeout = 60);

static void remove_it(void)
{
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    operator_rig_run(&o, 5000);
}

static bool is_gone(void)
{
    return kube_peer_get(o.peer, "ScaledObject", "default", "web") == NULL;
}

Test(deletion, leaves_the_target_as_it_is)
{
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 40000);
    const int now = operator_rig_replicas(&o, "web");
    cr_assert_gt(now, 4);
    remove_it();
    cr_expect(is_gone());
    cr_expect_eq(operator_rig_replicas(&o, "web"), now);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
    cr_expect_not_null(strstr(kube_peer_last_body(o.peer, "/events"), "ScaledObjectDeleted"));
}

Test(deletion, restores_the_original_count_where_that_is_wanted)
{
    operator_rig_put(&o, "web", "", RESTORES);
    operator_rig_run(&o, 40000);
    cr_assert_gt(operator_rig_replicas(&o, "web"), 4);
    cr_expect_str_eq(
        operator_rig_text(&o, "ScaledObject", "web", "status.originalReplicaCount"), "4");
    const size_t events = kube_peer_requests(o.peer, "POST /apis/events.k8s.io");
    remove_it();
    cr_expect(is_gone());
    cr_expect_eq(operator_rig_replicas(&o, "web"), 4);
    cr_expect_eq(kube_peer_requests(o.peer, "POST /apis/events.k8s.io"), events + 2,
                 "the rescale and the end");
}

Test(deletion, restores_after_a_restart_too)
{
    operator_rig_put(&o, "web", "", RESTORES);
    operator_rig_run(&o, 40000);
    operator_rig_crash(&o);
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    cr_assert_not(is_gone(), "its finalizer keeps it");
    operator_rig_restart(&o);
    operator_rig_run(&o, 5000);
    cr_expect(is_gone());
    cr_expect_eq(operator_rig_replicas(&o, "web"), 4);
}

Test(deletion, scales_nothing_before_the_count_is_noted)
{
    kube_peer_fail(o.peer, "/status", 500, 0, 0);
    operator_rig_put(&o, "web", "", RESTORES);
    operator_rig_run(&o, 40000);
    cr_expect_eq(operator_rig_replicas(&o, "web"), 4);
    kube_peer_heal(o.peer);
    operator_rig_run(&o, 400000);
    cr_expect_gt(operator_rig_replicas(&o, "web"), 4);
    cr_expect_str_eq(
        operator_rig_text(&o, "ScaledObject", "web", "status.originalReplicaCount"), "4");
}

Test(deletion, is_not_kept_by_a_target_that_is_gone)
{
    operator_rig_put(&o, "web", "", RESTORES);
    operator_rig_run(&o, 40000);
    kube_peer_delete(o.peer, "Deployment", "default", "web");
    operator_rig_run(&o, 1000);
    remove_it();
    cr_expect(is_gone());
}

Test(deletion, is_not_kept_by_a_scale_that_is_refused)
{
    operator_rig_put(&o, "web", "", RESTORES);
    operator_rig_run(&o, 40000);
    kube_peer_fail(o.peer, "web/scale", 403, 0, 0);
    remove_it();
    cr_expect(is_gone());
    cr_expect(rig_logged(&o.r, "restoring the original count failed"));
}

Test(deletion, reads_again_after_a_lost_race)
{
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 40000);
    kube_peer_fail(o.peer, "PATCH /apis/keda.sh/v1alpha1/namespaces/default/scaledobjects/web",
                   409, 0, 2);
    remove_it();
    cr_expect(is_gone());
}

Test(deletion, leaves_the_finalizers_of_others)
{
    operator_rig_put(&o, "web", ",\"finalizers\":[\"example.com/other\"]", "");
    operator_rig_run(&o, 5000);
    remove_it();
    cr_expect_str_eq(operator_rig_text(&o, "ScaledObject", "web", "metadata.finalizers"),
                     "[\"example.com/other\"]");
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
}

Test(deletion, works_without_the_operator_having_known_it)
{
    operator_rig_crash(&o);
    operator_rig_put(&o, "web", ",\"finalizers\":[\"finalizer.keda.sh\"]", "");
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    operator_rig_restart(&o);
    operator_rig_run(&o, 5000);
    cr_expect(is_gone());
    cr_expect_eq(operator_rig_replicas(&o, "web"), 4);
}
