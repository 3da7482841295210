/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a schedule fires next. The order of the steps, and where each lands around a change of the
 * clocks, are the reference's (spec: languages 3.3); only where it would never end do we go on.
 */
#include "cron.h"

#include "base/clock.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, YEARS = 5 };

typedef struct wall_clock {
    int64_t days; /* since 1970-01-01 */
    int64_t year;
    int month, day, weekday, hour, minute, second;
} wall_clock;

typedef struct search {
    const cron_schedule *schedule;
    const tz_zone *zone;
    tz_span span; /* of the last look-up */
    int64_t t_s;
    wall_clock wall; /* of t_s */
    bool is_advanced;
} search;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static bool has(uint64_t bits, int value)
{
    return (bits >> value & 1) != 0;
}

/* ---- instants and wall clocks */

static int32_t offset_at(search *s, int64_t t_s)
{
    if (t_s < s->span.from_s || t_s >= s->span.until_s)
        s->span = tz_span_at(s->zone, t_s);
    return s->span.offset_s;
}

static void go_to(search *s, int64_t t_s)
{
    const int64_t local_s = t_s + offset_at(s, t_s);
    wall_clock *w = &s->wall;

    s->t_s = t_s;
    w->days = floor_div(local_s, DAY_S);
    clock_date_of_days(w->days, &w->year, &w->month, &w->day);
    w->weekday = (int)(w->days + 4 - floor_div(w->days + 4, 7) * 7);
    const int seconds = (int)(local_s - w->days * DAY_S);
    w->hour = seconds / HOUR_S;
    w->minute = seconds / MINUTE_S % 60;
    w->second = seconds % 60;
}

/* The instant of a wall clock: read as UTC to find an offset, which is taken if it is the one in force
 * there, else the one that is (Go: time.Date). */
static int64_t instant_of(search *s, int64_t days, int64_t seconds)
{
    const int64_t local_s = days * DAY_S + seconds;
    const int64_t guess_s = local_s - offset_at(s, local_s);
    return local_s - offset_at(s, guess_s);
}

static int64_t seconds_of_day(const wall_clock *w)
{
    return (int64_t)w->hour * HOUR_S + (int64_t)w->minute * MINUTE_S + w->second;
}

/* ---- steps; each answers whether the search starts over */

static bool find_month(search *s)
{
    while (!has(s->schedule->months, s->wall.month)) {
        const wall_clock *w = &s->wall;
        if (!s->is_advanced)
            go_to(s, instant_of(s, w->days - (w->day - 1), 0));
        s->is_advanced = true;
        /* The same day a month later; a day that month does not have is one of the next. */
        const int64_t first = w->month == 12 ? clock_days_of_date(w->year + 1, 1, 1)
                                             : clock_days_of_date(w->year, w->month + 1, 1);
        go_to(s, instant_of(s, first + w->day - 1, seconds_of_day(w)));
        if (w->month == 1)
            return true;
    }
    return false;
}

/* A starred field alone lets every day pass, so both must; otherwise one of the two is enough. */
static bool day_matches(const search *s)
{
    const bool is_day = has(s->schedule->days, s->wall.day);
    const bool is_weekday = has(s->schedule->weekdays, s->wall.weekday);

    if (s->schedule->is_day_starred || s->schedule->is_weekday_starred)
        return is_day && is_weekday;
    return is_day || is_weekday;
}

/* The same wall clock some dates later, and from there to midnight where clocks changed. */
static void go_days_on(search *s, int64_t days)
{
    const wall_clock w = s->wall;

    go_to(s, instant_of(s, w.days + days, seconds_of_day(&w)));
    if (s->wall.hour > 12)
        go_to(s, s->t_s + (int64_t)(24 - s->wall.hour) * HOUR_S);
    else if (s->wall.hour != 0)
        go_to(s, s->t_s - (int64_t)s->wall.hour * HOUR_S);
}

/* A date that does not exist leads back to where one was: then the one behind it. */
static bool find_day(search *s)
{
    while (!day_matches(s)) {
        if (!s->is_advanced)
            go_to(s, instant_of(s, s->wall.days, 0));
        s->is_advanced = true;
        const int64_t before_s = s->t_s;
        const wall_clock before = s->wall;
        go_days_on(s, 1);
        if (s->t_s <= before_s) {
            s->wall = before;
            go_days_on(s, 2);
            if (s->t_s <= before_s)
                go_to(s, before_s + DAY_S);
            return true;
        }
        if (s->wall.day == 1)
            return true;
    }
    return false;
}

static bool find_hour(search *s)
{
    while (!has(s->schedule->hours, s->wall.hour)) {
        if (!s->is_advanced)
            go_to(s, instant_of(s, s->wall.days, (int64_t)s->wall.hour * HOUR_S));
        s->is_advanced = true;
        go_to(s, s->t_s + HOUR_S);
        if (s->wall.hour == 0)
            return true;
    }
    return false;
}

static bool find_minute(search *s)
{
    while (!has(s->schedule->minutes, s->wall.minute)) {
        if (!s->is_advanced)
            go_to(s, floor_div(s->t_s, MINUTE_S) * MINUTE_S);
        s->is_advanced = true;
        go_to(s, s->t_s + MINUTE_S);
        if (s->wall.minute == 0)
            return true;
    }
    return false;
}

static bool find_second(search *s)
{
    while (s->wall.second != 0) {
        s->is_advanced = true;
        go_to(s, s->t_s + 1);
        if (s->wall.second == 0)
            return true;
    }
    return false;
}

/* A field without a value: nothing to look for. */
static bool can_fire(const cron_schedule *c)
{
    if (c->minutes == 0 || c->hours == 0 || c->months == 0)
        return false;
    if (c->is_day_starred || c->is_weekday_starred)
        return c->days != 0 && c->weekdays != 0;
    return c->days != 0 || c->weekdays != 0;
}

cron_firing cron_next(const cron_schedule *schedule, const tz_zone *zone, int64_t now_s)
{
    static const int64_t farthest_s = INT64_C(1) << 50;
    search s = {
        .schedule = schedule,
        .zone = schedule->zone != NULL ? schedule->zone : zone,
        .span = {0, 0, 0},
    };

    if (!can_fire(schedule) || now_s > farthest_s || now_s < -farthest_s)
        return (cron_firing){0};
    go_to(&s, now_s + 1);
    for (const int64_t limit = s.wall.year + YEARS; s.wall.year <= limit;)
        if (!find_month(&s) && !find_day(&s) && !find_hour(&s) && !find_minute(&s) &&
            !find_second(&s))
            return (cron_firing){.is_known = true, .at_s = s.t_s};
    return (cron_firing){0};
}

/* A schedule that never fires sorts before all others. */
static bool is_before(cron_firing a, cron_firing b)
{
    return b.is_known && (!a.is_known || a.at_s < b.at_s);
}

bool cron_is_active(int64_t now_s, cron_firing start, cron_firing end)
{
    const cron_firing now = {.is_known = true, .at_s = now_s};

    if (is_before(start, end))
        return is_before(start, now) && is_before(now, end);
    return is_before(start, now) || is_before(now, end);
}
