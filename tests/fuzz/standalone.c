/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds files, and the files of folders, to a fuzz target without a fuzzer: how a corpus is replayed as an
 * ordinary test, by any compiler. Every fuzz_NAME.c is linked with this unless libFuzzer brings its own main.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    uint8_t *data = NULL;
    int rc = -1;

    if (file == NULL || fstat(fileno(file), &info) != 0)
        goto out;
    /* Exactly as large as the input, so that a read past its end is seen. */
    data = malloc(info.st_size > 0 ? (size_t)info.st_size : 1);
    if (data == NULL || fread(data, 1, (size_t)info.st_size, file) != (size_t)info.st_size)
        goto out;
    rc = LLVMFuzzerTestOneInput(data, (size_t)info.st_size) == 0 ? 0 : -1;
    replayed++;
out:
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", path, errno != 0 ? strerror(errno) : "refused");
    free(data);
    if (file != NULL)
        fclose(file);
    return rc;
}

static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    char name[4096];
    int rc = 0;

    if (folder == NULL)
        return replay_file(path);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (replay_file(name) != 0)
            rc = -1;
    }
    closedir(folder);
    return rc;
}

int main(int argc, char **argv)
{
    int rc = 0;

    for (int i = 1; i < argc; i++)
        if (replay_folder(argv[i]) != 0)
            rc = 1;
    printf("%zu inputs replayed\n", replayed);
    if (replayed == 0) {
        fprintf(stderr, "an empty corpus proves nothing\n");
        rc = 1;
    }
    return rc;
}
