/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up one source after the other. What upstream logs and replaces by an empty value is an
 * error here that names parameter and source (spec: auth A2a, A2b).
 */
#include "auth/resolve.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const char *find_in(const keda_map *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].name, name) == 0)
            return map->items[i].value;
    }
    return NULL;
}

static const char *kind_of(auth_from from)
{
    return from == AUTH_FROM_SECRET ? "Secret" : "ConfigMap";
}

/* The value, or NULL with a message that names no value. */
static const char *find(const auth_want *want, const auth_sources *sources, char *message,
                        size_t size)
{
    if (want->from == AUTH_FROM_ENV) {
        const char *value = sources->variable(want->name, sources->user);
        if (value == NULL)
            (void)snprintf(message, size,
                           "parameter \"%s\": environment variable %s is not set",
                           want->parameter, want->name);
        return value;
    }
    const keda_map *object = sources->object(want->from, want->name, sources->user);
    if (object == NULL) {
        (void)snprintf(message, size, "parameter \"%s\": there is no %s %s", want->parameter,
                       kind_of(want->from), want->name);
        return NULL;
    }
    const char *value = find_in(object, want->key);
    if (value == NULL)
        (void)snprintf(message, size, "parameter \"%s\": %s %s has no key \"%s\"",
                       want->parameter, kind_of(want->from), want->name, want->key);
    return value;
}

bool auth_exists(const auth_want *want, const auth_sources *sources, char *message, size_t size)
{
    return find(want, sources, message, size) != NULL;
}

static void free_text(const char *text)
{
    mem_free_secret((char *)(uintptr_t)text);
}

keda_status auth_map_set(keda_map *map, const char *name, const char *value, keda_error *err)
{
    char *copy = mem_strdup(value);
    if (copy == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].name, name) == 0) {
            free_text(map->items[i].value);
            map->items[i].value = copy;
            return KEDA_OK;
        }
    }
    char *key = mem_strdup(name);
    keda_param *items = mem_realloc(map->items, map->count + 1, sizeof *items);
    if (items != NULL)
        map->items = items;
    if (key == NULL || items == NULL) {
        mem_free(key);
        mem_free_secret(copy);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    items[map->count++] = (keda_param){.name = key, .value = copy};
    return KEDA_OK;
}

void auth_map_clear(keda_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free_text(map->items[i].name);
        free_text(map->items[i].value);
    }
    mem_free(map->items);
    *map = (keda_map){0};
}

keda_status auth_resolve(keda_map *out, const auth_want *wants, size_t nwants,
                         const auth_sources *sources, auth_missing_fn missing, void *user,
                         keda_error *err)
{
    char message[320];

    for (size_t i = 0; i < nwants; i++) {
        const char *value = find(&wants[i], sources, message, sizeof message);
        if (value == NULL) {
            missing(&wants[i], message, user);
            continue;
        }
        const keda_status rc = auth_map_set(out, wants[i].parameter, value, err);
        if (rc != KEDA_OK)
            return rc;
    }
    return KEDA_OK;
}
