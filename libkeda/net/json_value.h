/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keda_json as the json_t it is, for json.c and json_write.c.
 */
#ifndef NET_JSON_VALUE_H
#define NET_JSON_VALUE_H

#include <keda/json.h>

#include <jansson.h>

/* jansson takes `json_t *` where it only reads. */
static inline json_t *json_value_of(const keda_json *value)
{
    union {
        const keda_json *in;
        json_t *out;
    } cast = {.in = value};
    return cast.out;
}

#endif
