/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs: what is taken out of them, when credentials may follow, what people get to see.
 */
#include "net/address.h"

#include "base/text.h"

#include <criterion/criterion.h>

#include <string.h>

Test(address, takes_credentials_out_of_a_url)
{
    static const struct {
        const char *given, *url, *user, *password;
        bool is_tls;
    } cases[] = {
        {"http://host/a?b=c#d", "http://host/a?b=c", NULL, NULL, false},
        {"https://u:p%40%3a@Host:8443", "https://Host:8443/", "u", "p@:", true},
        {"HTTP://u@[::1]:9/", "http://[::1]:9/", "u", NULL, false},
        {"http://:p@host/", "http://host/", "", "p", false},
        {"https://10.0.0.1", "https://10.0.0.1/", NULL, NULL, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_address a = {0};
        keda_error err = KEDA_ERROR_INIT;
        char *url = NULL;

        cr_assert_eq(http_address_parse(&a, cases[i].given, &err), KEDA_OK, "%s: %s",
                     cases[i].given, err.text);
        cr_assert_eq(curl_url_get(a.parts, CURLUPART_URL, &url, 0), CURLUE_OK);
        cr_expect_str_eq(url, cases[i].url);
        cr_expect(text_equal(a.user, cases[i].user), "%s: user %s", cases[i].given, a.user);
        cr_expect(text_equal(a.password, cases[i].password), "%s", cases[i].given);
        cr_expect_eq(a.is_tls, cases[i].is_tls);
        curl_free(url);
        http_address_clear(&a);
        http_address_clear(&a);
    }
}

Test(address, trusts_the_same_place_and_its_upgrade_to_tls)
{
    static const struct {
        const char *from, *to;
        bool is_trusted;
    } cases[] = {
        {"http://host/a", "http://host/b", true},
        {"http://host/", "http://HOST:80/", true},
        {"http://host/", "https://host/", true},
        {"http://host/", "https://host:8443/", false},
        {"http://host:8080/", "https://host/", false},
        {"https://host/", "http://host/", false},
        {"https://host/", "http://host:443/", false},
        {"http://host/", "http://host:81/", false},
        {"http://host/", "http://other/", false},
        {"http://host/", "http://host.evil/", false},
        {"http://host/", "http://sub.host/", false},
        {"http://127.0.0.1/", "http://localhost/", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_address from = {0}, to = {0};

        cr_assert_eq(http_address_parse(&from, cases[i].from, NULL), KEDA_OK);
        cr_assert_eq(http_address_parse(&to, cases[i].to, NULL), KEDA_OK);
        cr_expect_eq(http_address_is_trusted(&from, &to), cases[i].is_trusted, "%s -> %s",
                     cases[i].from, cases[i].to);
        http_address_clear(&from);
        http_address_clear(&to);
    }
}

Test(address, label_hides_credentials_and_query)
{
    static const struct {
        const char *url, *label;
    } cases[] = {
        {"https://u:p@host:8443/a/b?key=secret#x", "https://host:8443/a/b"},
        {"http://host", "http://host/"},
        {"no url secret", "(unreadable URL)"},
        {"", "(unreadable URL)"},
    };
    char label[64], small[12];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_address_label(cases[i].url, label, sizeof label);
        cr_expect_str_eq(label, cases[i].label);
    }
    http_address_label("http://a-long-host-name/", small, sizeof small);
    cr_expect_str_eq(small, "http://a-lo");
}
