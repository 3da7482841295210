/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator needs of the engine beyond its public calls: documents that see only each other, what
 * a workload was before this process, and word of decisions beside the host's own callback.
 */
#ifndef ENGINE_HOSTED_H
#define ENGINE_HOSTED_H

#include "engine/engine.h"

/* keda_engine_put for a source whose ScaledObjects see the TriggerAuthentications,
 * ClusterTriggerAuthentications, Secrets, ConfigMaps and target documents of this source and no others, and
 * whose documents nobody else sees; another source may have documents of the same names. ScaledObjects
 * and what they scale are unique all the same. */
keda_status engine_put_private(keda_engine *e, const char *id, const char *text, size_t size,
                               keda_findings *findings, keda_error *err);

/* Takes a private source away; its targets keep their counts, whatever the document says about restoring. */
void engine_remove_private(keda_engine *e, const char *id);

/* What the cluster remembers of a workload; given once, right after the first put of it, before its
 * first decision. -1: not known. */
typedef struct engine_memory {
    int64_t created_wall_ms;     /* creationTimestamp */
    int64_t last_active_wall_ms; /* status.lastActiveTime */
    bool was_active;             /* status: Active True: it counts as active until now */
    int32_t original_replicas;   /* status.originalReplicaCount */
} engine_memory;
void engine_remember(keda_engine *e, const char *workload, const engine_memory *memory);

void engine_set_observer(keda_engine *e,
                         const engine_observer *observer); /* copied; NULL: none */

bool engine_is_dry_run(const keda_engine *e);

/* Where it looks for a ClusterTriggerAuthentication's Secrets and ConfigMaps. */
const char *engine_cluster_namespace(const keda_engine *e);

#endif
