/* SPDX-License-Identifier: Apache-2.0 */
/* Adding a parameter to the query of a URL. */
#include <criterion/criterion.h>

#include "net/url_query.h"
#include "support/failing_allocator.h"

Test(url_query, sets_a_parameter_and_sorts_by_name)
{
    static const struct {
        const char *url, *name, *value, *wanted;
    } rows[] = {
        {"http://h/p?b=1", "api_key", "k", "http://h/p?api_key=k&b=1"},
        {"http://h", "k", "a b&c", "http://h?k=a+b%26c"},
        {"http://h/?k=1&k=2&a", "k", "3", "http://h/?a=&k=3"},
        {"http://h/?x=1&a=b&x=0", "X", "\xc3\xa9~", "http://h/?X=%C3%A9~&a=b&x=1&x=0"},
        {"http://h/?a=%zz&b=%41+c&;d=1&&=e#f", "k", "", "http://h/?=e&b=A+c&k="},
        {"http://h/p#a?b", "k", "v", "http://h/p?k=v"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_buf out = {0};
        cr_assert_eq(url_query_set(&out, rows[i].url, rows[i].name, rows[i].value), KEDA_OK);
        cr_expect_str_eq(out.data, rows[i].wanted, "%s gave %s", rows[i].url, out.data);
        keda_buf_clear(&out);
    }
}

Test(url_query, survives_every_allocation_that_fails)
{
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        keda_buf out = {0};
        failing_allocator_set(n);
        const keda_status rc = url_query_set(&out, "http://h/?a=1&b=2", "k", "v");
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK);
        keda_buf_clear(&out);
        cr_assert_eq(failing_allocator_live(), 0);
        cr_assert_lt(n, 50);
    }
    failing_allocator_set(0);
}
