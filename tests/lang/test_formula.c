/* SPDX-License-Identifier: Apache-2.0 */
/* Scaling formulas (libkeda/lang/formula*.c). The bulk is in tests/vectors/formula. */
#include <criterion/criterion.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/formula.h"
#include "support/failing_allocator.h"

static const char *const names[] = {"a", "b", "max_queue"};
enum { NNAMES = sizeof names / sizeof names[0], MANY = 2000 };

static const double values[NNAMES] = {5.0, 2.0, 7.5};

static formula *compiled(const char *text)
{
    formula *f = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(formula_compile(&f, text, names, NNAMES, &err), KEDA_OK, "%.80s: %s", text,
                 err.text);
    return f;
}

static double result_of(const char *text)
{
    formula *f = compiled(text);
    keda_error err = KEDA_ERROR_INIT;
    formula_result r = {.is_nil = true};
    cr_assert_eq(formula_eval(f, values, NULL, &r, &err), KEDA_OK, "%.80s: %s", text, err.text);
    cr_assert_not(r.is_nil, "%.80s", text);
    formula_free(f);
    return r.value;
}

/* --- values ---------------------------------------------------------------------------------- */

Test(formula, gives_what_the_text_says)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"a + b * 2", 9.0},
        {"-2 ** 2", -4.0},
        {"2 ** 3 ** 2", 512.0},
        {"max_queue > 7 ? a : b", 5.0},
        {"7 / 2", 3.5},
        {"int(a) % 3", 2.0},
        {"1 < b < 3 ? 1 : 0", 1.0},
        {"a not in [1, 2] ? 1 : 0", 1.0},
        {"count([a, b], # > 3)", 1.0},
        {"sum(map([a, b], {# * 10}))", 70.0},
        {"[1, 2, 3] | filter(# > 1) | sum()", 5.0},
        {"let x = a * b; x - 1", 9.0},
        {"if a > b { a } else if b > 1 { 7 } else { 8 }", 5.0},
        {"reduce(1..4, #acc * #)", 24.0},
        {"{'x': a, y: b}.y", 2.0},
        {"{x: {y: a}}?.x?.y", 5.0},
        {"{x: nil}.x?.y.z ?? 3", 3.0},
        {"[a, b][-1]", 2.0},
        {"sum([1, 2, 3, 4][1:3])", 5.0},
        {"float('1e3')", 1000.0},
        {"len('h\u00e9')", 2.0},
        {"(a; b)", 2.0},
        {"median([4, 1, 3, 2])", 2.5},
        {"sortBy([a, b, max_queue], -#)[0]", 7.5},
        {"len(groupBy([1, 2, 3], # % 2 == 0)[false])", 2.0},
        {"float(split('1,2.5', ',')[1])", 2.5},
        {"'abc' matches '^a.c$' ? 1 : 0", 1.0},
        {"len(toJSON([a, 'x']))", 14.0},
        {"fromJSON('{\"n\": [1, 2.5]}').n[1]", 2.5},
        {"bitshl(1, 4)", 16.0},
        {"$env.a + $env['max_queue']", 12.5},
        {"len(keys($env))", 3.0},
        {"string(a) + '0' == '50' ? 1 : 0", 1.0},
        {"lower('\u00c9T\u00c9') == '\u00e9t\u00e9' ? 1 : 0", 1.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(result_of(cases[i].text), cases[i].value, "%s gave %g", cases[i].text,
                     result_of(cases[i].text));
}

