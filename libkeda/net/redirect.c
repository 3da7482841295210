/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects are followed here and not by curl, so that nothing that says who asks (credentials,
 * headers of the caller's own, the client certificate) reaches another host.
 */
#include "net/redirect.h"

#include "net/request.h"

#include "base/text.h"

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* 307 and 308 repeat the request; the others ask anew by GET, HEAD excepted (Go: redirects). */
static int what_to_drop(const keda_http_call *call, long status, bool is_trusted)
{
    const char *method = NULL;
    int drop = is_trusted ? 0 : REQUEST_DROP_CREDENTIALS;

    (void)curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_METHOD, &method);
    if (status != 307 && status != 308 && !text_equal(method, "GET") &&
        !text_equal(method, "HEAD"))
        drop |= REQUEST_DROP_BODY;
    return drop;
}

/* Where the answer leads. url is curl's finding, made from the URL that curl was given: under a server's
 * name that has not the host we mean, and it is found anew. */
static keda_status parse_next(keda_http_call *call, const char *url, http_address *next,
                              keda_error *err)
{
    struct curl_header *location = NULL;
    CURLU *parts;
    char *own = NULL;
    keda_status rc;

    if (call->asked == NULL ||
        curl_easy_header(call->easy, "Location", 0, CURLH_HEADER, -1, &location) != CURLHE_OK)
        return http_address_parse(next, url, err);
    parts = curl_url_dup(call->address.parts);
    if (parts != NULL && curl_url_set(parts, CURLUPART_URL, location->value, 0) == CURLUE_OK)
        (void)curl_url_get(parts, CURLUPART_URL, &own, 0);
    rc = own != NULL ? http_address_parse(next, own, err)
                     : keda_error_set(err, KEDA_EINVAL, "URL: cannot be read");
    curl_free(own);
    curl_url_cleanup(parts);
    return rc;
}

keda_status redirect_follow(keda_http_call *call, bool *is_followed, keda_error *err)
{
    http_address next = {0};
    const char *url = NULL;
    long status = 0;
    keda_status rc;

    *is_followed = false;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &url);
    if (!is_redirect(status) || url == NULL || call->max_redirects < 0)
        return KEDA_OK;
    if (call->redirects == call->max_redirects)
        return keda_error_set(err, KEDA_EPROTOCOL, "stopped after %d redirects",
                              (int)call->redirects);
    rc = parse_next(call, url, &next, err);
    if (rc != KEDA_OK) {
        if (rc == KEDA_EINVAL)
            (void)keda_error_set(err, KEDA_EPROTOCOL,
                                 "redirected to where HTTP does not reach");
        return rc == KEDA_EINVAL ? KEDA_EPROTOCOL : rc;
    }
    const int drop = what_to_drop(call, status, http_address_is_trusted(&call->address, &next));
    if ((drop & REQUEST_DROP_CREDENTIALS) && !(drop & REQUEST_DROP_BODY) && call->has_body) {
        http_address_clear(&next); /* a body may hold a secret: the caller gets the 307 */
        return KEDA_OK;
    }
    if ((rc = request_strip(call, drop, err)) != KEDA_OK) {
        http_address_clear(&next);
        return rc;
    }
    (void)curl_easy_setopt(call->easy, CURLOPT_CURLU, NULL);
    http_address_clear(&call->address);
    call->address = next;
    call->redirects++;
    *is_followed = true;
    return request_apply_address(call, err);
}
