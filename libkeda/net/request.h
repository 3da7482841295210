/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a keda_http_request to curl's options, and what of them must go when a redirect leads
 * elsewhere. Sends nothing. For http.c and redirect.c.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "net/pool.h"

/* The request as this version knows it; members past the caller's size are zero. Errors:
 * KEDA_EINVAL without an URL. */
keda_status request_read(keda_http_request *out, const keda_http_request *given,
                         keda_error *err);

/* Method as it will be sent. */
const char *request_method(const keda_http_request *request);

/* Sets everything on call->easy, and call->headers, call->address. Errors: KEDA_EINVAL,
 * KEDA_ENOMEM, KEDA_EUNSUPPORTED; the call is then good for nothing but to be freed. */
keda_status request_apply(keda_http_call *call, const keda_http_request *request,
                          keda_error *err);

/* Sets URL, server name, user, password and protocol version for call->address. Errors: KEDA_EINVAL for
 * the name; KEDA_ENOMEM. */
keda_status request_apply_address(keda_http_call *call, keda_error *err);

enum {
    REQUEST_DROP_BODY = 1,       /* the next hop is a GET */
    REQUEST_DROP_CREDENTIALS = 2 /* the next hop is not trusted */
};
/* Takes body or credentials out of the options. Errors: KEDA_ENOMEM. */
keda_status request_strip(keda_http_call *call, int what, keda_error *err);

void request_free_headers(struct curl_slist *headers); /* wipes them */

#endif
