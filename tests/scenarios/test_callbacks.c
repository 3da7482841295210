/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that call the engine from its callbacks, and hosts that drive it from their own loop. */
#include <criterion/criterion.h>

#include <poll.h>
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

TestSuite(callbacks, .init = open_rig, .fini = close_rig);

static void put(const char *text)
{
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s", r.err.text);
}

static void remove_self(rig *rig_, const keda_decision_record *record)
{
    (void)record;
    cr_expect_eq(keda_engine_remove(rig_->engine, "file", &rig_->err), KEDA_OK, "%s",
                 rig_->err.text);
}

Test(callbacks, may_remove_their_own_workload)
{
    rig_source_of(&r, "orders")->value = 35;
    r.on_decision = remove_self;
    put(rig_object("orders", NULL, NULL));
    rig_run(&r, 60000);
    cr_expect_eq(r.ndecisions, 1);
    cr_expect_eq(keda_engine_workload_count(r.engine), 0);
    cr_expect_eq(rig_source_of(&r, "orders")->nclosed, 1);
}

static void remove_while_set(rig *rig_, int32_t to)
{
    (void)to;
    cr_expect_eq(keda_engine_remove(rig_->engine, "file", &rig_->err), KEDA_OK);
}

Test(callbacks, may_remove_the_workload_whose_target_they_set)
{
    rig_source_of(&r, "orders")->value = 35;
    r.on_set = remove_while_set;
    put(rig_object("orders", NULL, NULL));
    rig_run(&r, 60000);
    cr_expect_eq(r.nsets, 1);
    cr_expect_eq(r.ndecisions, 0, "nobody is left to be told");
    cr_expect_eq(keda_engine_workload_count(r.engine), 0);
}

static void replace_self(rig *rig_, const keda_decision_record *record)
{
    (void)record;
    rig_->on_decision = NULL;
    cr_expect_eq(keda_engine_put(rig_->engine, "file",
                                 rig_object("orders", "  minReplicaCount: 6\n", NULL), NULL,
                                 &rig_->err),
                 KEDA_OK);
}

Test(callbacks, may_replace_their_own_workload)
{
    rig_source_of(&r, "orders")->value = 15;
    r.on_decision = replace_self;
    put(rig_object("orders", NULL, NULL));
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 6);
    cr_expect_eq(rig_source_of(&r, "orders")->nopened, 1);
}

static void step_inside(rig *rig_, const keda_decision_record *record)
{
    keda_error err = KEDA_ERROR_INIT;
    (void)record;
    cr_expect_eq(keda_engine_step(rig_->engine, &err), KEDA_EINVAL);
    cr_expect_eq(rig_workload(rig_, "default/orders").spec_replicas, 4);
}

Test(callbacks, may_look_but_not_step)
{
    rig_source_of(&r, "orders")->value = 35;
    r.on_decision = step_inside;
    put(rig_object("orders", NULL, NULL));
    rig_step(&r);
    cr_expect_eq(r.ndecisions, 1);
}

static void stop(rig *rig_, const keda_decision_record *record)
{
    (void)record;
    keda_engine_stop(rig_->engine);
}

Test(callbacks, may_end_a_run)
{
    rig_source_of(&r, "orders")->value = 35;
    r.on_decision = stop;
    put(rig_object("orders", NULL, NULL));
    cr_expect_eq(keda_engine_run(r.engine, &r.err), KEDA_OK);
    cr_expect_eq(r.replicas, 4);
}

Test(callbacks, says_when_to_step_next)
{
    cr_expect_eq(keda_engine_next_due_ms(r.engine), -1);
    put(rig_object("orders", "  pollingInterval: 20\n", NULL));
    cr_expect_eq(keda_engine_next_due_ms(r.engine), 0);
    rig_step(&r);
    const int64_t due_ms = keda_engine_next_due_ms(r.engine);
    cr_expect(due_ms > 0 && due_ms <= 20000, "%d", (int)due_ms);
    fake_clock_advance(&r.clock, due_ms - 1);
    rig_step(&r);
    cr_expect_eq(rig_source_of(&r, "orders")->nasked, 1);
    cr_expect_eq(keda_engine_next_due_ms(r.engine), 1);
    fake_clock_advance(&r.clock, 1);
    rig_step(&r);
    cr_expect_eq(rig_source_of(&r, "orders")->nasked, 2);
}

Test(callbacks, has_a_descriptor_to_wait_for)
{
    struct pollfd fd = {.fd = keda_engine_fd(r.engine), .events = POLLIN};
    cr_assert_geq(fd.fd, 0);
    rig_step(&r);
    cr_expect_eq(poll(&fd, 1, 0), 0, "nothing to do");
    keda_engine_stop(r.engine);
    cr_expect_eq(poll(&fd, 1, 5000), 1, "woken up");
}

typedef struct reports {
    size_t n;
    double value;
    int32_t state;
    char error[128];
} reports;

static void on_report(const char *workload, const keda_trigger_status *status, void *user)
{
    reports *seen = user;
    cr_expect_str_eq(workload, "default/orders");
    seen->n++;
    seen->value = status->value;
    seen->state = status->state;
    (void)strncpy(seen->error, status->error, sizeof seen->error - 1);
}

Test(callbacks, asks_triggers_outside_of_the_schedule)
{
    reports seen = {0};
    size_t pending = 0;
    rig_close(&r);
    rig_init(&r);
    r.options.is_manual = 1;
    rig_start(&r);
    rig_source_of(&r, "orders")->value = 12;
    put(rig_object("orders", NULL, NULL));
    rig_run(&r, 60000);
    cr_expect_eq(rig_source_of(&r, "orders")->nasked, 0, "nothing by itself");
    cr_assert_eq(keda_engine_poll(r.engine, NULL, on_report, &seen, &pending, &r.err), KEDA_OK);
    cr_expect_eq(seen.n + pending, 1);
    rig_step(&r);
    cr_expect_eq(seen.n, 1);
    cr_expect_float_eq(seen.value, 12.0, 1e-9);
    cr_expect_eq(seen.state, KEDA_READING_OK);
    rig_source_of(&r, "orders")->fails = KEDA_EAUTH;
    cr_assert_eq(
        keda_engine_poll(r.engine, "default/orders", on_report, &seen, &pending, &r.err),
        KEDA_OK);
    rig_step(&r);
    cr_expect_eq(seen.state, KEDA_READING_FAILED);
    cr_expect_not_null(strstr(seen.error, "scripted failure"));
    cr_expect_eq(keda_engine_poll(r.engine, "default/none", on_report, &seen, NULL, &r.err),
                 KEDA_ENOTFOUND);
    cr_expect_eq(r.nsets, 0);
}

Test(callbacks, reports_a_poll_whose_workload_is_removed)
{
    reports seen = {0};
    size_t pending = 0;
    rig_source *orders = rig_source_of(&r, "orders");
    rig_close(&r);
    rig_init(&r);
    r.options.is_manual = 1;
    rig_start(&r);
    orders = rig_source_of(&r, "orders");
    orders->is_held = true;
    put(rig_object("orders", NULL, NULL));
    cr_assert_eq(keda_engine_poll(r.engine, NULL, on_report, &seen, &pending, &r.err), KEDA_OK);
    rig_step(&r);
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    cr_expect_eq(seen.n, 1);
    rig_release(&r, orders);
    rig_step(&r);
    cr_expect_eq(orders->nclosed, 1, "only after the poll has ended");
}
