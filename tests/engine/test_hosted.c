/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of the engine (libkeda/engine/hosted.c), and the environment of targets. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hosted.h"
#include "support/rig.h"

static rig r;

static void open_rig(void)
{
    rig_init(&r);
    r.options.cluster_namespace = "vault";
    rig_start(&r);
    rig_source_of(&r, "orders")->value = 25;
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(hosted, .init = open_rig, .fini = close_rig);

#define TRIGGER(auth)                                                                          \
    "  - {type: script, metadata: {source: orders}, authenticationRef: {name: " auth "}}\n"
#define AUTH                                                                                   \
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: a}\n"    \
    "spec: {secretTargetRef: [{parameter: password, name: keys, key: pw}]}\n"
#define SECRET(value)                                                                          \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {pw: " value "}\n"

static const char *joined(const char *a, const char *b)
{
    static char text[8192];
    (void)snprintf(text, sizeof text, "%s%s", a, b);
    return text;
}

static keda_status put(const char *id, const char *text)
{
    keda_findings_free(r.findings);
    cr_assert_eq(keda_findings_new(&r.findings, NULL), KEDA_OK);
    return engine_put_private(r.engine, id, text, strlen(text), r.findings, &r.err);
}

Test(hosted, keeps_the_secrets_of_two_sources_apart)
{
    cr_assert_eq(
        put("one", joined(rig_object("orders", NULL, TRIGGER("a")), AUTH SECRET("first"))),
        KEDA_OK, "%s", r.err.text);
    rig_source_of(&r, "orders")->secret[0] = '\0';
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "first");
    cr_assert_eq(
        put("two", joined(rig_object("other", NULL, TRIGGER("a")), AUTH SECRET("second"))),
        KEDA_OK, "%s", r.err.text);
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "second");
    cr_expect_eq(put("three", rig_object("third", NULL, TRIGGER("a"))), KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&r), "there is no TriggerAuthentication default/a"),
                       "%s", rig_findings(&r));
}

Test(hosted, shows_nobody_the_marks_by_which_sources_are_kept_apart)
{
    const char *broken = "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
                         "metadata: {name: a}\nspec: {secretTargetRef: [{parameter: x}]}\n";
    cr_expect_eq(put("one", joined(rig_object("orders", NULL, TRIGGER("a")), broken)),
                 KEDA_EINVAL);
    for (size_t i = 0; i < keda_findings_count(r.findings); i++) {
        const keda_finding *f = keda_findings_at(r.findings, i);
        cr_expect_null(strchr(f->object, '\x1f'), "%s", f->object);
        cr_expect_null(strchr(f->message, '\x1f'), "%s", f->message);
    }
    cr_expect_null(strchr(r.err.text, '\x1f'), "%s", r.err.text);
}

Test(hosted, takes_a_changed_secret_without_losing_the_workload)
{
    (void)put("one", joined(rig_object("orders", NULL, TRIGGER("a")), AUTH SECRET("first")));
    rig_run(&r, 1000);
    const int64_t before = rig_workload(&r, "default/orders").decisions_total;
    cr_assert_eq(
        put("one", joined(rig_object("orders", NULL, TRIGGER("a")), AUTH SECRET("second"))),
        KEDA_OK, "%s", r.err.text);
    rig_run(&r, 30000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "second");
    cr_expect_gt(rig_workload(&r, "default/orders").decisions_total, before);
}

Test(hosted, refuses_a_target_that_another_source_scales)
{
    cr_assert_eq(put("one", rig_object("orders", NULL, NULL)), KEDA_OK);
    const char *same =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: x}\n"
        "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
        "name: orders}\n  triggers: [{type: script, metadata: {source: orders}}]\n";
    cr_expect_eq(put("two", same), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "would both scale"), "%s", r.err.text);
}

Test(hosted, leaves_the_count_of_what_is_taken_away)
{
    const char *restores = "  advanced: {restoreToOriginalReplicaCount: true}\n";
    r.replicas = 1;
    cr_assert_eq(put("one", rig_object("orders", restores, NULL)), KEDA_OK);
    rig_run(&r, 30000);
    cr_assert_gt(r.replicas, 1);
    const int32_t count = r.replicas;
    engine_remove_private(r.engine, "one");
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, count);
    cr_expect_eq(keda_engine_workload_count(r.engine), 0);
    engine_remove_private(r.engine, "one");
}