/* What upstream's optimizer does to results: it is part of the rules. */
Test(formula, keeps_the_effects_of_upstreams_rewriting)
{
    static const bool only_a[NNAMES] = {true, false, false};
    static const char *const good[] = {
        "b > 1 and false ? 1 : 2",
        "count([a, b], # > 1) > 0 ? 1 : 2",
        "count([a, a, b], # > 1) >= 2 ? 1 : 2",
        "filter([a, b], # > 1)[0]",
        "first(filter([a, b], # > 1))",
        "b ?? 3",
    };
    static const char *const bad[] = {"b > 1 ? 1 : 2", "count([a, b], # > 1)", "b + 1",
                                      "1 < count([a, a, b], # > 1) ? 1 : 2"};
    formula_result r;
    keda_error err = KEDA_ERROR_INIT;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        formula *f = compiled(good[i]);
        cr_expect_eq(formula_eval(f, values, only_a, &r, &err), KEDA_OK, "%s: %s", good[i],
                     err.text);
        formula_free(f);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        formula *f = compiled(bad[i]);
        cr_expect_eq(formula_eval(f, values, only_a, &r, &err), KEDA_EINVAL, "%s", bad[i]);
        formula_free(f);
    }
    /* from the right, where the array is written out and not all of it is constant */
    cr_expect_eq(result_of("sum([0.1 * b / b, 0.2, 0.3])"), 0.1 + (0.2 + 0.3));
    cr_expect_eq(result_of("sum([0.1, 0.2, 0.3])"), (0.1 + 0.2) + 0.3);
}

Test(formula, tells_nil_from_a_number)
{
    static const bool none[NNAMES] = {false, false, false};
    formula *f = compiled("a ?? b");
    formula_result r = {.value = 1.0};
    cr_assert_eq(formula_eval(f, values, none, &r, NULL), KEDA_OK);
    cr_expect(r.is_nil && r.value == 0.0);
    cr_assert_eq(formula_eval(f, values, NULL, &r, NULL), KEDA_OK);
    cr_expect(!r.is_nil && r.value == 5.0);
    formula_free(f);
}

Test(formula, lets_numbers_be_not_finite)
{
    cr_expect(isnan(result_of("0 / 0")));
    cr_expect_eq(result_of("-a / 0"), -HUGE_VAL);
    cr_expect(signbit(result_of("ceil(-0.5)")));
}

Test(formula, refuses_a_result_that_is_no_float)
{
    static const char *const texts[] = {"float(a) > 1", "float(a) > 3 ? 1 : 2",
                                        "float(a); 'x'"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        formula *f = compiled(texts[i]);
        formula_result r;
        cr_expect_eq(formula_admit(f, NULL), KEDA_OK, "%s", texts[i]);
        cr_expect_eq(formula_eval(f, values, NULL, &r, NULL), KEDA_EINVAL, "%s", texts[i]);
        formula_free(f);
    }
}

Test(formula, is_tried_with_minus_one_at_admission)
{
    keda_error err = KEDA_ERROR_INIT;
    formula *f = compiled("a < 0 ? [1][4] : 1");
    cr_expect_eq(formula_admit(f, &err), KEDA_EINVAL);
    cr_expect_eq(err.column, 12);
    formula_free(f);
    f = compiled("a < 0 ? 1 : [1][4]");
    cr_expect_eq(formula_admit(f, &err), KEDA_OK);
    formula_free(f);
}

Test(formula, gives_thousandths_toward_zero)
{
    int64_t milli = 0;
    cr_assert_eq(formula_milli(1.9999, &milli, NULL), KEDA_OK);
    cr_expect_eq(milli, 1999);
    cr_assert_eq(formula_milli(-1.9999, &milli, NULL), KEDA_OK);
    cr_expect_eq(milli, -1999);
    cr_assert_eq(formula_milli(-9223372036854775.0, &milli, NULL), KEDA_OK);
    static const double bad[] = {(double)NAN,        HUGE_VAL, -HUGE_VAL,
                                 9223372036854776.0, 1e300,    -1e300};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(formula_milli(bad[i], &milli, NULL), KEDA_EINVAL, "%g", bad[i]);
}

