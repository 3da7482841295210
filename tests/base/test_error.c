/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and wrapping errors, names of statuses (libkeda/base/error.c, version.c). */
#include <criterion/criterion.h>

#include <string.h>

#include <keda/error.h>

Test(error, holds_what_was_set_and_nothing_else)
{
    keda_error err = KEDA_ERROR_INIT;
    err.http_status = 503;
    err.line = 3;
    err.retry_after_ms = 5;
    cr_assert_eq(keda_error_set(&err, KEDA_EINVAL, "bad %s", "thing"), KEDA_EINVAL);
    cr_expect_eq(err.code, KEDA_EINVAL);
    cr_expect_str_eq(err.text, "bad thing");
    cr_expect_eq(err.http_status, 0);
    cr_expect_eq(err.line, 0);
    cr_expect_eq(err.retry_after_ms, -1);
}

Test(error, wraps_in_front_and_keeps_the_code)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_error_set(&err, KEDA_EAUTH, "401");
    err.http_status = 401;
    cr_assert_eq(keda_error_wrap(&err, KEDA_EAUTH, "GET %s", "/stats"), KEDA_EAUTH);
    cr_assert_eq(keda_error_wrap(&err, KEDA_EINVAL, "orders"), KEDA_EINVAL);
    cr_expect_str_eq(err.text, "orders: GET /stats: 401");
    cr_expect_eq(err.code, KEDA_EAUTH);
    cr_expect_eq(err.http_status, 401);
}

Test(error, takes_the_code_when_wrapping_nothing)
{
    keda_error err = {0};
    cr_assert_eq(keda_error_wrap(&err, KEDA_ETIMEOUT, "poll"), KEDA_ETIMEOUT);
    cr_expect_eq(err.code, KEDA_ETIMEOUT);
    cr_expect_str_eq(err.text, "poll");
}

Test(error, may_be_made_from_its_own_text)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_error_set(&err, KEDA_EINVAL, "cause");
    keda_error_set(&err, KEDA_ELIMIT, "new %s", err.text);
    cr_expect_str_eq(err.text, "new cause");
}

Test(error, accepts_null)
{
    cr_expect_eq(keda_error_set(NULL, KEDA_ENOMEM, "x"), KEDA_ENOMEM);
    cr_expect_eq(keda_error_wrap(NULL, KEDA_ENOMEM, "x"), KEDA_ENOMEM);
    keda_error_clear(NULL);
}

Test(error, cuts_a_long_text_between_characters)
{
    keda_error err = KEDA_ERROR_INIT;
    char text[700];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    text[698] = '\0';
    keda_error_set(&err, KEDA_EINVAL, "x%s", text);
    cr_expect_eq(strlen(err.text), 511);
    keda_error_set(&err, KEDA_EINVAL, "%s", text);
    cr_expect_eq(strlen(err.text), 510);
    keda_error_wrap(&err, KEDA_EINVAL, "outer");
    cr_expect_eq(strncmp(err.text, "outer: \xc3\xa4", 9), 0);
    cr_expect_leq(strlen(err.text), 511);
}

Test(error, clears_to_no_error)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_error_set(&err, KEDA_EINVAL, "x");
    keda_error_clear(&err);
    cr_expect_eq(err.code, KEDA_OK);
    cr_expect_str_empty(err.text);
    cr_expect_eq(err.retry_after_ms, -1);
}

Test(version, names_every_status)
{
    for (int32_t status = KEDA_OK; status <= KEDA_EINTERNAL; status++)
        cr_expect_str_neq(keda_status_name(status), "unknown");
    cr_expect_str_eq(keda_status_name(KEDA_EUNAVAILABLE), "EUNAVAILABLE");
    cr_expect_str_eq(keda_status_name(-1), "unknown");
    cr_expect_str_eq(keda_status_name(13), "unknown");
}

Test(version, answers_what_the_header_says)
{
    cr_expect_str_eq(keda_version(), KEDA_VERSION);
    cr_expect_eq(keda_abi_version(), KEDA_ABI_VERSION);
    cr_expect_not_null(keda_features());
}
