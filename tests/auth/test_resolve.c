/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of parameters (libkeda/auth/resolve.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "auth/resolve.h"
#include "base/buf.h"

static keda_param secret_items[] = {{"pw", "hush"}, {"user", "me"}};
static const keda_map secret = {secret_items, 2};
static keda_map out;
static keda_buf missing;

static const keda_map *object(auth_from from, const char *name, void *user)
{
    (void)user;
    return from == AUTH_FROM_SECRET && strcmp(name, "keys") == 0 ? &secret : NULL;
}

static const char *variable(const char *name, void *user)
{
    (void)user;
    return strcmp(name, "SET") == 0 ? "from-env" : NULL;
}

static void on_missing(const auth_want *want, const char *message, void *user)
{
    (void)user;
    cr_assert_eq(buf_printf(&missing, "%s|%s\n", want->parameter, message), KEDA_OK);
}

static const auth_sources sources = {.object = object, .variable = variable};

static void fini(void)
{
    auth_map_clear(&out);
    keda_buf_clear(&missing);
}

TestSuite(resolve, .fini = fini);

Test(resolve, takes_values_from_all_sources)
{
    const auth_want wants[] = {{AUTH_FROM_ENV, "a", "SET", NULL},
                               {AUTH_FROM_SECRET, "b", "keys", "pw"}};
    cr_assert_eq(auth_resolve(&out, wants, 2, &sources, on_missing, NULL, NULL), KEDA_OK);
    cr_assert_eq(out.count, 2);
    cr_expect_str_eq(out.items[0].value, "from-env");
    cr_expect_str_eq(out.items[1].value, "hush");
    cr_expect_null(missing.data);
}

Test(resolve, lets_the_later_source_win)
{
    const auth_want wants[] = {{AUTH_FROM_ENV, "a", "SET", NULL},
                               {AUTH_FROM_SECRET, "a", "keys", "user"}};
    cr_assert_eq(auth_resolve(&out, wants, 2, &sources, on_missing, NULL, NULL), KEDA_OK);
    cr_assert_eq(out.count, 1);
    cr_expect_str_eq(out.items[0].value, "me");
}

Test(resolve, names_parameter_and_source_of_what_is_missing)
{
    const auth_want wants[] = {{AUTH_FROM_ENV, "a", "UNSET", NULL},
                               {AUTH_FROM_SECRET, "b", "none", "pw"},
                               {AUTH_FROM_SECRET, "c", "keys", "nokey"},
                               {AUTH_FROM_CONFIG_MAP, "d", "keys", "pw"}};
    cr_assert_eq(auth_resolve(&out, wants, 4, &sources, on_missing, NULL, NULL), KEDA_OK);
    cr_expect_eq(out.count, 0);
    cr_expect_str_eq(missing.data, "a|parameter \"a\": environment variable UNSET is not set\n"
                                   "b|parameter \"b\": there is no Secret none\n"
                                   "c|parameter \"c\": Secret keys has no key \"nokey\"\n"
                                   "d|parameter \"d\": there is no ConfigMap keys\n");
    cr_expect_null(strstr(missing.data, "hush"));
}
