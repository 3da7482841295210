/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of formulas (libkeda/core/formula.c); the language has tests of its own. */
#include <keda/formula.h>

#include "support/failing_allocator.h"

#include <criterion/criterion.h>

#include <string.h>

static const char *const names[] = {"a", "b"};

static keda_formula *formula_or_fail(const char *text)
{
    keda_formula *f = NULL;
    cr_assert_eq(keda_formula_new(&f, text, names, 2, NULL), KEDA_OK);
    return f;
}

Test(formula, keeps_copies_of_text_and_names)
{
    char text[] = "a + b", a[] = "a", b[] = "b";
    const char *const mine[] = {a, b};
    keda_formula *f = NULL;
    cr_assert_eq(keda_formula_new(&f, text, mine, 2, NULL), KEDA_OK);
    text[0] = a[0] = b[0] = '?';
    cr_assert_str_eq(keda_formula_text(f), "a + b");
    cr_assert_str_eq(keda_formula_name(f, 0), "a");
    cr_assert_str_eq(keda_formula_name(f, 1), "b");
    cr_assert_null(keda_formula_name(f, 2));
    keda_formula_free(f);
    keda_formula_free(NULL);
}

Test(formula, needs_no_names)
{
    keda_formula *f = NULL;
    double out = 0.0;
    int32_t is_nil = 1;
    cr_assert_eq(keda_formula_new(&f, "2 + 3", NULL, 0, NULL), KEDA_OK);
    cr_assert_null(keda_formula_name(f, 0));
    cr_assert_eq(keda_formula_eval(f, NULL, NULL, &out, &is_nil, NULL), KEDA_OK);
    cr_assert_float_eq(out, 5.0, 0.0);
    cr_assert_eq(is_nil, 0);
    keda_formula_free(f);
}

Test(formula, refuses_what_does_not_compile_and_what_fails_at_minus_one)
{
    keda_formula *f = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(keda_formula_new(&f, "a + c", names, 2, &err), KEDA_EINVAL);
    cr_assert_eq(err.line, 1);
    cr_assert_gt(err.column, 0);
    cr_assert_eq(keda_formula_new(&f, "a > 1", names, 2, &err), KEDA_EINVAL);
    cr_assert_eq(keda_formula_new(&f, "5 % int(a + 1)", names, 2, &err), KEDA_EINVAL);
    cr_assert_null(f);
}

Test(formula, evaluates_with_values_and_nil)
{
    keda_formula *f = formula_or_fail("a ?? b");
    const double values[] = {2.0, 3.0};
    const int32_t second_only[] = {0, 1}, neither[] = {0, 0};
    double out = 0.0;
    int32_t is_nil = 1;
    cr_assert_eq(keda_formula_eval(f, values, NULL, &out, &is_nil, NULL), KEDA_OK);
    cr_assert_float_eq(out, 2.0, 0.0);
    cr_assert_eq(is_nil, 0);
    cr_assert_eq(keda_formula_eval(f, values, second_only, &out, &is_nil, NULL), KEDA_OK);
    cr_assert_float_eq(out, 3.0, 0.0);
    cr_assert_eq(keda_formula_eval(f, values, neither, &out, &is_nil, NULL), KEDA_OK);
    cr_assert_eq(is_nil, 1);
    cr_assert_float_eq(out, 0.0, 0.0);
    keda_formula_free(f);
}

Test(formula, says_why_an_evaluation_failed)
{
    keda_formula *f = formula_or_fail("a + b");
    keda_error err = KEDA_ERROR_INIT;
    const double values[] = {2.0, 3.0};
    const int32_t second_only[] = {0, 1};
    double out = 0.0;
    int32_t is_nil = 0;
    cr_assert_eq(keda_formula_eval(f, values, second_only, &out, &is_nil, &err), KEDA_EINVAL);
    cr_assert_neq(err.text[0], '\0');
    keda_formula_free(f);
}

Test(formula, survives_every_allocation_that_fails)
{
    size_t n = 0;
    for (bool has_failed = true; has_failed && ++n < 10000;) {
        keda_formula *f = NULL;
        failing_allocator_set(n);
        const keda_status rc = keda_formula_new(&f, "a > 1 ? a + b : 2", names, 2, NULL);
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "allocation %zu", n);
        keda_formula_free(f);
        cr_assert_eq(failing_allocator_live(), 0, "allocation %zu", n);
    }
    cr_assert_gt(n, 5);
}

Test(formula, evaluates_without_allocating)
{
    const double values[] = {2.0, 3.0};
    double out = 0.0;
    int32_t is_nil = 1;
    failing_allocator_set(0);
    keda_formula *f = formula_or_fail("max(a, b) + 1");
    const size_t before = failing_allocator_live();
    failing_allocator_set(1);
    cr_assert_eq(keda_formula_eval(f, values, NULL, &out, &is_nil, NULL), KEDA_OK);
    cr_assert_not(failing_allocator_has_failed());
    cr_assert_float_eq(out, 4.0, 0.0);
    cr_assert_eq(failing_allocator_live(), before);
    keda_formula_free(f);
}
