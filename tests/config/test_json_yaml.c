/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as YAML (libkeda/config/json_yaml.c): what is read back is what was written. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "config/document.h"
#include "config/json_yaml.h"
#include "config/node_read.h"

static keda_buf written(const char *json)
{
    json_t *value = json_loads(json, 0, NULL);
    keda_buf out = {0};

    cr_assert_not_null(value, "%s", json);
    cr_assert_eq(json_yaml_put(&out, value), KEDA_OK);
    json_decref(value);
    return out;
}

Test(json_yaml, nests_by_indentation)
{
    keda_buf out = written("{\"a\":{\"b\":[1,{\"c\":\"x\",\"d\":[\"y\"]},[2,[3,4]]],\"e\":{}},"
                           "\"f\":[],\"g\":true,\"h\":null,\"i\":1.5}");

    cr_expect_str_eq(out.data, "a:\n"
                               "  b:\n"
                               "  - 1\n"
                               "  - c: x\n"
                               "    d:\n"
                               "    - \"y\"\n"
                               "  - - 2\n"
                               "    - - 3\n"
                               "      - 4\n"
                               "  e: {}\n"
                               "f: []\n"
                               "g: true\n"
                               "h: null\n"
                               "i: 1.5\n");
    keda_buf_clear(&out);
}

Test(json_yaml, keeps_every_text_a_text)
{
    static const char *const texts[] = {
        "",      "a",        "true",     "True",     "yes",
        "NO",    "on",       "Off",      "null",     "Null",
        "~",     "1",        "1e3",      "0x1f",     "-",
        "- a",   "a: b",     "a #b",     "#a",       "a\\nb",
        " a",    "a ",       "2001-1-1", "1:30",     ".5",
        ".inf",  "{a}",      "[a]",      "&a",       "*a",
        "!a",    "%a",       "@a",       "`a",       "'a'",
        "\\\"a", "a\\\\b",   "\\u0001",  "\xc3\xa4", "a/b.c_d-e",
        "y",     "nullable", "500m",     "512Mi",    "app.kubernetes.io/name"};
    char json[128];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        (void)snprintf(json, sizeof json, "{\"k\":\"%s\",\"%s\":1}", texts[i], texts[i]);
        json_t *value = json_loads(json, 0, NULL);
        keda_buf out = written(json);
        node *root = NULL;
        keda_error err = KEDA_ERROR_INIT;
        cr_assert_eq(node_read(&root, out.data, out.size, "text", &err), KEDA_OK, "%s: %s",
                     out.data, err.text);
        const char *text = json_string_value(json_object_get(value, "k"));
        const node *got = node_get(root, "k");
        cr_assert_not_null(got, "%s", out.data);
        cr_expect_eq(got->type, NODE_STRING, "%s", out.data);
        cr_expect_str_eq(got->text, text);
        cr_expect_not_null(node_get(root, text), "%s", out.data);
        node_read_free(root);
        keda_buf_clear(&out);
        json_decref(value);
    }
}
