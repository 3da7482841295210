/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting curl's options for one request. curl copies every text it is given, so nothing of the
 * caller's request is kept here.
 */
#include "net/request.h"

#include "net/server_name.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* Headers that say what is asked and how to read it, and nothing about who asks. */
static const char *const harmless[] = {"Accept",       "Accept-Language", "Accept-Encoding",
                                       "Content-Type", "Content-Length",  "User-Agent",
                                       "Expect"};

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

keda_status request_read(keda_http_request *out, const keda_http_request *given,
                         keda_error *err)
{
    const size_t size = given->struct_size < sizeof *out ? given->struct_size : sizeof *out;

    *out = (keda_http_request){0};
    memcpy(out, given, size);
    if (out->url == NULL)
        return keda_error_set(err, KEDA_EINVAL, "URL: none");
    return KEDA_OK;
}

const char *request_method(const keda_http_request *request)
{
    if (request->method != NULL)
        return request->method;
    return request->body != NULL ? "POST" : "GET";
}

/* ---- headers -------------------------------------------------------------------------------- */

void request_free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h != NULL; h = h->next)
        mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static keda_status append(struct curl_slist **headers, const char *line, keda_error *err)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer == NULL)
        return no_memory(err);
    *headers = longer;
    return KEDA_OK;
}

static keda_status append_secretly(struct curl_slist **headers, const char *name,
                                   const char *separator, const char *value, keda_error *err)
{
    keda_buf line = {0};
    keda_status rc = buf_printf(&line, "%s%s%s", name, separator, value);

    rc = rc == KEDA_OK ? append(headers, line.data, err) : no_memory(err);
    if (line.data != NULL)
        mem_wipe(line.data, line.size);
    keda_buf_clear(&line);
    return rc;
}

/* RFC 9110: a token. */
static bool is_token(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const bool is_alnum =
            (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!is_alnum && strchr("!#$%&'*+-.^_`|~", *c) == NULL)
            return false;
    }
    return *text != '\0';
}

static bool is_header_value(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return false;
    }
    return true;
}

static keda_status add_header(struct curl_slist **headers, const keda_param *header,
                              keda_error *err)
{
    const char *value = header->value != NULL ? header->value : "";

    if (header->name == NULL || !is_token(header->name))
        return keda_error_set(err, KEDA_EINVAL, "header: not a name");
    if (!is_header_value(value))
        return keda_error_set(err, KEDA_EINVAL, "header %s: control characters in the value",
                              header->name);
    /* curl's form of an empty value; "Name:" would mean: do not send it. */
    if (*value == '\0')
        return append_secretly(headers, header->name, ";", "", err);
    return append_secretly(headers, header->name, ": ", value, err);
}

static bool has_header(const keda_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->nheaders; i++) {
        if (text_equal_nocase(request->headers[i].name, name))
            return true;
    }
    return false;
}

static keda_status set_headers(keda_http_call *call, const keda_http_request *request,
                               keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < request->nheaders; i++)
        rc = add_header(&call->headers, &request->headers[i], err);
    if (rc == KEDA_OK && request->bearer != NULL && !is_header_value(request->bearer))
        rc = keda_error_set(err, KEDA_EINVAL, "bearer token: control characters");
    if (rc == KEDA_OK && request->bearer != NULL)
        rc =
            append_secretly(&call->headers, "Authorization", ": Bearer ", request->bearer, err);
    /* Not curl's idea of a form, and no round trip to ask whether a body is welcome. */
    if (rc == KEDA_OK && request->body != NULL && !has_header(request, "Content-Type"))
        rc = append(&call->headers, "Content-Type:", err);
    if (rc == KEDA_OK && request->body != NULL && !has_header(request, "Expect"))
        rc = append(&call->headers, "Expect:", err);
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    return rc;
}

/* ---- method and body ------------------------------------------------------------------------ */

static keda_status set_body(keda_http_call *call, const keda_http_request *request,
                            keda_error *err)
{
    CURLcode rc;

    (void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                           (curl_off_t)request->body_size);
    rc = curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, request->body);
    return rc == CURLE_OK ? KEDA_OK : no_memory(err);
}

static keda_status set_method(keda_http_call *call, const keda_http_request *request,
                              keda_error *err)
{
    const char *method = request_method(request);
    keda_status rc = KEDA_OK;

    if (!is_token(method))
        return keda_error_set(err, KEDA_EINVAL, "method: not a name");
    call->has_body = request->body != NULL;
    if (call->has_body)
        rc = set_body(call, request, err);
    else if (text_equal(method, "HEAD"))
        (void)curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
    else
        (void)curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    if (rc == KEDA_OK &&
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK)
        rc = no_memory(err);
    return rc;
}

/* ---- the whole ------------------------------------------------------------------------------ */

