/* SPDX-License-Identifier: Apache-2.0 */
/* What can be seen: status structs, JSON, metrics (libkeda/engine/status*.c, metrics.c). */
#include <criterion/criterion.h>

#include <keda/json.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support/rig.h"

static rig r;

static void open_rig(void)
{
    rig_open(&r);
    rig_source_of(&r, "orders")->value = 35.5;
    cr_assert_eq(
        rig_put(&r, "file",
                rig_object("orders", "  minReplicaCount: 1\n  maxReplicaCount: 9\n",
                           "  - {type: script, name: main, metadata: {source: orders}}\n"
                           "  - {type: script, metadata: {source: dead}}\n")),
        KEDA_OK, "%s", r.err.text);
    rig_source_of(&r, "dead")->fails = KEDA_EUNAVAILABLE;
    rig_run(&r, 1000);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(status, .init = open_rig, .fini = close_rig);

Test(status, tells_what_a_workload_is_at)
{
    const keda_workload_status s = rig_workload(&r, "default/orders");
    cr_expect_str_eq(s.id, "default/orders");
    cr_expect_str_eq(s.target, "Callback/orders");
    cr_expect_eq(s.spec_replicas, 4);
    cr_expect_eq(s.min_replicas, 1);
    cr_expect_eq(s.max_replicas, 9);
    cr_expect_eq(s.desired_replicas, 4);
    cr_expect_eq(s.reason, KEDA_REASON_ACTIVATED);
    cr_expect_eq(s.decisions_total, 1);
    cr_expect_eq(s.writes_total, 1);
    cr_expect_eq(s.errors_total, 1);
    cr_expect_eq(s.ntriggers, 2);
    cr_expect_geq(s.last_scale_wall_ms, 0);
    cr_expect_not_null(strstr(s.text, "0 -> 4"), "%s", s.text);
    cr_expect_eq(s.active.status, KEDA_CONDITION_TRUE);
    cr_expect_eq(s.paused.status, KEDA_CONDITION_FALSE);
    cr_expect_str_eq(keda_cause_name(s.paused.cause), "ScaledObjectUnpaused");
}

Test(status, tells_what_a_trigger_is_at)
{
    const keda_trigger_status good = rig_trigger(&r, "default/orders", 0);
    cr_expect_str_eq(good.name, "main");
    cr_expect_str_eq(good.metric, "s0-script-orders");
    cr_expect_eq(good.state, KEDA_READING_OK);
    cr_expect_eq(good.is_active, 1);
    cr_expect_eq(good.age_ms, 1000);
    cr_expect_eq(good.target_milli, 10000);
    cr_expect_float_eq(good.value, 35.5, 1e-9);
    cr_expect_str_eq(good.error, "");
    cr_expect_eq(good.failing_since_ms, -1);
    const keda_trigger_status bad = rig_trigger(&r, "default/orders", 1);
    cr_expect_eq(bad.state, KEDA_READING_UNKNOWN);
    cr_expect_eq(bad.age_ms, -1);
    cr_expect_eq(bad.is_active, -1);
    cr_expect_eq(bad.failures, 1);
    cr_expect_eq(bad.errors_total, 1);
}

Test(status, names_every_failing_trigger_with_its_error)
{
    rig_run(&r, 30000); /* the first decision activates, which leaves Ready alone */
    cr_expect_str_eq(rig_workload(&r, "default/orders").message,
                     "s1-script-dead (script): dead: scripted failure");
    rig_source_of(&r, "orders")->fails = KEDA_EPROTOCOL;
    rig_run(&r, 30000);
    cr_expect_str_eq(rig_workload(&r, "default/orders").message,
                     "s0-script-orders (script): orders: scripted failure; "
                     "s1-script-dead (script): dead: scripted failure");
}

Test(status, counts_the_failing_triggers_that_its_message_has_no_room_for)
{
    static const char one[] = "  - {type: script, metadata: {source: dead}}\n";
    enum { TRIGGERS = 60, LIMIT = 1100 };
    char triggers[TRIGGERS * sizeof one + 1] = "";

    for (size_t i = 0; i < TRIGGERS; i++)
        memcpy(triggers + i * (sizeof one - 1), one, sizeof one);
    cr_assert_eq(rig_put(&r, "more", rig_object("more", NULL, triggers)), KEDA_OK, "%s",
                 r.err.text);
    rig_run(&r, 1000);
    const char *message = rig_workload(&r, "default/more").message;
    const char *rest = strstr(message, "; and ");
    size_t nnamed = 0;
    for (const char *at = message; (at = strstr(at, " (script): ")) != NULL; at++)
        nnamed++;
    cr_expect_lt(strlen(message), LIMIT);
    cr_assert_not_null(rest, "%s", message);
    cr_expect_eq(nnamed + strtoul(rest + strlen("; and "), NULL, 10), TRIGGERS, "%s", message);
}

Test(status, respects_the_size_of_the_callers_struct)
{
    struct {
        keda_workload_status status;
        char behind[16];
    } box;
    memset(&box, 0x7f, sizeof box);
    box.status.struct_size = offsetof(keda_workload_status, spec_replicas);
    cr_assert_eq(keda_engine_find(r.engine, "default/orders", &box.status, &r.err), KEDA_OK);
    cr_expect_str_eq(box.status.id, "default/orders");
    cr_expect_eq(box.status.spec_replicas, 0x7f7f7f7f);
    cr_expect_eq(box.status.struct_size, offsetof(keda_workload_status, spec_replicas));
    box.status.struct_size = 0;
    cr_expect_eq(keda_engine_find(r.engine, "default/orders", &box.status, &r.err),
                 KEDA_EINVAL);
}

Test(status, lists_workloads_in_the_order_of_their_ids)
{
    static const char *const names[] = {"zebra", "apple", "mango"};
    static const char *const ids[] = {"default/apple", "default/mango", "default/orders",
                                      "default/zebra"};
    keda_workload_status s = {.struct_size = sizeof s};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(rig_put(&r, names[i], rig_object(names[i], NULL, NULL)), KEDA_OK);
    cr_expect_eq(keda_engine_workload_count(r.engine), 4);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(keda_engine_workload(r.engine, i, &s, &r.err), KEDA_OK);
        cr_expect_str_eq(s.id, ids[i]);
    }
    cr_expect_eq(keda_engine_workload(r.engine, 4, &s, &r.err), KEDA_ENOTFOUND);
    cr_assert_eq(keda_engine_remove(r.engine, "apple", &r.err), KEDA_OK);
    cr_assert_eq(keda_engine_workload(r.engine, 0, &s, &r.err), KEDA_OK);
    cr_expect_str_eq(s.id, "default/mango");
}

