/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of data/: each names, in its lines "#! ", all that is found in it, in order. Files named
 * .strict.yaml are read as strict.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "support/config_rig.h"

/* What stands behind "#! ". */
static keda_buf expected_lines(const char *text)
{
    keda_buf lines = {0};
    cr_assert_eq(buf_puts(&lines, ""), KEDA_OK);
    for (const char *p = strstr(text, "#! "); p != NULL; p = strstr(p + 1, "#! "))
        cr_assert_eq(buf_append(&lines, p + 3, strcspn(p + 3, "\n") + 1), KEDA_OK);
    return lines;
}

static void check_file(const char *name)
{
    char path[512];
    keda_buf text = {0};
    (void)snprintf(path, sizeof path, "%s/tests/config/data/%s", KEDA_SOURCE_DIR, name);
    cr_assert_eq(buf_read_file(&text, path, 1 << 20, NULL), KEDA_OK, "%s", path);
    config_rig rig = config_rig_read(text.data, text.size);
    config_rig_resources(&rig, strstr(name, ".strict.") != NULL);
    keda_buf expected = expected_lines(text.data);
    cr_expect_str_eq(config_rig_lines(&rig), expected.data, "%s: found\n%s", name,
                     config_rig_lines(&rig));
    keda_buf_clear(&expected);
    keda_buf_clear(&text);
    config_rig_close(&rig);
}

Test(golden, finds_what_each_file_says_and_nothing_else)
{
    size_t n = 0;
    DIR *folder = opendir(KEDA_SOURCE_DIR "/tests/config/data");
    cr_assert_not_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (text_has_suffix(entry->d_name, ".yaml")) {
            check_file(entry->d_name);
            n++;
        }
    (void)closedir(folder);
    cr_assert_geq(n, 20);
}
