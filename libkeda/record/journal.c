/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which line comes when. Lines gather in a buffer until journal_flush or until it is large; then they
 * are on disk together or not at all. After a failure the journal tries again once a second, and
 * begins anew with the file's head and with snapshots, so that a reader always has what it needs.
 */
#include "record/journal.h"

#include "base/mem.h"
#include "record/file.h"
#include "record/line.h"
#include "record/track.h"

#include <inttypes.h>

enum { BATCH_BYTES = 64 * 1024, RETRY_MS = 1000, ROTATE_RETRY_MS = 60000 };

struct journal {
    journal_file file;
    int64_t max_bytes;
    int32_t files;
    uint64_t engine_id;
    log_sink log;
    journal_track *first, *first_pending;
    uint64_t generation; /* of what stands in the file; tracks of another one need a snapshot */
    int64_t seq;         /* of the last line, the buffer's included */
    int64_t seq_on_disk;
    keda_buf lines;   /* not yet on disk */
    int64_t nwaiting; /* decisions among them */
    keda_buf text;    /* of the decision under way */
    bool has_head;
    int64_t now_ms; /* of the last decision that was noted */
    /* failing */
    bool is_failing;
    int64_t retry_ms, rotate_ms; /* not before */
    int64_t lost;                /* decisions, not yet told in a head */
    int64_t lost_told;           /* in one that is not on disk yet */
    int64_t errors;
};

/* ---- failing */

static void drop_pending(journal *j)
{
    for (journal_track *t = j->first_pending, *next; t != NULL; t = next) {
        next = t->next_pending;
        j->lost += t->count;
        track_drop_run(t);
        t->is_pending = false;
        t->next_pending = NULL;
    }
    j->first_pending = NULL;
}

static void fail(journal *j, const keda_error *err)
{
    j->errors++;
    if (!j->is_failing)
        log_write(&j->log, KEDA_LOG_ERROR, "journal not written; decisions go on", "error",
                  err->text, NULL);
    j->is_failing = true;
    j->retry_ms = j->now_ms + RETRY_MS;
    j->lost += j->nwaiting + j->lost_told;
    j->nwaiting = j->lost_told = 0;
    buf_truncate(&j->lines, 0);
    j->seq = j->seq_on_disk;
    j->has_head = false;
    drop_pending(j);
}

static void recover(journal *j)
{
    if (j->is_failing)
        log_write(&j->log, KEDA_LOG_INFO, "journal written again", "file", j->file.path, NULL);
    j->is_failing = false;
}

static void write_out(journal *j)
{
    keda_error err = KEDA_ERROR_INIT;

    if (j->lines.size == 0)
        return;
    if (journal_file_append(&j->file, &j->lines, &err) != KEDA_OK) {
        fail(j, &err);
        return;
    }
    recover(j);
    j->seq_on_disk = j->seq;
    j->nwaiting = j->lost_told = 0;
    buf_truncate(&j->lines, 0);
}

/* ---- lines */

typedef struct draft { /* a line being made */
    pen pen;
    size_t start;
} draft;

static draft begin_line(journal *j, line_kind kind, int64_t wall_ms, const char *workload)
{
    const line_head head = {
        .seq = j->seq + 1, .wall_ms = wall_ms, .kind = kind, .workload = workload};
    draft d = {.pen = {.out = &j->lines}, .start = j->lines.size};

    line_begin(&d.pen, &head);
    return d;
}

/* False, and nothing is left of it, when it could not be made. */
static bool end_line(journal *j, draft *d)
{
    line_end(&d->pen, d->start);
    if (d->pen.rc != KEDA_OK || j->lines.size - d->start > JOURNAL_LINE_MAX) {
        buf_truncate(&j->lines, d->start);
        return false;
    }
    j->seq++;
    return true;
}

static bool put_head(journal *j, int64_t wall_ms)
{
    draft d = begin_line(j, LINE_FILE, wall_ms, NULL);

    pen_printf(&d.pen, ",\"library\":\"%s\",\"abi\":%" PRId32 ",\"engine\":\"%016" PRIx64 "\"",
               keda_version(), keda_abi_version(), j->engine_id);
    if (j->lost > 0)
        pen_printf(&d.pen, ",\"lost\":%" PRId64, j->lost);
    if (!end_line(j, &d))
        return false;
    j->lost_told += j->lost;
    j->lost = 0;
    j->has_head = true;
    j->generation++;
    return true;
}

static void put_run(journal *j, journal_track *t)
{
    const int64_t count = t->count;
    draft d = begin_line(j, LINE_RUN, t->wall_ms, t->workload);

    track_put_run(t, &d.pen);
    if (!end_line(j, &d)) {
        j->errors++;
        j->lost += count;
        track_reset(t);
        return;
    }
    j->nwaiting += count;
}

/* ---- pending runs */

static void set_pending(journal *j, journal_track *t)
{
    if (t->is_pending)
        return;
    t->is_pending = true;
    t->next_pending = j->first_pending;
    j->first_pending = t;
}

static void unset_pending(journal *j, journal_track *t)
{
    journal_track **at = &j->first_pending;

    if (!t->is_pending)
        return;
    while (*at != NULL && *at != t)
        at = &(*at)->next_pending;
    if (*at == t)
        *at = t->next_pending;
    t->next_pending = NULL;
    t->is_pending = false;
}

static void end_run(journal *j, journal_track *t)
{
    if (!t->is_pending)
        return;
    unset_pending(j, t);
    put_run(j, t);
}

