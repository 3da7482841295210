/* SPDX-License-Identifier: Apache-2.0 */
/* The file of what survives (libkeda/engine/state.c, state_line.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state_line.h"

static char folder[] = "/tmp/keda-state-XXXXXX";
static char path[64], lock[80];
static loop *l;
static state_file *s;
static keda_error err;
static const log_sink silence;

static void open_state(void)
{
    cr_assert_eq(state_open(&s, path, l, &silence, &err), KEDA_OK, "%s", err.text);
}

static void reopen(void)
{
    state_close(s);
    s = NULL;
    open_state();
}

static void init(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/state", folder);
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    cr_assert_eq(loop_new(&l, NULL, &err), KEDA_OK);
    open_state();
}

static void fini(void)
{
    state_close(s);
    loop_free(l);
    (void)unlink(path);
    (void)unlink(lock);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(state, .init = init, .fini = fini);

static off_t file_size(void)
{
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return st.st_size;
}

static void append(const char *text)
{
    FILE *file = fopen(path, "a");
    cr_assert_not_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

Test(state, reads_back_what_was_put)
{
    state_put(s, STATE_WORKLOAD, "default/a", STATE_CREATED, 17);
    state_put(s, STATE_WORKLOAD, "default/a", STATE_ORIGINAL, 3);
    state_put(s, STATE_TARGET, "default/a", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_WORKLOAD, "default/a", STATE_CREATED), 17);
    cr_expect_eq(state_get(s, STATE_WORKLOAD, "default/a", STATE_ORIGINAL), 3);
    cr_expect_eq(state_get(s, STATE_WORKLOAD, "default/a", STATE_REPLICAS), -1);
    cr_expect_eq(state_get(s, STATE_TARGET, "default/a", STATE_REPLICAS), 5);
    cr_expect_eq(state_get(s, STATE_TARGET, "default/b", STATE_REPLICAS), -1);
}

Test(state, is_written_by_the_end_of_a_step)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    const off_t before = file_size();
    cr_assert_eq(loop_step(l, &err), KEDA_OK);
    cr_expect_gt(file_size(), before);
}

Test(state, writes_only_changes)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    const off_t before = file_size();
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    cr_expect_eq(file_size(), before);
}

Test(state, forgets_what_was_removed)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    state_remove(s, STATE_TARGET, "a");
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), -1);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), -1);
}

Test(state, may_come_back_after_it_was_removed)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    state_remove(s, STATE_TARGET, "a");
    state_put(s, STATE_TARGET, "a", STATE_ORIGINAL, 2);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), -1);
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_ORIGINAL), 2);
}

Test(state, drops_a_torn_last_line_and_writes_on)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    append("12345678 t b 1 2");
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), 5);
    state_put(s, STATE_TARGET, "c", STATE_REPLICAS, 7);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "c", STATE_REPLICAS), 7);
}

Test(state, leaves_out_a_damaged_line)
{
    append("12345678 t b 1 2 3 4 5\n");
    state_put(s, STATE_TARGET, "c", STATE_REPLICAS, 7);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "b", STATE_REPLICAS), -1);
    cr_expect_eq(state_get(s, STATE_TARGET, "c", STATE_REPLICAS), 7);
}

Test(state, is_rewritten_when_it_has_grown)
{
    for (int64_t i = 0; i < 5000; i++) {
        state_put(s, STATE_TARGET, "a", STATE_REPLICAS, i);
        cr_assert_eq(state_flush(s, &err), KEDA_OK, "%s", err.text);
    }
    cr_expect_lt(file_size(), 100000);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), 4999);
}

Test(state, removes_what_was_not_named)
{
    state_put(s, STATE_TARGET, "a", STATE_REPLICAS, 5);
    state_put(s, STATE_TARGET, "b c", STATE_REPLICAS, 6);
    state_put(s, STATE_WORKLOAD, "a", STATE_CREATED, 7);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    state_name(s, STATE_TARGET, "b c");
    state_name(s, STATE_TARGET, "unheard of");
    state_remove_unnamed(s);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a", STATE_REPLICAS), -1);
    cr_expect_eq(state_get(s, STATE_WORKLOAD, "a", STATE_CREATED), -1);
    cr_expect_eq(state_get(s, STATE_TARGET, "b c", STATE_REPLICAS), 6);
    state_remove_unnamed(s);
    cr_expect_eq(state_get(s, STATE_TARGET, "b c", STATE_REPLICAS), -1, "names count once");
}

Test(state, survives_a_key_that_is_no_name)
{
    state_put(s, STATE_TARGET, "a b\nc", STATE_REPLICAS, 5);
    cr_assert_eq(state_flush(s, &err), KEDA_OK);
    reopen();
    cr_expect_eq(state_get(s, STATE_TARGET, "a b\nc", STATE_REPLICAS), 5);
}

Test(state, says_which_file_cannot_be_used)
{
    state_file *other = NULL;
    cr_expect_eq(state_open(&other, "/nonexistent/folder/state", l, &silence, &err),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "/nonexistent/folder/state"), "%s", err.text);
    cr_expect_eq(state_open(&other, path, l, &silence, &err), KEDA_ECONFLICT);
}

Test(state, does_nothing_without_a_file)
{
    state_put(NULL, STATE_TARGET, "a", STATE_REPLICAS, 5);
    state_remove(NULL, STATE_TARGET, "a");
    cr_expect_eq(state_get(NULL, STATE_TARGET, "a", STATE_REPLICAS), -1);
}

Test(state_line, has_the_checksum_of_its_text)
{
    const state_values values = {.of = {1700000000000, -1, 0, 3, -1}};
    state_values back;
    char name[STATE_NAME_SIZE];
    keda_buf line = {0};
    cr_assert_eq(state_line_write(&line, "w default/orders", &values), KEDA_OK);
    /* by crc32 of zlib over "w default/orders 1700000000000 -1 0 3 -1" */
    cr_expect_str_eq(line.data, "da836654 w default/orders 1700000000000 -1 0 3 -1\n");
    cr_assert(state_line_read(line.data, line.size - 1, name, &back));
    cr_expect_str_eq(name, "w default/orders");
    cr_expect_arr_eq(back.of, values.of, sizeof back.of);
    for (size_t i = 0; i < line.size - 1; i++) {
        line.data[i] ^= 1;
        cr_expect_not(state_line_read(line.data, line.size - 1, name, &back), "byte %zu", i);
        line.data[i] ^= 1;
    }
    for (size_t size = 0; size < line.size - 1; size++)
        cr_expect_not(state_line_read(line.data, size, name, &back), "cut at %zu", size);
    keda_buf_clear(&line);
}
