/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workloads of a journal as its reader knows them, by id: the last snapshot, and the last
 * decisions, from which the steps of a run are made.
 */
#ifndef RECORD_SUBJECTS_H
#define RECORD_SUBJECTS_H

#include "record/get.h"

enum { SUBJECT_DUES = 8 }; /* combinations of keda_due bits */

typedef struct known {
    struct known *next;
    char *workload;
    uint64_t hash;
    subject subject;
    recorded *last[SUBJECT_DUES]; /* with these halves due; NULL: none */
    int64_t now_ms, wall_ms;      /* of its last decision */
    int64_t *ages;                /* of its readings then, one a metric */
    int64_t *failures;
    size_t nreadings;
} known;

typedef struct subjects {
    known **buckets;
    size_t nbuckets; /* a power of two, or 0 */
    size_t count;
} subjects;

void subjects_clear(subjects *s);
/* NULL: not known. */
known *subjects_find(const subjects *s, const char *workload);
/* Known from now on, without a snapshot; made when it is not. Errors: KEDA_ENOMEM. */
keda_status subjects_begin(subjects *s, const char *workload, known **out, keda_error *err);
/* Forgets what it has of snapshots and decisions. */
void known_reset(known *k);
/* Forgets one decision. */
void known_forget(known *k, size_t due);

#endif
