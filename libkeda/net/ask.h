/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on behalf of a poll, for types which read the whole answer themselves or ask several times:
 * deadline, the end of the engine and the address in errors are seen to here. Types that need one number
 * of one answer use keda_http_poll.
 */
#ifndef NET_ASK_H
#define NET_ASK_H

#include <keda/http.h>

/* What came, whatever its status. KEDA_OK: the poll has been ended, or asks again by http_ask, and take_user
 * has been dealt with. Else why the poll fails, which http_ask then sees to. */
typedef keda_status (*http_answered_fn)(keda_poll *poll, const keda_http_reply *reply,
                                        keda_error *err, void *take_user);

typedef struct http_question {
    http_answered_fn answered;
    void (*release)(void *take_user); /* just before the poll fails; NULL: nothing to release */
    void *take_user;
} http_question;

/* Sends within what is left of the poll; the poll ends in any case. Errors begin with "GET URL: ", without
 * credentials and query. Engine's thread. */
void http_ask(keda_poll *poll, const keda_http_request *request, const http_question *question);

#endif
