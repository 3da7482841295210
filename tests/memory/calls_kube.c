/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/kube.h, before an API server which runs on a thread of its own. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

#include <string.h>

static void engine_and_server(world *w)
{
    world_engine(w);
    world_server(w);
}

static void engine_and_client(world *w)
{
    world_engine(w);
    world_client(w);
}

static keda_status open_client(world *w)
{
    const keda_kube_options options = world_kube_options(w);

    return keda_kube_open(&w->kube, w->engine, &options, &w->err);
}

static keda_status read_client(world *w)
{
    return strcmp(keda_kube_namespace(w->kube), "default") == 0 &&
                   strcmp(keda_kube_server(w->kube), kube_peer_url(w->peer)) == 0 &&
                   keda_kube_events_waiting(w->kube, NULL) == 0
               ? KEDA_OK
               : KEDA_EINVAL;
}

static keda_status close_client(world *w)
{
    keda_kube_close(w->kube);
    w->kube = NULL;
    return KEDA_OK;
}

static keda_status on_kube(world *w)
{
    static const char *const namespaces[] = {"default", "other"};

    return keda_engine_on_kube(w->engine, w->kube, namespaces, 2, &w->err);
}

/* ---- requests ------------------------------------------------------------------------------- */

static keda_kube_ref web(void)
{
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;

    ref.name = "web";
    return ref;
}

static void done(const keda_json *body, const keda_error *err, void *user)
{
    (void)body;
    (void)err;
    ((world *)user)->kube_call = NULL;
}

static void scaled(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    (void)scale;
    (void)err;
    ((world *)user)->kube_call = NULL;
}

static keda_status send(world *w)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.path = "/version";
    return keda_kube_send(w->kube, &request, done, w, &w->kube_call, &w->err);
}

static keda_status get(world *w)
{
    const keda_kube_ref ref = web();

    return keda_kube_get(w->kube, &ref, done, w, &w->kube_call, &w->err);
}

static keda_status patch(world *w)
{
    const keda_kube_ref ref = web();

    return keda_kube_patch(w->kube, &ref, "status", "{\"status\":{}}", KEDA_KUBE_STATUS, done,
                           w, &w->kube_call, &w->err);
}

static keda_status get_scale(world *w)
{
    const keda_kube_ref ref = web();

    return keda_kube_get_scale(w->kube, &ref, scaled, w, &w->kube_call, &w->err);
}

static keda_status set_scale(world *w)
{
    const keda_kube_ref ref = web();

    return keda_kube_set_scale(w->kube, &ref, 3, "1", scaled, w, &w->kube_call, &w->err);
}

static void asked(world *w)
{
    engine_and_client(w);
    world_need(w, get(w));
}

static keda_status cancel(world *w)
{
    keda_kube_cancel(w->kube_call);
    w->kube_call = NULL;
    return KEDA_OK;
}

/* ---- the synchronous face, all of a request's life ------------------------------------------ */

static keda_status send_sync(world *w)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.path = "/apis/apps/v1/namespaces/default/deployments/web";
    keda_json_free(w->json);
    w->json = NULL;
    return keda_kube_send_sync(w->kube, &request, &w->json, &w->err);
}

static keda_status patch_sync(world *w)
{
    const keda_kube_ref ref = web();

    return keda_kube_patch_sync(w->kube, &ref, NULL, "{\"spec\":{\"paused\":false}}", &w->err);
}

static keda_status get_scale_sync(world *w)
{
    const keda_kube_ref ref = web();
    keda_kube_scale scale = {.struct_size = sizeof scale};

    return keda_kube_get_scale_sync(w->kube, &ref, &scale, &w->err);
}

static keda_status set_scale_sync(world *w)
{
    const keda_kube_ref ref = web();
    keda_kube_scale scale = {.struct_size = sizeof scale};

    return keda_kube_set_scale_sync(w->kube, &ref, 2, NULL, &scale, &w->err);
}

/* ---- watches, events, leases ---------------------------------------------------------------- */

static void nothing(void *user)
{
    (void)user;
}

static void object(const keda_json *object, void *user)
{
    (void)object;
    (void)user;
}