Test(hosted, reads_a_clusters_secrets_from_one_namespace)
{
    const char *rest =
        "---\napiVersion: keda.sh/v1alpha1\nkind: ClusterTriggerAuthentication\nmetadata: "
        "{name: c}\n"
        "spec: {secretTargetRef: [{parameter: password, name: keys, key: pw}]}\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: vault}\n"
        "stringData: {pw: central}\n" SECRET("local");
    const char *trigger =
        "  - {type: script, metadata: {source: orders}, authenticationRef: {name: "
        "c, kind: ClusterTriggerAuthentication}}\n";
    cr_assert_eq(rig_put(&r, "file", joined(rig_object("orders", NULL, trigger), rest)),
                 KEDA_OK, "%s", rig_findings(&r));
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "central");
}

Test(hosted, remembers_what_a_workload_was)
{
    const engine_memory memory = {.created_wall_ms = 1000,
                                  .last_active_wall_ms = -1,
                                  .was_active = true,
                                  .original_replicas = 7};
    r.replicas = 3;
    rig_source_of(&r, "orders")->value = 0;
    cr_assert_eq(put("one", rig_object("orders", "  cooldownPeriod: 60\n", NULL)), KEDA_OK);
    engine_remember(r.engine, "default/orders", &memory);
    rig_run(&r, 50000);
    cr_expect_eq(r.replicas,
                 3); /* it was active until the start: the cooldown runs from there */
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 0);
}

typedef struct heard {
    size_t decided, changed, refused;
} heard;

static void on_decided(const keda_decision_record *record, void *user)
{
    cr_expect_str_eq(record->workload, "default/orders");
    cr_expect_neq(record->text[0], '\0');
    ((heard *)user)->decided++;
}

static void on_changed(const char *workload, void *user)
{
    cr_expect_str_eq(workload, "default/orders");
    ((heard *)user)->changed++;
}

static void on_refused(const char *workload, void *user)
{
    (void)workload;
    ((heard *)user)->refused++;
}

Test(hosted, tells_its_listener_of_decisions_health_and_refused_credentials)
{
    heard h = {0};
    const engine_observer observer = {on_decided, on_changed, on_refused, &h};
    engine_set_observer(r.engine, &observer);
    cr_assert_eq(put("one", rig_object("orders", NULL, NULL)), KEDA_OK);
    rig_run(&r, 1000);
    cr_expect_eq(h.decided, 1);
    cr_expect_eq(h.changed, 0);
    rig_source_of(&r, "orders")->fails = KEDA_EAUTH;
    rig_run(&r, 30000);
    cr_expect_eq(h.changed, 1);
    cr_expect_eq(h.refused, 1);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).state, KEDA_READING_FAILED);
    rig_source_of(&r, "orders")->fails = KEDA_OK;
    rig_run(&r, 120000);
    cr_expect_eq(h.changed, 2);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).state, KEDA_READING_OK);
    engine_set_observer(r.engine, NULL);
    const size_t before = h.decided;
    rig_run(&r, 60000);
    cr_expect_eq(h.decided, before);
}

Test(hosted, tells_at_once_when_a_failing_trigger_comes_to_be_refused)
{
    heard h = {0};
    const engine_observer observer = {.refused = on_refused, .user = &h};
    engine_set_observer(r.engine, &observer);
    rig_source_of(&r, "orders")->fails = KEDA_EUNAVAILABLE;
    cr_assert_eq(put("one", rig_object("orders", "  pollingInterval: 5\n", NULL)), KEDA_OK);
    rig_run(&r, 20000);
    cr_expect_eq(h.refused, 0);
    const size_t nasked = rig_source_of(&r, "orders")->nasked;
    rig_source_of(&r, "orders")->fails = KEDA_EAUTH;
    while (rig_source_of(&r, "orders")->nasked == nasked)
        rig_run(&r, 1000);
    cr_expect_eq(h.refused, 1);
}

Test(hosted, tells_of_refusals_once_in_thirty_seconds)
{
    heard h = {0};
    const engine_observer observer = {.refused = on_refused, .user = &h};
    engine_set_observer(r.engine, &observer);
    cr_assert_eq(put("one", rig_object("orders", "  pollingInterval: 1\n", NULL)), KEDA_OK);
    for (size_t i = 0; i < 14; i++) { /* it comes and goes */
        rig_source_of(&r, "orders")->fails = i % 2 == 0 ? KEDA_EAUTH : KEDA_OK;
        rig_run(&r, 2000);
    }
    cr_expect_eq(h.refused, 1);
    rig_source_of(&r, "orders")->fails = KEDA_EAUTH;
    rig_run(&r, 600000);
    cr_expect_geq(h.refused, 15);
    cr_expect_leq(h.refused, 21);
}

