/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call's life: made, sent, sent again after a 401 or when the server was busy, ended or cancelled.
 * When it is sent is queue.c's business.
 */
#include "kube/queue.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "kube/answer.h"
#include "kube/identity.h"
#include "kube/objects.h"

#include <assert.h>
#include <string.h>

enum { MAX_LABEL = 256 };

/* ---- made ----------------------------------------------------------------------------------- */

void kube_request_read(keda_kube_request *out, const keda_kube_request *given)
{
    const size_t size = given->struct_size < sizeof *out ? given->struct_size : sizeof *out;

    *out = (keda_kube_request){0};
    memcpy(out, given, size);
    out->struct_size = sizeof *out;
    if (out->method == NULL)
        out->method = "GET";
    if (out->content_type == NULL)
        out->content_type = "application/json";
    if (out->accept == NULL)
        out->accept = "application/json";
}

static keda_status check(const keda_kube_request *request, keda_error *err)
{
    if (request->priority < 0 || request->priority >= QUEUE_CLASSES)
        return keda_error_set(err, KEDA_EINVAL, "priority %d: there is none such",
                              (int)request->priority);
    if (request->path == NULL)
        return KEDA_OK;
    if (request->path[0] != '/')
        return keda_error_set(err, KEDA_EINVAL, "path \"%.64s\": must begin with a slash",
                              request->path);
    for (const char *c = request->path; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#')
            return keda_error_set(err, KEDA_EINVAL,
                                  "path: blanks and the like must be escaped");
    }
    return KEDA_OK;
}

static void call_free(keda_kube_call *call)
{
    mem_free(call->method);
    mem_free(call->path);
    mem_free_secret(call->body);
    mem_free(call->content_type);
    mem_free(call->accept);
    mem_free(call->space);
    mem_free(call->name);
    mem_free(call->subresource);
    mem_free(call);
}

static bool copy(keda_kube_call *call, const keda_kube_request *request)
{
    call->method = mem_strdup(request->method);
    call->path = mem_strdup(request->path);
    call->body = mem_strdup(request->body);
    call->content_type = mem_strdup(request->content_type);
    call->accept = mem_strdup(request->accept);
    return call->method != NULL && call->content_type != NULL && call->accept != NULL &&
           (call->path != NULL || request->path == NULL) &&
           (call->body != NULL || request->body == NULL);
}

