/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that names concrete scalers, targets, the HTTP pool and the cluster's client, and gives
 * them to an engine. Which scalers and modules there are comes from a generated table.
 */
#include <keda/keda.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "keda_builtin_table.h"
#include "kube/counts.h"
#include "kube/pod_endpoint.h"
#include "net/http.h"
#include "targets/callback.h"
#include "targets/kube_scale.h"
#include "targets/process_pool.h"

#include <string.h>

#define DECLARE(symbol) extern const keda_scaler_desc symbol;
KEDA_BUILTIN_SCALERS(DECLARE)
#undef DECLARE
#define DECLARE(symbol) extern const keda_module symbol;
KEDA_STATIC_MODULES(DECLARE)
#undef DECLARE

/* The lists may be empty, so each ends with an item that does not count. */
#define ADDRESS(symbol) &symbol,
static const keda_scaler_desc *const scalers[] = {KEDA_BUILTIN_SCALERS(ADDRESS) NULL};
static const keda_module *const modules[] = {KEDA_STATIC_MODULES(ADDRESS) NULL};
#undef ADDRESS
#define ROW(kind, name, file, package) {kind, name, file, package},
static const known_module loadable[] = {KEDA_BUILTIN_MODULES(ROW){NULL, NULL, NULL, NULL}};
#undef ROW

enum { NLOADABLE = sizeof loadable / sizeof loadable[0] - 1 };

typedef struct parts { /* what registrations point to */
    process_pool_host pool;
    callback_host callback;
    kube_scale_host scale;
    pod_endpoint_host pods;
    bool has_scale;     /* the kind of target is registered, which is for ever */
    kube_closer closer; /* of the client that `scale` works with */
} parts;

static keda_status add_scalers(keda_engine *e, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && scalers[i] != NULL; i++)
        rc = keda_engine_register_scaler(e, scalers[i], NULL, err);
    for (size_t i = 0; rc == KEDA_OK && modules[i] != NULL; i++)
        rc = keda_engine_register_module(e, modules[i], err);
    engine_set_known_modules(e, loadable, NLOADABLE);
    return rc;
}

static keda_status add_targets(keda_engine *e, keda_error *err)
{
    parts *p = mem_zalloc(1, sizeof *p);
    if (p == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    engine_set_parts(e, p, mem_free);
    p->pool.loop = engine_loop(e);
    p->pool.plugin_path = engine_plugin_path(e);
    const keda_status rc =
        keda_engine_register_endpoint(e, &keda_endpoint_kube_pods, &p->pods, err);
    if (rc != KEDA_OK)
        return rc;
    return keda_engine_register_target(e, &keda_target_process_pool, &p->pool, err);
}

static keda_status add_http(keda_engine *e, keda_error *err)
{
    const http_pool_options options = {.timeout_ms = engine_http_timeout_ms(e)};
    keda_http *http = NULL;
    const keda_status rc = http_pool_new(&http, engine_loop(e), &options, err);
    if (rc == KEDA_OK)
        engine_set_http(e, http, http_pool_free);
    return rc;
}

keda_status keda_engine_new(keda_engine **out, const keda_engine_options *opts, keda_error *err)
{
    keda_engine *e = NULL;
    keda_status rc = engine_create(&e, opts, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = add_http(e, err)) != KEDA_OK)
        goto out;
    if ((rc = add_targets(e, err)) != KEDA_OK)
        goto out;
    rc = add_scalers(e, err);
out:
    if (rc == KEDA_OK)
        *out = e;
    else
        keda_engine_free(e);
    return rc;
}

keda_status keda_engine_on_scale(keda_engine *e, const keda_callback_target *target,
                                 keda_error *err)
{
    if (target == NULL || target->struct_size < sizeof *target || target->get == NULL ||
        target->set == NULL)
        return keda_error_set(err, KEDA_EINVAL, "a callback target without get or set");
    parts *p = engine_parts(e);
    const callback_host before = p->callback;
    p->callback = (callback_host){.get = target->get, .set = target->set, .user = target->user};
    const keda_status rc =
        keda_engine_register_target(e, &keda_target_callback, &p->callback, err);
    if (rc != KEDA_OK)
        p->callback = before;
    return rc;
}

/* ---- Kubernetes */

keda_status keda_kube_open(keda_kube **out, keda_engine *e, const keda_kube_options *opts,
                           keda_error *err)
{
    keda_kube_options own = KEDA_KUBE_OPTIONS_INIT;

    if (opts != NULL && opts->struct_size < offsetof(keda_kube_options, context))
        return keda_error_set(err, KEDA_EINVAL, "client options of a wrong size");
    if (opts != NULL)
        memcpy(&own, opts, opts->struct_size < sizeof own ? opts->struct_size : sizeof own);
    own.struct_size = sizeof own;
    if (own.plugin_path == NULL && e != NULL)
        own.plugin_path = engine_plugin_path(e);
    return kube_new(out, e == NULL ? NULL : engine_loop(e), &own, err);
}

/* Engine and host may still have targets of this cluster; they know nothing from now on. */
static void on_kube_closing(void *user)
{
    parts *p = user;
    keda_kube *kube = kube_counts_client(p->scale.counts);

    pod_endpoint_forsake(&p->pods);
    kube_scale_forsake(&p->scale);
    kube_counts_free(p->scale.counts);
    p->scale.counts = NULL;
    kube->counts = NULL;
}

static keda_status add_scale(keda_engine *e, parts *p, keda_error *err)
{
    if (p->has_scale)
        return KEDA_OK;
    const keda_status rc =
        keda_engine_register_target(e, &keda_target_kube_scale, &p->scale, err);
    p->has_scale = rc == KEDA_OK;
    return rc;
}

keda_status keda_engine_on_kube(keda_engine *e, keda_kube *kube, const char *const *namespaces,
                                size_t nnamespaces, keda_error *err)
{
    parts *p = engine_parts(e);
    kube_counts *counts = NULL;
    keda_status rc = KEDA_OK;

    if (kube == NULL || kube->l != engine_loop(e))
        return keda_error_set(err, KEDA_EINVAL, "the client is not on this engine");
    if (p->scale.counts != NULL)
        return keda_error_set(err, KEDA_EINVAL, "the engine already works for a cluster");
    if ((rc = kube_counts_new(&counts, kube, namespaces, nnamespaces, err)) != KEDA_OK)
        return rc;
    if ((rc = add_scale(e, p, err)) != KEDA_OK) {
        kube_counts_free(counts);
        return rc;
    }
    p->scale.counts = counts;
    p->pods.kube = kube;
    kube->counts = counts;
    kube_on_close(kube, &p->closer, on_kube_closing, p);
    return KEDA_OK;
}