Test(hosted, forgets_what_it_is_told_after_the_first_decision)
{
    engine_memory memory = {.created_wall_ms = -1, .last_active_wall_ms = -1};
    r.replicas = 2;
    cr_assert_eq(
        put("one",
            rig_object("orders", "  advanced: {restoreToOriginalReplicaCount: true}\n", NULL)),
        KEDA_OK);
    memory.original_replicas = 7;
    engine_remember(r.engine, "default/orders", &memory);
    rig_run(&r, 1000);
    memory.original_replicas = 9;
    engine_remember(r.engine, "default/orders", &memory);
    engine_remember(r.engine, "default/nobody", &memory);
    cr_assert_eq(keda_engine_remove(r.engine, "one", &r.err), KEDA_OK);
    rig_run(&r, 1000);
    cr_expect_eq(r.replicas, 7);
}

Test(hosted, keeps_a_cooldown_that_began_before)
{
    const engine_memory memory = {.created_wall_ms = 0,
                                  .last_active_wall_ms =
                                      r.clock.wall_ms > 40000 ? r.clock.wall_ms - 40000 : 0,
                                  .original_replicas = -1};
    r.replicas = 3;
    rig_source_of(&r, "orders")->value = 0;
    cr_assert_eq(
        put("one", rig_object("orders", "  pollingInterval: 1\n  cooldownPeriod: 60\n", NULL)),
        KEDA_OK);
    engine_remember(r.engine, "default/orders", &memory);
    rig_run(&r, 15000);
    cr_expect_eq(r.replicas, 3);
    rig_run(&r, 10000);
    cr_expect_eq(r.replicas, 0);
}

Test(hosted, knows_its_settings)
{
    cr_expect_not(engine_is_dry_run(r.engine));
    cr_expect_str_eq(engine_cluster_namespace(r.engine), "vault");
}

/* ---- documents that others see */

Test(hosted, lets_no_shared_document_reach_a_private_source)
{
    cr_assert_eq(rig_put(&r, "file", AUTH SECRET("shared")), KEDA_OK, "%s", rig_findings(&r));
    cr_expect_eq(put("one", rig_object("orders", NULL, TRIGGER("a"))), KEDA_EINVAL);
    cr_assert_eq(
        put("one", joined(rig_object("orders", NULL, TRIGGER("a")), AUTH SECRET("private"))),
        KEDA_OK, "%s", r.err.text);
    cr_assert_eq(rig_put(&r, "file2", rig_object("other", NULL, TRIGGER("a"))), KEDA_OK, "%s",
                 rig_findings(&r));
    rig_run(&r, 1000);
    cr_expect_eq(keda_engine_workload_count(r.engine), 2);
    cr_expect_eq(rig_put(&r, "file", ""), KEDA_EINVAL, "the other still needs it");
}

Test(hosted, keeps_what_others_need_when_a_shared_source_becomes_private)
{
    cr_assert_eq(rig_put(&r, "one", AUTH SECRET("shared")), KEDA_OK, "%s", rig_findings(&r));
    cr_assert_eq(rig_put(&r, "two", rig_object("orders", NULL, TRIGGER("a"))), KEDA_OK, "%s",
                 rig_findings(&r));
    cr_expect_eq(put("one", AUTH SECRET("private")), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "it would no longer work"), "%s", r.err.text);
}

Test(hosted, names_a_clusters_document_without_a_namespace)
{
    const char *doc = "---\napiVersion: keda.sh/v1alpha1\n"
                      "kind: ClusterTriggerAuthentication\nmetadata: {name: c}\n"
                      "spec: {env: [{parameter: x, name: X}]}\n";
    cr_expect_eq(rig_put(&r, "file", joined(doc, doc)), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "ClusterTriggerAuthentication/c is already defined"),
                       "%s", r.err.text);
}

/* ---- the environment of a target */

static keda_status put_with_env(const char *pods, const char *spec)
{
    static char object[4096];
    (void)snprintf(
        object, sizeof object,
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\n"
        "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: "
        "orders%s}\n  triggers:\n  - {type: script, metadata: {source: orders, "
        "passwordFromEnv: PW}}\n",
        spec);
    const keda_status rc = put("one", joined(object, pods));
    rig_run(&r, 1000);
    return rc;
}

static const char *seen(void)
{
    return rig_source_of(&r, "orders")->secret;
}

#define PODS(env)                                                                              \
    "---\napiVersion: apps/v1\nkind: Callback\nmetadata: {name: orders}\n"                     \
    "spec: {template: {spec: {containers: [{name: main, " env                                  \
    "}, {name: side, env: [{name: PW, value: of-side}]}]}}}\n"

Test(hosted, reads_variables_of_the_targets_container)
{
    cr_assert_eq(put_with_env(PODS("env: [{name: PW, value: plain}]"), ""), KEDA_OK, "%s",
                 r.err.text);
    cr_expect_str_eq(seen(), "plain");
}

