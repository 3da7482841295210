/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS material of requests: checked once, then handed to curl. PEM texts in, curl options out; the
 * handshake itself is curl's. `http_tls_check` is also for scalers, which refuse bad material when
 * they are opened.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <keda/http.h>

#include <curl/curl.h>

typedef struct http_tls_store http_tls_store; /* roots of a pool, and what was checked before */

/* dirs: folders of PEM files whose certificates are roots too; missing folders and other files are
 * skipped. min_version as in keda_http_tls. Errors: KEDA_EINVAL for the version; KEDA_ENOMEM. */
keda_status http_tls_store_new(http_tls_store **out, const char *const *dirs, size_t ndirs,
                               int32_t min_version, keda_error *err);
void http_tls_store_free(http_tls_store *store);

/* Sets the TLS options of a request; tls NULL: verification by the roots. Errors: KEDA_EINVAL. */
keda_status http_tls_apply(http_tls_store *store, const keda_http_tls *tls, CURL *easy,
                           keda_error *err);

/* The name to expect instead of the URL's host, borrowed from tls (may be NULL); NULL: none. */
const char *http_tls_server_name(const keda_http_tls *tls);

/* Whether a CA text holds a certificate, the key can be read with its password and belongs to the
 * client certificate. Errors: KEDA_EINVAL, which quotes nothing. */
keda_status http_tls_check(const keda_http_tls *tls, keda_error *err);

#endif
