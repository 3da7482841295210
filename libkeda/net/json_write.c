/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_json_write: a value as compact text that reads back as the same value. Not jansson's own writer,
 * which prints reals by seventeen digits. Depth is what the parser allowed.
 */
#include "net/json_value.h"

#include "base/num.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct json_out {
    keda_write_fn write;
    void *user;
    keda_status status; /* of the first write that failed; nothing is written after it */
} json_out;

static void put(json_out *out, const char *bytes, size_t size)
{
    if (out->status == KEDA_OK && size > 0)
        out->status = out->write(bytes, size, out->user);
}

static void put_text(json_out *out, const char *text)
{
    put(out, text, strlen(text));
}

/* ---- scalars -------------------------------------------------------------------------------- */

static void put_escaped(json_out *out, unsigned char c)
{
    static const char *const shorts[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    char hex[8];

    if (shorts[c] != NULL) {
        put_text(out, shorts[c]);
        return;
    }
    (void)snprintf(hex, sizeof hex, "\\u%04x", (unsigned)c);
    put_text(out, hex);
}

/* jansson's texts are valid UTF-8, which stays as it is. */
static void put_string(json_out *out, const char *text, size_t size)
{
    size_t done = 0;

    put(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(out, text + done, i - done);
        put_escaped(out, c);
        done = i + 1;
    }
    put(out, text + done, size - done);
    put(out, "\"", 1);
}

/* A real stays one when it is read again. */
static void put_real(json_out *out, double value)
{
    char text[40];
    const size_t n = num_format_double(value, text, 32);

    put(out, text, n);
    if (strcspn(text, ".eE") == n)
        put(out, ".0", 2);
}

static void put_integer(json_out *out, json_int_t value)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, value);
    put_text(out, text);
}

/* ---- values --------------------------------------------------------------------------------- */

static void put_value(json_out *out, json_t *value);

static void put_object(json_out *out, json_t *object)
{
    bool is_first = true;

    put(out, "{", 1);
    for (void *at = json_object_iter(object); at != NULL && out->status == KEDA_OK;
         at = json_object_iter_next(object, at)) {
        if (!is_first)
            put(out, ",", 1);
        is_first = false;
        put_string(out, json_object_iter_key(at), json_object_iter_key_len(at));
        put(out, ":", 1);
        put_value(out, json_object_iter_value(at));
    }
    put(out, "}", 1);
}

static void put_array(json_out *out, json_t *array)
{
    const size_t count = json_array_size(array);

    put(out, "[", 1);
    for (size_t i = 0; i < count && out->status == KEDA_OK; i++) {
        if (i > 0)
            put(out, ",", 1);
        put_value(out, json_array_get(array, i));
    }
    put(out, "]", 1);
}

static void put_value(json_out *out, json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(out, value);
        return;
    case JSON_ARRAY:
        put_array(out, value);
        return;
    case JSON_STRING:
        put_string(out, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        put_integer(out, json_integer_value(value));
        return;
    case JSON_REAL:
        put_real(out, json_real_value(value));
        return;
    case JSON_TRUE:
        put_text(out, "true");
        return;
    case JSON_FALSE:
        put_text(out, "false");
        return;
    case JSON_NULL:
        break;
    }
    put_text(out, "null");
}

keda_status keda_json_write(const keda_json *value, keda_write_fn write, void *user,
                            keda_error *err)
{
    json_out out = {.write = write, .user = user, .status = KEDA_OK};

    assert(write != NULL);
    if (value == NULL)
        put_text(&out, "null");
    else
        put_value(&out, json_value_of(value));
    if (out.status == KEDA_OK)
        return KEDA_OK;
    return keda_error_set(err, out.status, "JSON text: not written: %s",
                          keda_status_name((int32_t)out.status));
}