static keda_status watch_open(world *w)
{
    keda_kube_watch_options options = KEDA_KUBE_WATCH_OPTIONS_INIT;

    options.path = "/apis/apps/v1/namespaces/default/deployments";
    options.label_selector = "a=b";
    options.begin = options.end = nothing;
    options.object = options.gone = object;
    return keda_kube_watch_open(&w->watch, w->kube, &options, &w->err);
}

static void watching(world *w)
{
    engine_and_client(w);
    world_need(w, watch_open(w));
    world_step(w, 0);
}

static keda_status watch_close(world *w)
{
    keda_kube_watch_close(w->watch);
    w->watch = NULL;
    return KEDA_OK;
}

static keda_status event_post(world *w)
{
    keda_kube_event event = {.struct_size = sizeof event, .about = web()};

    event.reason = "KEDAScaleTargetActivated";
    event.action = "Scale";
    event.note = "from 0 to 1";
    event.reporting_controller = "keda-operator";
    event.reporting_instance = "one";
    return keda_kube_event_post(w->kube, &event, &w->err);
}

static void held(int32_t is_held, const char *holder, void *user)
{
    (void)is_held;
    (void)holder;
    (void)user;
}

static keda_status lease_open(world *w)
{
    keda_kube_lease_options options = KEDA_KUBE_LEASE_OPTIONS_INIT;

    options.name = "kedad.libkeda.io";
    options.identity = "one";
    options.changed = held;
    return keda_kube_lease_open(&w->lease, w->kube, &options, &w->err);
}

static void joined(world *w)
{
    engine_and_client(w);
    world_need(w, lease_open(w));
}

static keda_status lease_release(world *w)
{
    keda_kube_lease_release(w->lease, nothing, NULL);
    return KEDA_OK;
}

static keda_status lease_close(world *w)
{
    keda_kube_lease_close(w->lease);
    w->lease = NULL;
    return KEDA_OK;
}

/* A whole request, waited for. */
#define SYNC(name, function)                                                                   \
    {                                                                                          \
        .symbol = #name, .open = world_client, .call = (function), .close = world_end,         \
        .instead = "curl asks again for a descriptor to be watched", .spares = "libcurl.so"    \
    }

static const every_call rows[] = {
    FAILS(keda_kube_open, engine_and_server, open_client, world_end),
    QUIET(keda_kube_server, engine_and_client, read_client, world_end),
    QUIET(keda_kube_namespace, engine_and_client, read_client, world_end),
    QUIET(keda_kube_events_waiting, engine_and_client, read_client, world_end),
    QUIET(keda_kube_close, asked, close_client, world_end),
    FAILS(keda_engine_on_kube, engine_and_client, on_kube, world_end),
    FAILS(keda_kube_send, engine_and_client, send, world_end),
    FAILS(keda_kube_get, engine_and_client, get, world_end),
    FAILS(keda_kube_patch, engine_and_client, patch, world_end),
    FAILS(keda_kube_get_scale, engine_and_client, get_scale, world_end),
    FAILS(keda_kube_set_scale, engine_and_client, set_scale, world_end),
    QUIET(keda_kube_cancel, asked, cancel, world_end),
    SYNC(keda_kube_send_sync, send_sync),
    SYNC(keda_kube_patch_sync, patch_sync),
    SYNC(keda_kube_get_scale_sync, get_scale_sync),
    SYNC(keda_kube_set_scale_sync, set_scale_sync),
    FAILS(keda_kube_watch_open, engine_and_client, watch_open, world_end),
    GOES_ON(keda_kube_watch_close, watching, watch_close, world_end, "it ends all the same"),
    GOES_ON(keda_kube_event_post, engine_and_client, event_post, world_end,
            "it waits, and is posted later"),
    FAILS(keda_kube_lease_open, engine_and_client, lease_open, world_end),
    QUIET(keda_kube_lease_release, joined, lease_release, world_end),
    QUIET(keda_kube_lease_close, joined, lease_close, world_end),
};
const every_table calls_kube = {rows, sizeof rows / sizeof rows[0]};
