/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by reference: their kind is found, then the request is a request like any other. What /scale
 * answers is read here.
 */
#include "kube/objects.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "kube/dump.h"

#include <jansson.h>

#include <assert.h>
#include <string.h>

/* ---- references ----------------------------------------------------------------------------- */

static keda_status read_ref(keda_kube_ref *out, const keda_kube *kube,
                            const keda_kube_ref *given, keda_error *err)
{
    *out = (keda_kube_ref)KEDA_KUBE_REF_INIT;
    if (given != NULL)
        memcpy(out, given, given->struct_size < sizeof *out ? given->struct_size : sizeof *out);
    if (out->api_version == NULL)
        out->api_version = "apps/v1";
    if (out->kind == NULL)
        out->kind = "Deployment";
    if (out->space == NULL)
        out->space = keda_kube_namespace(kube);
    if (out->name == NULL || *out->name == '\0')
        return keda_error_set(err, KEDA_EINVAL, "%s: a reference without a name", out->kind);
    return KEDA_OK;
}

static keda_status set_path(keda_kube_call *call, const kube_resource *resource,
                            keda_error *err)
{
    keda_buf path = {0};
    keda_status rc;

    if (resource->is_namespaced && call->space[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL, "%s %.64s: has no namespace", resource->kind,
                              call->name);
    rc = kube_path(&path, resource, call->space, call->name, call->subresource, err);
    if (rc == KEDA_OK && (call->path = mem_strdup(path.data)) == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_buf_clear(&path);
    return rc;
}

static void on_found(const kube_resource *resource, const keda_error *failed, void *user)
{
    keda_kube_call *call = user;
    keda_error err = KEDA_ERROR_INIT;

    call->finding = NULL;
    if (failed != NULL)
        kube_call_tell(call, NULL, failed);
    else if (set_path(call, resource, &err) != KEDA_OK)
        kube_call_tell(call, NULL, &err);
    else
        kube_call_submit(call);
}

/* What the caller gave, besides the request. */
typedef struct order {
    const keda_kube_ref *ref;
    const char *subresource;
    keda_kube_done_fn done;
    keda_kube_scale_fn scale_done;
    void *user;
    keda_kube_call **out;
} order;

static keda_status start(keda_kube *kube, const order *o, const keda_kube_request *request,
                         keda_error *err)
{
    keda_kube_call *call = NULL;
    keda_kube_ref ref;
    keda_status rc;

    assert(kube != NULL && (o->done != NULL || o->scale_done != NULL));
    if ((rc = read_ref(&ref, kube, o->ref, err)) != KEDA_OK ||
        (rc = kube_call_new(&call, kube, request, err)) != KEDA_OK)
        return rc;
    call->done = o->done;
    call->scale_done = o->scale_done;
    call->user = o->user;
    call->space = mem_strdup(ref.space);
    call->name = mem_strdup(ref.name);
    call->subresource = mem_strdup(o->subresource);
    if (call->space == NULL || call->name == NULL ||
        (call->subresource == NULL && o->subresource != NULL))
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    else
        rc = kube_resource_find(kube, ref.api_version, ref.kind, on_found, call, &call->finding,
                                err);
    if (rc != KEDA_OK)
        keda_kube_cancel(call);
    else if (o->out != NULL)
        *o->out = call;
    return rc;
}

/* ---- objects -------------------------------------------------------------------------------- */

keda_status keda_kube_get(keda_kube *kube, const keda_kube_ref *ref, keda_kube_done_fn done,
                          void *user, keda_kube_call **out, keda_error *err)
{
    const keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    return start(kube, &(order){.ref = ref, .done = done, .user = user, .out = out}, &request,
                 err);
}

keda_status keda_kube_patch(keda_kube *kube, const keda_kube_ref *ref, const char *subresource,
                            const char *patch, int32_t priority, keda_kube_done_fn done,
                            void *user, keda_kube_call **out, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    if (patch == NULL)
        return keda_error_set(err, KEDA_EINVAL, "a patch without a text");
    request.method = "PATCH";
    request.body = patch;
    request.content_type = "application/merge-patch+json";
    request.priority = priority;
    return start(
        kube,
        &(order){
            .ref = ref, .subresource = subresource, .done = done, .user = user, .out = out},
        &request, err);
}

/* ---- scale ---------------------------------------------------------------------------------- */

static int32_t replicas_at(const keda_json *body, const char *path)
{
    int64_t value = 0;

    if (!keda_json_int64(keda_json_get(body, path), &value) || value < 0)
        return 0;
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static keda_status read_scale(keda_kube_scale *out, const keda_json *body, keda_error *err)
{
    const char *version = keda_json_string(keda_json_get(body, "metadata.resourceVersion"));

    *out = (keda_kube_scale){.struct_size = sizeof *out};
    if (keda_json_type_of(keda_json_get(body, "spec")) != KEDA_JSON_OBJECT || version == NULL)
        return keda_error_set(err, KEDA_EPROTOCOL, "the answer is not a Scale");
    if (strlen(version) >= sizeof out->resource_version)
        return keda_error_set(err, KEDA_EPROTOCOL, "a resourceVersion of more than %zu bytes",
                              sizeof out->resource_version - 1);
    out->spec = replicas_at(body, "spec.replicas");
    out->status = replicas_at(body, "status.replicas");
    (void)text_copy(out->resource_version, sizeof out->resource_version, version);
    return KEDA_OK;
}

void kube_scale_tell(keda_kube_call *call, const keda_json *body, const keda_error *failed)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_kube_scale scale;

    if (failed == NULL && read_scale(&scale, body, &err) == KEDA_OK) {
        call->scale_done(&scale, NULL, call->user);
        return;
    }
    if (failed == NULL)
        (void)keda_error_wrap(&err, (keda_status)err.code, "%s %s", call->method, call->path);
    call->scale_done(NULL, failed != NULL ? failed : &err, call->user);
}

keda_status keda_kube_get_scale(keda_kube *kube, const keda_kube_ref *ref,
                                keda_kube_scale_fn done, void *user, keda_kube_call **out,
                                keda_error *err)
{
    const keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    return start(
        kube,
        &(order){
            .ref = ref, .subresource = "scale", .scale_done = done, .user = user, .out = out},
        &request, err);
}

static keda_status scale_patch(keda_buf *out, int32_t to, const char *version, keda_error *err)
{
    json_t *patch = version == NULL ? json_pack("{s{si}}", "spec", "replicas", (int)to)
                                    : json_pack("{s{ss}s{si}}", "metadata", "resourceVersion",
                                                version, "spec", "replicas", (int)to);
    const bool is_ok = patch != NULL && kube_dump(patch, out);

    json_decref(patch);
    return is_ok ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

keda_status keda_kube_set_scale(keda_kube *kube, const keda_kube_ref *ref, int32_t to,
                                const char *resource_version, keda_kube_scale_fn done,
                                void *user, keda_kube_call **out, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_buf patch = {0};
    keda_status rc;

    if (to < 0)
        return keda_error_set(err, KEDA_EINVAL, "%d replicas: must not be negative", (int)to);
    if ((rc = scale_patch(&patch, to, resource_version, err)) == KEDA_OK) {
        request.method = "PATCH";
        request.body = patch.data;
        request.content_type = "application/merge-patch+json";
        request.priority = KEDA_KUBE_SCALE;
        rc = start(kube,
                   &(order){.ref = ref,
                            .subresource = "scale",
                            .scale_done = done,
                            .user = user,
                            .out = out},
                   &request, err);
    }
    keda_buf_clear(&patch);
    return rc;
}
