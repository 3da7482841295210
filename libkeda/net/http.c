/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a call: sent, ended by an answer, a failure or its deadline, cancelled, or dropped
 * with its pool. Options are set in request.c, redirects followed in redirect.c, answers without an
 * end given away in stream.c.
 */
#include "net/pool.h"
#include "net/redirect.h"
#include "net/reply.h"
#include "net/request.h"
#include "net/server_name.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"

#include <assert.h>
#include <limits.h>

enum {
    DEFAULT_BODY_BYTES = 4 * 1024 * 1024,
    DEFAULT_REDIRECTS = 10,
    MAX_HEAD_BYTES = 256 * 1024 /* all headers of a call, redirects included */
};

/* ---- curl's callbacks: nothing of the caller runs inside them -------------------------------- */

static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    keda_http_call *call = user;

    (void)one;
    if (call->is_flowing)
        return stream_on_body(call, bytes, size);
    if (size > call->max_body_bytes - call->body.size)
        call->refused = KEDA_ELIMIT;
    else if (buf_append(&call->body, bytes, size) != KEDA_OK)
        call->refused = KEDA_ENOMEM;
    return call->refused == KEDA_OK ? size : CURL_WRITEFUNC_ERROR;
}

static size_t on_head(char *bytes, size_t one, size_t size, void *user)
{
    keda_http_call *call = user;

    (void)one;
    call->head_bytes += size;
    if (call->stream.piece != NULL)
        stream_on_head(call, bytes, size);
    if (call->head_bytes > MAX_HEAD_BYTES)
        call->refused = KEDA_ELIMIT;
    return call->refused == KEDA_OK ? size : CURL_WRITEFUNC_ERROR;
}

/* ---- the end -------------------------------------------------------------------------------- */

static void call_unlink(keda_http_call *call)
{
    if (call->prev != NULL)
        call->prev->next = call->next;
    else if (call->http->calls == call)
        call->http->calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    call->prev = call->next = NULL;
}

/* Takes the call out of curl, the loop and the pool; what is left is its memory. */
static void call_stop(keda_http_call *call)
{
    (void)curl_multi_remove_handle(call->http->multi, call->easy);
    loop_timer_cancel(call->http->l, &call->deadline);
    call_unlink(call);
}

static void call_free(keda_http_call *call)
{
    pool_give_handle(call->http, call->easy);
    request_free_headers(call->headers);
    server_name_forget(call);
    http_address_clear(&call->address);
    keda_buf_clear(&call->body);
    mem_free(call);
}

/* `done` may send, cancel other calls, and cancel this one, which then changes nothing. */
static void call_tell(keda_http_call *call, const keda_http_reply *reply, const keda_error *err)
{
    const keda_http_done_fn done = call->done;

    call_stop(call);
    call->done = NULL;
    done(reply, err, call->user);
    call_free(call);
}

static void call_fail(keda_http_call *call, CURLcode result)
{
    keda_error err = KEDA_ERROR_INIT;

    if (call->refused == KEDA_ENOMEM)
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
    else if (call->refused != KEDA_OK && call->head_bytes > MAX_HEAD_BYTES)
        (void)keda_error_set(&err, call->refused, "more than %d bytes of headers",
                             (int)MAX_HEAD_BYTES);
    else if (call->refused != KEDA_OK && call->is_flowing)
        (void)keda_error_set(&err, call->refused, "the reader of the stream refused it");
    else if (call->refused != KEDA_OK)
        (void)keda_error_set(&err, call->refused, "the answer is longer than %zu bytes",
                             call->max_body_bytes);
    else if (result == CURLE_OPERATION_TIMEDOUT && call->is_flowing)
        (void)keda_error_set(&err, KEDA_ETIMEOUT, "nothing came for %lld ms",
                             (long long)call->stream.quiet_ms);
    else if (result == CURLE_OPERATION_TIMEDOUT)
        (void)keda_error_set(&err, KEDA_ETIMEOUT, "no answer within %lld ms",
                             (long long)call->timeout_ms);
    else
        (void)http_transfer_error(result, call->curl_text, &err);
    call_tell(call, NULL, &err);
}

static void call_succeed(keda_http_call *call)
{
    const keda_clock *clock = loop_clock(call->http->l);
    const int64_t latency_ms = loop_now_ms(call->http->l) - call->started_ms;
    const keda_error none = KEDA_ERROR_INIT;
    http_reply reply;

    http_reply_read(&reply, call->easy, &call->body, clock_wall_ms(clock), latency_ms);
    call_tell(call, &reply.pub, &none);
}

void call_time_out(keda_http_call *call)
{
    call_fail(call, CURLE_OPERATION_TIMEDOUT);
}

static void on_deadline(loop_timer *timer, void *user)
{
    (void)timer;
    call_time_out(user);
}

static keda_status call_start(keda_http_call *call, keda_error *err)
{
    const CURLMcode rc = curl_multi_add_handle(call->http->multi, call->easy);

    if (rc == CURLM_OK)
        return KEDA_OK;
    return keda_error_set(err, rc == CURLM_OUT_OF_MEMORY ? KEDA_ENOMEM : KEDA_EINTERNAL, "%s",
                          curl_multi_strerror(rc));
}

