/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that are slow, fail or change by themselves (libkeda/engine/targets.c, target_call.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "support/rig.h"

static rig r;

/* A target whose calls the test ends. */
static struct {
    keda_target *self;
    keda_target_call *observe, *scale, *close;
    int32_t to;
    keda_status opens;
    size_t nopened, ncancelled, nobserved;
} t;

static keda_status slow_open(void *state, const keda_target_ref *ref, keda_target *self,
                             keda_error *err, void *user)
{
    (void)state;
    (void)user;
    cr_expect_str_eq(ref->name, "machine");
    cr_expect_str_eq(ref->space, "default");
    t.self = self;
    t.nopened++;
    return t.opens == KEDA_OK ? KEDA_OK : keda_error_set(err, t.opens, "it is rusty");
}

static void slow_observe(void *state, keda_target_call *call, void *user)
{
    (void)state;
    (void)user;
    t.nobserved++;
    t.observe = call;
}

static void slow_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    (void)state;
    (void)user;
    t.to = to;
    t.scale = call;
}

static void slow_cancel(void *state, keda_target_call *call, void *user)
{
    keda_error err = KEDA_ERROR_INIT;
    (void)state;
    (void)user;
    t.ncancelled++;
    keda_error_set(&err, KEDA_ECANCELED, "cancelled");
    keda_target_fail(call, &err);
}

static void slow_close(void *state, keda_target_call *call, void *user)
{
    (void)state;
    (void)user;
    t.close = call;
}

static const keda_target_desc slow = {
    .struct_size = sizeof(keda_target_desc),
    .api_version = "example.com/v1",
    .kind = "Slow",
    .summary = "Ends its calls when told to.",
    .open = slow_open,
    .observe = slow_observe,
    .scale = slow_scale,
    .cancel = slow_cancel,
    .close = slow_close,
};

static void init(void)
{
    rig_open(&r);
    rig_source_of(&r, "orders")->value = 35;
    cr_assert_eq(keda_engine_register_target(r.engine, &slow, NULL, &r.err), KEDA_OK);
}

static void fini(void)
{
    rig_close(&r);
}

TestSuite(target, .init = init, .fini = fini);

static void put(void)
{
    cr_assert_eq(
        rig_put(&r, "file",
                "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                "metadata: {name: orders}\nspec:\n"
                "  scaleTargetRef: {apiVersion: example.com/v1, kind: Slow, name: machine}\n"
                "  pollingInterval: 60\n"
                "  triggers: [{type: script, metadata: {source: orders}}]\n"),
        KEDA_OK, "%s", r.err.text);
    rig_step(&r);
}

static void observed(int32_t n)
{
    const keda_replicas seen = {sizeof seen, n, n, n, n};
    keda_target_call *call = t.observe;
    cr_assert_not_null(call);
    t.observe = NULL;
    keda_target_observed(call, &seen);
    rig_step(&r);
}

Test(target, may_take_its_time)
{
    put();
    cr_expect_eq(r.ndecisions, 0);
    rig_run(&r, 1000);
    observed(0);
    cr_assert_not_null(t.scale);
    cr_expect_eq(t.to, 4);
    cr_expect_eq(r.ndecisions, 0, "the write has not ended");
    rig_run(&r, 1000);
    keda_target_done(t.scale);
    rig_step(&r);
    cr_expect_eq(r.ndecisions, 1);
    cr_expect(rig_logged(&r, "scaled workload=default/orders from=0 to=4"), "%s", r.log.data);
    cr_expect_eq(rig_workload(&r, "default/orders").spec_replicas, 4);
}

Test(target, is_unreadable_when_it_does_not_answer)
{
    put();
    rig_run(&r, 3000);
    cr_expect_eq(t.ncancelled, 1);
    cr_expect_eq(r.reason, KEDA_REASON_UNREADABLE);
    cr_expect(rig_logged(&r, "target unknown"), "%s", r.log.data);
    cr_expect_not_null(strstr(rig_workload(&r, "default/orders").message, "no answer in time"),
                       "%s", rig_workload(&r, "default/orders").message);
    cr_expect_null(t.scale);
}

Test(target, has_ten_seconds_for_a_write)
{
    put();
    observed(0);
    rig_run(&r, 9999);
    cr_expect_eq(r.ndecisions, 0);
    rig_run(&r, 1);
    cr_expect_eq(r.ndecisions, 1);
    cr_expect(rig_logged(&r, "scale failed"), "%s", r.log.data);
    cr_expect(rig_logged(&r, "no answer in time"), "%s", r.log.data);
}

