/* SPDX-License-Identifier: Apache-2.0 */
/* A workload from zero to many and back, on a fake clock with scripted peers. */
#include <criterion/criterion.h>

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

TestSuite(scaling, .init = open_rig, .fini = close_rig);

static void put(const char *spec)
{
    cr_assert_eq(rig_put(&r, "file", rig_object("orders", spec, NULL)), KEDA_OK, "%s",
                 r.err.text);
}

Test(scaling, goes_from_zero_to_many_and_back)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 95;
    put("  maxReplicaCount: 10\n  cooldownPeriod: 60\n");
    rig_step(&r);
    cr_expect_eq(r.replicas, 4, "from zero the doubling limit starts at one: %d", r.replicas);
    rig_run(&r, 15000);
    cr_expect_eq(r.replicas, 8);
    rig_run(&r, 30000);
    cr_expect_eq(r.replicas, 10);
    orders->value = 0;
    rig_run(&r, 95000);
    cr_expect_eq(r.replicas, 0);
    cr_expect(rig_logged(&r, "info scaled workload=default/orders from=0 to=4"), "%s",
              r.log.data);
    cr_expect(rig_logged(&r, "to=0 reason=Deactivated"), "%s", r.log.data);
}

Test(scaling, polls_at_once_and_then_every_interval)
{
    put("  pollingInterval: 10\n");
    const rig_source *orders = rig_source_of(&r, "orders");
    rig_step(&r);
    cr_expect_eq(orders->nasked, 1);
    rig_run(&r, 100000);
    cr_expect_eq(orders->nasked, 11);
}

Test(scaling, waits_for_the_cooldown)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    put("  pollingInterval: 10\n  cooldownPeriod: 120\n");
    rig_run(&r, 30000);
    cr_assert_eq(r.replicas, 1);
    orders->value = 0;
    rig_run(&r, 100000);
    cr_expect_eq(r.replicas, 1);
    cr_expect_not_null(strstr(rig_metrics(&r), "reason=\"Cooldown\"}"), "%s", rig_metrics(&r));
    rig_run(&r, 40000);
    cr_expect_eq(r.replicas, 0);
}

Test(scaling, samples_for_syncs_only_above_zero)
{
    rig_source *orders = rig_source_of(&r, "orders");
    put("  pollingInterval: 300\n");
    rig_run(&r, 250000);
    cr_expect_leq(orders->nasked, 2, "polls only: %zu", orders->nasked);
    orders->value = 5;
    rig_run(&r, 301000);
    cr_assert_eq(r.replicas, 1);
    const size_t before = orders->nasked;
    rig_run(&r, 60000);
    cr_expect_geq(orders->nasked, before + 4);
    cr_expect_eq(orders->due & KEDA_POLL_SYNC, KEDA_POLL_SYNC);
}

Test(scaling, shares_one_sample_between_poll_and_sync)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    put("  pollingInterval: 30\n");
    rig_run(&r, 60000);
    const size_t before = orders->nasked;
    rig_run(&r, 300000);
    cr_expect_eq(orders->nasked - before, 20, "a sync each 15 s, no more: %zu",
                 orders->nasked - before);
}

Test(scaling, takes_the_last_poll_for_syncs_with_cached_metrics)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", "  pollingInterval: 60\n",
                                    "  - {type: script, useCachedMetrics: true, metadata: "
                                    "{source: orders}}\n")),
                 KEDA_OK, "%s", r.err.text);
    rig_run(&r, 600000);
    cr_expect_eq(r.replicas, 1);
    cr_expect_leq(orders->nasked, 12, "%zu", orders->nasked);
}

Test(scaling, follows_the_largest_of_several_triggers)
{
    rig_source_of(&r, "a")->value = 25;
    rig_source_of(&r, "b")->value = 3;
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", NULL,
                                    "  - {type: script, metadata: {source: a}}\n"
                                    "  - {type: script, metadata: {source: b}}\n")),
                 KEDA_OK, "%s", r.err.text);
    rig_step(&r);
    cr_expect_eq(r.replicas, 3);
}

Test(scaling, adds_up_several_readings_of_one_metric)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 10;
    orders->nvalues = 3;
    put(NULL);
    rig_step(&r);
    cr_expect_eq(r.replicas, 3);
    cr_expect_float_eq(rig_trigger(&r, "default/orders", 0).value, 30.0, 1e-9);
}

Test(scaling, believes_a_scaler_about_its_activity)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 50;
    orders->is_active_set = true;
    orders->is_active = false;
    put(NULL);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 0);
    orders->is_active = true;
    rig_run(&r, 30000);
    cr_expect_gt(r.replicas, 0);
}

Test(scaling, holds_still_while_paused)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 50;
    r.replicas = 2;
    const char *paused = "apiVersion: keda.sh/v1alpha1\n"
                         "kind: ScaledObject\n"
                         "metadata: {name: orders, annotations: "
                         "{autoscaling.keda.sh/paused: \"true\"}}\n"
                         "spec:\n"
                         "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
                         "name: orders}\n"
                         "  triggers: [{type: script, metadata: {source: orders}}]\n";
    cr_assert_eq(rig_put(&r, "file", paused), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 120000);
    cr_expect_eq(r.replicas, 2);
    cr_expect_eq(orders->nasked, 0);
    cr_expect_eq(rig_workload(&r, "default/orders").paused.status, KEDA_CONDITION_TRUE);
    put(NULL);
    rig_run(&r, 30000);
    cr_expect_gt(r.replicas, 2);
    cr_expect_eq(rig_workload(&r, "default/orders").paused.status, KEDA_CONDITION_FALSE);
}

Test(scaling, decides_and_writes_nothing_in_a_dry_run)
{
    rig_close(&r);
    rig_init(&r);
    r.options.is_dry_run = 1;
    rig_start(&r);
    rig_source_of(&r, "orders")->value = 50;
    put(NULL);
    rig_run(&r, 120000);
    cr_expect_eq(r.nsets, 0);
    cr_expect_eq(rig_workload(&r, "default/orders").desired_replicas, 4);
    cr_expect_eq(rig_count_logged(&r, "would scale (dry run)"), 1, "%s", r.log.data);
}

Test(scaling, observes_and_decides_again_after_a_lost_race)
{
    rig_source_of(&r, "orders")->value = 35;
    r.refuses = KEDA_ECONFLICT;
    r.nrefusals = 2;
    put(NULL);
    rig_step(&r);
    cr_expect_eq(r.replicas, 4);
    cr_expect_eq(r.nsets, 3);
    cr_expect_eq(r.ngets, 3);
    cr_expect_eq(r.ndecisions, 1, "one decision is told");
}

Test(scaling, gives_up_after_three_more_tries)
{
    rig_source_of(&r, "orders")->value = 35;
    r.refuses = KEDA_ECONFLICT;
    put(NULL);
    rig_step(&r);
    cr_expect_eq(r.nsets, 4);
    cr_expect_eq(r.replicas, 0);
    cr_expect(rig_logged(&r, "error scale failed workload=default/orders from=0 to=4"), "%s",
              r.log.data);
    r.refuses = KEDA_OK;
    rig_run(&r, 30000);
    cr_expect_eq(r.replicas, 4);
}

Test(scaling, logs_a_failing_write_once)
{
    rig_source_of(&r, "orders")->value = 35;
    r.refuses = KEDA_EUNAVAILABLE;
    put("  pollingInterval: 5\n");
    rig_run(&r, 60000);
    cr_expect_eq(rig_count_logged(&r, "scale failed"), 1, "%s", r.log.data);
    cr_expect_gt(rig_workload(&r, "default/orders").errors_total, 5);
}
