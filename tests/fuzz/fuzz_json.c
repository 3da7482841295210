/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a JSON answer: parsed, walked, asked by path. The first line of the input is the
 * path, the rest the text.
 */
#include <keda/json.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NODES = 4096 };

/* Every value is one type, and the reader of that type alone takes it. */
static void check_value(const keda_json *value)
{
    int64_t integer;
    double real;
    bool flag;
    const int32_t type = keda_json_type_of(value);

    assert(keda_json_int64(value, &integer) == (type == KEDA_JSON_INTEGER));
    assert(keda_json_bool(value, &flag) == (type == KEDA_JSON_BOOL));
    assert(keda_json_string(value) == NULL || type == KEDA_JSON_STRING);
    assert(!keda_json_double(value, &real) || type == KEDA_JSON_INTEGER ||
           type == KEDA_JSON_REAL || type == KEDA_JSON_STRING);
    if (type != KEDA_JSON_ARRAY && type != KEDA_JSON_OBJECT)
        assert(keda_json_count(value) == 0);
}

/* Depth is bounded by the parser. */
static void walk(const keda_json *value, size_t *nodes)
{
    const size_t count = keda_json_count(value);
    const char *key;

    check_value(value);
    for (size_t i = 0; i < count && *nodes < MAX_NODES; i++) {
        const keda_json *member = keda_json_at(value, i, &key);

        assert(member != NULL);
        assert((key != NULL) == (keda_json_type_of(value) == KEDA_JSON_OBJECT));
        ++*nodes;
        walk(member, nodes);
    }
    assert(keda_json_at(value, count, &key) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t path_size = line != NULL ? (size_t)(line - data) : 0;
    const char *text = (const char *)data + (line != NULL ? path_size + 1 : 0);
    const size_t text_size = size - (size_t)(text - (const char *)data);
    char *path = calloc(path_size + 1, 1);
    keda_error err = KEDA_ERROR_INIT;
    keda_json *root = NULL;
    double value;
    size_t nodes = 0;

    assert(path != NULL);
    if (path_size > 0)
        memcpy(path, data, path_size);
    if (keda_json_parse(&root, text, text_size, &err) == KEDA_OK) {
        walk(root, &nodes);
        check_value(keda_json_get(root, path));
        keda_json_free(root);
    } else {
        assert(err.code != KEDA_OK && err.text[0] != '\0');
    }
    if (keda_json_get_double(text, text_size, path, &value, &err) != KEDA_OK)
        assert(err.code != KEDA_EINVAL && err.text[0] != '\0');
    free(path);
    return 0;
}
