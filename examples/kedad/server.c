/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedad's HTTP faces on libmicrohttpd, without threads: Prometheus' metrics, the probes, and the admin
 * socket from which kedactl reads. Answers are made on the daemon's loop, so a stuck loop answers no
 * probe at all.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "kedad.h"

#define HTTP_UNPROCESSABLE 422
#define LATE_MS            10000 /* a step that late is not healthy */

struct server {
    struct MHD_Daemon *daemon;
    server_kind kind;
    server_state *state;
    char path[108]; /* of the admin socket, to unlink */
};

typedef struct answer {
    unsigned status;
    const char *type;
    char *text;
    size_t size, capacity;
} answer;

static keda_status answer_write(const char *bytes, size_t size, void *user)
{
    answer *a = user;
    if (a->size + size + 1 > a->capacity) {
        const size_t capacity = (a->size + size + 1) * 2;
        char *more = realloc(a->text, capacity);
        if (more == NULL)
            return KEDA_ENOMEM;
        a->text = more;
        a->capacity = capacity;
    }
    memcpy(a->text + a->size, bytes, size);
    a->size += size;
    a->text[a->size] = '\0';
    return KEDA_OK;
}

static void answer_text(answer *a, unsigned status, const char *text)
{
    a->status = status;
    a->type = "text/plain; charset=utf-8";
    a->size = 0;
    (void)answer_write(text, strlen(text), a);
}

static void answer_metrics(const server_state *state, answer *a)
{
    char own[512];
    keda_error err = KEDA_ERROR_INIT;

    a->status = MHD_HTTP_OK;
    a->type = "text/plain; version=0.0.4; charset=utf-8";
    if (keda_engine_metrics(state->engine, answer_write, a, &err) != KEDA_OK) {
        answer_text(a, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
        return;
    }
    if (state->cluster != NULL &&
        cluster_metrics(state->cluster, answer_write, a, &err) != KEDA_OK) {
        answer_text(a, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
        return;
    }
    snprintf(own, sizeof own,
             "# HELP kedad_config_last_reload_successful Whether the documents read last were "
             "taken.\n"
             "# TYPE kedad_config_last_reload_successful gauge\n"
             "kedad_config_last_reload_successful %d\n"
             "# HELP kedad_config_reloads_total Times the documents were read again.\n"
             "# TYPE kedad_config_reloads_total counter\n"
             "kedad_config_reloads_total %d\n",
             state->is_last_reload_good ? 1 : 0, state->reloads);
    (void)answer_write(own, strlen(own), a);
}

static void answer_probe(const server_state *state, bool is_ready_probe, bool is_verbose,
                         answer *a)
{
    const bool is_on_time = state->lateness_ms < LATE_MS;
    const bool is_ready =
        state->is_ready && (state->cluster == NULL || cluster_is_ready(state->cluster));
    const bool is_good = is_on_time && (!is_ready_probe || is_ready);
    char text[160];

    snprintf(text, sizeof text, "[%c]loop ticks\n%s%s", is_on_time ? '+' : '-',
             !is_ready_probe ? ""
             : is_ready      ? "[+]documents applied\n"
                             : "[-]documents applied\n",
             is_good ? "ok\n" : "failed\n");
    answer_text(a, is_good ? MHD_HTTP_OK : MHD_HTTP_INTERNAL_SERVER_ERROR,
                is_verbose || !is_good ? text : "ok");
}

static void answer_workloads(const server_state *state, const char *id, answer *a)
{
    keda_error err = KEDA_ERROR_INIT;

    a->status = MHD_HTTP_OK;
    a->type = "application/json";
    const keda_status rc = keda_engine_status_json(state->engine, id, answer_write, a, &err);
    if (rc != KEDA_OK)
        answer_text(a,
                    rc == KEDA_ENOTFOUND ? MHD_HTTP_NOT_FOUND : MHD_HTTP_INTERNAL_SERVER_ERROR,
                    err.text);
}

/* at: milliseconds since 1970; NULL or anything else: the newest */
static void answer_explain(const server_state *state, const char *id, const char *at, answer *a)
{
    keda_error err = KEDA_ERROR_INIT;
    const int64_t wall_ms = at == NULL ? -1 : strtoll(at, NULL, 10);

    a->status = MHD_HTTP_OK;
    a->type = "text/plain; charset=utf-8";
    const keda_status rc =
        keda_engine_explain(state->engine, id, wall_ms, answer_write, a, &err);
    if (rc != KEDA_OK)
        answer_text(a,
                    rc == KEDA_ENOTFOUND ? MHD_HTTP_NOT_FOUND : MHD_HTTP_INTERNAL_SERVER_ERROR,
                    err.text);
}

static void answer_admin(server_state *state, const char *method, const char *url,
                         const char *at, answer *a)
{
    if (strcmp(url, "/v1/reload") == 0 && strcmp(method, "POST") == 0) {
        const bool is_taken = state->reload(state->reload_user);
        answer_text(a, is_taken ? MHD_HTTP_OK : HTTP_UNPROCESSABLE,
                    is_taken ? "documents read again\n"
                             : "refused; the log says why, and what ran before runs on\n");
    } else if (strcmp(url, "/v1/workloads") == 0)
        answer_workloads(state, NULL, a);
    else if (strncmp(url, "/v1/workloads/", 14) == 0)
        answer_workloads(state, url + 14, a);
    else if (strncmp(url, "/v1/explain/", 12) == 0)
        answer_explain(state, url + 12, at, a);
    else
        answer_text(a, MHD_HTTP_NOT_FOUND, "no such page\n");
}

static void route(const server *srv, struct MHD_Connection *connection, const char *method,
                  const char *url, answer *a)
{
    const bool is_verbose = MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND,
                                                          "verbose", 7, NULL, NULL) == MHD_YES;

    const char *at = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "at");

    if (srv->kind == SERVER_ADMIN)
        answer_admin(srv->state, method, url, at, a);
    else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        answer_text(a, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    else if (srv->kind == SERVER_METRICS && strcmp(url, "/metrics") == 0)
        answer_metrics(srv->state, a);
    else if (srv->kind == SERVER_HEALTH && strcmp(url, "/healthz") == 0)
        answer_probe(srv->state, false, is_verbose, a);
    else if (srv->kind == SERVER_HEALTH && strcmp(url, "/readyz") == 0)
        answer_probe(srv->state, true, is_verbose, a);
    else
        answer_text(a, MHD_HTTP_NOT_FOUND, "no such page\n");
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static char seen; /* its address marks a request whose head was seen */
    const server *srv = user;
    answer a = {.status = MHD_HTTP_NOT_FOUND, .type = "text/plain"};

    (void)version;
    (void)upload;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) { /* bodies are not read */
        *upload_size = 0;
        return MHD_YES;
    }
    route(srv, connection, method, url, &a);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(a.size, a.text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(a.text);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a.type);
    const enum MHD_Result result = MHD_queue_response(connection, a.status, response);
    MHD_destroy_response(response);
    return result;
}

