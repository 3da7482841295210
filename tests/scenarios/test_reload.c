/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that come, change and go while workloads run. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/rig.h"

static rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(reload, .init = open_rig, .fini = close_rig);

#define AUTH                                                                                   \
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: auth}\n" \
    "spec: {secretTargetRef: [{parameter: password, name: keys, key: pw}]}\n"
#define SECRET(pw)                                                                             \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {pw: " pw "}\n"
#define WITH_AUTH                                                                              \
    "  - {type: script, metadata: {source: orders}, authenticationRef: {name: auth}}\n"

static const char *joined(const char *a, const char *b, const char *c)
{
    static char text[16384];
    (void)snprintf(text, sizeof text, "%s%s%s", a, b, c);
    return text;
}

static void put(const char *id, const char *text)
{
    cr_assert_eq(rig_put(&r, id, text), KEDA_OK, "%s\n%s", r.err.text, rig_findings(&r));
}

Test(reload, leaves_unchanged_documents_alone)
{
    rig_source *orders = rig_source_of(&r, "orders");
    const char *text = rig_object("orders", "  pollingInterval: 20\n", NULL);
    orders->value = 5;
    put("file", text);
    rig_run(&r, 30000);
    const size_t asked = orders->nasked;
    put("file", text);
    rig_step(&r);
    cr_expect_eq(orders->nasked, asked, "it is not polled anew");
    cr_expect_eq(orders->nopened, 1);
    put("other", rig_object("second", NULL, NULL));
    cr_assert_eq(keda_engine_remove(r.engine, "other", &r.err), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 100);
    cr_expect_eq(orders->nclosed, 0);
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
}

Test(reload, keeps_history_and_instances_of_a_changed_object)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    put("file", rig_object("orders", "  cooldownPeriod: 100\n", NULL));
    rig_run(&r, 31000);
    const int64_t active = rig_workload(&r, "default/orders").last_active_wall_ms;
    orders->value = 0;
    put("file", rig_object("orders", "  cooldownPeriod: 200\n", NULL));
    rig_run(&r, 150000);
    cr_expect_eq(rig_workload(&r, "default/orders").last_active_wall_ms, active);
    cr_expect_eq(r.replicas, 1, "the new cooldown counts from the old activity");
    cr_expect_eq(orders->nopened, 1);
    rig_run(&r, 90000);
    cr_expect_eq(r.replicas, 0);
}

Test(reload, makes_a_changed_trigger_again)
{
    rig_source *orders = rig_source_of(&r, "orders");
    put("file", rig_object("orders", NULL, NULL));
    rig_step(&r);
    put("file", rig_object("orders", NULL,
                           "  - {type: script, metadata: {source: orders, target: \"20\"}}\n"));
    rig_run(&r, 1000);
    cr_expect_eq(orders->nopened, 2);
    cr_expect_eq(orders->nclosed, 1);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).target_milli, 20000);
}

Test(reload, takes_all_documents_or_none)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    put("file", rig_object("orders", NULL, NULL));
    rig_run(&r, 1000);
    const char *broken =
        joined(rig_object("orders", "  minReplicaCount: 3\n", NULL), "---\n",
               rig_object("second", NULL, "  - {type: scrip, metadata: {}}\n"));
    cr_expect_neq(rig_put(&r, "file", broken), KEDA_OK);
    cr_expect_not_null(strstr(rig_findings(&r), "did you mean \"script\""), "%s",
                       rig_findings(&r));
    rig_run(&r, 60000);
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
    cr_expect_eq(rig_workload(&r, "default/orders").min_replicas, 0);
    cr_expect_eq(r.replicas, 1);
    cr_expect_eq(orders->nopened, 1);
}

Test(reload, refuses_two_workloads_on_one_target)
{
    put("one", rig_object("orders", NULL, NULL));
    const char *second =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: rival}\n"
        "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: "
        "orders}\n"
        "  triggers: [{type: script, metadata: {source: orders}}]\n";
    cr_expect_eq(rig_put(&r, "two", second), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "default/orders"), "%s", r.err.text);
    cr_expect_not_null(strstr(r.err.text, "default/rival"), "%s", r.err.text);
    cr_assert_eq(keda_engine_remove(r.engine, "one", &r.err), KEDA_OK);
    put("two", second);
}

