/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kubernetes client, usable on its own: identities (kubeconfig, in-cluster), requests, list and watch,
 * merge-patch, the scale subresource, events, leases. Asynchronous on an engine's thread; for hosts who
 * only want to patch there is a synchronous face, on a client of its own without an engine.
 */
#ifndef KEDA_KUBE_H
#define KEDA_KUBE_H

#include <keda/json.h>
#include <keda/observe.h>

KEDA_BEGIN_DECLS

typedef struct keda_kube keda_kube;           /* one cluster, one identity */
typedef struct keda_kube_call keda_kube_call; /* one request under way */

/* ---- the client ----------------------------------------------------------------------------- */

/** All texts are copied. */
typedef struct keda_kube_options {
    size_t struct_size;
    /* A file. NULL: $KUBECONFIG (its files merged as kubectl does), else the in-cluster identity when
     * there is one, else ~/.kube/config. */
    const char *kubeconfig;
    const char *kubeconfig_text; /* its text instead of a file; NULL: none */
    const char *context;         /* NULL: current-context */
    const char *space;           /* namespace; NULL: the context's, or the service account's */
    double qps;                  /* requests a second; 0: 20; negative: no limit */
    int32_t burst;               /* 0: 30 */
    int32_t reserved;
    int64_t timeout_ms;     /* of a request that names none; 0: 10,000 */
    const char *user_agent; /* NULL: "libkeda/VERSION" */
    const char
        *plugin_path; /* as keda_engine_options.plugin_path: where keda-child is, which runs
                              * exec credential plug-ins */
    keda_log_fn log;  /* NULL: silence */
    void *log_user;
} keda_kube_options;
#ifndef __cplusplus
#define KEDA_KUBE_OPTIONS_INIT                                                                 \
    {                                                                                          \
        .struct_size = sizeof(keda_kube_options)                                               \
    }
