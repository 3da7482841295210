/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations as Go writes them ("1m30s", "250ms") and as KEDA's parameters take them (spec: languages
 * 5.3).
 */
#ifndef LANG_DURATION_H
#define LANG_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Units are mandatory, save for a bare 0; signs are allowed. The whole text or false. */
bool duration_parse(const char *text, int64_t *ns);

typedef enum duration_result {
    DURATION_OK = 0,
    DURATION_BAD,
    DURATION_NEGATIVE
} duration_result;

/* The same, or a whole number of milliseconds; not negative. */
duration_result duration_parse_parameter(const char *text, int64_t *ns);

#endif
