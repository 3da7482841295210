/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text form of JSON: quotes, escapes and commas.
 */
#include "observe/json_text.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void json_text_init(json_text *j, keda_write_fn write, void *user)
{
    *j = (json_text){.write = write, .user = user};
}

static void put(json_text *j, const char *bytes, size_t size)
{
    if (j->status == KEDA_OK && size > 0)
        j->status = j->write(bytes, size, j->user);
}

static void put_text(json_text *j, const char *text)
{
    put(j, text, strlen(text));
}

static void put_escape(json_text *j, unsigned char c)
{
    static const char *const names[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
    char code[8];

    if (c < sizeof names / sizeof names[0] && names[c] != NULL) {
        put_text(j, names[c]);
        return;
    }
    (void)snprintf(code, sizeof code, "\\u%04x", (unsigned)c);
    put_text(j, code);
}

static void put_quoted(json_text *j, const char *text)
{
    const char *start = text;

    put_text(j, "\"");
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        put(j, start, (size_t)(text - start));
        put_escape(j, c);
        start = text + 1;
    }
    put(j, start, (size_t)(text - start));
    put_text(j, "\"");
}

void json_text_key(json_text *j, const char *key)
{
    if (j->needs_comma)
        put_text(j, ",");
    j->needs_comma = true;
    if (key == NULL)
        return;
    put_quoted(j, key);
    put_text(j, ":");
}

void json_text_open(json_text *j, const char *key, char bracket)
{
    json_text_key(j, key);
    put(j, &bracket, 1);
    j->needs_comma = false;
}

void json_text_close(json_text *j, char bracket)
{
    put(j, &bracket, 1);
    j->needs_comma = true;
}

void json_text_string(json_text *j, const char *key, const char *value)
{
    json_text_key(j, key);
    put_quoted(j, value == NULL ? "" : value);
}

void json_text_int(json_text *j, const char *key, int64_t value)
{
    char text[32];
    json_text_key(j, key);
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    put_text(j, text);
}

void json_text_double(json_text *j, const char *key, double value)
{
    char text[40];
    if (!isfinite(value)) {
        json_text_null(j, key);
        return;
    }
    json_text_key(j, key);
    put(j, text, num_format_double(value, text, sizeof text));
}

void json_text_bool(json_text *j, const char *key, bool value)
{
    json_text_key(j, key);
    put_text(j, value ? "true" : "false");
}

void json_text_null(json_text *j, const char *key)
{
    json_text_key(j, key);
    put_text(j, "null");
}
