/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine knows by name: trigger types, kinds of endpoints and of targets. Descriptors are
 * copied up to the size their author knew, so that older ones read as "not provided" beyond it.
 */
#ifndef ENGINE_REGISTRY_H
#define ENGINE_REGISTRY_H

#include <stdatomic.h>

#include <keda/scaler.h>
#include <keda/target.h>

#include "engine/pointers.h"

typedef struct scaler_type {
    keda_scaler_desc desc;
    void *user;
    atomic_int refs; /* the registry, and every instance: one may outlive the engine */
} scaler_type;
scaler_type *scaler_type_ref(scaler_type *type);
void scaler_type_unref(scaler_type *type); /* any thread */

typedef struct endpoint_kind {
    keda_endpoint_desc desc;
    void *user;
} endpoint_kind;

typedef struct target_kind {
    keda_target_desc desc;
    void *user;
} target_kind;

typedef struct registry {
    pointers scalers;   /* scaler_type */
    pointers endpoints; /* endpoint_kind */
    pointers targets;   /* target_kind */
} registry;

void registry_clear(registry *r);
keda_status registry_add_scaler(registry *r, const keda_scaler_desc *desc, void *user,
                                keda_error *err);
keda_status registry_add_endpoint(registry *r, const keda_endpoint_desc *desc, void *user,
                                  keda_error *err);
keda_status registry_add_target(registry *r, const keda_target_desc *desc, void *user,
                                keda_error *err);
/* Takes the last ones back, so that so many are left: what a module added before it failed. */
void registry_cut(registry *r, size_t nscalers, size_t nendpoints);
scaler_type *registry_scaler(const registry *r, const char *type); /* NULL: unknown */
endpoint_kind *registry_endpoint(const registry *r, const char *kind);
/* The most exact match: kind and version, then kind, then the one for all kinds. */
target_kind *registry_target(const registry *r, const char *api_version, const char *kind);

#endif
