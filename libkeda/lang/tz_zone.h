/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a zone is made of. tz_read.c fills it from a file, tz_rule.c reads and follows the rule for all
 * later years, tz.c answers from both. Private to these.
 */
#ifndef LANG_TZ_ZONE_H
#define LANG_TZ_ZONE_H

#include <stdbool.h>

#include "lang/tz.h"

typedef enum tz_date_kind {
    TZ_DATE_UNSET = 0,
    TZ_DATE_JULIAN,   /* day 1 to 365, 29 February is never counted */
    TZ_DATE_ORDINAL,  /* day 0 to 365, 29 February is counted */
    TZ_DATE_MONTH_DAY /* a weekday of the first to fourth, or last (5), week of a month */
} tz_date_kind;

typedef struct tz_date {
    tz_date_kind kind;
    int day; /* 0 to 6 from Sunday, for the third kind */
    int month, week;
    int32_t time_s; /* local time of the change, -167 to 167 hours */
} tz_date;

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
typedef struct tz_rule {
    bool is_set, has_dst;
    int32_t std_s, dst_s; /* ahead of UTC */
    tz_date start, end;   /* of daylight saving time */
} tz_rule;

typedef struct tz_change {
    int64_t at_s;
    int32_t offset_s; /* from then on */
} tz_change;

struct tz_zone {
    int32_t first_s; /* before the first change */
    tz_rule rule;    /* behind the last change */
    size_t nchanges;
    tz_change changes[];
};

/* Reads a POSIX TZ text. Errors: KEDA_EPROTOCOL with the place. */
KEDA_MUST_USE keda_status tz_rule_parse(tz_rule *out, const char *text, size_t size,
                                        keda_error *err);
tz_span tz_rule_span(const tz_rule *rule, int64_t t_s);

#endif
