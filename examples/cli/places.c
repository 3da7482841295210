/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Default places of the admin socket and the state file (systemd's folders first, then XDG's).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static bool join(char *out, size_t size, const char *folder, const char *name)
{
    const int n = snprintf(out, size, "%s/%s", folder, name);
    return n > 0 && (size_t)n < size;
}

bool cli_socket_path(char *out, size_t size)
{
    const char *folder = variable("RUNTIME_DIRECTORY");
    if (folder == NULL)
        folder = variable("XDG_RUNTIME_DIR");
    return folder != NULL && join(out, size, folder, "kedad.sock");
}

/* Makes every missing folder of the path, private to the user. */
static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool is_there = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!is_there)
            return false;
    }
    return true;
}

bool cli_state_path(char *out, size_t size)
{
    const char *folder = variable("STATE_DIRECTORY");
    if (folder != NULL)
        return join(out, size, folder, "kedad.state");
    folder = variable("XDG_STATE_HOME");
    if (folder != NULL)
        return join(out, size, folder, "libkeda/kedad.state") && make_folders(out);
    folder = variable("HOME");
    return folder != NULL && join(out, size, folder, ".local/state/libkeda/kedad.state") &&
           make_folders(out);
}
