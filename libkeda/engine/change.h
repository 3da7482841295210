/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of documents, from texts to work: prepared as a whole, with everything allocated, and then
 * either committed, which cannot fail, or dropped, which leaves no trace.
 */
#ifndef ENGINE_CHANGE_H
#define ENGINE_CHANGE_H

#include "engine/entry.h"

typedef struct new_source {
    text_source *source;
    documents docs;
} new_source;

/* A trigger of a workload that stays, whose credentials change with this change. */
typedef struct renewal {
    trigger *trigger;
    keda_scaler *instance;
    uint64_t fingerprint;
} renewal;

typedef struct change {
    keda_engine *e;
    keda_findings *findings;
    bool is_all;     /* every other source leaves */
    bool is_private; /* of its one source */
    bool is_check;   /* never committed: what only matters at work is a warning */
    new_source *sources;
    size_t nsources;
    pointers leaving; /* text_source: at work, and being replaced */
    table given;      /* text_source: those of the change, by id */
    table entries;    /* entry: new and kept, by object */
    table broken;     /* entry: errors of their own, no values; by object */
    table claims;     /* new workloads by the target they are for */
    bool touches;     /* documents that others refer to change or go */
    renewal *renewals;
    size_t nrenewals, renewals_capacity;
    keda_status first_code; /* of the first error; KEDA_OK: none, or KEDA_EINVAL */
    struct hpa_texts *hpas; /* filled on the way (hpa.h); NULL: not asked for */
} change;

/* Errors become findings; the status is only for what is no finding (memory). */
keda_status change_prepare(change *c, const keda_source *sources, size_t nsources,
                           size_t source_size, keda_error *err);
/* What committing needs of memory, so that it cannot fail. */
keda_status change_claim(const change *c, keda_error *err);
void change_commit(change *c);
void change_drop(change *c);

/* The document as it will be after the change, or NULL. */
entry *change_find(const change *c, const char *object);

/* It is there, but with errors, which have been told: that it cannot be used is nothing new. */
bool change_is_broken(const change *c, const char *object);

/* Findings at a place of a document; counts errors. */
typedef struct change_place {
    const document *doc; /* NULL: only source and object are known */
    const entry *entry;
    const char *path;
    int32_t line, column;
} change_place;
void change_say(change *c, keda_severity severity, keda_status code, const change_place *place,
                const char *format, ...) KEDA_PRINTF(5, 6);

#endif
