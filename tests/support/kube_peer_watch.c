/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: what happened to a kind since a version, a JSON text a line, each in a chunk of its own. An object
 * that leaves what a stream selects is deleted for it, one that enters is added.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watch_free(peer_watch *w)
{
    if (w == NULL)
        return;
    free(w->space);
    free(w->labels);
    free(w->fields);
    free(w);
}

/* ---- lines */

static char *line_of(const char *type, json_t *object, size_t *size)
{
    json_t *event = json_pack("{s:s, s:O}", "type", type, "object", object);
    char *text = event == NULL ? NULL : json_dumps(event, JSON_COMPACT);

    peer_must(text != NULL, "memory");
    json_decref(event);
    *size = strlen(text);
    text[*size] = '\n'; /* in place of the end */
    ++*size;
    return text;
}

static void put_chunk(peer_connection *c, const char *bytes, size_t size)
{
    char head[32];

    (void)snprintf(head, sizeof head, "%zx\r\n", size);
    bytes_put(&c->out, head);
    bytes_add(&c->out, bytes, size);
    bytes_put(&c->out, "\r\n");
}

static void tell(peer_connection *c, const char *type, json_t *object)
{
    size_t size;
    char *line = line_of(type, object, &size);

    put_chunk(c, line, size);
    free(line);
}

void watch_end(peer_connection *c, bool in_mid_line)
{
    static const char half[] = "{\"type\":\"MODIFIED\",\"object\":{\"apiVersion\":\"ap";

    if (in_mid_line) {
        put_chunk(c, half, sizeof half - 1);
        c->is_closing = true;
    } else {
        bytes_put(&c->out, "0\r\n\r\n");
    }
    watch_free(c->watch);
    c->watch = NULL;
}

static void refuse_rest(peer_connection *c)
{
    peer_answer gone = peer_refuse(410, "Expired", "too old resource version");

    tell(c, "ERROR", gone.body);
    json_decref(gone.body);
    watch_end(c, false);
}

/* ---- what happened */

static bool has(const peer_watch *w, json_t *object)
{
    return object != NULL && is_in_space(object, w->space) &&
           is_selected(object, w->labels, w->fields);
}

static bool tell_change(peer_connection *c, const peer_change *change)
{
    const peer_watch *w = c->watch;

    if (change->kind != w->kind)
        return false;
    const bool was = has(w, change->before);
    const bool is = !change->is_deleted && has(w, change->now);
    if (!was && !is)
        return false;
    tell(c, !was ? "ADDED" : is ? "MODIFIED" : "DELETED", change->now);
    return true;
}

/* The first change after a version: they are in order. */
static size_t first_after(const peer_store *s, int64_t version)
{
    size_t low = 0, high = s->nchanges;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->changes[middle].version <= version)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool watch_pump(kube_peer *peer, peer_connection *c)
{
    const peer_store *s = &peer->store;
    bool was_busy = false;

    if (c->watch->version < s->oldest) {
        refuse_rest(c);
        return true;
    }
    for (size_t i = first_after(s, c->watch->version); i < s->nchanges; i++)
        was_busy = tell_change(c, &s->changes[i]) || was_busy;
    c->watch->version = s->version;
    if (c->watch->kind->is_gone) {
        watch_end(c, false);
        was_busy = true;
    }
    return was_busy;
}

void watch_bookmark(kube_peer *peer, peer_connection *c)
{
    char version[32];

    if (!c->watch->wants_bookmarks)
        return;
    (void)watch_pump(peer, c);
    if (c->watch == NULL)
        return;
    (void)snprintf(version, sizeof version, "%lld", (long long)peer->store.version);
    json_t *object = json_pack("{s:s, s:s, s:{s:s, s:n}}", "kind", c->watch->kind->kind,
                               "apiVersion", c->watch->kind->api_version, "metadata",
                               "resourceVersion", version, "creationTimestamp");
    peer_must(object != NULL, "memory");
    tell(c, "BOOKMARK", object);
    json_decref(object);
}

/* ---- begun */

static void tell_all(kube_peer *peer, peer_connection *c)
{
    for (const peer_object *o = peer->store.objects; o != NULL; o = o->next) {
        if (o->kind == c->watch->kind && has(c->watch, o->json))
            tell(c, "ADDED", o->json);
    }
}

void watch_begin(kube_peer *peer, peer_connection *c, const peer_kind *kind, const char *space,
                 const peer_request *r)
{
    char *version = query_of(r, "resourceVersion"),
         *bookmarks = query_of(r, "allowWatchBookmarks");
    const bool is_from_now = version == NULL || *version == '\0' || strcmp(version, "0") == 0;
    const int64_t from = is_from_now ? peer->store.version : strtoll(version, NULL, 10);

    if (from < peer->store.oldest) {
        peer_answer gone = peer_refuse(410, "Expired", "too old resource version");
        serve_answer(c, 410, 0, gone.body);
        json_decref(gone.body);
    } else {
        c->watch = calloc(1, sizeof *c->watch);
        peer_must(c->watch != NULL, "memory");
        *c->watch = (peer_watch){.kind = kind,
                                 .space = space == NULL ? NULL : peer_copy(space),
                                 .labels = query_of(r, "labelSelector"),
                                 .fields = query_of(r, "fieldSelector"),
                                 .version = from,
                                 .wants_bookmarks =
                                     bookmarks != NULL && strcmp(bookmarks, "true") == 0};
        bytes_put(&c->out, "HTTP/1.1 200 Fine\r\nContent-Type: application/json\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n");
        if (is_from_now)
            tell_all(peer, c);
    }
    free(version);
    free(bookmarks);
}
