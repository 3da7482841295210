/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters by which trigger types authenticate to an HTTP server, as one nested table (spec:
 * scalers-core 2.3), and what the common ones put into a request.
 */
#ifndef NET_HTTP_AUTH_H
#define NET_HTTP_AUTH_H

#include <keda/http.h>

enum { HTTP_AUTH_NFIELDS = 17 };

typedef enum http_auth_place {
    HTTP_AUTH_IN_HEADER = 0,
    HTTP_AUTH_IN_QUERY = 1
} http_auth_place;

typedef struct http_auth {
    keda_string_list modes; /* empty: no authentication, and nothing else counts */
    char *bearer_token, *username, *password;
    char *cert, *key, *ca;
    char *custom_header, *custom_value;
    char *api_key, *api_key_name;
    int32_t api_key_place; /* an http_auth_place */
    char *oauth_token_url, *client_id, *client_secret;
    keda_string_list scopes;
    keda_map endpoint_params;
} http_auth;

/* For KEDA_FIELD_GROUP with KEDA_OPTIONAL. */
extern const keda_field http_auth_fields[HTTP_AUTH_NFIELDS];

/* "basic", "tls", ... */
bool http_auth_has(const http_auth *auth, const char *mode);
/* What each mode needs. Errors: KEDA_EINVAL. */
KEDA_MUST_USE keda_status http_auth_check(const http_auth *auth, keda_error *err);

/* Name and password, or the token, of basic and bearer; borrowed from auth. */
void http_auth_login(const http_auth *auth, keda_http_request *request);
/* Certificate and authority; borrowed from auth. */
keda_http_tls http_auth_tls(const http_auth *auth, bool is_unsafe);

#endif
