/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trigger type outside of libkeda's tree: the number of files in a spool folder. Copy this folder,
 * rename, and replace what measures. Built with pkg-config alone; kedad finds the module in
 * KEDA_PLUGIN_PATH and calls it by its `type`.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <keda/scaler.h>

struct meta {
    char *path;
    int64_t files, activation;
};

static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, path, .name = "path",
                      .help = "Folder whose files are counted; hidden ones are not."),
    KEDA_FIELD_INT64(struct meta, files, .name = "targetFiles", .fallback = "5",
                     .flags = KEDA_TARGET_FIELD,
                     .help = "Files one replica is expected to handle."),
    KEDA_FIELD_INT64(struct meta, activation, .name = "activationFiles", .fallback = "0",
                     .help = "Active when there are more files than this."),
};

/* What no field can say alone. */
static keda_status spool_check(const void *meta, keda_error *err, void *user)
{
    const struct meta *m = meta;
    (void)user;
    if (m->files <= 0)
        return keda_error_set(err, KEDA_EINVAL, "targetFiles must be above 0");
    return KEDA_OK;
}

static keda_status spool_specs(const void *meta, keda_spec_list *out, keda_error *err,
                               void *user)
{
    const struct meta *m = meta;
    (void)user;
    return keda_spec_add_integer(out, m->files, (double)m->activation, err, "spool-%s",
                                 m->path);
}

/* May block (a network file system): KEDA_SCALER_BLOCKING gives it a thread of its own. */
static void spool_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    DIR *folder = opendir(m->path);
    size_t count = 0;
    (void)state;
    (void)user;

    if (folder == NULL) {
        keda_error err = KEDA_ERROR_INIT;
        keda_error_set(&err, KEDA_EUNAVAILABLE, "%s: %s", m->path, strerror(errno));
        keda_poll_fail(poll, &err); /* unknown, never zero */
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    keda_poll_value(poll, 0, (double)count);
    keda_poll_done(poll);
}

static const keda_scaler_desc spool = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "spool",
    .summary = "Number of files in a spool folder.",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof fields[0],
    .meta_size = sizeof(struct meta),
    .flags = KEDA_SCALER_BLOCKING,
    .specs = spool_specs,
    .poll = spool_poll,
    .check = spool_check,
};
static const keda_scaler_desc *const scalers[] = {&spool};

extern const keda_module keda_module_v1;
const keda_module keda_module_v1 __attribute__((visibility("default"))) = {
    .struct_size = sizeof(keda_module),
    .abi_version = KEDA_ABI_VERSION,
    .name = "spool",
    .version = "1.0",
    .scalers = scalers,
    .nscalers = 1,
};
