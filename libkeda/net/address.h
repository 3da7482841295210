/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs: taken apart, without their credentials, and compared for whether credentials may follow a
 * redirect. Does no I/O. For the other files of this room, and for messages anywhere.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

#include <keda/error.h>

#include <curl/curl.h>

typedef struct http_address {
    CURLU *parts; /* without user, password and fragment */
    bool is_tls;
    char *user, *password; /* decoded; NULL: none */
} http_address;

/* Errors: KEDA_EINVAL, without quoting the URL; KEDA_ENOMEM. */
keda_status http_address_parse(http_address *out, const char *url, keda_error *err);
void http_address_clear(http_address *address);

/* Whether what was meant for `from` may be sent to `to`: the same host, scheme and port, or that
 * host's https on its usual port after http on its usual port. */
bool http_address_is_trusted(const http_address *from, const http_address *to);

/* "scheme://host:port/path" for people: no credentials, no query, where keys may be. Truncates;
 * an URL that cannot be read becomes "(unreadable URL)". */
void http_address_label(const char *url, char *out, size_t size);

#endif
