/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the library's own files are: modules and the process pool's helper, which lie together.
 * Opening a module is the engine's business.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <stddef.h>

#include <keda/error.h>

/* The module directory: `keda` beside libkeda.so; for a program that holds the library itself,
 * ../lib/keda seen from the program; else where this build installs. Errors: KEDA_ELIMIT when it
 * does not fit. */
keda_status paths_module_dir(char *out, size_t size, keda_error *err);

/* Finds a file by name in the directories of `search` (colons between them; NULL: those of
 * KEDA_PLUGIN_PATH), then in the module directory. Errors: KEDA_ENOTFOUND, naming the file and the
 * directories; KEDA_EINVAL when everybody may write the file. */
keda_status paths_find_module(const char *search, const char *name, char *out, size_t size,
                              keda_error *err);

#endif
