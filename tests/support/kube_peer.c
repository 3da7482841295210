/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The face of the API server in memory: what tests do to it and ask it. Each call holds the lock, and wakes
 * the server, which may have a thread of its own.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(const kube_peer *peer)
{
    peer_must(pthread_mutex_lock(peer->lock) == 0, "lock");
}

static void end(const kube_peer *peer)
{
    (void)pthread_mutex_unlock(peer->lock);
    serve_wake(peer);
}

/* ---- its life */

static void make_texts(kube_peer *peer)
{
    static const char form[] =
        "apiVersion: v1\n"
        "kind: Config\n"
        "current-context: peer\n"
        "clusters:\n"
        "- {name: peer, cluster: {server: \"%s\"}}\n"
        "users:\n"
        "- {name: peer, user: {token: peer-token}}\n"
        "contexts:\n"
        "- {name: peer, context: {cluster: peer, user: peer, namespace: default}}\n";
    char url[64], text[sizeof form + sizeof url];

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", peer->port);
    (void)snprintf(text, sizeof text, form, url);
    peer->url = peer_copy(url);
    peer->kubeconfig = peer_copy(text);
}

kube_peer *kube_peer_open(void)
{
    kube_peer *peer = calloc(1, sizeof *peer);

    peer_must(peer != NULL, "memory");
    peer->lock = malloc(sizeof *peer->lock);
    peer_must(peer->lock != NULL && pthread_mutex_init(peer->lock, NULL) == 0, "memory");
    store_open(&peer->store);
    serve_open(peer);
    make_texts(peer);
    return peer;
}

static void *run(void *user)
{
    kube_peer *peer = user;

    while (!atomic_load(&peer->is_stopping))
        (void)serve_step(peer, -1);
    return NULL;
}

void kube_peer_start(kube_peer *peer)
{
    peer->has_thread = pthread_create(&peer->thread, NULL, run, peer) == 0;
    peer_must(peer->has_thread, "thread");
}

static void drop_failures(kube_peer *peer)
{
    for (peer_failure *f = peer->failures, *next; f != NULL; f = next) {
        next = f->next;
        free(f->part);
        free(f);
    }
    peer->failures = NULL;
}

void kube_peer_close(kube_peer *peer)
{
    if (peer == NULL)
        return;
    atomic_store(&peer->is_stopping, true);
    serve_wake(peer);
    if (peer->has_thread)
        (void)pthread_join(peer->thread, NULL);
    serve_close(peer);
    store_close(&peer->store);
    drop_failures(peer);
    (void)pthread_mutex_destroy(peer->lock);
    free(peer->lock);
    free(peer->url);
    free(peer->kubeconfig);
    free(peer->text);
    free(peer->refused);
    free(peer);
}

const char *kube_peer_url(const kube_peer *peer)
{
    return peer->url;
}

const char *kube_peer_kubeconfig(const kube_peer *peer)
{
    return peer->kubeconfig;
}

int kube_peer_fd(const kube_peer *peer)
{
    return peer->epoll;
}

bool kube_peer_step(kube_peer *peer)
{
    return serve_step(peer, 0);
}

/* ---- objects */

static peer_kind *kind_of(kube_peer *peer, const char *api_version, const char *kind)
{
    peer_kind *found = store_kind(&peer->store, api_version, kind);

    peer_must(found != NULL, "there is no such kind");
    return found;
}

void kube_peer_add_kind(kube_peer *peer, const char *api_version, const char *kind,
                        const char *plural, bool has_scale)
{
    begin(peer);
    (void)store_add_kind(&peer->store, api_version, kind, plural, has_scale, true);
    end(peer);
}

void kube_peer_remove_kind(kube_peer *peer, const char *api_version, const char *kind)
{
    begin(peer);
    store_remove_kind(&peer->store, kind_of(peer, api_version, kind));
    end(peer);
}

void kube_peer_put(kube_peer *peer, const char *json)
{
    json_error_t err = {0};
    json_t *object = json_loads(json, 0, &err);

    peer_must(json_is_object(object), err.text[0] != '\0' ? err.text : "put: not an object");
    begin(peer);
    store_put(&peer->store,
              kind_of(peer, peer_text_at(object, "apiVersion"), peer_text_at(object, "kind")),
              object);
    end(peer);
    json_decref(object);
}

