/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the bytes of a JSON text before the parser sees them: how deep it nests, which
 * integers do not fit 64 bits. Says nothing about whether the text is valid. For json.c.
 */
#ifndef NET_JSON_SCAN_H
#define NET_JSON_SCAN_H

#include <stdbool.h>

#include <keda/base.h>

/* From 1; the column counts characters, not bytes. */
typedef struct json_scan_place {
    int32_t line, column;
} json_scan_place;

/* False when arrays and objects nest deeper than max_depth; *where is then the bracket that does. */
bool json_scan_is_shallow(const char *text, size_t size, size_t max_depth,
                          json_scan_place *where);

/* Appends the text with "e0" after each integer beyond 64 bits. Errors: KEDA_ENOMEM. */
keda_status json_scan_big_integers_to_reals(const char *text, size_t size, keda_buf *out);

#endif
