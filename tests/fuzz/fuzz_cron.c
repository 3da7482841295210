/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a cron schedule, and its firings in a zone of any shape. The first line is the zone's
 * rule, the rest the schedule; without a newline all of it is the schedule, in UTC.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lang/cron.h"
#include "lang/tz_zone.h"

static void check_firings(const cron_schedule *schedule, const tz_zone *zone, int64_t now_s)
{
    for (int i = 0; i < 3; i++) {
        const cron_firing next = cron_next(schedule, zone, now_s);
        if (!next.is_known)
            return;
        /* Where clocks go back, the reference may too. */
        if (next.at_s < now_s - 3 * 86400 || next.at_s > now_s + INT64_C(7) * 366 * 86400)
            abort();
        now_s = next.at_s;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t rule_size = line == NULL ? 0 : (size_t)(line - data);
    const size_t skipped = line == NULL ? 0 : rule_size + 1;
    keda_error err = KEDA_ERROR_INIT;
    cron_schedule schedule = {0};
    tz_zone zone = {.first_s = 0};
    char *text = mem_strndup((const char *)data + skipped, size - skipped);

    if (text == NULL)
        return 0;
    if (line != NULL &&
        tz_rule_parse(&zone.rule, (const char *)data, rule_size, NULL) != KEDA_OK)
        zone.rule.is_set = false;
    if (cron_parse(&schedule, text, &err) != KEDA_OK) {
        if (err.code == KEDA_OK || err.text[0] == '\0')
            abort();
    } else {
        check_firings(&schedule, &zone, 1774695600);
        check_firings(&schedule, &zone, -2208988800);
    }
    cron_clear(&schedule);
    mem_free(text);
    return 0;
}
