/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that fail, hang, answer late or come back: nothing is scaled because of what is unknown. */
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

TestSuite(unknown, .init = open_rig, .fini = close_rig);

static void put(const char *spec)
{
    cr_assert_eq(rig_put(&r, "file", rig_object("orders", spec, NULL)), KEDA_OK, "%s",
                 r.err.text);
}

Test(unknown, keeps_replicas_while_the_source_fails)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 65;
    put("  pollingInterval: 5\n  cooldownPeriod: 1\n");
    rig_run(&r, 60000);
    cr_assert_eq(r.replicas, 7);
    orders->fails = KEDA_EUNAVAILABLE;
    rig_run(&r, 3600000);
    cr_expect_eq(r.replicas, 7);
    const keda_trigger_status t = rig_trigger(&r, "default/orders", 0);
    cr_expect_eq(t.state, KEDA_READING_UNKNOWN);
    cr_expect_not_null(strstr(t.error, "scripted failure"));
    cr_expect_geq(t.failing_since_ms, 0);
    cr_expect_geq(t.age_ms, 3600000 - 5000);
    cr_expect_float_eq(t.value, 65.0, 1e-9, "the last good value stays to be seen");
    orders->fails = KEDA_OK;
    orders->value = 90;
    rig_run(&r, 80000);
    cr_expect_eq(r.replicas, 9);
    cr_expect_eq(rig_count_logged(&r, "warn trigger failing workload=default/orders trigger=0"),
                 1, "%s", r.log.data);
    cr_expect_eq(rig_count_logged(&r, "info trigger recovered"), 1, "%s", r.log.data);
}

Test(unknown, does_not_start_from_zero_on_an_error)
{
    rig_source_of(&r, "orders")->fails = KEDA_EPROTOCOL;
    put(NULL);
    rig_run(&r, 600000);
    cr_expect_eq(r.replicas, 0);
    cr_expect_eq(r.nsets, 0);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).state, KEDA_READING_FAILED);
    cr_expect_eq(rig_workload(&r, "default/orders").ready.status, KEDA_CONDITION_FALSE);
    cr_expect_not_null(strstr(rig_workload(&r, "default/orders").message, "scripted failure"));
}

Test(unknown, lets_the_other_trigger_scale_up)
{
    rig_source_of(&r, "dead")->fails = KEDA_ETIMEOUT;
    rig_source_of(&r, "alive")->value = 42;
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", NULL,
                                    "  - {type: script, metadata: {source: dead}}\n"
                                    "  - {type: script, metadata: {source: alive}}\n")),
                 KEDA_OK, "%s", r.err.text);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 5);
    rig_source_of(&r, "alive")->value = 1;
    rig_run(&r, 3600000);
    cr_expect_eq(r.replicas, 5, "the dead one may have much to do");
}

Test(unknown, decides_at_the_deadline_without_the_silent_one)
{
    rig_source *dead = rig_source_of(&r, "dead");
    dead->is_held = true;
    rig_source_of(&r, "alive")->value = 42;
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", NULL,
                                    "  - {type: script, metadata: {source: dead}}\n"
                                    "  - {type: script, metadata: {source: alive}}\n")),
                 KEDA_OK, "%s", r.err.text);
    rig_run(&r, 2999);
    cr_expect_eq(r.ndecisions, 0);
    rig_run(&r, 1);
    cr_expect_eq(r.ndecisions, 1);
    cr_expect_gt(r.replicas, 0);
    cr_expect_eq(dead->ncancelled, 1);
    cr_expect_not_null(
        strstr(rig_trigger(&r, "default/orders", 0).error, "no answer within 3000"));
    rig_release(&r, dead);
    rig_step(&r);
}

Test(unknown, has_a_shorter_deadline_with_a_short_interval)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->is_held = true;
    put("  pollingInterval: 1\n");
    rig_run(&r, 999);
    cr_expect_eq(r.ndecisions, 0);
    rig_run(&r, 1);
    cr_expect_geq(r.ndecisions, 1);
    rig_release(&r, orders);
    rig_step(&r);
}

Test(unknown, drops_an_answer_that_comes_late)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->is_held = true;
    orders->value = 50;
    put(NULL);
    rig_run(&r, 3000);
    orders->is_held = false;
    rig_release(&r, orders);
    rig_step(&r);
    cr_expect_eq(r.replicas, 0, "not from the late one");
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).age_ms, -1);
    rig_run(&r, 30000);
    cr_expect_geq(r.replicas, 4);
}

Test(unknown, asks_no_second_time_while_a_poll_hangs)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->is_held = true;
    put("  pollingInterval: 5\n");
    rig_run(&r, 600000);
    cr_expect_eq(orders->nasked, 1);
    cr_expect_eq(r.replicas, 0);
    orders->is_held = false;
    orders->value = 20;
    rig_release(&r, orders);
    rig_run(&r, 90000);
    cr_expect_eq(r.replicas, 2);
}

Test(unknown, asks_a_failing_source_less_and_less_often)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->fails = KEDA_EUNAVAILABLE;
    put("  pollingInterval: 1\n");
    rig_run(&r, 600000);
    cr_expect_leq(orders->nasked, 20, "%zu polls of 600", orders->nasked);
    cr_expect_geq(orders->nasked, 10);
    orders->fails = KEDA_OK;
    rig_run(&r, 75000);
    const size_t before = orders->nasked;
    rig_run(&r, 20000);
    cr_expect_geq(orders->nasked, before + 20, "the first success resets it");
}

Test(unknown, writes_nothing_while_the_target_cannot_be_read)
{
    rig_source_of(&r, "orders")->value = 50;
    r.replicas = -1;
    put(NULL);
    rig_run(&r, 300000);
    cr_expect_eq(r.nsets, 0);
    cr_expect_eq(r.reason, KEDA_REASON_UNREADABLE);
    cr_expect_eq(rig_count_logged(&r, "target unknown"), 1, "%s", r.log.data);
    cr_expect_eq(rig_workload(&r, "default/orders").spec_replicas, -1);
    r.replicas = 0;
    rig_run(&r, 30000);
    cr_expect_geq(r.replicas, 4);
    cr_expect_eq(rig_count_logged(&r, "target known again"), 1, "%s", r.log.data);
}

Test(unknown, opens_again_what_could_not_be_opened)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->opens = KEDA_EUNAVAILABLE;
    orders->value = 50;
    put("  pollingInterval: 2\n");
    rig_run(&r, 60000);
    cr_expect_eq(orders->nasked, 0);
    cr_expect_eq(orders->nopened, orders->nclosed, "a failed open is closed");
    cr_expect_not_null(strstr(rig_trigger(&r, "default/orders", 0).error, "stay closed"));
    orders->opens = KEDA_OK;
    rig_run(&r, 75000);
    cr_expect_gt(orders->nasked, 0);
    cr_expect_gt(r.replicas, 0);
}

Test(unknown, takes_an_empty_answer_for_an_error)
{
    rig_source_of(&r, "orders")->is_empty = true;
    put(NULL);
    rig_step(&r);
    cr_expect_eq(r.reason, KEDA_REASON_TRIGGER_ERROR);
    cr_expect_not_null(
        strstr(rig_trigger(&r, "default/orders", 0).error, "no value for metric"));
}
