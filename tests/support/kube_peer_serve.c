/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets of the API server in memory: an epoll set of one listener, a wake-up and connections that stay.
 * One mutex over everything, so that a test may look while the peer's thread serves.
 */
#include "support/kube_peer_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64 };

/* ---- bytes */

void bytes_add(peer_bytes *b, const char *data, size_t size)
{
    if (b->size + size + 1 > b->capacity) {
        b->capacity = (b->size + size + 1) * 2;
        b->data = realloc(b->data, b->capacity);
        peer_must(b->data != NULL, "memory");
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = '\0';
}

void bytes_put(peer_bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

void bytes_drop(peer_bytes *b, size_t n)
{
    memmove(b->data, b->data + n, b->size - n + 1);
    b->size -= n;
}

/* ---- connections */

static void listen_for(kube_peer *peer, int op, int fd, uint32_t events, void *user)
{
    struct epoll_event event = {.events = events, .data.ptr = user};

    peer_must(epoll_ctl(peer->epoll, op, fd, &event) == 0, "epoll_ctl");
}

static void connection_free(kube_peer *peer, peer_connection *c)
{
    peer_connection **link = &peer->connections;

    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    (void)close(c->fd);
    watch_free(c->watch);
    free(c->in.data);
    free(c->out.data);
    free(c);
}

static void accept_all(kube_peer *peer)
{
    const int one = 1;
    int fd;

    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        peer_connection *c = calloc(1, sizeof *c);

        peer_must(c != NULL, "memory");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->next = peer->connections;
        peer->connections = c;
        listen_for(peer, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

static void read_all(peer_connection *c)
{
    char bytes[16384];
    ssize_t n;

    while ((n = recv(c->fd, bytes, sizeof bytes, 0)) > 0)
        bytes_add(&c->in, bytes, (size_t)n);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        c->is_ended = true;
}

static bool write_all(kube_peer *peer, peer_connection *c)
{
    const size_t before = c->sent;

    while (c->sent < c->out.size) {
        const ssize_t n =
            send(c->fd, c->out.data + c->sent, c->out.size - c->sent, MSG_NOSIGNAL);
        if (n <= 0) {
            c->is_ended = c->is_ended || (errno != EAGAIN && errno != EINTR);
            break;
        }
        c->sent += (size_t)n;
    }
    const bool was_busy = c->sent > before;
    const bool has_more = c->sent < c->out.size;
    if (!has_more && c->out.size > 0) {
        c->out.size = c->sent = 0;
        c->is_ended = c->is_ended || c->is_closing;
    }
    listen_for(peer, EPOLL_CTL_MOD, c->fd, EPOLLIN | (has_more ? (uint32_t)EPOLLOUT : 0u), c);
    return was_busy;
}

/* ---- requests */

static const char *header_of(const char *head, const char *name)
{
    const size_t n = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " \t");
    }
    return NULL;
}

static char *copy_part(const char *text, size_t size)
{
    char *copy = malloc(size + 1);

    peer_must(copy != NULL, "memory");
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static char *header_copy(const char *head, const char *name)
{
    const char *value = header_of(head, name);
    return value == NULL ? peer_copy("") : copy_part(value, strcspn(value, "\r"));
}

static void request_free(peer_request *r)
{
    free(r->line);
    free(r->method);
    free(r->path);
    free(r->query);
    free(r->content_type);
    free(r->authorization);
    free(r->body);
    free(r);
}

static peer_request *request_read(const char *head, const char *body, size_t size)
{
    peer_request *r = calloc(1, sizeof *r);
    const size_t method = strcspn(head, " "),
                 line = method + 1 + strcspn(head + method + 1, " ");

    peer_must(r != NULL && strncmp(head + line, " HTTP/1.1\r\n", 11) == 0, "not HTTP/1.1");
    const char *target = head + method + 1;
    const size_t target_size = line - method - 1;
    const size_t path = strcspn(target, "? ");
    r->line = copy_part(head, line);
    r->method = copy_part(head, method);
    r->path = copy_part(target, path);
    r->query = path < target_size ? copy_part(target + path + 1, target_size - path - 1)
                                  : peer_copy("");
    r->content_type = header_copy(head, "Content-Type");
    r->authorization = header_copy(head, "Authorization");
    r->body = copy_part(body, size);
    return r;
}

/* The next whole request of what came in; NULL: none. */
static peer_request *request_take(peer_connection *c)
{
    char *end = c->in.size == 0 ? NULL : strstr(c->in.data, "\r\n\r\n");

    if (end == NULL)
        return NULL;
    end[2] = '\0'; /* headers alone */
    const char *length = header_of(c->in.data, "Content-Length");
    const size_t head = (size_t)(end + 4 - c->in.data);
    const size_t size = length == NULL ? 0 : (size_t)strtoull(length, NULL, 10);
    peer_request *r = NULL;
    peer_must(header_of(c->in.data, "Transfer-Encoding") == NULL, "a request in chunks");
    if (c->in.size >= head + size) {
        r = request_read(c->in.data, c->in.data + head, size);
        bytes_drop(&c->in, head + size);
    } else {
        end[2] = '\r';
    }
    return r;
}

static void serve_requests(kube_peer *peer, peer_connection *c)
{
    peer_request *r;

    while ((r = request_take(c)) != NULL) {
        *peer->last_request = r;
        peer->last_request = &r->next;
        c->is_deaf = c->is_deaf || peer->is_silent;
        if (!c->is_deaf)
            route(peer, c, r);
    }
}

static const char *phrase_of(int status)
{
    return status < 300 ? "Fine" : "Refused";
}

void serve_answer(peer_connection *c, int status, int retry_after_s, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT), head[256], hint[48] = "";

    peer_must(text != NULL, "memory");
    if (retry_after_s > 0)
        (void)snprintf(hint, sizeof hint, "Retry-After: %d\r\n", retry_after_s);
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%sContent-Length: "
                   "%zu\r\n\r\n",
                   status, phrase_of(status), hint, strlen(text));
    bytes_put(&c->out, head);
    bytes_put(&c->out, text);
    free(text);
}

/* ---- steps */

static bool pump_all(kube_peer *peer)
{
    bool was_busy = false;

    for (peer_connection *c = peer->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->watch != NULL && !peer->is_silent)
            was_busy = watch_pump(peer, c) || was_busy;
        if (c->out.size > 0)
            was_busy = write_all(peer, c) || was_busy;
        if (c->is_ended)
            connection_free(peer, c);
    }
    return was_busy;
}

