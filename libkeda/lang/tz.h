/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones: which offset from UTC a zone has at an instant, from the system's TZif files (RFC 9636).
 * Nothing of the process is asked or changed, its own zone included. Schedules are cron.h's.
 */
#ifndef LANG_TZ_H
#define LANG_TZ_H

#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

typedef struct tz_zone tz_zone;

/* Instants from from_s up to, not including, until_s have one offset: local time minus UTC. */
typedef struct tz_span {
    int64_t from_s, until_s; /* INT64_MIN, INT64_MAX: no end is known */
    int32_t offset_s;
} tz_span;

/*
 * Opens a zone by its IANA name, in its exact case. "" and "UTC" are UTC; "Local" is what
 * /etc/localtime holds, UTC without it. Files are looked for below $ZONEINFO, $TZDIR and the
 * system's usual folders.
 *
 * errors  KEDA_EINVAL for what cannot be a name, KEDA_ENOTFOUND for one nobody has and for a machine
 *         without zones, KEDA_EPROTOCOL for a file that is none, KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status tz_open(tz_zone **out, const char *name, keda_error *err);

/* A zone from the bytes of a TZif file. Errors: KEDA_EPROTOCOL saying what is wrong, KEDA_ENOMEM. */
KEDA_MUST_USE keda_status tz_from_bytes(tz_zone **out, const void *bytes, size_t size,
                                        keda_error *err);
void tz_free(tz_zone *zone);

/* Seconds that local time is ahead of UTC. Any instant will do. */
int32_t tz_offset_at(const tz_zone *zone, int64_t t_s);
/* The same, and how long it holds; the span may be cut short of what it could be. */
tz_span tz_span_at(const tz_zone *zone, int64_t t_s);

#endif
