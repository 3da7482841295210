/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the documents one behind the other, as JSON, each reduced to what is read of it: replica counts,
 * images, versions and managed fields change without anything being another for the engine.
 */
#include "operator/bundle.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "operator/copy.h"
#include "operator/refs.h"

typedef struct bundle {
    json_text j;
    const keda_json *object;
    const bundle_part *parts;
    size_t nparts;
} bundle;

static void open_document(json_text *j, const char *api_version, const char *kind)
{
    json_text_open(j, NULL, '{');
    json_text_string(j, "apiVersion", api_version);
    json_text_string(j, "kind", kind);
}

static void put_metadata(json_text *j, const char *space, const char *name)
{
    json_text_open(j, "metadata", '{');
    json_text_string(j, "name", name);
    if (space[0] != '\0')
        json_text_string(j, "namespace", space);
    json_text_close(j, '}');
}

/* Documents stand on lines of their own: no comma between them. */
static void close_document(json_text *j)
{
    json_text_close(j, '}');
    j->needs_comma = false;
    if (j->status == KEDA_OK)
        j->status = j->write("\n", 1, j->user);
}

/* ---- the ScaledObject */

static bool ends_before_slash(const char *key, const char *domain)
{
    const char *slash = strchr(key, '/');
    const size_t size = strlen(domain);
    const size_t at = slash == NULL ? 0 : (size_t)(slash - key);

    if (at < size || strncmp(key + at - size, domain, size) != 0)
        return false;
    return at == size || key[at - size - 1] == '.';
}

static void put_annotations(json_text *j, const keda_json *annotations)
{
    const char *key = NULL;
    const keda_json *value = NULL;

    json_text_open(j, "annotations", '{');
    for (size_t i = 0; (value = keda_json_at(annotations, i, &key)) != NULL; i++) {
        if (key != NULL &&
            (ends_before_slash(key, "keda.sh") || ends_before_slash(key, "libkeda.io")))
            copy_value(j, key, value);
    }
    json_text_close(j, '}');
}

/* All members of a map but one. */
static void put_without(json_text *j, const char *key, const keda_json *map,
                        const char *left_out)
{
    const char *name = NULL;
    const keda_json *value = NULL;

    json_text_open(j, key, '{');
    for (size_t i = 0; (value = keda_json_at(map, i, &name)) != NULL; i++) {
        if (strcmp(name, left_out) != 0)
            copy_value(j, name, value);
    }
    json_text_close(j, '}');
}

static void put_spec(json_text *j, const keda_json *spec)
{
    const char *name = NULL;
    const keda_json *value = NULL;

    if (keda_json_type_of(spec) != KEDA_JSON_OBJECT) {
        copy_value(j, "spec", spec);
        return;
    }
    json_text_open(j, "spec", '{');
    for (size_t i = 0; (value = keda_json_at(spec, i, &name)) != NULL; i++) {
        const bool is_advanced = strcmp(name, "advanced") == 0;
        if (is_advanced && keda_json_type_of(value) == KEDA_JSON_OBJECT)
            put_without(j, name, value, "restoreToOriginalReplicaCount");
        else
            copy_value(j, name, value);
    }
    json_text_close(j, '}');
}

static void put_object(bundle *b)
{
    json_text *j = &b->j;

    open_document(j, "keda.sh/v1alpha1", "ScaledObject");
    json_text_open(j, "metadata", '{');
    json_text_string(j, "name", refs_text(b->object, "metadata.name"));
    json_text_string(j, "namespace", refs_text(b->object, "metadata.namespace"));
    put_annotations(j, keda_json_get(b->object, "metadata.annotations"));
    json_text_close(j, '}');
    put_spec(j, keda_json_get(b->object, "spec"));
    close_document(j);
}

/* ---- Secrets and ConfigMaps: what is asked for */

typedef struct question {
    need_kind kind;
    const char *name, *key;
    bool is_asked;
} question;

static keda_status ask(const ref *r, void *user)
{
    question *q = user;
    q->is_asked = q->is_asked || (r->kind == q->kind && strcmp(r->name, q->name) == 0 &&
                                  (r->key == NULL || strcmp(r->key, q->key) == 0));
    return KEDA_OK;
}

static bool is_auth(const bundle_part *part)
{
    return part->json != NULL && (part->kind == NEED_AUTH || part->kind == NEED_CLUSTER_AUTH);
}

