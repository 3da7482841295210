/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule at the end of a TZif file, written as POSIX writes TZ, with the hours beyond a day that RFC
 * 9636 allows: read, and followed for any year.
 */
#include <string.h>

#include "base/clock.h"
#include "tz_zone.h"

enum { HOUR_S = 3600, DAY_S = 86400, MAX_RULE_SIZE = 256 };

/* ---- reading */

typedef struct cursor {
    const char *text;
    size_t size, at;
    keda_error *err;
} cursor;

static keda_status fail(const cursor *c, const char *expected)
{
    return keda_error_set(c->err, KEDA_EPROTOCOL, "rule for later years: at %zu: expected %s",
                          c->at + 1, expected);
}

static char peek(const cursor *c)
{
    return c->at < c->size ? c->text[c->at] : '\0';
}

static bool take(cursor *c, char wanted)
{
    if (c->at >= c->size || c->text[c->at] != wanted)
        return false;
    c->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number of at most four digits; -1 when there is none. */
static int take_number(cursor *c)
{
    int value = 0;
    if (!is_digit(peek(c)))
        return -1;
    for (int n = 0; is_digit(peek(c)); n++, c->at++) {
        if (n == 4)
            return -1;
        value = value * 10 + (peek(c) - '0');
    }
    return value;
}

/* CET, or <-03> */
static keda_status take_name(cursor *c)
{
    const bool is_quoted = take(c, '<');
    size_t n = 0;
    while (is_letter(peek(c)) ||
           (is_quoted && (is_digit(peek(c)) || peek(c) == '+' || peek(c) == '-'))) {
        c->at++;
        n++;
    }
    if (n < 3)
        return fail(c, "a name of three characters or more");
    if (is_quoted && !take(c, '>'))
        return fail(c, "'>'");
    return KEDA_OK;
}

/* [+-]h[:mm[:ss]] */
static keda_status take_time(cursor *c, int most_hours, int32_t *out)
{
    const bool is_negative = peek(c) == '-';
    int part[3] = {0, 0, 0};

    if (is_negative || peek(c) == '+')
        c->at++;
    part[0] = take_number(c);
    if (part[0] < 0 || part[0] > most_hours)
        return fail(c, most_hours == 24 ? "hours from 0 to 24" : "hours from 0 to 167");
    for (int i = 1; i < 3 && take(c, ':'); i++) {
        part[i] = take_number(c);
        if (part[i] < 0 || part[i] > 59)
            return fail(c, "a number from 0 to 59");
    }
    const int32_t seconds = part[0] * HOUR_S + part[1] * 60 + part[2];
    *out = is_negative ? -seconds : seconds;
    return KEDA_OK;
}

static keda_status take_bounded(cursor *c, int least, int most, const char *expected, int *out)
{
    *out = take_number(c);
    return *out < least || *out > most ? fail(c, expected) : KEDA_OK;
}

static keda_status take_month_day(cursor *c, tz_date *out)
{
    keda_status rc = take_bounded(c, 1, 12, "a month from 1 to 12", &out->month);
    if (rc == KEDA_OK && !take(c, '.'))
        rc = fail(c, "'.'");
    if (rc == KEDA_OK)
        rc = take_bounded(c, 1, 5, "a week from 1 to 5", &out->week);
    if (rc == KEDA_OK && !take(c, '.'))
        rc = fail(c, "'.'");
    if (rc == KEDA_OK)
        rc = take_bounded(c, 0, 6, "a weekday from 0 to 6", &out->day);
    return rc;
}

/* M3.5.0, J60 or 59, with the time behind a slash */
static keda_status take_date(cursor *c, tz_date *out)
{
    keda_status rc;

    *out = (tz_date){.kind = TZ_DATE_ORDINAL, .time_s = 2 * HOUR_S};
    if (take(c, 'M')) {
        out->kind = TZ_DATE_MONTH_DAY;
        rc = take_month_day(c, out);
    } else if (take(c, 'J')) {
        out->kind = TZ_DATE_JULIAN;
        rc = take_bounded(c, 1, 365, "a day from 1 to 365", &out->day);
    } else {
        rc = take_bounded(c, 0, 365, "a day from 0 to 365", &out->day);
    }
    if (rc == KEDA_OK && take(c, '/'))
        rc = take_time(c, 167, &out->time_s);
    return rc;
}

static keda_status take_dates(cursor *c, tz_rule *out)
{
    keda_status rc;

    if (!take(c, ','))
        return fail(c, "',' and a date");
    if ((rc = take_date(c, &out->start)) != KEDA_OK)
        return rc;
    if (!take(c, ','))
        return fail(c, "',' and a date");
    return take_date(c, &out->end);
}

static keda_status take_dst(cursor *c, tz_rule *out)
{
    int32_t west_s = 0;
    keda_status rc = take_name(c);

    if (rc != KEDA_OK)
        return rc;
    out->has_dst = true;
    out->dst_s = out->std_s + HOUR_S;
    if (c->at < c->size && peek(c) != ',') {
        if ((rc = take_time(c, 24, &west_s)) != KEDA_OK)
            return rc;
        out->dst_s = -west_s;
    }
    return take_dates(c, out);
}

keda_status tz_rule_parse(tz_rule *out, const char *text, size_t size, keda_error *err)
{
    cursor c = {.text = text, .size = size, .err = err};
    int32_t west_s = 0;
    keda_status rc;

    *out = (tz_rule){.is_set = true};
    if (size > MAX_RULE_SIZE)
        return keda_error_set(err, KEDA_EPROTOCOL,
                              "rule for later years: longer than %d characters", MAX_RULE_SIZE);
    if ((rc = take_name(&c)) != KEDA_OK)
        return rc;
    if ((rc = take_time(&c, 24, &west_s)) != KEDA_OK)
        return rc;
    out->std_s = -west_s;
    if (c.at < c.size && (rc = take_dst(&c, out)) != KEDA_OK)
        return rc;
    return c.at < c.size ? fail(&c, "nothing more") : KEDA_OK;
}

/* ---- following */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The first such weekday of the month, and some weeks later; the fifth may be the fourth. */
static int64_t days_of_month_day(const tz_date *date, int64_t year)
{
    const int64_t first = clock_days_of_date(year, date->month, 1);
    const int64_t next = date->month == 12 ? clock_days_of_date(year + 1, 1, 1)
                                           : clock_days_of_date(year, date->month + 1, 1);
    const int64_t weekday =
        first + 4 - floor_div(first + 4, 7) * 7; /* 1970 began on Thursday */
    const int64_t days = first + (date->day - weekday + 7) % 7 + (int64_t)(date->week - 1) * 7;
    return days < next ? days : days - 7;
}

/* The local time of the date, in seconds since 1970 as if it were UTC. */
static int64_t wall_of(const tz_date *date, int64_t year)
{
    int64_t days = clock_days_of_date(year, 1, 1) + date->day;

    if (date->kind == TZ_DATE_MONTH_DAY)
        days = days_of_month_day(date, year);
    else if (date->kind == TZ_DATE_JULIAN && !(date->day >= 60 && is_leap(year)))
        days -= 1;
    return days * DAY_S + date->time_s;
}

static void see_change(tz_span *span, int64_t t_s, int64_t at_s, int32_t offset_s)
{
    if (at_s <= t_s && at_s >= span->from_s) {
        span->from_s = at_s;
        span->offset_s = offset_s;
    } else if (at_s > t_s && at_s < span->until_s) {
        span->until_s = at_s;
    }
}

/* Hours up to a week off a date reach into the neighbouring years; whoever comes later wins. */
tz_span tz_rule_span(const tz_rule *rule, int64_t t_s)
{
    static const int64_t farthest_s = INT64_C(1) << 55;
    tz_span span = {INT64_MIN, INT64_MAX, rule->std_s};
    int64_t year = 0;
    int month = 0, day = 0;

    if (!rule->has_dst || t_s > farthest_s || t_s < -farthest_s)
        return span;
    clock_date_of_days(floor_div(t_s, DAY_S), &year, &month, &day);
    for (int64_t y = year - 2; y <= year + 2; y++) {
        const int64_t start_s = wall_of(&rule->start, y) - rule->std_s;
        const int64_t end_s = wall_of(&rule->end, y) - rule->dst_s;
        if (start_s > end_s)
            see_change(&span, t_s, end_s, rule->std_s);
        see_change(&span, t_s, start_s, rule->dst_s);
        if (start_s <= end_s)
            see_change(&span, t_s, end_s, rule->std_s);
    }
    return span;
}
