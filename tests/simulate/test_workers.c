/* SPDX-License-Identifier: Apache-2.0 */
/* The model of the workload (libkeda/simulate/workers.c, feed.c). */
#include <criterion/criterion.h>

#include <math.h>

#include "simulate/workers.h"

static feeds f;
static queue queues[2];
static workers w;

/* Both queues' arrivals; NULL: none. */
static void begin(const workers_rules *rules, int32_t replicas, const char *first,
                  const char *second)
{
    const char *const texts[] = {first, second};
    generator g;

    cr_assert_eq(feeds_init(&f, 2, NULL), KEDA_OK);
    w.queues = queues;
    w.nqueues = 0;
    for (int32_t i = 0; i < 2 && texts[i] != NULL; i++) {
        cr_assert_eq(generator_parse(&g, texts[i], NULL), KEDA_OK);
        cr_assert_eq(feeds_add_generator(&f, &g, i, true, NULL), KEDA_OK);
        queues[w.nqueues++] = (queue){.feed = feeds_of(&f, (size_t)i)};
    }
    feeds_rewind(&f);
    workers_init(&w, rules, replicas);
}

Test(workers, leave_what_they_cannot_serve)
{
    begin(&(workers_rules){.service_rate = 10}, 2, "constant(50)", NULL);
    workers_advance(&w, 10000);
    cr_expect_float_eq(w.arrived, 500, 1e-6);
    cr_expect_float_eq(w.served, 200, 1e-6);
    cr_expect_float_eq(workers_backlog(&w), 300, 1e-6);
    cr_expect_float_eq(workers_lag(&w, &queues[0]), 300, 1e-6);
    cr_expect_float_eq(w.waiting_s, 1500, 1e-6, "the triangle under the backlog");
    cr_expect_float_eq(w.peak_backlog, 300, 1e-6);
    feeds_clear(&f);
}

Test(workers, count_what_they_work_on_as_lag)
{
    begin(&(workers_rules){.service_rate = 10}, 8, "constant(50)", NULL);
    workers_advance(&w, 10000);
    cr_expect_float_eq(workers_backlog(&w), 0, 1e-6);
    cr_expect_float_eq(workers_lag(&w, &queues[0]), 5, 1e-6);
    feeds_clear(&f);
}

/* 300 items, 100 a second done: gone in 3 s, and 450 seconds were waited. */
Test(workers, wait_only_until_the_backlog_is_gone)
{
    begin(&(workers_rules){.service_rate = 10}, 10, "constant(0)", NULL);
    queues[0].backlog = 300;
    workers_init(&w, &w.rules, 10);
    workers_advance(&w, 10000);
    cr_expect_float_eq(w.waiting_s, 450, 1e-6);
    cr_expect_float_eq(w.served, 300, 1e-6);
    cr_expect_float_eq(w.peak_backlog, 300, 1e-6);
    feeds_clear(&f);
}

Test(workers, take_time_to_start)
{
    begin(&(workers_rules){.service_rate = 1, .startup_ms = 20000}, 1, "constant(0)", NULL);
    workers_scale(&w, 3);
    workers_advance(&w, 10000);
    workers_scale(&w, 4);
    cr_expect_eq(w.started, 1);
    workers_advance(&w, 20000);
    cr_expect_eq(w.started, 3);
    workers_advance(&w, 30000);
    cr_expect_eq(w.started, 4);
    cr_expect_float_eq(w.working_s, 20 + 30, 1e-9);
    feeds_clear(&f);
}

Test(workers, stop_the_newest_first)
{
    begin(&(workers_rules){.service_rate = 1, .startup_ms = 20000}, 2, NULL, NULL);
    workers_scale(&w, 5);
    workers_scale(&w, 4);
    workers_advance(&w, 20000);
    cr_expect_eq(w.started, 4);
    workers_scale(&w, 6);
    workers_scale(&w, 1);
    cr_expect_eq(w.started, 1);
    workers_advance(&w, 60000);
    cr_expect_eq(w.started, 1);
    feeds_clear(&f);
}

Test(workers, stand_still_after_a_change_of_their_number)
{
    begin(&(workers_rules){.service_rate = 10, .pause_ms = 3000}, 1, "constant(0)", NULL);
    queues[0].backlog = 100;
    workers_scale(&w, 2);
    workers_advance(&w, 3000);
    cr_expect_float_eq(workers_backlog(&w), 100, 1e-9);
    workers_advance(&w, 5000);
    cr_expect_float_eq(workers_backlog(&w), 60, 1e-9);
    workers_scale(&w, 2);
    workers_advance(&w, 6000);
    cr_expect_float_eq(workers_backlog(&w), 40, 1e-9, "no change, no pause");
    feeds_clear(&f);
}

