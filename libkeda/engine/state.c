/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file behind the records: reading it at start, appending once a step, rewriting it when it has
 * grown to four times what it holds. An append is not synced, since that would hold up the loop: a
 * crash of the process loses nothing, one of the machine may lose the last seconds. A rewrite is. A
 * write that fails is tried again with the next change; the engine goes on meanwhile.
 */
#include "engine/state.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/state_line.h"
#include "engine/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "libkeda state 1\n"

enum { REWRITE_FACTOR = 4, REWRITE_MIN_BYTES = 65536, MAX_BYTES = 1 << 30 };

typedef struct record {
    table_node node; /* first; by kind and key */
    char *name;
    state_values values;
    size_t line_bytes; /* of its last line */
    bool is_dirty;
    bool is_named; /* before state_remove_unnamed */
    struct record *next_dirty;
} record;

struct state_file {
    loop *l;
    log_sink log;
    char *path, *lock_path;
    int fd, lock_fd;
    table records;
    record *first_dirty;
    loop_after flush;
    size_t file_bytes, live_bytes;
    bool is_failing;
};

static keda_status fail_errno(keda_error *err, const char *what, const char *path)
{
    char text[128];
    const int error = errno;
    const keda_status code = error == ENOSPC || error == EDQUOT ? KEDA_ELIMIT : KEDA_EINVAL;
    return keda_error_set(err, code, "state file %s: %s: %s", path, what,
                          text_errno(error, text, sizeof text));
}

/* ---- records */

/* Blanks and line ends, which no name of Kubernetes has, would tear the line. */
static void name_of(state_kind kind, const char *key, char name[STATE_NAME_SIZE])
{
    (void)snprintf(name, STATE_NAME_SIZE, "%c %s", (char)kind, key);
    for (char *at = name + 2; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ')
            *at = '?';
    }
}

static record *record_new(state_file *s, const char *name)
{
    record *r = mem_zalloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->name = mem_strdup(name);
    if (r->name == NULL) {
        mem_free(r);
        return NULL;
    }
    for (size_t i = 0; i < STATE_NFIELDS; i++)
        r->values.of[i] = -1;
    table_add(&s->records, &r->node, r->name);
    return r;
}

static void record_free(state_file *s, record *r)
{
    table_remove(&s->records, &r->node);
    mem_free(r->name);
    mem_free(r);
}

int64_t state_get(const state_file *s, state_kind kind, const char *key, state_field field)
{
    char name[STATE_NAME_SIZE];

    if (s == NULL)
        return -1;
    name_of(kind, key, name);
    const record *r = table_find(&s->records, name);
    return r == NULL || r->values.is_removed ? -1 : r->values.of[field];
}

static void on_flush(loop_after *after, void *user)
{
    (void)after;
    (void)state_flush(user, NULL);
}

static void mark_dirty(state_file *s, record *r)
{
    if (!r->is_dirty) {
        r->is_dirty = true;
        r->next_dirty = s->first_dirty;
        s->first_dirty = r;
    }
    loop_after_add(s->l, &s->flush, on_flush, s);
}

void state_put(state_file *s, state_kind kind, const char *key, state_field field,
               int64_t value)
{
    char name[STATE_NAME_SIZE];

    if (s == NULL)
        return;
    name_of(kind, key, name);
    record *r = table_find(&s->records, name);
    if (r == NULL && (r = record_new(s, name)) == NULL)
        return;
    if (r->values.is_removed) {
        r->values.is_removed = false;
        for (size_t i = 0; i < STATE_NFIELDS; i++)
            r->values.of[i] = -1;
    }
    if (r->values.of[field] == value)
        return;
    r->values.of[field] = value;
    mark_dirty(s, r);
}

static void record_remove(state_file *s, record *r)
{
    if (r->values.is_removed)
        return;
    r->values.is_removed = true;
    mark_dirty(s, r);
}

void state_remove(state_file *s, state_kind kind, const char *key)
{
    char name[STATE_NAME_SIZE];

    if (s == NULL)
        return;
    name_of(kind, key, name);
    record *r = table_find(&s->records, name);
    if (r != NULL)
        record_remove(s, r);
}

void state_name(state_file *s, state_kind kind, const char *key)
{
    char name[STATE_NAME_SIZE];

    if (s == NULL)
        return;
    name_of(kind, key, name);
    record *r = table_find(&s->records, name);
    if (r != NULL)
        r->is_named = true;
}

