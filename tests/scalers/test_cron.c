/* SPDX-License-Identifier: Apache-2.0 */
/* The cron trigger (libkeda/scalers/cron.c). Schedules themselves are in tests/lang/test_cron.c. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/metrics.h"
#include "support/failing_allocator.h"
#include "support/rig.h"

#include "scalers/cron.h"

/* A trigger of a workload whose parameters are these. */
static const char *document(const char *zone, const char *start, const char *end,
                            const char *desired)
{
    char triggers[1024];
    (void)snprintf(triggers, sizeof triggers,
                   "  - {type: cron, metadata: {timezone: '%s', start: '%s', end: '%s', "
                   "desiredReplicas: '%s'}}\n",
                   zone, start, end, desired);
    return rig_object("orders", "  pollingInterval: 10\n", triggers);
}

/* What a poll at this time says. */
static keda_trigger_status poll_at(const char *utc, const char *text)
{
    static rig r;
    rig_open(&r);
    fake_clock_set_wall(&r.clock, clock_parse_utc(utc));
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s%s", r.err.text, rig_findings(&r));
    rig_step(&r);
    static char error[512];
    keda_trigger_status status = rig_trigger(&r, "default/orders", 0);
    (void)snprintf(error, sizeof error, "%s", status.error == NULL ? "" : status.error);
    status.error = error;
    rig_close(&r);
    return status;
}

Test(cron_trigger, wants_its_replicas_from_start_to_end)
{
    static const struct {
        const char *utc, *zone;
        double value;
    } cases[] = {
        {"2026-02-02T07:59:59.999Z", "UTC", 0},
        {"2026-02-02T08:00:00Z", "UTC", 7},
        {"2026-02-02T17:59:59.999Z", "UTC", 7},
        {"2026-02-02T18:00:00Z", "UTC", 0},
        {"2026-02-01T12:00:00Z", "UTC", 0},
        {"2026-02-02T06:59:59Z", "Europe/Berlin", 0},
        {"2026-02-02T07:00:00Z", "Europe/Berlin", 7},
        {"2026-07-06T06:00:00Z", "Europe/Berlin", 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const keda_trigger_status s =
            poll_at(cases[i].utc, document(cases[i].zone, "0 8 * * 1-5", "0 18 * * 1-5", "7"));
        cr_expect_eq(s.state, KEDA_READING_OK, "%s", s.error);
        cr_expect_float_eq(s.value, cases[i].value, 1e-9, "%s %s: %g", cases[i].utc,
                           cases[i].zone, s.value);
        cr_expect_eq(s.is_active, cases[i].value > 0 ? 1 : 0, "%s", cases[i].utc);
    }
}

Test(cron_trigger, is_active_whatever_it_wants)
{
    const keda_trigger_status s =
        poll_at("2026-02-02T09:00:00Z", document("UTC", "0 8 * * *", "0 18 * * *", "-3"));
    cr_expect_eq(s.is_active, 1);
    cr_expect_eq(s.state, KEDA_READING_OK);
}

Test(cron_trigger, names_a_time_zone_that_is_not_there)
{
    const keda_trigger_status s =
        poll_at("2026-02-02T09:00:00Z", document("Mars/Base", "0 8 * * *", "0 18 * * *", "3"));
    cr_expect_neq(s.state, KEDA_READING_OK);
    cr_expect_not_null(strstr(s.error, "time zone \"Mars/Base\": unknown"), "%s", s.error);
}

Test(cron_trigger, refuses_what_makes_no_sense)
{
    static const struct {
        const char *start, *end, *desired, *says;
    } cases[] = {
        {"0 8 * * *", "0 8 * * *", "1", "start and end must differ"},
        {"0 8 * * *", " 0 8 * * * ", "1", "start and end must differ"},
        {"0 8 * * *", "0 18 * * *", "0", "desiredReplicas: must not be 0"},
        {"0 8 * *", "0 18 * * *", "1", "start: five fields"},
        {"0 8 * * *", "0 18 * * 7", "1", "end: day of week: at 10: numbers from 0 to 6"},
        {"TZ=Mars/X 0 8 * * *", "0 18 * * *", "1", "start: time zone \"Mars/X\": unknown"},
        {"0 8 * * *", "0 18 * * *", "1.5", "desiredReplicas"},
        {"0 8 * * *", "", "1", "end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static rig r;
        rig_open(&r);
        (void)!rig_put(&r, "file",
                       document("UTC", cases[i].start, cases[i].end, cases[i].desired));
        cr_expect_not_null(strstr(rig_findings(&r), cases[i].says), "%s: %s", cases[i].says,
                           rig_findings(&r));
        rig_close(&r);
    }
}

Test(cron_trigger, warns_once_of_what_never_fires)
{
    static rig r;
    rig_open(&r);
    cr_assert_eq(rig_put(&r, "file", document("UTC", "0 8 * * *", "0 0 30 2 *", "-1")), KEDA_OK,
                 "%s", rig_findings(&r));
    rig_run(&r, 3 * 86400000LL);
    cr_expect_eq(rig_count_logged(&r, "end: does not fire within five years"), 1, "%s",
                 r.log.data);
    cr_expect_eq(rig_count_logged(&r, "desiredReplicas: less than 0 counts as 0"), 1, "%s",
                 r.log.data);
    rig_close(&r);
}

Test(cron_trigger, follows_a_clock_that_is_set_back)
{
    static rig r;
    rig_open(&r);
    fake_clock_set_wall(&r.clock, clock_parse_utc("2026-02-02T09:00:00Z"));
    cr_assert_eq(rig_put(&r, "file", document("UTC", "0 8 * * *", "0 18 * * *", "3")), KEDA_OK);
    rig_step(&r);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).is_active, 1);
    fake_clock_set_wall(&r.clock, clock_parse_utc("2026-02-02T07:00:00Z"));
    rig_run(&r, 20000);
    cr_expect_eq(rig_trigger(&r, "default/orders", 0).is_active, 0);
    rig_close(&r);
}

Test(cron_trigger, survives_missing_memory)
{
    static char zone[] = "Europe/Berlin", start[] = "TZ=Asia/Tokyo 0 8 * * *",
                end[] = "TZ=Asia/Kolkata 0 18 * * *";
    const cron_meta meta = {.timezone = zone, .start = start, .end = end, .desired = 3};
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        cron_window window = {.is_active = false};
        keda_spec_list specs = {0};
        cr_assert_lt(n, 200);
        failing_allocator_set(n);
        keda_status rc = keda_scaler_cron.check(&meta, NULL, NULL);
        if (rc == KEDA_OK)
            rc = keda_scaler_cron.specs(&meta, &specs, NULL, NULL);
        if (rc == KEDA_OK)
            rc = cron_window_at(&window, &meta, 1770000000, NULL);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK);
        spec_list_clear(&specs);
        cr_expect_eq(failing_allocator_live(), 0);
    }
}
