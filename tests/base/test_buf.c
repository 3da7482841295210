/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer (libkeda/base/buf.c). */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

Test(buf, stays_terminated_while_it_grows)
{
    keda_buf buf = {0};
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(buf_putc(&buf, 'x'), KEDA_OK);
        cr_assert_eq(buf.data[buf.size], '\0');
    }
    cr_assert_eq(buf.size, 1000);
    keda_buf_clear(&buf);
    cr_assert_null(buf.data);
}

Test(buf, has_data_after_appending_nothing)
{
    keda_buf buf = {0};
    cr_assert_eq(buf_append(&buf, NULL, 0), KEDA_OK);
    cr_assert_str_eq(buf.data, "");
    keda_buf_clear(&buf);
}

Test(buf, appends_formatted_text)
{
    keda_buf buf = {0};
    cr_assert_eq(buf_puts(&buf, "a="), KEDA_OK);
    cr_assert_eq(buf_printf(&buf, "%d,%s", 7, "b"), KEDA_OK);
    cr_assert_str_eq(buf.data, "a=7,b");
    buf_truncate(&buf, 3);
    cr_assert_str_eq(buf.data, "a=7");
    cr_assert_eq(buf_write("!", 1, &buf), KEDA_OK);
    cr_assert_str_eq(buf.data, "a=7!");
    keda_buf_clear(&buf);
    keda_buf_clear(NULL);
}

Test(buf, refuses_more_than_memory_can_hold)
{
    keda_buf buf = {0};
    cr_assert_eq(buf_puts(&buf, "kept"), KEDA_OK);
    cr_assert_eq(buf_append(&buf, "x", SIZE_MAX - 2), KEDA_ENOMEM);
    cr_assert_str_eq(buf.data, "kept");
    keda_buf_clear(&buf);
}

static void write_temporary(char path[32], size_t size)
{
    (void)snprintf(path, 32, "/tmp/keda-buf-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(write(fd, "y", 1), 1);
    close(fd);
}

Test(buf, appends_a_whole_file)
{
    char path[32];
    write_temporary(path, 9000);
    keda_buf buf = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(buf_puts(&buf, "z"), KEDA_OK);
    cr_assert_eq(buf_read_file(&buf, path, 9000, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(buf.size, 9001);
    cr_assert_eq(buf.data[9001], '\0');
    keda_buf_clear(&buf);
    unlink(path);
}

Test(buf, refuses_a_file_above_the_bound_and_stays_as_it_was)
{
    char path[32];
    write_temporary(path, 9000);
    keda_buf buf = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(buf_puts(&buf, "z"), KEDA_OK);
    cr_assert_eq(buf_read_file(&buf, path, 8999, &err), KEDA_ELIMIT);
    cr_assert_not_null(strstr(err.text, "larger than 8999 bytes"));
    cr_assert_str_eq(buf.data, "z");
    keda_buf_clear(&buf);
    unlink(path);
}

Test(buf, names_the_file_it_cannot_read)
{
    keda_buf buf = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(buf_read_file(&buf, "/nonexistent/file", 10, &err), KEDA_ENOTFOUND);
    cr_assert_str_eq(err.text, "/nonexistent/file: No such file or directory");
    cr_assert_eq(buf_read_file(&buf, "/", 10, &err), KEDA_EINVAL);
    cr_assert_eq(buf_read_file(&buf, "/", 10, NULL), KEDA_EINVAL);
    cr_assert_null(buf.data);
}
