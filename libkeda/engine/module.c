/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where modules are looked for, what is refused, and what is read from one. A module is never
 * closed again: threads of its client library may still be in it.
 */
#include "engine/module.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/paths.h"
#include "base/text.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- one file */

static keda_status check_file(const char *path, keda_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return keda_error_set(err, KEDA_EUNSUPPORTED, "not a file");
    if ((st.st_mode & S_IWOTH) != 0)
        return keda_error_set(err, KEDA_EUNSUPPORTED, "everybody may write it");
    return KEDA_OK;
}

static keda_status check_module(const keda_module *module, keda_error *err)
{
    if (module == NULL || module->struct_size < offsetof(keda_module, scalers))
        return keda_error_set(err, KEDA_EINVAL, "a module of a wrong size");
    if (module->abi_version != KEDA_ABI_VERSION)
        return keda_error_set(err, KEDA_EINVAL,
                              "built for ABI %d, while this library has ABI %d",
                              (int)module->abi_version, KEDA_ABI_VERSION);
    if (module->struct_size < sizeof *module)
        return keda_error_set(err, KEDA_EINVAL, "a module of a wrong size");
    return KEDA_OK;
}

static bool is_met(const keda_engine *e, const char *name)
{
    for (size_t i = 0; i < e->opened_modules.count; i++) {
        if (strcmp(e->opened_modules.items[i], name) == 0)
            return true;
    }
    return false;
}

/* A file of that name is not opened again; what comes first on the path wins. */
static keda_status note_file(keda_engine *e, const char *name, keda_error *err)
{
    if (is_met(e, name))
        return KEDA_OK;
    char *copy = mem_strdup(name);
    if (copy == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = pointers_add(&e->opened_modules, copy, err);
    if (rc != KEDA_OK)
        mem_free(copy);
    return rc;
}

/* The file which the same module would be is not opened beside it. */
static keda_status note_file_of(keda_engine *e, const keda_module *module, keda_error *err)
{
    char file[NAME_MAX];
    const int n =
        module->name == NULL ? 0 : snprintf(file, sizeof file, "libkeda-%s.so", module->name);
    return n > 0 && (size_t)n < sizeof file ? note_file(e, file, err) : KEDA_OK;
}

keda_status keda_engine_register_module(keda_engine *e, const keda_module *module,
                                        keda_error *err)
{
    const size_t nscalers = e->registry.scalers.count;
    const size_t nendpoints = e->registry.endpoints.count;
    keda_status rc = check_module(module, err);

    for (size_t i = 0; rc == KEDA_OK && i < module->nscalers; i++)
        rc = registry_add_scaler(&e->registry, module->scalers[i], NULL, err);
    for (size_t i = 0; rc == KEDA_OK && i < module->nendpoints; i++)
        rc = registry_add_endpoint(&e->registry, module->endpoints[i], NULL, err);
    if (rc == KEDA_OK)
        rc = note_file_of(e, module, err);
    if (rc != KEDA_OK)
        registry_cut(&e->registry, nscalers, nendpoints);
    if (rc != KEDA_OK && module != NULL && module->struct_size >= sizeof *module &&
        module->name != NULL)
        return keda_error_wrap(err, rc, "module %s", module->name);
    return rc;
}

/* dlopen's errors begin with the path, which the caller says already. */
static keda_status fail_to_load(const char *path, keda_error *err)
{
    const bool is_out_of_memory = errno == ENOMEM;
    const char *why = dlerror();
    const size_t n = strlen(path);

    if (is_out_of_memory)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (why == NULL)
        why = "it cannot be loaded";
    if (strncmp(why, path, n) == 0 && strncmp(why + n, ": ", 2) == 0)
        why += n + 2;
    return keda_error_set(err, KEDA_EUNSUPPORTED, "%s", why);
}

/* Errors say why, and not which file. */
static keda_status try_file(keda_engine *e, const char *path, keda_error *err)
{
    keda_status rc = check_file(path, err);
    if (rc != KEDA_OK)
        return rc;
    errno = 0;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return fail_to_load(path, err);
    const keda_module *module = dlsym(handle, KEDA_MODULE_SYMBOL);
    if (module == NULL) {
        (void)dlclose(handle); /* nothing of it has run but its constructors */
        return keda_error_set(err, KEDA_EUNSUPPORTED, "no module: it has no %s",
                              KEDA_MODULE_SYMBOL);
    }
    return keda_engine_register_module(e, module, err);
}

static keda_status open_file(keda_engine *e, const char *path, keda_error *err)
{
    keda_error why = KEDA_ERROR_INIT;
    const keda_status rc = try_file(e, path, &why);
    if (rc == KEDA_OK)
        return KEDA_OK;
    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "%s: %s", path, why.text);
    return keda_error_set(err, KEDA_EUNSUPPORTED, "%s was refused: %s", path, why.text);
}

