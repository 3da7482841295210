/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors and names. An append is not synced: a crash of the process loses nothing, one of the
 * machine may tear the end, which the next opening cuts off.
 */
#include "record/file.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static keda_status fail_errno(keda_error *err, keda_status code, const char *what,
                              const journal_file *f)
{
    char text[128];
    const int error = errno;

    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        code = KEDA_ELIMIT;
    return keda_error_set(err, code, "journal %s: %s: %s", f->path, what,
                          text_errno(error, text, sizeof text));
}

/* ---- appending */

static keda_status write_all(int fd, const keda_buf *text)
{
    for (size_t done = 0; done < text->size;) {
        const ssize_t n = write(fd, text->data + done, text->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return KEDA_EUNAVAILABLE;
        done += (size_t)n;
    }
    return KEDA_OK;
}

/* Takes a torn piece back. */
static void clean(journal_file *f)
{
    f->is_foul = f->is_regular && ftruncate(f->fd, (off_t)f->bytes) != 0;
}

keda_status journal_file_append(journal_file *f, const keda_buf *lines, keda_error *err)
{
    if (f->is_foul)
        clean(f);
    if (f->is_foul)
        return fail_errno(err, KEDA_EUNAVAILABLE, "truncate", f);
    if (write_all(f->fd, lines) != KEDA_OK) {
        const keda_status rc = fail_errno(err, KEDA_EUNAVAILABLE, "write", f);
        clean(f);
        return rc;
    }
    f->bytes += (int64_t)lines->size;
    return KEDA_OK;
}

/* ---- moving aside */

static keda_status name_rotated(const journal_file *f, int32_t number, keda_buf *out,
                                keda_error *err)
{
    buf_truncate(out, 0);
    const keda_status rc =
        number == 0 ? buf_puts(out, f->path) : buf_printf(out, "%s.%" PRId32, f->path, number);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

/* The oldest is overwritten. */
static keda_status rename_all(const journal_file *f, int32_t nrotated, keda_error *err)
{
    keda_buf from = {0}, to = {0};
    keda_status rc = KEDA_OK;

    for (int32_t i = nrotated; i > 0 && rc == KEDA_OK; i--) {
        if ((rc = name_rotated(f, i - 1, &from, err)) != KEDA_OK ||
            (rc = name_rotated(f, i, &to, err)) != KEDA_OK)
            break;
        if (rename(from.data, to.data) != 0 && errno != ENOENT)
            rc = fail_errno(err, KEDA_EUNAVAILABLE, "rename", f);
    }
    keda_buf_clear(&from);
    keda_buf_clear(&to);
    return rc;
}

keda_status journal_file_rotate(journal_file *f, int32_t nrotated, keda_error *err)
{
    keda_status rc;

    if (!f->is_regular)
        return KEDA_OK;
    if ((rc = rename_all(f, nrotated, err)) != KEDA_OK)
        return rc;
    if (nrotated < 1 && unlink(f->path) != 0 && errno != ENOENT)
        return fail_errno(err, KEDA_EUNAVAILABLE, "unlink", f);
    const int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(err, KEDA_EUNAVAILABLE, "open", f);
    (void)close(f->fd);
    f->fd = fd;
    f->bytes = 0;
    f->last_seq = 0;
    f->is_foul = false;
    return KEDA_OK;
}

/* ---- repairing */

/* The end of the file, long enough for its last line and what may be torn behind it. */
static keda_status read_tail(const journal_file *f, int64_t bytes, keda_buf *tail,
                             keda_error *err)
{
    char piece[4096];
    const int64_t most = 2 * (int64_t)JOURNAL_LINE_MAX;
    int64_t at = bytes > most ? bytes - most : 0;
    const int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    keda_status rc = fd < 0 ? fail_errno(err, KEDA_EINVAL, "open", f) : KEDA_OK;

    while (rc == KEDA_OK && at < bytes) {
        const ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = fail_errno(err, KEDA_EINVAL, "read", f);
        if (n <= 0)
            break;
        if (buf_append(tail, piece, (size_t)n) != KEDA_OK)
            rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
        at += n;
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static keda_status check_begin(const journal_file *f, keda_error *err)
{
    char begin[8];
    const int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : pread(fd, begin, sizeof begin, 0);
    const keda_status rc = n < 0 ? fail_errno(err, KEDA_EINVAL, "read", f) : KEDA_OK;

    if (fd >= 0)
        (void)close(fd);
    if (rc == KEDA_OK && !line_may_begin(begin, (size_t)n))
        return keda_error_set(err, KEDA_EINVAL, "%s is no journal of this library", f->path);
    return rc;
}

static void say(const journal_file *f, const log_sink *log, const char *what)
{
    log_write(log, KEDA_LOG_WARN, what, "file", f->path, NULL);
}

/* Up to and with the last line end; where the last line begins. */
static size_t whole_of(const keda_buf *tail, size_t *last)
{
    size_t end = tail->size;
    while (end > 0 && tail->data[end - 1] != '\n')
        end--;
    *last = end > 0 ? end - 1 : 0;
    while (*last > 0 && tail->data[*last - 1] != '\n')
        --*last;
    return end;
}

/* The number of the last line; 0, and the file is to be moved aside, when that one is damaged. */
static keda_status read_last(journal_file *f, const char *line, size_t size, keda_error *err)
{
    json_t *parsed = NULL;
    line_head head;
    keda_error why = KEDA_ERROR_INIT;
    const keda_status rc = line_parse(line, size, &parsed, &head, &why);

    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "out of memory");
    if (rc == KEDA_OK)
        f->last_seq = head.seq;
    json_decref(parsed);
    return KEDA_OK;
}

static keda_status repair(journal_file *f, int32_t nrotated, const log_sink *log,
                          keda_error *err)
{
    keda_buf tail = {0};
    size_t last = 0;
    keda_status rc;

    if ((rc = check_begin(f, err)) != KEDA_OK ||
        (rc = read_tail(f, f->bytes, &tail, err)) != KEDA_OK)
        goto out;
    const size_t whole = whole_of(&tail, &last);
    if (whole < tail.size) {
        f->bytes -= (int64_t)(tail.size - whole);
        clean(f);
        if (f->is_foul) {
            rc = fail_errno(err, KEDA_EINVAL, "truncate", f);
            goto out;
        }
        say(f, log, "journal: a torn last line was cut off");
    }
    if (whole == 0)
        goto out;
    if ((rc = read_last(f, tail.data + last, whole - last - 1, err)) != KEDA_OK ||
        f->last_seq > 0)
        goto out;
    say(f, log, "journal: its last line is damaged or of another version; a new file begins");
    rc = journal_file_rotate(f, nrotated > 0 ? nrotated : 1, err);
out:
    keda_buf_clear(&tail);
    return rc;
}

/* ---- opening */

static keda_status set_paths(journal_file *f, const char *path, keda_error *err)
{
    keda_buf lock = {0};

    f->path = mem_strdup(path);
    if (f->path != NULL && buf_printf(&lock, "%s.lock", path) == KEDA_OK)
        f->lock_path = mem_strdup(lock.data);
    keda_buf_clear(&lock);
    return f->lock_path != NULL ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static keda_status take_lock(journal_file *f, keda_error *err)
{
    f->lock_fd = open(f->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f->lock_fd < 0)
        return fail_errno(err, KEDA_EINVAL, "lock", f);
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return KEDA_OK;
    if (errno == EWOULDBLOCK)
        return keda_error_set(err, KEDA_ECONFLICT, "journal %s is in use by another process",
                              f->path);
    return fail_errno(err, KEDA_EINVAL, "lock", f);
}

static keda_status open_file(journal_file *f, keda_error *err)
{
    struct stat st;

    f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600);
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return fail_errno(err, KEDA_EINVAL, "open", f);
    f->is_regular = S_ISREG(st.st_mode);
    f->bytes = f->is_regular ? (int64_t)st.st_size : 0;
    return KEDA_OK;
}

keda_status journal_file_open(journal_file *f, const char *path, int32_t nrotated,
                              const log_sink *log, keda_error *err)
{
    keda_status rc;

    *f = (journal_file){.fd = -1, .lock_fd = -1};
    if ((rc = set_paths(f, path, err)) != KEDA_OK || (rc = take_lock(f, err)) != KEDA_OK ||
        (rc = open_file(f, err)) != KEDA_OK)
        return rc;
    return f->bytes > 0 ? repair(f, nrotated, log, err) : KEDA_OK;
}

void journal_file_close(journal_file *f)
{
    if (f->path == NULL)
        return;
    if (f->fd >= 0)
        (void)close(f->fd);
    if (f->lock_fd >= 0)
        (void)close(f->lock_fd);
    mem_free(f->path);
    mem_free(f->lock_path);
    *f = (journal_file){.fd = -1, .lock_fd = -1};
}