void kube_peer_delete(kube_peer *peer, const char *kind, const char *space, const char *name)
{
    begin(peer);
    peer_object *o = store_find(&peer->store, kind_of(peer, NULL, kind), space, name);
    if (o != NULL)
        (void)store_begin_deletion(&peer->store, o);
    end(peer);
}

const char *kube_peer_get(kube_peer *peer, const char *kind, const char *space,
                          const char *name)
{
    begin(peer);
    const peer_kind *known = store_kind(&peer->store, NULL, kind);
    const peer_object *o = known == NULL ? NULL : store_find(&peer->store, known, space, name);
    free(peer->text);
    peer->text = o == NULL ? NULL : json_dumps(o->json, JSON_COMPACT);
    end(peer);
    return peer->text;
}

size_t kube_peer_count(kube_peer *peer, const char *kind)
{
    size_t n = 0;

    begin(peer);
    const peer_kind *known = store_kind(&peer->store, NULL, kind);
    for (const peer_object *o = peer->store.objects; o != NULL; o = o->next)
        n += o->kind == known;
    end(peer);
    return n;
}

/* ---- requests */

size_t kube_peer_requests(kube_peer *peer, const char *part)
{
    size_t n = 0;

    begin(peer);
    for (const peer_request *r = peer->requests; r != NULL; r = r->next)
        n += part == NULL || strstr(r->line, part) != NULL;
    end(peer);
    return n;
}

size_t kube_peer_writes(kube_peer *peer)
{
    size_t n = 0;

    begin(peer);
    for (const peer_request *r = peer->requests; r != NULL; r = r->next)
        n += strcmp(r->method, "GET") != 0 && strstr(r->path, "/leases") == NULL;
    end(peer);
    return n;
}

const char *kube_peer_last_body(kube_peer *peer, const char *part)
{
    const char *body = NULL;

    begin(peer);
    for (const peer_request *r = peer->requests; r != NULL; r = r->next) {
        if (strstr(r->line, part) != NULL)
            body = r->body;
    }
    end(peer);
    return body;
}

/* ---- misbehaving */

void kube_peer_fail(kube_peer *peer, const char *part, int status, int retry_after_s, int times)
{
    peer_failure *f = calloc(1, sizeof *f), **link = &peer->failures;

    peer_must(f != NULL, "memory");
    f->part = peer_copy(part);
    f->status = status;
    f->retry_after_s = retry_after_s;
    f->is_limited = times > 0;
    f->times = times;
    begin(peer);
    while (*link != NULL)
        link = &(*link)->next;
    *link = f;
    end(peer);
}

void kube_peer_heal(kube_peer *peer)
{
    begin(peer);
    drop_failures(peer);
    end(peer);
}

void kube_peer_silence(kube_peer *peer, bool is_silent)
{
    begin(peer);
    peer->is_silent = is_silent;
    end(peer);
}

void kube_peer_cut_watches(kube_peer *peer, bool in_mid_line)
{
    begin(peer);
    for (peer_connection *c = peer->connections; c != NULL; c = c->next) {
        if (c->watch != NULL)
            watch_end(c, in_mid_line);
    }
    end(peer);
}

/* Streams that are told everything go on. */
void kube_peer_forget_history(kube_peer *peer)
{
    begin(peer);
    for (peer_connection *c = peer->connections; c != NULL; c = c->next) {
        if (c->watch != NULL && !peer->is_silent)
            (void)watch_pump(peer, c);
    }
    const int64_t before = peer->store.version;
    store_forget(&peer->store);
    for (peer_connection *c = peer->connections; c != NULL; c = c->next) {
        if (c->watch != NULL && c->watch->version == before)
            c->watch->version = peer->store.version;
    }
    end(peer);
}

void kube_peer_refuse_token(kube_peer *peer, const char *token)
{
    begin(peer);
    free(peer->refused);
    peer->refused = token == NULL ? NULL : peer_copy(token);
    end(peer);
}

void kube_peer_bookmark(kube_peer *peer)
{
    begin(peer);
    for (peer_connection *c = peer->connections; c != NULL; c = c->next) {
        if (c->watch != NULL)
            watch_bookmark(peer, c);
    }
    end(peer);
}

size_t kube_peer_watches(const kube_peer *peer)
{
    size_t n = 0;

    begin(peer);
    for (const peer_connection *c = peer->connections; c != NULL; c = c->next)
        n += c->watch != NULL;
    end(peer);
    return n;
}
