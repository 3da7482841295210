/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by kind, namespace and name, and their history: what Kubernetes' API conventions say of versions,
 * generations, finalizers and subresources. Kinds are kube_peer_kinds.c's, what a write asks for
 * kube_peer_write.c's.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHANGES = 20000 };

void peer_must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "kube_peer: %s\n", what);
    abort();
}

char *peer_copy(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    peer_must(copy != NULL, "memory");
    memcpy(copy, text, size);
    return copy;
}

const char *peer_text_at(json_t *object, const char *path)
{
    char part[128];

    while (*path != '\0') {
        const size_t n = strcspn(path, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
        object = json_object_get(object, part);
        path += path[n] == '.' ? n + 1 : n;
    }
    return json_is_string(object) ? json_string_value(object) : "";
}

peer_answer peer_refuse(int status, const char *reason, const char *message)
{
    json_t *body = json_pack("{s:s, s:s, s:{}, s:s, s:s, s:s, s:i}", "kind", "Status",
                             "apiVersion", "v1", "metadata", "status", "Failure", "message",
                             message, "reason", reason, "code", status);

    peer_must(body != NULL, "memory");
    return (peer_answer){.status = status, .body = body};
}

/* ---- history */

static void clear_change(peer_change *change)
{
    json_decref(change->before);
    json_decref(change->now);
}

static void note_change(peer_store *s, const peer_kind *kind, json_t *before, json_t *now,
                        bool is_deleted)
{
    if (s->nchanges == MAX_CHANGES) {
        const size_t half = MAX_CHANGES / 2;
        for (size_t i = 0; i < half; i++)
            clear_change(&s->changes[i]);
        s->oldest = s->changes[half - 1].version;
        s->nchanges -= half;
        memmove(s->changes, s->changes + half, s->nchanges * sizeof *s->changes);
    }
    if (s->nchanges == s->changes_capacity) {
        s->changes_capacity = s->changes_capacity == 0 ? 64 : s->changes_capacity * 2;
        s->changes = realloc(s->changes, s->changes_capacity * sizeof *s->changes);
        peer_must(s->changes != NULL, "memory");
    }
    s->changes[s->nchanges++] = (peer_change){.version = s->version,
                                              .kind = kind,
                                              .before = json_incref(before),
                                              .now = json_incref(now),
                                              .is_deleted = is_deleted};
}

void store_forget(peer_store *s)
{
    for (size_t i = 0; i < s->nchanges; i++)
        clear_change(&s->changes[i]);
    s->nchanges = 0;
    s->oldest = ++s->version;
}

/* ---- objects */

static char *key_of(const char *space, const char *name)
{
    const size_t size = (space == NULL ? 0 : strlen(space)) + strlen(name) + 2;
    char *key = malloc(size);

    peer_must(key != NULL, "memory");
    (void)snprintf(key, size, "%s/%s", space == NULL ? "" : space, name);
    return key;
}

char *store_key(const peer_kind *kind, json_t *object)
{
    return key_of(kind->is_namespaced ? peer_text_at(object, "metadata.namespace") : NULL,
                  peer_text_at(object, "metadata.name"));
}

peer_object *store_find(peer_store *s, const peer_kind *kind, const char *space,
                        const char *name)
{
    char *key = key_of(kind->is_namespaced ? space : NULL, name);
    peer_object *o = s->objects;

    while (o != NULL && (o->kind != kind || strcmp(o->key, key) != 0))
        o = o->next;
    free(key);
    return o;
}

static void free_object(peer_object *o)
{
    json_decref(o->json);
    free(o->key);
    free(o);
}

static void unlink_object(peer_store *s, peer_object *o)
{
    peer_object **link = &s->objects;

    while (*link != o)
        link = &(*link)->next;
    *link = o->next;
}

static void set(json_t *object, const char *name, json_t *value)
{
    peer_must(value != NULL && json_object_set_new(object, name, value) == 0, "memory");
}

/* A copy whose metadata may be changed. */
json_t *store_open_copy(json_t *object)
{
    json_t *copy = json_copy(object);
    json_t *metadata = json_object_get(object, "metadata");

    peer_must(copy != NULL, "memory");
    set(copy, "metadata", metadata == NULL ? json_object() : json_copy(metadata));
    return copy;
}

static void set_version(peer_store *s, json_t *object)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%lld", (long long)++s->version);
    set(json_object_get(object, "metadata"), "resourceVersion", json_string(text));
}

void store_drop(peer_store *s, peer_object *o)
{
    json_t *last = store_open_copy(o->json);

    set_version(s, last);
    note_change(s, o->kind, o->json, last, true);
    json_decref(last);
    unlink_object(s, o);
    free_object(o);
}

/* Objects are a second apart, so that one can be the older one. */
static void set_birth(peer_store *s, json_t *metadata)
{
    char text[64];
    const long long nth = (long long)++s->nth;

    (void)snprintf(text, sizeof text, "00000000-0000-4000-8000-%012llx", nth);
    set(metadata, "uid", json_string(text));
    (void)snprintf(text, sizeof text, "2026-01-31T%02lld:%02lld:%02lldZ", nth / 3600 % 12,
                   nth / 60 % 60, nth % 60);
    set(metadata, "creationTimestamp", json_string(text));
    set(metadata, "generation", json_integer(1));
}

