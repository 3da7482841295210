/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values located in JSON texts by gjson's paths ("queues.#(name==\"jobs\").depth"; spec: languages
 * 2). The reader is lax, as the original is: a text is scanned, never validated. Scalers that read
 * answers call it.
 */
#ifndef LANG_GJSON_H
#define LANG_GJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

typedef enum gjson_type {
    GJSON_NULL = 0, /* also what is missing */
    GJSON_FALSE,
    GJSON_NUMBER,
    GJSON_STRING,
    GJSON_TRUE,
    GJSON_JSON /* an object or an array */
} gjson_type;

typedef struct gjson_value {
    gjson_type type;
    bool exists;      /* false: nothing at that place; a null exists */
    const char *raw;  /* the text as found: part of the document, or of `owned` */
    const char *text; /* of a String, without escapes; may hold NUL bytes */
    size_t raw_size, text_size;
    double number;   /* of a Number; unreadable is 0, too large is infinite */
    int64_t integer; /* of a Number: exact where the text is an integer, else cut; saturates */
    keda_buf owned;
} gjson_value;

/*
 * Finds the value at a path. A path that leads nowhere is no failure: `exists` is false.
 *
 * out     cleared with gjson_value_clear; borrows from json, which must outlive it
 * errors  KEDA_ELIMIT: path and text together ask for too much work, memory or depth; KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status gjson_find(const char *json, size_t size, const char *path,
                                     size_t path_size, gjson_value *out, keda_error *err);
void gjson_value_clear(gjson_value *value);

/*
 * The value as KEDA's metrics-api takes it: a Number's double, or a String read as a quantity.
 *
 * errors  KEDA_EPROTOCOL: anything else; the text itself is not part of the message
 */
KEDA_MUST_USE keda_status gjson_number(const gjson_value *value, double *out, keda_error *err);

const char *gjson_type_name(gjson_type type);

#endif
