/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a zone's name to its file: what a name may be, where files are looked for, and how much of one
 * is read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "tz_zone.h"

enum { MAX_NAME_SIZE = 255, MAX_FILE_SIZE = 256 * 1024 };

/* TZif without a change: UTC, with which everything starts. */
static const uint8_t utc_bytes[] =
    "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\1\0\0\0\4"
    "\0\0\0\0\0\0"
    "UTC";

static keda_status open_utc(tz_zone **out, keda_error *err)
{
    return tz_from_bytes(out, utc_bytes, sizeof utc_bytes, err);
}

/* ---- files */

static keda_status fail_with_errno(const char *path, int error, keda_error *err)
{
    char why[128];
    const bool is_absent = error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
    return keda_error_set(err, is_absent ? KEDA_ENOTFOUND : KEDA_EUNAVAILABLE, "%s: %s", path,
                          text_errno(error, why, sizeof why));
}

/* Opens plain files only: what lies there may be anything. */
static keda_status open_plain(int *out, const char *path, keda_error *err)
{
    struct stat about;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_with_errno(path, errno, err);
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(fd);
        return keda_error_set(err, KEDA_EPROTOCOL, "%s: not a file", path);
    }
    *out = fd;
    return KEDA_OK;
}

static keda_status read_some(int fd, const char *path, keda_buf *out, keda_error *err)
{
    char piece[4096];
    keda_status rc = KEDA_OK;
    ssize_t n = 0;

    while (rc == KEDA_OK && (n = read(fd, piece, sizeof piece)) > 0) {
        rc = out->size + (size_t)n > MAX_FILE_SIZE
                 ? keda_error_set(err, KEDA_EPROTOCOL, "%s: larger than %d bytes", path,
                                  MAX_FILE_SIZE)
                 : buf_append(out, piece, (size_t)n);
    }
    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "out of memory");
    return rc == KEDA_OK && n < 0 ? fail_with_errno(path, errno, err) : rc;
}

static keda_status read_zone(tz_zone **out, const char *path, keda_error *err)
{
    keda_buf bytes = {0};
    int fd = -1;
    keda_status rc = open_plain(&fd, path, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = read_some(fd, path, &bytes, err)) != KEDA_OK)
        goto out;
    if ((rc = tz_from_bytes(out, bytes.data, bytes.size, err)) != KEDA_OK)
        (void)keda_error_wrap(err, rc, "%s", path);
out:
    keda_buf_clear(&bytes);
    (void)close(fd);
    return rc;
}

/* ---- names */

static keda_status check_name(const char *name, keda_error *err)
{
    if (strlen(name) > MAX_NAME_SIZE)
        return keda_error_set(err, KEDA_EINVAL, "time zone: a name longer than %d bytes",
                              MAX_NAME_SIZE);
    if (name[0] == '/' || name[0] == '\\' || strstr(name, "..") != NULL)
        return keda_error_set(err, KEDA_EINVAL,
                              "time zone \"%s\": a name, not a path, expected", name);
    return KEDA_OK;
}

static bool has_entry(const char *folder, const char *name, size_t size)
{
    bool is_found = false;
    const struct dirent *entry;
    DIR *dir = opendir(folder);

    if (dir == NULL)
        return errno == EACCES; /* may be opened by name, but not listed */
    while (!is_found && (entry = readdir(dir)) != NULL)
        is_found = strlen(entry->d_name) == size && memcmp(entry->d_name, name, size) == 0;
    (void)closedir(dir);
    return is_found;
}

/* Whether each part of the name is spelt as in its folder: file systems exist to which case is one.
 * `path` ends with the name. */
static bool is_spelt_so(char *path, size_t name_at)
{
    bool is_so = true;

    for (size_t at = name_at; is_so && path[at] != '\0';) {
        const size_t size = strcspn(path + at, "/");
        path[at - 1] = '\0';
        is_so = size == 0 || has_entry(path, path + at, size);
        path[at - 1] = '/';
        at += size + (path[at + size] == '/' ? 1 : 0);
    }
    return is_so;
}

/* KEDA_ENOTFOUND: not in this folder. */
static keda_status open_below(tz_zone **out, const char *folder, const char *name,
                              keda_error *err)
{
    char path[PATH_MAX];
    tz_zone *zone = NULL;
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);

    if (n < 0 || (size_t)n >= sizeof path)
        return KEDA_ENOTFOUND;
    const keda_status rc = read_zone(&zone, path, err);
    if (rc != KEDA_OK)
        return rc;
    if (!is_spelt_so(path, strlen(folder) + 1)) {
        tz_free(zone);
        return KEDA_ENOTFOUND;
    }
    *out = zone;
    return KEDA_OK;
}

/* Every collection of zones has this one. */
static bool has_zones(const char *folder)
{
    char path[PATH_MAX];
    struct stat about;
    const int n = snprintf(path, sizeof path, "%s/UTC", folder);
    return n > 0 && (size_t)n < sizeof path && stat(path, &about) == 0;
}

static keda_status open_named(tz_zone **out, const char *name, keda_error *err)
{
    const char *const folders[] = {
        secure_getenv("ZONEINFO"), secure_getenv("TZDIR"), "/usr/share/zoneinfo",
        "/usr/share/lib/zoneinfo", "/usr/lib/zoneinfo",    "/etc/zoneinfo",
    };
    bool has_some = false;

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (folders[i] == NULL || folders[i][0] == '\0')
            continue;
        const keda_status rc = open_below(out, folders[i], name, err);
        if (rc != KEDA_ENOTFOUND)
            return rc;
        has_some = has_some || has_zones(folders[i]);
    }
    if (!has_some)
        return keda_error_set(err, KEDA_ENOTFOUND,
                              "time zone \"%s\": this machine has no time zones in "
                              "/usr/share/zoneinfo; install the package tzdata",
                              name);
    return keda_error_set(err, KEDA_ENOTFOUND, "time zone \"%s\": unknown", name);
}

keda_status tz_open(tz_zone **out, const char *name, keda_error *err)
{
    keda_status rc;

    if (name[0] == '\0' || strcmp(name, "UTC") == 0)
        return open_utc(out, err);
    if (strcmp(name, "Local") == 0)
        rc = read_zone(out, "/etc/localtime", err);
    else if ((rc = check_name(name, err)) == KEDA_OK)
        rc = open_named(out, name, err);
    if (rc == KEDA_ENOTFOUND && strcmp(name, "Local") == 0)
        rc = open_utc(out, err);
    if (rc == KEDA_OK)
        keda_error_clear(err); /* of the folders that do not have it */
    return rc;
}
