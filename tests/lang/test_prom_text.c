/* SPDX-License-Identifier: Apache-2.0 */
/* One sample of an exposition: which one is taken, and what makes the whole text unusable. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lang/prom_text.h"
#include "support/failing_allocator.h"

static keda_status find(const char *text, const char *selector, double *out, keda_error *err)
{
    prom_selector s;
    cr_assert_eq(prom_selector_parse(&s, selector, err), KEDA_OK, "%s", selector);
    const keda_status rc = prom_text_find(text, strlen(text), &s, out, err);
    prom_selector_clear(&s);
    return rc;
}

Test(prom_text, takes_the_first_sample_that_has_all_pairs)
{
    static const char text[] =
        "# HELP jobs Jobs \\n in \\\\ queues\n# TYPE jobs gauge\n"
        "jobs{q=\"a\",env=\"p\"} 12\njobs {q=\"b\", env=\"p\",} 7.5 17\n"
        "\n# a comment\n#TYPE x\n\t plain\t3\nneg -2\nbig +Inf\nh_count 9\n"
        "esc{v=\"\\\"\\\\\\n\"} 1e3\n{\"a.b\",\"c\"=\"d\"} 6\n";
    static const struct {
        const char *selector;
        double value;
    } rows[] = {
        {"jobs", 12.0},
        {"jobs{q=\"b\"}", 7.5},
        {"jobs{env=\"p\",q=\"b\"}", 7.5},
        {"jobs{q!=\"b\"}", 7.5},
        {"plain", 3.0},
        {"neg", -2.0},
        {"big", (double)INFINITY},
        {"h_count", 9.0},
        {"esc{v=\"\\\"\\\\\\n\"}", 1000.0},
        {"{\"a.b\",c=\"d\"}", 6.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 0.0;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(find(text, rows[i].selector, &value, &err), KEDA_OK, "%s: %s",
                     rows[i].selector, err.text);
        cr_expect_eq(value, rows[i].value, "%s", rows[i].selector);
    }
}

Test(prom_text, knows_no_sample_of_histograms_and_summaries)
{
    static const char text[] =
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum 10\nh_count 4\n"
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n";
    static const char *const selectors[] = {"h", "h_bucket", "h_sum", "h_count",
                                            "s", "s_sum",    "nope",  "h{le=\"+Inf\"}"};
    for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++) {
        double value = 0.0;
        cr_expect_eq(find(text, selectors[i], &value, NULL), KEDA_EPROTOCOL, "%s",
                     selectors[i]);
    }
}

Test(prom_text, forgives_line_ends)
{
    double value = 0.0;
    cr_expect_eq(find("a 1\r\nb 2\r\n", "b", &value, NULL), KEDA_OK);
    cr_expect_eq(value, 2.0);
    cr_expect_eq(find("a 1\nb 3", "b", &value, NULL), KEDA_OK);
    cr_expect_eq(value, 3.0);
}

Test(prom_text, refuses_a_text_that_is_faulty_anywhere)
{
    static const char *const lines[] = {
        "a.b 4",
        "b",
        "b x",
        "b 1e400",
        "b 1_0",
        "b 1 x",
        "b 1 2 3",
        "b{q=\"a\" 1",
        "b{q=\"a\"",
        "b{q=a} 1",
        "b{q} 1",
        "b{q=\"a\",q=\"b\"} 1",
        "b{__name__=\"c\"} 1",
        "b{q=\"\\z\"} 1",
        "b{q=\"\xff\"} 1",
        "{q=\"a\"} 1",
        "# TYPE a gauge",
        "# TYPE b odd",
        "# HELP c x\n# HELP c y",
        "# TYPE c gauge\n# TYPE c gauge",
        "# HELP c \\x",
        "# TYPE h histogram\nh_bucket{le=\"x\"} 1",
        "-a 1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[200];
        double value = 0.0;
        keda_error err = KEDA_ERROR_INIT;
        (void)snprintf(text, sizeof text, "a 1\n%s\nlast 2\n", lines[i]);
        cr_expect_eq(find(text, "a", &value, &err), KEDA_EPROTOCOL, "%s", lines[i]);
        cr_expect(err.line == 2 || err.line == 3, "%s: line %d", lines[i], (int)err.line);
    }
}

Test(prom_text, bounds_the_labels_of_a_sample)
{
    char text[4096] = "a{";
    size_t used = 2;
    for (int i = 0; i < 300; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "l%d=\"\",", i);
    (void)snprintf(text + used, sizeof text - used, "} 1\n");
    double value = 0.0;
    cr_expect_eq(find(text, "a", &value, NULL), KEDA_ELIMIT);
}

Test(prom_text, survives_every_allocation_that_fails)
{
    static const char text[] = "# TYPE jobs gauge\njobs{q=\"a\"} 12\nplain 3\n";
    prom_selector s;
    cr_assert_eq(prom_selector_parse(&s, "plain", NULL), KEDA_OK);
    bool has_failed = true;
    const size_t before = failing_allocator_live();
    for (size_t n = 1; has_failed; n++) {
        double value = 0.0;
        failing_allocator_set(n);
        const keda_status rc = prom_text_find(text, sizeof text - 1, &s, &value, NULL);
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK);
        cr_assert_eq(failing_allocator_live(), before);
        cr_assert_lt(n, 100);
    }
    failing_allocator_set(0);
    prom_selector_clear(&s);
}