/* The authentications are asked one by one: which containers count is the sum of what each says. */
static bool is_asked_for(const bundle *b, const bundle_part *of, const char *key)
{
    question q = {.kind = of->kind, .name = of->name, .key = key};

    for (size_t i = 0; i < b->nparts && !q.is_asked; i++) {
        const bundle_part *part = &b->parts[i];
        if (is_auth(part))
            (void)refs_of_auth(part->json, ask, &q);
        if (part->kind != NEED_TARGET || part->json == NULL)
            continue;
        (void)refs_of_target(part->json, b->object, NULL, 0, ask, &q);
        for (size_t a = 0; a < b->nparts && !q.is_asked; a++) {
            if (is_auth(&b->parts[a]))
                (void)refs_of_target(part->json, b->object, &b->parts[a].json, 1, ask, &q);
        }
    }
    return q.is_asked;
}

static void put_values(bundle *b, const bundle_part *part)
{
    const keda_json *data = keda_json_get(part->json, "data");
    const keda_json *value = NULL;
    const char *key = NULL;

    open_document(&b->j, "v1", part->kind == NEED_SECRET ? "Secret" : "ConfigMap");
    put_metadata(&b->j, part->space, part->name);
    json_text_open(&b->j, "data", '{');
    for (size_t i = 0; i < keda_json_count(data); i++) {
        /* asked anew: the question walks other documents meanwhile */
        value = keda_json_at(data, i, &key);
        if (key != NULL && is_asked_for(b, part, key))
            copy_value(&b->j, key, value);
    }
    json_text_close(&b->j, '}');
    close_document(&b->j);
}

/* ---- authentications and the target */

static void put_auth(bundle *b, const bundle_part *part)
{
    const bool is_cluster = part->kind == NEED_CLUSTER_AUTH;

    open_document(&b->j, "keda.sh/v1alpha1",
                  is_cluster ? "ClusterTriggerAuthentication" : "TriggerAuthentication");
    put_metadata(&b->j, is_cluster ? "" : part->space, part->name);
    copy_value(&b->j, "spec", keda_json_get(part->json, "spec"));
    close_document(&b->j);
}

static void put_container(json_text *j, const keda_json *container)
{
    json_text_open(j, NULL, '{');
    copy_value(j, "name", keda_json_get(container, "name"));
    copy_value(j, "envFrom", keda_json_get(container, "envFrom"));
    copy_value(j, "env", keda_json_get(container, "env"));
    json_text_close(j, '}');
}

/* Of spec.template what the environment is made from; a roll-out of another image changes nothing. */
static void put_target(bundle *b, const bundle_part *part)
{
    json_text *j = &b->j;
    const char *api_version = refs_text(b->object, "spec.scaleTargetRef.apiVersion");
    const char *kind = refs_text(b->object, "spec.scaleTargetRef.kind");
    const keda_json *spec = keda_json_get(part->json, "spec.template.spec");
    const keda_json *containers = keda_json_get(spec, "containers");

    open_document(j, api_version[0] == '\0' ? "apps/v1" : api_version,
                  kind[0] == '\0' ? "Deployment" : kind);
    put_metadata(j, part->space, part->name);
    json_text_open(j, "spec", '{');
    json_text_open(j, "template", '{');
    json_text_open(j, "spec", '{');
    copy_value(j, "serviceAccountName", keda_json_get(spec, "serviceAccountName"));
    json_text_open(j, "containers", '[');
    for (size_t i = 0; i < keda_json_count(containers); i++)
        put_container(j, keda_json_at(containers, i, NULL));
    json_text_close(j, ']');
    json_text_close(j, '}');
    json_text_close(j, '}');
    json_text_close(j, '}');
    close_document(j);
}

static void put_part(bundle *b, const bundle_part *part)
{
    if (part->json == NULL)
        return;
    switch (part->kind) {
    case NEED_AUTH:
    case NEED_CLUSTER_AUTH:
        put_auth(b, part);
        break;
    case NEED_SECRET:
    case NEED_CONFIG_MAP:
        put_values(b, part);
        break;
    case NEED_TARGET:
        put_target(b, part);
        break;
    }
}

keda_status bundle_write(keda_buf *out, const keda_json *object, const bundle_part *parts,
                         size_t nparts, keda_error *err)
{
    bundle b = {.object = object, .parts = parts, .nparts = nparts};
    const size_t before = out->size;

    assert(object != NULL && (parts != NULL || nparts == 0));
    json_text_init(&b.j, buf_write, out);
    put_object(&b);
    for (size_t i = 0; i < nparts; i++)
        put_part(&b, &parts[i]);
    if (b.j.status == KEDA_OK)
        return KEDA_OK;
    buf_truncate(out, before);
    return keda_error_set(err, b.j.status, "the documents could not be written");
}
