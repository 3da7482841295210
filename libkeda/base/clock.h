/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system clock as a keda_clock, and the seeded generator from which jitter comes. Nothing else
 * in the library asks the operating system for time or random bytes.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <keda/base.h>

const keda_clock *clock_system(void);
int64_t clock_now_ms(const keda_clock *clock);
int64_t clock_wall_ms(const keda_clock *clock);

typedef struct clock_random {
    uint64_t state;
} clock_random;
void clock_random_seed(clock_random *random, uint64_t seed);
uint64_t clock_random_seed_from_system(void);
uint64_t clock_random_next(clock_random *random);
double clock_random_unit(clock_random *random); /* [0, 1) */

/* "2026-01-31T12:00:00Z" with milliseconds when asked; size >= 32. And back: -1 when not a time. */
void clock_format_utc(int64_t wall_ms, int with_ms, char *out, size_t size);
int64_t clock_parse_utc(const char *text);

/* Days since 1970-01-01 of a Gregorian date, and back; month and day from 1. */
int64_t clock_days_of_date(int64_t year, int month, int day);
void clock_date_of_days(int64_t days, int64_t *year, int *month, int *day);

/* Stable 64-bit hash of bytes, for phases and tables; not for secrets. */
uint64_t clock_hash(const void *bytes, size_t size);

#endif
