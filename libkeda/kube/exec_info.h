/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exec plug-in is told, as JSON for KUBERNETES_EXEC_INFO. For exec.c.
 */
#ifndef KUBE_EXEC_INFO_H
#define KUBE_EXEC_INFO_H

#include "kube/identity.h"

/* Appends "KUBERNETES_EXEC_INFO={...}". Errors: KEDA_ENOMEM. */
keda_status exec_info(keda_buf *out, const kube_identity *identity, keda_error *err);

#endif