Test(reload, lets_another_workload_take_the_target_over)
{
    rig_source_of(&r, "orders")->value = 25;
    put("one", rig_object("orders", NULL, NULL));
    rig_step(&r);
    cr_assert_eq(r.replicas, 3);
    put("one", "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: heir}\n"
               "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
               "name: orders}\n"
               "  triggers: [{type: script, metadata: {source: orders}}]\n");
    rig_run(&r, 20000);
    cr_expect_eq(r.replicas, 3);
    cr_expect_eq(rig_workload(&r, "default/heir").spec_replicas, 3);
}

Test(reload, refuses_the_same_document_from_two_sources)
{
    put("one", rig_object("orders", NULL, NULL));
    cr_expect_eq(rig_put(&r, "two", rig_object("orders", NULL, NULL)), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "already defined in one:1"), "%s", r.err.text);
}

Test(reload, says_where_a_document_is_defined_already)
{
    put("one", joined("# comment\n---\n", rig_object("orders", NULL, NULL), ""));
    cr_expect_eq(rig_put(&r, "two", rig_object("orders", NULL, NULL)), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "already defined in one:3"), "%s", r.err.text);
    put("one", rig_object("orders", NULL, NULL));
    cr_expect_eq(rig_put(&r, "two", rig_object("orders", NULL, NULL)), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "already defined in one:1"), "it moved: %s",
                       r.err.text);
    cr_expect_eq(rig_put(&r, "two", joined(SECRET("a"), SECRET("b"), "")), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "Secret/default/keys is already defined in two:2"),
                       "%s", r.err.text);
}

Test(reload, warns_of_a_source_without_documents)
{
    put("file", "# nothing yet\n");
    cr_expect_str_eq(rig_findings(&r), "file:1:1: warning: no documents\n");
    put("file", rig_object("orders", NULL, NULL));
    cr_expect_str_eq(rig_findings(&r), "");
}

#define POOL(spec)                                                                             \
    "---\napiVersion: libkeda.io/v1alpha1\nkind: ProcessPool\nmetadata: {name: workers}\n"     \
    "spec: {" spec "}\n"
#define ON_POOL                                                                                \
    "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: pooled}\n"        \
    "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, "           \
    "name: workers}\n"                                                                         \
    "  triggers: [{type: script, metadata: {sourceFromEnv: KEDA_TEST_NOT_SET}}]\n"

Test(reload, does_not_miss_what_is_there_with_errors)
{
    cr_expect_eq(rig_put(&r, "file", POOL("comand: [x]") ON_POOL), KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&r), "command"), "%s", rig_findings(&r));
    cr_expect_null(strstr(rig_findings(&r), "there is no"), "%s", rig_findings(&r));
    cr_expect_null(strstr(rig_findings(&r), "error: spec.triggers"), "%s", rig_findings(&r));
    cr_expect_eq(rig_put(&r, "file",
                         joined(rig_object("orders", NULL, WITH_AUTH), AUTH,
                                "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"
                                "stringData: [pw]\n")),
                 KEDA_EINVAL);
    cr_expect_null(strstr(rig_findings(&r), "there is no"), "%s", rig_findings(&r));
    cr_expect_eq(
        rig_put(&r, "file",
                joined(rig_object("orders", NULL, WITH_AUTH),
                       "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
                       "metadata: {name: auth}\nspec: {secretTargetRef: {}}\n",
                       "")),
        KEDA_EINVAL);
    cr_expect_null(strstr(rig_findings(&r), "there is no"), "%s", rig_findings(&r));
    cr_expect_eq(keda_engine_workload_count(r.engine), 0);
}

Test(reload, tells_errors_of_what_others_use_alone)
{
    put("secrets", SECRET("first"));
    put("file", joined(rig_object("orders", NULL, WITH_AUTH), AUTH, ""));
    cr_expect_eq(rig_put(&r, "secrets",
                         "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"
                         "stringData: [pw]\n"),
                 KEDA_EINVAL);
    cr_expect_eq(rig_findings(&r)[0], 's', "%s", rig_findings(&r));
    cr_expect_null(strstr(rig_findings(&r), "there is no"), "%s", rig_findings(&r));
    cr_expect_null(strstr(rig_findings(&r), "no longer work"), "%s", rig_findings(&r));
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "first");
}

