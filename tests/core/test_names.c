/* SPDX-License-Identifier: Apache-2.0 */
/* Names of reasons and causes (libkeda/core/names.c). */
#include <keda/decide.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

Test(names, has_a_name_for_every_reason)
{
    for (int32_t i = 0; i < KEDA_REASON_COUNT; i++) {
        cr_assert_not_null(keda_reason_name(i), "reason %d", i);
        for (int32_t j = 0; j < i; j++)
            cr_assert_str_neq(keda_reason_name(i), keda_reason_name(j));
    }
    cr_assert_str_eq(keda_reason_name(-1), "Unset");
    cr_assert_str_eq(keda_reason_name(KEDA_REASON_COUNT), "Unset");
}

Test(names, has_upstreams_text_for_every_cause)
{
    for (int32_t i = 0; i < KEDA_CAUSE_COUNT; i++) {
        cr_assert_not_null(keda_cause_name(i), "cause %d", i);
        cr_assert((keda_cause_name(i)[0] == '\0') == (i == KEDA_CAUSE_NONE));
        for (int32_t j = 0; j < i; j++)
            cr_assert_str_neq(keda_cause_name(i), keda_cause_name(j));
    }
    cr_assert_str_eq(keda_cause_name(-1), "");
    cr_assert_str_eq(keda_cause_name(KEDA_CAUSE_COUNT), "");
    cr_assert_str_eq(keda_cause_name(KEDA_CAUSE_FAILED_GET_EXTERNAL_METRIC),
                     "FailedGetExternalMetric");
}

static int count_rows(const char *page, const char *name)
{
    char row[96], line[1024];
    int n = 0;
    FILE *file = fopen(page, "re");
    cr_assert_not_null(file, "%s", page);
    (void)snprintf(row, sizeof row, "| `%s` | ", name);
    while (fgets(line, sizeof line, file) != NULL)
        n += strncmp(line, row, strlen(row)) == 0 ? 1 : 0;
    fclose(file);
    return n;
}

Test(names, has_a_line_of_documentation_for_every_deviation)
{
    size_t n = 0;
    for (; keda_deviation_name(n) != NULL; n++)
        cr_expect_eq(count_rows(KEDA_SOURCE_DIR "/docs/deviations.md", keda_deviation_name(n)),
                     1, "%s", keda_deviation_name(n));
    cr_expect_eq((uint32_t)1 << (n - 1), (uint32_t)KEDA_DEVIATION_CACHED_EXPIRES,
                 "the last name is that of the last bit");
}
