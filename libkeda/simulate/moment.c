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

static bool is_sane(double ms)
{
    return ms >= 0.0 && ms <= (double)MOMENT_MAX_MS;
}

/* "7d12h": days, which Go's durations do not have; gives what follows them. */
static const char *take_days(const char *text, int64_t *days)
{
    const char *p = text;
    int64_t n = 0;

    for (; *p >= '0' && *p <= '9' && n < 100000; p++)
        n = n * 10 + (*p - '0');
    if (p == text || *p != 'd')
        return text;
    *days = n;
    return p + 1;
}

bool moment_parse_span(const char *text, int64_t *ms)
{
    double seconds;
    int64_t ns;

    if (num_parse_json_double(text, &seconds)) {
        if (!is_sane(seconds * MS_S))
            return false;
        *ms = llround(seconds * MS_S);
        return true;
    }
    int64_t days = 0;
    const char *rest = take_days(text, &days);
    ns = 0;
    if ((*rest != '\0' || rest == text) && (!duration_parse(rest, &ns) || ns < 0))
        return false;
    *ms = days * DAY_MS + ns / NS_MS;
    return *ms <= MOMENT_MAX_MS;
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
