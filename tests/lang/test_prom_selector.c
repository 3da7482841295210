/* SPDX-License-Identifier: Apache-2.0 */
/* Metric selectors: names, labels, quotes, and what is refused with its column. */
#include <criterion/criterion.h>

#include <string.h>

#include "lang/prom_selector.h"
#include "support/failing_allocator.h"

static void expect_view(text_view got, const char *wanted, const char *of)
{
    cr_expect_eq(got.size, strlen(wanted), "%s", of);
    cr_expect(got.size == strlen(wanted) && memcmp(got.data, wanted, got.size) == 0, "%s", of);
}

/* With one label at most. */
static void expect(const char *text, const char *name, const char *label, const char *value)
{
    prom_selector s;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(prom_selector_parse(&s, text, &err), KEDA_OK, "%s: %s", text, err.text);
    expect_view(s.name, name, text);
    cr_assert_eq(s.nlabels, label != NULL ? 1 : 0, "%s", text);
    if (label != NULL) {
        expect_view(s.labels[0].name, label, text);
        expect_view(s.labels[0].value, value, text);
    }
    prom_selector_clear(&s);
}

Test(prom_selector, reads_names_and_labels)
{
    expect("jobs", "jobs", NULL, NULL);
    expect(" a:b_1 ", "a:b_1", NULL, NULL);
    expect("jobs{}", "jobs", NULL, NULL);
    expect("sum", "sum", NULL, NULL);
    expect("jobs{q=\"a\"}", "jobs", "q", "a");
    expect("jobs { q = 'a' , }", "jobs", "q", "a");
    expect("jobs{q!=`a\\n`}", "jobs", "q", "a\\n");
    expect("jobs{on=~\"a|b\"}", "jobs", "on", "a|b");
    expect("{__name__=\"jobs\",q!~\"x\"}", "jobs", "q", "x");
    expect("{\"a.b\",\"c d\"=\"e\"}", "a.b", "c d", "e");
    expect("j{q=\"\\\"\\\\\\n\\x41\\101\\u00e9\\U0001f600\\t\"}", "j", "q",
           "\"\\\nAA\xc3\xa9\xf0\x9f\x98\x80\t");
}

Test(prom_selector, refuses_the_rest_with_its_column)
{
    static const struct {
        const char *text;
        int32_t column;
    } rows[] = {
        {"", 1},
        {"inf", 4},
        {"NaN{}", 4},
        {"On", 3},
        {"5", 1},
        {"jobs{", 6},
        {"jobs{q}", 7},
        {"jobs{q=a}", 8},
        {"plain 3", 7},
        {"jobs{q=\"a}", 11},
        {"jobs[5m]", 5},
        {"jobs{,}", 6},
        {"a{\"b\"}", 6},
        {"a{__name__=\"b\"}", 15},
        {"a{q=\"\\z\"}", 7},
        {"a{q=\"b\" r=\"c\"}", 9},
        {"a{q==\"b\"}", 5},
        {"a.b", 2},
        {"{\"a\\", 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        prom_selector s;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(prom_selector_parse(&s, rows[i].text, &err), KEDA_EINVAL, "%s",
                     rows[i].text);
        cr_expect_eq(err.column, rows[i].column, "%s: %d, %s", rows[i].text, (int)err.column,
                     err.text);
        prom_selector_clear(&s);
    }
}

Test(prom_selector, bounds_its_labels)
{
    char text[2048] = "a{";
    for (int i = 0; i < 65; i++)
        strncat(text, "q=\"v\",", sizeof text - strlen(text) - 1);
    strncat(text, "}", sizeof text - strlen(text) - 1);
    prom_selector s;
    cr_expect_eq(prom_selector_parse(&s, text, NULL), KEDA_ELIMIT);
    prom_selector_clear(&s);
}

Test(prom_selector, says_when_memory_is_out)
{
    prom_selector s;
    failing_allocator_set(1);
    cr_expect_eq(prom_selector_parse(&s, "a{b=\"c\"}", NULL), KEDA_ENOMEM);
    prom_selector_clear(&s);
    cr_expect_eq(failing_allocator_live(), 0);
    failing_allocator_set(0);
}
