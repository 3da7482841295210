/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the library's own files (libkeda/base/paths.c). */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"

static char plugin_path[128];

/* putenv keeps our own memory; each test runs in a process of its own. */
static void search_in(const char *dir)
{
    (void)snprintf(plugin_path, sizeof plugin_path, "KEDA_PLUGIN_PATH=/nonexistent::%s", dir);
    cr_assert_eq(putenv(plugin_path), 0);
}

Test(paths, prefers_the_directories_of_the_environment)
{
    char dir[] = "/tmp/keda-paths-XXXXXX";
    char file[64], found[PATH_MAX];
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(file, sizeof file, "%s/keda-thing", dir);
    fclose(fopen(file, "w"));
    search_in(dir);
    cr_expect_eq(paths_find_module(NULL, "keda-thing", found, sizeof found, NULL), KEDA_OK);
    cr_expect_str_eq(found, file);
    unlink(file);
    rmdir(dir);
}

Test(paths, says_where_it_looked)
{
    char found[PATH_MAX];
    keda_error err = KEDA_ERROR_INIT;
    search_in("/else/where");
    cr_expect_eq(paths_find_module(NULL, "libkeda-nothing.so", found, sizeof found, &err),
                 KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, "libkeda-nothing.so: not found in /nonexistent"));
    cr_expect_not_null(strstr(err.text, "/keda"));
}

Test(paths, does_not_take_a_directory_for_a_file)
{
    char found[PATH_MAX];
    search_in("/");
    cr_expect_eq(paths_find_module(NULL, "tmp", found, sizeof found, NULL), KEDA_ENOTFOUND);
}

Test(paths, names_a_module_directory)
{
    char dir[PATH_MAX];
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(paths_module_dir(dir, sizeof dir, &err), KEDA_OK);
    cr_expect_str_eq(dir + strlen(dir) - 5, "/keda");
    cr_expect_eq(paths_module_dir(dir, 3, &err), KEDA_ELIMIT);
}

Test(paths, refuses_a_file_that_everybody_may_write)
{
    char dir[] = "/tmp/keda-paths-XXXXXX";
    char file[64], found[PATH_MAX];
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(file, sizeof file, "%s/keda-thing", dir);
    fclose(fopen(file, "w"));
    cr_assert_eq(chmod(file, 0666), 0);
    cr_expect_eq(paths_find_module(dir, "keda-thing", found, sizeof found, &err), KEDA_EINVAL);
    cr_assert_eq(chmod(file, 0664), 0);
    cr_expect_eq(paths_find_module(dir, "keda-thing", found, sizeof found, &err), KEDA_OK);
    unlink(file);
    rmdir(dir);
}
