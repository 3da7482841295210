/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cron schedules of five fields: reading one, and its next firing in a time zone (spec: languages 3;
 * robfig/cron). When a trigger of two schedules is active is here too; the trigger itself is not.
 */
#ifndef LANG_CRON_H
#define LANG_CRON_H

#include <stdbool.h>

#include "lang/tz.h"

/* One bit for each value that fires. */
typedef struct cron_schedule {
    uint64_t minutes;
    uint32_t hours, days, months, weekdays; /* days and months from bit 1, Sunday is bit 0 */
    bool is_day_starred, is_weekday_starred;
    tz_zone *zone; /* of its TZ= prefix; NULL: the caller's */
} cron_schedule;

/* A firing, in seconds since 1970, or none within about five years. */
typedef struct cron_firing {
    bool is_known;
    int64_t at_s;
} cron_firing;

/*
 * Reads "minute hour day-of-month month day-of-week", in front of it TZ=Zone or CRON_TZ=Zone.
 *
 * errors  KEDA_EINVAL with the field and the place; those of tz_open; KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status cron_parse(cron_schedule *out, const char *text, keda_error *err);
void cron_clear(cron_schedule *schedule);

/* The first firing later than now, in the zone unless the schedule has its own. In the day after clocks
 * went back within an hour after midnight it may be now or a little before, as the reference's is. */
cron_firing cron_next(const cron_schedule *schedule, const tz_zone *zone, int64_t now_s);

/* Between a start and an end, given the next of each (spec: languages 3.4). */
bool cron_is_active(int64_t now_s, cron_firing start, cron_firing end);

#endif
