/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and closing a client, and giving it requests. What happens to them is queue.c's and call.c's.
 */
#include "kube/client.h"

#include "base/mem.h"
#include "kube/discovery.h"
#include "kube/event.h"
#include "kube/queue.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { DEFAULT_QPS = 20, DEFAULT_BURST = 30, DEFAULT_TIMEOUT_MS = 10000 };

/* ---- making --------------------------------------------------------------------------------- */

/* The caller's options as this version knows them. */
static void read_options(keda_kube_options *out, const keda_kube_options *given)
{
    *out = (keda_kube_options){0};
    if (given != NULL)
        memcpy(out, given, given->struct_size < sizeof *out ? given->struct_size : sizeof *out);
    out->struct_size = sizeof *out;
    if (out->qps == 0.0)
        out->qps = DEFAULT_QPS;
    if (out->burst == 0)
        out->burst = DEFAULT_BURST;
    if (out->timeout_ms == 0)
        out->timeout_ms = DEFAULT_TIMEOUT_MS;
    if (out->user_agent == NULL)
        out->user_agent = "libkeda/" KEDA_VERSION;
}

static keda_status check_options(const keda_kube_options *opts, keda_error *err)
{
    if (!isfinite(opts->qps) || opts->burst < 0 || opts->timeout_ms < 0)
        return keda_error_set(err, KEDA_EINVAL,
                              "qps must be a finite number, burst and timeout_ms positive");
    if (opts->space != NULL && *opts->space == '\0')
        return keda_error_set(err, KEDA_EINVAL, "namespace: is empty");
    return KEDA_OK;
}

static keda_status set_texts(keda_kube *kube, const keda_kube_options *opts, keda_error *err)
{
    const char *space = opts->space != NULL ? opts->space : kube->identity->space;

    kube->space = mem_strdup(space != NULL && *space != '\0' ? space : "default");
    kube->user_agent = mem_strdup(opts->user_agent);
    if (kube->space == NULL || kube->user_agent == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static keda_status make(keda_kube *kube, loop *l, const keda_kube_options *opts,
                        const kube_places *places, keda_error *err)
{
    const http_pool_options pool = {.timeout_ms = opts->timeout_ms};
    keda_status rc;

    kube->l = l;
    kube->owns_loop = l == NULL;
    kube->log = (log_sink){.fn = opts->log, .user = opts->log_user};
    kube->timeout_ms = opts->timeout_ms;
    if ((rc = check_options(opts, err)) != KEDA_OK ||
        (rc = kube_identity_new(&kube->identity, places, opts, err)) != KEDA_OK ||
        (rc = set_texts(kube, opts, err)) != KEDA_OK)
        return rc;
    if (l == NULL && (rc = loop_new(&kube->l, NULL, err)) != KEDA_OK)
        return rc;
    if ((rc = http_pool_new(&kube->http, kube->l, &pool, err)) != KEDA_OK ||
        (rc = kube_resources_new(&kube->resources, kube, err)) != KEDA_OK)
        return rc;
    return kube_queue_new(&kube->queue, kube, opts->qps, opts->burst, opts->plugin_path, err);
}

keda_status kube_new_at(keda_kube **out, loop *l, const keda_kube_options *given,
                        const kube_places *places, keda_error *err)
{
    keda_kube *kube = mem_zalloc(1, sizeof *kube);
    keda_kube_options opts;
    keda_status rc;

    if (kube == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    read_options(&opts, given);
    if ((rc = make(kube, l, &opts, places, err)) == KEDA_OK)
        *out = kube;
    else
        keda_kube_close(kube);
    return rc;
}

keda_status kube_new(keda_kube **out, loop *l, const keda_kube_options *opts, keda_error *err)
{
    kube_places places;

    kube_places_of_system(&places);
    return kube_new_at(out, l, opts, &places, err);
}

/* ---- closing -------------------------------------------------------------------------------- */

void kube_on_close(keda_kube *kube, kube_closer *closer, void (*closing)(void *user),
                   void *user)
{
    closer->closing = closing;
    closer->user = user;
    closer->next = kube->closers;
    kube->closers = closer;
}

void kube_forget_closer(keda_kube *kube, kube_closer *closer)
{
    kube_closer **link = &kube->closers;

    while (*link != NULL && *link != closer)
        link = &(*link)->next;
    if (*link != NULL)
        *link = closer->next;
    *closer = (kube_closer){0};
}

void keda_kube_close(keda_kube *kube)
{
    if (kube == NULL)
        return;
    for (kube_closer *closer; (closer = kube->closers) != NULL;) {
        void (*closing)(void *) = closer->closing;
        void *user = closer->user;

        kube_forget_closer(kube, closer);
        closing(user);
    }
    kube_events_free(kube->events);
    /* Its calls let go of the kinds they wait for. */
    kube_queue_free(kube->queue);
    kube_resources_free(kube->resources);
    http_pool_free(kube->http);
    if (kube->owns_loop)
        loop_free(kube->l);
    kube_identity_free(kube->identity);
    mem_free(kube->space);
    mem_free(kube->user_agent);
    mem_free(kube);
}

const char *keda_kube_server(const keda_kube *kube)
{
    return kube->identity->server;
}

const char *keda_kube_namespace(const keda_kube *kube)
{
    return kube->space;
}

/* ---- requests ------------------------------------------------------------------------------- */

static keda_status start(keda_kube *kube, const keda_kube_request *request,
                         const http_stream *stream, keda_kube_done_fn done, void *user,
                         keda_kube_call **out, keda_error *err)
{
    keda_kube_call *call = NULL;
    keda_status rc;

    assert(kube != NULL && done != NULL);
    if (request == NULL || request->path == NULL)
        return keda_error_set(err, KEDA_EINVAL, "a request without a path");
    if ((rc = kube_call_new(&call, kube, request, err)) != KEDA_OK)
        return rc;
    call->done = done;
    call->user = user;
    if (stream != NULL) {
        call->stream_copy = *stream;
        call->stream = &call->stream_copy;
    }
    kube_call_submit(call);
    if (out != NULL)
        *out = call;
    return KEDA_OK;
}

keda_status keda_kube_send(keda_kube *kube, const keda_kube_request *request,
                           keda_kube_done_fn done, void *user, keda_kube_call **out,
                           keda_error *err)
{
    return start(kube, request, NULL, done, user, out, err);
}

keda_status kube_stream(keda_kube *kube, const keda_kube_request *request,
                        const http_stream *stream, keda_kube_done_fn done, void *user,
                        keda_kube_call **out, keda_error *err)
{
    assert(stream != NULL && stream->piece != NULL);
    return start(kube, request, stream, done, user, out, err);
}
