/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which documents the engine reads, and their typed values. References between them are checked in
 * change.c, triggers in stage.c.
 */
#include "engine/entry.h"

#include "auth/resolve.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <keda/json.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *api_version, *kind;
    entry_kind is;
} kinds[] = {
    {"keda.sh/v1alpha1", "ScaledObject", ENTRY_SCALED_OBJECT},
    {"keda.sh/v1alpha1", "TriggerAuthentication", ENTRY_AUTH},
    {"keda.sh/v1alpha1", "ClusterTriggerAuthentication", ENTRY_AUTH},
    {"v1", "Secret", ENTRY_SECRET},
    {"v1", "ConfigMap", ENTRY_CONFIG_MAP},
    {"libkeda.io/v1alpha1", "ProcessPool", ENTRY_POOL},
};

bool entry_kind_of(const document *doc, entry_kind *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (text_equal(doc->api_version, kinds[i].api_version) &&
            text_equal(doc->kind, kinds[i].kind)) {
            *kind = kinds[i].is;
            return true;
        }
    }
    *kind = ENTRY_TARGET;
    return !text_has_prefix(doc->api_version, "keda.sh/") &&
           !text_has_prefix(doc->api_version, "libkeda.io/") && pod_template_is_in(doc);
}

char *entry_object(const char *kind, const char *space, const char *name)
{
    const char *slash = space[0] == '\0' ? "" : "/"; /* a cluster's own have no namespace */
    const size_t size = strlen(kind) + strlen(space) + strlen(name) + 3;
    char *object = mem_alloc(size);
    if (object != NULL)
        (void)snprintf(object, size, "%s/%s%s%s", kind, space, slash, name);
    return object;
}

/* No name of a document holds it. */
#define SCOPE_END '\x1f'

char *entry_key(const text_source *src, const char *kind, const char *space, const char *name)
{
    if (src == NULL || !src->is_private)
        return entry_object(kind, space, name);
    char *object = entry_object(kind, space, name);
    if (object == NULL)
        return NULL;
    const size_t size = strlen(src->id) + strlen(object) + 2;
    char *key = mem_alloc(size);
    if (key != NULL)
        (void)snprintf(key, size, "%s%c%s", src->id, SCOPE_END, object);
    mem_free(object);
    return key;
}

const char *entry_shown(const char *object)
{
    const char *end = strrchr(object, SCOPE_END);
    return end == NULL ? object : end + 1;
}

/* ---- ProcessPool: what its workers get is also what <name>FromEnv reads */

static keda_status read_env(keda_map *env, const char *spec_json, keda_error *err)
{
    keda_json *spec = NULL;
    const char *name = NULL;
    keda_status rc = keda_json_parse(&spec, spec_json, strlen(spec_json), err);

    const keda_json *values = keda_json_get(spec, "env");
    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(values); i++) {
        const char *value = keda_json_string(keda_json_at(values, i, &name));
        if (name != NULL && value != NULL)
            rc = auth_map_set(env, name, value, err);
    }
    keda_json_free(spec);
    return rc;
}

static keda_status read_pool(entry *en, const keda_engine *e, const document *doc,
                             keda_findings *findings, keda_error *err)
{
    keda_buf spec = {0};
    keda_status rc = process_pool_read(&spec, doc, e->settings.is_strict, findings, err);

    if (rc == KEDA_OK) {
        en->spec_json = mem_strdup(spec.data);
        rc = en->spec_json == NULL ? keda_error_set(err, KEDA_ENOMEM, "out of memory")
                                   : read_env(&en->env, en->spec_json, err);
    }
    keda_buf_clear(&spec);
    return rc;
}

/* ---- all kinds */

static keda_status read_value(entry *en, const keda_engine *e, const document *doc,
                              scaled_object *object, keda_findings *findings, keda_error *err)
{
    switch (en->kind) {
    case ENTRY_SCALED_OBJECT:
        return scaled_object_read(object, doc, e->settings.is_strict, findings, err);
    case ENTRY_AUTH:
        return trigger_auth_read(&en->auth, doc, e->settings.is_strict, findings, err);
    case ENTRY_SECRET:
        return secret_read(&en->values, doc, findings, err);
    case ENTRY_CONFIG_MAP:
        return config_map_read(&en->values, doc, findings, err);
    case ENTRY_POOL:
        return read_pool(en, e, doc, findings, err);
    case ENTRY_TARGET:
        return pod_template_read(&en->pods, doc, err);
    }
    return KEDA_EINTERNAL;
}

static keda_status take_hash(entry *en, const document *doc, keda_error *err)
{
    keda_buf json = {0};
    keda_status rc = document_json(doc, &json, err);

    if (rc == KEDA_OK) {
        en->hash = clock_hash(json.data, json.size);
        mem_wipe(json.data, json.size);
    }
    keda_buf_clear(&json);
    return rc;
}

entry *entry_alloc(const char *object)
{
    const size_t size = strlen(object) + 1;
    char *memory = mem_zalloc(1, sizeof(entry) + size);

    if (memory == NULL)
        return NULL;
    entry *en = (entry *)(void *)memory;
    en->object = memcpy(memory + sizeof(entry), object, size);
    return en;
}

keda_status entry_new(entry **out, keda_engine *e, const document *doc, entry *before,
                      scaled_object *object, keda_findings *findings, keda_error *err)
{
    entry *en = entry_alloc(doc->object);
    if (en == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    (void)entry_kind_of(doc, &en->kind);
    en->line = doc->root->line;
    keda_status rc = take_hash(en, doc, err);
    en->before = before;
    en->is_kept =
        rc == KEDA_OK && before != NULL && before->kind == en->kind && before->hash == en->hash;
    if (rc == KEDA_OK && !en->is_kept)
        rc = read_value(en, e, doc, object, findings, err);
    if (rc == KEDA_OK)
        *out = en;
    else
        entry_free(en);
    return rc;
}

static void clear_value(entry *en)
{
    switch (en->kind) {
    case ENTRY_AUTH:
        trigger_auth_clear(&en->auth);
        return;
    case ENTRY_SECRET:
    case ENTRY_CONFIG_MAP:
        key_values_clear(&en->values);
        return;
    case ENTRY_TARGET:
        pod_template_clear(&en->pods);
        return;
    case ENTRY_POOL:
        mem_free_secret(en->spec_json);
        auth_map_clear(&en->env);
        return;
    case ENTRY_SCALED_OBJECT:
        return;
    }
}

void entry_free(entry *en)
{
    if (en == NULL)
        return;
    clear_value(en);
    mem_free(en);
}
