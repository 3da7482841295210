/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the text of a parameter comes from, and how much of it may be shown. For params.c.
 */
#ifndef CONFIG_LOOKUP_H
#define CONFIG_LOOKUP_H

#include "params.h"

typedef struct lookup_value {
    char *text;   /* trimmed copy, never empty; NULL: not found */
    int32_t from; /* keda_from; unset for a default */
} lookup_value;

enum { LOOKUP_SHOWN = 96 };

/* First source, then first name, whose trimmed text is not empty. False: out of memory. */
bool lookup_find(const keda_field *field, const params_sources *sources, lookup_value *out);
/* The field's default, trimmed. False: out of memory. */
bool lookup_default(const keda_field *field, lookup_value *out);

/* Whether messages may name the value: it is written in the trigger and not a secret. */
bool lookup_is_shown(const lookup_value *value, const keda_field *field);
/* The value in quotes, cut, or "the value". */
const char *lookup_show(const lookup_value *value, const keda_field *field,
                        char out[LOOKUP_SHOWN]);
/* "set topic in the trigger's metadata, or topicFromEnv there" */
const char *lookup_places(const keda_field *field, char *out, size_t size);

#endif
