/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers report each processed id as a datagram on a local socket; the demo counts them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "demo.h"

static bool address_of(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    const int n = snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    return n > 0 && (size_t)n < sizeof address->sun_path;
}

bool report_open(report *r, const char *folder, int nids)
{
    struct sockaddr_un address;

    memset(r, 0, sizeof *r);
    r->nids = nids;
    r->seen = calloc((size_t)nids, 1);
    r->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int n = snprintf(r->path, sizeof r->path, "%s/report", folder);
    return r->seen != NULL && r->fd >= 0 && n > 0 && (size_t)n < sizeof r->path &&
           address_of(&address, r->path) &&
           bind(r->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static void count(report *r, int32_t id)
{
    if (id < 0 || id >= r->nids)
        return;
    if (r->seen[id] == 0)
        r->distinct++;
    else
        r->duplicates++;
    if (r->seen[id] < UINT8_MAX)
        r->seen[id]++;
}

void report_read(report *r)
{
    int32_t id;
    while (recv(r->fd, &id, sizeof id, 0) == (ssize_t)sizeof id)
        count(r, id);
}

void report_close(report *r)
{
    if (r->fd > 0)
        close(r->fd);
    if (r->path[0] != '\0')
        unlink(r->path);
    free(r->seen);
    memset(r, 0, sizeof *r);
}

int report_send(const char *path, int id)
{
    static int fd = -1;
    const int32_t wire = id;
    struct sockaddr_un address;

    if (fd < 0)
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !address_of(&address, path))
        return -1;
    const ssize_t n =
        sendto(fd, &wire, sizeof wire, 0, (const struct sockaddr *)&address, sizeof address);
    return n == (ssize_t)sizeof wire ? 0 : -1;
}
