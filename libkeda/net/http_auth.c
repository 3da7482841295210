/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of authentication parameters and its rules. Tokens of OAuth2 are not fetched here.
 */
#include "net/http_auth.h"

#include <string.h>

static const char *const modes[] = {"apiKey", "basic", "tls", "bearer",
                                    "custom", "oauth", NULL};
static const char *const logins[] = {"bearer", "basic", "oauth", NULL};
static const char *const places[] = {"header", "query", NULL};

/* clang-format off */
const keda_field http_auth_fields[HTTP_AUTH_NFIELDS] = {
    KEDA_FIELD_STRING_LIST(struct http_auth, modes, .name = "authModes", .alias = {"authMode"},
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .allowed = modes, .exclusive = logins,
        .help = "How to authenticate; at most one of bearer, basic and oauth."),
    KEDA_FIELD_STRING(struct http_auth, bearer_token, .name = "bearerToken", .alias = {"token"},
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Token of mode bearer."),
    KEDA_FIELD_STRING(struct http_auth, username, .name = "username",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "User of mode basic."),
    KEDA_FIELD_STRING(struct http_auth, password, .name = "password",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Password of mode basic; may be empty."),
    KEDA_FIELD_STRING(struct http_auth, cert, .name = "cert",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Client certificate of mode tls, as PEM."),
    KEDA_FIELD_STRING(struct http_auth, key, .name = "key",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Its private key, as PEM."),
    KEDA_FIELD_STRING(struct http_auth, ca, .name = "ca",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Authorities to trust besides the system's, as PEM."),
    KEDA_FIELD_STRING(struct http_auth, custom_header, .name = "customAuthHeader",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Header of mode custom."),
    KEDA_FIELD_STRING(struct http_auth, custom_value, .name = "customAuthValue",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Value of that header."),
    KEDA_FIELD_STRING(struct http_auth, api_key, .name = "apiKey",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Key of mode apiKey."),
    KEDA_FIELD_CHOICE(struct http_auth, api_key_place, .name = "method",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .allowed = places, .fallback = "header",
        .help = "Where that key goes: a header or the query."),
    KEDA_FIELD_STRING(struct http_auth, api_key_name, .name = "keyParamName",
        .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Name of that header or query parameter instead of X-API-KEY or api_key."),
    KEDA_FIELD_STRING(struct http_auth, oauth_token_url, .name = "oauthTokenURI",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Where mode oauth gets its tokens."),
    KEDA_FIELD_STRING(struct http_auth, client_id, .name = "clientID",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Client of mode oauth."),
    KEDA_FIELD_STRING(struct http_auth, client_secret, .name = "clientSecret",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Its secret."),
    KEDA_FIELD_STRING_LIST(struct http_auth, scopes, .name = "scopes", .alias = {"scope"},
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL,
        .help = "Scopes to ask for."),
    KEDA_FIELD_URL_VALUES(struct http_auth, endpoint_params, .name = "endpointParams",
        .from = {KEDA_FROM_AUTH}, .flags = KEDA_OPTIONAL | KEDA_SECRET,
        .help = "Further parameters of the request for a token, as a query."),
};
/* clang-format on */

bool http_auth_has(const http_auth *auth, const char *mode)
{
    for (size_t i = 0; i < auth->modes.count; i++)
        if (strcmp(auth->modes.items[i], mode) == 0)
            return true;
    return false;
}

static keda_status need(const http_auth *auth, const char *mode, const char *value,
                        const char *name, keda_error *err)
{
    if (!http_auth_has(auth, mode) || (value != NULL && value[0] != '\0'))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EINVAL, "authModes: %s needs %s", mode, name);
}

keda_status http_auth_check(const http_auth *auth, keda_error *err)
{
    const struct {
        const char *mode, *value, *name;
    } needs[] = {
        {"bearer", auth->bearer_token, "bearerToken"},
        {"basic", auth->username, "username"},
        {"tls", auth->cert, "cert"},
        {"tls", auth->key, "key"},
        {"custom", auth->custom_header, "customAuthHeader"},
        {"custom", auth->custom_value, "customAuthValue"},
        {"apiKey", auth->api_key, "apiKey"},
        {"oauth", auth->oauth_token_url, "oauthTokenURI"},
        {"oauth", auth->client_id, "clientID"},
    };
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < sizeof needs / sizeof needs[0]; i++)
        rc = need(auth, needs[i].mode, needs[i].value, needs[i].name, err);
    return rc;
}

void http_auth_login(const http_auth *auth, keda_http_request *request)
{
    if (http_auth_has(auth, "basic")) {
        request->username = auth->username;
        request->password = auth->password != NULL ? auth->password : "";
    } else if (http_auth_has(auth, "bearer")) {
        request->bearer = auth->bearer_token;
    }
}

keda_http_tls http_auth_tls(const http_auth *auth, bool is_unsafe)
{
    const bool is_on = auth->modes.count > 0, has_client = http_auth_has(auth, "tls");

    return (keda_http_tls){
        .struct_size = sizeof(keda_http_tls),
        .ca = is_on ? auth->ca : NULL,
        .cert = has_client ? auth->cert : NULL,
        .key = has_client ? auth->key : NULL,
        .is_unsafe = is_unsafe,
    };
}
