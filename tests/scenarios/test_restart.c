/* SPDX-License-Identifier: Apache-2.0 */
/* What survives a restart: creation, activity, counts; and that a restart decides nothing. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/rig.h"

static rig r;
static char folder[] = "/tmp/keda-restart-XXXXXX";
static char path[64];

/* A pool of processes that are only counted. */
typedef struct pool {
    int32_t count;
    size_t nopened, nclosed, nscaled;
} pool;
static pool workers;

static keda_status pool_open(void *state, const keda_target_ref *ref, keda_target *self,
                             keda_error *err, void *user)
{
    (void)state;
    (void)ref;
    (void)self;
    (void)err;
    ((pool *)user)->nopened++;
    return KEDA_OK;
}

static void pool_observe(void *state, keda_target_call *call, void *user)
{
    const int32_t n = ((pool *)user)->count;
    const keda_replicas seen = {sizeof seen, n, n, n, n};
    (void)state;
    keda_target_observed(call, &seen);
}

static void pool_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    (void)state;
    ((pool *)user)->count = to;
    ((pool *)user)->nscaled++;
    keda_target_done(call);
}

static void pool_close(void *state, keda_target_call *call, void *user)
{
    (void)state;
    ((pool *)user)->count = 0;
    ((pool *)user)->nclosed++;
    keda_target_done(call);
}

static const keda_target_desc forgetful = {
    .struct_size = sizeof(keda_target_desc),
    .api_version = "example.com/v1",
    .kind = "Pool",
    .summary = "Counted processes.",
    .flags = KEDA_TARGET_FORGETS,
    .open = pool_open,
    .observe = pool_observe,
    .scale = pool_scale,
    .close = pool_close,
};

#define POOL(name, cooldown)                                                                   \
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: " name "}\n"           \
    "spec:\n  scaleTargetRef: {apiVersion: example.com/v1, kind: Pool, name: workers}\n"       \
    "  cooldownPeriod: " cooldown "\n"                                                         \
    "  triggers: [{type: script, metadata: {source: orders}}]\n"

static void start(void)
{
    rig_init(&r);
    r.options.state_path = path;
    rig_start(&r);
    cr_assert_eq(keda_engine_register_target(r.engine, &forgetful, &workers, &r.err), KEDA_OK);
}

static void put(const char *text)
{
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s", r.err.text);
}

/* Ends the engine and starts another one, so much later by the wall clock. */
static void restart(int64_t ms)
{
    const int64_t wall_ms = r.clock.wall_ms + ms;
    rig_close(&r);
    start();
    fake_clock_set_wall(&r.clock, wall_ms);
}

static void open_rig(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/state", folder);
    start();
}

static void close_rig(void)
{
    char lock[80];
    rig_close(&r);
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)unlink(path);
    (void)unlink(lock);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(restart, .init = open_rig, .fini = close_rig);

Test(restart, brings_the_same_count_back_without_a_decision)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 35;
    put(POOL("orders", "300"));
    rig_run(&r, 1000);
    cr_assert_eq(workers.count, 4);
    restart(5000);
    cr_assert_eq(workers.count, 0);
    rig_source_of(&r, "orders")->fails = KEDA_EUNAVAILABLE;
    put(POOL("orders", "300"));
    cr_expect_eq(workers.count, 4);
    rig_run(&r, 600000);
    cr_expect_eq(workers.count, 4);
    cr_expect_eq(rig_workload(&r, "default/orders").writes_total, 0);
    cr_expect(rig_logged(&r, "info count restored target=workers to=4"), "%s", r.log.data);
}

Test(restart, forgets_the_pool_of_a_removed_workload)
{
    rig_source_of(&r, "orders")->value = 35;
    put(POOL("orders", "300"));
    rig_run(&r, 1000);
    cr_assert_eq(keda_engine_remove(r.engine, "file", &r.err), KEDA_OK);
    rig_run(&r, 1000);
    cr_expect_eq(workers.nclosed, 1);
}

static void replace(const char *text)
{
    const keda_source source = {sizeof source, "file", text, strlen(text)};
    cr_assert_eq(keda_engine_replace(r.engine, &source, 1, sizeof source, NULL, &r.err),
                 KEDA_OK, "%s", r.err.text);
}

