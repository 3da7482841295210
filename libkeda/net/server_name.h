/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_name of keda_http_tls: expecting another name than the URL's host, which is still the one that is
 * asked. For request.c and http.c.
 */
#ifndef NET_SERVER_NAME_H
#define NET_SERVER_NAME_H

#include "net/pool.h"

/* Keeps the name that tls (may be NULL) gives. Errors: KEDA_ENOMEM. */
keda_status server_name_take(keda_http_call *call, const keda_http_tls *tls, keda_error *err);

/* Sets call->asked and what curl needs beside it, for call->address. Only with a name, and while curl does
 * not use the handle. Errors: KEDA_EINVAL for the name; KEDA_ENOMEM. */
keda_status server_name_apply(keda_http_call *call, keda_error *err);

/* The server is known by the address again. Only while curl does not use the handle. */
void server_name_forget(keda_http_call *call);

#endif
