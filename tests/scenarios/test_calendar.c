/* SPDX-License-Identifier: Apache-2.0 */
/* A workload that follows the calendar: up at a start, down after an end. */
#include <criterion/criterion.h>

#include "base/clock.h"
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

TestSuite(calendar, .init = open_rig, .fini = close_rig);

enum { MINUTE_MS = 60000 };

/* An hour of office in Berlin each day; the engine's clock starts at this time. */
static void put_office(const char *utc, const char *spec)
{
    fake_clock_set_wall(&r.clock, clock_parse_utc(utc));
    cr_assert_eq(
        rig_put(&r, "file",
                rig_object("orders", spec,
                           "  - {type: cron, metadata: {timezone: Europe/Berlin, start: "
                           "\"0 9 * * *\", end: \"0 10 * * *\", desiredReplicas: "
                           "\"3\"}}\n")),
        KEDA_OK, "%s%s", r.err.text, rig_findings(&r));
    rig_step(&r);
}

Test(calendar, scales_up_at_the_start_and_down_after_the_end)
{
    put_office("2026-02-02T07:55:00Z", "  pollingInterval: 30\n  cooldownPeriod: 120\n");
    rig_run(&r, 4 * MINUTE_MS);
    cr_expect_eq(r.replicas, 0, "not before the start: %d", r.replicas);
    rig_run(&r, 2 * MINUTE_MS);
    cr_expect_eq(r.replicas, 3, "up within a polling interval: %d", r.replicas);
    rig_run(&r, 58 * MINUTE_MS);
    cr_expect_eq(r.replicas, 3, "until the end: %d", r.replicas);
    rig_run(&r, 5 * MINUTE_MS);
    cr_expect_eq(r.replicas, 0, "down after the cooldown: %d", r.replicas);
    rig_run(&r, 23 * 60 * MINUTE_MS);
    cr_expect_eq(r.replicas, 3, "and again the next day: %d", r.replicas);
}

Test(calendar, begins_within_a_window)
{
    put_office("2026-02-02T08:30:00Z", "  pollingInterval: 30\n");
    cr_expect_eq(r.replicas, 3, "at once: %d", r.replicas);
}

Test(calendar, moves_with_the_clocks_of_the_zone)
{
    /* On 29 March 2026 the office opens at 7:00 UTC, an hour earlier than the day before. */
    put_office("2026-03-29T06:59:00Z", "  pollingInterval: 30\n");
    cr_expect_eq(r.replicas, 0);
    rig_run(&r, 2 * MINUTE_MS);
    cr_expect_eq(r.replicas, 3, "%d", r.replicas);
}