Test(restart, forgets_what_was_removed_while_it_was_down)
{
    rig_source_of(&r, "orders")->value = 35;
    put(POOL("orders", "300"));
    rig_run(&r, 1000);
    cr_assert_eq(workers.count, 4);
    restart(5000);
    replace("");
    rig_run(&r, 1000);
    replace(POOL("orders", "300"));
    cr_expect_eq(workers.count, 0, "an old count of something new");
    restart(5000);
    put("");
    rig_source_of(&r, "orders")->fails = KEDA_EUNAVAILABLE;
    replace(POOL("orders", "300"));
    rig_run(&r, 1000);
    cr_expect_eq(workers.count, 0);
}

Test(restart, keeps_what_a_single_source_does_not_name)
{
    rig_source_of(&r, "orders")->value = 35;
    put(POOL("orders", "300"));
    rig_run(&r, 1000);
    restart(5000);
    cr_assert_eq(rig_put(&r, "other", rig_object("second", NULL, NULL)), KEDA_OK);
    rig_run(&r, 1000);
    put(POOL("orders", "300"));
    cr_expect_eq(workers.count, 4);
}

Test(restart, keeps_what_a_replaced_set_still_names)
{
    rig_source_of(&r, "orders")->value = 35;
    replace(POOL("orders", "300"));
    rig_run(&r, 1000);
    restart(5000);
    replace(POOL("orders", "300"));
    cr_expect_eq(workers.count, 4);
    restart(5000);
    rig_source_of(&r, "orders")->fails = KEDA_EUNAVAILABLE;
    replace(POOL("orders", "300"));
    cr_expect_eq(workers.count, 4);
}

Test(restart, counts_the_cooldown_on)
{
    rig_source *orders = rig_source_of(&r, "orders");
    orders->value = 5;
    put(POOL("orders", "300"));
    rig_run(&r, 30000);
    orders->value = 0;
    rig_run(&r, 100000);
    cr_assert_eq(workers.count, 1);
    restart(20000);
    put(POOL("orders", "300"));
    rig_run(&r, 150000);
    cr_expect_eq(workers.count, 1);
    rig_run(&r, 60000);
    cr_expect_eq(workers.count, 0);
}

Test(restart, takes_one_that_was_active_for_active_until_now)
{
    rig_source_of(&r, "orders")->value = 5;
    put(POOL("orders", "100"));
    rig_run(&r, 30000);
    restart(3600000);
    put(POOL("orders", "100"));
    rig_run(&r, 90000);
    cr_expect_eq(workers.count, 1, "an hour of nobody looking is no inactivity");
    rig_run(&r, 60000);
    cr_expect_eq(workers.count, 0);
}

Test(restart, remembers_when_it_was_created)
{
    put(rig_object("orders", "  initialCooldownPeriod: 200\n", NULL));
    r.replicas = 3;
    rig_run(&r, 100000);
    restart(20000);
    r.replicas = 3;
    put(rig_object("orders", "  initialCooldownPeriod: 200\n", NULL));
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 3);
    rig_run(&r, 60000);
    cr_expect_eq(r.replicas, 0);
}

Test(restart, writes_nothing_while_nothing_changes)
{
    rig_source_of(&r, "orders")->value = 15;
    put(POOL("orders", "300"));
    rig_run(&r, 60000);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    rig_run(&r, 3600000);
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    cr_expect_eq(ftell(file), size);
    (void)fclose(file);
}

Test(restart, refuses_a_second_writer)
{
    keda_engine *second = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(keda_engine_new(&second, &r.options, &err), KEDA_ECONFLICT);
    cr_expect_not_null(strstr(err.text, "in use by another process"), "%s", err.text);
}

Test(restart, survives_a_line_torn_by_a_crash)
{
    rig_source_of(&r, "orders")->value = 35;
    put(POOL("orders", "300"));
    rig_run(&r, 1000);
    rig_close(&r);
    FILE *file = fopen(path, "a");
    cr_assert_not_null(file);
    (void)fputs("0bad0bad t example.com/v1/Pool/default/wor", file);
    (void)fclose(file);
    start();
    rig_source_of(&r, "orders")->value = 35;
    put(POOL("orders", "300"));
    cr_expect_eq(workers.count, 4);
}

Test(restart, leaves_a_foreign_file_alone)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *second = NULL;
    rig_close(&r);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs("my diary\n", file);
    (void)fclose(file);
    cr_expect_eq(keda_engine_new(&second, &r.options, &err), KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "no state file"), "%s", err.text);
    file = fopen(path, "r");
    char text[32] = "";
    cr_expect_not_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    cr_expect_str_eq(text, "my diary\n");
}
