/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error that is kept for long, in as much memory as its text needs; keda_error itself is made for
 * the stack.
 */
#ifndef ENGINE_KEPT_ERROR_H
#define ENGINE_KEPT_ERROR_H

#include <keda/error.h>

typedef struct kept_error {
    int32_t code;           /* KEDA_OK: none */
    int32_t retry_after_ms; /* negative: no hint; at most 24 days */
    char *text;             /* NULL: none, or there was no memory for it */
} kept_error;

void kept_error_set(kept_error *kept, const keda_error *err);
void kept_error_clear(kept_error *kept);
void kept_error_get(const kept_error *kept, keda_error *err); /* err may be NULL */
const char *kept_error_text(const kept_error *kept);          /* never NULL */

#endif