#else
#define KEDA_KUBE_OPTIONS_INIT                                                                 \
    ([] {                                                                                      \
        keda_kube_options init = {};                                                           \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Reads the identity and makes a client; connects to nothing yet.
 *
 * e       on whose loop it works, and which must outlive it; NULL: one of its own, for the calls that
 *         end in _sync, which are refused (KEDA_EINVAL) on an engine's
 * opts    NULL: all defaults
 * out     the caller's; keda_kube_close
 * errors  KEDA_EINVAL for a kubeconfig that cannot be used, with file and line; KEDA_ENOTFOUND when
 *         there is no identity at all
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_open(keda_kube **out, keda_engine *e,
                                                  const keda_kube_options *opts,
                                                  keda_error *err);

/**
 * Ends calls under way without `done`, and drops events that wait. Watches and leases must be closed
 * before; targets of keda_engine_on_kube are unknown from then on. Not from inside a callback. NULL is fine.
 */
KEDA_API void keda_kube_close(keda_kube *kube);

/** Address of the API server, without credentials. Borrowed. */
KEDA_API const char *keda_kube_server(const keda_kube *kube);

/** Namespace of the identity; "default" when it names none. Borrowed. */
KEDA_API const char *keda_kube_namespace(const keda_kube *kube);

/* ---- requests ------------------------------------------------------------------------------- */

/* Under the rate limit, lower numbers go first; leases do not wait at all. */
enum keda_kube_priority {
    KEDA_KUBE_NORMAL = 0,
    KEDA_KUBE_URGENT = 1, /* never waits for the rate limit: leases */
    KEDA_KUBE_SCALE = 2,  /* before everything that waits */
    KEDA_KUBE_STATUS = 3, /* after reads */
    KEDA_KUBE_EVENT = 4   /* last */
};

/** All texts are borrowed for the call that takes the request. */
typedef struct keda_kube_request {
    size_t struct_size;
    const char *method; /* NULL: GET */
    const char *path;   /* with query: "/apis/apps/v1/namespaces/default/deployments/web" */
    const char *body;   /* NULL: none */
    const char *content_type; /* of the body; NULL: "application/json" */
    const char *accept;       /* NULL: "application/json" */
    int64_t timeout_ms;       /* 0: the client's; waiting for the rate limit is not counted */
    int32_t priority;         /* keda_kube_priority */
    int32_t reserved;
} keda_kube_request;
#define KEDA_KUBE_REQUEST_INIT                                                                 \
    {                                                                                          \
        sizeof(keda_kube_request), NULL, NULL, NULL, NULL, NULL, 0, KEDA_KUBE_NORMAL, 0        \
    }

/**
 * Ends a request, on the loop's thread. Exactly one of body and err is set, for an answer without a
 * JSON body neither. A refusal's err has the server's message, http_status and a code: 401 and 403
 * KEDA_EAUTH, 404 and 410 KEDA_ENOTFOUND, 409 KEDA_ECONFLICT, 400 and 422 KEDA_EINVAL, 429
 * KEDA_ELIMIT, others KEDA_EUNAVAILABLE.
 *
 * body    borrowed for the callback
 */
typedef void (*keda_kube_done_fn)(const keda_json *body, const keda_error *err, void *user);

/**
 * Sends a request, when the rate limit lets it go. After a 401 the credentials are read anew and it is
 * sent once more; after a 429 (a GET after a 503 too) it is sent again when Retry-After has passed,
 * within its timeout. `done` is called exactly once, later, unless cancelled before.
 *
 * out     may be NULL; valid until `done`
 * errors  KEDA_EINVAL, KEDA_ENOMEM; then `done` is not called
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_send(keda_kube *kube,
                                                  const keda_kube_request *request,
                                                  keda_kube_done_fn done, void *user,
                                                  keda_kube_call **out, keda_error *err);

/** Gives up; `done` is not called any more. */
KEDA_API void keda_kube_cancel(keda_kube_call *call);

/* ---- objects -------------------------------------------------------------------------------- */

/** Names an object. The resource of a kind is found by discovery, once. */
typedef struct keda_kube_ref {
    size_t struct_size;
    const char *api_version; /* "apps/v1"; NULL: "apps/v1" */
    const char *kind;        /* NULL: "Deployment" */
    const char *space;       /* namespace; NULL: the client's; "" for kinds without */
    const char *name;
} keda_kube_ref;
#define KEDA_KUBE_REF_INIT                                                                     \
    {                                                                                          \
        sizeof(keda_kube_ref), NULL, NULL, NULL, NULL                                          \
    }

/** Reads an object. Errors and ending: as keda_kube_send; an unknown kind is KEDA_ENOTFOUND in `done`. */
KEDA_API KEDA_MUST_USE keda_status keda_kube_get(keda_kube *kube, const keda_kube_ref *ref,
                                                 keda_kube_done_fn done, void *user,
                                                 keda_kube_call **out, keda_error *err);

/**
 * JSON merge patch (RFC 7386) of an object.
 *
 * subresource  "status", "scale"; NULL: the object itself
 * patch        a JSON text; with metadata.resourceVersion in it, a lost race is KEDA_ECONFLICT
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_patch(keda_kube *kube, const keda_kube_ref *ref,
                                                   const char *subresource, const char *patch,
                                                   int32_t priority, keda_kube_done_fn done,
                                                   void *user, keda_kube_call **out,
                                                   keda_error *err);

/** What /scale says. */
typedef struct keda_kube_scale {
    size_t struct_size;
    int32_t spec;   /* replicas wanted; 0 when absent */
    int32_t status; /* replicas existing */
    char resource_version[64];
} keda_kube_scale;

/** Exactly one of scale and err is set; borrowed for the callback. */
typedef void (*keda_kube_scale_fn)(const keda_kube_scale *scale, const keda_error *err,
                                   void *user);

/** Reads the scale subresource. */
KEDA_API KEDA_MUST_USE keda_status keda_kube_get_scale(keda_kube *kube,
                                                       const keda_kube_ref *ref,
                                                       keda_kube_scale_fn done, void *user,
                                                       keda_kube_call **out, keda_error *err);

/**
 * Writes the scale subresource; before all requests that wait for the rate limit.
 *
 * to                wanted replicas, >= 0
 * resource_version  only if the object still is at this version, else KEDA_ECONFLICT; NULL: always
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_set_scale(keda_kube *kube,
                                                       const keda_kube_ref *ref, int32_t to,
                                                       const char *resource_version,
                                                       keda_kube_scale_fn done, void *user,
                                                       keda_kube_call **out, keda_error *err);

/* ---- the synchronous face: on a client without an engine ------------------------------------ */

/** keda_kube_send, waited for; body (may be NULL) is the answer's, the caller's, keda_json_free. */
KEDA_API KEDA_MUST_USE keda_status keda_kube_send_sync(keda_kube *kube,
                                                       const keda_kube_request *request,
                                                       keda_json **body, keda_error *err);
KEDA_API KEDA_MUST_USE keda_status keda_kube_patch_sync(keda_kube *kube,
                                                        const keda_kube_ref *ref,
                                                        const char *subresource,
                                                        const char *patch, keda_error *err);
KEDA_API KEDA_MUST_USE keda_status keda_kube_get_scale_sync(keda_kube *kube,
                                                            const keda_kube_ref *ref,
                                                            keda_kube_scale *scale,
                                                            keda_error *err);
/** scale may be NULL; else it gets what was written. */
KEDA_API KEDA_MUST_USE keda_status
keda_kube_set_scale_sync(keda_kube *kube, const keda_kube_ref *ref, int32_t to,
                         const char *resource_version, keda_kube_scale *scale, keda_error *err);

/* ---- list and watch ------------------------------------------------------------------------- */

typedef struct keda_kube_watch keda_kube_watch;

/**
 * A collection followed for ever: listed in pages, then watched, with bookmarks; a watch that ends is
 * continued from where it was, and where that is gone (410) the collection is listed again. All callbacks
 * on the loop's thread; objects are borrowed for the callback. Texts are copied.
 */
typedef struct keda_kube_watch_options {
    size_t struct_size;
    const char *path;           /* "/apis/keda.sh/v1alpha1/namespaces/a/scaledobjects" */
    const char *label_selector; /* NULL: all */
    const char *field_selector; /* NULL: all */
    int32_t page_size;          /* 0: 500 */
    int32_t reserved;
    /* A list begins, also again after one that was not finished: what is not among its objects when `end`
     * comes, does not exist any more. */
    void (*begin)(void *user);
    void (*object)(const keda_json *object, void *user); /* listed, added or changed */
    void (*gone)(const keda_json *object, void *user);   /* deleted; its last state */
    void (*end)(void *user);                             /* the list is complete */
    /* Cannot be listed or watched now; NULL: it is well again. Told at changes only. May be NULL. */
    void (*trouble)(const keda_error *err, void *user);
    void *user;
} keda_kube_watch_options;
#ifndef __cplusplus
#define KEDA_KUBE_WATCH_OPTIONS_INIT                                                           \
    {                                                                                          \
        .struct_size = sizeof(keda_kube_watch_options)                                         \
    }
#endif

/**
 * Begins to follow a collection; no callback comes from inside this call.
 *
 * out     the caller's; keda_kube_watch_close, before the client is closed
 * errors  KEDA_EINVAL for options that cannot work, KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_watch_open(keda_kube_watch **out, keda_kube *kube,
                                                        const keda_kube_watch_options *opts,
                                                        keda_error *err);
/** No callback comes any more; safe inside one. NULL is fine. */
KEDA_API void keda_kube_watch_close(keda_kube_watch *watch);

/* ---- events --------------------------------------------------------------------------------- */

/** An Event of events.k8s.io/v1; texts are borrowed for the call. */
typedef struct keda_kube_event {
    size_t struct_size;
    keda_kube_ref about;          /* the object; its Event lies in the same namespace */
    const char *uid;              /* of the object; NULL: unknown */
    const char *resource_version; /* of the object; NULL: unknown */
    int32_t is_warning;           /* else Normal */
    int32_t reserved;
    const char *reason;               /* "KEDAScaleTargetActivated" */
    const char *action;               /* short and fixed: at most 128 bytes */
    const char *note;                 /* cut at 1024 bytes */
    const char *reporting_controller; /* "keda-operator" */
    const char *reporting_instance;
} keda_kube_event;

/**
 * Posts an event when there is room under the rate limit: in order, kept while the server cannot be
 * reached, at most 10,000; beyond that the oldest are dropped, and so is one the server refuses. Dropped
 * ones are logged and counted.
 */
KEDA_API KEDA_MUST_USE keda_status keda_kube_event_post(keda_kube *kube,
                                                        const keda_kube_event *event,
                                                        keda_error *err);

/** Events that still wait, and (may be NULL) those ever dropped. */
KEDA_API size_t keda_kube_events_waiting(const keda_kube *kube, int64_t *dropped);

/* ---- leases --------------------------------------------------------------------------------- */

typedef struct keda_kube_lease keda_kube_lease; /* one member of an election */

/**
 * An election by a Lease of coordination.k8s.io/v1, as client-go's: who holds it renews it every
 * retry_ms; others take it when duration_ms have passed, on their own clock, since they last saw it change.
 * Who could not renew for renew_deadline_ms, counted from when the last good renewal was sent, is told so
 * before anybody else can take it. Texts are copied.
 */
typedef struct keda_kube_lease_options {
    size_t struct_size;
    const char *space;         /* NULL: the client's namespace */
    const char *name;          /* "kedad.libkeda.io" */
    const char *identity;      /* unique among the members */
    int64_t duration_ms;       /* 0: 15,000 */
    int64_t renew_deadline_ms; /* 0: 10,000; less than duration_ms */
    int64_t retry_ms;          /* 0: 2,000; less than renew_deadline_ms */
    /* holder: "" when nobody is known; borrowed. On the loop's thread, at changes only. */
    void (*changed)(int32_t is_held, const char *holder, void *user);
    void *user;
} keda_kube_lease_options;
#ifndef __cplusplus
#define KEDA_KUBE_LEASE_OPTIONS_INIT                                                           \
    {                                                                                          \
        .struct_size = sizeof(keda_kube_lease_options)                                         \
    }
#endif

/** Joins the election. out: the caller's. Errors: KEDA_EINVAL for times in the wrong order; KEDA_ENOMEM. */
KEDA_API KEDA_MUST_USE keda_status keda_kube_lease_open(keda_kube_lease **out, keda_kube *kube,
                                                        const keda_kube_lease_options *opts,
                                                        keda_error *err);
/**
 * Gives the lease up if it is held, so that others need not wait; `released` is called exactly once when
 * that has ended, well or not. `changed` is not called any more. Then keda_kube_lease_close.
 */
KEDA_API void keda_kube_lease_release(keda_kube_lease *lease, void (*released)(void *user),
                                      void *user);
/** Leaves without releasing: others take it after duration_ms. Safe in callbacks. NULL is fine. */
KEDA_API void keda_kube_lease_close(keda_kube_lease *lease);

/* ---- the engine ----------------------------------------------------------------------------- */

/**
 * Lets the engine scale what lies in this cluster: targets of every kind that no other descriptor claims,
 * by their scale subresource. Their counts come from one watch per kind.
 *
 * kube        on the same engine
 * namespaces  what is watched; none: the whole cluster
 */
KEDA_API KEDA_MUST_USE keda_status keda_engine_on_kube(keda_engine *e, keda_kube *kube,
                                                       const char *const *namespaces,
                                                       size_t nnamespaces, keda_error *err);

KEDA_END_DECLS

#endif