/* A stream has no end by the clock, only a head; so curl shares out the connecting alone. */
static void call_limit(keda_http_call *call, int64_t left_ms)
{
    const long limit_ms = left_ms > LONG_MAX ? LONG_MAX : (long)left_ms;

    (void)curl_easy_setopt(
        call->easy, call->stream.piece != NULL ? CURLOPT_CONNECTTIMEOUT_MS : CURLOPT_TIMEOUT_MS,
        limit_ms);
}

/* The same handle asks again, for the time that is left. */
static keda_status call_ask_again(keda_http_call *call, keda_error *err)
{
    const int64_t spent_ms = loop_now_ms(call->http->l) - call->started_ms;
    const int64_t left_ms = call->timeout_ms > spent_ms ? call->timeout_ms - spent_ms : 1;

    (void)curl_multi_remove_handle(call->http->multi, call->easy);
    call_limit(call, left_ms);
    buf_truncate(&call->body, 0);
    return call_start(call, err);
}

void call_on_transfer_done(keda_http_call *call, CURLcode result)
{
    keda_error err = KEDA_ERROR_INIT;
    bool is_followed = false;
    keda_status rc;

    if (result != CURLE_OK) {
        call_fail(call, result);
        return;
    }
    rc = redirect_follow(call, &is_followed, &err);
    if (rc == KEDA_OK && is_followed)
        rc = call_ask_again(call, &err);
    if (rc != KEDA_OK)
        call_tell(call, NULL, &err);
    else if (!is_followed)
        call_succeed(call);
}

void call_drop(keda_http_call *call)
{
    void (*drop)(void *) = call->drop;
    void *user = call->user;

    call_stop(call);
    call_free(call);
    if (drop != NULL)
        drop(user);
}

void keda_http_cancel(keda_http_call *call)
{
    if (call == NULL || call->done == NULL) /* its `done` is running */
        return;
    call_stop(call);
    call_free(call);
}

/* ---- the beginning -------------------------------------------------------------------------- */

static void set_callbacks(keda_http_call *call)
{
    (void)curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
    (void)curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->curl_text);
    (void)curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_head);
    (void)curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
}

/* NULL when memory is out. */
static keda_http_call *call_new(keda_http *http, const keda_http_request *request)
{
    keda_http_call *call = mem_zalloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->http = http;
    call->easy = pool_take_handle(http);
    if (call->easy == NULL) {
        mem_free(call);
        return NULL;
    }
    call->started_ms = loop_now_ms(http->l);
    call->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : http->timeout_ms;
    call->max_body_bytes =
        request->max_body_bytes > 0 ? request->max_body_bytes : DEFAULT_BODY_BYTES;
    call->max_redirects =
        request->max_redirects != 0 ? request->max_redirects : DEFAULT_REDIRECTS;
    call->is_http2_prior = request->is_http2_prior != 0;
    set_callbacks(call);
    return call;
}

static void call_link(keda_http_call *call)
{
    keda_http *http = call->http;

    call->next = http->calls;
    if (call->next != NULL)
        call->next->prev = call;
    http->calls = call;
}

static keda_status call_send(keda_http_call *call, const keda_http_request *request,
                             keda_error *err)
{
    keda_status rc = request_apply(call, request, err);

    if (rc != KEDA_OK)
        return rc;
    call_limit(call, call->timeout_ms);
    rc =
        loop_timer_set(call->http->l, &call->deadline,
                       num_add_sat(call->started_ms, call->timeout_ms), on_deadline, call, err);
    if (rc != KEDA_OK)
        return rc;
    if ((rc = call_start(call, err)) != KEDA_OK)
        loop_timer_cancel(call->http->l, &call->deadline);
    return rc;
}

keda_status call_open(keda_http *http, const keda_http_request *given, const call_use *use,
                      keda_http_call **out, keda_error *err)
{
    keda_http_request request;
    keda_http_call *call;
    keda_status rc;

    assert(http != NULL && given != NULL && use->done != NULL);
    if ((rc = request_read(&request, given, err)) != KEDA_OK)
        return rc;
    call = call_new(http, &request);
    if (call == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    call->done = use->done;
    call->drop = use->drop;
    call->user = use->user;
    if (use->stream != NULL)
        call->stream = *use->stream;
    if ((rc = call_send(call, &request, err)) != KEDA_OK) {
        call_free(call);
        return rc;
    }
    call_link(call);
    if (out != NULL)
        *out = call;
    return KEDA_OK;
}

keda_status http_send(keda_http *http, const keda_http_request *request, keda_http_done_fn done,
                      void (*drop)(void *user), void *user, keda_http_call **out,
                      keda_error *err)
{
    const call_use use = {.done = done, .drop = drop, .user = user};

    return call_open(http, request, &use, out, err);
}

keda_status keda_http_send(keda_http *http, const keda_http_request *request,
                           keda_http_done_fn done, void *user, keda_http_call **out,
                           keda_error *err)
{
    return http_send(http, request, done, NULL, user, out, err);
}
