/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the API server in memory share. kube_peer.c is its face, _serve.c its sockets, _route.c what
 * a request means, _list.c and _watch.c what lists and streams say, _store.c, _kinds.c and _write.c its objects.
 */
#ifndef SUPPORT_KUBE_PEER_INSIDE_H
#define SUPPORT_KUBE_PEER_INSIDE_H

#include "support/kube_peer.h"
#include "support/kube_peer_store.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PEER_NAME_SIZE = 300 };

/* ---- kinds (kube_peer_kinds.c) */

void store_add_usual_kinds(peer_store *s);
void store_free_kinds(peer_store *s);

/* ---- objects (kube_peer_store.c) */

char *store_key(const peer_kind *kind, json_t *object); /* "SPACE/NAME"; the caller's */

json_t *store_open_copy(json_t *object); /* a copy whose metadata may be changed */
peer_object *store_insert(peer_store *s, const peer_kind *kind, const char *space,
                          json_t *object);
/* Makes it `wanted`, the server's own members apart; the caller's. Unchanged and not forced, the version
 * stays. The object may be gone afterwards. */
json_t *store_change(peer_store *s, peer_object *o, json_t *wanted, bool is_forced);
void store_drop(peer_store *s, peer_object *o);
/* False: nothing keeps it, it is gone. */
bool store_begin_deletion(peer_store *s, peer_object *o);

/* ---- bytes and connections (kube_peer_serve.c) */

typedef struct peer_bytes {
    char *data; /* ends with a 0 that is not counted */
    size_t size, capacity;
} peer_bytes;

void bytes_add(peer_bytes *b, const char *data, size_t size);
void bytes_put(peer_bytes *b, const char *text);
void bytes_drop(peer_bytes *b, size_t n); /* from the front */

/* A stream: what of a kind has happened since a version. */
typedef struct peer_watch {
    const peer_kind *kind;
    char *space, *labels, *fields; /* space NULL: all */
    int64_t version;               /* up to here it was told */
    bool wants_bookmarks;
} peer_watch;

typedef struct peer_connection {
    struct peer_connection *next;
    int fd;
    peer_bytes in, out;
    size_t sent;
    bool is_deaf;    /* a request was left without an answer */
    bool is_closing; /* after what is in `out` */
    bool is_ended;
    peer_watch *watch; /* NULL: none */
} peer_connection;

typedef struct peer_request {
    struct peer_request *next;
    char *line; /* "METHOD TARGET" */
    char *method, *path, *query;
    char *content_type, *authorization;
    char *body; /* "" when there is none */
} peer_request;

typedef struct peer_failure {
    struct peer_failure *next;
    char *part;
    int status, retry_after_s;
    bool is_limited;
    int times;
} peer_failure;

struct kube_peer {
    pthread_mutex_t *lock;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    int listener, epoll, wake, port;
    char *url, *kubeconfig, *text, *refused;
    peer_store store;
    peer_connection *connections;
    peer_request *requests, **last_request;
    peer_failure *failures;
    bool is_silent;
};

void serve_open(kube_peer *peer);
void serve_close(kube_peer *peer);
void serve_wake(const kube_peer *peer);
bool serve_step(kube_peer *peer, int timeout_ms); /* takes the lock */
/* The head and body of an answer. */
void serve_answer(peer_connection *c, int status, int retry_after_s, json_t *body);

/* ---- requests (kube_peer_route.c) */

/* Answers, or makes the connection a stream. */
void route(kube_peer *peer, peer_connection *c, const peer_request *r);
/* One parameter of a query, decoded; the caller's, NULL when it is not there. */
char *query_of(const peer_request *r, const char *name);

/* ---- lists (kube_peer_list.c) */

/* A page, of the version its token is of. */
peer_answer list_objects(kube_peer *peer, const peer_kind *kind, const char *space,
                         const peer_request *r);
/* Whether labels and fields select an object; NULL: all. */
bool is_selected(json_t *object, const char *labels, const char *fields);
bool is_in_space(json_t *object, const char *space);

/* ---- streams (kube_peer_watch.c) */

void watch_begin(kube_peer *peer, peer_connection *c, const peer_kind *kind, const char *space,
                 const peer_request *r);
bool watch_pump(kube_peer *peer, peer_connection *c); /* false: there was nothing to tell */
void watch_bookmark(kube_peer *peer, peer_connection *c);
void watch_end(peer_connection *c, bool in_mid_line);
void watch_free(peer_watch *w);

#endif
