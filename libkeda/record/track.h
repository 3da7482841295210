/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One workload as the writer sees it: what its last decisions looked like, so that equal ones become
 * steps of a run, and the run that is pending. Knows no files.
 */
#ifndef RECORD_TRACK_H
#define RECORD_TRACK_H

#include "record/put.h"

enum { TRACK_DUES = 8 }; /* combinations of keda_due bits */

struct journal_track {
    struct journal_track **owner;       /* where it is kept */
    struct journal_track *next, *prev;  /* all of a journal */
    struct journal_track *next_pending; /* with a run */
    bool is_pending;
    char *workload;
    uint64_t generation;       /* of the file that has its snapshot; 0: none */
    keda_policy policy;        /* as in its snapshot */
    keda_buf last[TRACK_DUES]; /* its last decision with these halves due; empty: none */
    int64_t now_ms, wall_ms;   /* of its last decision */
    int64_t *ages, *failures;  /* likewise, one a reading */
    size_t nreadings;
    /* the pending run */
    int64_t count;
    keda_buf steps;
    int64_t *
        step; /* the last one, not yet in `steps`: due, times and what ages and failures grew by */
    int64_t step_count;
};
typedef struct journal_track journal_track;

journal_track *track_new(const char *workload); /* NULL without memory */
void track_free(journal_track *t);

/* Forgets what was written; the run must have ended. */
void track_reset(journal_track *t);

/* The policy is the one of the snapshot: the same members, and lists at the same place. */
bool track_knows_policy(const journal_track *t, const keda_policy *policy);

/*
 * Adds a decision whose text (put_decision) is the one of the last with the same halves due to the
 * run. False: it does not fit there, and the run is as it was.
 */
bool track_add_step(journal_track *t, const journal_entry *entry, const keda_buf *text);

/* Remembers a decision that has a line of its own. False without memory. */
bool track_remember(journal_track *t, const journal_entry *entry, const keda_buf *text);

/* `,"count":3,"steps":[...]`, and ends the run. */
void track_put_run(journal_track *t, pen *p);
void track_drop_run(journal_track *t);

#endif