/* Data pointers: NULL the wake-up, the peer itself the listener. */
static bool take_events(kube_peer *peer, const struct epoll_event *events, int n)
{
    bool was_busy = false;
    uint64_t count;

    for (int i = 0; i < n; i++) {
        peer_connection *c = events[i].data.ptr;
        if (c == NULL) {
            (void)!read(peer->wake, &count, sizeof count);
        } else if (events[i].data.ptr == (void *)peer) {
            accept_all(peer);
            was_busy = true;
        } else {
            read_all(c);
            serve_requests(peer, c);
            was_busy = true;
        }
    }
    return was_busy;
}

bool serve_step(kube_peer *peer, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    const int n = epoll_wait(peer->epoll, events, EVENTS, timeout_ms);

    (void)pthread_mutex_lock(peer->lock);
    bool was_busy = take_events(peer, events, n);
    was_busy = pump_all(peer) || was_busy;
    (void)pthread_mutex_unlock(peer->lock);
    return was_busy;
}

void serve_wake(const kube_peer *peer)
{
    const uint64_t one = 1;
    (void)!write(peer->wake, &one, sizeof one);
}

/* ---- open and close */

void serve_open(kube_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    peer->last_request = &peer->requests;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    peer_must(peer->listener >= 0, "socket");
    peer_must(bind(peer->listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    peer_must(listen(peer->listener, 128) == 0, "listen");
    peer_must(getsockname(peer->listener, (struct sockaddr *)&address, &size) == 0, "name");
    peer->port = ntohs(address.sin_port);
    peer->epoll = epoll_create1(EPOLL_CLOEXEC);
    peer->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    peer_must(peer->epoll >= 0 && peer->wake >= 0, "epoll");
    listen_for(peer, EPOLL_CTL_ADD, peer->listener, EPOLLIN, peer);
    listen_for(peer, EPOLL_CTL_ADD, peer->wake, EPOLLIN, NULL);
}

void serve_close(kube_peer *peer)
{
    while (peer->connections != NULL)
        connection_free(peer, peer->connections);
    for (peer_request *r = peer->requests, *next; r != NULL; r = next) {
        next = r->next;
        request_free(r);
    }
    (void)close(peer->listener);
    (void)close(peer->epoll);
    (void)close(peer->wake);
}
