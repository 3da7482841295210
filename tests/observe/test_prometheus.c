/* SPDX-License-Identifier: Apache-2.0 */
/* The text format 0.0.4 (libkeda/observe/prometheus.c). */
#include <criterion/criterion.h>

#include <math.h>

#include "base/buf.h"
#include "observe/prometheus.h"

static keda_buf text;
static prom_writer w;

static void init(void)
{
    prom_init(&w, buf_write, &text);
}

static void fini(void)
{
    keda_buf_clear(&text);
}

TestSuite(prometheus, .init = init, .fini = fini);

Test(prometheus, writes_help_and_type_before_the_samples)
{
    const prom_label labels[] = {{"a", "x"}, {"b", NULL}};
    prom_family(&w, "some_total", "counter", "How many.");
    prom_sample(&w, labels, 2, 3);
    prom_sample(&w, NULL, 0, 0.25);
    cr_expect_eq(prom_end(&w, NULL), KEDA_OK);
    cr_expect_str_eq(text.data, "# HELP some_total How many.\n# TYPE some_total counter\n"
                                "some_total{a=\"x\",b=\"\"} 3\nsome_total 0.25\n");
}

Test(prometheus, escapes_labels_and_help)
{
    const prom_label label = {"a", "back\\slash \"quote\" line\nend"};
    prom_family(&w, "x", "gauge", "a \"quote\", a \\ and\na line");
    prom_sample(&w, &label, 1, 1);
    cr_expect_str_eq(text.data, "# HELP x a \"quote\", a \\\\ and\\na line\n# TYPE x gauge\n"
                                "x{a=\"back\\\\slash \\\"quote\\\" line\\nend\"} 1\n");
}

Test(prometheus, writes_numbers_that_are_none)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{(double)NAN, "x NaN\n"},
                {(double)INFINITY, "x +Inf\n"},
                {-(double)INFINITY, "x -Inf\n"}};
    w.family = "x";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_buf_clear(&text);
        prom_sample(&w, NULL, 0, rows[i].value);
        cr_expect_str_eq(text.data, rows[i].text);
    }
}
