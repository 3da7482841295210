/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which other objects a ScaledObject needs before the engine can have it: authentications, their Secrets and
 * ConfigMaps, its target's pod template and what that refers to. Pure: objects in, names out.
 */
#ifndef OPERATOR_NEEDS_H
#define OPERATOR_NEEDS_H

#include <stdbool.h>

#include <keda/json.h>

typedef enum need_kind {
    NEED_AUTH = 1,     /* TriggerAuthentication */
    NEED_CLUSTER_AUTH, /* ClusterTriggerAuthentication; space is "" */
    NEED_SECRET,
    NEED_CONFIG_MAP,
    NEED_TARGET /* the scale target itself, for its containers' environment; name is the target's */
} need_kind;

typedef struct need {
    need_kind kind;
    char *space, *name;
} need;

typedef struct needs { /* a set: each once, in the order found; zeroed is empty */
    need *items;
    size_t count, capacity;
} needs;

void needs_clear(needs *n);
keda_status needs_add(needs *n, need_kind kind, const char *space, const char *name,
                      keda_error *err);

/* Authentications of its triggers; the target when some metadata key ends in FromEnv. */
keda_status needs_of_object(needs *out, const keda_json *object, keda_error *err);
/* Secrets and ConfigMaps it names, in `space`; the target (object's) when it has env entries. */
keda_status needs_of_auth(needs *out, const keda_json *auth, const char *space,
                          const keda_json *object, keda_error *err);
/* Secrets and ConfigMaps of the environment of the containers that count: the first or
 * envSourceContainerName, and those that authentications name (containerName). spec: auth 3. */
keda_status needs_of_target(needs *out, const keda_json *target, const keda_json *object,
                            const keda_json *const *auths, size_t nauths, keda_error *err);

#endif
