/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of other objects, and how it grows: from the ScaledObject to its authentications and target,
 * from those to Secrets and ConfigMaps. What refers to what is refs.c's.
 */
#include "operator/needs.h"

#include <string.h>

#include "base/mem.h"
#include "operator/refs.h"

void needs_clear(needs *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->count; i++) {
        mem_free(n->items[i].space);
        mem_free(n->items[i].name);
    }
    mem_free(n->items);
    *n = (needs){0};
}

static bool has(const needs *n, need_kind kind, const char *space, const char *name)
{
    for (size_t i = 0; i < n->count; i++) {
        const need *item = &n->items[i];
        if (item->kind == kind && strcmp(item->space, space) == 0 &&
            strcmp(item->name, name) == 0)
            return true;
    }
    return false;
}

keda_status needs_add(needs *n, need_kind kind, const char *space, const char *name,
                      keda_error *err)
{
    need item = {.kind = kind};
    void *items = n->items;
    keda_status rc;

    if (has(n, kind, space, name))
        return KEDA_OK;
    if ((rc = mem_grow(&items, &n->capacity, n->count, sizeof *n->items, err)) != KEDA_OK)
        return rc;
    n->items = items;
    item.space = mem_strdup(space);
    item.name = mem_strdup(name);
    if (item.space == NULL || item.name == NULL) {
        mem_free(item.space);
        mem_free(item.name);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    n->items[n->count++] = item;
    return KEDA_OK;
}

static keda_status add_target(needs *out, const keda_json *object, keda_error *err)
{
    const char *name = refs_text(object, "spec.scaleTargetRef.name");
    if (name[0] == '\0')
        return KEDA_OK;
    return needs_add(out, NEED_TARGET, refs_text(object, "metadata.namespace"), name, err);
}

static keda_status add_auth(needs *out, const char *space, const keda_json *trigger,
                            keda_error *err)
{
    const char *name = refs_text(trigger, "authenticationRef.name");
    const char *kind = refs_text(trigger, "authenticationRef.kind");
    const bool is_cluster = strcmp(kind, "ClusterTriggerAuthentication") == 0;
    const bool is_known =
        is_cluster || kind[0] == '\0' || strcmp(kind, "TriggerAuthentication") == 0;

    if (name[0] == '\0' || !is_known)
        return KEDA_OK;
    return is_cluster ? needs_add(out, NEED_CLUSTER_AUTH, "", name, err)
                      : needs_add(out, NEED_AUTH, space, name, err);
}

keda_status needs_of_object(needs *out, const keda_json *object, keda_error *err)
{
    const char *space = refs_text(object, "metadata.namespace");
    const keda_json *triggers = keda_json_get(object, "spec.triggers");
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(triggers); i++)
        rc = add_auth(out, space, keda_json_at(triggers, i, NULL), err);
    if (rc == KEDA_OK && refs_uses_environment(object))
        rc = add_target(out, object, err);
    return rc;
}

typedef struct adding {
    needs *out;
    const char *space;
    keda_error *err;
} adding;

static keda_status add_ref(const ref *r, void *user)
{
    const adding *a = user;
    return needs_add(a->out, r->kind, a->space, r->name, a->err);
}

keda_status needs_of_auth(needs *out, const keda_json *auth, const char *space,
                          const keda_json *object, keda_error *err)
{
    adding a = {.out = out, .space = space, .err = err};
    const keda_status rc = refs_of_auth(auth, add_ref, &a);

    if (rc != KEDA_OK || !refs_auth_has_env(auth))
        return rc;
    return add_target(out, object, err);
}

keda_status needs_of_target(needs *out, const keda_json *target, const keda_json *object,
                            const keda_json *const *auths, size_t nauths, keda_error *err)
{
    adding a = {.out = out, .space = refs_text(object, "metadata.namespace"), .err = err};
    return refs_of_target(target, object, auths, nauths, add_ref, &a);
}
