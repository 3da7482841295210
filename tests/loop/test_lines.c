/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to lines (libkeda/loop/lines.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "loop/lines.h"

static line_buffer lines;
static keda_buf seen; /* each line in brackets, long ones as their length */

static void note(const char *line, size_t size, void *user)
{
    (void)user;
    if (size > 100)
        cr_assert_eq(buf_printf(&seen, "[%zu]", size), KEDA_OK);
    else
        cr_assert_eq(buf_printf(&seen, "[%.*s]", (int)size, line), KEDA_OK);
}

static void feed(const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = 0;
        char *at = lines_room(&lines, &room);
        cr_assert_gt(room, 0);
        size_t n = size < room ? size : room;
        memcpy(at, bytes, n);
        lines_added(&lines, n, note, NULL);
        bytes += n;
        size -= n;
    }
}

static void expect(const char *expected)
{
    cr_expect_str_eq(seen.data == NULL ? "" : seen.data, expected);
    keda_buf_clear(&seen);
}

Test(lines, hands_out_whole_lines_only)
{
    feed("one\ntw", 6);
    expect("[one]");
    feed("o\n\nthree", 8);
    expect("[two][]");
    lines_flush(&lines, note, NULL);
    expect("[three]");
    lines_flush(&lines, note, NULL);
    expect("");
}

Test(lines, gives_the_same_lines_however_they_arrive)
{
    const char text[] = "a\nbb\n\nccc\n";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        feed(text, cut);
        feed(text + cut, sizeof text - 1 > cut ? sizeof text - 1 - cut : 0);
        expect("[a][bb][][ccc]");
    }
}

Test(lines, splits_what_is_longer_than_its_memory)
{
    static char text[LINES_MAX + 10];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    feed(text, sizeof text);
    expect("[4096][xxxxxxxxx]");
    feed("y\n", 2);
    expect("[y]");
}

Test(lines, takes_a_line_that_just_fits)
{
    static char text[LINES_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    feed(text, sizeof text);
    expect("[4095]");
}