Test(status, says_what_it_does_not_know)
{
    keda_trigger_status t = {.struct_size = sizeof t};
    keda_workload_status w = {.struct_size = sizeof w};
    cr_expect_eq(keda_engine_find(r.engine, "default/none", &w, &r.err), KEDA_ENOTFOUND);
    cr_expect_eq(keda_engine_trigger(r.engine, "default/none", 0, &t, &r.err), KEDA_ENOTFOUND);
    cr_expect_eq(keda_engine_trigger(r.engine, "default/orders", 2, &t, &r.err),
                 KEDA_ENOTFOUND);
}

Test(status, is_written_as_json)
{
    keda_buf text = {0};
    keda_json *root = NULL;
    double value = 0.0;
    cr_assert_eq(keda_engine_status_json(r.engine, NULL, buf_write, &text, &r.err), KEDA_OK);
    cr_assert_eq(keda_json_parse(&root, text.data, text.size, &r.err), KEDA_OK, "%s: %s",
                 r.err.text, text.data);
    const keda_json *item = keda_json_get(root, "items.0");
    cr_expect_str_eq(keda_json_string(keda_json_get(item, "id")), "default/orders");
    cr_expect_str_eq(keda_json_string(keda_json_get(item, "conditions.Active.status")), "True");
    cr_expect_str_eq(keda_json_string(keda_json_get(item, "conditions.Paused.status")),
                     "False");
    cr_assert(keda_json_double(keda_json_get(item, "triggers.0.value"), &value));
    cr_expect_float_eq(value, 35.5, 1e-9);
    cr_expect_eq(keda_json_type_of(keda_json_get(item, "triggers.1.value")), KEDA_JSON_NULL);
    cr_assert(keda_json_double(keda_json_get(item, "replicas.spec"), &value));
    cr_expect_float_eq(value, 4.0, 1e-9);
    keda_json_free(root);
    keda_buf_clear(&text);
    cr_assert_eq(keda_engine_status_json(r.engine, "default/orders", buf_write, &text, &r.err),
                 KEDA_OK);
    cr_expect_eq(strncmp(text.data, "{\"id\":\"default/orders\"", 22), 0, "%s", text.data);
    keda_buf_clear(&text);
    cr_expect_eq(keda_engine_status_json(r.engine, "default/no", buf_write, &text, &r.err),
                 KEDA_ENOTFOUND);
}