Test(target, is_tried_again_when_it_cannot_be_opened)
{
    t.opens = KEDA_EUNAVAILABLE;
    put();
    rig_run(&r, 120000);
    cr_expect_gt(t.nopened, 1);
    cr_expect_eq(rig_count_logged(&r, "target failing"), 1, "%s", r.log.data);
    cr_expect_not_null(strstr(rig_workload(&r, "default/orders").message, "it is rusty"), "%s",
                       rig_workload(&r, "default/orders").message);
    t.opens = KEDA_OK;
    rig_run(&r, 121000);
    cr_expect_gt(t.nobserved, 0);
}

Test(target, says_when_its_counts_change)
{
    put();
    observed(0);
    keda_target_done(t.scale);
    rig_step(&r);
    cr_assert_null(t.observe);
    keda_target_changed(t.self);
    keda_target_changed(t.self);
    rig_step(&r);
    cr_assert_not_null(t.observe, "it is looked at again");
    keda_replicas seen = {sizeof seen, 4, 3, 3, 2};
    keda_target_observed(t.observe, &seen);
    rig_step(&r);
    cr_expect_eq(rig_workload(&r, "default/orders").status_replicas, 3);
    cr_expect_eq(rig_workload(&r, "default/orders").ready_replicas, 2);
    cr_expect_eq(r.ndecisions, 1, "nothing is decided because of it");
    t.observe = NULL;
}

/* put, observed and scaled to 4; its workload is ready. */
static void put_to_work(void)
{
    put();
    observed(0);
    keda_target_done(t.scale);
    rig_step(&r);
    cr_assert_eq(rig_workload(&r, "default/orders").ready.status, KEDA_CONDITION_TRUE);
}

Test(target, may_be_in_trouble_although_its_count_is_known)
{
    put_to_work();
    const size_t ndecisions = r.ndecisions;
    keda_target_trouble(t.self, "worker 1 ended at once, 5 times");
    keda_workload_status s = rig_workload(&r, "default/orders");
    cr_expect_eq(s.ready.status, KEDA_CONDITION_FALSE);
    cr_expect_str_eq(keda_cause_name(s.ready.cause), "TargetTrouble");
    cr_expect_str_eq(s.message, "worker 1 ended at once, 5 times");
    cr_expect_eq(s.spec_replicas, 4);
    cr_expect_eq(s.errors_total, 1);
    keda_target_trouble(t.self, "worker 1 ended at once, 5 times");
    cr_expect_eq(rig_workload(&r, "default/orders").errors_total, 1, "nothing new");
    keda_target_trouble(t.self, "worker 2 ended at once, 5 times");
    s = rig_workload(&r, "default/orders");
    cr_expect_eq(s.errors_total, 2);
    cr_expect_str_eq(s.message, "worker 2 ended at once, 5 times");
    cr_expect_not_null(strstr(rig_metrics(&r),
                              "keda_scaled_object_errors_total{namespace=\"default\","
                              "scaledObject=\"orders\"} 2\n"));
    cr_expect_eq(r.ndecisions, ndecisions);
    cr_expect(rig_logged(&r, "warn target in trouble workload=default/orders target=machine "
                             "error=worker 1 ended at once, 5 times"),
              "%s", r.log.data);
    cr_expect_eq(rig_count_logged(&r, "target in trouble"), 1, "%s", r.log.data);
}

Test(target, is_well_again_when_it_says_so)
{
    put_to_work();
    keda_target_trouble(t.self, NULL);
    cr_expect_not(rig_logged(&r, "target well again"), "it never was not");
    keda_target_trouble(t.self, "rust");
    keda_target_trouble(t.self, "");
    const keda_workload_status s = rig_workload(&r, "default/orders");
    cr_expect_eq(s.ready.status, KEDA_CONDITION_TRUE);
    cr_expect_str_eq(s.message, "");
    cr_expect(rig_logged(&r, "info target well again workload=default/orders target=machine"),
              "%s", r.log.data);
}

Test(target, logs_long_lines_whole)
{
    char line[4097];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    put();
    keda_target_log(t.self, KEDA_LOG_INFO, "%s<end>", line);
    rig_step(&r);
    cr_expect(rig_logged(&r, "xxx<end>"));
}

Test(target, is_closed_after_its_last_call)
{
    put();
    observed(0);
    cr_assert_not_null(t.scale);
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    rig_step(&r);
    cr_expect_null(t.close);
    keda_target_done(t.scale);
    rig_step(&r);
    cr_assert_not_null(t.close);
    keda_target_done(t.close);
    rig_step(&r);
}

Test(target, is_hurried_at_the_end)
{
    put();
    observed(0);
    keda_target_done(t.scale);
    rig_step(&r);
    rig_close(&r);
    cr_assert_not_null(t.close);
    cr_expect_eq(t.ncancelled, 1, "after the grace its close is cancelled");
    rig_open(&r);
}
