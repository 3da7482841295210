/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selectors, and lists in pages. All pages of a list are of one version: what happened since is undone for
 * them, as long as it is remembered. For kube_peer_route.c; kube_peer_watch.c selects too.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_SIZE = PEER_NAME_SIZE };

/* ---- selectors */

static const char *field_of(json_t *object, const char *path, bool is_label)
{
    json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");

    if (!is_label)
        return peer_text_at(object, path);
    return json_string_value(json_object_get(labels, path));
}

/* One term: "a", "!a", "a=b", "a==b", "a!=b". */
static bool fits(json_t *object, const char *term, bool is_label)
{
    const bool is_absence = term[0] == '!';
    const size_t n = strcspn(term + is_absence, "=!");
    const char *rest = term + is_absence + n;
    char name[PART_SIZE];

    peer_must(strchr(term, '(') == NULL, "a selector by sets");
    (void)snprintf(name, sizeof name, "%.*s", (int)n, term + is_absence);
    const char *value = field_of(object, name, is_label);
    if (*rest == '\0')
        return (value != NULL) != is_absence;
    const bool is_unequal = *rest == '!';
    const char *wanted = rest + strspn(rest, "!=");
    return (value != NULL && strcmp(value, wanted) == 0) != is_unequal;
}

static bool fits_all(json_t *object, const char *selector, bool is_label)
{
    char term[2 * PART_SIZE];

    while (selector != NULL && *selector != '\0') {
        const size_t n = strcspn(selector, ",");
        (void)snprintf(term, sizeof term, "%.*s", (int)n, selector);
        if (!fits(object, term, is_label))
            return false;
        selector += n + (selector[n] == ',');
    }
    return true;
}

bool is_selected(json_t *object, const char *labels, const char *fields)
{
    return fits_all(object, labels, true) && fits_all(object, fields, false);
}

bool is_in_space(json_t *object, const char *space)
{
    return space == NULL || strcmp(peer_text_at(object, "metadata.namespace"), space) == 0;
}

/* ---- what was at a version */

typedef struct listed {
    char *key;
    json_t *json; /* the store's or its history's */
} listed;

typedef struct snapshot {
    listed *all; /* in order of key */
    size_t n, capacity;
} snapshot;

/* Where a key is, or would be. */
static size_t place_of(const snapshot *was, const char *key)
{
    size_t low = 0, high = was->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(was->all[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_at(snapshot *was, size_t at, const char *key, json_t *json)
{
    if (was->n == was->capacity) {
        was->capacity = was->capacity == 0 ? 64 : was->capacity * 2;
        was->all = realloc(was->all, was->capacity * sizeof *was->all);
        peer_must(was->all != NULL, "memory");
    }
    memmove(&was->all[at + 1], &was->all[at], (was->n - at) * sizeof *was->all);
    was->all[at] = (listed){peer_copy(key), json};
    was->n++;
}

static void take_at(snapshot *was, size_t at)
{
    free(was->all[at].key);
    was->n--;
    memmove(&was->all[at], &was->all[at + 1], (was->n - at) * sizeof *was->all);
}

static void undo(snapshot *was, const peer_change *change)
{
    char *key = store_key(change->kind, change->now);
    const size_t at = place_of(was, key);
    const bool is_there = at < was->n && strcmp(was->all[at].key, key) == 0;

    if (is_there && change->before == NULL)
        take_at(was, at);
    else if (is_there)
        was->all[at].json = change->before;
    else if (change->before != NULL)
        put_at(was, at, key, change->before);
    free(key);
}

static void snapshot_open(snapshot *was, const peer_store *s, const peer_kind *kind,
                          int64_t version)
{
    *was = (snapshot){0};
    for (const peer_object *o = s->objects; o != NULL; o = o->next) {
        if (o->kind == kind)
            put_at(was, was->n, o->key, o->json);
    }
    for (size_t i = s->nchanges; i > 0 && s->changes[i - 1].version > version; i--) {
        if (s->changes[i - 1].kind == kind)
            undo(was, &s->changes[i - 1]);
    }
}

static void snapshot_close(snapshot *was)
{
    for (size_t i = 0; i < was->n; i++)
        free(was->all[i].key);
    free(was->all);
}

/* ---- pages */

/* "VERSION:KEY of the last one"; false: it has expired. */
static bool read_token(const peer_store *s, const char *token, int64_t *version,
                       const char **after)
{
    char *end = NULL;

    *after = NULL;
    *version = s->version;
    if (token == NULL || *token == '\0')
        return true;
    *version = strtoll(token, &end, 10);
    *after = *end == ':' ? end + 1 : end;
    return *version >= s->oldest;
}

typedef struct list_page {
    json_t *items;
    const char *last; /* key of the last item */
    bool has_more;
} list_page;

static void fill_page(list_page *page, const snapshot *was, const char *space,
                      const peer_request *r, const char *after)
{
    char *labels = query_of(r, "labelSelector"), *fields = query_of(r, "fieldSelector");
    char *limit_text = query_of(r, "limit");
    const long limit = limit_text == NULL ? 0 : strtol(limit_text, NULL, 10);

    *page = (list_page){.items = json_array()};
    for (size_t i = 0; i < was->n && !page->has_more; i++) {
        const listed *one = &was->all[i];
        if (!is_in_space(one->json, space) || !is_selected(one->json, labels, fields) ||
            (after != NULL && strcmp(one->key, after) <= 0))
            continue;
        if (limit > 0 && json_array_size(page->items) == (size_t)limit) {
            page->has_more = true;
        } else {
            peer_must(json_array_append(page->items, one->json) == 0, "memory");
            page->last = one->key;
        }
    }
    free(labels);
    free(fields);
    free(limit_text);
}

peer_answer list_objects(kube_peer *peer, const peer_kind *kind, const char *space,
                         const peer_request *r)
{
    char *token = query_of(r, "continue"), version_text[32], next[2 * PART_SIZE] = "", name[80];
    peer_answer answer = {.status = 200};
    const char *after;
    int64_t version;
    snapshot was;
    list_page page;

    if (!read_token(&peer->store, token, &version, &after)) {
        free(token);
        return peer_refuse(410, "Expired", "The provided continue parameter is too old");
    }
    snapshot_open(&was, &peer->store, kind, version);
    fill_page(&page, &was, space, r, after);
    (void)snprintf(version_text, sizeof version_text, "%lld", (long long)version);
    if (page.has_more)
        (void)snprintf(next, sizeof next, "%s:%s", version_text, page.last);
    (void)snprintf(name, sizeof name, "%sList", kind->kind);
    answer.body = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "kind", name, "apiVersion",
                            kind->api_version, "metadata", "resourceVersion", version_text,
                            "continue", next, "items", page.items);
    peer_must(answer.body != NULL, "memory");
    snapshot_close(&was);
    free(token);
    return answer;
}
