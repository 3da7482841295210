/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences printed, and the typed reading of a line for runners. Knows no set.
 */
#include "vectors.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SHOWN = 10 };

/* --- reporting -------------------------------------------------------------------------------- */

static bool is_shown(struct report *report)
{
    report->differences++;
    if (report->shown >= MAX_SHOWN)
        return false;
    report->shown++;
    printf("%s: line %zu %s: ", report->set, report->line_number, report->id);
    return true;
}

void report_difference(struct report *report, const char *what, const char *expected,
                       const char *got)
{
    if (is_shown(report))
        printf("%s: expected %s, got %s\n", what, expected, got);
}

void report_i64(struct report *report, const char *what, int64_t expected, int64_t got)
{
    if (expected != got && is_shown(report))
        printf("%s: expected %" PRId64 ", got %" PRId64 "\n", what, expected, got);
}

void report_text(struct report *report, const char *what, const char *expected, const char *got)
{
    if (expected == got || (expected != NULL && got != NULL && strcmp(expected, got) == 0))
        return;
    report_difference(report, what, expected != NULL ? expected : "none",
                      got != NULL ? got : "none");
}

void report_bool(struct report *report, const char *what, bool expected, bool got)
{
    report_text(report, what, expected ? "true" : "false", got ? "true" : "false");
}

void report_malformed(struct report *report, const char *what)
{
    if (is_shown(report))
        printf("malformed: %s\n", what);
}

/* --- reading ---------------------------------------------------------------------------------- */

const json_t *vector_get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool vector_has(const json_t *object, const char *key)
{
    return vector_get(object, key) != NULL;
}

static void wrong_type(struct report *report, const char *key, const char *wanted)
{
    char what[160];
    snprintf(what, sizeof what, "\"%.100s\" is not %s", key, wanted);
    report_malformed(report, what);
}

int64_t vector_i64(const json_t *object, const char *key, struct report *report)
{
    const json_t *value = vector_get(object, key);
    if (!json_is_integer(value))
        wrong_type(report, key, "an integer");
    return json_integer_value(value);
}

int32_t vector_i32(const json_t *object, const char *key, struct report *report)
{
    const int64_t value = vector_i64(object, key, report);
    if (value >= INT32_MIN && value <= INT32_MAX)
        return (int32_t)value;
    wrong_type(report, key, "a 32-bit integer");
    return 0;
}

double vector_double(const json_t *object, const char *key, struct report *report)
{
    const json_t *value = vector_get(object, key);
    if (!json_is_number(value))
        wrong_type(report, key, "a number");
    return json_number_value(value);
}

const char *vector_text(const json_t *object, const char *key, struct report *report)
{
    const json_t *value = vector_get(object, key);
    if (json_is_string(value))
        return json_string_value(value);
    wrong_type(report, key, "a text");
    return "";
}

bool vector_bool(const json_t *object, const char *key, struct report *report)
{
    const json_t *value = vector_get(object, key);
    if (!json_is_boolean(value))
        wrong_type(report, key, "true or false");
    return json_is_true(value);
}

int32_t vector_i32_or(const json_t *object, const char *key, int32_t otherwise,
                      struct report *report)
{
    return vector_has(object, key) ? vector_i32(object, key, report) : otherwise;
}

bool vector_bool_or(const json_t *object, const char *key, bool otherwise,
                    struct report *report)
{
    return vector_has(object, key) ? vector_bool(object, key, report) : otherwise;
}

const char *vector_text_or(const json_t *object, const char *key, const char *otherwise,
                           struct report *report)
{
    return vector_has(object, key) ? vector_text(object, key, report) : otherwise;
}

bool vector_list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item != NULL && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

const char *vector_path(char *buf, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(buf, size, format, args);
    va_end(args);
    return buf;
}
