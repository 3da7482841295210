/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as traces, generators and expectations write them: seconds ("90", "0.5"), durations
 * ("1m30s") and civil times (RFC 3339).
 */
#ifndef SIMULATE_MOMENT_H
#define SIMULATE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_MAX_MS INT64_C(3155760000000) /* a hundred years */
#define MOMENT_SPANS  "seconds (90) or a duration (1m30s; units d h m s)"
#define MOMENT_FORMS  "seconds (90), a duration (1m30s; units d h m s) or an RFC 3339 time"
#define MOMENT_LONG   "longer than a hundred years"

typedef enum moment_kind { MOMENT_BAD = 0, MOMENT_SPAN, MOMENT_WALL } moment_kind;

/* MOMENT_SPAN: *ms since the start; MOMENT_WALL: since 1970. */
moment_kind moment_parse(const char *text, int64_t *ms);
bool moment_parse_span(const char *text, int64_t *ms);
/* A span that would be one if it were shorter. */
bool moment_is_too_long(const char *text);
/* "0", "1m30s", "2d4h"; size >= 32. */
void moment_format(int64_t ms, char *out, unsigned size);

#endif
