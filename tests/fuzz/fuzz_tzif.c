/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the file of a time zone: refused with a reason, or a zone that answers for every time. */
#include <stdint.h>
#include <stdlib.h>

#include "lang/cron.h"
#include "lang/tz.h"

/* Spans hold the time they were asked for, and follow each other. */
static void check_spans(const tz_zone *zone, int64_t t_s)
{
    for (int i = 0; i < 50; i++) {
        const tz_span span = tz_span_at(zone, t_s);
        if (span.from_s > t_s || (span.until_s <= t_s && span.until_s != INT64_MAX) ||
            span.offset_s != tz_offset_at(zone, t_s) || span.offset_s < -100000 ||
            span.offset_s > 100000)
            abort();
        if (span.until_s == INT64_MAX)
            return;
        t_s = span.until_s;
    }
}

/* A schedule ends its search in any zone. */
static void check_schedules(const tz_zone *zone)
{
    static const char *const texts[] = {"30 2 * * *", "0 0 31 12 *", "* * * * *",
                                        "0 12 * * 5", "0 0 30 2 *",  "59 23 */13 * 5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cron_schedule schedule = {0};
        if (cron_parse(&schedule, texts[i], NULL) != KEDA_OK)
            abort();
        int64_t now_s = 1325100000;
        for (int n = 0; n < 3; n++) {
            const cron_firing next = cron_next(&schedule, zone, now_s);
            if (!next.is_known)
                break;
            if (next.at_s < now_s - 5 * 86400) /* clocks that go back lead back */
                abort();
            now_s = next.at_s;
        }
        cron_clear(&schedule);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tz_zone *zone = NULL;
    keda_error err = KEDA_ERROR_INIT;

    if (tz_from_bytes(&zone, data, size, &err) != KEDA_OK) {
        if (err.code == KEDA_OK || err.text[0] == '\0' || zone != NULL)
            abort();
        return 0;
    }
    static const int64_t times[] = {INT64_MIN,  -5000000000, 0,
                                    1325100000, 4102444800,  INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        check_spans(zone, times[i]);
    check_schedules(zone);
    tz_free(zone);
    return 0;
}
