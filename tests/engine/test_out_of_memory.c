/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out at every possible point: reported, nothing lost, nothing half done. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hosted.h"
#include "engine/target.h"
#include "support/failing_allocator.h"
#include "support/rig.h"

static rig r;
static char text[8192];

#define AUTH                                                                                   \
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: auth}\n" \
    "spec: {secretTargetRef: [{parameter: password, name: keys, key: pw}]}\n"                  \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {pw: x}\n"

static void make_text(void)
{
    (void)snprintf(
        text, sizeof text, "%s%s",
        rig_object(
            "orders", NULL,
            "  - {type: script, metadata: {source: a}, authenticationRef: {name: auth}}\n"
            "  - {type: batch, metadata: {source: b}}\n"),
        AUTH);
}

static void start(void)
{
    rig_init(&r);
    r.options.log = NULL; /* the rig's log is the library's memory as well */
    rig_source_of(&r, "a")->value = 25;
    rig_source_of(&r, "b")->value = 5;
}

/* One life of an engine; true when it came through. */
static bool live(size_t n)
{
    bool is_well = false;
    start();
    failing_allocator_set(n);
    if (rig_try_start(&r) == KEDA_OK) {
        keda_error err = KEDA_ERROR_INIT;
        const keda_status rc = keda_engine_put(r.engine, "file", text, NULL, &err);
        const size_t count = keda_engine_workload_count(r.engine);
        cr_expect_eq(count, rc == KEDA_OK ? 1 : 0, "%zu: %s", n, err.text);
        if (rc != KEDA_OK)
            cr_expect_neq(err.code, KEDA_OK);
        is_well = rc == KEDA_OK;
        for (int i = 0; i < 4; i++) {
            cr_expect_eq(keda_engine_step(r.engine, NULL), KEDA_OK);
            fake_clock_advance(&r.clock, 15000);
        }
    }
    rig_close(&r);
    return is_well;
}

Test(out_of_memory, is_reported_and_loses_nothing)
{
    enum { MOST = 20000 };
    size_t n = 1;
    make_text();
    failing_allocator_set(0);
    (void)live(0);
    const size_t before = failing_allocator_live();
    for (; n < MOST; n++) {
        (void)live(n);
        const bool is_over = !failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_assert_eq(failing_allocator_live(), before, "request %zu: %zu blocks are lost", n,
                     failing_allocator_live() - before);
        if (is_over)
            break;
    }
    cr_expect_lt(n, MOST);
    cr_expect_gt(n, 200);
}

#define PODS                                                                                   \
    "---\napiVersion: apps/v1\nkind: Callback\nmetadata: {name: orders}\n"                     \
    "spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: keys}}], "   \
    "env: [{name: PW, value: \"of-$(pw)\"}]}]}}}\n"

/* A parameter that could not be kept is refused like any other, and says why. */
static bool is_for_memory(void)
{
    return r.err.code == KEDA_ENOMEM ||
           strstr(r.err.text, "needs more memory than there is") != NULL;
}

/* What is not found for want of memory is not taken from elsewhere, nor said not to be there. */
Test(out_of_memory, makes_nothing_of_an_environment)
{
    enum { MOST = 20000 };
    keda_status rc = KEDA_ENOMEM;
    size_t n = 1;

    (void)snprintf(
        text, sizeof text, "%s%s%s",
        rig_object("orders", NULL,
                   "  - {type: script, metadata: {source: a, passwordFromEnv: PW}}\n"
                   "  - {type: script, metadata: {source: b}, authenticationRef: {name: "
                   "auth}}\n"),
        AUTH, PODS);
    cr_assert_eq(setenv("PW", "of-this-process", 1), 0);
    failing_allocator_set(0);
    start();
    rig_start(&r);
    for (; n < MOST && rc != KEDA_OK; n++) {
        failing_allocator_set(n);
        rc = engine_put_private(r.engine, "one", text, strlen(text), NULL, &r.err);
        failing_allocator_set(0);
        cr_expect(rc == KEDA_OK || is_for_memory(), "request %zu: %s", n, r.err.text);
    }
    rig_run(&r, 1000);
    cr_expect_str_eq(rig_source_of(&r, "a")->secret, "of-x");
    rc = KEDA_ENOMEM;
    memcpy(strstr(text, "of-$(pw)"), "is", 2);
    for (n = 1; n < MOST && rc != KEDA_OK; n++) {
        failing_allocator_set(n);
        rc = engine_put_private(r.engine, "one", text, strlen(text), NULL, &r.err);
        failing_allocator_set(0);
        cr_expect(rc == KEDA_OK || is_for_memory(), "request %zu: %s", n, r.err.text);
    }
    rig_run(&r, 30000);
    cr_expect_str_eq(rig_source_of(&r, "a")->secret, "is-x");
    rig_close(&r);
}

