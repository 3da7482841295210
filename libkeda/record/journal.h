/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a journal: each decision becomes a line, or a step of a pending run of equal ones; full
 * files are moved aside. It never fails its caller: what cannot be written is counted, said once, and
 * followed by new snapshots when writing works again. Called by the engine (engine/journaling.c).
 */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include "base/log.h"
#include "record/put.h"

typedef struct journal journal;
/* What the journal remembers of a workload, kept by its owner; NULL: nothing yet. */
typedef struct journal_track journal_track;

enum { JOURNAL_BYTES_DEFAULT = 64 * 1024 * 1024, JOURNAL_FILES_DEFAULT = 1 };

typedef struct journal_options {
    const char *path;
    int64_t max_bytes; /* of a file, before it is moved aside */
    int32_t files;     /* moved aside ones that are kept */
    uint64_t engine_id;
    log_sink log;
} journal_options;

/* Errors: KEDA_ECONFLICT when another process has it; KEDA_EINVAL, KEDA_ENOMEM. */
keda_status journal_open(journal **out, const journal_options *options, keda_error *err);
/* Writes what is pending. Tracks that are still there become NULL at their owners. NULL is fine. */
void journal_close(journal *j);

/* Before the history hears of the decision. *track may be moved in memory by nobody. */
void journal_note(journal *j, journal_track **track, const journal_entry *entry);
/* Ends its run and forgets the workload; *track becomes NULL. NULL is fine. */
void journal_drop(journal *j, journal_track **track);
/* What was between two decisions is not known: the next one begins with a snapshot. */
void journal_interrupt(journal *j, journal_track *track);

/* Writes the lines of all pending runs. */
void journal_end_runs(journal *j);
bool journal_has_runs(const journal *j);
/* Hands to the system what the calls above left in the buffer. */
void journal_flush(journal *j);

/* Writes that failed. */
int64_t journal_errors(const journal *j);

#endif