/* ---- folders */

typedef keda_status (*folder_fn)(keda_engine *e, const char *folder, void *user);

/* Calls visit for each folder until it says something else than KEDA_OK, which is returned. */
static keda_status each_folder(keda_engine *e, folder_fn visit, void *user)
{
    char folder[PATH_MAX];
    keda_status rc = KEDA_OK;
    /* A program with raised rights does not let its caller choose what it loads. */
    const char *path = e->settings.plugin_path != NULL ? e->settings.plugin_path
                                                       : secure_getenv("KEDA_PLUGIN_PATH");

    while (path != NULL && *path != '\0') {
        const size_t n = strcspn(path, ":");
        if (n > 0 && n < sizeof folder) {
            memcpy(folder, path, n);
            folder[n] = '\0';
            if ((rc = visit(e, folder, user)) != KEDA_OK)
                return rc;
        }
        path += n + (path[n] == ':' ? 1 : 0);
    }
    if (paths_module_dir(folder, sizeof folder, NULL) == KEDA_OK)
        rc = visit(e, folder, user);
    return rc;
}

static keda_status open_known(keda_engine *e, const known_module *known, keda_error *err)
{
    char path[PATH_MAX];
    keda_error why = KEDA_ERROR_INIT;
    keda_status rc =
        paths_find_module(e->settings.plugin_path, known->file, path, sizeof path, &why);

    if (rc == KEDA_OK) {
        rc = open_file(e, path, err);
        if (rc == KEDA_ENOMEM)
            return rc;
        const keda_status noted = note_file(e, known->file, rc == KEDA_OK ? err : NULL);
        return rc != KEDA_OK ? rc : noted;
    }
    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "%s", why.text);
    if (rc != KEDA_ENOTFOUND)
        return keda_error_set(err, KEDA_EUNSUPPORTED, "%s", why.text);
    return keda_error_set(err, KEDA_EUNSUPPORTED, "%s %s needs %s: install the package %s",
                          strcmp(known->kind, "scaler") == 0 ? "trigger type" : known->kind,
                          known->name, why.text, known->package);
}

static bool is_module_name(const char *name)
{
    return text_has_suffix(name, ".so") && name[0] != '.';
}

static void keep_refusal(keda_engine *e, const char *text)
{
    char *copy = mem_strdup(text);

    log_write(&e->log, KEDA_LOG_WARN, "module refused", "error", text, NULL);
    if (copy == NULL || pointers_add(&e->refused_modules, copy, NULL) != KEDA_OK)
        mem_free(copy);
}

/* One that there was no memory for is as if it had not been met. */
static keda_status open_one(keda_engine *e, const char *path, const char *name, keda_error *err)
{
    keda_error why = KEDA_ERROR_INIT;
    const keda_status rc = open_file(e, path, &why);

    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "%s", why.text);
    if (rc != KEDA_OK)
        keep_refusal(e, why.text);
    return note_file(e, name, err);
}

static keda_status open_each(keda_engine *e, const char *folder, void *user)
{
    char path[PATH_MAX];
    keda_status rc = KEDA_OK;
    errno = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return errno == ENOMEM ? keda_error_set(user, KEDA_ENOMEM, "out of memory") : KEDA_OK;
    for (const struct dirent *at; rc == KEDA_OK && (at = readdir(dir)) != NULL;) {
        const int n = snprintf(path, sizeof path, "%s/%s", folder, at->d_name);
        if (n >= 0 && (size_t)n < sizeof path && is_module_name(at->d_name) &&
            !is_met(e, at->d_name))
            rc = open_one(e, path, at->d_name, user);
    }
    (void)closedir(dir);
    return rc;
}

/* Errors: KEDA_ENOMEM; what is left is then opened the next time. */
static keda_status open_all(keda_engine *e, keda_error *err)
{
    if (e->all_modules_opened)
        return KEDA_OK;
    const keda_status rc = each_folder(e, open_each, err);
    e->all_modules_opened = rc == KEDA_OK;
    return rc;
}

/* ---- by name */

static const known_module *find_known(const keda_engine *e, const char *kind, const char *name)
{
    for (size_t i = 0; i < e->nknown; i++) {
        if (strcmp(e->known[i].kind, kind) == 0 && strcmp(e->known[i].name, name) == 0)
            return &e->known[i];
    }
    return NULL;
}

/* Names of trigger types, loaded or loadable; what memory does not allow is left out. */
static const char *nearest_type(const keda_engine *e, const char *type)
{
    pointers names = {0};
    const char *nearest = NULL;

    for (size_t i = 0; i < e->registry.scalers.count; i++) {
        scaler_type *known = e->registry.scalers.items[i];
        (void)pointers_add(&names, (void *)(uintptr_t)known->desc.type, NULL);
    }
    for (size_t i = 0; i < e->nknown; i++) {
        if (strcmp(e->known[i].kind, "scaler") == 0)
            (void)pointers_add(&names, (void *)(uintptr_t)e->known[i].name, NULL);
    }
    if (names.count > 0)
        nearest = text_nearest(type, (const char *const *)names.items, names.count);
    pointers_clear(&names);
    return nearest;
}

