/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one document refers to in others: names of authentications, and Secrets and ConfigMaps with the
 * keys that are asked for. needs.c collects the names, bundle.c the keys. Pure; objects in, calls out.
 */
#ifndef OPERATOR_REFS_H
#define OPERATOR_REFS_H

#include "operator/needs.h"

typedef struct ref {
    need_kind kind; /* NEED_SECRET or NEED_CONFIG_MAP */
    const char *name;
    const char *key; /* NULL: all of it */
} ref;
/* KEDA_OK goes on; anything else ends the walk, which returns it. */
typedef keda_status (*ref_fn)(const ref *r, void *user);

/* Text at a path; "" when there is none. */
const char *refs_text(const keda_json *value, const char *path);

/* True when some key of some trigger's metadata ends in FromEnv. */
bool refs_uses_environment(const keda_json *object);
/* secretTargetRef and configMapTargetRef of an authentication. */
keda_status refs_of_auth(const keda_json *auth, ref_fn each, void *user);
/* True when it has env entries. */
bool refs_auth_has_env(const keda_json *auth);
/* env and envFrom of the containers that count (needs_of_target). */
keda_status refs_of_target(const keda_json *target, const keda_json *object,
                           const keda_json *const *auths, size_t nauths, ref_fn each,
                           void *user);

#endif
