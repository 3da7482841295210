/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON piece by piece; commas and escapes come by themselves. Pure: values in, text out.
 */
#ifndef OBSERVE_JSON_TEXT_H
#define OBSERVE_JSON_TEXT_H

#include <stdbool.h>

#include <keda/error.h>

typedef struct json_text {
    keda_write_fn write;
    void *user;
    keda_status status; /* of the first failed write; nothing is written after it */
    bool needs_comma;
} json_text;

void json_text_init(json_text *j, keda_write_fn write, void *user);
/* key NULL: in a list, or the whole text. bracket: '{' or '['. */
void json_text_open(json_text *j, const char *key, char bracket);
void json_text_close(json_text *j, char bracket); /* '}' or ']' */
void json_text_string(json_text *j, const char *key, const char *value);
void json_text_int(json_text *j, const char *key, int64_t value);
void json_text_double(json_text *j, const char *key, double value); /* not finite: null */
void json_text_bool(json_text *j, const char *key, bool value);
void json_text_null(json_text *j, const char *key);
/* The name alone (NULL: in a list): the caller writes the value with j->write and keeps its status. */
void json_text_key(json_text *j, const char *key);

#endif
