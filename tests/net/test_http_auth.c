/* SPDX-License-Identifier: Apache-2.0 */
/* What each way of authenticating needs, and what it puts into a request. */
#include <criterion/criterion.h>

#include <string.h>

#include "net/http_auth.h"

static char yes[] = "x", user[] = "u";

static http_auth with_mode(char *mode, char **items)
{
    items[0] = mode;
    return (http_auth){.modes = {items, 1}};
}

Test(http_auth, needs_what_its_mode_uses)
{
    static char modes[][8] = {"bearer", "basic", "tls", "custom", "apiKey", "oauth"};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char *items[1];
        keda_error err = KEDA_ERROR_INIT;
        http_auth auth = with_mode(modes[i], items);
        cr_expect_eq(http_auth_check(&auth, &err), KEDA_EINVAL, "%s", modes[i]);
        cr_expect(strstr(err.text, modes[i]) != NULL, "%s", err.text);
        auth.bearer_token = auth.username = auth.cert = auth.custom_header = auth.api_key =
            auth.oauth_token_url = yes;
        const bool needs_more = strcmp(modes[i], "tls") == 0 ||
                                strcmp(modes[i], "custom") == 0 ||
                                strcmp(modes[i], "oauth") == 0;
        cr_expect_eq(http_auth_check(&auth, NULL), needs_more ? KEDA_EINVAL : KEDA_OK, "%s",
                     modes[i]);
        auth.key = auth.custom_value = auth.client_id = yes;
        cr_expect_eq(http_auth_check(&auth, NULL), KEDA_OK, "%s", modes[i]);
    }
}

Test(http_auth, checks_nothing_without_a_mode)
{
    const http_auth auth = {.ca = yes};
    cr_expect_eq(http_auth_check(&auth, NULL), KEDA_OK);
    cr_expect_null(http_auth_tls(&auth, false).ca);
}

Test(http_auth, logs_in_by_name_or_token)
{
    static char basic[] = "basic", bearer[] = "bearer";
    char *items[1];
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_auth auth = with_mode(basic, items);
    auth.username = user;
    auth.bearer_token = yes;
    http_auth_login(&auth, &request);
    cr_expect_str_eq(request.username, "u");
    cr_expect_str_eq(request.password, "");
    cr_expect_null(request.bearer);
    items[0] = bearer;
    request = (keda_http_request)KEDA_HTTP_REQUEST_INIT;
    http_auth_login(&auth, &request);
    cr_expect_null(request.username);
    cr_expect_str_eq(request.bearer, "x");
}

Test(http_auth, shows_a_certificate_in_mode_tls_only)
{
    static char basic[] = "basic", tls[] = "tls";
    char *items[1];
    http_auth auth = with_mode(basic, items);
    auth.cert = auth.key = auth.ca = yes;
    cr_expect_null(http_auth_tls(&auth, false).cert);
    cr_expect_str_eq(http_auth_tls(&auth, false).ca, "x");
    items[0] = tls;
    cr_expect_str_eq(http_auth_tls(&auth, true).cert, "x");
    cr_expect_eq(http_auth_tls(&auth, true).is_unsafe, 1);
}
