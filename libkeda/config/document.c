/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source to its documents: which reader, lists unfolded, who each document is. What is inside `spec`
 * is not looked at here.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "tree.h"

const node *node_get(const node *map, const char *key)
{
    if (map == NULL || map->type != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->nitems; i++)
        if (strcmp(map->items[i]->key, key) == 0)
            return map->items[i];
    return NULL;
}

const char *node_type_name(node_type type)
{
    static const char *const names[] = {"empty",    "a boolean", "a whole number", "a number",
                                        "a string", "a list",    "a map"};
    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "something else";
}

static void document_clear(document *doc)
{
    node_free(doc->root);
    mem_free(doc->file);
    mem_free(doc->api_version);
    mem_free(doc->kind);
    mem_free(doc->space);
    mem_free(doc->name);
    mem_free(doc->object);
    *doc = (document){0};
}

void documents_clear(documents *docs)
{
    if (docs == NULL)
        return;
    for (size_t i = 0; i < docs->count; i++)
        document_clear(&docs->items[i]);
    mem_free(docs->items);
    *docs = (documents){0};
}

/* ---- who a document is ---- */

static tree_place place_of(const node *n)
{
    return (tree_place){n->line, n->column};
}

/* A non-empty text of a map; reports when it is missing or something else. */
static const char *identity_text(tree *t, const node *map, const char *path, const char *name)
{
    const node *value = node_get(map, name);
    if (value == NULL || value->type == NODE_NULL)
        tree_fail(t, place_of(map), "%s%s is missing", path, name);
    else if (value->type != NODE_STRING)
        tree_fail(t, place_of(value), "%s%s must be a string, not %s%s%.64s%s", path, name,
                  node_type_name(value->type), value->text == NULL ? "" : ": write \"",
                  value->text == NULL ? "" : value->text, value->text == NULL ? "" : "\"");
    else if (value->text[0] == '\0')
        tree_fail(t, place_of(value), "%s%s is empty", path, name);
    else
        return value->text;
    return NULL;
}

/* Names travel through paths and keys: no separators, blanks or control characters. */
static const char *identity_name(tree *t, const node *metadata, const char *name)
{
    const char *text = identity_text(t, metadata, "metadata.", name);
    for (const char *p = text; p != NULL && *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == '/' || *p == 0x7f) {
            tree_fail(t, place_of(node_get(metadata, name)),
                      "metadata.%s must not contain blanks, slashes or control characters",
                      name);
            return NULL;
        }
    return text;
}

static bool is_given(const node *map, const char *name)
{
    const node *value = node_get(map, name);
    return value != NULL && value->type != NODE_NULL &&
           !(value->type == NODE_STRING && value->text[0] == '\0');
}

static bool fill_identity(document *doc, const char *file, const char *const texts[4])
{
    char object[512];
    (void)snprintf(object, sizeof object, "%s/%s/%s", texts[1], texts[2], texts[3]);
    text_cut_broken_end(object);
    doc->file = mem_strdup(file);
    doc->api_version = mem_strdup(texts[0]);
    doc->kind = mem_strdup(texts[1]);
    doc->space = mem_strdup(texts[2]);
    doc->name = mem_strdup(texts[3]);
    doc->object = mem_strdup(object);
    return doc->file != NULL && doc->api_version != NULL && doc->kind != NULL &&
           doc->space != NULL && doc->name != NULL && doc->object != NULL;
}

/* False when it was reported that the document is nobody. */
static bool identify(tree *t, const node *root, document *doc)
{
    const node *metadata = node_get(root, "metadata");
    const char *texts[4] = {identity_text(t, root, "", "apiVersion"),
                            identity_text(t, root, "", "kind"), "default", NULL};
    if (metadata == NULL || metadata->type != NODE_MAP) {
        tree_fail(t, place_of(metadata == NULL ? root : metadata),
                  metadata == NULL ? "metadata is missing" : "metadata must be a map");
        return false;
    }
    if (is_given(metadata, "namespace"))
        texts[2] = identity_name(t, metadata, "namespace");
    texts[3] = identity_name(t, metadata, "name");
    for (size_t i = 0; i < 4; i++)
        if (texts[i] == NULL)
            return false;
    if (fill_identity(doc, t->file, texts))
        return true;
    tree_out_of_memory(t, place_of(root));
    document_clear(doc);
    return false;
}

