/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system clock, seeded pseudo-random numbers, UTC times as text, and the stable hash by which
 * phases are spread. The one file that asks the operating system for time or random bytes.
 */
#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now_ms(void *user)
{
    (void)user;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall_ms(void *user)
{
    (void)user;
    return read_clock(CLOCK_REALTIME);
}

const keda_clock *clock_system(void)
{
    static const keda_clock system_clock = {
        .struct_size = sizeof(keda_clock),
        .now_ms = system_now_ms,
        .wall_ms = system_wall_ms,
    };
    return &system_clock;
}

int64_t clock_now_ms(const keda_clock *clock)
{
    return clock->now_ms(clock->user);
}

int64_t clock_wall_ms(const keda_clock *clock)
{
    return clock->wall_ms(clock->user);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void clock_random_seed(clock_random *random, uint64_t seed)
{
    random->state = seed;
}

uint64_t clock_random_seed_from_system(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    return mix((uint64_t)read_clock(CLOCK_REALTIME)) ^ (uint64_t)read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_random_next(clock_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(random->state);
}

double clock_random_unit(clock_random *random)
{
    return (double)(clock_random_next(random) >> 11) * 0x1p-53;
}

uint64_t clock_hash(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return mix(hash); /* FNV alone leaves the high bits of short names alike */
}

enum { DAY_S = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* Years begin in March, eras are 400 years. */
int64_t clock_days_of_date(int64_t year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = floor_div(y, 400);
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void clock_date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
    const int64_t z = days + 719468;
    const int64_t era = floor_div(z, 146097);
    const int64_t day_of_era = z - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

void clock_format_utc(int64_t wall_ms, int with_ms, char *out, size_t size)
{
    const int64_t seconds = floor_div(wall_ms, 1000);
    const int64_t days = floor_div(seconds, DAY_S);
    const int s = (int)(seconds - days * DAY_S);
    int64_t year = 0;
    int month = 0, day = 0;
    clock_date_of_days(days, &year, &month, &day);
    int n = snprintf(out, size, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month, day,
                     s / 3600, s / 60 % 60, s % 60);
    if (n < 0 || (size_t)n >= size)
        return;
    if (with_ms)
        (void)snprintf(out + n, size - (size_t)n, ".%03dZ",
                       (int)((wall_ms % 1000 + 1000) % 1000));
    else
        (void)snprintf(out + n, size - (size_t)n, "Z");
}

/* Exactly n digits; -1 when there are others. */
static int take_digits(const char **p, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        value = value * 10 + (**p - '0');
    }
    return value;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool take_date(const char **p, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = take_digits(p, 4);
    if (year < 0 || !take_char(p, '-'))
        return false;
    const int month = take_digits(p, 2);
    if (month < 1 || month > 12 || !take_char(p, '-'))
        return false;
    const int day = take_digits(p, 2);
    const int last = lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
    if (day < 1 || day > last)
        return false;
    *days = clock_days_of_date(year, month, day);
    return true;
}

/* hh:mm as minutes; -1 when it is none. */
static int take_minutes(const char **p)
{
    const int hours = take_digits(p, 2);
    if (hours < 0 || hours > 23 || !take_char(p, ':'))
        return -1;
    const int minutes = take_digits(p, 2);
    return minutes < 0 || minutes > 59 ? -1 : hours * 60 + minutes;
}

static bool take_time(const char **p, int64_t *ms)
{
    const int minutes = take_minutes(p);
    if (minutes < 0 || !take_char(p, ':'))
        return false;
    const int seconds = take_digits(p, 2);
    if (seconds < 0 || seconds > 59)
        return false;
    *ms = ((int64_t)minutes * 60 + seconds) * 1000;
    if (!take_char(p, '.'))
        return true;
    if (**p < '0' || **p > '9')
        return false;
    for (int scale = 100; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
        *ms += (int64_t)(**p - '0') * scale;
    return true;
}

static bool take_zone(const char **p, int64_t *ms)
{
    *ms = 0;
    if (take_char(p, 'Z'))
        return true;
    const int sign = **p == '-' ? -1 : 1;
    if (!take_char(p, '+') && !take_char(p, '-'))
        return false;
    const int minutes = take_minutes(p);
    *ms = (int64_t)sign * minutes * 60000;
    return minutes >= 0;
}

int64_t clock_parse_utc(const char *text)
{
    const char *p = text;
    int64_t days = 0, ms = 0, zone_ms = 0;
    if (!take_date(&p, &days) || !take_char(&p, 'T') || !take_time(&p, &ms) ||
        !take_zone(&p, &zone_ms) || *p != '\0')
        return -1;
    const int64_t wall_ms = days * DAY_S * 1000 + ms - zone_ms;
    return wall_ms < 0 ? -1 : wall_ms;
}
