/* SPDX-License-Identifier: Apache-2.0 */
/* Things by name (libkeda/engine/table.c). */
#include <criterion/criterion.h>

#include <stdio.h>

#include "engine/table.h"

typedef struct thing {
    table_node node;
    char name[16];
    size_t nseen;
} thing;

static thing things[500];
static table t;

static void fill(void)
{
    cr_assert_eq(table_init(&t, NULL), KEDA_OK);
    for (size_t i = 0; i < 500; i++) {
        (void)snprintf(things[i].name, sizeof things[i].name, "thing-%zu", i);
        table_add(&t, &things[i].node, things[i].name);
    }
}

static void empty(void)
{
    table_clear(&t);
}

TestSuite(table, .init = fill, .fini = empty);

Test(table, finds_everything_that_was_added)
{
    cr_expect_eq(t.count, 500);
    for (size_t i = 0; i < 500; i++)
        cr_expect_eq(table_find(&t, things[i].name), &things[i]);
    cr_expect_null(table_find(&t, "thing-500"));
}

Test(table, finds_no_longer_what_was_removed)
{
    for (size_t i = 0; i < 500; i += 2)
        table_remove(&t, &things[i].node);
    cr_expect_eq(t.count, 250);
    for (size_t i = 0; i < 500; i++)
        cr_expect_eq(table_find(&t, things[i].name), i % 2 == 0 ? NULL : (void *)&things[i]);
}

Test(table, walks_through_everything_once)
{
    size_t n = 0;
    for (thing *at = table_next(&t, NULL); at != NULL; at = table_next(&t, at), n++)
        at->nseen++;
    cr_expect_eq(n, 500);
    for (size_t i = 0; i < 500; i++)
        cr_expect_eq(things[i].nseen, 1);
}

Test(table, may_be_emptied_while_it_is_walked)
{
    for (thing *at = table_next(&t, NULL), *next; at != NULL; at = next) {
        next = table_next(&t, at);
        table_remove(&t, &at->node);
    }
    cr_expect_eq(t.count, 0);
    cr_expect_null(table_next(&t, NULL));
}

Test(table, has_nothing_when_cleared)
{
    table_clear(&t);
    cr_expect_null(table_find(&t, "thing-1"));
    cr_expect_null(table_next(&t, NULL));
}
