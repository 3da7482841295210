/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON texts to trees. Strict: what is not JSON to the letter is left to the YAML reader, which reads
 * more and says better what is wrong. Its own reader, since neither library gives both the place of a
 * value and every escape that JSON has. Strings are json_string.c's.
 */
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "json_string.h"
#include "tree.h"

typedef struct json_reader {
    tree *tree;
    const char *p, *end;
    const char *seen; /* up to here lines and columns are counted */
    tree_place at;    /* of seen */
    bool is_broken;   /* not JSON */
    keda_buf text;    /* of the string read last */
} json_reader;

static node *read_value(json_reader *j, const tree_key *key, int depth);

static void *not_json(json_reader *j)
{
    j->is_broken = true;
    return NULL;
}

/* Of the present byte; columns count characters. */
static tree_place place(json_reader *j)
{
    for (; j->seen < j->p; j->seen++) {
        if (*j->seen == '\n')
            j->at = (tree_place){j->at.line + 1, 1};
        else if (((unsigned char)*j->seen & 0xc0) != 0x80)
            j->at.column++;
    }
    return j->at;
}

static char peek(json_reader *j)
{
    while (j->p < j->end && memchr(" \t\r\n", *j->p, 4) != NULL)
        j->p++;
    return j->p < j->end ? *j->p : '\0';
}

static bool take(json_reader *j, char c)
{
    if (peek(j) != c)
        return false;
    j->p++;
    return true;
}

static bool read_text(json_reader *j)
{
    buf_truncate(&j->text, 0);
    const keda_status rc = json_string_read(&j->p, j->end, &j->text);
    if (rc == KEDA_ENOMEM)
        tree_out_of_memory(j->tree, place(j));
    else if (rc != KEDA_OK)
        (void)not_json(j);
    return rc == KEDA_OK;
}

static node *read_string(json_reader *j, const tree_key *key)
{
    const tree_place at = place(j);
    if (!read_text(j))
        return NULL;
    return tree_new(j->tree, NODE_STRING, key, j->text.data, j->text.size, at);
}

/* true, false, null and numbers, whose text ends where a value may end. */
static node *read_word(json_reader *j, const tree_key *key)
{
    const tree_place at = place(j);
    const char *start = j->p;
    while (j->p < j->end && memchr(" \t\r\n,]}:", *j->p, 8) == NULL)
        j->p++;
    const size_t size = (size_t)(j->p - start);
    if (size == 0 || memchr(start, '\0', size) != NULL)
        return not_json(j);
    node *n = tree_new(j->tree, NODE_NULL, key, start, size, at);
    if (n == NULL || strcmp(n->text, "null") == 0)
        return n;
    n->boolean = strcmp(n->text, "true") == 0;
    if (n->boolean || strcmp(n->text, "false") == 0) {
        n->type = NODE_BOOL;
    } else if (num_parse_json_i64(n->text, &n->integer)) {
        n->type = NODE_INTEGER;
        n->real = (double)n->integer;
    } else if (num_parse_json_double(n->text, &n->real)) {
        n->type = NODE_REAL;
    } else {
        node_free(n);
        return not_json(j);
    }
    return n;
}

static bool read_item(json_reader *j, node *list, int depth)
{
    node *item = read_value(j, NULL, depth + 1);
    return item != NULL && tree_append(j->tree, list, item);
}

static bool read_pair(json_reader *j, node *map, int depth)
{
    if (peek(j) != '"')
        return not_json(j) != NULL;
    const tree_place at = place(j);
    if (!read_text(j))
        return false;
    if (!take(j, ':'))
        return not_json(j) != NULL;
    char *name = mem_strdup(j->text.data);
    if (name == NULL) {
        tree_out_of_memory(j->tree, at);
        return false;
    }
    const tree_key key = {name, at};
    node *value = read_value(j, &key, depth + 1);
    mem_free(name);
    return value != NULL && tree_append(j->tree, map, value);
}

static node *read_collection(json_reader *j, const tree_key *key, int depth)
{
    const bool is_map = *j->p == '{';
    const tree_place at = place(j);
    node *n = tree_new(j->tree, is_map ? NODE_MAP : NODE_LIST, key, NULL, 0, at);
    bool is_ok = n != NULL;
    j->p++;
    if (is_ok && !take(j, is_map ? '}' : ']')) {
        do
            is_ok = is_map ? read_pair(j, n, depth) : read_item(j, n, depth);
        while (is_ok && take(j, ','));
        if (is_ok && !take(j, is_map ? '}' : ']'))
            is_ok = not_json(j) != NULL;
    }
    if (is_ok)
        return n;
    node_free(n);
    return NULL;
}

static node *read_value(json_reader *j, const tree_key *key, int depth)
{
    const char c = peek(j);
    if (!tree_check_depth(j->tree, depth, place(j)))
        return NULL;
    if (c == '{' || c == '[')
        return read_collection(j, key, depth);
    return c == '"' ? read_string(j, key) : read_word(j, key);
}

/* All values; *roots is a list that owns them. */
static json_result read_all(json_reader *j, node *roots)
{
    while (peek(j) != '\0') {
        node *root = read_value(j, NULL, 1);
        if (root == NULL)
            return j->is_broken ? JSON_IS_OTHER : JSON_FAILED;
        if (!tree_append(j->tree, roots, root))
            return JSON_FAILED;
    }
    return j->p == j->end ? JSON_READ : JSON_IS_OTHER;
}

static json_result give_all(tree *t, node *roots, tree_root_fn take_root, void *user)
{
    json_result result = JSON_READ;
    for (size_t i = 0; i < roots->nitems; i++) {
        node *root = roots->items[i];
        tree_check_names(t, root, true);
        if (result != JSON_READ)
            node_free(root);
        else if (!take_root(t, root, user))
            result = JSON_FAILED;
    }
    roots->nitems = 0;
    return result;
}

json_result json_read(tree *t, const char *text, size_t size, tree_root_fn take_root,
                      void *user)
{
    json_reader j = {.tree = t, .p = text, .end = text + size, .at = {1, 1}};
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        j.seen = j.p = text + 3;
    else
        j.seen = text;
    const char first = peek(&j);
    if (first != '{' && first != '[')
        return JSON_IS_OTHER;
    node *roots = tree_new(t, NODE_LIST, NULL, NULL, 0, j.at);
    json_result result = roots == NULL ? JSON_FAILED : read_all(&j, roots);
    if (result == JSON_READ)
        result = give_all(t, roots, take_root, user);
    else if (result == JSON_IS_OTHER)
        t->nnodes = 0;
    node_free(roots);
    mem_wipe(j.text.data, j.text.capacity);
    keda_buf_clear(&j.text);
    return result;
}
