/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files in pieces, no more of them in memory than one line needs.
 */
#include "record/lines.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, ROTATED_MAX = 1000 };

keda_status lines_wrap(const lines *l, keda_status rc, keda_error *err)
{
    (void)keda_error_wrap(err, rc, "%s:%" PRId64, l->path, l->number);
    if (err != NULL && l->number <= INT32_MAX)
        err->line = (int32_t)l->number;
    return rc;
}

void lines_note(const lines *l, const char *format, ...)
{
    char text[1024];
    va_list args;

    if (l->on_note == NULL)
        return;
    const int n = snprintf(text, sizeof text, "%s:%" PRId64 ": ", l->path, l->number);
    const size_t at = n < 0 || (size_t)n >= sizeof text ? 0 : (size_t)n;
    va_start(args, format);
    (void)vsnprintf(text + at, sizeof text - at, format, args);
    va_end(args);
    l->on_note(text, l->user);
}

/* ---- opening */

static keda_status add_path(lines *l, const char *path, keda_error *err)
{
    char *copy = mem_strdup(path);

    if (copy == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    l->paths[l->npaths++] = copy;
    return KEDA_OK;
}

/* How many of FILE.1, FILE.2 and so on there are. */
static int count_rotated(const char *path)
{
    char name[4096];
    struct stat st;
    int n = 0;

    while (n < ROTATED_MAX) {
        const int length = snprintf(name, sizeof name, "%s.%d", path, n + 1);
        if (length < 0 || (size_t)length >= sizeof name || stat(name, &st) != 0)
            break;
        n++;
    }
    return n;
}

static keda_status list_paths(lines *l, const char *path, int nrotated, keda_error *err)
{
    char name[4096];
    keda_status rc = KEDA_OK;

    if ((l->paths = mem_zalloc((size_t)nrotated + 1, sizeof *l->paths)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (int i = nrotated; i > 0 && rc == KEDA_OK; i--) {
        (void)snprintf(name, sizeof name, "%s.%d", path, i);
        rc = add_path(l, name, err);
    }
    return rc == KEDA_OK ? add_path(l, path, err) : rc;
}

static keda_status check_path(lines *l, const char *path, keda_error *err)
{
    char text[128];
    struct stat st;

    if (stat(path, &st) != 0)
        return keda_error_set(err, errno == ENOENT ? KEDA_ENOTFOUND : KEDA_EINVAL, "%s: %s",
                              path, text_errno(errno, text, sizeof text));
    if (S_ISDIR(st.st_mode))
        return keda_error_set(err, KEDA_EINVAL, "%s: expected a file, not a folder", path);
    l->all_bytes += (int64_t)st.st_size;
    return KEDA_OK;
}

keda_status lines_open(lines *l, const char *path, const keda_journal_options *options,
                       keda_error *err)
{
    const int nrotated = options->with_rotated ? count_rotated(path) : 0;
    keda_status rc;

    l->fd = -1;
    l->path = path;
    l->on_note = options->on_note;
    l->user = options->user;
    rc = list_paths(l, path, nrotated, err);
    for (size_t i = 0; i < l->npaths && rc == KEDA_OK; i++)
        rc = check_path(l, l->paths[i], err);
    return rc;
}

static void close_file(lines *l)
{
    if (l->fd >= 0)
        (void)close(l->fd);
    l->fd = -1;
}

void lines_close(lines *l)
{
    if (l->paths == NULL)
        return;
    close_file(l);
    keda_buf_clear(&l->text);
    for (size_t i = 0; i < l->npaths; i++)
        mem_free(l->paths[i]);
    mem_free(l->paths);
    *l = (lines){.fd = -1};
}

/* ---- reading */

static keda_status fail_errno(const lines *l, keda_error *err)
{
    char text[128];
    return keda_error_set(err, KEDA_EINVAL, "%s: %s", l->path,
                          text_errno(errno, text, sizeof text));
}

static keda_status next_file(lines *l, keda_error *err)
{
    l->path = l->paths[l->next++];
    l->fd = open(l->path, O_RDONLY | O_CLOEXEC);
    l->is_at_end = false;
    l->number = l->seq = 0;
    l->at = 0;
    buf_truncate(&l->text, 0);
    return l->fd < 0 ? fail_errno(l, err) : KEDA_OK;
}

static keda_status read_piece(lines *l, keda_error *err)
{
    char piece[PIECE_BYTES];
    const ssize_t n = read(l->fd, piece, sizeof piece);

    if (n < 0)
        return errno == EINTR ? KEDA_OK : fail_errno(l, err);
    l->is_at_end = n == 0;
    if (l->at > 0 && l->text.size > 0) {
        memmove(l->text.data, l->text.data + l->at, l->text.size - l->at);
        buf_truncate(&l->text, l->text.size - l->at);
        l->at = 0;
    }
    if (buf_append(&l->text, piece, (size_t)n) != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

/* Bytes of the line at l->at with its end; 0: the end has not been read. *searched: where it is not. */
static size_t line_size(const lines *l, size_t *searched)
{
    const size_t left = l->text.size - l->at;
    const char *begin = left > *searched ? l->text.data + l->at + *searched : NULL;
    const char *end = begin == NULL ? NULL : memchr(begin, '\n', left - *searched);

    *searched = left;
    return end == NULL ? 0 : (size_t)(end - (l->text.data + l->at)) + 1;
}

/* What stands behind the last line end of the newest file. */
static keda_status judge_torn(lines *l, keda_error *err)
{
    const char *text = l->text.data + l->at;
    const size_t size = l->text.size - l->at;

    /* The writer dies within a line; what comes after the checksum is no piece of one. */
    if (l->next == l->npaths && !line_is_whole(text, size - 1)) {
        lines_note(l, "a torn last line was left out");
        return KEDA_ENOTFOUND;
    }
    (void)keda_error_set(err, KEDA_EINVAL, "damaged: expected the end of the line");
    return lines_wrap(l, KEDA_EINVAL, err);
}

/* *size is 0 at the end of the file. */
static keda_status find_line(lines *l, size_t *size, keda_error *err)
{
    size_t searched = 0;
    keda_status rc = KEDA_OK;

    while ((*size = line_size(l, &searched)) == 0 && !l->is_at_end && rc == KEDA_OK) {
        if (searched > JOURNAL_LINE_MAX) {
            (void)keda_error_set(err, KEDA_ELIMIT, "expected a line of at most %d bytes",
                                 (int)JOURNAL_LINE_MAX);
            return lines_wrap(l, KEDA_ELIMIT, err);
        }
        rc = read_piece(l, err);
    }
    return rc;
}

static keda_status check_order(lines *l, const line_head *head, keda_error *err)
{
    if (head->seq != l->seq + 1)
        return keda_error_set(err, KEDA_EINVAL,
                              "expected number %" PRId64 " of the file, not %" PRId64
                              ": lines are missing",
                              l->seq + 1, head->seq);
    if (l->seq == 0 && head->kind != LINE_FILE)
        return keda_error_set(err, KEDA_EINVAL, "expected the head of a file");
    l->seq = head->seq;
    return KEDA_OK;
}

static keda_status parse(lines *l, size_t size, json_t **line, line_head *head, keda_error *err)
{
    keda_status rc = line_parse(l->text.data + l->at, size - 1, line, head, err);

    if (rc == KEDA_OK && (rc = check_order(l, head, err)) != KEDA_OK)
        json_decref(*line);
    l->at += size;
    l->done_bytes += (int64_t)size;
    return rc == KEDA_OK ? rc : lines_wrap(l, rc, err);
}

keda_status lines_next(lines *l, json_t **line, line_head *head, keda_error *err)
{
    for (;;) {
        size_t size = 0;
        keda_status rc = KEDA_OK;
        if (l->fd < 0 && l->next == l->npaths)
            return KEDA_ENOTFOUND;
        if (l->fd < 0)
            rc = next_file(l, err);
        l->number++;
        if (rc == KEDA_OK)
            rc = find_line(l, &size, err);
        if (rc != KEDA_OK)
            return rc;
        if (size > 0)
            return parse(l, size, line, head, err);
        if (l->text.size > l->at && (rc = judge_torn(l, err)) != KEDA_ENOTFOUND)
            return rc;
        close_file(l);
    }
}
