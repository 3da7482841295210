/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs by curl's own parser, so that what is checked here is what curl will ask.
 */
#include "net/address.h"

#include "base/mem.h"
#include "base/text.h"

#include <curl/curl.h>

#include <stdio.h>
#include <string.h>

static keda_status refuse(keda_error *err, CURLUcode why)
{
    if (why == CURLUE_OUT_OF_MEMORY)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return keda_error_set(err, KEDA_EINVAL, "URL: %s", curl_url_strerror(why));
}

/* One part as our own string; an absent user or password stays NULL. */
static CURLUcode take_part(char **out, CURLU *parts, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    CURLUcode rc = curl_url_get(parts, part, &text, flags);

    if (rc == CURLUE_NO_USER || rc == CURLUE_NO_PASSWORD)
        return CURLUE_OK;
    if (rc != CURLUE_OK)
        return rc;
    *out = mem_strdup(text);
    if (part == CURLUPART_PASSWORD)
        mem_wipe(text, strlen(text));
    curl_free(text);
    return *out != NULL ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static CURLUcode take_parts(http_address *out, CURLU *parts)
{
    static const struct {
        CURLUPart part;
        size_t offset;
        unsigned flags;
    } wanted[] = {
        {CURLUPART_USER, offsetof(http_address, user), CURLU_URLDECODE},
        {CURLUPART_PASSWORD, offsetof(http_address, password), CURLU_URLDECODE},
        {CURLUPART_SCHEME, offsetof(http_address, scheme), 0},
        {CURLUPART_HOST, offsetof(http_address, host), 0},
        {CURLUPART_PORT, offsetof(http_address, port), CURLU_DEFAULT_PORT},
    };
    CURLUcode rc = CURLUE_OK;

    for (size_t i = 0; rc == CURLUE_OK && i < sizeof wanted / sizeof wanted[0]; i++) {
        char **member = (char **)(void *)((char *)out + wanted[i].offset);
        rc = take_part(member, parts, wanted[i].part, wanted[i].flags);
    }
    if (rc != CURLUE_OK)
        return rc;
    (void)curl_url_set(parts, CURLUPART_USER, NULL, 0);
    (void)curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
    (void)curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    return take_part(&out->url, parts, CURLUPART_URL, 0);
}

keda_status http_address_parse(http_address *out, const char *url, keda_error *err)
{
    http_address address = {0};
    CURLU *parts = curl_url();
    CURLUcode why;
    keda_status rc = KEDA_OK;

    if (parts == NULL)
        return refuse(err, CURLUE_OUT_OF_MEMORY);
    why = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (why == CURLUE_OK)
        why = take_parts(&address, parts);
    if (why != CURLUE_OK)
        rc = refuse(err, why);
    else if (!text_equal(address.scheme, "http") && !text_equal(address.scheme, "https"))
        rc = keda_error_set(err, KEDA_EINVAL, "URL: neither http nor https");
    curl_url_cleanup(parts);
    if (rc == KEDA_OK)
        *out = address;
    else
        http_address_clear(&address);
    return rc;
}

void http_address_clear(http_address *address)
{
    mem_free(address->url);
    mem_free_secret(address->user);
    mem_free_secret(address->password);
    mem_free(address->scheme);
    mem_free(address->host);
    mem_free(address->port);
    *address = (http_address){0};
}

bool http_address_is_trusted(const http_address *from, const http_address *to)
{
    if (!text_equal_nocase(from->host, to->host))
        return false;
    if (text_equal(from->scheme, to->scheme))
        return text_equal(from->port, to->port);
    return text_equal(from->scheme, "http") && text_equal(from->port, "80") &&
           text_equal(to->scheme, "https") && text_equal(to->port, "443");
}

void http_address_label(const char *url, char *out, size_t size)
{
    CURLU *parts = curl_url();
    char *text = NULL;

    if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK) {
        (void)curl_url_set(parts, CURLUPART_USER, NULL, 0);
        (void)curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
        (void)curl_url_set(parts, CURLUPART_QUERY, NULL, 0);
        (void)curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
        (void)curl_url_get(parts, CURLUPART_URL, &text, 0);
    }
    (void)text_copy(out, size, text != NULL ? text : "(unreadable URL)");
    curl_free(text);
    curl_url_cleanup(parts);
}
