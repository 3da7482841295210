/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeconfig files: read, merged as kubectl merges them, and one context of them as an identity. Every
 * error names the file, line and path; no error quotes a value that may be a secret. For identity.c.
 */
#ifndef KUBE_KUBECONFIG_H
#define KUBE_KUBECONFIG_H

#include "kube/identity.h"

typedef struct kubeconfig_source kubeconfig_source; /* one file */

/* Zeroed is empty. */
typedef struct kubeconfig {
    kubeconfig_source *sources;
    size_t count, capacity;
} kubeconfig;

/* Of several sources, the first that has a thing wins. Errors: KEDA_EINVAL, KEDA_ENOMEM, and
 * KEDA_ENOTFOUND for a file that does not exist. */
keda_status kubeconfig_add_file(kubeconfig *c, const char *path, keda_error *err);
/* Relative paths in it are relative to dir, "" for where the process is. */
keda_status kubeconfig_add_text(kubeconfig *c, const char *text, size_t size, const char *name,
                                const char *dir, keda_error *err);
void kubeconfig_clear(kubeconfig *c);

/* context NULL: current-context. Fills a zeroed identity; files it names are read. On failure the
 * caller frees what was filled. Errors: KEDA_EINVAL, KEDA_ENOMEM. */
keda_status kubeconfig_identity(const kubeconfig *c, const char *context, kube_identity *out,
                                keda_error *err);

#endif
