/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl get: workloads of a running kedad, read from its admin socket (HTTP on a local socket).
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
static char *request(const char *socket_path, const char *workload)
{
    char text[1024];
    char *answer = NULL;
    const bool is_bare = workload != NULL && strchr(workload, '/') == NULL;
    const int n =
        snprintf(text, sizeof text, "GET /v1/workloads%s%s%s HTTP/1.0\r\nHost: kedad\r\n\r\n",
                 workload != NULL ? "/" : "", is_bare ? "default/" : "",
                 workload != NULL ? workload : "");
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

static const char *text_of(const keda_json *item, const char *path)
{
    const char *text = keda_json_string(keda_json_get(item, path));
    return text != NULL ? text : "";
}

static void number_of(const keda_json *item, const char *path, char *out, size_t size)
{
    int64_t value;
    if (keda_json_int64(keda_json_get(item, path), &value) && value >= 0)
        snprintf(out, size, "%lld", (long long)value);
    else
        snprintf(out, size, "?");
}

static void add_row(cli_table *table, const keda_json *item)
{
    char wanted[24], exist[24], ready[24];

    number_of(item, "replicas.spec", wanted, sizeof wanted);
    number_of(item, "replicas.status", exist, sizeof exist);
    number_of(item, "replicas.ready", ready, sizeof ready);
    const char *cells[] = {text_of(item, "id"),
                           text_of(item, "target"),
                           wanted,
                           exist,
                           ready,
                           text_of(item, "conditions.Ready.status"),
                           text_of(item, "conditions.Active.status"),
                           text_of(item, "text")};
    (void)cli_table_row(table, sizeof cells / sizeof cells[0], cells);
}

static int print_table(const char *body)
{
    static const char *const titles[] = {"WORKLOAD", "TARGET", "WANTED", "EXIST",
                                         "READY",    "OK",     "ACTIVE", "WHY"};
    keda_error err = KEDA_ERROR_INIT;
    keda_json *root = NULL;
    cli_table table = {0};

    if (keda_json_parse(&root, body, strlen(body), &err) != KEDA_OK)
        return report_error("get", &err);
    const keda_json *items = keda_json_get(root, "items");
    (void)cli_table_row(&table, sizeof titles / sizeof titles[0], titles);
    if (items == NULL)
        add_row(&table, root);
    for (size_t i = 0; i < keda_json_count(items); i++)
        add_row(&table, keda_json_at(items, i, NULL));
    cli_table_print(&table, stdout);
    cli_table_clear(&table);
    keda_json_free(root);
    return CLI_OK;
}

int command_get(kedactl *k)
{
    char path[256];
    int rc = CLI_NEGATIVE;

    if (k->server != NULL)
        snprintf(path, sizeof path, "%s", k->server);
    else if (!cli_socket_path(path, sizeof path)) {
        fputs("kedactl: neither RUNTIME_DIRECTORY nor XDG_RUNTIME_DIR is set; use --server\n",
              stderr);
        return CLI_USAGE;
    }
    char *answer = request(path, k->arguments[0]);
    const char *body = answer != NULL ? strstr(answer, "\r\n\r\n") : NULL;
    if (body == NULL)
        goto out;
    body += 4;
    if (strncmp(answer, "HTTP/1.", 7) != 0 || strncmp(answer + 8, " 200", 4) != 0) {
        fprintf(stderr, "kedactl: %s\n", body);
        goto out;
    }
    if (k->is_json) {
        puts(body);
        rc = CLI_OK;
    } else
        rc = print_table(body);
out:
    free(answer);
    return rc;
}
