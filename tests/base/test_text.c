/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about strings (libkeda/base/text.c). */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"

static void expect_trimmed(const char *text, const char *expected)
{
    text_view view = text_trim(text, strlen(text));
    cr_expect_eq(view.size, strlen(expected), "%s", text);
    cr_expect_eq(memcmp(view.data, expected, view.size), 0, "%s", text);
}

Test(text, trims_unicode_white_space)
{
    expect_trimmed("  a b\t\n", "a b");
    expect_trimmed("\xc2\xa0x\xe3\x80\x80", "x");
    expect_trimmed("\xe2\x80\x8ay\xe2\x80\x80", "y");
    expect_trimmed("\xe2\x80\x8bz", "\xe2\x80\x8bz"); /* zero width is no white space */
    expect_trimmed(" \t ", "");
    expect_trimmed("", "");
    expect_trimmed("\xc3\xa0", "\xc3\xa0"); /* ends in the last byte of a no-break space */
}

Test(text, compares_with_null)
{
    cr_expect(text_equal(NULL, NULL));
    cr_expect_not(text_equal("a", NULL));
    cr_expect_not(text_equal(NULL, ""));
    cr_expect(text_equal("a", "a"));
    cr_expect_not(text_equal("a", "A"));
}

Test(text, compares_ascii_without_case)
{
    cr_expect(text_equal_nocase("LagThreshold", "lagthreshold"));
    cr_expect_not(text_equal_nocase("a", "ab"));
    cr_expect_not(text_equal_nocase("ab", "a"));
    cr_expect_not(text_equal_nocase("\xc3\xa4", "\xc3\x84"));
    cr_expect_not(text_equal_nocase(NULL, ""));
}

Test(text, knows_prefix_and_suffix)
{
    cr_expect(text_has_prefix("kafka", "ka"));
    cr_expect(text_has_prefix("kafka", ""));
    cr_expect_not(text_has_prefix("ka", "kafka"));
    cr_expect(text_has_suffix("kafka", "fka"));
    cr_expect_not(text_has_suffix("ka", "kafka"));
}

Test(text, suggests_the_nearest_name_only_when_near)
{
    static const char *const names[] = {"topic", "lagThreshold", "consumerGroup",
                                        "bootstrapServers"};
    cr_expect_str_eq(text_nearest("lagTreshold", names, 4), "lagThreshold");
    cr_expect_str_eq(text_nearest("topci", names, 4), "topic");
    cr_expect_str_eq(text_nearest("consumergroup", names, 4), "consumerGroup");
    cr_expect_null(text_nearest("password", names, 4));
    cr_expect_null(text_nearest("", names, 4));
    cr_expect_null(text_nearest("x", names, 4));
    cr_expect_null(text_nearest("topic", NULL, 0));
}

Test(text, compares_secrets_of_any_bytes)
{
    cr_expect(text_equal_secret("a\0b", 3, "a\0b", 3));
    cr_expect_not(text_equal_secret("a\0b", 3, "a\0c", 3));
    cr_expect_not(text_equal_secret("a", 1, "ab", 2));
    cr_expect(text_equal_secret(NULL, 0, NULL, 0));
}

Test(text, copies_with_truncation)
{
    char out[4];
    cr_expect_eq(text_copy(out, sizeof out, "abcdef"), 3);
    cr_expect_str_eq(out, "abc");
    cr_expect_eq(text_copy(out, sizeof out, ""), 0);
    cr_expect_str_empty(out);
    cr_expect_eq(text_copy(out, 0, "x"), 0);
}

Test(text, cuts_only_a_broken_character)
{
    static const struct {
        const char *text, *cut;
    } cases[] = {
        {"abc", "abc"},
        {"", ""},
        {"a\xc3\xa4", "a\xc3\xa4"},
        {"a\xc3", "a"},
        {"a\xe2\x82", "a"},
        {"a\xe2\x82\xac", "a\xe2\x82\xac"},
        {"\xf0\x9f\x98", ""},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\x80\x80", "\x80\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[16];
        text_copy(text, sizeof text, cases[i].text);
        text_cut_broken_end(text);
        cr_expect_str_eq(text, cases[i].cut);
    }
}

Test(text, describes_system_errors)
{
    char text[64];
    cr_expect_str_eq(text_errno(ENOENT, text, sizeof text), "No such file or directory");
}
