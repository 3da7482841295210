/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing text buffer: appending, formatting, reading a file into it. Formats of floating-point
 * numbers follow the process locale here, so callers print those through num.h.
 */
#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "text.h"

void keda_buf_clear(keda_buf *buf)
{
    if (buf == NULL)
        return;
    mem_free(buf->data);
    *buf = (keda_buf){0};
}

/* Makes room for `more` bytes and the NUL behind them. */
static keda_status reserve(keda_buf *buf, size_t more)
{
    if (more >= SIZE_MAX - buf->size)
        return KEDA_ENOMEM;
    size_t needed = buf->size + more + 1;
    if (needed <= buf->capacity)
        return KEDA_OK;
    size_t larger = buf->capacity < 32 ? 64 : buf->capacity;
    while (larger < needed)
        larger = larger > SIZE_MAX / 2 ? needed : larger * 2;
    char *grown = mem_realloc(buf->data, larger, 1);
    if (grown == NULL)
        return KEDA_ENOMEM;
    grown[buf->size] = '\0';
    buf->data = grown;
    buf->capacity = larger;
    return KEDA_OK;
}

keda_status buf_append(keda_buf *buf, const void *bytes, size_t size)
{
    if (reserve(buf, size) != KEDA_OK)
        return KEDA_ENOMEM;
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
    return KEDA_OK;
}

keda_status buf_puts(keda_buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

keda_status buf_putc(keda_buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

keda_status buf_printf(keda_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keda_status rc = buf_vprintf(buf, format, args);
    va_end(args);
    return rc;
}

keda_status buf_vprintf(keda_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0 || reserve(buf, (size_t)length) != KEDA_OK)
        return KEDA_ENOMEM;
    (void)vsnprintf(buf->data + buf->size, (size_t)length + 1, format, args);
    buf->size += (size_t)length;
    return KEDA_OK;
}

void buf_truncate(keda_buf *buf, size_t size)
{
    if (size >= buf->size)
        return;
    buf->size = size;
    buf->data[size] = '\0';
}

keda_status buf_write(const char *bytes, size_t size, void *user)
{
    keda_buf *buf = user;
    return buf_append(buf, bytes, size);
}

static keda_status status_of_errno(int error)
{
    if (error == ENOENT || error == ENOTDIR)
        return KEDA_ENOTFOUND;
    if (error == ENOMEM)
        return KEDA_ENOMEM;
    if (error == EMFILE || error == ENFILE)
        return KEDA_ELIMIT;
    return KEDA_EINVAL;
}

static keda_status fail_with_errno(const char *path, int error, keda_error *err)
{
    char reason[128];
    return keda_error_set(err, status_of_errno(error), "%s: %s", path,
                          text_errno(error, reason, sizeof reason));
}

static keda_status read_all(keda_buf *buf, int fd, size_t max_bytes, const char *path,
                            keda_error *err)
{
    const size_t start = buf->size;
    for (;;) {
        char piece[8192];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_with_errno(path, errno, err);
        if (n == 0)
            return KEDA_OK;
        if ((size_t)n > max_bytes - (buf->size - start))
            return keda_error_set(err, KEDA_ELIMIT, "%s: larger than %zu bytes", path,
                                  max_bytes);
        if (buf_append(buf, piece, (size_t)n) != KEDA_OK)
            return keda_error_set(err, KEDA_ENOMEM, "%s: out of memory", path);
    }
}

keda_status buf_read_file(keda_buf *buf, const char *path, size_t max_bytes, keda_error *err)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const size_t before = buf->size;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_with_errno(path, errno, err);
    keda_status rc = read_all(buf, fd, max_bytes, is_stdin ? "standard input" : path, err);
    if (rc != KEDA_OK)
        buf_truncate(buf, before);
    if (!is_stdin)
        (void)close(fd);
    return rc;
}