/* ---- lists of documents ---- */

static bool is_list(const node *root)
{
    const node *kind = node_get(root, "kind");
    return kind != NULL && kind->type == NODE_STRING && text_has_suffix(kind->text, "List") &&
           node_get(root, "items") != NULL;
}

static bool take_root(tree *t, node *take_node, void *user);

/* Items of a typed list need not say what they are. */
static bool complete_item(tree *t, const node *list, node *item)
{
    const char *kind = node_get(list, "kind")->text;
    const node *version = node_get(list, "apiVersion");
    const tree_place at = place_of(item);
    const tree_key version_key = {"apiVersion", at}, kind_key = {"kind", at};
    if (strcmp(kind, "List") == 0 || version == NULL || version->type != NODE_STRING)
        return true;
    if (node_get(item, "apiVersion") == NULL) {
        node *text =
            tree_new(t, NODE_STRING, &version_key, version->text, strlen(version->text), at);
        if (text == NULL || !tree_append(t, item, text))
            return false;
    }
    if (node_get(item, "kind") == NULL) {
        node *text =
            tree_new(t, NODE_STRING, &kind_key, kind, strlen(kind) - strlen("List"), at);
        if (text == NULL || !tree_append(t, item, text))
            return false;
    }
    return true;
}

static bool unfold(tree *t, node *list, documents *out)
{
    /* The list's own node keeps its place in the map; only what it holds moves. */
    for (size_t i = 0; i < list->nitems; i++) {
        node *items = list->items[i];
        if (strcmp(items->key, "items") != 0)
            continue;
        if (items->type != NODE_LIST) {
            if (items->type != NODE_NULL)
                tree_fail(t, place_of(items), "items must be a list, not %s",
                          node_type_name(items->type));
            continue;
        }
        for (size_t j = 0; j < items->nitems; j++) {
            node *item = items->items[j];
            if (item->type == NODE_MAP && !complete_item(t, list, item))
                return false;
            items->items[j] = NULL;
            if (!take_root(t, item, out))
                return false;
        }
    }
    return true;
}

/* Takes the root of one document; what is wrong with it does not end the reading. */
static bool take_root(tree *t, node *take_node, void *user)
{
    documents *out = user;
    void *items = out->items;
    document doc = {0};
    bool goes_on = true;
    if (take_node->type == NODE_NULL)
        goto out; /* an empty document */
    if (take_node->type != NODE_MAP) {
        tree_fail(t, place_of(take_node), "a document must be a map, not %s",
                  node_type_name(take_node->type));
        goto out;
    }
    if (is_list(take_node)) {
        goes_on = unfold(t, take_node, out);
        goto out;
    }
    if (!identify(t, take_node, &doc))
        goto out;
    if (mem_grow(&items, &out->capacity, out->count, sizeof *out->items, NULL) != KEDA_OK) {
        tree_out_of_memory(t, place_of(take_node));
        document_clear(&doc);
        goes_on = false;
        goto out;
    }
    doc.root = take_node;
    take_node = NULL;
    out->items = items;
    out->items[out->count++] = doc;
out:
    node_free(take_node);
    return goes_on;
}

/* Comments alone are no mistake, but more often than not one was made. */
static void warn_of_nothing(tree *t)
{
    const findings_place place = {.file = t->file, .line = 1, .column = 1};
    report_add(&t->report, KEDA_SEVERITY_WARNING, &place, "no documents");
}

keda_status documents_read(documents *out, const char *text, size_t size, const char *file,
                           keda_findings *findings, keda_error *err)
{
    tree t = {.file = file == NULL ? "" : file};
    const size_t before = out->count;
    report_init(&t.report, findings);
    if (size > TREE_MAX_BYTES)
        tree_fail(&t, (tree_place){0, 0}, "larger than %d bytes", TREE_MAX_BYTES);
    else if (json_read(&t, text, size, take_root, out) == JSON_IS_OTHER)
        (void)yaml_read(&t, text, size, take_root, out);
    if (out->count == before && t.report.nfindings == 0)
        warn_of_nothing(&t);
    return report_status(&t.report, err);
}
