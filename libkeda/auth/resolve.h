/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From where parameters may come (a Secret's key, a ConfigMap's, an environment variable) to the map
 * of their values. Where these things lie is an interface of the caller's; a value never enters a
 * message.
 */
#ifndef AUTH_RESOLVE_H
#define AUTH_RESOLVE_H

#include <keda/scaler.h>

typedef enum auth_from {
    AUTH_FROM_SECRET = 1,
    AUTH_FROM_CONFIG_MAP = 2,
    AUTH_FROM_ENV = 3
} auth_from;

typedef struct auth_want {
    auth_from from;
    const char *parameter;
    const char *name; /* of the object, or of the variable */
    const char *key;  /* in the object */
} auth_want;

typedef struct auth_sources {
    /* The object's values; NULL: there is no such object. Borrowed until the next call. */
    const keda_map *(*object)(auth_from from, const char *name, void *user);
    const char *(*variable)(const char *name, void *user); /* NULL: not set */
    void *user;
} auth_sources;

/* What could not be found, and a message that says which source. */
typedef void (*auth_missing_fn)(const auth_want *want, const char *message, void *user);

/* Appends to *out, in order; a later want of the same parameter takes the place of an earlier one.
 * *out is the caller's, auth_map_clear wipes it. Errors: KEDA_ENOMEM; what is missing is reported
 * and absent. */
keda_status auth_resolve(keda_map *out, const auth_want *wants, size_t nwants,
                         const auth_sources *sources, auth_missing_fn missing, void *user,
                         keda_error *err);
/* True when this one could be found. */
bool auth_exists(const auth_want *want, const auth_sources *sources, char *message,
                 size_t size);
/* Sets one value. */
keda_status auth_map_set(keda_map *map, const char *name, const char *value, keda_error *err);
void auth_map_clear(keda_map *map);

#endif
