/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of the engine (libkeda/engine/hosted.c), and the environment of targets. */
#include <criterion/criterion.h>

#include <stdio.h>
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
    cr_expect_eq(engine_trigger_code(r.engine, "default/orders", 0), KEDA_EAUTH);
    rig_source_of(&r, "orders")->fails = KEDA_OK;
    rig_run(&r, 120000);
    cr_expect_eq(h.changed, 2);
    cr_expect_eq(engine_trigger_code(r.engine, "default/orders", 0), KEDA_OK);
    engine_set_observer(r.engine, NULL);
    const size_t before = h.decided;
    rig_run(&r, 60000);
    cr_expect_eq(h.decided, before);
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