keda_status request_apply_address(keda_http_call *call, keda_error *err)
{
    const http_address *to = &call->address;
    const bool is_h2c = !to->is_tls && call->is_http2_prior;
    const bool is_alone =
        call->http->is_keep_alive_off || (is_h2c && !call->http->can_share_h2c);
    long version = CURL_HTTP_VERSION_1_1;
    keda_status rc;

    if (to->is_tls)
        version = CURL_HTTP_VERSION_2TLS;
    else if (is_h2c)
        version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, version);
    (void)curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, is_alone ? 1L : 0L);
    (void)curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, is_alone ? 1L : 0L);
    /* Where streams can share a connection, rather wait for it than open a second one. */
    (void)curl_easy_setopt(call->easy, CURLOPT_PIPEWAIT,
                           (to->is_tls || is_h2c) && !is_alone ? 1L : 0L);
    if (to->is_tls && call->server_name != NULL &&
        (rc = server_name_apply(call, err)) != KEDA_OK)
        return rc;
    if (curl_easy_setopt(call->easy, CURLOPT_PROXY, pool_proxy(call->http, to->is_tls)) !=
            CURLE_OK ||
        curl_easy_setopt(call->easy, CURLOPT_CURLU,
                         call->asked != NULL ? call->asked : to->parts) != CURLE_OK)
        return no_memory(err);
    if (to->user != NULL || to->password != NULL) {
        const char *user = to->user != NULL ? to->user : "";
        const char *password = to->password != NULL ? to->password : "";

        if (curl_easy_setopt(call->easy, CURLOPT_USERNAME, user) != CURLE_OK ||
            curl_easy_setopt(call->easy, CURLOPT_PASSWORD, password) != CURLE_OK)
            return no_memory(err);
    }
    return KEDA_OK;
}

static keda_status set_behaviour(keda_http_call *call, keda_error *err)
{
    const keda_http *http = call->http;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1},     /* a call that ends does not wait for a resolver thread */
        {CURLOPT_FOLLOWLOCATION, 0}, /* redirect.c does it, and drops credentials */
        {CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC},
        {CURLOPT_MAXAGE_CONN, (long)((http->idle_ms + 999) / 1000)},
        {CURLOPT_TCP_KEEPALIVE, 1}, /* for streams, which any connection may come to carry */
        {CURLOPT_TCP_KEEPIDLE, 30},
        {CURLOPT_TCP_KEEPINTVL, 15},
    };
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_NOPROXY, http->no_proxy},
        {CURLOPT_USERAGENT, "libkeda/" KEDA_VERSION},
        /* A stream's pieces come when they are sent, not when enough is there to compress. */
        {CURLOPT_ACCEPT_ENCODING, call->stream.piece == NULL ? http->encoding : NULL},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)curl_easy_setopt(call->easy, numbers[i].option, numbers[i].value);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (curl_easy_setopt(call->easy, texts[i].option, texts[i].value) != CURLE_OK)
            return no_memory(err);
    }
    return KEDA_OK;
}

keda_status request_apply(keda_http_call *call, const keda_http_request *request,
                          keda_error *err)
{
    keda_status rc;

    if ((rc = http_address_parse(&call->address, request->url, err)) != KEDA_OK)
        return rc;
    if ((rc = set_behaviour(call, err)) != KEDA_OK)
        return rc;
    if ((rc = set_method(call, request, err)) != KEDA_OK)
        return rc;
    if ((rc = set_headers(call, request, err)) != KEDA_OK)
        return rc;
    if ((rc = server_name_take(call, request->tls, err)) != KEDA_OK)
        return rc;
    if ((rc = request_apply_address(call, err)) != KEDA_OK)
        return rc;
    if (request->username != NULL &&
        (curl_easy_setopt(call->easy, CURLOPT_USERNAME, request->username) != CURLE_OK ||
         curl_easy_setopt(call->easy, CURLOPT_PASSWORD,
                          request->password != NULL ? request->password : "") != CURLE_OK))
        return no_memory(err);
    return http_tls_apply(call->http->tls, request->tls, call->easy, err);
}

/* ---- taking things out ---------------------------------------------------------------------- */

static bool is_named(const char *line, const char *name)
{
    const size_t n = strlen(name);

    return strncasecmp(line, name, n) == 0 && (line[n] == ':' || line[n] == ';');
}

static bool stays(const char *line, int what)
{
    bool is_harmless = false;

    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        is_harmless = is_harmless || is_named(line, harmless[i]);
    if ((what & REQUEST_DROP_CREDENTIALS) && !is_harmless)
        return false;
    return !(what & REQUEST_DROP_BODY) || strncasecmp(line, "Content-", 8) != 0;
}

static keda_status strip_headers(keda_http_call *call, int what, keda_error *err)
{
    struct curl_slist *kept = NULL;

    for (const struct curl_slist *h = call->headers; h != NULL; h = h->next) {
        if (stays(h->data, what) && append(&kept, h->data, err) != KEDA_OK) {
            request_free_headers(kept);
            return KEDA_ENOMEM;
        }
    }
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, kept);
    request_free_headers(call->headers);
    call->headers = kept;
    return KEDA_OK;
}

keda_status request_strip(keda_http_call *call, int what, keda_error *err)
{
    if (what & REQUEST_DROP_BODY) {
        /* First: it would make a POST of it again. */
        (void)curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
        (void)curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, NULL);
        call->has_body = false;
    }
    if (what & REQUEST_DROP_CREDENTIALS) {
        server_name_forget(call);
        (void)curl_easy_setopt(call->easy, CURLOPT_USERNAME, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_PASSWORD, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_SSLCERT_BLOB, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_SSLKEY_BLOB, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_KEYPASSWD, NULL);
    }
    return what != 0 ? strip_headers(call, what, err) : KEDA_OK;
}
