/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML texts to trees by libyaml's events: anchors, aliases, merges, several documents. JSON that is
 * written for YAML's ears also comes through here; plain JSON has its own reader.
 */
#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "tree.h"
#include "yaml_anchors.h"

typedef struct yaml_reader {
    tree *tree;
    yaml_parser_t parser;
    const char *text;
    size_t size;
    yaml_anchors anchors; /* of the present document */
} yaml_reader;

static tree_place place_of(yaml_mark_t mark)
{
    return (tree_place){(int32_t)mark.line + 1, (int32_t)mark.column + 1};
}

static void report_syntax(yaml_reader *y)
{
    const yaml_parser_t *p = &y->parser;
    const size_t at = p->problem_mark.index;
    const char *problem = p->problem == NULL ? "cannot be read" : p->problem;
    if (p->error == YAML_MEMORY_ERROR)
        tree_out_of_memory(y->tree, place_of(p->mark));
    else if (p->error == YAML_READER_ERROR)
        tree_fail(y->tree, place_of(p->mark), "not a text in UTF-8: %s", problem);
    else if (p->error == YAML_SCANNER_ERROR && at < y->size && y->text[at] == '\t')
        tree_fail(y->tree, place_of(p->problem_mark), "a tab cannot indent here: use blanks");
    else
        tree_fail(y->tree, place_of(p->problem_mark), "%s%s%s",
                  p->context == NULL ? "" : p->context, p->context == NULL ? "" : ": ",
                  problem);
}

static bool next(yaml_reader *y, yaml_event_t *event)
{
    if (yaml_parser_parse(&y->parser, event) == 1)
        return true;
    report_syntax(y);
    return false;
}

static node *read_value(yaml_reader *y, yaml_event_t *take_event, const tree_key *key,
                        int depth);

/* What begins like a tag or an alias may have been meant as a value. */
static const char *shown(const yaml_reader *y, const char *name)
{
    return y->tree->hides_values ? "(not shown)" : name;
}

/* ---- scalars ---- */

static const char *short_tag(const char *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    return strncmp(tag, prefix, sizeof prefix - 1) == 0 ? tag + sizeof prefix - 1 : NULL;
}

/* A tag that names another type than the text has is an error. */
static bool apply_tag(yaml_reader *y, node *n, const char *tag)
{
    static const struct {
        const char *name;
        node_type type;
    } tags[] = {{"str", NODE_STRING},
                {"int", NODE_INTEGER},
                {"float", NODE_REAL},
                {"bool", NODE_BOOL},
                {"null", NODE_NULL}};
    const char *name = strcmp(tag, "!") == 0 ? "str" : short_tag(tag);
    const tree_place place = {n->line, n->column};
    for (size_t i = 0; name != NULL && i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(name, tags[i].name) != 0)
            continue;
        if (tags[i].type != NODE_STRING)
            tree_resolve(n);
        if (n->type == NODE_INTEGER && tags[i].type == NODE_REAL)
            n->type = NODE_REAL;
        if (n->type == tags[i].type)
            return true;
        tree_fail(y->tree, place, "the value is not what its tag !!%s says", name);
        return false;
    }
    tree_fail(y->tree, place, "the tag %.64s means nothing here", shown(y, tag));
    return false;
}

static node *read_scalar(yaml_reader *y, const yaml_event_t *event, const tree_key *key)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    const size_t size = event->data.scalar.length;
    const tree_place place = place_of(event->start_mark);
    if (memchr(text, '\0', size) != NULL) {
        tree_fail(y->tree, place, "a text must not contain a NUL character");
        return NULL;
    }
    node *n = tree_new(y->tree, NODE_STRING, key, text, size, place);
    if (n == NULL)
        return NULL;
    if (tag != NULL && !apply_tag(y, n, tag)) {
        node_free(n);
        return NULL;
    }
    if (tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        tree_resolve(n);
    return n;
}

/* ---- aliases ---- */

static node *read_alias(yaml_reader *y, const yaml_event_t *event, const tree_key *key,
                        int depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    const tree_place place = place_of(event->start_mark);
    bool is_known = false;
    const node *from = yaml_anchors_find(&y->anchors, name, &is_known);
    if (from == NULL) {
        tree_fail(y->tree, place,
                  is_known ? "*%.64s is inside of what it names"
                           : "nothing is named &%.64s above",
                  shown(y, name));
        return NULL;
    }
    return tree_clone(y->tree, from, key, depth, place);
}

/* ---- lists and maps ---- */

static const char *anchor_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return (const char *)event->data.scalar.anchor;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return (const char *)event->data.sequence_start.anchor;
    return event->type == YAML_MAPPING_START_EVENT
               ? (const char *)event->data.mapping_start.anchor
               : NULL;
}

static bool read_items(yaml_reader *y, node *list, int depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next(y, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        node *item = read_value(y, &event, NULL, depth + 1);
        if (item == NULL || !tree_append(y->tree, list, item))
            return false;
    }
}