Test(out_of_memory, leaves_what_ran_before_a_change_alone)
{
    enum { MOST = 20000 };
    make_text();
    failing_allocator_set(0);
    start();
    rig_start(&r);
    cr_assert_eq(
        keda_engine_put(r.engine, "file", rig_object("orders", NULL, NULL), NULL, NULL),
        KEDA_OK);
    keda_status rc = KEDA_ENOMEM;
    for (size_t n = 1; n < MOST && rc != KEDA_OK; n++) {
        failing_allocator_set(n);
        rc = keda_engine_put(r.engine, "file", text, NULL, &r.err);
        failing_allocator_set(0);
        cr_expect_eq(keda_engine_workload_count(r.engine), 1);
        const keda_workload_status s = rig_workload(&r, "default/orders");
        cr_expect_eq(s.ntriggers, rc == KEDA_OK ? 2 : 1, "request %zu", n);
    }
    cr_expect_eq(rc, KEDA_OK);
    rig_run(&r, 40000);
    cr_expect_eq(r.replicas, 3);
    rig_close(&r);
}

/* ---- closing targets, which must not fail */

static keda_target_call *closes[2];
static size_t ncloses;

static keda_status held_open(void *state, const keda_target_ref *ref, keda_target *self,
                             keda_error *err, void *user)
{
    (void)state;
    (void)ref;
    (void)self;
    (void)err;
    (void)user;
    return KEDA_OK;
}

static void held_observe(void *state, keda_target_call *call, void *user)
{
    const keda_replicas seen = {sizeof seen, 1, 1, 1, 1};
    (void)state;
    (void)user;
    keda_target_observed(call, &seen);
}

static void held_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    (void)state;
    (void)to;
    (void)user;
    keda_target_done(call);
}

static void held_close(void *state, keda_target_call *call, void *user)
{
    (void)state;
    (void)user;
    cr_assert_lt(ncloses, 2);
    closes[ncloses++] = call;
}

static const keda_target_desc held = {.struct_size = sizeof(keda_target_desc),
                                      .api_version = "example.com/v1",
                                      .kind = "Held",
                                      .summary = "Closes when told to.",
                                      .open = held_open,
                                      .observe = held_observe,
                                      .scale = held_scale,
                                      .close = held_close};

static void put_held(const char *name)
{
    (void)snprintf(
        text, sizeof text,
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: %s}\n"
        "spec:\n  scaleTargetRef: {apiVersion: example.com/v1, kind: Held, name: %s}\n"
        "  triggers: [{type: script, metadata: {source: a}}]\n",
        name, name);
    cr_assert_eq(keda_engine_put(r.engine, name, text, NULL, &r.err), KEDA_OK, "%s",
                 r.err.text);
}

static void remove_without_memory_for_calls(const char *name)
{
    failing_allocator_refuse_size(sizeof(keda_target_call));
    cr_assert_eq(keda_engine_remove(r.engine, name, &r.err), KEDA_OK, "%s", r.err.text);
    cr_assert(failing_allocator_has_failed());
    failing_allocator_set(0);
}

Test(out_of_memory, does_not_keep_targets_from_closing)
{
    failing_allocator_set(0);
    start();
    rig_start(&r);
    cr_assert_eq(keda_engine_register_target(r.engine, &held, NULL, &r.err), KEDA_OK);
    put_held("one");
    put_held("two");
    rig_step(&r);
    remove_without_memory_for_calls("one");
    cr_expect_eq(ncloses, 1);
    cr_expect_null(r.engine->spare_call, "it is in use");
    remove_without_memory_for_calls("two");
    cr_expect_eq(ncloses, 1, "there is none left");
    keda_target_done(closes[0]);
    rig_step(&r);
    cr_expect_eq(ncloses, 2);
    keda_target_done(closes[1]);
    rig_step(&r);
    cr_expect_not_null(r.engine->spare_call);
    cr_expect_null(r.engine->ending.first);
    rig_close(&r);
}
