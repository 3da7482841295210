/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP server on loopback that answers by script and remembers what it was asked. Either the
 * test steps it between steps of its loop, so that everything happens in one order, or it runs on a
 * thread of its own. A mistake in the script or the machine aborts the test.
 */
#ifndef SUPPORT_HTTP_PEER_H
#define SUPPORT_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct http_peer http_peer;

enum http_peer_flags {
    HTTP_PEER_CHUNKED = 1 << 0, /* the body in chunks instead of a Content-Length */
    HTTP_PEER_CLOSE = 1 << 1,   /* closes the connection after the answer */
    HTTP_PEER_HALF = 1 << 2,    /* closes after half of the body */
    HTTP_PEER_SILENT = 1 << 3,  /* takes the request and never answers */
    HTTP_PEER_RAW = 1 << 4, /* sends the body's bytes as they are, nothing else, and closes */
    HTTP_PEER_DRIP = 1 << 5 /* sends one byte a step */
};

/* What to answer; texts are copied. */
typedef struct http_peer_answer {
    const char *method;  /* NULL: any */
    const char *path;    /* without query; NULL: any */
    int status;          /* 0: 200 */
    const char *headers; /* lines, each with its \r\n; NULL: none */
    const char *body;    /* NULL: empty */
    size_t body_size;    /* 0: the length of the text */
    int times;           /* 0: for ever */
    unsigned flags;      /* http_peer_flags */
} http_peer_answer;

/* What was asked; lives as long as the peer. */
typedef struct http_peer_request {
    unsigned connection; /* from 0, in the order accepted */
    const char *method;
    const char *target; /* with query */
    const char *head;   /* all lines, from the request line to the last header */
    const char *body;
    size_t body_size;
} http_peer_request;

/* How bytes get through; NULL members of the peer's own are plain sockets. read and write return
 * bytes, 0 at the end, -1 with errno EAGAIN when they would block. */
typedef struct http_peer_transport {
    const char *scheme;
    void *(*open)(int fd, void *user);
    ssize_t (*read)(void *stream, void *bytes, size_t size);
    ssize_t (*write)(void *stream, const void *bytes, size_t size);
    void (*close)(void *stream); /* not the descriptor */
    void *user;
} http_peer_transport;

http_peer *http_peer_open(void);
http_peer *http_peer_open_with(const http_peer_transport *transport); /* copied */
void http_peer_close(http_peer *peer); /* stops its thread too; NULL is fine */

int http_peer_port(const http_peer *peer);
/* "http://127.0.0.1:PORT" and the path; borrowed until the sixteenth call after this one. */
const char *http_peer_url(http_peer *peer, const char *path);

/* Of the answers that fit a request, the first one with times left is given; else 404. */
void http_peer_on(http_peer *peer, const http_peer_answer *answer);
/* 200 and this body for every request that no other answer fits. */
void http_peer_reply(http_peer *peer, const char *body);

int http_peer_fd(const http_peer *peer); /* readable when a step has something to do */
bool http_peer_step(http_peer *peer);    /* everything that is ready; false: nothing was */
void http_peer_start(http_peer *peer);   /* from now on by a thread of its own */

size_t http_peer_requests(http_peer *peer); /* how many came so far */
const http_peer_request *http_peer_request_at(http_peer *peer, size_t i); /* NULL beyond */
void http_peer_wait(http_peer *peer, size_t requests); /* with a thread: until so many came */
unsigned http_peer_connections(http_peer *peer);       /* accepted so far */
unsigned http_peer_open_connections(http_peer *peer);
void http_peer_drop_connections(http_peer *peer); /* closes all, also silent ones */
void http_peer_refuse(http_peer *peer);           /* closes the listener: connecting fails */

/* A header's value by name, in out; false when it was not sent. */
bool http_peer_header(const http_peer_request *request, const char *name, char *out,
                      size_t size);

#endif
