/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers about a zone that has been read: the table of its changes, and behind the last of them the
 * rule.
 */
#include "tz.h"

#include "base/mem.h"
#include "tz_zone.h"

void tz_free(tz_zone *zone)
{
    mem_free(zone);
}

/* Number of changes that have taken place. */
static size_t changes_until(const tz_zone *zone, int64_t t_s)
{
    size_t low = 0, high = zone->nchanges;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at_s <= t_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

tz_span tz_span_at(const tz_zone *zone, int64_t t_s)
{
    const size_t n = changes_until(zone, t_s);
    tz_span span = {INT64_MIN, INT64_MAX, zone->first_s};

    if (n == zone->nchanges && zone->rule.is_set) {
        span = tz_rule_span(&zone->rule, t_s);
        if (n > 0 && span.from_s < zone->changes[n - 1].at_s)
            span.from_s = zone->changes[n - 1].at_s;
        return span;
    }
    if (n > 0) {
        span.from_s = zone->changes[n - 1].at_s;
        span.offset_s = zone->changes[n - 1].offset_s;
    }
    if (n < zone->nchanges)
        span.until_s = zone->changes[n].at_s;
    return span;
}

int32_t tz_offset_at(const tz_zone *zone, int64_t t_s)
{
    return tz_span_at(zone, t_s).offset_s;
}
