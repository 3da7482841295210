/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the admin socket of a running kedad: HTTP on a local socket, one a connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kedactl.h"

#define ANSWER_LIMIT (64u * 1024u * 1024u)

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int n = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (n < 0 || (size_t)n >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        const ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

static char *receive_all(int fd)
{
    char *answer = NULL;
    size_t used = 0, capacity = 0;

    for (;;) {
        if (used + 1 >= capacity) {
            capacity = capacity == 0 ? 16384 : capacity * 2;
            char *more = capacity > ANSWER_LIMIT ? NULL : realloc(answer, capacity);
            if (more == NULL)
                break;
            answer = more;
        }
        const ssize_t n = recv(fd, answer + used, capacity - used - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            answer[used] = '\0';
            return n == 0 ? answer : (free(answer), NULL);
        }
        used += (size_t)n;
    }
    free(answer);
    return NULL;
}

/* The answer with its head; NULL when there is none. */
static char *request(const char *socket_path, const char *page)
{
    char text[2048];
    char *answer = NULL;
    const int n = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: kedad\r\n\r\n", page);
    const int fd = n > 0 && (size_t)n < sizeof text ? connect_to(socket_path) : -1;

    if (fd < 0) {
        fprintf(stderr, "kedactl: %s: %s\n", socket_path, strerror(errno));
        return NULL;
    }
    if (send_all(fd, text))
        answer = receive_all(fd);
    close(fd);
    return answer;
}

static int find_socket(const kedactl *k, char *path, size_t size)
{
    if (k->server != NULL) {
        snprintf(path, size, "%s", k->server);
        return CLI_OK;
    }
    if (cli_socket_path(path, size))
        return CLI_OK;
    fputs("kedactl: neither RUNTIME_DIRECTORY nor XDG_RUNTIME_DIR is set; use --server\n",
          stderr);
    return CLI_USAGE;
}

int admin_get(const kedactl *k, const char *page, char **body)
{
    char path[256];

    *body = NULL;
    const int rc = find_socket(k, path, sizeof path);
    if (rc != CLI_OK)
        return rc;
    char *answer = request(path, page);
    char *text = answer != NULL ? strstr(answer, "\r\n\r\n") : NULL;
    if (text == NULL) {
        free(answer);
        return CLI_NEGATIVE;
    }
    text += 4;
    const bool is_good =
        strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200", 4) == 0;
    if (is_good)
        memmove(answer, text, strlen(text) + 1);
    else
        fprintf(stderr, "kedactl: %s\n", text);
    if (is_good)
        *body = answer;
    else
        free(answer);
    return is_good ? CLI_OK : CLI_NEGATIVE;
}

bool admin_page(char *out, size_t size, const char *page, const char *workload)
{
    const bool is_bare = strchr(workload, '/') == NULL;
    const int n = snprintf(out, size, "%s/%s%s", page, is_bare ? "default/" : "", workload);

    if (n > 0 && (size_t)n < size)
        return true;
    fputs("kedactl: the workload's name is too long\n", stderr);
    return false;
}