void state_remove_unnamed(state_file *s)
{
    if (s == NULL)
        return;
    for (record *r = table_next(&s->records, NULL); r != NULL; r = table_next(&s->records, r)) {
        if (!r->is_named)
            record_remove(s, r);
        r->is_named = false;
    }
}

/* ---- writing */

static keda_status write_all(int fd, const keda_buf *text)
{
    for (size_t done = 0; done < text->size;) {
        const ssize_t n = write(fd, text->data + done, text->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return KEDA_EINVAL;
        done += (size_t)n;
    }
    return KEDA_OK;
}

/* All that is dirty is on disk now. */
static void settle_dirty(state_file *s)
{
    for (record *r = s->first_dirty, *next; r != NULL; r = next) {
        next = r->next_dirty;
        r->is_dirty = false;
        if (r->values.is_removed)
            record_free(s, r);
    }
    s->first_dirty = NULL;
}

static keda_status append_dirty(state_file *s, keda_error *err)
{
    keda_buf text = {0};
    keda_status rc = KEDA_OK;

    for (record *r = s->first_dirty; rc == KEDA_OK && r != NULL; r = r->next_dirty) {
        const size_t before = text.size;
        rc = state_line_write(&text, r->name, &r->values);
        s->live_bytes -= r->line_bytes;
        r->line_bytes = r->values.is_removed ? 0 : text.size - before;
        s->live_bytes += r->line_bytes;
    }
    if (rc != KEDA_OK)
        keda_error_set(err, rc, "state file %s: out of memory", s->path);
    else if (write_all(s->fd, &text) != KEDA_OK)
        rc = fail_errno(err, "write", s->path);
    if (rc == KEDA_OK)
        s->file_bytes += text.size;
    else /* a torn line in the middle would cost what comes behind it */
        (void)!ftruncate(s->fd, (off_t)s->file_bytes);
    keda_buf_clear(&text);
    return rc;
}

static keda_status write_records(const state_file *s, keda_buf *text, keda_error *err)
{
    keda_status rc = buf_puts(text, HEADER);
    for (record *r = table_next(&s->records, NULL); rc == KEDA_OK && r != NULL;
         r = table_next(&s->records, r)) {
        const size_t before = text->size;
        if (r->values.is_removed)
            continue;
        rc = state_line_write(text, r->name, &r->values);
        r->line_bytes = text->size - before;
    }
    return rc == KEDA_OK ? rc
                         : keda_error_set(err, rc, "state file %s: out of memory", s->path);
}

static void sync_folder(const char *path)
{
    char folder[4096];
    (void)text_copy(folder, sizeof folder, path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)text_copy(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

/* A new file beside the old one, then in its place. */
static keda_status rewrite(state_file *s, keda_error *err)
{
    keda_buf text = {0}, path = {0};
    int fd = -1;
    keda_status rc = KEDA_OK;

    if ((rc = write_records(s, &text, err)) != KEDA_OK)
        goto out;
    if ((rc = buf_printf(&path, "%s.new", s->path)) != KEDA_OK) {
        keda_error_set(err, rc, "state file %s: out of memory", s->path);
        goto out;
    }
    fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write_all(fd, &text) != KEDA_OK || fdatasync(fd) != 0 ||
        rename(path.data, s->path) != 0) {
        rc = fail_errno(err, "rewrite", s->path);
        goto out;
    }
    sync_folder(s->path);
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = fd;
    fd = -1;
    s->live_bytes = text.size;
    s->file_bytes = text.size;
out:
    if (fd >= 0)
        (void)close(fd);
    keda_buf_clear(&path);
    keda_buf_clear(&text);
    return rc;
}

keda_status state_flush(state_file *s, keda_error *err)
{
    keda_error own = KEDA_ERROR_INIT;

    if (s->first_dirty == NULL)
        return KEDA_OK;
    keda_status rc = append_dirty(s, &own);
    if (rc == KEDA_OK)
        settle_dirty(s);
    if (rc == KEDA_OK && s->file_bytes > REWRITE_MIN_BYTES &&
        s->file_bytes / REWRITE_FACTOR > s->live_bytes)
        rc = rewrite(s, &own);
    if (rc != KEDA_OK && !s->is_failing)
        log_write(&s->log, KEDA_LOG_ERROR, "state not saved", "error", own.text, NULL);
    s->is_failing = rc != KEDA_OK;
    if (err != NULL)
        *err = own;
    return rc;
}

/* ---- reading */

static void take_line(state_file *s, const char *line, size_t size)
{
    char name[STATE_NAME_SIZE];
    state_values values;

    if (!state_line_read(line, size, name, &values)) {
        log_write(&s->log, KEDA_LOG_WARN, "state file: a damaged line was left out", "file",
                  s->path, NULL);
        return;
    }
    record *r = table_find(&s->records, name);
    if (r == NULL)
        r = record_new(s, name);
    if (r == NULL)
        return;
    s->live_bytes -= r->line_bytes;
    r->values = values;
    r->line_bytes = values.is_removed ? 0 : size + 1;
    s->live_bytes += r->line_bytes;
    if (values.is_removed)
        record_free(s, r);
}

/* What stands behind the last line end was torn when the writer died. */
static void take_lines(state_file *s, const keda_buf *text)
{
    size_t at = sizeof HEADER - 1;

    s->live_bytes = at;
    while (at < text->size) {
        const char *end = memchr(text->data + at, '\n', text->size - at);
        if (end == NULL)
            break;
        const size_t size = (size_t)(end - (text->data + at));
        take_line(s, text->data + at, size);
        at += size + 1;
    }
    s->file_bytes = at;
}

static keda_status open_existing(state_file *s, keda_error *err)
{
    keda_buf text = {0};
    keda_status rc = buf_read_file(&text, s->path, MAX_BYTES, err);

    if (rc != KEDA_OK) {
        rc = keda_error_wrap(err, KEDA_EINVAL, "state file");
        goto out;
    }
    if (text.size < sizeof HEADER - 1 || memcmp(text.data, HEADER, sizeof HEADER - 1) != 0) {
        rc = keda_error_set(err, KEDA_EINVAL, "%s is no state file of this library", s->path);
        goto out;
    }
    take_lines(s, &text);
    s->fd = open(s->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (s->fd < 0 || ftruncate(s->fd, (off_t)s->file_bytes) != 0)
        rc = fail_errno(err, "open", s->path);
out:
    keda_buf_clear(&text);
    return rc;
}

/* ---- opening and closing */

static keda_status take_lock(state_file *s, keda_error *err)
{
    s->lock_fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return fail_errno(err, "lock", s->path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return KEDA_OK;
    if (errno == EWOULDBLOCK)
        return keda_error_set(err, KEDA_ECONFLICT, "state file %s is in use by another process",
                              s->path);
    return fail_errno(err, "lock", s->path);
}

static keda_status set_paths(state_file *s, const char *path, keda_error *err)
{
    keda_buf lock = {0};

    s->path = mem_strdup(path);
    if (s->path == NULL || buf_printf(&lock, "%s.lock", path) != KEDA_OK) {
        keda_buf_clear(&lock);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    s->lock_path = mem_strdup(lock.data);
    keda_buf_clear(&lock);
    if (s->lock_path == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static void free_all(state_file *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
    for (record *r = table_next(&s->records, NULL), *next; r != NULL; r = next) {
        next = table_next(&s->records, r);
        record_free(s, r);
    }
    table_clear(&s->records);
    mem_free(s->path);
    mem_free(s->lock_path);
    mem_free(s);
}

keda_status state_open(state_file **out, const char *path, loop *l, const log_sink *log,
                       keda_error *err)
{
    keda_status rc = KEDA_OK;
    struct stat st;
    state_file *s = mem_zalloc(1, sizeof *s);

    if (s == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    s->l = l;
    s->log = *log;
    s->fd = -1;
    s->lock_fd = -1;
    if ((rc = table_init(&s->records, err)) != KEDA_OK)
        goto out;
    if ((rc = set_paths(s, path, err)) != KEDA_OK)
        goto out;
    if ((rc = take_lock(s, err)) != KEDA_OK)
        goto out;
    rc = stat(path, &st) == 0 && st.st_size > 0 ? open_existing(s, err) : rewrite(s, err);
out:
    if (rc == KEDA_OK)
        *out = s;
    else
        free_all(s);
    return rc;
}

void state_close(state_file *s)
{
    if (s == NULL)
        return;
    loop_after_cancel(s->l, &s->flush);
    (void)state_flush(s, NULL);
    free_all(s);
}
