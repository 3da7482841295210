/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending for a poll, and failing it when there is no answer or a useless one. Everything it knows of the
 * engine is the poll token.
 */
#include "net/ask.h"

#include "net/address.h"
#include "net/http.h"
#include "net/request.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

typedef struct http_asked {
    keda_poll *poll;
    http_question question;
    char what[256]; /* "GET URL" without credentials and query */
} http_asked;

static void fail_poll(keda_poll *poll, const http_question *question, const keda_error *err)
{
    if (question->release != NULL)
        question->release(question->take_user);
    keda_poll_fail(poll, err);
}

static void on_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    http_asked *a = user;
    keda_error mine = *err;
    keda_status rc = (keda_status)mine.code;

    if (reply != NULL)
        rc = a->question.answered(a->poll, reply, &mine, a->question.take_user);
    if (rc != KEDA_OK) {
        (void)keda_error_wrap(&mine, rc, "%s", a->what);
        fail_poll(a->poll, &a->question, &mine);
    }
    mem_free(a);
}

/* The engine goes: the poll still ends exactly once. */
static void on_drop(void *user)
{
    http_asked *a = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)keda_error_set(&err, KEDA_ECANCELED, "the engine stopped");
    fail_poll(a->poll, &a->question, &err);
    mem_free(a);
}

static keda_status send_within(http_asked *a, const keda_http_request *given, keda_error *err)
{
    keda_http *http = keda_scaler_http(keda_poll_scaler(a->poll));
    const int64_t left_ms = keda_poll_deadline_ms(a->poll);
    keda_http_request request;
    keda_status rc = request_read(&request, given, err);

    if (rc != KEDA_OK)
        return rc;
    (void)snprintf(a->what, sizeof a->what, "%s ", request_method(&request));
    const size_t n = strlen(a->what);
    http_address_label(request.url, a->what + n, sizeof a->what - n);
    if (http == NULL)
        return keda_error_set(err, KEDA_ECANCELED, "the engine stopped");
    if (left_ms <= 0)
        return keda_error_set(err, KEDA_ETIMEOUT, "%s: no time left", a->what);
    if (request.timeout_ms <= 0)
        request.timeout_ms = http_pool_timeout_ms(http);
    if (request.timeout_ms > left_ms)
        request.timeout_ms = left_ms;
    request.struct_size = sizeof request;
    return http_send(http, &request, on_done, on_drop, a, NULL, err);
}

void http_ask(keda_poll *poll, const keda_http_request *request, const http_question *question)
{
    keda_error err = KEDA_ERROR_INIT;
    http_asked *a = mem_zalloc(1, sizeof *a);

    if (a == NULL) {
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
        fail_poll(poll, question, &err);
        return;
    }
    a->poll = poll;
    a->question = *question;
    if (send_within(a, request, &err) == KEDA_OK)
        return;
    fail_poll(poll, question, &err);
    mem_free(a);
}
