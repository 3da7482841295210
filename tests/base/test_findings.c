/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of findings (libkeda/base/findings.c). */
#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/findings.h"

static keda_findings *findings;

static void make(void)
{
    cr_assert_eq(keda_findings_new(&findings, NULL), KEDA_OK);
}

static void drop(void)
{
    keda_findings_free(findings);
}

TestSuite(findings, .init = make, .fini = drop);

static const findings_place here = {
    .file = "a.yaml", .object = "ScaledObject/d/x", .path = "spec.a", .line = 3, .column = 7};

Test(findings, counts_errors_apart_from_warnings)
{
    findings_add(findings, KEDA_SEVERITY_WARNING, &here, "w");
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "e %d", 1);
    cr_expect_eq(keda_findings_count(findings), 2);
    cr_expect_eq(keda_findings_errors(findings), 1);
    cr_expect_str_eq(keda_findings_at(findings, 1)->message, "e 1");
    cr_expect_str_eq(keda_findings_at(findings, 1)->object, "ScaledObject/d/x");
    cr_expect_null(keda_findings_at(findings, 2));
}

Test(findings, keeps_borrowed_findings_in_place_while_growing)
{
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "first");
    const keda_finding *first = keda_findings_at(findings, 0);
    for (int i = 0; i < 100; i++)
        findings_add(findings, KEDA_SEVERITY_WARNING, NULL, "more");
    cr_expect_eq(keda_findings_at(findings, 0), first);
    cr_expect_str_eq(first->message, "first");
    cr_expect_str_eq(keda_findings_at(findings, 1)->file, "");
}

Test(findings, gives_the_first_error_with_its_place)
{
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(findings_first_error(findings, &err), KEDA_OK);
    findings_add(findings, KEDA_SEVERITY_WARNING, &here, "w");
    cr_expect_eq(findings_first_error(findings, &err), KEDA_OK);
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "must be a number");
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "other");
    cr_expect_eq(findings_first_error(findings, &err), KEDA_EINVAL);
    cr_expect_str_eq(err.text, "a.yaml:3: spec.a: must be a number");
    cr_expect_eq(err.line, 3);
    cr_expect_eq(err.column, 7);
}

static void expect_printed(size_t i, const char *expected)
{
    keda_buf line = {0};
    cr_expect_eq(keda_findings_print(findings, i, buf_write, &line, NULL), KEDA_OK);
    cr_expect_str_eq(line.data, expected);
    keda_buf_clear(&line);
}

Test(findings, prints_one_line_each)
{
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "bad");
    findings_add(findings, KEDA_SEVERITY_WARNING, &(findings_place){.file = "a.yaml"}, "odd");
    findings_add(findings, KEDA_SEVERITY_ERROR, NULL, "bare");
    expect_printed(0, "a.yaml:3:7: error: spec.a: bad");
    expect_printed(1, "a.yaml: warning: odd");
    expect_printed(2, "error: bare");
}

static keda_status refuse(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    (void)user;
    return KEDA_ELIMIT;
}

Test(findings, reports_a_writer_that_refuses)
{
    keda_error err = KEDA_ERROR_INIT;
    findings_add(findings, KEDA_SEVERITY_ERROR, &here, "bad");
    cr_expect_eq(keda_findings_print(findings, 0, refuse, NULL, &err), KEDA_ELIMIT);
    cr_expect_eq(err.code, KEDA_ELIMIT);
    cr_expect_eq(keda_findings_print(findings, 1, refuse, NULL, &err), KEDA_EINVAL);
}

Test(findings, accepts_null)
{
    findings_add(NULL, KEDA_SEVERITY_ERROR, &here, "lost");
    cr_expect_eq(keda_findings_count(NULL), 0);
    cr_expect_eq(keda_findings_errors(NULL), 0);
    cr_expect_null(keda_findings_at(NULL, 0));
    cr_expect_eq(findings_first_error(NULL, NULL), KEDA_OK);
    keda_findings_free(NULL);
}
