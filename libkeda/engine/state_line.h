/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of the state file: checksum, kind, name, values. Pure: bytes to values and back.
 */
#ifndef ENGINE_STATE_LINE_H
#define ENGINE_STATE_LINE_H

#include "engine/state.h"

enum { STATE_NAME_SIZE = 1024 };

typedef struct state_values {
    int64_t of[STATE_NFIELDS]; /* -1: absent */
    bool is_removed;
} state_values;

/* Appends the line; name is "w default/orders", without blanks or line ends inside the key. */
keda_status state_line_write(keda_buf *out, const char *name, const state_values *values);
/* False for a line that is torn or damaged. name holds at least STATE_NAME_SIZE. */
bool state_line_read(const char *line, size_t size, char *name, state_values *values);

#endif
