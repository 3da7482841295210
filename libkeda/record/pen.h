/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer to which text is appended piece by piece, and the first failure, after which nothing more
 * is. Without memory is the one failure there is.
 */
#ifndef RECORD_PEN_H
#define RECORD_PEN_H

#include "base/buf.h"

typedef struct pen {
    keda_buf *out;
    keda_status rc;
} pen;

void pen_puts(pen *p, const char *text);
void pen_putc(pen *p, char c);
void pen_printf(pen *p, const char *format, ...) KEDA_PRINTF(2, 3);
/* What printf makes of it, at a tenth of the time: lines are mostly numbers. */
void pen_int(pen *p, int64_t value);
void pen_append(pen *p, const keda_buf *text);
/* As a JSON string, with its quotes. */
void pen_string(pen *p, const char *text);
/* A comma, unless what comes is the first in its brackets. */
void pen_comma(pen *p);

#endif
