/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_http_poll: a whole poll in one request and one number.
 */
#include "net/ask.h"

#include "base/mem.h"

typedef struct http_poll {
    keda_http_parse_fn parse;
} http_poll;

static keda_status answered(keda_poll *poll, const keda_http_reply *reply, keda_error *err,
                            void *take_user)
{
    http_poll *p = take_user;
    double value = 0.0;
    keda_status rc = keda_http_check(reply, NULL, err);

    if (rc == KEDA_OK)
        rc = p->parse(keda_poll_meta(poll), reply, &value, err);
    if (rc != KEDA_OK)
        return rc;
    mem_free(p);
    keda_poll_value(poll, 0, value);
    keda_poll_done(poll);
    return KEDA_OK;
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
    p->parse = parse;
    http_ask(poll, request,
             &(http_question){.answered = answered, .release = mem_free, .take_user = p});
}