Test(formula, knows_which_names_it_uses)
{
    formula *f = compiled("a > 1 and false ? a : 3");
    cr_expect(formula_uses(f, 0));
    cr_expect_not(formula_uses(f, 1));
    cr_expect_not(formula_uses(f, NNAMES));
    formula_free(f);
    f = compiled("sum(values($env))");
    cr_expect(formula_uses(f, 1), "$env uses them all");
    formula_free(f);
}

/* --- errors ----------------------------------------------------------------------------------- */

Test(formula, says_where_the_text_is_wrong_and_what_was_expected)
{
    static const struct {
        const char *text;
        int line, column;
        const char *message;
    } cases[] = {
        {"a +", 1, 4, "expected a number, a name or a bracket, found the end"},
        {"(a", 1, 3, "expected \")\", found the end"},
        {"(a ?? b", 1, 8, "expected \")\", found the end"},
        {"let x = a", 1, 10, "expected \";\", found the end"},
        {"max(a, b", 1, 9, "expected \")\", found the end"},
        {"[a", 1, 3, "expected \",\" or \"]\", found the end"},
        {"a ? b", 1, 6, "expected \":\", found the end"},
        {"a)", 1, 2, "expected an operator or the end, found \")\""},
        {"a ?? b)", 1, 7, "expected an operator or the end, found \")\""},
        {"a) + b", 1, 2, "expected an operator or the end, found \")\""},
        {"a ?? b c", 1, 8, "expected an operator or the end, found \"c\""},
        {"a, b", 1, 4, "expected the end, found \"b\""},
        {" ", 1, 2, "expected a formula, found the end"},
        {"float(a", 1, 8, "expected \",\" or \")\", found the end"},
        {"a + * b", 1, 5, "found \"*\""},
        {"a +\n  * b", 2, 3, "found \"*\""},
        {"(a + b", 1, 7, "expected \")\", found the end"},
        {"a b", 1, 3, "expected an operator or the end, found \"b\""},
        {"max_quueue * 2", 1, 1, "did you mean \"max_queue\"?"},
        {"zzz", 1, 1, "expected a trigger's name, found \"zzz\""},
        {"sqrt(a)", 1, 1, "expected a function's name, found \"sqrt\""},
        {"a % 2", 1, 3, "operator % does not take float and int"},
        {"1 % 0", 1, 3, "division by zero"},
        {"not a", 1, 1, "expected a bool"},
        {"a ? 1 : 2", 1, 1, "expected a bool as a condition, found float"},
        {"max()", 1, 1, "max expects at least one argument, found 0"},
        {"abs('x')", 1, 5, "abs expects a number, found string"},
        {"count(a)", 1, 7, "count expects an array, found float"},
        {"filter([a], #)", 1, 13, "filter expects a bool for each item"},
        {"a ?? b + 1", 1, 8, "other operators beside it need brackets"},
        {"\u00e9\u00e9 + 1", 1, 1, "expected a trigger's name"},
        {"'\u00e9' + @", 1, 7, "U+0040"},
        {"1e400", 1, 1, "too large"},
        {"0x", 1, 1, "without all its digits"},
        {"1a", 1, 2, "right behind a number"},
        {"'abc", 1, 1, "a string without its end"},
        {"'\\q'", 1, 2, "escape"},
        {"a /* b", 1, 3, "expected */"},
        {"a // b", 1, 7, "expected a new line behind the comment, found the end"},
        {"let a = 1; a", 1, 5, "the name is taken"},
        {"'a' matches '['", 1, 13, "expected ]"},
        {"now()", 1, 1, "a formula knows no time"},
        {"#", 1, 1, "found \"#\""},
        {"sum([a], #x)", 1, 11, "#index in map"},
        {"a > 1", 1, 3, "float expects a number or a string, found bool"},
        {"", 0, 0, "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_error err = KEDA_ERROR_INIT;
        formula *f = NULL;
        cr_assert_eq(formula_compile(&f, cases[i].text, names, NNAMES, &err), KEDA_EINVAL, "%s",
                     cases[i].text);
        cr_expect(err.line == cases[i].line && err.column == cases[i].column,
                  "%s: %d:%d, not %d:%d", cases[i].text, err.line, err.column, cases[i].line,
                  cases[i].column);
        cr_expect(strstr(err.text, cases[i].message) != NULL, "%s: %s", cases[i].text,
                  err.text);
        cr_expect_null(f);
    }
}

Test(formula, says_where_it_failed_when_it_ran)
{
    keda_error err = KEDA_ERROR_INIT;
    formula_result r;
    formula *f = compiled("a +\n 1 % int(b - 2)");
    cr_assert_eq(formula_eval(f, values, NULL, &r, &err), KEDA_EINVAL);
    cr_expect(err.line == 2 && err.column == 4, "%d:%d", err.line, err.column);
    cr_expect(strstr(err.text, "division by zero") != NULL, "%s", err.text);
    formula_free(f);
}

/* --- limits ------------------------------------------------------------------------------------ */

/* prefix and suffix n times around the middle */
static char *nested(const char *prefix, const char *middle, const char *suffix, size_t n)
{
    const size_t before = strlen(prefix), behind = strlen(suffix), size = strlen(middle);
    char *text = malloc(n * (before + behind) + size + 1);
    cr_assert_not_null(text);
    char *at = text;
    for (size_t i = 0; i < n; i++, at += before)
        memcpy(at, prefix, before);
    memcpy(at, middle, size);
    at += size;
    for (size_t i = 0; i < n; i++, at += behind)
        memcpy(at, suffix, behind);
    *at = '\0';
    return text;
}

static const struct deep {
    const char *prefix, *middle, *suffix;
    size_t n;
    keda_status compiles, runs;
} deep[] = {
    {"(", "a", ")", 1000, KEDA_OK, KEDA_OK},
    {"(", "a", ")", 10000, KEDA_OK, KEDA_OK},
    {"(", "a", ")", 20000, KEDA_EINVAL, KEDA_OK},
    {"a>1?", "1", ":2", 1990, KEDA_OK, KEDA_OK},
    {"a>1?1:", "a", "", 1990, KEDA_OK, KEDA_OK},
    {"-", "a", "", 9990, KEDA_OK, KEDA_OK},
    {"-", "a", "", 10001, KEDA_EINVAL, KEDA_OK},
    {"not ", "true ? 1 : 2", "", 5000, KEDA_OK, KEDA_OK},
    {"", "a", "+a", 4998, KEDA_OK, KEDA_OK},
    {"", "a", "+a", 5000, KEDA_EINVAL, KEDA_OK},
    {"2**", "1", "", 4000, KEDA_OK, KEDA_OK},
    {"abs(", "a", ")", 9000, KEDA_OK, KEDA_OK},
    {"sum(map([a],", "#", "))", 1900, KEDA_OK, KEDA_OK},
    {"if a > 1 {", "a", "} else { 2 }", 1600, KEDA_OK, KEDA_OK},
    {"max([", "a", "])", 4000, KEDA_OK, KEDA_OK},
    {"(1;", "a", ")", 3000, KEDA_OK, KEDA_OK},
    {"max([", "1]) > len([string([", "])", 100, KEDA_EINVAL, KEDA_OK},
    {"'a' matches '(", "a", ")' ? 1 : 2", 1, KEDA_OK, KEDA_OK},
};

/* A formula, compiled and run, whatever comes of it. */
static void run_deep(const struct deep *d)
{
    char *text = nested(d->prefix, d->middle, d->suffix, d->n);
    formula *f = NULL;
    keda_error err = KEDA_ERROR_INIT;
    formula_result r;
    cr_expect_eq(formula_compile(&f, text, names, NNAMES, &err), d->compiles, "%.40s x %zu: %s",
                 d->prefix, d->n, err.text);
    if (f != NULL)
        cr_expect_eq(formula_eval(f, values, NULL, &r, &err), d->runs, "%.40s x %zu: %s",
                     d->prefix, d->n, err.text);
    formula_free(f);
    free(text);
}

/* Values as deep as they may be where the machine is recursive, and deeper. */
static void run_deep_values(void)
{
    static const char *const uses[][2] = {{"", "=="},
                                          {"max(", ")"},
                                          {"mean(", ")"},
                                          {"len(string(", "))"},
                                          {"len(toJSON(", "))"},
                                          {"sum(flatten(", "))"},
                                          {"median(", ")"}};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        for (size_t n = 190; n <= 4000; n += 3810) {
            char *value = nested("[", "a", "]", n);
            const size_t size = 2 * strlen(value) + 64;
            char *text = malloc(size);
            formula_result r;
            cr_assert_not_null(text);
            if (i == 0)
                (void)snprintf(text, size, "%s == %s ? 1 : 2", value, value);
            else
                (void)snprintf(text, size, "%s%s%s", uses[i][0], value, uses[i][1]);
            formula *f = compiled(text);
            const keda_status rc = formula_eval(f, values, NULL, &r, NULL);
            if (n < 200)
                cr_expect_eq(rc, KEDA_OK, "%.40s", text);
            else
                cr_expect_neq(rc, KEDA_OK, "%.40s", text);
            formula_free(f);
            free(text);
            free(value);
        }
}

static void *deep_thread(void *unused)
{
    for (size_t i = 0; i < sizeof deep / sizeof deep[0]; i++)
        run_deep(&deep[i]);
    run_deep_values();
    return unused;
}

Test(formula, is_as_deep_as_it_likes_on_a_small_stack)
{
    enum { STACK = 256 * 1024 };
    pthread_t thread;
    pthread_attr_t attributes;
    cr_assert_eq(pthread_attr_init(&attributes), 0);
    cr_assert_eq(pthread_attr_setstacksize(&attributes, STACK), 0);
    cr_assert_eq(pthread_create(&thread, &attributes, deep_thread, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    (void)pthread_attr_destroy(&attributes);
}

Test(formula, refuses_a_text_that_is_too_long)
{
    char *text = nested(" ", "a", "", 64 * 1024);
    formula *f = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(formula_compile(&f, text, names, NNAMES, &err), KEDA_EINVAL);
    cr_expect(strstr(err.text, "64 KiB") != NULL, "%s", err.text);
    text[60000] = 'a';
    text[60001] = '\0';
    cr_expect_eq(formula_compile(&f, text, names, NNAMES, &err), KEDA_OK, "%s", err.text);
    formula_free(f);
    free(text);
}

Test(formula, ends_however_hostile_it_is)
{
    static const char *const texts[] = {
        "count(1..999999, any(1..999999, # < 0))",
        "sum(1..(int(a) * 999999))",
        "len(map(1..int(a) * 100000, map(1..int(a) * 100000, #)))",
        "len(repeat('x', int(a) * 199999))",
        "reduce(1..int(a) * 10, string(#acc) + string(#acc) + string(#acc), 'x') == '' ? 1 : 2",
        "len(uniq(1..int(a) * 30000))",
        "sum(map(1..int(a) * 30, len(sort(map(1..int(a) * 1000, -#)))))",
        "repeat('a', 9000 + int(a)) matches '(a*)*b' ? 1 : 2",
        "repeat('a', int(a) * 9000) contains repeat('a', int(a) * 8000) + 'b' ? 1 : 2",
        "len(1..9999999)",
        "int(a) in 1..1000000 and a in 1..(1000000 + int(a)) ? 1 : 2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        formula *f = compiled(texts[i]);
        keda_error err = KEDA_ERROR_INIT;
        formula_result r;
        const keda_status rc = formula_eval(f, values, NULL, &r, &err);
        cr_expect(rc == KEDA_ELIMIT || rc == KEDA_OK, "%s: %s", texts[i], err.text);
        cr_expect(rc == KEDA_OK || err.column > 0, "%s", texts[i]);
        formula_free(f);
    }
}

Test(formula, keeps_upstreams_budget_of_items)
{
    cr_expect_eq(result_of("len(1..999999)"), 999999.0);
    cr_expect_eq(result_of("len(map(1..300000, #))"), 300000.0);
    cr_expect_eq(result_of("sum(1..10000000)"), 50000005000000.0, "known before it runs");
    formula *f = compiled("len(1..1000000)");
    formula_result r;
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(formula_eval(f, values, NULL, &r, &err), KEDA_ELIMIT);
    cr_expect(strstr(err.text, "1000000 items") != NULL, "%s", err.text);
    formula_free(f);
}

/* --- memory ------------------------------------------------------------------------------------ */

Test(formula, is_small)
{
    static const struct {
        const char *text;
        size_t most;
    } cases[] = {
        {"a", 350},
        {"(a + b) / 2", 400},
        {"a < 2 ? a + b >= 2 ? 5 : 10 : 0", 700},
        {"max(a, b, max_queue) * 1.5 + ceil(b / 3)", 700},
        {"count([a, b], {# > 1}) > 1 ? 5 : 0", 900},
        {"a ?? b ?? 8", 500},
        {"median([a, b, max_queue])", 700},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        formula *f = compiled(cases[i].text);
        cr_expect_leq(formula_memory(f), cases[i].most, "%s: %zu", cases[i].text,
                      formula_memory(f));
        formula_free(f);
    }
}

static const char *const all_of_it[] = {
    "a + b * max_queue",
    "let x = [a, b, 3]; sum(filter(x, # > 1)) + len(string(a) + 'tail') + median(x)",
    "len(groupBy(sortBy([a, b, 1, 2, 3], -#), # > 2)[true]) + len(toJSON({k: [a, 'x']}))",
    "'abc' matches '^a(b|c)+$' ? len(keys($env)) : fromJSON('[1, {\"a\": 2}]')[1].a",
    "reduce([a, b], #acc + #) + (a ?? 1)",
    "join(split(upper('a,b'), ','), '-') == 'A-B' ? 1 : 2",
};

Test(formula, allocates_nothing_when_it_runs)
{
    for (size_t i = 0; i < sizeof all_of_it / sizeof all_of_it[0]; i++) {
        failing_allocator_set(0);
        formula *f = compiled(all_of_it[i]);
        keda_error err = KEDA_ERROR_INIT;
        formula_result r;
        failing_allocator_set(1);
        cr_expect_eq(formula_admit(f, &err), KEDA_OK, "%s: %s", all_of_it[i], err.text);
        cr_expect_eq(formula_eval(f, values, NULL, &r, &err), KEDA_OK, "%s", err.text);
        cr_expect_not(failing_allocator_has_failed(), "%s", all_of_it[i]);
        formula_free(f);
        cr_expect_eq(failing_allocator_live(), 0);
    }
}

Test(formula, survives_any_allocation_that_fails)
{
    for (size_t i = 0; i < sizeof all_of_it / sizeof all_of_it[0]; i++) {
        size_t n = 0;
        bool has_failed = true;
        while (has_failed && ++n < MANY) {
            formula *f = NULL;
            keda_error err = KEDA_ERROR_INIT;
            failing_allocator_set(n);
            const keda_status rc = formula_compile(&f, all_of_it[i], names, NNAMES, &err);
            has_failed = failing_allocator_has_failed();
            cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%s, %zu", all_of_it[i], n);
            cr_assert(has_failed == (f == NULL));
            formula_free(f);
            cr_assert_eq(failing_allocator_live(), 0, "%s, %zu", all_of_it[i], n);
        }
        cr_expect_gt(n, 3);
        cr_expect_lt(n, MANY);
    }
}

Test(formula, frees_nothing_when_there_is_nothing)
{
    formula_free(NULL);
}