static void drop_empty(json_t *metadata)
{
    static const char *const lists[] = {"finalizers", "labels", "annotations",
                                        "ownerReferences"};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_t *value = json_object_get(metadata, lists[i]);
        if (value != NULL && json_array_size(value) == 0 && json_object_size(value) == 0)
            (void)json_object_del(metadata, lists[i]);
    }
}

peer_object *store_insert(peer_store *s, const peer_kind *kind, const char *space,
                          json_t *object)
{
    json_t *next = store_open_copy(object), *metadata = json_object_get(next, "metadata");
    peer_object *o = calloc(1, sizeof *o), **link = &s->objects;

    peer_must(o != NULL, "memory");
    set(next, "apiVersion", json_string(kind->api_version));
    set(next, "kind", json_string(kind->kind));
    (void)json_object_del(metadata, "generateName");
    (void)json_object_del(metadata, "deletionTimestamp");
    if (kind->is_namespaced)
        set(metadata, "namespace", json_string(space));
    drop_empty(metadata);
    set_birth(s, metadata);
    set_version(s, next);
    o->kind = kind;
    o->key = key_of(kind->is_namespaced ? space : NULL, peer_text_at(next, "metadata.name"));
    o->json = next;
    while (*link != NULL && strcmp((*link)->key, o->key) < 0)
        link = &(*link)->next;
    o->next = *link;
    *link = o;
    note_change(s, kind, NULL, next, false);
    return o;
}

/* What only the server sets, taken over from the object as it is. */
static void keep_own_members(json_t *metadata, json_t *from)
{
    static const char *const own[] = {"name",
                                      "namespace",
                                      "uid",
                                      "generation",
                                      "creationTimestamp",
                                      "resourceVersion",
                                      "deletionTimestamp",
                                      "deletionGracePeriodSeconds"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        json_t *value = json_object_get(from, own[i]);
        if (value == NULL)
            (void)json_object_del(metadata, own[i]);
        else
            peer_must(json_object_set(metadata, own[i], value) == 0, "memory");
    }
}

static json_t *without_status(json_t *object)
{
    json_t *copy = json_copy(object);

    peer_must(copy != NULL, "memory");
    (void)json_object_del(copy, "metadata");
    (void)json_object_del(copy, "status");
    return copy;
}

static bool is_spec_equal(json_t *a, json_t *b)
{
    json_t *specs[] = {without_status(a), without_status(b)};
    const bool is_equal = json_equal(specs[0], specs[1]) != 0;

    json_decref(specs[0]);
    json_decref(specs[1]);
    return is_equal;
}

static void count_generation(json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");
    const json_int_t now = json_integer_value(json_object_get(metadata, "generation"));

    set(metadata, "generation", json_integer(now + 1));
}

static void exchange(peer_store *s, peer_object *o, json_t *next)
{
    set_version(s, next);
    note_change(s, o->kind, o->json, next, false);
    json_decref(o->json);
    o->json = json_incref(next);
}

json_t *store_change(peer_store *s, peer_object *o, json_t *wanted, bool is_forced)
{
    json_t *next = store_open_copy(wanted), *metadata = json_object_get(next, "metadata");

    set(next, "apiVersion", json_string(o->kind->api_version));
    set(next, "kind", json_string(o->kind->kind));
    keep_own_members(metadata, json_object_get(o->json, "metadata"));
    drop_empty(metadata);
    if (json_equal(next, o->json) && !is_forced) {
        json_decref(next);
        return json_incref(o->json);
    }
    if (!is_spec_equal(next, o->json))
        count_generation(next);
    if (json_object_get(metadata, "deletionTimestamp") != NULL &&
        json_object_get(metadata, "finalizers") == NULL) {
        store_drop(s, o);
        return next;
    }
    exchange(s, o, next);
    return next;
}

/* False: nothing keeps it, it is gone. */
bool store_begin_deletion(peer_store *s, peer_object *o)
{
    json_t *metadata = json_object_get(o->json, "metadata");

    if (json_object_get(metadata, "finalizers") == NULL) {
        store_drop(s, o);
        return false;
    }
    if (json_object_get(metadata, "deletionTimestamp") != NULL)
        return true;
    json_t *next = store_open_copy(o->json);
    set(json_object_get(next, "metadata"), "deletionTimestamp",
        json_string("2026-01-31T12:00:00Z"));
    set(json_object_get(next, "metadata"), "deletionGracePeriodSeconds", json_integer(0));
    count_generation(next);
    exchange(s, o, next);
    json_decref(next);
    return true;
}

/* ---- the store */

void store_open(peer_store *s)
{
    *s = (peer_store){.version = 1000, .oldest = 1000};
    store_add_usual_kinds(s);
}

void store_remove_kind(peer_store *s, peer_kind *kind)
{
    for (peer_object *o = s->objects, *next; o != NULL; o = next) {
        next = o->next;
        if (o->kind == kind)
            store_drop(s, o);
    }
    kind->is_gone = true;
}

void store_close(peer_store *s)
{
    for (peer_object *o = s->objects, *next; o != NULL; o = next) {
        next = o->next;
        free_object(o);
    }
    for (size_t i = 0; i < s->nchanges; i++)
        clear_change(&s->changes[i]);
    store_free_kinds(s);
    free(s->changes);
}
