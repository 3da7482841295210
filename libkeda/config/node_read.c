/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that holds one document, read by the same two readers as the documents of a source.
 */
#include "config/node_read.h"

#include "config/tree.h"

static bool take_root(tree *t, node *take_node, void *user)
{
    node **out = user;
    if (*out == NULL) {
        *out = take_node;
        return true;
    }
    tree_fail(t, (tree_place){take_node->line, take_node->column},
              "a second document, where one was expected");
    node_free(take_node);
    return false;
}

keda_status node_read(node **out, const char *text, size_t size, const char *file,
                      keda_error *err)
{
    tree t = {.file = file == NULL ? "" : file, .hides_values = true};
    node *root = NULL;
    report_init(&t.report, NULL);
    if (size > TREE_MAX_BYTES)
        tree_fail(&t, (tree_place){0, 0}, "larger than %d bytes", TREE_MAX_BYTES);
    else if (json_read(&t, text, size, take_root, &root) == JSON_IS_OTHER)
        (void)yaml_read(&t, text, size, take_root, &root);
    const keda_status rc = report_status(&t.report, err);
    if (rc == KEDA_OK)
        *out = root;
    else
        node_free(root);
    return rc;
}

void node_read_free(node *root)
{
    node_free(root);
}
