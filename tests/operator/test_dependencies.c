/* SPDX-License-Identifier: Apache-2.0 */
/* What triggers authenticate with: read, shared, read again, and used as soon as it has changed. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/operator_rig.h"

static operator_rig o;

#define TRIGGER(source, kind)                                                                  \
    ",\"triggers\":[{\"type\":\"script\",\"metadata\":{\"source\":\"" source                   \
    "\"},\"authenticationRef\":{\"name\":\"login\",\"kind\":\"" kind "\"}}]"

static void put_secret(const char *space, const char *name, const char *base64)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"%s\","
                   "\"namespace\":\"%s\"},\"data\":{\"password\":\"%s\"}}",
                   name, space, base64);
    kube_peer_put(o.peer, text);
}

static void put_auth(const char *kind, const char *space, const char *secret)
{
    char text[512];

    (void)snprintf(
        text, sizeof text,
        "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"%s\",\"metadata\":{\"name\":"
        "\"login\"%s%s%s},\"spec\":{\"secretTargetRef\":[{\"parameter\":\"password\","
        "\"name\":\"%s\",\"key\":\"password\"}]}}",
        kind, space[0] != '\0' ? ",\"namespace\":\"" : "", space, space[0] != '\0' ? "\"" : "",
        secret);
    kube_peer_put(o.peer, text);
}

static void open_rig(void)
{
    operator_rig_init(&o, NULL);
    operator_rig_deploy(&o, "web", 1);
    rig_source_of(&o.r, "web")->value = 10;
}

static void close_rig(void)
{
    operator_rig_close(&o);
}

TestSuite(dependencies, .init = open_rig, .fini = close_rig, .timeout = 60);

static const char *secret_of_web(void)
{
    return rig_source_of(&o.r, "web")->secret;
}

static void start(void)
{
    operator_rig_start(&o);
    operator_rig_run(&o, 5000);
}

Test(dependencies, gives_a_trigger_its_secret)
{
    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    cr_expect_str_eq(secret_of_web(), "one");
}

Test(dependencies, reads_a_changed_secret_in_time)
{
    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    put_secret("default", "s", "dHdv");
    operator_rig_run(&o, 65000);
    cr_expect_str_eq(secret_of_web(), "two");
    cr_expect_eq(operator_rig_replicas(&o, "web"), 1);
}

Test(dependencies, reads_at_once_after_refused_credentials)
{
    o.options.reread_ms = 3600000;
    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    operator_rig_run(&o, 10000);
    put_secret("default", "s", "dHdv");
    rig_source_of(&o.r, "web")->fails = KEDA_EAUTH;
    operator_rig_run(&o, 40000);
    cr_expect_str_eq(secret_of_web(), "two");
}

Test(dependencies, follows_an_authentication_that_changes)
{
    put_secret("default", "s", "b25l");
    put_secret("default", "t", "dHdv");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_not_null(strstr(ready, "login"), "%s", ready);
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_run(&o, 1000);
    cr_expect_str_eq(secret_of_web(), "one");
    put_auth("TriggerAuthentication", "default", "t");
    operator_rig_run(&o, 35000);
    cr_expect_str_eq(secret_of_web(), "two");
}

Test(dependencies, reads_cluster_secrets_from_the_cluster_namespace)
{
    put_secret("keda", "s", "b25l");
    put_secret("default", "s", "dHdv");
    put_auth("ClusterTriggerAuthentication", "", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "ClusterTriggerAuthentication"));
    start();
    cr_expect_str_eq(secret_of_web(), "one");
    cr_expect_eq(kube_peer_requests(o.peer, "namespaces/default/secrets"), 0);
}

Test(dependencies, reads_all_secrets_there_when_access_is_restricted)
{
    o.options.is_secret_access_restricted = 1;
    put_secret("keda", "s", "b25l");
    put_secret("default", "s", "dHdv");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    cr_expect_str_eq(secret_of_web(), "one");
    cr_expect_eq(kube_peer_requests(o.peer, "namespaces/default/secrets"), 0);
}

Test(dependencies, gives_a_trigger_the_environment_of_its_target)
{
    operator_rig_put(&o, "web", "",
                     ",\"triggers\":[{\"type\":\"script\",\"metadata\":{\"source\":\"web\","
                     "\"passwordFromEnv\":\"PASSWORD\"}}]");
    start();
    cr_expect_str_eq(secret_of_web(), "from-env");
}

Test(dependencies, reads_a_secret_once_for_all_who_need_it)
{
    enum { USERS = 20 };
    char name[32];

    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    for (int i = 0; i < USERS; i++) {
        (void)snprintf(name, sizeof name, "user-%d", i);
        operator_rig_deploy(&o, name, 1);
        operator_rig_put(&o, name, "", TRIGGER("web", "TriggerAuthentication"));
    }
    start();
    cr_expect_eq(keda_engine_workload_count(o.r.engine), USERS);
    cr_expect_eq(kube_peer_requests(o.peer, "/secrets/s"), 1);
}

Test(dependencies, reads_no_more_than_five_a_second_again)
{
    enum { MANY = 60 };
    char name[32], spec[512];

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "many-%d", i);
        operator_rig_deploy(&o, name, 1);
        put_secret("default", name, "b25l");
        (void)snprintf(
            spec, sizeof spec,
            "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"TriggerAuthentication\","
            "\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"},\"spec\":{"
            "\"secretTargetRef\":[{\"parameter\":\"password\",\"name\":\"%s\",\"key\":"
            "\"password\"}]}}",
            name, name);
        kube_peer_put(o.peer, spec);
        (void)snprintf(spec, sizeof spec,
                       ",\"triggers\":[{\"type\":\"script\",\"metadata\":{\"source\":\"web\"},"
                       "\"authenticationRef\":{\"name\":\"%s\"}}]",
                       name);
        operator_rig_put(&o, name, "", spec);
    }
    start();
    cr_expect_eq(kube_peer_requests(o.peer, "/secrets/"), MANY);
    operator_rig_run(&o, 25000);
    const size_t before = kube_peer_requests(o.peer, "/secrets/");
    operator_rig_run(&o, 5000);
    cr_expect_leq(kube_peer_requests(o.peer, "/secrets/") - before, 27);
    operator_rig_run(&o, 15000);
    cr_expect_geq(kube_peer_requests(o.peer, "/secrets/"), 2 * MANY);
}

Test(dependencies, says_what_cannot_be_read_and_tries_again)
{
    kube_peer_fail(o.peer, "/secrets/", 403, 0, 0);
    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    const char *ready = operator_rig_condition(&o, "web", "Ready");
    cr_expect_eq(strncmp(ready, "False ScaledObjectCheckFailed", 29), 0, "%s", ready);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 0);
    kube_peer_heal(o.peer);
    operator_rig_run(&o, 60000);
    cr_expect_str_eq(secret_of_web(), "one");
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Ready"), "True", 4), 0);
}

Test(dependencies, keeps_at_work_what_cannot_be_read_again)
{
    put_secret("default", "s", "b25l");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "", TRIGGER("web", "TriggerAuthentication"));
    start();
    kube_peer_fail(o.peer, "/secrets/", 500, 0, 0);
    operator_rig_run(&o, 120000);
    cr_expect_eq(keda_engine_workload_count(o.r.engine), 1);
    cr_expect_eq(strncmp(operator_rig_condition(&o, "web", "Ready"), "True", 4), 0);
}

Test(dependencies, shows_no_secret_anywhere)
{
    put_secret("default", "s", "c2VjcmV0LXZhbHVl");
    put_auth("TriggerAuthentication", "default", "s");
    operator_rig_put(&o, "web", "",
                     TRIGGER("web", "TriggerAuthentication") ",\"minReplicaCount\":9,"
                                                             "\"maxReplicaCount\":3");
    start();
    cr_expect_not(rig_logged(&o.r, "secret-value"));
    cr_expect_not(rig_logged(&o.r, "c2VjcmV0LXZhbHVl"));
    cr_expect_null(
        strstr(operator_rig_text(&o, "ScaledObject", "web", "status"), "secret-value"));
}

Test(dependencies, lets_an_authentication_go_that_keda_has_left)
{
    kube_peer_put(o.peer,
                  "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"TriggerAuthentication\","
                  "\"metadata\":{\"name\":\"old\",\"namespace\":\"default\","
                  "\"finalizers\":[\"finalizer.keda.sh\"]},\"spec\":{}}");
    start();
    kube_peer_delete(o.peer, "TriggerAuthentication", "default", "old");
    operator_rig_run(&o, 1000);
    cr_expect_null(kube_peer_get(o.peer, "TriggerAuthentication", "default", "old"));
}
