/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs by curl's own parser, so that what is checked here is what curl will ask.
 */
#include "net/address.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

static keda_status refuse(keda_error *err, CURLUcode why)
{
    if (why == CURLUE_OUT_OF_MEMORY)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return keda_error_set(err, KEDA_EINVAL, "URL: %s", curl_url_strerror(why));
}

/* One part as our own string; an absent one stays NULL. */
static CURLUcode take_part(char **out, CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    CURLUcode rc = curl_url_get(parts, part, &text, CURLU_URLDECODE);

    if (rc == CURLUE_NO_USER || rc == CURLUE_NO_PASSWORD)
        return CURLUE_OK;
    if (rc != CURLUE_OK)
        return rc;
    *out = mem_strdup(text);
    mem_wipe(text, strlen(text));
    curl_free(text);
    return *out != NULL ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

static CURLUcode take_credentials(http_address *address)
{
    CURLUcode rc = take_part(&address->user, address->parts, CURLUPART_USER);

    if (rc == CURLUE_OK)
        rc = take_part(&address->password, address->parts, CURLUPART_PASSWORD);
    (void)curl_url_set(address->parts, CURLUPART_USER, NULL, 0);
    (void)curl_url_set(address->parts, CURLUPART_PASSWORD, NULL, 0);
    (void)curl_url_set(address->parts, CURLUPART_FRAGMENT, NULL, 0);
    return rc;
}

keda_status http_address_parse(http_address *out, const char *url, keda_error *err)
{
    http_address address = {.is_tls = strncasecmp(url, "https://", 8) == 0};
    CURLUcode why;

    if (!address.is_tls && strncasecmp(url, "http://", 7) != 0)
        return keda_error_set(err, KEDA_EINVAL, "URL: neither http nor https");
    address.parts = curl_url();
    if (address.parts == NULL)
        return refuse(err, CURLUE_OUT_OF_MEMORY);
    why = curl_url_set(address.parts, CURLUPART_URL, url, 0);
    if (why == CURLUE_OK)
        why = take_credentials(&address);
    if (why != CURLUE_OK) {
        http_address_clear(&address);
        return refuse(err, why);
    }
    *out = address;
    return KEDA_OK;
}

void http_address_clear(http_address *address)
{
    curl_url_cleanup(address->parts);
    mem_free_secret(address->user);
    mem_free_secret(address->password);
    *address = (http_address){0};
}

/* Equal and known; both texts are freed. */
static bool is_same(char *a, char *b)
{
    const bool same = a != NULL && text_equal_nocase(a, b);

    curl_free(a);
    curl_free(b);
    return same;
}

/* NULL when memory is out, which then equals nothing. */
static char *part_of(const http_address *address, CURLUPart part)
{
    char *text = NULL;

    (void)curl_url_get(address->parts, part, &text, CURLU_DEFAULT_PORT);
    return text;
}

static bool has_usual_port(const http_address *address)
{
    char *port = part_of(address, CURLUPART_PORT);
    const bool is_usual = text_equal(port, address->is_tls ? "443" : "80");

    curl_free(port);
    return is_usual;
}

bool http_address_is_trusted(const http_address *from, const http_address *to)
{
    if (!is_same(part_of(from, CURLUPART_HOST), part_of(to, CURLUPART_HOST)))
        return false;
    if (from->is_tls == to->is_tls)
        return is_same(part_of(from, CURLUPART_PORT), part_of(to, CURLUPART_PORT));
    return to->is_tls && has_usual_port(from) && has_usual_port(to);
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
