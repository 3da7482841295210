/* SPDX-License-Identifier: Apache-2.0 */
/* Phases (libkeda/engine/schedule.c). */
#include <criterion/criterion.h>

#include <stdio.h>

#include "base/buf.h"
#include "engine/schedule.h"
#include "support/rig.h"

static rig r;

/* Polls per second over one interval, once the first ones are over. */
Test(schedule, spreads_many_workloads_over_their_interval)
{
    enum { N = 600, INTERVAL_S = 30 };
    size_t counts[INTERVAL_S];
    size_t largest = 0;
    keda_buf text = {0};
    char name[32];

    rig_open(&r);
    rig_source *shared = rig_source_of(&r, "shared");
    for (size_t i = 0; i < N; i++) {
        (void)snprintf(name, sizeof name, "w%zu", i);
        cr_assert_eq(buf_printf(&text, "---\n%s",
                                rig_object(name, NULL,
                                           "  - {type: script, metadata: {source: shared}}\n")),
                     KEDA_OK);
    }
    cr_assert_eq(rig_put(&r, "many", text.data), KEDA_OK, "%s", r.err.text);
    rig_step(&r);
    cr_expect_lt(shared->nasked, N / 10, "not all in the first moment");
    rig_run(&r, 1000);
    cr_expect_geq(shared->nasked, N, "but all in the first second");
    rig_run(&r, 30000);
    for (size_t i = 0; i < INTERVAL_S; i++) {
        const size_t before = shared->nasked;
        rig_run(&r, 1000);
        counts[i] = shared->nasked - before;
        largest = counts[i] > largest ? counts[i] : largest;
    }
    cr_expect_leq(largest, 2 * N / INTERVAL_S, "%zu of %d in one second", largest, N);
    keda_buf_clear(&text);
    rig_close(&r);
}

Test(schedule, starts_few_workloads_at_once)
{
    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", NULL, NULL)), KEDA_OK);
    cr_assert_eq(rig_put(&r, "b", rig_object("b", NULL, NULL)), KEDA_OK);
    rig_step(&r);
    cr_expect_eq(rig_source_of(&r, "a")->nasked, 1);
    cr_expect_eq(rig_source_of(&r, "b")->nasked, 1);
    rig_close(&r);
}

Test(schedule, does_not_make_up_for_moments_that_were_slept_through)
{
    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", "  pollingInterval: 5\n", NULL)), KEDA_OK);
    rig_run(&r, 60000);
    const size_t before = rig_source_of(&r, "a")->nasked;
    fake_clock_advance(&r.clock, 600000);
    rig_step(&r);
    cr_expect_eq(rig_source_of(&r, "a")->nasked, before + 1);
    cr_expect_neq(rig_metrics(&r), NULL);
    rig_run(&r, 5000);
    cr_expect_leq(rig_source_of(&r, "a")->nasked, before + 3);
    rig_close(&r);
}
