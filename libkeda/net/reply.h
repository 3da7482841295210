/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer, or the lack of one, means to the caller: curl's results as errors, hints when to
 * come back. Pure. For the other files of this room.
 */
#ifndef NET_REPLY_H
#define NET_REPLY_H

#include <keda/http.h>

#include <curl/curl.h>

/* The public answer and the handle that still holds its headers. */
typedef struct http_reply {
    keda_http_reply pub;
    CURL *easy;
} http_reply;

/* Fills reply from a transfer that is over; the body is borrowed. */
void http_reply_read(http_reply *reply, CURL *easy, const keda_buf *body, int64_t wall_ms,
                     int64_t latency_ms);

/* A Retry-After value, seconds or a date, as milliseconds from now; -1 when it is neither. */
int64_t http_retry_after_ms(const char *value, int64_t wall_ms);

/* Why there is no answer. text is curl's own, "" for none. */
keda_status http_transfer_error(CURLcode result, const char *text, keda_error *err);

#endif
