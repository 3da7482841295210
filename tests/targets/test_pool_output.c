/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of a worker's output (libkeda/targets/pool_output.c). No process, no clock. */
#include <criterion/criterion.h>

#include <string.h>

#include "loop/lines.h"
#include "targets/pool_output.h"

static size_t count_taken(pool_output *output, size_t nlines, size_t size, int64_t now_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < nlines; i++)
        n += output_takes(output, size, false, now_ms);
    return n;
}

Test(pool_output, takes_so_many_lines_a_second_and_counts_the_rest)
{
    pool_output output = {0};
    cr_expect_eq(output_due_ms(&output), -1);
    cr_expect_eq(count_taken(&output, 200, 1, 5000), 200);
    cr_expect_eq(output_due_ms(&output), -1);
    cr_expect_eq(count_taken(&output, 7, 1, 5999), 0);
    cr_expect_eq(output_due_ms(&output), 6000);
    cr_expect_eq(count_taken(&output, 300, 1, 6000), 200);
    cr_expect_eq(output_due_ms(&output), 6000, "still to be told");
    cr_expect_eq(output_take_dropped(&output), 107);
    cr_expect_eq(output_due_ms(&output), -1);
    cr_expect_eq(count_taken(&output, 1, 1, 6500), 0);
    cr_expect_eq(output_due_ms(&output), 7000);
    cr_expect_eq(output_take_dropped(&output), 1);
    cr_expect_eq(output_take_dropped(&output), 0);
}

Test(pool_output, takes_so_many_bytes_a_second)
{
    pool_output output = {0};
    cr_expect_eq(count_taken(&output, 100, 4000, 0), 16);
    cr_expect_eq(output_take_dropped(&output), 84);
    cr_expect_eq(count_taken(&output, 1, 4000, 1000), 1);
}

Test(pool_output, takes_the_first_piece_of_a_long_line_only)
{
    pool_output output = {0};
    cr_expect(output_takes(&output, LINES_MAX, false, 0));
    cr_expect(output_takes(&output, 5, true, 0), "the other stream has its own lines");
    cr_expect_not(output_takes(&output, LINES_MAX, false, 0));
    cr_expect_not(output_takes(&output, 0, false, 0));
    cr_expect(output_takes(&output, 3, false, 0));
    cr_expect_eq(output_take_dropped(&output), 0);
}

Test(pool_output, shows_nothing_a_terminal_would_obey)
{
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {"", ""},
        {"a\tb", "a\tb"},
        {"a\r", "a"},
        {"a\rb", "a\\x0db"},
        {"\x1b[2J", "\\x1b[2J"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "2J",
         "\\x9b2J"},
        {"\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\x80", "\xef\xbf\xbd"},
        {"\x9b", "\xef\xbf\xbd"},
        {"\xc3(", "\xef\xbf\xbd("},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
    };
    char out[OUTPUT_ROOM];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_str_eq(output_show(out, cases[i].line, strlen(cases[i].line)),
                         cases[i].expected, "case %zu", i);
    cr_expect_str_eq(output_show(out, "a\0b", 3), "a\\x00b");
}

Test(pool_output, marks_where_it_cuts)
{
    char line[LINES_MAX], out[OUTPUT_ROOM];
    memset(line, 'x', sizeof line);
    cr_expect_eq(strlen(output_show(out, line, OUTPUT_SHOWN)), OUTPUT_SHOWN);
    cr_expect_eq(strlen(output_show(out, line, OUTPUT_SHOWN + 1)), OUTPUT_SHOWN + 4);
    cr_expect_str_eq(out + OUTPUT_SHOWN - 1, "x ...");
    memcpy(line + OUTPUT_SHOWN - 1, "\xc3\xa4", 2);
    cr_expect_str_eq(output_show(out, line, sizeof line) + OUTPUT_SHOWN - 2, "x ...",
                     "no half character");
    memset(line, 1, sizeof line);
    cr_expect_eq(strlen(output_show(out, line, sizeof line)), OUTPUT_SHOWN + 4);
}
