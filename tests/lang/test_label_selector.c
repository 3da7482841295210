/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lang/label_selector: canonical texts, and what is refused where.
 */
#include "lang/label_selector.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing_allocator.h"

static void same(const char *text, const char *canonical)
{
    keda_buf out = {0};
    keda_error err = KEDA_ERROR_INIT;

    cr_expect_eq(label_selector_parse(text, &out, &err), KEDA_OK, "%s: %s", text, err.text);
    cr_expect_str_eq(out.data == NULL ? "" : out.data, canonical, "%s", text);
    keda_buf_clear(&out);
}

static void bad(const char *text, const char *message)
{
    keda_buf out = {0};
    keda_error err = KEDA_ERROR_INIT;

    cr_expect_eq(label_selector_parse(text, &out, &err), KEDA_EINVAL, "%s", text);
    cr_expect(strstr(err.text, message) == err.text, "%s: %s", text, err.text);
    keda_buf_clear(&out);
}

Test(label_selector, reads_every_operator)
{
    static const struct {
        const char *text, *canonical;
    } rows[] = {{"", ""},
                {"  ", ""},
                {"a", "a"},
                {"!a", "!a"},
                {"! a", "!a"},
                {" a = b ", "a=b"},
                {"a==b", "a==b"},
                {"a!=b", "a!=b"},
                {"a>5", "a>5"},
                {"a < 5", "a<5"},
                {"a in (c, b,c)", "a in (b,c)"},
                {"a notin(b)", "a notin (b)"},
                {"a=", "a="},
                {"a==,b", "a==,b"},
                {"in in (in,notin)", "in in (in,notin)"},
                {"a in (,)", "a in ()"},
                {"a in (b,)", "a in (,b)"},
                {"a in (b,,c)", "a in (,b,c)"},
                {"z,a=1,m in (x)", "a=1,m in (x),z"},
                {"a=2,a=1", "a=2,a=1"},
                {"example.com/App_1.x=v", "example.com/App_1.x=v"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        same(rows[i].text, rows[i].canonical);
}

Test(label_selector, refuses_what_is_none_and_says_where)
{
    static const struct {
        const char *text, *message;
    } rows[] = {{"-bad=1", "column 1: expected a label key"},
                {"a,", "column 3: expected a label key, not the end"},
                {"a,,b", "column 3: expected a label key, not \",\""},
                {",a", "column 1: expected a label key"},
                {"a b", "column 3: expected an operator"},
                {"a in", "column 5: expected \"(\", not the end"},
                {"a in ()", "column 7: expected a value"},
                {"a in (b", "column 8: expected \",\" or \")\", not the end"},
                {"a in (b c)", "column 9: expected \",\" or \")\""},
                {"a in (b,,)", "column 10: expected a value or \",\""},
                {"a in (b)c", "column 9: expected \",\" or the end"},
                {"a=x y", "column 5: expected \",\" or the end"},
                {"a=-x", "column 3: expected a label value"},
                {"a=(", "column 3: expected a value"},
                {"!a=b", "column 3: expected \",\" or the end"},
                {"!!a", "column 2: expected a label key"},
                {"a>b", "column 3: expected a whole number"},
                {"a<-5", "column 3: expected a label value"},
                {"a>", "column 3: expected a whole number"},
                {"a>99999999999999999999", "column 3: expected a whole number"},
                {"A.com/a", "column 1: expected a label key"},
                {"a..b/a", "column 1: expected a label key"},
                {"a-.b/a", "column 1: expected a label key"},
                {"a/b/c", "column 1: expected a label key"},
                {"/a", "column 1: expected a label key"},
                {"a=\xc3\xa4", "column 3: expected a label value"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        bad(rows[i].text, rows[i].message);
}

Test(label_selector, bounds_names_and_the_whole)
{
    char text[300];
    static char long_one[LABEL_SELECTOR_MAX_BYTES + 2];
    keda_buf out = {0};

    memset(text, 'a', sizeof text);
    text[63] = '\0';
    same(text, text);
    memset(text, 'a', 64);
    text[64] = '\0';
    bad(text, "column 1: expected a label key");
    memset(text, 'a', sizeof text);
    memcpy(text + 253, "/b", 3);
    same(text, text);
    memcpy(text + 253, "a/b", 4);
    bad(text, "column 1: expected a label key");
    memset(long_one, ' ', sizeof long_one - 1);
    cr_expect_eq(label_selector_parse(long_one, &out, NULL), KEDA_ELIMIT);
    keda_buf_clear(&out);
}

Test(label_selector, survives_every_allocation_failure)
{
    bool has_failed = true;

    for (size_t n = 1; has_failed; n++) {
        keda_buf out = {0};
        failing_allocator_set(n);
        const keda_status rc = label_selector_parse("a in (b,c),d!=e,!f", &out, NULL);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%zu", n);
        keda_buf_clear(&out);
        cr_assert_eq(failing_allocator_live(), 0, "%zu", n);
    }
}
