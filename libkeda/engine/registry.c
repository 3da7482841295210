/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks descriptors once, when they are registered. Loading modules is module.c.
 */
#include "engine/registry.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static void free_items(pointers *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->items[i]);
    pointers_clear(list);
}

void registry_clear(registry *r)
{
    for (size_t i = 0; i < r->scalers.count; i++)
        scaler_type_unref(r->scalers.items[i]);
    pointers_clear(&r->scalers);
    free_items(&r->endpoints);
    free_items(&r->targets);
}

void registry_cut(registry *r, size_t nscalers, size_t nendpoints)
{
    while (r->scalers.count > nscalers)
        scaler_type_unref(r->scalers.items[--r->scalers.count]);
    while (r->endpoints.count > nendpoints)
        mem_free(r->endpoints.items[--r->endpoints.count]);
}

/* A new zeroed item at the end of a list. */
static keda_status new_item(pointers *list, size_t size, void **out, keda_error *err)
{
    void *item = mem_zalloc(1, size);
    if (item == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = pointers_add(list, item, err);
    if (rc == KEDA_OK)
        *out = item;
    else
        mem_free(item);
    return rc;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- trigger types */

scaler_type *scaler_type_ref(scaler_type *type)
{
    atomic_fetch_add(&type->refs, 1);
    return type;
}

void scaler_type_unref(scaler_type *type)
{
    if (atomic_fetch_sub(&type->refs, 1) == 1)
        mem_free(type);
}

static keda_status check_scaler(const registry *r, const keda_scaler_desc *d, keda_error *err)
{
    if (d == NULL || d->struct_size < offsetof(keda_scaler_desc, check))
        return keda_error_set(err, KEDA_EINVAL, "a scaler descriptor of a wrong size");
    if (d->type == NULL || d->type[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL, "a scaler descriptor without a type");
    if (d->specs == NULL || d->poll == NULL)
        return keda_error_set(err, KEDA_EINVAL, "trigger type %s: specs and poll are required",
                              d->type);
    if (d->nfields > 0 && (d->fields == NULL || d->meta_size == 0) &&
        (d->fields == NULL || (d->flags & KEDA_SCALER_PARAMS_BY_NAME) == 0))
        return keda_error_set(err, KEDA_EINVAL, "trigger type %s: fields without their struct",
                              d->type);
    if (registry_scaler(r, d->type) != NULL)
        return keda_error_set(err, KEDA_EINVAL, "trigger type %s is already registered",
                              d->type);
    return KEDA_OK;
}

keda_status registry_add_scaler(registry *r, const keda_scaler_desc *desc, void *user,
                                keda_error *err)
{
    void *item = NULL;
    keda_status rc = check_scaler(r, desc, err);
    if (rc == KEDA_OK)
        rc = new_item(&r->scalers, sizeof(scaler_type), &item, err);
    if (item == NULL)
        return rc;
    scaler_type *type = item;
    atomic_init(&type->refs, 1);
    memcpy(&type->desc, desc, smaller(desc->struct_size, sizeof type->desc));
    type->desc.struct_size = sizeof type->desc;
    if (type->desc.field_size == 0)
        type->desc.field_size = sizeof(keda_field);
    type->user = user;
    return KEDA_OK;
}

scaler_type *registry_scaler(const registry *r, const char *type)
{
    for (size_t i = 0; i < r->scalers.count; i++) {
        scaler_type *known = r->scalers.items[i];
        if (strcmp(known->desc.type, type) == 0)
            return known;
    }
    return NULL;
}

/* ---- kinds of endpoints */

keda_status registry_add_endpoint(registry *r, const keda_endpoint_desc *desc, void *user,
                                  keda_error *err)
{
    if (desc == NULL || desc->struct_size < offsetof(keda_endpoint_desc, cancel) ||
        desc->kind == NULL || desc->open == NULL || desc->poll_batch == NULL)
        return keda_error_set(err, KEDA_EINVAL,
                              "an endpoint descriptor without kind, open or poll_batch");
    if (registry_endpoint(r, desc->kind) != NULL)
        return keda_error_set(err, KEDA_EINVAL, "endpoint kind %s is already registered",
                              desc->kind);
    void *item = NULL;
    const keda_status rc = new_item(&r->endpoints, sizeof(endpoint_kind), &item, err);
    if (item == NULL)
        return rc;
    endpoint_kind *kind = item;
    memcpy(&kind->desc, desc, smaller(desc->struct_size, sizeof kind->desc));
    kind->user = user;
    return KEDA_OK;
}

endpoint_kind *registry_endpoint(const registry *r, const char *kind)
{
    for (size_t i = 0; i < r->endpoints.count; i++) {
        endpoint_kind *known = r->endpoints.items[i];
        if (strcmp(known->desc.kind, kind) == 0)
            return known;
    }
    return NULL;
}

/* ---- kinds of targets */

static bool is_taken(const registry *r, const keda_target_desc *desc)
{
    for (size_t i = 0; i < r->targets.count; i++) {
        const target_kind *known = r->targets.items[i];
        if (text_equal(known->desc.kind, desc->kind) &&
            text_equal(known->desc.api_version, desc->api_version))
            return true;
    }
    return false;
}

keda_status registry_add_target(registry *r, const keda_target_desc *desc, void *user,
                                keda_error *err)
{
    if (desc == NULL || desc->struct_size < sizeof *desc || desc->open == NULL ||
        desc->observe == NULL || desc->scale == NULL || desc->close == NULL)
        return keda_error_set(err, KEDA_EINVAL,
                              "a target descriptor without open, observe, scale or close");
    const char *name = desc->kind == NULL ? "all others" : desc->kind;
    if (is_taken(r, desc))
        return keda_error_set(err, KEDA_EINVAL, "target kind %s is already registered", name);
    void *item = NULL;
    const keda_status rc = new_item(&r->targets, sizeof(target_kind), &item, err);
    if (item == NULL)
        return rc;
    target_kind *kind = item;
    memcpy(&kind->desc, desc, smaller(desc->struct_size, sizeof kind->desc));
    kind->user = user;
    return KEDA_OK;
}

/* 0: does not fit; more is more exact. */
static int fit_of(const keda_target_desc *desc, const char *api_version, const char *kind)
{
    int fit = 1;
    if (desc->kind != NULL) {
        if (strcmp(desc->kind, kind) != 0)
            return 0;
        fit += 2;
    }
    if (desc->api_version != NULL) {
        if (strcmp(desc->api_version, api_version) != 0)
            return 0;
        fit += 1;
    }
    return fit;
}

target_kind *registry_target(const registry *r, const char *api_version, const char *kind)
{
    target_kind *best = NULL;
    int best_fit = 0;

    for (size_t i = 0; i < r->targets.count; i++) {
        target_kind *known = r->targets.items[i];
        const int fit = fit_of(&known->desc, api_version, kind);
        if (fit > best_fit) {
            best = known;
            best_fit = fit;
        }
    }
    return best;
}
