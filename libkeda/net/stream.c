/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers without an end: once their head is well, the body is given away piece by piece and only
 * silence ends it. The life of such a call is any call's, in http.c.
 */
#include "net/pool.h"

#include "base/num.h"

#include <assert.h>

static keda_status give(keda_http_call *call, const char *bytes, size_t size)
{
    void *user = call->stream.user != NULL ? call->stream.user : call->user;

    return call->stream.piece(bytes, size, user);
}

/* The timer is moved when it fires, not at each byte. */
static void on_quiet(loop_timer *timer, void *user)
{
    keda_http_call *call = user;
    loop *l = call->http->l;
    const int64_t due_ms = num_add_sat(call->heard_ms, call->stream.quiet_ms);

    if (due_ms <= loop_now_ms(l) ||
        loop_timer_set(l, timer, due_ms, on_quiet, call, NULL) != KEDA_OK)
        call_time_out(call);
}

static void start_flowing(keda_http_call *call)
{
    loop *l = call->http->l;

    call->is_flowing = true;
    if (call->stream.quiet_ms <= 0)
        loop_timer_cancel(l, &call->deadline);
    else if (loop_timer_set(l, &call->deadline,
                            num_add_sat(call->heard_ms, call->stream.quiet_ms), on_quiet, call,
                            NULL) != KEDA_OK)
        call->refused = KEDA_ENOMEM;
    if (call->refused == KEDA_OK)
        call->refused = give(call, "", 0);
}

void stream_on_head(keda_http_call *call, const char *line, size_t size)
{
    const bool is_last = size > 0 && (line[0] == '\r' || line[0] == '\n');
    long status = 0;

    call->heard_ms = loop_now_ms(call->http->l);
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (is_last && !call->is_flowing && status >= 200 && status < 300)
        start_flowing(call);
}

size_t stream_on_body(keda_http_call *call, const char *bytes, size_t size)
{
    call->heard_ms = loop_now_ms(call->http->l);
    if (call->refused == KEDA_OK)
        call->refused = give(call, bytes, size);
    return call->refused == KEDA_OK ? size : CURL_WRITEFUNC_ERROR;
}

keda_status http_stream_open(keda_http *http, const keda_http_request *request,
                             const http_stream *stream, keda_http_done_fn done,
                             void (*drop)(void *user), void *user, keda_http_call **out,
                             keda_error *err)
{
    const call_use use = {.stream = stream, .done = done, .drop = drop, .user = user};

    assert(stream != NULL && stream->piece != NULL);
    return call_open(http, request, &use, out, err);
}
