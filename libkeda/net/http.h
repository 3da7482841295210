/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of keda/http.h: making and freeing its pool. What requests and answers are is
 * public; who makes the pool reads environment variables and flags, the pool reads only the proxy's.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include <keda/http.h>

#include "loop/loop.h"

/* Zero is the default of every member. */
typedef struct http_pool_options {
    int64_t timeout_ms;         /* of requests that name none; 3000 */
    int32_t min_tls_version;    /* 10, 11, 12, 13; 12 */
    const char *const *ca_dirs; /* folders of PEM files, roots besides the system's */
    size_t nca_dirs;
    bool is_keep_alive_off;
    int64_t idle_ms;        /* kept connections are not used again after; 90 s */
    size_t max_connections; /* kept open; 1000 */
    const char *http_proxy; /* for http://; NULL: from the environment; "": none */
    const char *no_proxy;   /* NULL: from the environment. Loopback is never proxied */
} http_pool_options;

/* The loop is borrowed and must outlive the pool. opts NULL: all defaults. */
keda_status http_pool_new(keda_http **out, loop *l, const http_pool_options *opts,
                          keda_error *err);

/* Calls in flight end without `done`. Not from inside a `done`. NULL is fine. */
void http_pool_free(keda_http *http);

/* keda_http_send for callers who must hear of the end in any case: `drop` runs instead of `done`
 * when the pool is freed, never after keda_http_cancel. */
keda_status http_send(keda_http *http, const keda_http_request *request, keda_http_done_fn done,
                      void (*drop)(void *user), void *user, keda_http_call **out,
                      keda_error *err);

/* An answer without an end, given away piece by piece instead of being kept. */
typedef struct http_stream {
    /* A piece of the body of a 2xx answer, as it comes, the first one empty when the head is there; anything
     * but KEDA_OK ends the stream with that status. It may not send or cancel anything. Other answers are
     * kept and come with `done`. */
    keda_status (*piece)(const char *bytes, size_t size, void *user);
    int64_t quiet_ms; /* without a byte for so long it ends with KEDA_ETIMEOUT */
    void *user;       /* of `piece`; NULL: that of `done` */
} http_stream;

/* keda_http_send for a stream: the request's timeout counts until the head of the answer is there, its
 * max_body_bytes for answers that are not 2xx. `done` comes once, when the stream has ended: with the
 * reply when the peer ended it, with an error when it broke. `drop` as in http_send; may be NULL. */
keda_status http_stream_open(keda_http *http, const keda_http_request *request,
                             const http_stream *stream, keda_http_done_fn done,
                             void (*drop)(void *user), void *user, keda_http_call **out,
                             keda_error *err);

/* The timeout of requests that name none. */
int64_t http_pool_timeout_ms(const keda_http *http);

#endif
