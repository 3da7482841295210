/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What answers mean: Retry-After, the status as a keda_status, curl's failures.
 */
#include "net/reply.h"

#include <criterion/criterion.h>

#include <stdint.h>

Test(reply, reads_retry_after_as_seconds_or_date)
{
    const int64_t noon = 1769860800000; /* 2026-01-31T12:00:00Z */
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"120", 120000},
        {"-1", -1},
        {"9223372036854775807", INT64_MAX},
        {"99999999999999999999", -1},
        {"Sat, 31 Jan 2026 12:02:00 GMT", 120000},
        {"Saturday, 31-Jan-26 12:02:00 GMT", 120000},
        {"Sat Jan 31 12:02:00 2026", 120000},
        {"Sat, 31 Jan 2026 11:00:00 GMT", 0},
        {"soon", -1},
        {"", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(http_retry_after_ms(cases[i].value, noon), cases[i].ms, "%s: %lld",
                     cases[i].value, (long long)http_retry_after_ms(cases[i].value, noon));
}

Test(reply, maps_the_status_for_the_caller)
{
    static const struct {
        int32_t status;
        keda_status code;
        const char *what, *text;
    } cases[] = {
        {200, KEDA_OK, "GET x", ""},
        {299, KEDA_OK, "GET x", ""},
        {199, KEDA_EUNAVAILABLE, "GET x", "GET x: 199"},
        {301, KEDA_EUNAVAILABLE, "GET x", "GET x: 301 Moved Permanently"},
        {401, KEDA_EAUTH, "GET x", "GET x: 401 Unauthorized"},
        {403, KEDA_EAUTH, NULL, "403 Forbidden"},
        {404, KEDA_ENOTFOUND, "GET x", "GET x: 404 Not Found"},
        {429, KEDA_ELIMIT, "GET x", "GET x: 429 Too Many Requests"},
        {400, KEDA_EUNAVAILABLE, "GET x", "GET x: 400 Bad Request"},
        {503, KEDA_EUNAVAILABLE, "GET x", "GET x: 503 Service Unavailable"},
        {999, KEDA_EUNAVAILABLE, "GET x", "GET x: 999"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const keda_http_reply reply = {
            .struct_size = sizeof reply, .status = cases[i].status, .retry_after_ms = 5000};
        keda_error err = KEDA_ERROR_INIT;

        cr_expect_eq(keda_http_check(&reply, cases[i].what, &err), cases[i].code);
        cr_expect_str_eq(err.text, cases[i].text);
        if (cases[i].code != KEDA_OK) {
            cr_expect_eq(err.http_status, cases[i].status);
            cr_expect_eq(err.retry_after_ms, 5000);
        }
        cr_expect_eq(keda_http_check(&reply, NULL, NULL), cases[i].code);
    }
}

Test(reply, made_by_hand_has_no_headers)
{
    const keda_http_reply reply = {.struct_size = sizeof reply, .status = 200};

    cr_expect_null(keda_http_header(&reply, "Content-Type"));
}

Test(reply, says_why_there_is_none)
{
    static const struct {
        CURLcode result;
        keda_status code;
    } cases[] = {
        {CURLE_COULDNT_CONNECT, KEDA_EUNAVAILABLE},
        {CURLE_COULDNT_RESOLVE_HOST, KEDA_EUNAVAILABLE},
        {CURLE_GOT_NOTHING, KEDA_EUNAVAILABLE},
        {CURLE_OPERATION_TIMEDOUT, KEDA_ETIMEOUT},
        {CURLE_OUT_OF_MEMORY, KEDA_ENOMEM},
        {CURLE_PEER_FAILED_VERIFICATION, KEDA_EAUTH},
        {CURLE_SSL_CERTPROBLEM, KEDA_EAUTH},
        {CURLE_WEIRD_SERVER_REPLY, KEDA_EPROTOCOL},
    };
    keda_error err = KEDA_ERROR_INIT;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(http_transfer_error(cases[i].result, "", &err), cases[i].code);
        cr_expect_str_eq(err.text, curl_easy_strerror(cases[i].result));
    }
    cr_expect_eq(http_transfer_error(CURLE_RECV_ERROR, "Recv failure", &err),
                 KEDA_EUNAVAILABLE);
    cr_expect_str_eq(err.text, "Recv failure");
    cr_expect_eq(http_transfer_error(CURLE_URL_MALFORMAT, "No URL set", &err), KEDA_ENOMEM);
    cr_expect_str_eq(err.text, curl_easy_strerror(CURLE_OUT_OF_MEMORY));
    cr_expect_eq(http_transfer_error(CURLE_URL_MALFORMAT, "Bad host", &err), KEDA_EINVAL);
}
