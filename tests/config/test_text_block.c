/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in one block of memory: measured, moved, wiped with it. */
#include <criterion/criterion.h>

#include "base/mem.h"
#include "config/text_block.h"

Test(text_block, moves_what_was_measured_into_one_block)
{
    char *texts[] = {mem_strdup("orders"), NULL, mem_strdup(""), mem_strdup("production")};
    enum { N = sizeof texts / sizeof texts[0] };
    const char *const before = texts[0];
    text_block all = {0};

    for (size_t i = 0; i < N; i++)
        text_block_take(&all, &texts[i]);
    cr_expect_eq(all.size, 7 + 1 + 11);
    cr_expect_eq(texts[0], before, "measuring moves nothing");
    cr_assert(text_block_make(&all));
    for (size_t i = 0; i < N; i++)
        text_block_take(&all, &texts[i]);
    cr_expect_eq(all.size, 7 + 1 + 11);
    cr_expect_eq(texts[0], all.memory);
    cr_expect_str_eq(texts[0], "orders");
    cr_expect_null(texts[1]);
    cr_expect_eq(texts[2], all.memory + 7);
    cr_expect_str_eq(texts[2], "");
    cr_expect_str_eq(texts[3], "production");
    text_block_clear(&all);
    cr_expect_null(all.memory);
    text_block_clear(&all);
}
