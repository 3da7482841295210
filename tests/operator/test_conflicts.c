/* SPDX-License-Identifier: Apache-2.0 */
/* Others who scale the same target: HPAs of people and of KEDA, and a second ScaledObject. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/operator_rig.h"

static operator_rig o;

static void open_rig(void)
{
    operator_rig_open(&o);
    operator_rig_deploy(&o, "web", 1);
    rig_source_of(&o.r, "web")->value = 10;
}

static void close_rig(void)
{
    operator_rig_close(&o);
}

TestSuite(conflicts, .init = open_rig, .fini = close_rig, .timeout = 60);

static void put_hpa(const char *name, const char *target, const char *metadata)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\","
                   "\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"%s},\"spec\":{"
                   "\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
                   "\"name\":\"%s\"},\"maxReplicas\":3}}",
                   name, metadata, target);
    kube_peer_put(o.peer, text);
}

static bool has_hpa(const char *name)
{
    return kube_peer_get(o.peer, "HorizontalPodAutoscaler", "default", name) != NULL;
}

static size_t at_work(void)
{
    return keda_engine_workload_count(o.r.engine);
}

Test(conflicts, keeps_off_a_target_that_an_hpa_scales)
{
    put_hpa("own", "web", "");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_expect_eq(at_work(), 0);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_not_null(strstr(ready, "HPA default/own already scales Deployment web"), "%s",
                       ready);
    cr_expect(has_hpa("own"));
    kube_peer_delete(o.peer, "HorizontalPodAutoscaler", "default", "own");
    operator_rig_run(&o, 1000);
    cr_expect_eq(at_work(), 1, "at once");
}

Test(conflicts, leaves_a_target_when_an_hpa_comes)
{
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_assert_eq(at_work(), 1);
    put_hpa("own", "web", "");
    operator_rig_run(&o, 1000);
    cr_expect_eq(at_work(), 0);
}

Test(conflicts, cares_for_its_own_target_only)
{
    put_hpa("other", "db", "");
    put_hpa("excepted", "web",
            ",\"annotations\":{\"validations.keda.sh/hpa-ownership\":\"false\"}");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_expect_eq(at_work(), 1);
    cr_expect(has_hpa("other") && has_hpa("excepted"));
}

Test(conflicts, deletes_what_keda_made_for_it)
{
    put_hpa("keda-hpa-web", "web",
            ",\"ownerReferences\":[{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":"
            "\"ScaledObject\",\"name\":\"web\",\"uid\":\"of-old\"}]");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_expect_not(has_hpa("keda-hpa-web"));
    cr_expect_eq(at_work(), 1);
    cr_expect(rig_logged(&o.r, "HPA deleted"));
}

Test(conflicts, keeps_the_hpa_of_another_scaled_object)
{
    put_hpa("keda-hpa-db", "web",
            ",\"ownerReferences\":[{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":"
            "\"ScaledObject\",\"name\":\"db\",\"uid\":\"of-db\"}]");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_expect(has_hpa("keda-hpa-db"));
    cr_expect_eq(at_work(), 0);
}

Test(conflicts, takes_over_what_it_is_told_to)
{
    put_hpa("own", "web", "");
    operator_rig_put(
        &o, "web",
        ",\"annotations\":{\"scaledobject.keda.sh/transfer-hpa-ownership\":\"true\"}",
        ",\"advanced\":{\"horizontalPodAutoscalerConfig\":{\"name\":\"own\"}}");
    operator_rig_run(&o, 5000);
    cr_expect_not(has_hpa("own"));
    cr_expect_eq(at_work(), 1);
}

Test(conflicts, says_when_an_hpa_cannot_be_deleted)
{
    kube_peer_fail(o.peer, "DELETE ", 403, 0, 0);
    put_hpa("keda-hpa-web", "web",
            ",\"ownerReferences\":[{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":"
            "\"ScaledObject\",\"name\":\"web\",\"uid\":\"of-old\"}]");
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    cr_expect_eq(at_work(), 0);
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_not_null(strstr(ready, "cannot be deleted"), "%s", ready);
    kube_peer_heal(o.peer);
    operator_rig_run(&o, 320000);
    cr_expect_eq(at_work(), 1);
}

Test(conflicts, checks_nothing_where_hpas_are_forbidden)
{
    operator_rig_crash(&o);
    kube_peer_fail(o.peer, "horizontalpodautoscalers", 403, 0, 0);
    operator_rig_restart(&o);
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 100000);
    cr_expect_eq(at_work(), 1);
    cr_expect_eq(rig_count_logged(&o.r, "not watched, and taken for none"), 1);
}

Test(conflicts, lets_one_scaled_object_have_a_target)
{
    rig_source_of(&o.r, "second")->value = 10;
    operator_rig_put(&o, "web", "", "");
    operator_rig_run(&o, 5000);
    operator_rig_put(&o, "second", "", ",\"scaleTargetRef\":{\"name\":\"web\"}");
    operator_rig_run(&o, 5000);
    cr_expect_eq(at_work(), 1);
    const char *ready = operator_rig_condition(&o, "second", "Ready");
    cr_expect_eq(strncmp(ready, "False ScaledObjectCheckFailed", 29), 0, "%s", ready);
    cr_expect_not_null(strstr(ready, "default/web"), "%s", ready);
    kube_peer_delete(o.peer, "ScaledObject", "default", "web");
    operator_rig_run(&o, 1000);
    cr_expect_eq(at_work(), 1);
    operator_rig_run(&o, 35000);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "second", "Ready"), "True", 4), 0);
}

/* ---- two ScaledObjects on one target */

static void put_rival(const char *name, const char *min)
{
    char text[1024];
    (void)snprintf(
        text, sizeof text,
        "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":"
        "{\"name\":\"%s\",\"namespace\":\"default\"},\"spec\":{\"scaleTargetRef\":{"
        "\"name\":\"web\"},\"minReplicaCount\":%s,\"triggers\":[{\"type\":\"script\","
        "\"metadata\":{\"source\":\"web\"}}]}}",
        name, min);
    kube_peer_put(o.peer, text);
}

static bool is_refused(const char *name)
{
    return strstr(operator_rig_condition(&o, name, "Ready"), "would both scale") != NULL;
}

Test(conflicts, are_decided_after_a_restart_as_they_were_before)
{
    operator_rig_deploy(&o, "web", 3);
    put_rival("zz", "1");
    operator_rig_run(&o, 30000);
    put_rival("aa", "6");
    operator_rig_run(&o, 30000);
    cr_expect(is_refused("aa"), "%s", operator_rig_condition(&o, "aa", "Ready"));
    operator_rig_crash(&o);
    operator_rig_restart(&o);
    operator_rig_run(&o, 60000);
    cr_expect(is_refused("aa"), "%s", operator_rig_condition(&o, "aa", "Ready"));
    cr_expect_not(is_refused("zz"), "%s", operator_rig_condition(&o, "zz", "Ready"));
    cr_expect_lt(operator_rig_replicas(&o, "web"), 6);
}

Test(conflicts, leave_the_target_to_the_next_one)
{
    operator_rig_deploy(&o, "web", 3);
    put_rival("zz", "1");
    operator_rig_run(&o, 30000);
    put_rival("aa", "6");
    operator_rig_run(&o, 30000);
    kube_peer_delete(o.peer, "ScaledObject", "default", "zz");
    operator_rig_run(&o, 60000);
    cr_expect_not(is_refused("aa"), "%s", operator_rig_condition(&o, "aa", "Ready"));
    cr_expect_eq(operator_rig_replicas(&o, "web"), 6);
}