Test(reload, says_which_kinds_are_not_supported)
{
    static const char *const kinds[] = {"keda.sh/v1alpha1\nkind: ScaledJob",
                                        "eventing.keda.sh/v1alpha1\nkind: CloudEventSource"};
    static const bool are_errors[] = {true, false};
    for (size_t i = 0; i < 2; i++) {
        const keda_status rc = rig_put(
            &r, "file", joined("apiVersion: ", kinds[i], "\nmetadata: {name: x}\nspec: {}\n"));
        cr_expect_eq(rc, are_errors[i] ? KEDA_EINVAL : KEDA_OK, "%s", kinds[i]);
        cr_expect_not_null(strstr(rig_findings(&r), " is not supported by this version"), "%s",
                           rig_findings(&r));
    }
}

Test(reload, leaves_the_replicas_of_a_removed_workload)
{
    rig_source_of(&r, "orders")->value = 25;
    put("file", rig_object("orders", NULL, NULL));
    rig_run(&r, 1000);
    cr_assert_eq(r.replicas, 3);
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 3);
    cr_expect_eq(rig_source_of(&r, "orders")->nclosed, 1);
    cr_expect_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_ENOTFOUND);
}

Test(reload, restores_the_original_count_where_asked_to)
{
    rig_source_of(&r, "orders")->value = 45;
    r.replicas = 2;
    put("file",
        rig_object("orders", "  advanced: {restoreToOriginalReplicaCount: true}\n", NULL));
    rig_run(&r, 60000);
    cr_assert_eq(r.replicas, 5);
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    rig_run(&r, 1000);
    cr_expect_eq(r.replicas, 2);
    cr_expect(rig_logged(&r, "original count restored"), "%s", r.log.data);
}

Test(reload, needs_what_is_referred_to)
{
    cr_expect_eq(rig_put(&r, "file", rig_object("orders", NULL, WITH_AUTH)), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "there is no TriggerAuthentication default/auth"),
                       "%s", r.err.text);
    cr_expect_eq(rig_put(&r, "file", joined(rig_object("orders", NULL, WITH_AUTH), AUTH, "")),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "parameter \"password\": there is no Secret keys"),
                       "%s", r.err.text);
    put("file", joined(rig_object("orders", NULL, WITH_AUTH), AUTH, SECRET("first")));
    rig_step(&r);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "first");
}

Test(reload, gives_a_changed_secret_to_those_who_use_it)
{
    rig_source *orders = rig_source_of(&r, "orders");
    put("secrets", SECRET("first"));
    put("file", joined(rig_object("orders", NULL, WITH_AUTH), AUTH, ""));
    put("other", rig_object("second", NULL, NULL));
    rig_run(&r, 40000);
    cr_assert_str_eq(orders->secret, "first");
    put("secrets", SECRET("other"));
    rig_run(&r, 40000);
    cr_expect_str_eq(orders->secret, "other");
    cr_expect_eq(orders->nclosed, 1);
    cr_expect_eq(rig_source_of(&r, "second")->nopened, 1, "who does not use it runs on");
}

Test(reload, refuses_to_take_away_what_is_in_use)
{
    put("secrets", SECRET("first"));
    put("file", joined(rig_object("orders", NULL, WITH_AUTH), AUTH, ""));
    cr_expect_eq(keda_engine_remove(r.engine, "secrets", &r.err), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "keys"), "%s", r.err.text);
    cr_expect_null(strstr(r.err.text, "first"));
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "first");
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    cr_expect_eq(keda_engine_remove(r.engine, "secrets", &r.err), KEDA_OK, "%s", r.err.text);
}

Test(reload, replaces_all_sources_at_once)
{
    put("one", rig_object("orders", NULL, NULL));
    put("two", rig_object("second", NULL, NULL));
    rig_step(&r);
    const char *texts[] = {rig_object("orders", NULL, NULL), rig_object("third", NULL, NULL)};
    const keda_source sources[] = {
        {sizeof(keda_source), "moved", texts[0], strlen(texts[0])},
        {sizeof(keda_source), "new", texts[1], strlen(texts[1])},
    };
    cr_assert_eq(keda_engine_replace(r.engine, sources, 2, sizeof sources[0], NULL, &r.err),
                 KEDA_OK, "%s", r.err.text);
    rig_step(&r);
    cr_expect_eq(keda_engine_workload_count(r.engine), 2);
    cr_expect_eq(rig_source_of(&r, "orders")->nopened, 1, "it only moved to another source");
    cr_expect_eq(rig_source_of(&r, "second")->nclosed, 1);
    cr_expect_eq(keda_engine_remove(r.engine, "one", &r.err), KEDA_ENOTFOUND);
    cr_expect_eq(keda_engine_remove(r.engine, "moved", &r.err), KEDA_OK);
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
}