/* "/folder/libkeda-NAME.so was refused: ..." */
static bool is_file_of(const char *refusal, const char *name)
{
    char path[PATH_MAX];
    const char *end = strstr(refusal, " was refused: ");
    const size_t n = end == NULL ? 0 : (size_t)(end - refusal);

    (void)snprintf(path, sizeof path, "%.*s", (int)n, refusal);
    const char *slash = strrchr(path, '/');
    return strstr(slash == NULL ? path : slash, name) != NULL;
}

/* The last one whose file has the name in its own; NULL: none. */
static const char *refusal_of(const keda_engine *e, const char *name)
{
    for (size_t i = e->refused_modules.count; i-- > 0;) {
        if (is_file_of(e->refused_modules.items[i], name))
            return e->refused_modules.items[i];
    }
    return NULL;
}

static const char *last_refusal(const keda_engine *e)
{
    const pointers *all = &e->refused_modules;
    return all->count == 0 ? NULL : all->items[all->count - 1];
}

/* What the type may be in comes first, then what it may be meant to be. */
static keda_status unknown_type(const keda_engine *e, const char *type, keda_error *err)
{
    const char *nearest = nearest_type(e, type);
    const char *refusal = refusal_of(e, type);
    if (refusal == NULL && nearest == NULL)
        refusal = last_refusal(e);
    if (refusal != NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "unknown trigger type \"%s\"; %s", type,
                              refusal);
    if (nearest != NULL)
        return keda_error_set(err, KEDA_ENOTFOUND,
                              "unknown trigger type \"%s\"; did you mean \"%s\"?", type,
                              nearest);
    return keda_error_set(err, KEDA_ENOTFOUND, "unknown trigger type \"%s\"", type);
}

keda_status module_need_scaler(keda_engine *e, const char *type, scaler_type **out,
                               keda_error *err)
{
    keda_status rc = KEDA_OK;
    scaler_type *found = registry_scaler(&e->registry, type);

    if (found == NULL) {
        const known_module *known = find_known(e, "scaler", type);
        if (known != NULL)
            rc = open_known(e, known, err);
        else
            rc = open_all(e, err);
        found = registry_scaler(&e->registry, type);
    }
    if (found != NULL) {
        *out = found;
        return KEDA_OK;
    }
    return rc != KEDA_OK ? rc : unknown_type(e, type, err);
}

keda_status module_need_endpoint(keda_engine *e, const char *kind, endpoint_kind **out,
                                 keda_error *err)
{
    keda_status rc = KEDA_OK;
    endpoint_kind *found = registry_endpoint(&e->registry, kind);

    if (found == NULL) {
        const known_module *known = find_known(e, "endpoint", kind);
        if (known != NULL)
            rc = open_known(e, known, err);
        else
            rc = open_all(e, err);
        found = registry_endpoint(&e->registry, kind);
    }
    if (found != NULL) {
        *out = found;
        return KEDA_OK;
    }
    if (rc != KEDA_OK)
        return rc;
    const char *refusal = refusal_of(e, kind) != NULL ? refusal_of(e, kind) : last_refusal(e);
    return keda_error_set(err, KEDA_EUNSUPPORTED, "no module has the endpoint kind \"%s\"%s%s",
                          kind, refusal == NULL ? "" : "; ", refusal == NULL ? "" : refusal);
}

keda_status keda_engine_scaler(keda_engine *e, const char *type, const keda_scaler_desc **out,
                               keda_error *err)
{
    scaler_type *found = NULL;
    const keda_status rc = module_need_scaler(e, type, &found, err);
    if (rc == KEDA_OK)
        *out = &found->desc;
    return rc;
}

const keda_scaler_desc *keda_engine_scaler_at(keda_engine *e, size_t i, int32_t with_modules)
{
    if (with_modules)
        (void)open_all(e, NULL);
    if (i >= e->registry.scalers.count)
        return NULL;
    const scaler_type *type = e->registry.scalers.items[i];
    return &type->desc;
}

keda_status keda_engine_register_scaler(keda_engine *e, const keda_scaler_desc *desc,
                                        void *user, keda_error *err)
{
    return registry_add_scaler(&e->registry, desc, user, err);
}

keda_status keda_engine_register_endpoint(keda_engine *e, const keda_endpoint_desc *desc,
                                          void *user, keda_error *err)
{
    return registry_add_endpoint(&e->registry, desc, user, err);
}

keda_status keda_engine_register_target(keda_engine *e, const keda_target_desc *desc,
                                        void *user, keda_error *err)
{
    return registry_add_target(&e->registry, desc, user, err);
}