static bool is_merge_name(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.tag == NULL &&
           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

/* A name is a scalar, or an alias of one. */
static node *read_name(yaml_reader *y, yaml_event_t *take_event)
{
    const tree_place place = place_of(take_event->start_mark);
    if (anchor_of(take_event) != NULL) { /* it would not outlive the name */
        tree_fail(y->tree, place, "a name cannot have an anchor");
        yaml_event_delete(take_event);
        return NULL;
    }
    node *name = read_value(y, take_event, NULL, 1);
    if (name == NULL)
        return NULL;
    y->tree->nnodes--; /* it is no value */
    if (name->text == NULL || name->type == NODE_NULL) {
        tree_fail(y->tree, place, "a name must be a text, not %s", node_type_name(name->type));
        node_free(name);
        return NULL;
    }
    return name;
}

static bool read_pair(yaml_reader *y, yaml_event_t *take_event, node *map, int depth)
{
    const tree_place place = place_of(take_event->start_mark);
    const bool is_merge = is_merge_name(take_event);
    node *name = read_name(y, take_event);
    yaml_event_t event;
    if (name == NULL || !next(y, &event)) {
        node_free(name);
        return false;
    }
    const tree_key key = {name->text, place};
    node *value = read_value(y, &event, &key, depth + 1);
    node_free(name);
    if (value == NULL)
        return false;
    if (is_merge)
        return yaml_anchors_keep_merge(&y->anchors, y->tree, map, value);
    return tree_append(y->tree, map, value);
}

static bool read_pairs(yaml_reader *y, node *map, int depth)
{
    const size_t first_merge = y->anchors.nmerges;
    for (;;) {
        yaml_event_t event;
        if (!next(y, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            tree_check_names(y->tree, map, false);
            return yaml_anchors_merge(&y->anchors, y->tree, map, first_merge, depth);
        }
        if (!read_pair(y, &event, map, depth))
            return false;
    }
}

static node *read_collection(yaml_reader *y, const yaml_event_t *event, const tree_key *key,
                             int depth)
{
    const bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const tree_place place = place_of(event->start_mark);
    const char *name = tag == NULL ? NULL : short_tag((const char *)tag);
    if (tag != NULL && (name == NULL || strcmp(name, is_map ? "map" : "seq") != 0)) {
        tree_fail(y->tree, place, "the tag %.64s means nothing here",
                  shown(y, (const char *)tag));
        return NULL;
    }
    node *n = tree_new(y->tree, is_map ? NODE_MAP : NODE_LIST, key, NULL, 0, place);
    if (n != NULL && !(is_map ? read_pairs(y, n, depth) : read_items(y, n, depth))) {
        node_free(n);
        return NULL;
    }
    return n;
}

static node *read_value(yaml_reader *y, yaml_event_t *take_event, const tree_key *key,
                        int depth)
{
    node *n = NULL;
    size_t anchor = 0;
    if (!tree_check_depth(y->tree, depth, place_of(take_event->start_mark)) ||
        !yaml_anchors_open(&y->anchors, y->tree, anchor_of(take_event),
                           place_of(take_event->start_mark), &anchor))
        goto out;
    if (take_event->type == YAML_ALIAS_EVENT)
        n = read_alias(y, take_event, key, depth);
    else if (take_event->type == YAML_SCALAR_EVENT)
        n = read_scalar(y, take_event, key);
    else
        n = read_collection(y, take_event, key, depth);
    yaml_anchors_set(&y->anchors, anchor, n);
out:
    yaml_event_delete(take_event);
    return n;
}

/* ---- documents ---- */

/* Every document up to the end of the stream. */
static bool read_stream(yaml_reader *y, tree_root_fn take_root, void *user)
{
    for (;;) {
        yaml_event_t event;
        if (!next(y, &event))
            return false;
        const yaml_event_type_t type = event.type;
        const bool is_frame = type == YAML_STREAM_START_EVENT ||
                              type == YAML_DOCUMENT_START_EVENT ||
                              type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT;
        if (is_frame) {
            yaml_event_delete(&event);
            if (type == YAML_STREAM_END_EVENT)
                return true;
            continue;
        }
        node *root = read_value(y, &event, NULL, 1);
        yaml_anchors_clear(&y->anchors);
        if (root == NULL || !take_root(y->tree, root, user))
            return false;
    }
}

bool yaml_read(tree *t, const char *text, size_t size, tree_root_fn take_root, void *user)
{
    yaml_reader y = {.tree = t, .text = text, .size = size};
    if (yaml_parser_initialize(&y.parser) != 1) {
        tree_out_of_memory(t, (tree_place){0, 0});
        return false;
    }
    yaml_parser_set_input_string(&y.parser, (const unsigned char *)text, size);
    const bool is_ok = read_stream(&y, take_root, user);
    yaml_anchors_clear(&y.anchors);
    yaml_parser_delete(&y.parser);
    return is_ok;
}
