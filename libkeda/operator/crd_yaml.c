/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indentation and quotes. A list's items begin at the depth of its key, as kubectl writes them.
 */
#include "operator/crd_yaml.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void put(crd_yaml *y, const char *text)
{
    if (y->status == KEDA_OK)
        y->status = y->write(text, strlen(text), y->user);
}

/* Up to the key: an item's first line has its dash where the indentation ends. */
static void start(crd_yaml *y)
{
    const size_t blanks = y->is_item ? y->depth - 1 : y->depth;
    for (size_t i = 0; i < blanks; i++)
        put(y, "  ");
    if (y->is_item)
        put(y, "- ");
    y->is_item = false;
}

void crd_open(crd_yaml *y, const char *key)
{
    if (key != NULL) {
        start(y);
        put(y, key);
        put(y, ":\n");
    }
    y->is_item = key == NULL;
    y->depth++;
}

void crd_close(crd_yaml *y)
{
    y->depth--;
}

static bool is_word(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal_nocase(text, words[i]))
            return true;
    }
    return false;
}

/* Nothing but what is a plain text to every reader. */
static bool is_plain(const char *text)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./";
    const size_t size = strlen(text);

    return size > 0 && strchr(first, text[0]) != NULL && !is_word(text) &&
           strstr(text, ": ") == NULL && strstr(text, " #") == NULL && text[size - 1] != ':' &&
           text[size - 1] != ' ' && strchr(text, '\n') == NULL;
}

static void put_quoted(crd_yaml *y, const char *text)
{
    put(y, "\"");
    for (; *text != '\0'; text++) {
        const char piece[] = {*text, '\0'};
        if (*text == '"' || *text == '\\')
            put(y, "\\");
        put(y, *text == '\n' ? "\\n" : piece);
    }
    put(y, "\"");
}

void crd_text(crd_yaml *y, const char *key, const char *value)
{
    y->is_item = y->is_item || key == NULL;
    y->depth += key == NULL ? 1 : 0;
    start(y);
    y->depth -= key == NULL ? 1 : 0;
    if (key != NULL) {
        put(y, key);
        put(y, ": ");
    }
    if (is_plain(value))
        put(y, value);
    else
        put_quoted(y, value);
    put(y, "\n");
}

static void put_scalar(crd_yaml *y, const char *key, const char *value)
{
    start(y);
    put(y, key);
    put(y, ": ");
    put(y, value);
    put(y, "\n");
}

void crd_int(crd_yaml *y, const char *key, int64_t value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    put_scalar(y, key, text);
}

void crd_true(crd_yaml *y, const char *key)
{
    put_scalar(y, key, "true");
}

void crd_line(crd_yaml *y, const char *line)
{
    put(y, line);
    put(y, "\n");
}
