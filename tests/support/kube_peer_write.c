/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that write, and /scale: who may write over what (resourceVersion, uid), and which members a
 * subresource lets through. How an object then changes is kube_peer_store.c's.
 */
#include "support/kube_peer_inside.h"

#include <stdio.h>
#include <string.h>

static void set(json_t *object, const char *name, json_t *value)
{
    peer_must(value != NULL && json_object_set_new(object, name, value) == 0, "memory");
}

static peer_answer refuse_about(int status, const char *reason, const peer_object *o,
                                const char *why)
{
    char text[512];

    (void)snprintf(text, sizeof text, "%s \"%s\" %s", o->kind->plural,
                   peer_text_at(o->json, "metadata.name"), why);
    return peer_refuse(status, reason, text);
}

/* RFC 7386. Children that stay are shared. */
static json_t *merged(json_t *target, json_t *patch)
{
    const char *name;
    json_t *value;

    if (!json_is_object(patch))
        return json_incref(patch);
    json_t *out = json_is_object(target) ? json_copy(target) : json_object();
    json_object_foreach(patch, name, value)
    {
        if (json_is_null(value))
            (void)json_object_del(out, name);
        else
            set(out, name, merged(json_object_get(target, name), value));
    }
    return out;
}

/* What was read must still be so; "" asks for nothing. */
static bool is_current(const peer_object *o, json_t *written)
{
    const char *version = peer_text_at(written, "metadata.resourceVersion");
    const char *uid = peer_text_at(written, "metadata.uid");

    return (*version == '\0' ||
            strcmp(version, peer_text_at(o->json, "metadata.resourceVersion")) == 0) &&
           (*uid == '\0' || strcmp(uid, peer_text_at(o->json, "metadata.uid")) == 0);
}

static peer_answer conflict(const peer_object *o)
{
    return refuse_about(409, "Conflict", o,
                        "cannot be changed: the object has been modified; please apply your "
                        "changes to the latest version and try again");
}

static void take_member(json_t *to, json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);

    if (value == NULL)
        (void)json_object_del(to, name);
    else
        peer_must(json_object_set(to, name, value) == 0, "memory");
}

/* /status writes nothing but status, the object itself everything else. */
static peer_answer write_over(peer_store *s, peer_object *o, const char *sub, json_t *wanted)
{
    const bool is_status = strcmp(sub, "status") == 0;
    json_t *next = store_open_copy(is_status ? o->json : wanted);

    take_member(next, is_status ? wanted : o->json, "status");
    json_t *body = store_change(s, o, next, false);
    json_decref(next);
    return (peer_answer){.status = 200, .body = body};
}

/* ---- scale */

static void put_selector(json_t *scale_status, json_t *object)
{
    const char *name, *own = peer_text_at(object, "status.selector");
    char text[512] = "";
    json_t *value,
        *labels = json_object_get(json_object_get(json_object_get(object, "spec"), "selector"),
                                  "matchLabels");

    json_object_foreach(labels, name, value)
    {
        const size_t n = strlen(text);
        (void)snprintf(text + n, sizeof text - n, "%s%s=%s", n > 0 ? "," : "", name,
                       json_string_value(value));
    }
    if (*own != '\0' || *text != '\0')
        set(scale_status, "selector", json_string(*own != '\0' ? own : text));
}

