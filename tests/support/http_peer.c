/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripted peer: an epoll set of one listener and its connections. One mutex over everything,
 * so that a test may look while the peer's thread serves.
 */
#include "support/http_peer.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { URLS = 16, EVENTS = 64, WAIT_SECONDS = 30 };

typedef struct answer {
    struct answer *next;
    char *method, *path;
    bool is_limited;
    int times; /* left, when limited */
    unsigned flags;
    keda_buf bytes; /* head and body as sent */
} answer;

typedef struct record {
    http_peer_request pub;
    char *method, *target, *head, *body;
} record;

typedef struct connection {
    struct connection *prev, *next;
    int fd;
    void *stream; /* of the transport; NULL: plain */
    unsigned number;
    keda_buf in, out;
    size_t sent;
    bool is_closing; /* after what is in `out` */
    bool is_dripping, is_deaf, is_ended;
} connection;

struct http_peer {
    http_peer_transport transport;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    int listener, epoll, wake, port;
    answer *answers;
    connection *connections;
    unsigned naccepted, nopen;
    record **requests;
    size_t nrequests, capacity;
    char *urls[URLS];
    size_t nurls;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "http_peer: %s: %s\n", what, strerror(errno));
    abort();
}

static char *copy_of(const char *text)
{
    char *copy = mem_strdup(text);

    must(text == NULL || copy != NULL, "memory");
    return copy;
}

static void watch(http_peer *peer, int op, int fd, uint32_t events, void *user)
{
    struct epoll_event event = {.events = events, .data.ptr = user};

    must(epoll_ctl(peer->epoll, op, fd, &event) == 0, "epoll_ctl");
}

/* ---- connections ---------------------------------------------------------------------------- */

static ssize_t stream_read(http_peer *peer, connection *c, void *bytes, size_t size)
{
    return c->stream != NULL ? peer->transport.read(c->stream, bytes, size)
                             : recv(c->fd, bytes, size, 0);
}

static ssize_t stream_write(http_peer *peer, connection *c, const void *bytes, size_t size)
{
    return c->stream != NULL ? peer->transport.write(c->stream, bytes, size)
                             : send(c->fd, bytes, size, MSG_NOSIGNAL);
}

static void connection_free(http_peer *peer, connection *c)
{
    if (c->stream != NULL)
        peer->transport.close(c->stream);
    (void)close(c->fd);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        peer->connections = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    peer->nopen--;
    keda_buf_clear(&c->in);
    keda_buf_clear(&c->out);
    mem_free(c);
}

