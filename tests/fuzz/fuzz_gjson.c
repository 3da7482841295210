/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any path in any text: the first line of the input is the path, the rest the JSON. Whatever is found
 * lies within the text or is owned, and asking again finds the same.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lang/gjson.h"

static void check_value(const gjson_value *value)
{
    double number = 0.0;
    keda_error err = KEDA_ERROR_INIT;
    assert(value->exists == (value->type != GJSON_NULL || value->raw_size > 0));
    assert(value->type == GJSON_STRING || value->text_size == 0);
    assert(value->raw_size == 0 || memchr(value->raw, value->raw[0], value->raw_size) != NULL);
    if (gjson_number(value, &number, &err) != KEDA_OK)
        assert(err.code == KEDA_EPROTOCOL && err.text[0] != '\0');
    else
        assert(value->type == GJSON_NUMBER || value->type == GJSON_STRING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t path_size = line != NULL ? (size_t)(line - data) : 0;
    const size_t skipped = line != NULL ? path_size + 1 : 0;
    /* Copies of the exact size, so that a byte read beyond either is seen. */
    char *path = malloc(path_size > 0 ? path_size : 1);
    char *json = malloc(size > skipped ? size - skipped : 1);
    gjson_value first, again;
    keda_error err = KEDA_ERROR_INIT;

    assert(path != NULL && json != NULL);
    if (size > 0) {
        memcpy(path, data, path_size);
        memcpy(json, data + skipped, size - skipped);
    }
    if (gjson_find(json, size - skipped, path, path_size, &first, &err) == KEDA_OK) {
        check_value(&first);
        assert(gjson_find(json, size - skipped, path, path_size, &again, &err) == KEDA_OK);
        assert(again.type == first.type && again.raw_size == first.raw_size);
        assert(first.raw_size == 0 || memcmp(again.raw, first.raw, first.raw_size) == 0);
        gjson_value_clear(&again);
        gjson_value_clear(&first);
    } else {
        assert(err.code == KEDA_ELIMIT && err.text[0] != '\0');
    }
    free(json);
    free(path);
    return 0;
}