static json_int_t replicas_in(json_t *object, const char *part, json_int_t otherwise)
{
    json_t *value = json_object_get(json_object_get(object, part), "replicas");
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Kubernetes gives its own kinds one replica where nothing is said, and leaves zero out of a Scale's spec. */
peer_answer store_scale(const peer_object *o)
{
    static const char *const kept[] = {"name", "namespace", "uid", "resourceVersion",
                                       "creationTimestamp"};
    json_t *metadata = json_object(), *spec = json_object(), *status = json_object();
    const bool is_own = strcmp(o->kind->group, "apps") == 0;
    const json_int_t wanted = replicas_in(o->json, "spec", is_own ? 1 : 0);

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        take_member(metadata, json_object_get(o->json, "metadata"), kept[i]);
    if (wanted != 0)
        set(spec, "replicas", json_integer(wanted));
    set(status, "replicas", json_integer(replicas_in(o->json, "status", 0)));
    put_selector(status, o->json);
    json_t *body =
        json_pack("{s:s, s:s, s:o, s:o, s:o}", "kind", "Scale", "apiVersion", "autoscaling/v1",
                  "metadata", metadata, "spec", spec, "status", status);
    peer_must(body != NULL, "memory");
    return (peer_answer){.status = 200, .body = body};
}

static peer_answer write_scale(peer_store *s, peer_object *o, json_t *wanted)
{
    const json_int_t replicas = replicas_in(wanted, "spec", 0);

    if (replicas < 0)
        return refuse_about(422, "Invalid", o,
                            "is invalid: spec.replicas: must not be negative");
    json_t *next = store_open_copy(o->json), *spec = json_object_get(o->json, "spec");
    set(next, "spec", json_is_object(spec) ? json_copy(spec) : json_object());
    set(json_object_get(next, "spec"), "replicas", json_integer(replicas));
    json_decref(store_change(s, o, next, false));
    json_decref(next);
    return store_scale(o);
}

/* ---- requests */

peer_answer store_replace(peer_store *s, peer_object *o, const char *sub, json_t *object)
{
    if (strcmp(peer_text_at(object, "metadata.name"), peer_text_at(o->json, "metadata.name")) !=
        0)
        return refuse_about(400, "BadRequest", o, "is not the name in the body");
    if (!is_current(o, object))
        return conflict(o);
    if (strcmp(o->kind->kind, "Lease") == 0 &&
        *peer_text_at(object, "metadata.resourceVersion") == '\0')
        return refuse_about(422, "Invalid", o,
                            "is invalid: metadata.resourceVersion: must be specified");
    return strcmp(sub, "scale") == 0 ? write_scale(s, o, object)
                                     : write_over(s, o, sub, object);
}

peer_answer store_patch(peer_store *s, peer_object *o, const char *sub, json_t *patch)
{
    peer_answer answer, scale;

    if (!is_current(o, patch))
        return conflict(o);
    if (strcmp(sub, "scale") != 0) {
        json_t *wanted = merged(o->json, patch);
        answer = write_over(s, o, sub, wanted);
        json_decref(wanted);
        return answer;
    }
    scale = store_scale(o);
    json_t *wanted = merged(scale.body, patch);
    answer = write_scale(s, o, wanted);
    json_decref(wanted);
    json_decref(scale.body);
    return answer;
}

peer_answer store_delete(peer_store *s, peer_object *o, json_t *options)
{
    json_t *conditions = json_object_get(options, "preconditions");
    json_t *wanted = json_pack("{s:O*}", "metadata", conditions);
    const bool is_fine = is_current(o, wanted);

    json_decref(wanted);
    if (!is_fine)
        return conflict(o);
    json_t *body = json_incref(o->json);
    if (store_begin_deletion(s, o)) {
        json_decref(body);
        body = json_incref(o->json);
    }
    return (peer_answer){.status = 200, .body = body};
}

static void give_name(peer_store *s, json_t *object)
{
    const char *prefix = peer_text_at(object, "metadata.generateName");
    char name[256];

    if (*prefix == '\0' || *peer_text_at(object, "metadata.name") != '\0')
        return;
    (void)snprintf(name, sizeof name, "%s%05llx", prefix, (unsigned long long)s->nth + 1);
    set(json_object_get(object, "metadata"), "name", json_string(name));
}

peer_answer store_create(peer_store *s, const peer_kind *kind, const char *space,
                         json_t *object)
{
    const char *own_space = peer_text_at(object, "metadata.namespace");

    if (strcmp(peer_text_at(object, "apiVersion"), kind->api_version) != 0 ||
        strcmp(peer_text_at(object, "kind"), kind->kind) != 0)
        return peer_refuse(400, "BadRequest", "the object is of another kind");
    if (*own_space != '\0' && (space == NULL || strcmp(own_space, space) != 0))
        return peer_refuse(400, "BadRequest", "the namespace is not that of the request");
    json_t *next = store_open_copy(object);
    (void)json_object_del(next, "status");
    give_name(s, next);
    const char *name = peer_text_at(next, "metadata.name");
    peer_object *there = store_find(s, kind, space, name);
    peer_answer answer;
    if (*name == '\0')
        answer = peer_refuse(422, "Invalid", "metadata.name: required");
    else if (there != NULL)
        answer = refuse_about(409, "AlreadyExists", there, "already exists");
    else
        answer = (peer_answer){.status = 201,
                               .body = json_incref(store_insert(s, kind, space, next)->json)};
    json_decref(next);
    return answer;
}

/* ---- an administrator */

/* What others have added stays, as with kubectl apply. */
void store_put(peer_store *s, const peer_kind *kind, json_t *object)
{
    const char *own_space = peer_text_at(object, "metadata.namespace");
    const char *space = !kind->is_namespaced ? NULL
                        : *own_space != '\0' ? own_space
                                             : "default";
    const char *name = peer_text_at(object, "metadata.name");

    peer_must(*name != '\0', "put: an object without a name");
    peer_object *o = store_find(s, kind, space, name);
    if (o == NULL) {
        (void)store_insert(s, kind, space, object);
        return;
    }
    json_t *next = store_open_copy(object), *metadata = json_object_get(next, "metadata");
    if (json_object_get(next, "status") == NULL)
        take_member(next, o->json, "status");
    if (json_object_get(metadata, "finalizers") == NULL)
        take_member(metadata, json_object_get(o->json, "metadata"), "finalizers");
    if (json_object_get(metadata, "labels") == NULL)
        take_member(metadata, json_object_get(o->json, "metadata"), "labels");
    json_decref(store_change(s, o, next, true));
    json_decref(next);
}
