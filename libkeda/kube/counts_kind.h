/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One kind that somebody follows: found by discovery, listed and watched, its rows kept up to date. For
 * counts.c, which knows followers and answers questions.
 */
#ifndef KUBE_COUNTS_KIND_H
#define KUBE_COUNTS_KIND_H

#include "kube/counts_rows.h"

typedef struct kube_kind kube_kind;

typedef struct kube_scope { /* one collection that is watched */
    kube_kind *kind;
    const char *space; /* NULL: the whole cluster; kube_counts' own */
    keda_kube_watch *watch;
    uint32_t pass;  /* number of the present list */
    bool is_listed; /* once to its end */
    keda_error trouble;
} kube_scope;

struct kube_kind {
    kube_kind *next;
    kube_counts *counts;
    char *api_version, *name;
    const kube_resource *resource; /* NULL: not found yet */
    kube_resource_call *finding;
    bool is_missing;    /* the cluster has said that there is no such kind */
    keda_error trouble; /* of finding it */
    loop_timer retry;
    int32_t nfailures;
    kube_scope *scopes; /* NULL: not watched yet */
    size_t nscopes;
    kube_rows rows;
    size_t nfollowers;
};

struct kube_counts {
    keda_kube *kube;
    char **namespaces;
    size_t nnamespaces;
    kube_kind *kinds;
    loop_after reaper;      /* of kinds that nobody follows any more */
    loop_after telling;     /* of followers about changes */
    kube_follower *waiting; /* to be told */
    kube_follower *telling_now;
};

/* NULL: out of memory. */
kube_kind *kube_kind_new(kube_counts *counts, const char *api_version, const char *name);
void kube_kind_free(kube_kind *kind); /* followers must have left its rows */
/* Looks for the kind in the cluster, unless that is under way or done. */
void kube_kind_find(kube_kind *kind);
/* The collection an object of that namespace is in; NULL: none that is watched. */
kube_scope *kube_kind_scope(const kube_kind *kind, const char *key);
/* Those who can be asked for one object only. */
bool kube_scope_is_refused(const kube_scope *scope);
bool kube_kind_is_usable(const kube_kind *kind);

/* counts.c: what followers see has changed; `except` (NULL: nobody) knows already. */
void kube_row_changed(kube_counts *counts, const kube_row *row, const kube_follower *except);

#endif
