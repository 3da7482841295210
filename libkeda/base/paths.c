/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the library's own files from where the library itself is, so that a build tree, a wheel
 * and an installed package all work without configuration.
 */
#include "paths.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The build says where it installs modules. */
#ifndef KEDA_MODULE_DIR
#define KEDA_MODULE_DIR "/usr/local/lib/keda"
#endif

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Puts `tail` in the place of the last part of `path`. */
static bool replace_last_part(char path[PATH_MAX], const char *tail)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    const size_t room = PATH_MAX - (size_t)(slash + 1 - path);
    const int n = snprintf(slash + 1, room, "%s", tail);
    return n >= 0 && (size_t)n < room;
}

static bool program(char path[PATH_MAX])
{
    const ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* A folder of that name beside a program means nothing, beside the library it is ours. */
static bool dir_beside_library(char path[PATH_MAX])
{
    static const char here = 0; /* any address inside the library */
    char whole[PATH_MAX];
    Dl_info info;
    if (dladdr(&here, &info) == 0 || info.dli_fname == NULL ||
        realpath(info.dli_fname, path) == NULL)
        return false;
    if (program(whole) && strcmp(whole, path) == 0)
        return false;
    return replace_last_part(path, "keda") && is_directory(path);
}

static bool dir_beside_program(char path[PATH_MAX])
{
    return program(path) && replace_last_part(path, "../lib/keda") && is_directory(path);
}

keda_status paths_module_dir(char *out, size_t size, keda_error *err)
{
    char path[PATH_MAX];
    const char *dir = KEDA_MODULE_DIR;
    if (dir_beside_library(path) || dir_beside_program(path))
        dir = path;
    const int n = snprintf(out, size, "%s", dir);
    if (n < 0 || (size_t)n >= size)
        return keda_error_set(err, KEDA_ELIMIT, "the path of the module directory is too long");
    return KEDA_OK;
}

static bool file_in(const char *dir, size_t dir_size, const char *name, char *out, size_t size)
{
    if (dir_size == 0 || dir_size > PATH_MAX)
        return false;
    const int n = snprintf(out, size, "%.*s/%s", (int)dir_size, dir, name);
    return n >= 0 && (size_t)n < size && is_file(out);
}

static bool find(const char *search, const char *modules, const char *name, char *out,
                 size_t size)
{
    for (const char *dir = search; *dir != '\0';) {
        const size_t n = strcspn(dir, ":");
        if (file_in(dir, n, name, out, size))
            return true;
        dir += n + (dir[n] == ':' ? 1 : 0);
    }
    return file_in(modules, strlen(modules), name, out, size);
}

keda_status paths_find_module(const char *search, const char *name, char *out, size_t size,
                              keda_error *err)
{
    char modules[PATH_MAX];
    struct stat st;
    /* A program with raised rights does not let its caller choose what it loads. */
    const char *env = search == NULL ? secure_getenv("KEDA_PLUGIN_PATH") : search;
    const char *dirs = env == NULL ? "" : env;
    keda_status rc = paths_module_dir(modules, sizeof modules, err);
    if (rc != KEDA_OK)
        return rc;
    if (!find(dirs, modules, name, out, size))
        return keda_error_set(err, KEDA_ENOTFOUND, "%s: not found in %s%s%s", name, dirs,
                              *dirs == '\0' ? "" : " or ", modules);
    if (stat(out, &st) != 0 || (st.st_mode & S_IWOTH) != 0)
        return keda_error_set(err, KEDA_EINVAL, "%s: refused, since everybody may write it",
                              out);
    return KEDA_OK;
}
