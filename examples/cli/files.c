/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and folders of documents into keda_source texts.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

#define FILE_LIMIT (16u * 1024u * 1024u)

static bool fail(cli_files *files, const char *path, const char *why)
{
    const size_t size = strlen(path) + strlen(why) + 3;
    free(files->failed);
    files->failed = malloc(size);
    if (files->failed != NULL)
        snprintf(files->failed, size, "%s: %s", path, why);
    return false;
}

static bool read_all(FILE *in, char **out, size_t *size)
{
    char *text = NULL;
    size_t used = 0, capacity = 0;

    for (;;) {
        if (used + 1 >= capacity) {
            capacity = capacity == 0 ? 8192 : capacity * 2;
            char *more = capacity > FILE_LIMIT * 2 ? NULL : realloc(text, capacity);
            if (more == NULL)
                break;
            text = more;
        }
        const size_t n = fread(text + used, 1, capacity - used - 1, in);
        if (n == 0)
            break;
        used += n;
    }
    if (text == NULL || ferror(in) || used > FILE_LIMIT) {
        free(text);
        return false;
    }
    text[used] = '\0';
    *out = text;
    *size = used;
    return true;
}

static bool add_source(cli_files *files, const char *path, char *take_text, size_t size)
{
    if (files->count == files->capacity) {
        const size_t capacity = files->capacity == 0 ? 8 : files->capacity * 2;
        keda_source *more = realloc(files->sources, capacity * sizeof *more);
        if (more == NULL)
            return fail(files, path, "out of memory");
        files->sources = more;
        files->capacity = capacity;
    }
    char *id = strdup(path);
    if (id == NULL)
        return fail(files, path, "out of memory");
    files->sources[files->count++] = (keda_source){sizeof(keda_source), id, take_text, size};
    return true;
}

static bool add_stream(cli_files *files, const char *path, FILE *in)
{
    char *text;
    size_t size;

    if (!read_all(in, &text, &size))
        return fail(files, path, "cannot be read, or is longer than 16 MiB");
    if (add_source(files, path, text, size))
        return true;
    free(text);
    return false;
}

static bool add_file(cli_files *files, const char *path)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return fail(files, path, strerror(errno));
    const bool is_added = add_stream(files, path, in);
    fclose(in);
    return is_added;
}

bool cli_is_document_name(const char *name)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    const size_t size = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t n = strlen(endings[i]);
        if (name[0] != '.' && size > n && strcmp(name + size - n, endings[i]) == 0)
            return true;
    }
    return false;
}

static int is_document(const struct dirent *entry)
{
    return cli_is_document_name(entry->d_name) ? 1 : 0;
}

static bool add_folder(cli_files *files, const char *path)
{
    struct dirent **entries = NULL;
    const int n = scandir(path, &entries, is_document, alphasort);
    bool is_added = n >= 0;

    if (n < 0)
        return fail(files, path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char name[4096];
        const int size = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (is_added && (size < 0 || (size_t)size >= sizeof name))
            is_added = fail(files, path, "the path is too long");
        else if (is_added)
            is_added = add_file(files, name);
        free(entries[i]);
    }
    free(entries);
    return is_added;
}

bool cli_files_add(cli_files *files, const char *path)
{
    struct stat info;

    if (strcmp(path, "-") == 0)
        return add_stream(files, "stdin", stdin);
    if (stat(path, &info) != 0)
        return fail(files, path, strerror(errno));
    return S_ISDIR(info.st_mode) ? add_folder(files, path) : add_file(files, path);
}

/* The texts may hold Secrets: they are wiped. */
static void wipe(char *text, size_t size)
{
    volatile char *p = text;
    while (size-- > 0)
        *p++ = 0;
}

void cli_files_clear(cli_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        char *text = (char *)(uintptr_t)files->sources[i].text;
        wipe(text, files->sources[i].size);
        free(text);
        free((char *)(uintptr_t)files->sources[i].id);
    }
    free(files->sources);
    free(files->failed);
    memset(files, 0, sizeof *files);
}
