/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a line of the state file: what is read writes back as the same line.
 */
#include "engine/state_line.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[STATE_NAME_SIZE];
    state_values values;
    keda_buf line = {0};

    if (!state_line_read((const char *)data, size, name, &values))
        return 0;
    assert(state_line_write(&line, name, &values) == KEDA_OK);
    /* Numbers have several spellings, so only what was written by ourselves is equal. */
    state_values again;
    char name_again[STATE_NAME_SIZE];
    assert(state_line_read(line.data, line.size - 1, name_again, &again));
    assert(strcmp(name, name_again) == 0);
    assert(memcmp(values.of, again.of, sizeof values.of) == 0);
    assert(values.is_removed == again.is_removed);
    keda_buf_clear(&line);
    return 0;
}