#define MAIN                                                                                   \
    "{namespace=\"default\",metric=\"s0-script-orders\",scaledObject=\"orders\","              \
    "scaler=\"main\",triggerIndex=\"0\",type=\"scaledobject\"}"
#define DEAD                                                                                   \
    "{namespace=\"default\",metric=\"s1-script-dead\",scaledObject=\"orders\","                \
    "scaler=\"scriptScaler\",triggerIndex=\"1\",type=\"scaledobject\"}"

Test(status, has_metrics_under_the_names_of_keda)
{
    static const char *const wanted[] = {
        "keda_build_info{version=",
        "keda_scaler_active" MAIN " 1\n",
        "keda_scaler_metrics_value" MAIN " 35.5\n",
        "keda_scaler_metrics_latency_seconds" MAIN " 0\n",
        "keda_scaler_detail_errors_total" MAIN " 0\n",
        "keda_scaler_detail_errors_total" DEAD " 1\n",
        "keda_scaler_failing_seconds" DEAD " 1\n",
        "keda_scaled_object_errors_total{namespace=\"default\",scaledObject=\"orders\"} 1\n",
        "keda_scaled_object_paused{namespace=\"default\",scaledObject=\"orders\"} 0\n",
        "keda_trigger_registered_total{type=\"script\"} 2\n",
        "keda_resource_registered_total{type=\"scaled_object\",namespace=\"default\"} 1\n",
        "keda_internal_scale_loop_latency_seconds{namespace=\"default\",type=\"scaledobject\","
        "resource=\"orders\"} 0\n",
        "keda_scaled_object_current_replicas{namespace=\"default\",scaledObject=\"orders\"} "
        "4\n",
        "keda_scaled_object_decisions_total{namespace=\"default\",scaledObject=\"orders\","
        "reason=\"Activated\"} 1\n",
        "# TYPE keda_scaler_active gauge\n",
    };
    const char *text = rig_metrics(&r);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect_not_null(strstr(text, wanted[i]), "%s not in\n%s", wanted[i], text);
    cr_expect_null(strstr(text, "keda_scaler_metrics_value" DEAD), "it has no value");
}

Test(status, counts_resources_by_namespace)
{
    cr_assert_eq(
        rig_put(&r, "more",
                "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                "metadata: {name: a, namespace: shop}\n"
                "spec: {scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
                "name: a}, triggers: [{type: script, metadata: {source: orders}}]}\n"
                "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                "metadata: {name: b, namespace: shop}\n"
                "spec: {scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
                "name: b}, triggers: [{type: script, metadata: {source: orders}}]}\n"),
        KEDA_OK, "%s", r.err.text);
    const char *text = rig_metrics(&r);
    cr_expect_not_null(strstr(text, "{type=\"scaled_object\",namespace=\"shop\"} 2\n"), "%s",
                       text);
    cr_expect_not_null(strstr(text, "{type=\"scaled_object\",namespace=\"default\"} 1\n"));
}

Test(status, loses_the_series_of_what_is_gone)
{
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    cr_expect_null(strstr(rig_metrics(&r), "scaledObject="));
}

static keda_status refuse(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    ++*(size_t *)user;
    return KEDA_EUNAVAILABLE;
}

Test(status, stops_writing_when_the_writer_fails)
{
    size_t ncalls = 0;
    cr_expect_eq(keda_engine_metrics(r.engine, refuse, &ncalls, &r.err), KEDA_EUNAVAILABLE);
    cr_expect_eq(ncalls, 1);
    cr_expect_eq(keda_engine_status_json(r.engine, NULL, refuse, &ncalls, &r.err),
                 KEDA_EUNAVAILABLE);
    cr_expect_eq(ncalls, 2);
}
