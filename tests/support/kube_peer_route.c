/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its answer: who asks, what its path names, the verbs, discovery. Lists are in
 * kube_peer_list.c, writes in kube_peer_write.c, streams in kube_peer_watch.c.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 10, PART_SIZE = PEER_NAME_SIZE };

/* ---- texts */

static int hex_of(char c)
{
    const char *const digits = "0123456789abcdefABCDEF", *at = strchr(digits, c);
    const int n = at == NULL || c == '\0' ? -1 : (int)(at - digits);
    return n > 15 ? n - 6 : n;
}

static void decode(char *out, size_t size, const char *text, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n && used + 1 < size; i++) {
        if (text[i] == '%' && i + 2 < n && hex_of(text[i + 1]) >= 0 &&
            hex_of(text[i + 2]) >= 0) {
            out[used++] = (char)(hex_of(text[i + 1]) * 16 + hex_of(text[i + 2]));
            i += 2;
        } else {
            out[used++] = text[i] == '+' ? ' ' : text[i];
        }
    }
    out[used] = '\0';
}

char *query_of(const peer_request *r, const char *name)
{
    const size_t n = strlen(name);

    for (const char *at = r->query; *at != '\0'; at += strcspn(at, "&"), at += *at == '&') {
        const size_t size = strcspn(at, "&");
        if (strncmp(at, name, n) != 0 || at[n] != '=')
            continue;
        char *value = malloc(size + 1);
        peer_must(value != NULL, "memory");
        decode(value, size + 1, at + n + 1, size - n - 1);
        return value;
    }
    return NULL;
}

/* ---- paths */

typedef struct peer_path {
    char parts[MAX_PARTS][PART_SIZE];
    size_t nparts;
    const char *group, *version, *space, *plural, *name, *sub;
} peer_path;

static const char *part_at(const peer_path *p, size_t i)
{
    return i < p->nparts ? p->parts[i] : NULL;
}

/* /api/V[/namespaces/NS]/PLURAL[/NAME[/SUB]] and the same below /apis/GROUP. */
static bool read_path(peer_path *p, const char *path)
{
    *p = (peer_path){0};
    while (*path == '/' && p->nparts < MAX_PARTS) {
        const size_t n = strcspn(++path, "/");
        decode(p->parts[p->nparts++], PART_SIZE, path, n);
        path += n;
    }
    const bool is_core = p->nparts > 0 && strcmp(p->parts[0], "api") == 0;
    if (p->nparts == 0 || (!is_core && strcmp(p->parts[0], "apis") != 0))
        return false;
    size_t i = is_core ? 1 : 2;
    p->group = is_core ? "" : part_at(p, 1);
    p->version = part_at(p, i++);
    if (p->nparts > i + 2 && strcmp(p->parts[i], "namespaces") == 0) {
        p->space = p->parts[i + 1];
        i += 2;
    }
    p->plural = part_at(p, i);
    p->name = part_at(p, i + 1);
    p->sub = part_at(p, i + 2);
    return p->version != NULL && p->nparts <= i + 3;
}

/* ---- discovery */

static void put_resource(json_t *list, const peer_kind *kind, const char *sub)
{
    char name[PART_SIZE];
    const bool is_scale = strcmp(sub, "/scale") == 0;

    (void)snprintf(name, sizeof name, "%s%s", kind->plural, sub);
    json_t *one = json_pack("{s:s, s:s, s:b, s:s, s:[s, s, s]}", "name", name, "singularName",
                            "", "namespaced", kind->is_namespaced, "kind",
                            is_scale ? "Scale" : kind->kind, "verbs", "get", "patch", "update");
    peer_must(one != NULL && json_array_append_new(list, one) == 0, "memory");
    if (is_scale) {
        (void)json_object_set_new(one, "group", json_string("autoscaling"));
        (void)json_object_set_new(one, "version", json_string("v1"));
    }
}

static peer_answer discover(kube_peer *peer, const peer_path *p)
{
    json_t *list = json_array();
    char name[2 * PART_SIZE];

    for (size_t i = 0; i < peer->store.nkinds; i++) {
        const peer_kind *kind = peer->store.kinds[i];
        if (kind->is_gone || strcmp(kind->group, p->group) != 0 ||
            strcmp(kind->version, p->version) != 0)
            continue;
        put_resource(list, kind, "");
        put_resource(list, kind, "/status");
        if (kind->has_scale)
            put_resource(list, kind, "/scale");
    }
    if (json_array_size(list) == 0) {
        json_decref(list);
        return peer_refuse(404, "NotFound", "the server could not find the requested resource");
    }
    (void)snprintf(name, sizeof name, "%s%s%s", p->group, *p->group != '\0' ? "/" : "",
                   p->version);
    return (peer_answer){.status = 200,
                         .body = json_pack("{s:s, s:s, s:s, s:o}", "kind", "APIResourceList",
                                           "apiVersion", "v1", "groupVersion", name,
                                           "resources", list)};
}

/* ---- verbs */

static peer_answer not_found(const peer_kind *kind, const char *name)
{
    char text[2 * PART_SIZE];

    (void)snprintf(text, sizeof text, "%s \"%s\" not found", kind->plural, name);
    return peer_refuse(404, "NotFound", text);
}

static peer_answer not_allowed(void)
{
    return peer_refuse(405, "MethodNotAllowed",
                       "the server does not allow this method on the requested resource");
}

