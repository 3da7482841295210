/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_http_poll: a whole poll in one request. Everything it knows of the engine is the poll token.
 */
#include "net/address.h"
#include "net/http.h"
#include "net/request.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

typedef struct http_poll {
    keda_poll *poll;
    keda_http_parse_fn parse;
    char what[256]; /* "GET URL" without credentials and query */
} http_poll;

static void fail(http_poll *p, const keda_error *err)
{
    keda_poll_fail(p->poll, err);
    mem_free(p);
}

static void on_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    http_poll *p = user;
    keda_error mine = *err;
    double value = 0.0;
    keda_status rc = (keda_status)mine.code;

    if (reply != NULL && (rc = keda_http_check(reply, NULL, &mine)) == KEDA_OK)
        rc = p->parse(keda_poll_meta(p->poll), reply, &value, &mine);
    if (rc != KEDA_OK) {
        (void)keda_error_wrap(&mine, rc, "%s", p->what);
        fail(p, &mine);
        return;
    }
    keda_poll_value(p->poll, 0, value);
    keda_poll_done(p->poll);
    mem_free(p);
}

/* The engine goes: the poll still ends exactly once. */
static void on_drop(void *user)
{
    keda_error err = KEDA_ERROR_INIT;

    (void)keda_error_set(&err, KEDA_ECANCELED, "the engine stopped");
    fail(user, &err);
}

static keda_status ask(http_poll *p, const keda_http_request *given, keda_error *err)
{
    keda_http *http = keda_scaler_http(keda_poll_scaler(p->poll));
    const int64_t left_ms = keda_poll_deadline_ms(p->poll);
    keda_http_request request;
    keda_status rc = request_read(&request, given, err);

    if (rc != KEDA_OK)
        return rc;
    (void)snprintf(p->what, sizeof p->what, "%s ", request_method(&request));
    const size_t n = strlen(p->what);
    http_address_label(request.url, p->what + n, sizeof p->what - n);
    if (left_ms <= 0)
        return keda_error_set(err, KEDA_ETIMEOUT, "%s: no time left", p->what);
    if (request.timeout_ms <= 0)
        request.timeout_ms = http_pool_timeout_ms(http);
    if (request.timeout_ms > left_ms)
        request.timeout_ms = left_ms;
    request.struct_size = sizeof request;
    return http_send(http, &request, on_done, on_drop, p, NULL, err);
}

void keda_http_poll(keda_poll *poll, const keda_http_request *request, keda_http_parse_fn parse)
{
    keda_error err = KEDA_ERROR_INIT;
    http_poll *p = mem_zalloc(1, sizeof *p);

    if (p == NULL) {
        (void)keda_error_set(&err, KEDA_ENOMEM, "out of memory");
        keda_poll_fail(poll, &err);
        return;
    }
    p->poll = poll;
    p->parse = parse;
    if (ask(p, request, &err) != KEDA_OK)
        fail(p, &err);
}
