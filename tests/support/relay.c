/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs of sockets, looked at in every step: there are few. A pair whose client has left lives on until what
 * it kept has reached the server, as bytes in a real network do.
 */
#include "support/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEPT = 65536 };

/* One direction. */
typedef struct flow {
    char bytes[KEPT];
    size_t size;
    bool is_ended;
} flow;

typedef struct pair {
    struct pair *next;
    int client, server;
    flow up, down;
} pair;

struct relay {
    int listener, port, server_port;
    enum relay_mode mode;
    pair *pairs;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    abort();
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

relay *relay_open(int server_port)
{
    relay *r = calloc(1, sizeof *r);
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;

    must(r != NULL, "memory");
    r->server_port = server_port;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(r->listener >= 0 &&
             bind(r->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(r->listener, 64) == 0 &&
             getsockname(r->listener, (struct sockaddr *)&address, &size) == 0,
         "listen");
    r->port = ntohs(address.sin_port);
    return r;
}

static void pair_free(pair *p)
{
    (void)close(p->client);
    (void)close(p->server);
    free(p);
}

void relay_close(relay *r)
{
    if (r == NULL)
        return;
    for (pair *p = r->pairs, *next; p != NULL; p = next) {
        next = p->next;
        pair_free(p);
    }
    (void)close(r->listener);
    free(r);
}

int relay_port(const relay *r)
{
    return r->port;
}

void relay_set(relay *r, enum relay_mode mode)
{
    r->mode = mode;
}

static void join(relay *r, int client)
{
    pair *p = calloc(1, sizeof *p);
    struct sockaddr_in address = loopback(r->server_port);

    must(p != NULL, "memory");
    p->client = client;
    p->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(p->server >= 0 && connect(p->server, (struct sockaddr *)&address, sizeof address) == 0,
         "connect");
    p->next = r->pairs;
    r->pairs = p;
}

static bool take_in(flow *f, int fd)
{
    bool was_busy = false;

    while (!f->is_ended && f->size < KEPT) {
        const ssize_t n = recv(fd, f->bytes + f->size, KEPT - f->size, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        f->is_ended = n <= 0;
        f->size += n > 0 ? (size_t)n : 0;
        was_busy = true;
    }
    return was_busy;
}

/* Little enough is on its way that a socket always takes it. */
static bool give_out(flow *f, int fd, bool is_lost)
{
    const bool was_busy = f->size > 0;

    if (was_busy && !is_lost)
        (void)send(fd, f->bytes, f->size, MSG_NOSIGNAL);
    f->size = 0;
    return was_busy;
}

static bool pair_step(const relay *r, pair *p)
{
    bool was_busy = take_in(&p->up, p->client);

    was_busy = take_in(&p->down, p->server) || was_busy;
    if (r->mode == RELAY_KEEP)
        return was_busy;
    was_busy = give_out(&p->up, p->server, r->mode == RELAY_LOSE_ALL) || was_busy;
    return give_out(&p->down, p->client, r->mode != RELAY_PASS) || was_busy;
}

static bool is_over(const pair *p)
{
    return (p->up.is_ended && p->up.size == 0) || (p->down.is_ended && p->down.size == 0);
}

bool relay_step(relay *r)
{
    bool was_busy = false;
    int fd;

    while ((fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        join(r, fd);
        was_busy = true;
    }
    for (pair **link = &r->pairs, *p; (p = *link) != NULL;) {
        was_busy = pair_step(r, p) || was_busy;
        if (is_over(p)) {
            *link = p->next;
            pair_free(p);
        } else {
            link = &p->next;
        }
    }
    return was_busy;
}
