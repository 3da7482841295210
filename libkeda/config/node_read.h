/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One YAML or JSON document of any kind as a tree, for files that are not Kubernetes documents: a
 * kubeconfig. What it means is the caller's. No message quotes a value.
 */
#ifndef CONFIG_NODE_READ_H
#define CONFIG_NODE_READ_H

#include "config/document.h"

/* *out: the caller's, node_read_free; NULL for a text without a document. Bounds as documents_read.
 * Errors: KEDA_EINVAL, the first one with file and line; KEDA_ENOMEM. */
keda_status node_read(node **out, const char *text, size_t size, const char *file,
                      keda_error *err);
void node_read_free(node *root); /* wiped: there may be secrets in it */

#endif
