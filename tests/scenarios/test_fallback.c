/* SPDX-License-Identifier: Apache-2.0 */
/* Triggers that keep failing and what stands in for them, formulas over triggers, and why (KEDA: fallback,
 * scalingModifiers, useCachedMetrics). */
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

TestSuite(fallback, .init = open_rig, .fini = close_rig);

#define FALLBACK "  fallback: {failureThreshold: 2, replicas: 6}\n"
#define TWO                                                                                    \
    "  - {type: script, name: a, metadata: {source: a}}\n"                                     \
    "  - {type: script, name: b, metadata: {source: b}}\n"

static void put(const char *spec, const char *triggers)
{
    cr_assert_eq(rig_put(&r, "file", rig_object("orders", spec, triggers)), KEDA_OK, "%s",
                 r.err.text);
    cr_expect_null(strstr(rig_findings(&r), "not honoured"), "%s", rig_findings(&r));
}

static keda_status collect(const char *bytes, size_t size, void *user)
{
    char *text = user;
    cr_assert_lt(strlen(text) + size, 4096);
    strncat(text, bytes, size);
    return KEDA_OK;
}

static const char *explain(int64_t wall_ms)
{
    static char text[4096];
    keda_error err = KEDA_ERROR_INIT;
    text[0] = '\0';
    const keda_status rc =
        keda_engine_explain(r.engine, "default/orders", wall_ms, collect, text, &err);
    if (rc != KEDA_OK)
        (void)snprintf(text, sizeof text, "%s", err.text);
    return text;
}

Test(fallback, holds_the_count_until_the_threshold_and_then_asks_for_its_own)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 25;
    put(FALLBACK "  pollingInterval: 15\n", NULL);
    rig_run(&r, 60000);
    cr_assert_eq(r.replicas, 3);
    orders->fails = KEDA_EUNAVAILABLE;
    rig_run(&r, 30000);
    cr_expect_eq(r.replicas, 3, "failed twice");
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).fallback_failures, 2);
    cr_expect_eq(rig_workload(&r, "default/orders").fallback.cause,
                 KEDA_CAUSE_NO_FALLBACK_FOUND);
    rig_run(&r, 15000);
    cr_expect_eq(r.replicas, 6, "failed three times");
    cr_expect(rig_trigger(&r, "default/orders", 0).is_fallback);
    cr_expect_eq(rig_workload(&r, "default/orders").fallback.cause, KEDA_CAUSE_FALLBACK_EXISTS);
    cr_expect_not_null(strstr(explain(-1), "fallback"), "%s", explain(-1));
    orders->fails = KEDA_OK;
    rig_run(&r, 600000);
    cr_expect_eq(r.replicas, 3);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).fallback_failures, 0);
}

Test(fallback, brings_a_workload_up_from_zero)
{
    rig_source_of(&r, "orders")->fails = KEDA_EUNAVAILABLE;
    put(FALLBACK, NULL);
    rig_run(&r, 25000);
    cr_expect_eq(r.replicas, 0, "not more than two failures");
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 6);
}

Test(fallback, counts_a_failure_once_when_a_write_meets_a_conflict)
{
    rig_source *orders = rig_source_of(&r, "orders");
    put(FALLBACK "  pollingInterval: 15\n  minReplicaCount: 2\n", NULL);
    orders->fails = KEDA_EUNAVAILABLE;
    r.refuses = KEDA_ECONFLICT;
    r.nrefusals = 2;
    rig_run(&r, 1000);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).fallback_failures, 1);
}

Test(fallback, makes_one_metric_of_several_by_a_formula)
{
    rig_source_of(&r, "a")->value = 12;
    rig_source_of(&r, "b")->value = 30;
    put("  advanced: {scalingModifiers: {formula: a + b, target: '7'}}\n", TWO);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 6, "42 / 7");
    cr_expect(rig_workload(&r, "default/orders").has_composite);
    cr_expect_eq(rig_workload(&r, "default/orders").composite_milli, 42000);
    cr_expect_not_null(strstr(explain(-1), "42"), "%s", explain(-1));
}

Test(fallback, is_inactive_by_a_formula_at_or_below_its_activation_target)
{
    rig_source_of(&r, "a")->value = 12;
    rig_source_of(&r, "b")->value = 30;
    put("  cooldownPeriod: 10\n  advanced: {scalingModifiers: {formula: a - b + 18, target: "
        "'7', "
        "activationTarget: '0'}}\n",
        TWO);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 0);
    rig_source_of(&r, "a")->value = 13;
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 1);
}