keda_status kube_call_new(keda_kube_call **out, keda_kube *kube, const keda_kube_request *given,
                          keda_error *err)
{
    keda_kube_request request;
    keda_kube_call *call;
    keda_status rc;

    kube_request_read(&request, given);
    if ((rc = check(&request, err)) != KEDA_OK)
        return rc;
    call = mem_zalloc(1, sizeof *call);
    if (call == NULL || !copy(call, &request)) {
        if (call != NULL)
            call_free(call);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    call->kube = kube;
    call->timeout_ms = request.timeout_ms > 0 ? request.timeout_ms : kube->timeout_ms;
    call->priority = request.priority;
    queue_move(call, &kube->queue->finding);
    *out = call;
    return KEDA_OK;
}

void kube_call_submit(keda_kube_call *call)
{
    kube_queue *queue = call->kube->queue;

    assert(call->path != NULL);
    queue_move(call, queue_class(queue, call->priority));
    queue_soon(queue);
}

/* ---- ended ---------------------------------------------------------------------------------- */

static void stop(keda_kube_call *call)
{
    keda_http_cancel(call->http);
    call->http = NULL;
    loop_timer_cancel(call->kube->l, &call->timer);
    kube_resource_forget(call->finding);
    call->finding = NULL;
    queue_move(call, NULL);
}

/* `done` may cancel this call, which then changes nothing. */
void kube_call_tell(keda_kube_call *call, const keda_json *body, const keda_error *err)
{
    stop(call);
    queue_soon(call->kube->queue);
    if (call->scale_done != NULL)
        kube_scale_tell(call, body, err);
    else
        call->done(body, err, call->user);
    call_free(call);
}

void keda_kube_cancel(keda_kube_call *call)
{
    if (call == NULL || call->list == NULL)
        return;
    stop(call);
    queue_soon(call->kube->queue);
    call_free(call);
}

/* ---- answered ------------------------------------------------------------------------------- */

static void on_awake(loop_timer *timer, void *user)
{
    keda_kube_call *call = user;

    (void)timer;
    call->spent_ms += loop_now_ms(call->kube->l) - call->since_ms;
    kube_call_submit(call);
}

static bool sleep_until_welcome(keda_kube_call *call, int64_t wait_ms)
{
    loop *l = call->kube->l;
    const int64_t now_ms = loop_now_ms(l);

    if (call->nagain >= QUEUE_MAX_AGAIN || wait_ms >= call->timeout_ms - call->spent_ms)
        return false;
    if (loop_timer_set(l, &call->timer, num_add_sat(now_ms, wait_ms), on_awake, call, NULL) !=
        KEDA_OK)
        return false;
    call->nagain++;
    call->since_ms = now_ms;
    queue_move(call, &call->kube->queue->asleep);
    return true;
}

/* True when it will be sent once more. */
static bool goes_again(keda_kube_call *call, const keda_http_reply *reply)
{
    const bool is_busy =
        reply->status == 429 || (reply->status == 503 && text_equal(call->method, "GET"));

    if (reply->status == 401) {
        if (call->was_renewed || !queue_renew(call->kube->queue, call->version) ||
            call->stream != NULL)
            return false;
        call->was_renewed = true;
        kube_call_submit(call);
        return true;
    }
    return is_busy && reply->retry_after_ms >= 0 && call->stream == NULL &&
           sleep_until_welcome(call, reply->retry_after_ms);
}

static void on_done(const keda_http_reply *reply, const keda_error *failed, void *user)
{
    keda_kube_call *call = user;
    keda_error err = *failed;
    keda_json *body = NULL;
    char label[MAX_LABEL];
    keda_status rc = (keda_status)err.code;

    call->http = NULL;
    call->spent_ms += loop_now_ms(call->kube->l) - call->since_ms;
    answer_label(call->method, call->path, label, sizeof label);
    if (reply != NULL && goes_again(call, reply)) {
        queue_soon(call->kube->queue);
        return;
    }
    if (reply == NULL)
        (void)keda_error_wrap(&err, rc, "%s: %s", label, keda_kube_server(call->kube));
    else
        rc = answer_read(&body, reply, label, &err);
    kube_call_tell(call, call->stream == NULL ? body : NULL, rc == KEDA_OK ? NULL : &err);
    keda_json_free(body);
}

/* ---- sent ----------------------------------------------------------------------------------- */

static keda_status on_piece(const char *bytes, size_t size, void *user)
{
    const keda_kube_call *call = user;
    const http_stream *stream = call->stream;

    return stream->piece(bytes, size, stream->user != NULL ? stream->user : call->user);
}

static keda_status post(keda_kube_call *call, const char *url, keda_error *err)
{
    const keda_kube *kube = call->kube;
    const keda_param headers[] = {{"Accept", call->accept},
                                  {"User-Agent", kube->user_agent},
                                  {"Content-Type", call->content_type}};
    const int64_t left_ms = call->timeout_ms - call->spent_ms;
    keda_http_tls tls = {.struct_size = sizeof tls};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.method = call->method;
    request.url = url;
    request.headers = headers;
    request.nheaders = call->body != NULL ? 3 : 2;
    request.body = call->body;
    request.body_size = call->body != NULL ? strlen(call->body) : 0;
    request.timeout_ms = left_ms > 0 ? left_ms : 1;
    request.max_body_bytes = QUEUE_MAX_BODY;
    request.max_redirects = -1;
    kube_identity_apply(kube->identity, &request, &tls);
    if (call->stream != NULL) {
        const http_stream stream = {
            .piece = on_piece, .quiet_ms = call->stream->quiet_ms, .user = call};
        return http_stream_open(kube->http, &request, &stream, on_done, NULL, call, &call->http,
                                err);
    }
    return http_send(kube->http, &request, on_done, NULL, call, &call->http, err);
}

void kube_call_send(keda_kube_call *call)
{
    keda_kube *kube = call->kube;
    keda_error err = KEDA_ERROR_INIT;
    keda_buf url = {0};
    keda_status rc;

    call->version = kube->identity->version;
    call->since_ms = loop_now_ms(kube->l);
    queue_move(call, &kube->queue->flying);
    if (buf_printf(&url, "%s%s", kube->identity->server, call->path) != KEDA_OK)
        rc = keda_error_set(&err, KEDA_ENOMEM, "out of memory");
    else
        rc = post(call, url.data, &err);
    keda_buf_clear(&url);
    if (rc == KEDA_OK)
        return;
    char label[MAX_LABEL];
    answer_label(call->method, call->path, label, sizeof label);
    (void)keda_error_wrap(&err, rc, "%s", label);
    kube_call_tell(call, NULL, &err);
}