Test(reload, checks_without_changing_anything)
{
    keda_findings *findings = NULL;
    const char *text =
        rig_object("second", NULL, "  - {type: script, metadata: {sourse: x}}\n");
    const keda_source source = {sizeof source, "try", text, strlen(text)};
    put("one", rig_object("orders", NULL, NULL));
    cr_assert_eq(keda_findings_new(&findings, NULL), KEDA_OK);
    cr_expect_eq(keda_engine_check(r.engine, &source, 1, sizeof source, findings, &r.err),
                 KEDA_EINVAL);
    cr_expect_eq(keda_findings_errors(findings), 1, "the missing source");
    cr_expect_eq(keda_findings_count(findings), 2, "and the unknown sourse");
    keda_findings_free(findings);
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
    cr_expect_eq(keda_engine_remove(r.engine, "one", &r.err), KEDA_OK);
}

Test(reload, says_where_a_parameter_is_wrong)
{
    cr_expect_eq(rig_put(&r, "a.yaml",
                         rig_object("orders", NULL,
                                    "  - type: script\n    metadata:\n      source: x\n"
                                    "      target: \"many\"\n")),
                 KEDA_EINVAL);
    cr_expect_eq(strncmp(rig_findings(&r),
                         "a.yaml:10:15: error: spec.triggers[0].metadata.target: ", 55),
                 0, "%s", rig_findings(&r));
}

Test(reload, says_what_the_type_itself_found)
{
    cr_expect_eq(rig_put(&r, "a.yaml", rig_object("forbidden", NULL, NULL)), KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&r), "spec.triggers[0]: this source is forbidden"),
                       "%s", rig_findings(&r));
}

Test(reload, never_shows_a_secret)
{
    cr_expect_eq(
        rig_put(&r, "a.yaml",
                joined(rig_object("orders", NULL,
                                  "  - {type: script, metadata: {source: orders, target: "
                                  "\"x\"}, authenticationRef: {name: auth}}\n"),
                       AUTH, SECRET("topsecret"))),
        KEDA_EINVAL);
    cr_expect_null(strstr(rig_findings(&r), "topsecret"), "%s", rig_findings(&r));
}

Test(reload, refuses_a_target_it_cannot_scale)
{
    const char *text =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n"
        "spec:\n  scaleTargetRef: {name: web}\n"
        "  triggers: [{type: script, metadata: {source: web}}]\n";
    const keda_source source = {sizeof source, "try", text, strlen(text)};
    cr_expect_eq(rig_put(&r, "file", text), KEDA_EUNSUPPORTED);
    cr_expect_not_null(strstr(r.err.text, "apps/v1 Deployment"), "%s", r.err.text);
    cr_expect_not_null(strstr(r.err.text, "kinds that can be: "), "%s", r.err.text);
    keda_findings *findings = NULL;
    cr_assert_eq(keda_findings_new(&findings, NULL), KEDA_OK);
    cr_expect_eq(keda_engine_check(r.engine, &source, 1, sizeof source, findings, &r.err),
                 KEDA_OK, "but it is a valid document: %s", r.err.text);
    cr_assert_eq(keda_findings_count(findings), 1);
    const char *message = keda_findings_at(findings, 0)->message;
    cr_expect_not_null(
        strstr(message, "kind Deployment of apps/v1 needs a cluster: kedad -f refuses it"),
        "%s", message);
    cr_expect_not_null(strstr(message, "ProcessPool"), "%s", message);
    cr_expect_not_null(strstr(message, "Callback"), "%s", message);
    keda_findings_free(findings);
}

Test(reload, leaves_out_documents_of_others)
{
    put("file", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n");
    cr_expect_not_null(
        strstr(rig_findings(&r), "warning: kind: apps/v1 Deployment is not used"), "%s",
        rig_findings(&r));
    cr_expect_eq(rig_put(&r, "file",
                         "apiVersion: keda.sh/v1alpha1\nkind: ScaledObjekt\n"
                         "metadata: {name: x}\nspec: {}\n"),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "ScaledObject"), "%s", r.err.text);
}
