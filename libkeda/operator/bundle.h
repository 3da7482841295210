/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ScaledObject and what it needs as one text of documents for engine_put_private. Only what the engine
 * reads is in it, so that equal texts mean that nothing which matters has changed. Pure.
 */
#ifndef OPERATOR_BUNDLE_H
#define OPERATOR_BUNDLE_H

#include "operator/needs.h"

typedef struct bundle_part {
    need_kind kind;
    const char *space, *name; /* as the engine looks it up, wherever it was read */
    const keda_json *json;    /* the object; NULL: it does not exist, and is left out */
} bundle_part;

/* Of the ScaledObject: name, namespace, annotations that matter (keda.sh, libkeda.io), spec without
 * restoreToOriginalReplicaCount (the operator restores); of authentications spec; of Secrets and
 * ConfigMaps only keys that are asked for, unless a whole one is (envFrom); of the target spec.template. */
keda_status bundle_write(keda_buf *out, const keda_json *object, const bundle_part *parts,
                         size_t nparts, keda_error *err);

#endif
