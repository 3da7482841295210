/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gjson/gjson: the value at a path of a JSON text, and the number KEDA makes of it. Integers of numbers
 * beyond 64 bits are not compared: there the original wraps and the library saturates.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "lang/base64.h"
#include "lang/gjson.h"
#include "vectors.h"

/* A member as bytes: its text, or "<key>_base64"; false when it has neither. */
static bool read_bytes(const json_t *object, const char *key, keda_buf *out,
                       struct report *report)
{
    char other[64];
    (void)snprintf(other, sizeof other, "%s_base64", key);
    const json_t *plain = vector_get(object, key), *coded = vector_get(object, other);
    keda_status rc = KEDA_OK;
    if (json_is_string(plain))
        rc = buf_append(out, json_string_value(plain), json_string_length(plain));
    else if (json_is_string(coded))
        rc = base64_decode(out, json_string_value(coded), json_string_length(coded));
    else
        return false;
    if (rc != KEDA_OK)
        report_malformed(report, key);
    return true;
}

static void compare_bytes(const json_t *expected, const char *key, const char *got, size_t size,
                          struct report *report)
{
    keda_buf bytes = {0};
    if (read_bytes(expected, key, &bytes, report) &&
        (bytes.size != size || (size > 0 && memcmp(bytes.data, got, size) != 0))) {
        char text[256];
        (void)snprintf(text, sizeof text, "%.*s", (int)(size < 200 ? size : 200),
                       size > 0 ? got : "");
        report_difference(report, key, bytes.data != NULL ? bytes.data : "", text);
    }
    keda_buf_clear(&bytes);
}

static void compare_number(const json_t *expected, const gjson_value *value,
                           struct report *report)
{
    double number = 0.0;
    uint64_t bits = 0;
    char text[24];
    const bool is_refused = gjson_number(value, &number, NULL) != KEDA_OK;
    report_bool(report, "error", vector_bool_or(expected, "error", false, report), is_refused);
    if (is_refused || !vector_has(expected, "bits"))
        return;
    memcpy(&bits, &number, sizeof bits);
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)bits);
    report_text(report, "bits", vector_text(expected, "bits", report),
                isnan(number) != 0 ? "nan" : text);
}

static void compare_value(const json_t *expected, const gjson_value *value,
                          struct report *report)
{
    report_text(report, "type", vector_text(expected, "type", report),
                gjson_type_name(value->type));
    report_bool(report, "exists", vector_bool(expected, "exists", report), value->exists);
    compare_bytes(expected, "raw", value->raw, value->raw_size, report);
    compare_bytes(expected, "str", value->text, value->text_size, report);
    if (vector_has(expected, "int") && fabs(value->number) < 9223372036854775807.0)
        report_i64(report, "int", vector_i64(expected, "int", report), value->integer);
    compare_number(expected, value, report);
}

int run_gjson(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    keda_buf json = {0}, path = {0};
    keda_error err = KEDA_ERROR_INIT;
    gjson_value value = {.type = GJSON_NULL};
    if (!read_bytes(input, "json", &json, report) || !read_bytes(input, "path", &path, report))
        report_malformed(report, "input");
    else if (gjson_find(json.data != NULL ? json.data : "", json.size,
                        path.data != NULL ? path.data : "", path.size, &value, &err) != KEDA_OK)
        report_difference(report, "call", "no failure", err.text);
    else
        compare_value(vector_get(line, "expected"), &value, report);
    gjson_value_clear(&value);
    keda_buf_clear(&path);
    keda_buf_clear(&json);
    return 0;
}
