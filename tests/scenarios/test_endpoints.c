/* SPDX-License-Identifier: Apache-2.0 */
/* What triggers share: one endpoint, one batch a round, one back-off. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/rig.h"

static rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
    cr_expect_eq(r.nendpoints, 0, "every endpoint is closed");
}

TestSuite(endpoints, .init = open_rig, .fini = close_rig);

/* So many workloads, each with one trigger on the endpoint. */
static void put_many(size_t n, const char *spec, const char *endpoint)
{
    keda_buf text = {0};
    char triggers[256], name[32];

    (void)snprintf(triggers, sizeof triggers,
                   "  - {type: batch, metadata: {source: shared, endpoint: %s}}\n", endpoint);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "w%zu", i);
        cr_assert_eq(buf_printf(&text, "---\n%s", rig_object(name, spec, triggers)), KEDA_OK);
    }
    cr_assert_eq(rig_put(&r, "many", text.data), KEDA_OK, "%s", r.err.text);
    keda_buf_clear(&text);
}

Test(endpoints, asks_a_thousand_triggers_in_one_batch)
{
    put_many(1000, "  pollingInterval: 30\n", "one");
    rig_run(&r, 60000); /* past the first polls, which are spread */
    cr_assert_eq(r.nendpoints_opened, 1);
    const size_t batches = r.nbatches, asked = rig_source_of(&r, "shared")->nasked;
    rig_run(&r, 300000);
    cr_expect_eq(r.nbatches - batches, 10, "%zu", r.nbatches - batches);
    cr_expect_eq(rig_source_of(&r, "shared")->nasked - asked, 10000);
    cr_expect_eq(r.batch_size, 1000);
}

Test(endpoints, asks_triggers_of_one_workload_together)
{
    cr_assert_eq(
        rig_put(&r, "file",
                rig_object("orders", NULL,
                           "  - {type: batch, metadata: {source: a}}\n"
                           "  - {type: batch, metadata: {source: b}}\n"
                           "  - {type: batch, metadata: {source: c, endpoint: two}}\n")),
        KEDA_OK, "%s", r.err.text);
    rig_step(&r);
    cr_expect_eq(r.nendpoints_opened, 2);
    cr_expect_eq(r.nbatches, 2);
    cr_expect_eq(rig_source_of(&r, "a")->nasked, 1);
    cr_expect_eq(rig_source_of(&r, "c")->nasked, 1);
}

Test(endpoints, lingers_and_is_found_again)
{
    put_many(3, NULL, "one");
    rig_run(&r, 40000);
    cr_assert_eq(keda_engine_remove(r.engine, "many", &r.err), KEDA_OK);
    rig_run(&r, 4000);
    cr_expect_eq(r.nendpoints, 1);
    put_many(3, NULL, "one");
    rig_run(&r, 40000);
    cr_expect_eq(r.nendpoints_opened, 1);
    cr_assert_eq(keda_engine_remove(r.engine, "many", &r.err), KEDA_OK);
    rig_run(&r, 6000);
    cr_expect_eq(r.nendpoints, 0);
}

Test(endpoints, asks_a_failing_one_at_most_once_a_step)
{
    r.batches_fail = KEDA_EUNAVAILABLE;
    put_many(50, "  pollingInterval: 1\n", "one");
    rig_run(&r, 600000);
    cr_expect_leq(r.nbatches, 20, "%zu", r.nbatches);
    cr_expect_geq(r.nbatches, 10);
    cr_expect_eq(rig_count_logged(&r, "endpoint failing"), 1, "%s", r.log.data);
    cr_expect_not_null(strstr(rig_trigger(&r, "default/w7", 0).error, "scripted to fail"));
    r.batches_fail = KEDA_OK;
    rig_run(&r, 75000);
    cr_expect_eq(rig_count_logged(&r, "endpoint recovered"), 1, "%s", r.log.data);
    cr_expect_eq(rig_trigger(&r, "default/w7", 0).state, KEDA_READING_OK);
    const size_t batches = r.nbatches;
    rig_run(&r, 10000);
    cr_expect_geq(r.nbatches, batches + 10);
}

Test(endpoints, does_not_blame_the_endpoint_for_one_bad_question)
{
    rig_source_of(&r, "gone")->fails = KEDA_ENOTFOUND;
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", "  pollingInterval: 1\n",
                                    "  - {type: batch, metadata: {source: gone}}\n"
                                    "  - {type: batch, metadata: {source: here}}\n")),
                 KEDA_OK);
    rig_run(&r, 20000);
    cr_expect_geq(rig_source_of(&r, "here")->nasked, 20);
    cr_expect_not(rig_logged(&r, "endpoint failing"));
}

Test(endpoints, lets_a_silent_one_delay_nobody)
{
    rig_source *dead = rig_source_of(&r, "dead");
    dead->is_held = true;
    rig_source_of(&r, "shared")->value = 5;
    cr_assert_eq(
        rig_put(&r, "dead",
                rig_object("dead", NULL,
                           "  - {type: batch, metadata: {source: dead, endpoint: two}}\n")),
        KEDA_OK);
    put_many(1, NULL, "one");
    rig_step(&r);
    cr_expect_eq(rig_trigger(&r, "default/w0", 0).state, KEDA_READING_OK);
    rig_run(&r, 100);
    cr_expect_eq(rig_workload(&r, "default/w0").decisions_total, 1);
    cr_expect_eq(rig_workload(&r, "default/dead").decisions_total, 0);
    rig_release(&r, dead);
    rig_step(&r);
}

Test(endpoints, shows_secrets_of_its_identity_nowhere)
{
    r.batches_fail = KEDA_EUNAVAILABLE;
    put_many(1, NULL, "verysecret");
    rig_run(&r, 60000);
    cr_expect_not(rig_logged(&r, "verysecret"), "%s", r.log.data);
    cr_expect_null(strstr(rig_metrics(&r), "verysecret"));
}
