/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking values of one document over into a text that is being written.
 */
#ifndef OPERATOR_COPY_H
#define OPERATOR_COPY_H

#include <keda/json.h>

#include "observe/json_text.h"

/* The value as it is; nothing when it is NULL. */
void copy_value(json_text *j, const char *key, const keda_json *value);
/* The member of a map; `name` is no path. NULL when there is none. */
const keda_json *copy_member(const keda_json *map, const char *name);
/* True when both say the same; members of maps in any order. */
bool copy_is_equal(const keda_json *a, const keda_json *b);

#endif
