/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading answers: headers, Retry-After, the status as a keda_status, and curl's failures as ours.
 */
#include "net/reply.h"

#include "base/num.h"

#include <assert.h>
#include <string.h>

/* Marks a keda_http_reply that lies inside an http_reply; one made by hand has no headers. */
enum { HAS_HEADERS = 0x48545450 };

void http_reply_read(http_reply *reply, CURL *easy, const keda_buf *body, int64_t wall_ms,
                     int64_t latency_ms)
{
    const char *retry;
    long status = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    *reply = (http_reply){.pub = {.struct_size = sizeof reply->pub,
                                  .status = (int32_t)status,
                                  .reserved = HAS_HEADERS,
                                  .body = body->data != NULL ? body->data : "",
                                  .body_size = body->size,
                                  .retry_after_ms = -1,
                                  .latency_ms = latency_ms},
                          .easy = easy};
    retry = keda_http_header(&reply->pub, "Retry-After");
    if (retry != NULL)
        reply->pub.retry_after_ms = http_retry_after_ms(retry, wall_ms);
}

const char *keda_http_header(const keda_http_reply *reply, const char *name)
{
    const http_reply *full = (const http_reply *)(const void *)reply;
    struct curl_header *header = NULL;

    assert(reply != NULL && name != NULL);
    if (reply->reserved != HAS_HEADERS)
        return NULL;
    if (curl_easy_header(full->easy, name, 0, CURLH_HEADER | CURLH_TRAILER, -1, &header) !=
        CURLHE_OK)
        return NULL;
    return header->value;
}

int64_t http_retry_after_ms(const char *value, int64_t wall_ms)
{
    int64_t seconds;
    time_t date;

    if (num_parse_i64(value, &seconds))
        return seconds < 0 ? -1 : num_mul_sat(seconds, 1000);
    date = curl_getdate(value, NULL);
    if (date == -1)
        return -1;
    const int64_t date_ms = num_mul_sat((int64_t)date, 1000);
    return date_ms > wall_ms ? date_ms - wall_ms : 0;
}

/* ---- status --------------------------------------------------------------------------------- */

static const char *reason(int32_t status)
{
    static const struct {
        int32_t status;
        const char *text;
    } known[] = {
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
        {511, "Network Authentication Required"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status)
            return known[i].text;
    }
    return NULL;
}

static keda_status status_of(int32_t http_status)
{
    if (http_status >= 200 && http_status < 300)
        return KEDA_OK;
    switch (http_status) {
    case 401:
    case 403:
        return KEDA_EAUTH;
    case 404:
        return KEDA_ENOTFOUND;
    case 429:
        return KEDA_ELIMIT;
    default:
        return KEDA_EUNAVAILABLE;
    }
}

keda_status keda_http_check(const keda_http_reply *reply, const char *what, keda_error *err)
{
    const keda_status rc = status_of(reply->status);
    const char *text = reason(reply->status);

    if (rc == KEDA_OK)
        return KEDA_OK;
    (void)keda_error_set(err, rc, "%s%s%d%s%s", what != NULL ? what : "",
                         what != NULL ? ": " : "", (int)reply->status, text != NULL ? " " : "",
                         text != NULL ? text : "");
    if (err != NULL) {
        err->http_status = reply->status;
        err->retry_after_ms = reply->retry_after_ms;
    }
    return rc;
}

/* ---- no answer ------------------------------------------------------------------------------ */

/* What went wrong between us and the peer may pass; what is listed here has a cause of its own. A
 * certificate that is not trusted counts as a matter of credentials: the CA comes from there, and
 * asking for it anew is what helps after a rotation. */
static keda_status meaning_of(CURLcode result)
{
    static const struct {
        CURLcode result;
        keda_status meaning;
    } known[] = {
        {CURLE_OPERATION_TIMEDOUT, KEDA_ETIMEOUT},
        {CURLE_OUT_OF_MEMORY, KEDA_ENOMEM},
        {CURLE_URL_MALFORMAT, KEDA_EINVAL},
        {CURLE_SSL_CACERT_BADFILE, KEDA_EINVAL},
        {CURLE_NOT_BUILT_IN, KEDA_EUNSUPPORTED},
        {CURLE_PEER_FAILED_VERIFICATION, KEDA_EAUTH},
        {CURLE_SSL_CERTPROBLEM, KEDA_EAUTH},
        {CURLE_SSL_CLIENTCERT, KEDA_EAUTH},
        {CURLE_LOGIN_DENIED, KEDA_EAUTH},
        {CURLE_UNSUPPORTED_PROTOCOL, KEDA_EPROTOCOL}, /* the scheme was checked: HTTP/0.9 */
        {CURLE_WEIRD_SERVER_REPLY, KEDA_EPROTOCOL},
        {CURLE_BAD_CONTENT_ENCODING, KEDA_EPROTOCOL},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].result == result)
            return known[i].meaning;
    }
    return KEDA_EUNAVAILABLE;
}

/* The URL was taken apart before: without memory curl cannot put it together again, and says so. */
static CURLcode cause_of(CURLcode result, const char *text)
{
    return result == CURLE_URL_MALFORMAT && strncmp(text, "No URL set", 10) == 0
               ? CURLE_OUT_OF_MEMORY
               : result;
}

keda_status http_transfer_error(CURLcode result, const char *text, keda_error *err)
{
    const CURLcode cause = cause_of(result, text);

    if (cause != result)
        text = "";
    return keda_error_set(err, meaning_of(cause), "%s",
                          *text != '\0' ? text : curl_easy_strerror(cause));
}
