/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of every kind with a scale subresource in a cluster. Observes by kube/counts.h, writes by /scale
 * with the version that was observed, so that a lost race is KEDA_ECONFLICT. Registered by builtin.c.
 */
#ifndef TARGETS_KUBE_SCALE_H
#define TARGETS_KUBE_SCALE_H

#include <keda/target.h>

#include "kube/counts.h"

typedef struct kube_scale kube_scale; /* an instance's state */

typedef struct kube_scale_host { /* the descriptor's `user` */
    kube_counts *counts;         /* NULL: the client is closed, everything is unknown */
    kube_scale *opened;          /* the instances' own chain */
} kube_scale_host;

extern const keda_target_desc keda_target_kube_scale; /* any api_version, any kind */

/* Before the counts and their client go: calls under way fail, everything is unknown from then on. */
void kube_scale_forsake(kube_scale_host *host);

#endif
