/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts.c keeps of each object of a kind, in a hash table by namespace and name. A row stays as
 * long as the object exists or somebody follows it. Knows no watch and tells nobody.
 */
#ifndef KUBE_COUNTS_ROWS_H
#define KUBE_COUNTS_ROWS_H

#include "kube/counts.h"

typedef struct kube_facts { /* of an object that exists; in one piece of memory */
    int64_t generation;
    int32_t spec, status, ready; /* as in kube_count */
    uint32_t pass;               /* of the list that had it last */
    uint32_t version_at, selector_at;
    char texts[]; /* uid, version, selector, each terminated */
} kube_facts;

typedef struct kube_row kube_row;
struct kube_row {
    kube_row *next;
    kube_follower *followers; /* counts.c's chain */
    kube_facts *facts;        /* NULL: no such object is known */
    uint32_t hash;
    char key[]; /* "default/web"; "/NAME" for what lies in no namespace */
};

typedef struct kube_rows { /* zeroed: empty */
    kube_row **buckets;
    size_t nbuckets; /* a power of two, or 0 */
    size_t count;
} kube_rows;

kube_row *kube_rows_find(const kube_rows *rows, const char *space, const char *name);
/* The row, made when there is none; NULL: out of memory. */
kube_row *kube_rows_need(kube_rows *rows, const char *space, const char *name);
/* Frees the row if nobody follows it and there is no such object. */
void kube_rows_release(kube_rows *rows, kube_row *row);
/* Walks in no order: NULL gives the first; NULL ends. A row may be released once its successor is known. */
kube_row *kube_rows_next(const kube_rows *rows, const kube_row *row);
void kube_rows_clear(kube_rows *rows); /* with its rows and facts; followers are not freed */
bool kube_row_is_in(const kube_row *row, const char *space); /* space NULL: anywhere */

/* NULL: out of memory. is_workload: Deployment, StatefulSet or ReplicaSet. */
kube_facts *kube_facts_read(const keda_json *object, bool is_workload);
/* The same with the counts and the version of /scale. */
kube_facts *kube_facts_with(const kube_facts *facts, const keda_kube_scale *scale);
const char *kube_facts_uid(const kube_facts *facts);
const char *kube_facts_version(const kube_facts *facts);
const char *kube_facts_selector(const kube_facts *facts); /* "": none */
/* Whether they say the same but for version and pass; either may be NULL. */
bool kube_facts_agree(const kube_facts *a, const kube_facts *b);

#endif
