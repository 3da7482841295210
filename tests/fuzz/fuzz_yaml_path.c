/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any path in any YAML: the first line of the input is the path, the rest the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t head = line != NULL ? (size_t)(line - data) : 0;
    const size_t skipped = line != NULL ? head + 1 : 0;
    char *text = malloc(size > skipped ? size - skipped : 1), *path = calloc(head + 1, 1);
    keda_error err = KEDA_ERROR_INIT;
    double value = 0.0;

    assert(text != NULL && path != NULL);
    if (size > 0) {
        memcpy(path, data, head);
        memcpy(text, data + skipped, size - skipped);
    }
    if (yaml_path_number(text, size - skipped, path, &value, &err) != KEDA_OK)
        assert((err.code == KEDA_EPROTOCOL || err.code == KEDA_ELIMIT) && err.text[0] != '\0');
    free(path);
    free(text);
    return 0;
}
