/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers and findings when the n-th allocation fails. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "base/findings.h"
#include "base/mem.h"
#include "support/failing_allocator.h"

enum { MANY = 200 };

Test(out_of_memory, leaves_a_buffer_as_it_was)
{
    keda_buf buf = {0};
    char text[100];
    memset(text, 'x', sizeof text);
    failing_allocator_set(2);
    cr_assert_eq(buf_puts(&buf, "kept"), KEDA_OK);
    cr_expect_eq(buf_append(&buf, text, sizeof text), KEDA_ENOMEM);
    cr_expect_str_eq(buf.data, "kept");
    cr_expect_eq(buf_append(&buf, text, sizeof text), KEDA_OK);
    failing_allocator_set(1);
    cr_expect_eq(buf_printf(&buf, "%1000s", ""), KEDA_ENOMEM);
    cr_expect_eq(buf.size, 104);
    keda_buf_clear(&buf);
    cr_expect_eq(failing_allocator_live(), 0);
}

Test(out_of_memory, refuses_a_file_and_keeps_what_was_there)
{
    keda_buf buf = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(buf_puts(&buf, "kept"), KEDA_OK);
    failing_allocator_set(1);
    cr_expect_eq(buf_read_file(&buf, "/proc/self/status", 100000, &err), KEDA_ENOMEM);
    cr_expect_str_eq(buf.data, "kept");
    failing_allocator_set(0);
    keda_buf_clear(&buf);
}

/* Whichever allocation fails: the list says that something is missing, as an error. */
Test(out_of_memory, is_itself_a_finding)
{
    size_t n = 0;
    bool has_failed = true;
    while (has_failed && ++n < MANY) {
        keda_findings *findings = NULL;
        keda_error err = KEDA_ERROR_INIT;
        failing_allocator_set(n);
        if (keda_findings_new(&findings, &err) != KEDA_OK)
            continue;
        for (int i = 0; i < 20; i++)
            findings_add(findings, KEDA_SEVERITY_WARNING, NULL, "odd");
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(keda_findings_count(findings), 20);
        cr_assert_eq(keda_findings_errors(findings), has_failed ? 1 : 0);
        cr_assert_eq(findings_first_error(findings, &err), has_failed ? KEDA_ENOMEM : KEDA_OK);
        cr_assert_str_eq(keda_findings_at(findings, 19)->message,
                         has_failed ? "out of memory" : "odd");
        keda_findings_free(findings);
        cr_assert_eq(failing_allocator_live(), 0);
    }
    cr_expect_gt(n, 20);
    cr_expect_lt(n, MANY);
}

Test(out_of_memory, keeps_old_memory_when_it_cannot_grow)
{
    void *items = NULL;
    size_t capacity = 0;
    failing_allocator_set(2);
    cr_assert_eq(mem_grow(&items, &capacity, 0, 8, NULL), KEDA_OK);
    cr_expect_eq(mem_grow(&items, &capacity, 8, 8, NULL), KEDA_ENOMEM);
    cr_expect_eq(capacity, 8);
    mem_free(items);
    cr_expect_null((failing_allocator_set(1), mem_strdup("x")));
    cr_expect_eq(failing_allocator_live(), 0);
}