Test(workers, beyond_the_partitions_are_idle)
{
    begin(&(workers_rules){.service_rate = 10, .partitions = 3}, 8, "constant(100)", NULL);
    workers_advance(&w, 1000);
    cr_expect_float_eq(w.served, 30, 1e-9);
    feeds_clear(&f);
}

Test(workers, share_themselves_by_what_there_is_to_do)
{
    begin(&(workers_rules){.service_rate = 10}, 3, "constant(20)", "constant(40)");
    workers_advance(&w, 10000);
    cr_expect_float_eq(queues[0].backlog, 100, 1e-6);
    cr_expect_float_eq(queues[1].backlog, 200, 1e-6);
    cr_expect_float_eq(w.served, 300, 1e-6);
    feeds_clear(&f);
}

Test(workers, follow_a_ramp_exactly)
{
    begin(&(workers_rules){.service_rate = 1}, 0, "ramp(0,100,10,5)", NULL);
    workers_advance(&w, 7000);
    workers_advance(&w, 20000);
    cr_expect_float_eq(w.arrived, 500 + 500, 1e-6);
    feeds_clear(&f);
}

Test(workers, need_no_more_room_for_many_starts)
{
    begin(&(workers_rules){.service_rate = 1, .startup_ms = 1000000}, 0, NULL, NULL);
    for (int32_t i = 1; i <= 2 * WORKERS_STARTS; i++) {
        workers_advance(&w, i);
        workers_scale(&w, i);
    }
    workers_advance(&w, 2000000);
    cr_expect_eq(w.started, 2 * WORKERS_STARTS);
    feeds_clear(&f);
}

/* ---- feeds */

static feeds of_trace(const char *text)
{
    static const char *const metrics[] = {"s0-x"};
    static const keda_plan_trigger triggers[] = {
        {.struct_size = sizeof triggers[0], .type = "x", .name = "", .nmetrics = 1}};
    static const names all = {triggers, 1, metrics, 1};
    trace t = {0};
    feeds out;

    cr_assert_eq(trace_read(&t, &all, "x", text, strlen(text), NULL), KEDA_OK);
    cr_assert_eq(feeds_init(&out, 1, NULL), KEDA_OK);
    cr_assert_eq(feeds_add_trace(&out, &t, NULL), KEDA_OK);
    trace_clear(&t);
    feeds_rewind(&out);
    return out;
}

Test(feed, holds_a_value_until_the_next_row)
{
    feeds all = of_trace("t,s0\n10,5\n20,7\n");
    feed *s0 = feeds_of(&all, 0);

    cr_expect(isnan(feed_value(s0, 9999)), "nothing is known before the first row");
    cr_expect_float_eq(feed_value(s0, 10000), 5, 0);
    cr_expect_float_eq(feed_value(s0, 19999), 5, 0);
    cr_expect_float_eq(feed_value(s0, 20000), 7, 0);
    cr_expect_float_eq(feed_value(s0, 99999), 7, 0);
    feeds_rewind(&all);
    cr_expect_eq(feed_next(s0, 0), 10000);
    cr_expect_eq(feed_next(s0, 10000), 20000);
    cr_expect_gt(feed_next(s0, 20000), 1000000);
    feeds_clear(&all);
}

Test(feed, has_arrivals_while_their_number_cannot_be_read)
{
    feeds all = of_trace("t,rate\n0,5\n10,error\n20,\n30,7\n");
    feed *s0 = feeds_of(&all, 0);

    cr_expect_float_eq(feed_rate(s0, 5000), 5, 0);
    cr_expect_float_eq(feed_rate(s0, 15000), 5, 0);
    cr_expect(isinf(feed_value(s0, 15000)));
    cr_expect_float_eq(feed_rate(s0, 25000), 5, 0);
    cr_expect_float_eq(feed_rate(s0, 35000), 7, 0);
    feeds_clear(&all);
}

Test(feed, adds_its_sources_up)
{
    feeds all = of_trace("t,rate\n0,5\n");
    generator g;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(generator_parse(&g, "constant(3)", NULL), KEDA_OK);
    cr_assert_eq(feeds_add_generator(&all, &g, NAMES_NONE, true, NULL), KEDA_OK);
    cr_expect_float_eq(feed_rate(feeds_of(&all, 0), 1), 8, 0);
    cr_expect_eq(feeds_add_generator(&all, &g, NAMES_NONE, false, &err), KEDA_EINVAL);
    cr_assert_eq(feeds_add_generator(&all, &g, 0, false, NULL), KEDA_OK);
    cr_expect_float_eq(feed_value(feeds_of(&all, 0), 1), 3, 0, "its own comes first");
    feeds_clear(&all);
}
