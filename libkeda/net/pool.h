/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share about a pool and a call. Nobody outside net/ includes this.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/address.h"
#include "net/http.h"
#include "net/tls.h"

#include <curl/curl.h>

enum { POOL_SPARE_HANDLES = 64 };

/* A descriptor curl wants to hear about. */
typedef struct http_socket {
    struct http_socket *prev, *next;
    keda_http *http;
    loop_watch *watch;
    curl_socket_t fd;
} http_socket;

struct keda_http {
    loop *l;
    CURLM *multi;
    loop_timer timer; /* curl's next deadline */
    http_socket *sockets;
    keda_http_call *calls; /* under way */
    CURL *spare[POOL_SPARE_HANDLES];
    size_t nspare;
    http_tls_store *tls;
    int64_t timeout_ms, idle_ms;
    bool is_keep_alive_off;
    bool can_share_h2c; /* curl before 8.0 fails on every reuse of HTTP/2 without TLS */
    char *http_proxy, *https_proxy; /* "": none */
    char *no_proxy;                 /* NULL: no proxy, so no exceptions */
    const char *encoding;           /* what curl can undo; NULL: nothing */
};

struct keda_http_call {
    keda_http_call *prev, *next;
    keda_http *http;
    CURL *easy;
    struct curl_slist *headers;
    http_address address; /* of the present hop */
    char *server_name;    /* of keda_http_tls; NULL: the host of the address */
    CURLU *asked;         /* the address under that name; NULL: the address itself */
    struct curl_slist *connect_to;
    loop_timer deadline; /* of the answer, or of a stream's next byte */
    int64_t started_ms, timeout_ms;
    keda_http_done_fn done;
    void (*drop)(void *user);
    void *user;
    keda_buf body;
    size_t max_body_bytes, head_bytes;
    int32_t redirects, max_redirects; /* followed, allowed; negative: none is followed */
    bool has_body, is_http2_prior;
    http_stream stream;  /* without `piece`: none */
    bool is_flowing;     /* the head of a stream was well */
    int64_t heard_ms;    /* when its last byte came */
    keda_status refused; /* why a curl callback stopped the transfer; KEDA_OK: it did not */
    char curl_text[CURL_ERROR_SIZE];
};

/* An easy handle without options, from the spare ones or new; NULL when memory is out. */
CURL *pool_take_handle(keda_http *http);
void pool_give_handle(keda_http *http, CURL *easy); /* NULL is fine */

/* For CURLOPT_PROXY, so that curl does not look for one. */
const char *pool_proxy(const keda_http *http, bool is_tls);

/* Ends what curl reports as over. http.c calls curl through these two only. */
void pool_collect(keda_http *http);

/* How a call is used; stream NULL: its answer is kept and has an end. */
typedef struct call_use {
    const http_stream *stream;
    keda_http_done_fn done;
    void (*drop)(void *user);
    void *user;
} call_use;

/* Makes a call and sends it. In http.c. */
keda_status call_open(keda_http *http, const keda_http_request *given, const call_use *use,
                      keda_http_call **out, keda_error *err);
/* Nothing came in time: ends the call. In http.c. */
void call_time_out(keda_http_call *call);

/* A line of a head came, the last one is empty; and a part of a body. In stream.c, called inside curl. */
void stream_on_head(keda_http_call *call, const char *line, size_t size);
size_t stream_on_body(keda_http_call *call, const char *bytes, size_t size);

/* A transfer is over: follows a redirect or ends the call. In http.c. */
void call_on_transfer_done(keda_http_call *call, CURLcode result);
/* The pool goes: ends the call without `done`. In http.c. */
void call_drop(keda_http_call *call);

#endif