void journal_end_runs(journal *j)
{
    while (j->first_pending != NULL)
        end_run(j, j->first_pending);
}

bool journal_has_runs(const journal *j)
{
    return j->first_pending != NULL;
}

/* ---- the file */

/* Where it cannot be moved, the file grows on; that is tried again after a while. */
static void rotate(journal *j)
{
    keda_error err = KEDA_ERROR_INIT;

    journal_end_runs(j);
    write_out(j);
    if (j->is_failing)
        return;
    if (journal_file_rotate(&j->file, j->files, &err) != KEDA_OK) {
        j->errors++;
        j->rotate_ms = j->now_ms + ROTATE_RETRY_MS;
        log_write(&j->log, KEDA_LOG_ERROR, "journal not moved aside; it grows on", "error",
                  err.text, NULL);
        return;
    }
    j->seq = j->seq_on_disk = 0;
    j->has_head = false;
}

static bool is_full(const journal *j)
{
    return j->file.is_regular && j->file.bytes + (int64_t)j->lines.size >= j->max_bytes &&
           j->now_ms >= j->rotate_ms && j->has_head;
}

/* False: this decision cannot be written. */
static bool make_ready(journal *j, const journal_entry *entry)
{
    if (is_full(j))
        rotate(j);
    if (j->is_failing && j->now_ms < j->retry_ms)
        return false;
    return j->has_head || put_head(j, entry->wall_ms);
}

/* ---- tracks */

static journal_track *track_of(journal *j, journal_track **track, const journal_entry *entry)
{
    if (*track != NULL)
        return *track;
    journal_track *t = track_new(entry->workload);
    if (t == NULL)
        return NULL;
    t->owner = track;
    t->next = j->first;
    if (j->first != NULL)
        j->first->prev = t;
    j->first = t;
    *track = t;
    return t;
}

static void forget(journal *j, journal_track *t)
{
    unset_pending(j, t);
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        j->first = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    *t->owner = NULL;
    track_free(t);
}

void journal_drop(journal *j, journal_track **track)
{
    if (j == NULL || *track == NULL)
        return;
    end_run(j, *track);
    forget(j, *track);
}

void journal_interrupt(journal *j, journal_track *track)
{
    if (j == NULL || track == NULL)
        return;
    end_run(j, track);
    track_reset(track);
}

/* ---- decisions */

static bool put_snapshot_line(journal *j, journal_track *t, const journal_entry *entry)
{
    draft d = begin_line(j, LINE_SNAPSHOT, entry->wall_ms, entry->workload);

    put_snapshot(&d.pen, entry);
    if (!end_line(j, &d))
        return false;
    track_reset(t);
    t->generation = j->generation;
    t->policy = *entry->policy;
    return true;
}

static bool put_decision_line(journal *j, journal_track *t, const journal_entry *entry)
{
    draft d = begin_line(j, LINE_DECISION, entry->wall_ms, entry->workload);
    const keda_observation *seen = entry->seen;

    pen_printf(&d.pen, ",\"now\":%" PRId64, seen->now_ms);
    put_reading_times(&d.pen, seen);
    pen_append(&d.pen, &j->text);
    if (!end_line(j, &d))
        return false;
    j->nwaiting++;
    return track_remember(t, entry, &j->text);
}

static bool note(journal *j, journal_track *t, const journal_entry *entry)
{
    pen p = {.out = &j->text};

    buf_truncate(&j->text, 0);
    put_decision(&p, entry);
    if (p.rc != KEDA_OK)
        return false;
    const bool is_new = t->generation != j->generation || !track_knows_policy(t, entry->policy);
    if (!is_new && track_add_step(t, entry, &j->text)) {
        set_pending(j, t);
        return true;
    }
    end_run(j, t);
    if ((is_new || t->generation == 0) && !put_snapshot_line(j, t, entry))
        return false;
    return put_decision_line(j, t, entry);
}

void journal_note(journal *j, journal_track **track, const journal_entry *entry)
{
    journal_track *t = NULL;

    j->now_ms = entry->seen->now_ms;
    if (!make_ready(j, entry)) {
        j->lost++;
        return;
    }
    if ((t = track_of(j, track, entry)) == NULL || !note(j, t, entry)) {
        j->errors++; /* no memory, or too long a line */
        j->lost++;
        if (t != NULL)
            track_reset(t);
    }
    if (j->lines.size >= BATCH_BYTES)
        write_out(j);
}

void journal_flush(journal *j)
{
    write_out(j);
}

int64_t journal_errors(const journal *j)
{
    return j->errors;
}

/* ---- life */

keda_status journal_open(journal **out, const journal_options *options, keda_error *err)
{
    journal *j = mem_zalloc(1, sizeof *j);
    keda_status rc;

    if (j == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    j->max_bytes = options->max_bytes;
    j->files = options->files;
    j->engine_id = options->engine_id;
    j->log = options->log;
    rc = journal_file_open(&j->file, options->path, options->files, &options->log, err);
    j->seq = j->seq_on_disk = j->file.last_seq;
    if (rc == KEDA_OK)
        *out = j;
    else
        journal_close(j);
    return rc;
}

void journal_close(journal *j)
{
    if (j == NULL)
        return;
    journal_end_runs(j);
    journal_flush(j);
    while (j->first != NULL)
        forget(j, j->first);
    journal_file_close(&j->file);
    keda_buf_clear(&j->lines);
    keda_buf_clear(&j->text);
    mem_free(j);
}
