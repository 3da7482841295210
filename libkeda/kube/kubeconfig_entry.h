/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One named entry of a kubeconfig and reading its members; errors carry file, line and path. For
 * kubeconfig.c and kubeconfig_exec.c only.
 */
#ifndef KUBE_KUBECONFIG_ENTRY_H
#define KUBE_KUBECONFIG_ENTRY_H

#include "config/document.h"
#include "kube/kubeconfig.h"

typedef struct kubeconfig_entry {
    const kubeconfig_source *source;
    const node *map;           /* what is under `member`, or the item without it */
    const char *list, *member; /* "users", "user" */
    size_t index;
} kubeconfig_entry;

/* "FILE:LINE: users[0].user.NAME: ..."; at NULL: the entry. Returns KEDA_EINVAL. */
keda_status entry_fail(const kubeconfig_entry *e, const node *at, const char *name,
                       keda_error *err, const char *format, ...) KEDA_PRINTF(5, 6);
/* NULL when absent or null. */
const node *entry_get(const kubeconfig_entry *e, const char *name);
keda_status entry_check_text(const kubeconfig_entry *e, const node *value, const char *path,
                             keda_error *err);
/* Leaves *out when it is absent or empty. */
keda_status entry_text(const kubeconfig_entry *e, const char *name, char **out,
                       keda_error *err);
/* A path relative to the file. */
keda_status entry_join(const kubeconfig_entry *e, const char *path, char **out,
                       keda_error *err);

/* The user's `exec`, when there is one. */
keda_status kubeconfig_read_exec(const kubeconfig_entry *user, kube_identity *out,
                                 keda_error *err);
/* What the cluster says to exec plug-ins. */
keda_status kubeconfig_read_exec_cluster(const kubeconfig_entry *cluster, kube_exec_spec *spec,
                                         keda_error *err);

#endif
