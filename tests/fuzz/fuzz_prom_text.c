/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any selector in any exposition: the first line of the input is the selector, the rest the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lang/prom_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t head = line != NULL ? (size_t)(line - data) : 0;
    const size_t skipped = line != NULL ? head + 1 : 0;
    char *text = malloc(size > skipped ? size - skipped : 1), *name = calloc(head + 1, 1);
    keda_error err = KEDA_ERROR_INIT;
    prom_selector selector;
    double value = 0.0;

    assert(text != NULL && name != NULL);
    if (size > 0) {
        memcpy(name, data, head);
        memcpy(text, data + skipped, size - skipped);
    }
    if (prom_selector_parse(&selector, name, &err) != KEDA_OK)
        assert((err.code == KEDA_EINVAL || err.code == KEDA_ELIMIT) && err.text[0] != '\0');
    else if (prom_text_find(text, size - skipped, &selector, &value, &err) != KEDA_OK)
        assert((err.code == KEDA_EPROTOCOL || err.code == KEDA_ELIMIT) && err.text[0] != '\0');
    prom_selector_clear(&selector);
    free(name);
    free(text);
    return 0;
}
