/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The synchronous face: the same calls on a client with a loop of its own, which runs until they end.
 */
#include "kube/kube.h"

#include "base/mem.h"

#include <jansson.h>

#include <string.h>

typedef struct waiter {
    loop *l;
    bool is_over;
    keda_error err;
    json_t *body;
    keda_kube_scale scale;
} waiter;

static keda_status check(const keda_kube *kube, keda_error *err)
{
    if (kube->owns_loop)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EINVAL,
                          "the client works on an engine: only one without can be waited for");
}

static void end(waiter *w, const keda_error *err)
{
    if (err != NULL)
        w->err = *err;
    w->is_over = true;
    loop_stop(w->l);
}

/* A keda_json is a json_t. */
static json_t *keep(const keda_json *body)
{
    union {
        const keda_json *in;
        json_t *out;
    } cast = {.in = body};
    return json_incref(cast.out);
}

static void on_done(const keda_json *body, const keda_error *err, void *user)
{
    waiter *w = user;

    w->body = keep(body);
    end(w, err);
}

static void on_scale(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    waiter *w = user;

    if (scale != NULL)
        w->scale = *scale;
    end(w, err);
}

static keda_status wait_for(waiter *w, keda_kube_call *call, keda_error *err)
{
    keda_status rc = KEDA_OK;

    while (rc == KEDA_OK && !w->is_over)
        rc = loop_run(w->l, err);
    if (!w->is_over) {
        keda_kube_cancel(call);
        return rc;
    }
    if (w->err.code != KEDA_OK && err != NULL)
        *err = w->err;
    return (keda_status)w->err.code;
}

/* At most what the caller knows of the struct. */
static void give_scale(keda_kube_scale *out, const keda_kube_scale *scale)
{
    const size_t size = out != NULL ? out->struct_size : 0;

    if (size < sizeof out->struct_size)
        return;
    memcpy(out, scale, size < sizeof *scale ? size : sizeof *scale);
    out->struct_size = size;
}

keda_status keda_kube_send_sync(keda_kube *kube, const keda_kube_request *request,
                                keda_json **body, keda_error *err)
{
    waiter w = {.l = kube->l, .err = KEDA_ERROR_INIT};
    keda_kube_call *call = NULL;
    keda_status rc = check(kube, err);

    if (rc == KEDA_OK)
        rc = keda_kube_send(kube, request, on_done, &w, &call, err);
    if (rc == KEDA_OK)
        rc = wait_for(&w, call, err);
    if (rc == KEDA_OK && body != NULL)
        *body = (keda_json *)(void *)w.body;
    else
        keda_json_free((keda_json *)(void *)w.body);
    return rc;
}

keda_status keda_kube_patch_sync(keda_kube *kube, const keda_kube_ref *ref,
                                 const char *subresource, const char *patch, keda_error *err)
{
    waiter w = {.l = kube->l, .err = KEDA_ERROR_INIT};
    keda_kube_call *call = NULL;
    keda_status rc = check(kube, err);

    if (rc == KEDA_OK)
        rc = keda_kube_patch(kube, ref, subresource, patch, KEDA_KUBE_NORMAL, on_done, &w,
                             &call, err);
    if (rc == KEDA_OK)
        rc = wait_for(&w, call, err);
    keda_json_free((keda_json *)(void *)w.body);
    return rc;
}

keda_status keda_kube_get_scale_sync(keda_kube *kube, const keda_kube_ref *ref,
                                     keda_kube_scale *scale, keda_error *err)
{
    waiter w = {.l = kube->l, .err = KEDA_ERROR_INIT};
    keda_kube_call *call = NULL;
    keda_status rc = check(kube, err);

    if (rc == KEDA_OK)
        rc = keda_kube_get_scale(kube, ref, on_scale, &w, &call, err);
    if (rc == KEDA_OK)
        rc = wait_for(&w, call, err);
    if (rc == KEDA_OK)
        give_scale(scale, &w.scale);
    return rc;
}

keda_status keda_kube_set_scale_sync(keda_kube *kube, const keda_kube_ref *ref, int32_t to,
                                     const char *resource_version, keda_kube_scale *scale,
                                     keda_error *err)
{
    waiter w = {.l = kube->l, .err = KEDA_ERROR_INIT};
    keda_kube_call *call = NULL;
    keda_status rc = check(kube, err);

    if (rc == KEDA_OK)
        rc = keda_kube_set_scale(kube, ref, to, resource_version, on_scale, &w, &call, err);
    if (rc == KEDA_OK)
        rc = wait_for(&w, call, err);
    if (rc == KEDA_OK)
        give_scale(scale, &w.scale);
    return rc;
}
