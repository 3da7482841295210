/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation (libkeda/base/mem.c). */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

Test(mem, never_answers_null_for_nothing)
{
    void *p = mem_alloc(0);
    cr_assert_not_null(p);
    p = mem_realloc(p, 0, 8);
    cr_assert_not_null(p);
    mem_free(p);
    mem_free(NULL);
}

Test(mem, refuses_products_that_overflow)
{
    cr_assert_null(mem_zalloc(SIZE_MAX / 2, 4));
    cr_assert_null(mem_realloc(NULL, SIZE_MAX / 2, 4));
}

Test(mem, zeroes_what_it_should)
{
    unsigned char *p = mem_zalloc(100, 3);
    for (int i = 0; i < 300; i++)
        cr_assert_eq(p[i], 0);
    mem_free(p);
}

Test(mem, copies_strings)
{
    char *s = mem_strdup("hello");
    char *part = mem_strndup("hello", 2);
    char *whole = mem_strndup("hello", 20);
    cr_expect_str_eq(s, "hello");
    cr_expect_str_eq(part, "he");
    cr_expect_str_eq(whole, "hello");
    cr_expect_null(mem_strdup(NULL));
    mem_free_secret(s);
    mem_free_secret(NULL);
    mem_free(part);
    mem_free(whole);
}

Test(mem, grows_by_doubling)
{
    void *items = NULL;
    size_t capacity = 0;
    cr_assert_eq(mem_grow(&items, &capacity, 0, 4, NULL), KEDA_OK);
    size_t first = capacity;
    cr_assert_eq(mem_grow(&items, &capacity, first - 1, 4, NULL), KEDA_OK);
    cr_assert_eq(capacity, first);
    cr_assert_eq(mem_grow(&items, &capacity, first, 4, NULL), KEDA_OK);
    cr_assert_eq(capacity, 2 * first);
    mem_free(items);
}

Test(mem, reports_growth_beyond_memory)
{
    void *items = NULL;
    size_t capacity = 0;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(mem_grow(&items, &capacity, SIZE_MAX / 2, 4, &err), KEDA_ENOMEM);
    cr_assert_eq(err.code, KEDA_ENOMEM);
    cr_assert_eq(capacity, 0);
}

static size_t ncalls;

static void *counting_malloc(size_t size)
{
    ncalls++;
    return malloc(size);
}

Test(mem, uses_the_allocator_of_the_host)
{
    keda_set_allocator(counting_malloc, realloc, free);
    mem_free(mem_alloc(3));
    char *s = mem_strdup("x");
    mem_free(s);
    keda_set_allocator(malloc, realloc, free);
    cr_assert_eq(ncalls, 2);
}
