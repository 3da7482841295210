/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replica counts of everything that somebody follows, from one list and watch per kind (and namespace,
 * where only some are watched). Of each object only counts and versions are kept. For the scale target and
 * the operator.
 */
#ifndef KUBE_COUNTS_H
#define KUBE_COUNTS_H

#include "kube/kube.h"

typedef struct kube_counts kube_counts;
typedef struct kube_follower kube_follower; /* one interest in one object */

typedef enum kube_presence {
    /* not listed yet (err: KEDA_ETIMEOUT), or the kind cannot be listed (what hinders it) */
    KUBE_NOT_KNOWN = 0,
    KUBE_PRESENT,
    KUBE_ABSENT,       /* the kind is listed, the object is not there */
    KUBE_NO_KIND,      /* the cluster has no such kind */
    KUBE_NOT_SCALABLE, /* the kind has no scale subresource */
    KUBE_NOT_WATCHED /* the namespace is not among those watched, or watching is forbidden: ask /scale */
} kube_presence;

typedef struct kube_count {
    int32_t
        spec; /* spec.replicas; a Deployment, StatefulSet or ReplicaSet without has 1; -1: the object
                     * does not have it as an integer: ask /scale */
    int32_t status; /* status.replicas; 0 when absent */
    int32_t
        ready; /* status.readyReplicas; 0 when absent and the kind is one of the three, else -1 */
    int64_t generation;
    const char *uid, *resource_version,
        *selector; /* selector: status.selector, or NULL; borrowed until
                                                    * the loop is entered again */
} kube_count;

/* namespaces: none: the whole cluster. Copied. Freed before its client is closed. */
keda_status kube_counts_new(kube_counts **out, keda_kube *kube, const char *const *namespaces,
                            size_t nnamespaces, keda_error *err);
void kube_counts_free(
    kube_counts *counts); /* followers that are left know nothing; NULL is fine */
keda_kube *kube_counts_client(const kube_counts *counts);

/* Follows one object; the first of a kind starts its watch, and when the last is gone it is closed.
 * `changed` (may be NULL) comes after what is known has changed, never from inside this call. */
keda_status kube_follow(kube_follower **out, kube_counts *counts, const keda_kube_ref *ref,
                        void (*changed)(void *user), void *user, keda_error *err);
void kube_unfollow(kube_follower *f); /* safe in `changed`; NULL is fine */

/* What is known now; *count is filled for KUBE_PRESENT only, *err for the others. */
kube_presence kube_look(const kube_follower *f, kube_count *count, keda_error *err);
/* The resource, once the kind is known; else NULL. */
const kube_resource *kube_follower_resource(const kube_follower *f);
/* We have read or written /scale ourselves: what the watch says of older versions is not believed. */
void kube_learn(kube_follower *f, const keda_kube_scale *scale);

#endif