Test(fallback, never_scales_in_for_a_formula_that_fails)
{
    rig_source_of(&r, "a")->value = 40;
    rig_source_of(&r, "b")->value = 10;
    put("  cooldownPeriod: 1\n  advanced: {scalingModifiers: {formula: 'b > 20 ? [a][2] : a', "
        "target: '10'}}\n",
        TWO);
    rig_run(&r, 60000);
    cr_assert_eq(r.replicas, 4);
    rig_source_of(&r, "b")->value = 21;
    rig_run(&r, 3600000);
    cr_expect_eq(r.replicas, 4);
}

Test(fallback, gives_a_formula_nil_for_a_trigger_that_keeps_failing)
{
    rig_source_of(&r, "a")->fails = KEDA_EUNAVAILABLE;
    rig_source_of(&r, "b")->value = 50;
    put("  fallback: {failureThreshold: 1, replicas: 9, behavior: scalingModifiers}\n"
        "  advanced: {scalingModifiers: {formula: a ?? b, target: '10'}}\n",
        TWO);
    rig_run(&r, 120000);
    cr_expect_eq(r.replicas, 5);
}

Test(fallback, refuses_a_formula_with_its_place)
{
    cr_assert_neq(rig_put(&r, "file",
                          rig_object("orders",
                                     "  advanced: {scalingModifiers: {formula: a + c, target: "
                                     "'7'}}\n",
                                     TWO)),
                  KEDA_OK);
    cr_expect_not_null(strstr(rig_findings(&r), "spec.advanced.scalingModifiers.formula"), "%s",
                       rig_findings(&r));
    cr_expect_not_null(strstr(rig_findings(&r), "c"));
}

Test(fallback, takes_the_last_poll_where_metrics_are_cached)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 25;
    put("  pollingInterval: 60\n",
        "  - {type: script, useCachedMetrics: true, metadata: {source: orders}}\n");
    rig_run(&r, 60000);
    const size_t asked = orders->nasked;
    orders->value = 95;
    rig_run(&r, 59000);
    cr_expect_leq(orders->nasked, asked + 1);
    rig_run(&r, 90000);
    cr_expect_eq(r.replicas, 10);
}

Test(fallback, explains_decisions_by_time)
{
    rig_source *orders = rig_source_of(&r, "orders");
    cr_expect_str_eq(explain(-1), "there is no workload default/orders");
    put("  cooldownPeriod: 1\n", NULL);
    cr_expect_str_eq(explain(-1), "default/orders: no decision has been made yet");
    rig_run(&r, 60000);
    const int64_t idle_ms = r.clock.wall_ms;
    orders->value = 35;
    rig_run(&r, 120000);
    cr_expect_not_null(strstr(explain(-1), "4"), "%s", explain(-1));
    cr_expect_not_null(strstr(explain(idle_ms), "Inactive"), "%s", explain(idle_ms));
    cr_expect_str_eq(explain(1),
                     "default/orders: the decisions that are kept were all made later");
}

/* ---- readings that are kept for too long (Q9a) */

static size_t asked_in_a_minute(uint32_t deviations)
{
    rig own;
    rig_init(&own);
    own.options.deviations = deviations;
    own.options.has_deviations = 1;
    rig_start(&own);
    rig_source *orders = rig_source_of(&own, "orders");
    orders->value = 25;
    cr_assert_eq(rig_put(&own, "file",
                         rig_object("orders", "  pollingInterval: 60\n",
                                    "  - {type: script, useCachedMetrics: true, metadata: "
                                    "{source: orders}}\n")),
                 KEDA_OK, "%s", own.err.text);
    rig_run(&own, 120000);
    cr_assert_eq(own.replicas, 3);
    orders->fails = KEDA_EINVAL; /* which does not back off */
    rig_run(&own, 240000);
    const size_t before = orders->nasked;
    rig_run(&own, 60000);
    const size_t asked = orders->nasked - before;
    rig_close(&own);
    return asked;
}

Test(cached, deviates_by_name_q9a_a_kept_reading_expires)
{
    cr_expect_eq(asked_in_a_minute(0), 1, "the poll");
    cr_expect_gt(asked_in_a_minute(KEDA_DEVIATION_CACHED_EXPIRES), 2, "syncs too");
}
