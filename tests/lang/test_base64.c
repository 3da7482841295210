/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (libkeda/lang/base64.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "lang/base64.h"

Test(base64, decodes_what_it_encodes)
{
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 37 + 250);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        keda_buf text = {0}, back = {0};
        cr_assert_eq(base64_encode(&text, bytes, n), KEDA_OK);
        cr_expect_eq(text.size, (n + 2) / 3 * 4);
        cr_assert_eq(base64_decode(&back, text.size == 0 ? "" : text.data, text.size), KEDA_OK);
        cr_assert_eq(back.size, n);
        cr_expect(n == 0 || memcmp(back.data, bytes, n) == 0);
        keda_buf_clear(&text);
        keda_buf_clear(&back);
    }
}

Test(base64, skips_line_ends_only)
{
    keda_buf out = {0};
    cr_expect_eq(base64_decode(&out, "cG\nFz\r\ncw==\n", 12), KEDA_OK);
    cr_expect_str_eq(out.data, "pass");
    cr_expect_eq(base64_decode(&out, "cGFz cw==", 9), KEDA_EINVAL);
    cr_expect_str_eq(out.data, "pass");
    keda_buf_clear(&out);
}

Test(base64, refuses_everything_else)
{
    static const char *const bad[] = {
        "a",    "ab",     "abc",     "ab=",          "a===", "=abc", "ab=c",
        "a-b_", "cGFzcw", "cGFzcw=", "cGFzcw==cGFz", "!!!!", "ab==="};
    keda_buf out = {0};
    cr_assert_eq(buf_puts(&out, "kept"), KEDA_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(base64_decode(&out, bad[i], strlen(bad[i])), KEDA_EINVAL, "%s", bad[i]);
        cr_expect_str_eq(out.data, "kept");
    }
    cr_expect_eq(base64_decode(&out, "cGF\0", 4), KEDA_EINVAL);
    keda_buf_clear(&out);
}
