/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing times. Nothing before the start, and nothing a hundred years after it, is a
 * time of a simulation.
 */
#include "simulate/moment.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "lang/duration.h"

enum { MS_S = 1000, NS_MS = 1000000, DAY_MS = 86400000 };

/* "7d12h": days, which Go's durations do not have; gives what follows them. */
static const char *take_days(const char *text, int64_t *days)
{
    const char *p = text;
    int64_t n = 0;

    for (; *p >= '0' && *p <= '9'; p++)
        n = n < 1000000 ? n * 10 + (*p - '0') : n; /* too long, whatever follows */
    if (p == text || *p != 'd')
        return text;
    *days = n;
    return p + 1;
}

/* Of any length. */
static bool read_span(const char *text, double *ms)
{
    double seconds;
    int64_t days = 0, ns = 0;

    if (num_parse_json_double(text, &seconds)) {
        *ms = seconds * MS_S;
        return *ms >= 0.0;
    }
    const char *rest = take_days(text, &days);
    if ((*rest != '\0' || rest == text) && (!duration_parse(rest, &ns) || ns < 0))
        return false;
    const int64_t whole = days * DAY_MS + ns / NS_MS;
    *ms = (double)whole;
    return true;
}

bool moment_parse_span(const char *text, int64_t *ms)
{
    double read = 0.0;

    if (!read_span(text, &read) || read > (double)MOMENT_MAX_MS)
        return false;
    *ms = llround(read);
    return true;
}

bool moment_is_too_long(const char *text)
{
    double read = 0.0;
    return read_span(text, &read) && read > (double)MOMENT_MAX_MS;
}

moment_kind moment_parse(const char *text, int64_t *ms)
{
    if (moment_parse_span(text, ms))
        return MOMENT_SPAN;
    *ms = clock_parse_utc(text);
    return *ms >= 0 ? MOMENT_WALL : MOMENT_BAD;
}

void moment_format(int64_t ms, char *out, unsigned size)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{DAY_MS, "d"}, {3600000, "h"}, {60000, "m"}};
    unsigned at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < 3 && at < size; i++) {
        if (ms < units[i].ms)
            continue;
        at += (unsigned)snprintf(out + at, size - at, "%lld%s", (long long)(ms / units[i].ms),
                                 units[i].unit);
        ms %= units[i].ms;
    }
    if (at >= size || (ms == 0 && at > 0))
        return;
    if (ms % MS_S == 0)
        (void)snprintf(out + at, size - at, "%llds", (long long)(ms / MS_S));
    else
        (void)snprintf(out + at, size - at, "%lld.%03llds", (long long)(ms / MS_S),
                       (long long)(ms % MS_S));
}