/* Splits host:port; a bare ":port" listens on every address. */
static int listen_tcp(const char *address)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int fd = -1;
    const int on = 1;

    if (colon == NULL || (size_t)(colon - address) >= sizeof host) {
        errno = EINVAL;
        return -1;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    const size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
    if (getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                    bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 64) != 0)) {
        const int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* A socket of a kedad that is gone is removed; one that answers is not. */
static bool is_in_use(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool answers =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    return answers;
}

static int listen_local(server *srv, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int n = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);

    if (n < 0 || (size_t)n >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (is_in_use(&address)) {
        errno = EADDRINUSE;
        return -1;
    }
    unlink(path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t before = umask(0177);
    const bool is_bound = fd >= 0 &&
                          bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                          listen(fd, 16) == 0;
    umask(before);
    if (!is_bound) {
        const int why = errno;
        if (fd >= 0)
            close(fd);
        errno = why;
        return -1;
    }
    snprintf(srv->path, sizeof srv->path, "%s", path);
    return fd;
}

static void say_address(server_kind kind, const char *address, int fd, log_writer *log)
{
    static const char *const what[] = {"serving metrics", "serving probes", "serving kedactl"};
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char host[128], port[16], text[160];

    snprintf(text, sizeof text, "%s", address);
    if (kind != SERVER_ADMIN && getsockname(fd, (struct sockaddr *)&bound, &size) == 0 &&
        getnameinfo((const struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, sizeof text, "%s:%s", host, port);
    log_line(log, KEDA_LOG_INFO, what[kind], "address", text);
}

server *server_open(server_kind kind, const char *address, server_state *state, log_writer *log)
{
    server *srv = calloc(1, sizeof *srv);
    char why[256];

    if (srv == NULL)
        return NULL;
    srv->kind = kind;
    srv->state = state;
    const int fd = kind == SERVER_ADMIN ? listen_local(srv, address) : listen_tcp(address);
    if (fd < 0) {
        snprintf(why, sizeof why, "%s: %s", address, strerror(errno));
        log_line(log, KEDA_LOG_ERROR, "cannot listen", "error", why);
        free(srv);
        return NULL;
    }
    srv->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, srv,
                                   MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                   64u, MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_END);
    if (srv->daemon == NULL) {
        log_line(log, KEDA_LOG_ERROR, "the HTTP server did not start", "address", address);
        close(fd);
        free(srv);
        return NULL;
    }
    say_address(kind, address, fd, log);
    return srv;
}

int server_fd(const server *srv)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(srv->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info != NULL ? info->epoll_fd : -1;
}

void server_run(server *srv)
{
    (void)MHD_run(srv->daemon);
}

int64_t server_timeout_ms(const server *srv)
{
    unsigned long long timeout;
    return MHD_get_timeout(srv->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}

void server_close(server *srv)
{
    if (srv == NULL)
        return;
    MHD_stop_daemon(srv->daemon);
    if (srv->path[0] != '\0')
        unlink(srv->path);
    free(srv);
}