static peer_answer write_object(kube_peer *peer, peer_object *o, const peer_path *p,
                                const peer_request *r)
{
    json_t *body = json_loads(r->body, 0, NULL);
    const char *sub = p->sub == NULL ? "" : p->sub;
    const bool is_merge = strcmp(r->content_type, "application/merge-patch+json") == 0;
    peer_answer answer;

    if (strcmp(r->method, "DELETE") == 0 && *sub == '\0')
        answer = store_delete(&peer->store, o, body);
    else if (body == NULL)
        answer = peer_refuse(400, "BadRequest", "the body is not a JSON object");
    else if (strcmp(r->method, "PUT") == 0)
        answer = store_replace(&peer->store, o, sub, body);
    else if (strcmp(r->method, "PATCH") != 0)
        answer = not_allowed();
    else if (!is_merge)
        answer = peer_refuse(415, "UnsupportedMediaType", "only merge patches are understood");
    else
        answer = store_patch(&peer->store, o, sub, body);
    json_decref(body);
    return answer;
}

static peer_answer on_object(kube_peer *peer, const peer_kind *kind, const peer_path *p,
                             const peer_request *r)
{
    const bool is_scale = p->sub != NULL && strcmp(p->sub, "scale") == 0;
    peer_object *o = store_find(&peer->store, kind, p->space, p->name);

    if (o == NULL)
        return not_found(kind, p->name);
    if (p->sub != NULL && strcmp(p->sub, "status") != 0 && (!is_scale || !kind->has_scale))
        return peer_refuse(404, "NotFound", "the server could not find the requested resource");
    if (strcmp(r->method, "GET") != 0)
        return write_object(peer, o, p, r);
    if (is_scale)
        return store_scale(o);
    return (peer_answer){.status = 200, .body = json_incref(o->json)};
}

static peer_answer create(kube_peer *peer, const peer_kind *kind, const peer_path *p,
                          const peer_request *r)
{
    json_t *body = json_loads(r->body, 0, NULL);
    peer_answer answer;

    if (!json_is_object(body))
        answer = peer_refuse(400, "BadRequest", "the body is not a JSON object");
    else if (kind->is_namespaced && p->space == NULL)
        answer = not_allowed();
    else
        answer = store_create(&peer->store, kind, p->space, body);
    json_decref(body);
    return answer;
}

static bool is_watch(const peer_request *r)
{
    char *watch = query_of(r, "watch");
    const bool is_true =
        watch != NULL && (strcmp(watch, "true") == 0 || strcmp(watch, "1") == 0);

    free(watch);
    return is_true;
}

/* ---- misbehaving */

static peer_failure *failure_of(kube_peer *peer, const peer_request *r)
{
    for (peer_failure *f = peer->failures; f != NULL; f = f->next) {
        if (strstr(r->line, f->part) == NULL || (f->is_limited && f->times == 0))
            continue;
        if (f->is_limited)
            f->times--;
        return f;
    }
    return NULL;
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } all[] = {{400, "BadRequest"},    {401, "Unauthorized"},
               {403, "Forbidden"},     {404, "NotFound"},
               {409, "Conflict"},      {410, "Expired"},
               {422, "Invalid"},       {429, "TooManyRequests"},
               {500, "InternalError"}, {503, "ServiceUnavailable"},
               {504, "Timeout"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].status == status)
            return all[i].reason;
    }
    return "";
}

static bool is_welcome(const kube_peer *peer, const peer_request *r)
{
    static const char bearer[] = "Bearer ";
    const size_t n = sizeof bearer - 1;

    return strncmp(r->authorization, bearer, n) == 0 && r->authorization[n] != '\0' &&
           (peer->refused == NULL || strcmp(r->authorization + n, peer->refused) != 0);
}

/* ---- all of it */

static peer_answer answer_of(kube_peer *peer, peer_connection *c, const peer_request *r)
{
    peer_path p;

    if (!is_welcome(peer, r))
        return peer_refuse(401, "Unauthorized", "Unauthorized");
    if (strcmp(r->path, "/version") == 0)
        return (peer_answer){.status = 200,
                             .body = json_pack("{s:s, s:s, s:s}", "major", "1", "minor", "29",
                                               "gitVersion", "v1.29.0")};
    if (!read_path(&p, r->path))
        return peer_refuse(404, "NotFound", "the server could not find the requested resource");
    if (p.plural == NULL)
        return discover(peer, &p);
    const peer_kind *kind = store_plural(&peer->store, p.group, p.version, p.plural);
    if (kind == NULL || (p.space != NULL && !kind->is_namespaced) ||
        (p.name != NULL && p.space == NULL && kind->is_namespaced))
        return peer_refuse(404, "NotFound", "the server could not find the requested resource");
    if (p.name != NULL)
        return on_object(peer, kind, &p, r);
    if (strcmp(r->method, "POST") == 0)
        return create(peer, kind, &p, r);
    if (strcmp(r->method, "GET") != 0)
        return not_allowed();
    if (!is_watch(r))
        return list_objects(peer, kind, p.space, r);
    watch_begin(peer, c, kind, p.space, r);
    return (peer_answer){0};
}

void route(kube_peer *peer, peer_connection *c, const peer_request *r)
{
    const peer_failure *failure = failure_of(peer, r);
    peer_answer answer;

    if (failure != NULL)
        answer = peer_refuse(failure->status, reason_of(failure->status), "told to refuse it");
    else
        answer = answer_of(peer, c, r);
    if (answer.status != 0)
        serve_answer(c, answer.status, failure == NULL ? 0 : failure->retry_after_s,
                     answer.body);
    json_decref(answer.body);
}