Test(hosted, reads_variables_of_the_container_that_is_named)
{
    cr_assert_eq(
        put_with_env(PODS("env: [{name: PW, value: plain}]"), ", envSourceContainerName: side"),
        KEDA_OK, "%s", r.err.text);
    cr_expect_str_eq(seen(), "of-side");
}

Test(hosted, reads_variables_from_a_secret)
{
    cr_assert_eq(
        put_with_env(PODS("env: [{name: PW, valueFrom: {secretKeyRef: {name: keys, key: "
                          "pw}}}]") SECRET("hidden"),
                     ""),
        KEDA_OK, "%s", r.err.text);
    cr_expect_str_eq(seen(), "hidden");
}

Test(hosted, fails_only_who_needs_what_is_missing)
{
    const char *pods =
        PODS("env: [{name: PW, valueFrom: {secretKeyRef: {name: none, key: pw}}}]");
    cr_expect_eq(put_with_env(pods, ""), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "Secret none, which does not exist"), "%s",
                       r.err.text);
    cr_expect_eq(put("one", joined(rig_object("orders", NULL, NULL), pods)), KEDA_OK, "%s",
                 r.err.text);
}

Test(hosted, fails_when_the_container_is_not_there)
{
    cr_expect_eq(
        put_with_env(PODS("env: [{name: PW, value: plain}]"), ", envSourceContainerName: none"),
        KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "has no container none"), "%s", r.err.text);
    cr_expect_eq(put("one", joined(rig_object("orders", NULL, NULL), PODS("env: []"))), KEDA_OK,
                 "%s", r.err.text);
}

Test(hosted, takes_a_changed_environment)
{
    cr_assert_eq(put_with_env(PODS("env: [{name: PW, value: plain}]"), ""), KEDA_OK);
    cr_assert_eq(put_with_env(PODS("env: [{name: PW, value: changed}]"), ""), KEDA_OK, "%s",
                 r.err.text);
    rig_run(&r, 30000);
    cr_expect_str_eq(seen(), "changed");
}

Test(hosted, reads_an_authentications_variables_from_the_container_it_names)
{
    const char *auth = "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
                       "metadata: {name: a}\n"
                       "spec: {env: [{parameter: password, name: PW, containerName: side}]}\n";
    char text[4096];
    (void)snprintf(text, sizeof text, "%s%s%s", rig_object("orders", NULL, TRIGGER("a")), auth,
                   PODS("env: [{name: PW, value: plain}]"));
    cr_assert_eq(put("one", text), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 1000);
    cr_expect_str_eq(seen(), "of-side");
}

Test(hosted, never_reads_its_own_environment_for_others)
{
    const char *spec = "  - {type: script, metadata: {source: orders, passwordFromEnv: PW}}\n";
    cr_assert_eq(setenv("PW", "of-this-process", 1), 0);
    cr_expect_eq(put("one", rig_object("orders", NULL, spec)), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 1000);
    cr_expect_str_eq(seen(), "");
    engine_remove_private(r.engine, "one");
    cr_assert_eq(rig_put(&r, "file", rig_object("orders", NULL, spec)), KEDA_OK);
    rig_run(&r, 1000);
    cr_expect_str_eq(seen(), "of-this-process");
}

Test(hosted, tells_no_value_of_an_environment)
{
    const char *pods =
        PODS("env: [{name: A, value: s3cret}, {name: PW, value: \"s3cret-$(B)\"}]");
    cr_assert_eq(put_with_env(pods, ""), KEDA_OK, "%s", r.err.text);
    cr_expect_str_eq(seen(), "s3cret-$(B)");
    cr_expect_null(strstr(rig_findings(&r), "s3cret"), "%s", rig_findings(&r));
    cr_expect_not(rig_logged(&r, "s3cret"));
}

Test(hosted, has_pools_that_are_everybodys)
{
    const char *text =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\n"
        "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: "
        "w}\n"
        "  triggers: [{type: script, metadata: {source: orders, passwordFromEnv: PW}}]\n"
        "---\napiVersion: libkeda.io/v1alpha1\nkind: ProcessPool\nmetadata: {name: w}\n"
        "spec: {command: [/bin/true], env: {PW: of-the-pool}}\n";
    rig_source_of(&r, "orders")->value = 0;
    cr_assert_eq(put("one", text), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 1000);
    cr_expect_str_eq(seen(), "of-the-pool");
    cr_expect_eq(put("two", strstr(text, "---")), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "ProcessPool/default/w is already defined"), "%s",
                       r.err.text);
}
