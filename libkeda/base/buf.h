/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing into the public keda_buf. A failed append leaves the buffer as it was and returns
 * KEDA_ENOMEM (or KEDA_ELIMIT where a bound is given).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include <keda/error.h>

keda_status buf_append(keda_buf *buf, const void *bytes, size_t size);
keda_status buf_puts(keda_buf *buf, const char *text);
keda_status buf_putc(keda_buf *buf, char c);
keda_status buf_printf(keda_buf *buf, const char *format, ...) KEDA_PRINTF(2, 3);
keda_status buf_vprintf(keda_buf *buf, const char *format, va_list args) KEDA_PRINTF(2, 0);
void buf_truncate(keda_buf *buf, size_t size); /* keeps the memory */

/* Appends a whole file of at most max_bytes; "-" is standard input. */
keda_status buf_read_file(keda_buf *buf, const char *path, size_t max_bytes, keda_error *err);

/* A keda_write_fn whose user is a keda_buf. */
keda_status buf_write(const char *bytes, size_t size, void *user);

#endif
