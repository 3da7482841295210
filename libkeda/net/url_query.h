/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of a URL: adding a parameter, as Go's net/url does it (decoded, sorted by name, encoded
 * again).
 */
#ifndef NET_URL_QUERY_H
#define NET_URL_QUERY_H

#include <keda/error.h>

/* Appends one value in query encoding: a blank is "+". Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status url_query_escape(keda_buf *out, const char *text, size_t size);

/* Appends the URL with name=value in its query, in place of all of that name; pieces that cannot be
 * decoded are dropped. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status url_query_set(keda_buf *out, const char *url, const char *name,
                                        const char *value);

#endif
