/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API server in memory keeps: kinds, objects, and what happened to them. Nothing of HTTP. Stored
 * objects never change, they are replaced: a history may hold them. A lack of memory aborts the test.
 */
#ifndef SUPPORT_KUBE_PEER_STORE_H
#define SUPPORT_KUBE_PEER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

typedef struct peer_kind {
    char *api_version, *group, *version; /* group "" for core */
    char *kind, *plural;
    bool has_scale, is_namespaced;
    bool is_gone; /* removed; may come again */
} peer_kind;

typedef struct peer_object {
    struct peer_object *next; /* in order of key */
    const peer_kind *kind;
    char *key; /* "SPACE/NAME" */
    json_t *json;
} peer_object;

typedef struct peer_change {
    int64_t version;
    const peer_kind *kind;
    json_t *before; /* NULL: it was created */
    json_t *now;    /* deleted: its last state */
    bool is_deleted;
} peer_change;

typedef struct peer_store {
    peer_kind **kinds;
    size_t nkinds;
    peer_object *objects;
    peer_change *changes; /* in order; the oldest are forgotten */
    size_t nchanges, changes_capacity;
    int64_t version; /* of the last change */
    int64_t oldest;  /* what happened after this version is remembered */
    int64_t nth;     /* objects ever created */
} peer_store;

/* An answer: an object, a list or a Status. */
typedef struct peer_answer {
    int status;
    json_t *body; /* the receiver's */
} peer_answer;

void store_open(peer_store *s);
void store_close(peer_store *s);

peer_kind *store_add_kind(peer_store *s, const char *api_version, const char *kind,
                          const char *plural, bool has_scale, bool is_namespaced);
void store_remove_kind(peer_store *s, peer_kind *kind);
/* api_version NULL: any; NULL when there is none. */
peer_kind *store_kind(peer_store *s, const char *api_version, const char *kind);
peer_kind *store_plural(peer_store *s, const char *group, const char *version,
                        const char *plural);

/* space NULL or "": of a kind without. */
peer_object *store_find(peer_store *s, const peer_kind *kind, const char *space,
                        const char *name);
void store_forget(peer_store *s); /* the history */

/* As an administrator: creates or replaces. */
void store_put(peer_store *s, const peer_kind *kind, json_t *object);

/* As requests do. sub: "status", "scale" or "". */
peer_answer store_create(peer_store *s, const peer_kind *kind, const char *space,
                         json_t *object);
peer_answer store_replace(peer_store *s, peer_object *o, const char *sub, json_t *object);
peer_answer store_patch(peer_store *s, peer_object *o, const char *sub, json_t *patch);
peer_answer store_delete(peer_store *s, peer_object *o, json_t *options);
peer_answer store_scale(const peer_object *o); /* GET .../scale */

peer_answer peer_refuse(int status, const char *reason, const char *message);
/* Text at "a.b"; "" when there is none. */
const char *peer_text_at(json_t *object, const char *path);
void peer_must(bool ok, const char *what);
char *peer_copy(const char *text);

#endif
