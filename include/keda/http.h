/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP for scalers and plug-ins: one pool per engine with keep-alive, HTTP/2, proxies from the
 * environment, TLS verified by default. Asynchronous on the engine's thread.
 */
#ifndef KEDA_HTTP_H
#define KEDA_HTTP_H

#include <keda/scaler.h>

KEDA_BEGIN_DECLS

typedef struct keda_http keda_http;           /* the engine's pool */
typedef struct keda_http_call keda_http_call; /* one request under way */

/** PEM texts, not paths; NULL: none. */
typedef struct keda_http_tls {
    size_t struct_size;
    const char *ca;   /* added to the system's roots */
    const char *cert; /* with key: the client certificate */
    const char *key;
    const char *key_password;
    int32_t is_unsafe;       /* not 0: no verification of chain and host name */
    int32_t min_version;     /* 10, 11, 12, 13; 0: 12 */
    const char *server_name; /* the certificate's, instead of the URL's host; NULL: that one */
} keda_http_tls;

/** All texts are borrowed for the call that takes the request. */
typedef struct keda_http_request {
    size_t struct_size;
    const char *method; /* NULL: GET, or POST with a body */
    const char *url;    /* http or https */
    const keda_param *headers;
    size_t nheaders;
    const char *body; /* NULL: none */
    size_t body_size;
    const char *username; /* HTTP basic; NULL: none */
    const char *password;
    const char *bearer; /* token; NULL: none */
    const keda_http_tls *tls;
    int64_t timeout_ms;    /* connect, redirects and body; 0: 3000 */
    size_t max_body_bytes; /* 0: 4 MiB; a longer answer is KEDA_ELIMIT */
    int32_t max_redirects; /* 0: 10; negative: none. Credentials never follow to another host */
    int32_t is_http2_prior; /* not 0: HTTP/2 without upgrade on http:// */
} keda_http_request;
#ifndef __cplusplus
#define KEDA_HTTP_REQUEST_INIT                                                                 \
    {                                                                                          \
        .struct_size = sizeof(keda_http_request)                                               \
    }
#else
#define KEDA_HTTP_REQUEST_INIT                                                                 \
    ([] {                                                                                      \
        keda_http_request init = {};                                                           \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/** An answer, whatever its status; borrowed for the callback. */
typedef struct keda_http_reply {
    size_t struct_size;
    int32_t status;
    int32_t reserved;
    const char *body; /* terminated by a NUL that `body_size` does not count */
    size_t body_size;
    int64_t retry_after_ms; /* negative: no hint */
    int64_t latency_ms;
} keda_http_reply;

/** One header of the answer by name, first one; NULL when absent. Borrowed for the callback. */
KEDA_API const char *keda_http_header(const keda_http_reply *reply, const char *name);

/** Ends a request: reply is NULL when err says why there is none. Runs on the engine's thread. */
typedef void (*keda_http_done_fn)(const keda_http_reply *reply, const keda_error *err,
                                  void *user);

/** The pool of the engine that owns self. Borrowed; lives as long as the engine. */
KEDA_API keda_http *keda_scaler_http(const keda_scaler *self);

/**
 * Sends a request; `done` is called exactly once, later, unless cancelled before.
 *
 * out     may be NULL; valid until `done`
 * errors  KEDA_EINVAL for an unusable URL or TLS text; then `done` is not called
 */
KEDA_API KEDA_MUST_USE keda_status keda_http_send(keda_http *http,
                                                  const keda_http_request *request,
                                                  keda_http_done_fn done, void *user,
                                                  keda_http_call **out, keda_error *err);

/** Gives up; `done` is not called any more. */
KEDA_API void keda_http_cancel(keda_http_call *call);

/** Bytes to one number; pure. Reports KEDA_EPROTOCOL and the like. */
typedef keda_status (*keda_http_parse_fn)(const void *meta, const keda_http_reply *reply,
                                          double *value, keda_error *err);

/**
 * The whole of a simple HTTP poll: sends within the poll's deadline, maps the status (2xx to parse,
 * 401 and 403 to KEDA_EAUTH, 404 to KEDA_ENOTFOUND, 429 to KEDA_ELIMIT, others to
 * KEDA_EUNAVAILABLE), reports the number as spec 0 and ends the poll. Needs no open, cancel, close.
 */
KEDA_API void keda_http_poll(keda_poll *poll, const keda_http_request *request,
                             keda_http_parse_fn parse);

/** KEDA_OK for 2xx, else the status above with err saying "GET URL: 503 Service Unavailable". */
KEDA_API KEDA_MUST_USE keda_status keda_http_check(const keda_http_reply *reply,
                                                   const char *what, keda_error *err);

KEDA_END_DECLS

#endif
