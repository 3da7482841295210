/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KEDA's operator on an engine: the cluster's ScaledObjects, TriggerAuthentications and
 * ClusterTriggerAuthentications are its documents; finalizer, status, conditions and Events are written
 * back. Everything happens on the engine's thread, in its steps.
 */
#ifndef KEDA_OPERATOR_H
#define KEDA_OPERATOR_H

#include <keda/engine.h>
#include <keda/kube.h>

KEDA_BEGIN_DECLS

typedef struct keda_operator keda_operator;

/** All texts are copied. */
typedef struct keda_operator_options {
    size_t struct_size;
    const char *const *namespaces; /* watched; none: all */
    size_t nnamespaces;
    const char *label_selector; /* of ScaledObjects; NULL: all */
    /* Where a ClusterTriggerAuthentication's Secrets lie; NULL: the client's namespace. (KEDA:
     * KEDA_CLUSTER_OBJECT_NAMESPACE) */
    const char *cluster_namespace;
    int32_t
        is_secret_access_restricted; /* KEDA_RESTRICT_SECRET_ACCESS: Secrets of that one only */
    /* Not 0: acts only while it holds the lease. When it has lost it, what this client was still to write to
     * /scale and as Events, the host's too, is given up. */
    int32_t is_leader_elected;
    const char *identity;        /* of this process; NULL: host name and random digits */
    const char *lease_name;      /* NULL: "kedad.libkeda.io" */
    const char *lease_namespace; /* NULL: the client's */
    int64_t lease_duration_ms, renew_deadline_ms, retry_ms; /* 0: 15,000, 10,000, 2,000 */
    int64_t reread_ms; /* Secrets and ConfigMaps in use are read again that often; 0: 30,000 */
} keda_operator_options;
#ifndef __cplusplus
#define KEDA_OPERATOR_OPTIONS_INIT                                                             \
    {                                                                                          \
        .struct_size = sizeof(keda_operator_options)                                           \
    }
#else
#define KEDA_OPERATOR_OPTIONS_INIT                                                             \
    ([] {                                                                                      \
        keda_operator_options init = {};                                                       \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Starts: watches, and acts when it leads. keda_engine_on_kube must have been called for the same pair.
 * With keda_engine_options.is_dry_run nothing at all is written to the cluster, leases included.
 *
 * out     the caller's; keda_operator_free before the client is closed
 * errors  KEDA_EINVAL, KEDA_ENOMEM; what the cluster says comes later, in status and log
 */
KEDA_API KEDA_MUST_USE keda_status keda_operator_new(keda_operator **out, keda_engine *e,
                                                     keda_kube *kube,
                                                     const keda_operator_options *opts,
                                                     keda_error *err);

/**
 * Ends in good order: nothing new is begun, writes under way end, status and Events that wait are given
 * at most grace_ms, the lease is released. Then `stopped` is called, once. Scales nothing.
 */
KEDA_API void keda_operator_stop(keda_operator *op, int64_t grace_ms,
                                 void (*stopped)(void *user), void *user);

/** Ends at once and takes its documents out of the engine; scales nothing. NULL is fine. */
KEDA_API void keda_operator_free(keda_operator *op);

typedef struct keda_operator_status {
    size_t struct_size;
    int32_t is_leader; /* or there is no election */
    int32_t is_synced; /* all collections have been listed */
    const char
        *holder; /* of the lease, "" when unknown; borrowed until the engine is entered again */
    const char
        *trouble; /* what cannot be listed or watched now; "" when all is well; borrowed */
    size_t nscaled_objects, nready, nauthentications, ncluster_authentications;
} keda_operator_status;

/** Fills what the caller's size has room for. Texts: see there. */
KEDA_API void keda_operator_get_status(const keda_operator *op, keda_operator_status *out);

/** Writes its own metrics (keda_resource_registered_total ...) as Prometheus text, after the engine's. */
KEDA_API KEDA_MUST_USE keda_status keda_operator_metrics(const keda_operator *op,
                                                         keda_write_fn write, void *user,
                                                         keda_error *err);

/**
 * Writes the CustomResourceDefinition of a kind as YAML, made from the tables by which documents are
 * read.
 *
 * kind    "ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication"
 * errors  KEDA_ENOTFOUND for another kind
 */
KEDA_API KEDA_MUST_USE keda_status keda_crd_write(const char *kind, keda_write_fn write,
                                                  void *user, keda_error *err);

/** Name of CRD kind number i, from 0; NULL beyond the last. */
KEDA_API const char *keda_crd_kind(size_t i);

KEDA_END_DECLS

#endif
