/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a document to its containers' variables. Leniently: the API server has checked what runs there, and
 * nothing here but names and references matters.
 */
#include "pod_template.h"

#include <string.h>

#include "base/mem.h"

static const node *containers_of(const document *doc)
{
    const node *spec = node_get(node_get(doc->root, "spec"), "template");
    const node *list = node_get(node_get(spec, "spec"), "containers");
    return list != NULL && list->type == NODE_LIST ? list : NULL;
}

bool pod_template_is_in(const document *doc)
{
    return containers_of(doc) != NULL;
}

static const char *text_of(const node *map, const char *name)
{
    const node *value = node_get(map, name);
    return value == NULL ? NULL : value->text;
}

static bool is_true(const node *map, const char *name)
{
    const node *value = node_get(map, name);
    return value != NULL && value->type == NODE_BOOL && value->boolean;
}

static size_t count_of(const node *list)
{
    return list == NULL || list->type != NODE_LIST ? 0 : list->nitems;
}

/* ---- variables */

/* Copies, or false when memory is out; NULL stays NULL. */
static bool keep(char **to, const char *text)
{
    *to = text == NULL ? NULL : mem_strdup(text);
    return text == NULL || *to != NULL;
}

static bool keep_reference(pod_variable *v, pod_source source, const node *ref)
{
    v->source = source;
    v->is_optional = is_true(ref, "optional");
    return keep(&v->object, text_of(ref, "name")) && keep(&v->key, text_of(ref, "key"));
}

static bool read_whole(pod_variable *v, const node *item)
{
    const node *secret = node_get(item, "secretRef");
    const node *map = node_get(item, "configMapRef");
    const char *prefix = text_of(item, "prefix");

    if (secret == NULL && map == NULL)
        return true;
    return keep(&v->name, prefix == NULL ? "" : prefix) &&
           keep_reference(v, secret != NULL ? POD_SECRET : POD_CONFIG_MAP,
                          secret != NULL ? secret : map);
}

static bool read_one(pod_variable *v, const node *item)
{
    const node *from = node_get(item, "valueFrom");
    const node *secret = node_get(from, "secretKeyRef");
    const node *map = node_get(from, "configMapKeyRef");
    const char *value = text_of(item, "value");

    if (text_of(item, "name") == NULL)
        return true;
    if (!keep(&v->name, text_of(item, "name")))
        return false;
    if (secret != NULL || map != NULL)
        return keep_reference(v, secret != NULL ? POD_SECRET_KEY : POD_CONFIG_MAP_KEY,
                              secret != NULL ? secret : map);
    if (from != NULL && from->type == NODE_MAP)
        return true; /* fieldRef, resourceFieldRef: not to be had */
    v->source = POD_VALUE;
    return keep(&v->value, value == NULL ? "" : value);
}

static void clear_variable(pod_variable *v)
{
    mem_free(v->name);
    mem_free_secret(v->value);
    mem_free(v->object);
    mem_free(v->key);
    *v = (pod_variable){0};
}

static bool is_complete(const pod_variable *v)
{
    const bool needs_key = v->source == POD_SECRET_KEY || v->source == POD_CONFIG_MAP_KEY;
    return v->source != 0 && (v->source == POD_VALUE || v->object != NULL) &&
           (!needs_key || v->key != NULL);
}

typedef bool (*read_fn)(pod_variable *v, const node *item);

static bool read_list(pod_container *c, const node *list, read_fn read)
{
    for (size_t i = 0; i < count_of(list); i++) {
        pod_variable *v = &c->items[c->count];
        const bool is_read = read(v, list->items[i]);
        if (is_read && is_complete(v))
            c->count++;
        else
            clear_variable(v);
        if (!is_read)
            return false;
    }
    return true;
}

static bool read_container(pod_container *c, const node *container)
{
    const node *from = node_get(container, "envFrom"), *env = node_get(container, "env");
    const size_t n = count_of(from) + count_of(env);

    if (!keep(&c->name, text_of(container, "name")))
        return false;
    c->items = mem_zalloc(n + 1, sizeof *c->items);
    return c->items != NULL && read_list(c, from, read_whole) && read_list(c, env, read_one);
}

/* ---- templates */

void pod_template_clear(pod_template *t)
{
    for (size_t i = 0; i < t->count; i++) {
        pod_container *c = &t->items[i];
        for (size_t j = 0; j < c->count; j++)
            clear_variable(&c->items[j]);
        mem_free(c->items);
        mem_free(c->name);
    }
    mem_free(t->items);
    *t = (pod_template){0};
}

keda_status pod_template_read(pod_template *out, const document *doc, keda_error *err)
{
    const node *list = containers_of(doc);
    pod_template t = {0};
    bool is_read = true;

    t.items = mem_zalloc(count_of(list) + 1, sizeof *t.items);
    is_read = t.items != NULL;
    for (size_t i = 0; is_read && i < count_of(list); i++)
        is_read = read_container(&t.items[t.count++], list->items[i]);
    if (is_read) {
        *out = t;
        return KEDA_OK;
    }
    pod_template_clear(&t);
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

const pod_container *pod_template_find(const pod_template *t, const char *name)
{
    if (name == NULL || name[0] == '\0')
        return t->count > 0 ? &t->items[0] : NULL;
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i].name != NULL && strcmp(t->items[i].name, name) == 0)
            return &t->items[i];
    }
    return NULL;
}