static void accept_all(http_peer *peer)
{
    const int one = 1;
    int fd;

    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        connection *c = mem_zalloc(1, sizeof *c);

        must(c != NULL, "memory");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->number = peer->naccepted++;
        if (peer->transport.open != NULL)
            c->stream = peer->transport.open(fd, peer->transport.user);
        c->next = peer->connections;
        if (c->next != NULL)
            c->next->prev = c;
        peer->connections = c;
        peer->nopen++;
        watch(peer, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool header_of(const char *head, const char *name, char *out, size_t size)
{
    const size_t n = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        const char *value = line + n + 1 + strspn(line + n + 1, " \t");
        const size_t length = strcspn(value, "\r\n");
        (void)snprintf(out, size, "%.*s", (int)length, value);
        return true;
    }
    return false;
}

static bool fits(const answer *a, const record *r)
{
    const size_t n = strcspn(r->target, "?");

    if (a->method != NULL && strcmp(a->method, r->method) != 0)
        return false;
    if (a->path != NULL && (strlen(a->path) != n || strncmp(a->path, r->target, n) != 0))
        return false;
    return !a->is_limited || a->times > 0;
}

static void give_answer(http_peer *peer, connection *c, const record *r)
{
    static const char lost[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    answer *a = peer->answers;
    keda_status rc = KEDA_OK;

    while (a != NULL && !fits(a, r))
        a = a->next;
    if (a == NULL) {
        rc = buf_puts(&c->out, lost);
    } else {
        if (a->is_limited)
            a->times--;
        if (!(a->flags & HTTP_PEER_SILENT))
            rc = buf_append(&c->out, a->bytes.data, a->bytes.size);
        c->is_deaf = (a->flags & HTTP_PEER_SILENT) != 0;
        c->is_dripping = (a->flags & HTTP_PEER_DRIP) != 0;
        c->is_closing = (a->flags & (HTTP_PEER_CLOSE | HTTP_PEER_HALF | HTTP_PEER_RAW)) != 0;
    }
    must(rc == KEDA_OK, "memory");
}

static record *record_new(http_peer *peer, const connection *c, size_t head_size,
                          size_t body_size)
{
    record *r = mem_zalloc(1, sizeof *r);
    const char *head = c->in.data;
    const size_t method = strcspn(head, " \r"), skip = method + (head[method] == ' ');

    must(r != NULL, "memory");
    r->head = mem_strndup(head, head_size);
    r->method = mem_strndup(head, method);
    r->target = mem_strndup(head + skip, strcspn(head + skip, " \r"));
    r->body = mem_zalloc(body_size + 1, 1);
    must(r->head && r->method && r->target && r->body, "memory");
    memcpy(r->body, head + head_size, body_size);
    r->pub = (http_peer_request){c->number, r->method, r->target, r->head, r->body, body_size};
    must(mem_grow((void **)&peer->requests, &peer->capacity, peer->nrequests,
                  sizeof peer->requests[0], NULL) == KEDA_OK,
         "memory");
    peer->requests[peer->nrequests++] = r;
    (void)pthread_cond_broadcast(&peer->asked);
    return r;
}

static void record_free(record *r)
{
    mem_free(r->method);
    mem_free(r->target);
    mem_free(r->head);
    mem_free(r->body);
    mem_free(r);
}

static void drop_front(keda_buf *buf, size_t n)
{
    memmove(buf->data, buf->data + n, buf->size - n);
    buf_truncate(buf, buf->size - n);
}

/* Takes one whole request out of what came in; false: there is none yet. */
static bool take_request(http_peer *peer, connection *c)
{
    const char *end = c->in.data != NULL ? strstr(c->in.data, "\r\n\r\n") : NULL;
    char length[32] = "0";
    size_t head_size, body_size;

    if (end == NULL || c->is_deaf || c->is_closing)
        return false;
    head_size = (size_t)(end - c->in.data) + 4;
    (void)header_of(c->in.data, "Content-Length", length, sizeof length);
    body_size = (size_t)strtoul(length, NULL, 10);
    if (c->in.size < head_size + body_size)
        return false;
    give_answer(peer, c, record_new(peer, c, head_size, body_size));
    drop_front(&c->in, head_size + body_size);
    return true;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static void read_all(http_peer *peer, connection *c)
{
    char bytes[16384];
    ssize_t n;

    while ((n = stream_read(peer, c, bytes, sizeof bytes)) > 0)
        must(buf_append(&c->in, bytes, (size_t)n) == KEDA_OK, "memory");
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        c->is_ended = true;
    while (!c->is_ended && take_request(peer, c))
        continue;
}

static void write_some(http_peer *peer, connection *c)
{
    while (c->sent < c->out.size) {
        const size_t left = c->is_dripping ? 1 : c->out.size - c->sent;
        const ssize_t n = stream_write(peer, c, c->out.data + c->sent, left);

        if (n <= 0) {
            c->is_ended = c->is_ended || (n < 0 && errno != EAGAIN && errno != EINTR);
            break;
        }
        c->sent += (size_t)n;
        if (c->is_dripping)
            break;
    }
    if (c->sent == c->out.size) {
        if (c->out.data != NULL)
            buf_truncate(&c->out, 0);
        c->sent = 0;
        c->is_ended = c->is_ended || c->is_closing;
    }
}

static void serve(http_peer *peer, connection *c)
{
    read_all(peer, c);
    write_some(peer, c);
    if (c->is_ended) {
        connection_free(peer, c);
        return;
    }
    watch(peer, EPOLL_CTL_MOD, c->fd, EPOLLIN | (c->sent < c->out.size ? EPOLLOUT : 0u), c);
}

/* ---- stepping ------------------------------------------------------------------------------- */

static bool serve_events(http_peer *peer, const struct epoll_event *events, int n)
{
    bool did_something = false;

    for (int i = 0; i < n; i++) {
        connection *c = events[i].data.ptr;

        if (events[i].data.ptr == &peer->wake)
            continue;
        did_something = true;
        if (events[i].data.ptr == &peer->listener)
            accept_all(peer);
        else
            serve(peer, c);
    }
    return did_something;
}

bool http_peer_step(http_peer *peer)
{
    struct epoll_event events[EVENTS];
    bool did_something;

    (void)pthread_mutex_lock(&peer->lock);
    /* Asked under the lock: a connection that is freed elsewhere is in no list of events. */
    const int n = epoll_wait(peer->epoll, events, EVENTS, 0);
    did_something = serve_events(peer, events, n);
    (void)pthread_mutex_unlock(&peer->lock);
    return did_something;
}

static void *run(void *user)
{
    http_peer *peer = user;
    struct epoll_event event;

    while (!atomic_load(&peer->is_stopping)) {
        (void)epoll_wait(peer->epoll, &event, 1, -1);
        (void)http_peer_step(peer);
    }
    return NULL;
}

void http_peer_start(http_peer *peer)
{
    must(pthread_create(&peer->thread, NULL, run, peer) == 0, "thread");
    peer->has_thread = true;
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void listen_on_loopback(http_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(peer->listener >= 0, "socket");
    must(bind(peer->listener, (const struct sockaddr *)&address, sizeof address) == 0, "bind");
    must(listen(peer->listener, 1024) == 0, "listen");
    must(getsockname(peer->listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
    peer->port = ntohs(address.sin_port);
}

http_peer *http_peer_open_with(const http_peer_transport *transport)
{
    http_peer *peer = mem_zalloc(1, sizeof *peer);

    must(peer != NULL, "memory");
    peer->transport = *transport;
    (void)pthread_mutex_init(&peer->lock, NULL);
    (void)pthread_cond_init(&peer->asked, NULL);
    listen_on_loopback(peer);
    peer->epoll = epoll_create1(EPOLL_CLOEXEC);
    peer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(peer->epoll >= 0 && peer->wake >= 0, "descriptors");
    watch(peer, EPOLL_CTL_ADD, peer->listener, EPOLLIN, &peer->listener);
    watch(peer, EPOLL_CTL_ADD, peer->wake, EPOLLIN, &peer->wake);
    return peer;
}

http_peer *http_peer_open(void)
{
    return http_peer_open_with(&(http_peer_transport){.scheme = "http"});
}

static void stop_thread(http_peer *peer)
{
    const uint64_t one = 1;

    if (!peer->has_thread)
        return;
    atomic_store(&peer->is_stopping, true);
    must(write(peer->wake, &one, sizeof one) == sizeof one, "eventfd");
    (void)pthread_join(peer->thread, NULL);
}

static void free_answers(http_peer *peer)
{
    while (peer->answers != NULL) {
        answer *a = peer->answers;

        peer->answers = a->next;
        mem_free(a->method);
        mem_free(a->path);
        keda_buf_clear(&a->bytes);
        mem_free(a);
    }
}

void http_peer_close(http_peer *peer)
{
    if (peer == NULL)
        return;
    stop_thread(peer);
    http_peer_drop_connections(peer);
    http_peer_refuse(peer);
    (void)close(peer->epoll);
    (void)close(peer->wake);
    free_answers(peer);
    for (size_t i = 0; i < peer->nrequests; i++)
        record_free(peer->requests[i]);
    mem_free(peer->requests);
    for (size_t i = 0; i < URLS; i++)
        mem_free(peer->urls[i]);
    (void)pthread_mutex_destroy(&peer->lock);
    (void)pthread_cond_destroy(&peer->asked);
    mem_free(peer);
}

/* ---- the script ----------------------------------------------------------------------------- */

static keda_status put_chunks(keda_buf *out, const char *body, size_t size)
{
    keda_status rc = KEDA_OK;

    for (size_t at = 0; rc == KEDA_OK && at < size;) {
        const size_t n = size - at > 7 ? 7 : size - at; /* several, also of a short body */

        rc = buf_printf(out, "%zx;ext=1\r\n", n);
        if (rc == KEDA_OK)
            rc = buf_append(out, body + at, n);
        if (rc == KEDA_OK)
            rc = buf_puts(out, "\r\n");
        at += n;
    }
    return rc == KEDA_OK ? buf_puts(out, "0\r\n\r\n") : rc;
}

static keda_status put_answer(keda_buf *out, const http_peer_answer *a, size_t size)
{
    const char *body = a->body != NULL ? a->body : "";
    const int status = a->status != 0 ? a->status : 200;
    const bool is_empty = status < 200 || status == 204 || status == 304;
    keda_status rc;

    if (a->flags & HTTP_PEER_RAW)
        return buf_append(out, body, size);
    rc = buf_printf(out, "HTTP/1.1 %d Scripted\r\n%s", status,
                    a->headers != NULL ? a->headers : "");
    if (rc == KEDA_OK && (a->flags & HTTP_PEER_CHUNKED))
        rc = buf_puts(out, "Transfer-Encoding: chunked\r\n\r\n");
    else if (rc == KEDA_OK && is_empty)
        rc = buf_puts(out, "\r\n");
    else if (rc == KEDA_OK)
        rc = buf_printf(out, "Content-Length: %zu\r\n\r\n", size);
    if (rc != KEDA_OK || is_empty)
        return rc;
    return a->flags & HTTP_PEER_CHUNKED ? put_chunks(out, body, size)
                                        : buf_append(out, body, size);
}

void http_peer_on(http_peer *peer, const http_peer_answer *given)
{
    const bool is_text = given->body != NULL && given->body_size == 0;
    const size_t size = is_text ? strlen(given->body) : given->body_size;
    answer *a = mem_zalloc(1, sizeof *a), **last;

    must(a != NULL, "memory");
    a->method = copy_of(given->method);
    a->path = copy_of(given->path);
    a->is_limited = given->times > 0;
    a->times = given->times;
    a->flags = given->flags;
    must(put_answer(&a->bytes, given, size) == KEDA_OK, "memory");
    if (given->flags & HTTP_PEER_HALF)
        buf_truncate(&a->bytes, a->bytes.size - (size - size / 2));
    (void)pthread_mutex_lock(&peer->lock);
    for (last = &peer->answers; *last != NULL; last = &(*last)->next)
        continue;
    *last = a;
    (void)pthread_mutex_unlock(&peer->lock);
}

void http_peer_reply(http_peer *peer, const char *body)
{
    http_peer_on(peer, &(http_peer_answer){.body = body});
}

/* ---- looking -------------------------------------------------------------------------------- */

int http_peer_port(const http_peer *peer)
{
    return peer->port;
}

const char *http_peer_url(http_peer *peer, const char *path)
{
    char **url = &peer->urls[peer->nurls++ % URLS];
    keda_buf text = {0};

    must(buf_printf(&text, "%s://127.0.0.1:%d%s", peer->transport.scheme, peer->port, path) ==
             KEDA_OK,
         "memory");
    mem_free(*url);
    *url = text.data;
    return *url;
}

int http_peer_fd(const http_peer *peer)
{
    return peer->epoll;
}

size_t http_peer_requests(http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    const size_t n = peer->nrequests;
    (void)pthread_mutex_unlock(&peer->lock);
    return n;
}

const http_peer_request *http_peer_request_at(http_peer *peer, size_t i)
{
    (void)pthread_mutex_lock(&peer->lock);
    const http_peer_request *r = i < peer->nrequests ? &peer->requests[i]->pub : NULL;
    (void)pthread_mutex_unlock(&peer->lock);
    return r;
}

void http_peer_wait(http_peer *peer, size_t requests)
{
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    (void)pthread_mutex_lock(&peer->lock);
    while (rc == 0 && peer->nrequests < requests)
        rc = pthread_cond_timedwait(&peer->asked, &peer->lock, &until);
    (void)pthread_mutex_unlock(&peer->lock);
    errno = rc;
    must(rc == 0, "waiting for requests");
}

unsigned http_peer_connections(http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    const unsigned n = peer->naccepted;
    (void)pthread_mutex_unlock(&peer->lock);
    return n;
}

unsigned http_peer_open_connections(http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    const unsigned n = peer->nopen;
    (void)pthread_mutex_unlock(&peer->lock);
    return n;
}

void http_peer_drop_connections(http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    while (peer->connections != NULL)
        connection_free(peer, peer->connections);
    (void)pthread_mutex_unlock(&peer->lock);
}

void http_peer_refuse(http_peer *peer)
{
    (void)pthread_mutex_lock(&peer->lock);
    if (peer->listener >= 0)
        (void)close(peer->listener);
    peer->listener = -1;
    (void)pthread_mutex_unlock(&peer->lock);
}

bool http_peer_header(const http_peer_request *request, const char *name, char *out,
                      size_t size)
{
    return header_of(request->head, name, out, size);
}
