/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML line by line. What a text needs quotes for is decided narrowly: too many do no harm.
 */
#include "json_yaml.h"

#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "json_string.h"

/* YAML 1.1 reads these as booleans or null. */
static bool is_keyword(const char *text)
{
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};
    char lower[8];
    size_t size = 0;

    for (; size < sizeof lower - 1 && text[size] != '\0'; size++)
        lower[size] = text[size] >= 'A' && text[size] <= 'Z' ? (char)(text[size] - 'A' + 'a')
                                                             : text[size];
    lower[size] = '\0';
    for (size_t i = 0; text[size] == '\0' && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

/* A letter first, then nothing that means anything. */
static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t n = strlen(text);

    return n > 0 && strchr(letters, text[0]) != NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
               n &&
           !is_keyword(text);
}

static keda_status put_text(keda_buf *out, const char *text)
{
    return is_plain(text) ? buf_puts(out, text) : json_string_write(out, text);
}

static keda_status put_scalar(keda_buf *out, json_t *value)
{
    char number[32];

    if (json_is_string(value))
        return put_text(out, json_string_value(value));
    if (json_is_integer(value))
        return buf_printf(out, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) {
        (void)num_format_double(json_real_value(value), number, sizeof number);
        return buf_puts(out, number);
    }
    if (json_is_boolean(value))
        return buf_puts(out, json_is_true(value) ? "true" : "false");
    return buf_puts(out, json_is_array(value) ? "[]" : json_is_object(value) ? "{}" : "null");
}

static bool is_nested(json_t *value)
{
    return json_object_size(value) > 0 || json_array_size(value) > 0;
}

static keda_status put_nested(keda_buf *out, json_t *value, int indent, bool is_begun);

static keda_status put_line(keda_buf *out, json_t *value, int indent)
{
    keda_status rc = KEDA_OK;

    if (is_nested(value)) {
        if ((rc = buf_putc(out, '\n')) == KEDA_OK)
            rc = put_nested(out, value, json_is_array(value) ? indent : indent + 2, false);
        return rc;
    }
    if ((rc = buf_putc(out, ' ')) == KEDA_OK)
        rc = put_scalar(out, value);
    return rc == KEDA_OK ? buf_putc(out, '\n') : rc;
}

static keda_status put_items(keda_buf *out, json_t *list, int indent, bool is_begun)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        rc = buf_printf(out, "%*s- ", is_begun && i == 0 ? 0 : indent, "");
        if (rc == KEDA_OK && is_nested(item))
            rc = put_nested(out, item, indent + 2, true);
        else if (rc == KEDA_OK && (rc = put_scalar(out, item)) == KEDA_OK)
            rc = buf_putc(out, '\n');
    }
    return rc;
}

static keda_status put_members(keda_buf *out, json_t *map, int indent, bool is_begun)
{
    keda_status rc = KEDA_OK;
    const char *name;
    json_t *value;

    json_object_foreach(map, name, value)
    {
        rc = buf_printf(out, "%*s", is_begun ? 0 : indent, "");
        is_begun = false;
        if (rc == KEDA_OK)
            rc = put_text(out, name);
        if (rc == KEDA_OK)
            rc = buf_putc(out, ':');
        if (rc == KEDA_OK)
            rc = put_line(out, value, indent);
        if (rc != KEDA_OK)
            break;
    }
    return rc;
}

/* is_begun: the first line has begun already, behind "- ". */
static keda_status put_nested(keda_buf *out, json_t *value, int indent, bool is_begun)
{
    return json_is_array(value) ? put_items(out, value, indent, is_begun)
                                : put_members(out, value, indent, is_begun);
}

keda_status json_yaml_put(keda_buf *out, json_t *value)
{
    const size_t before = out->size;
    const keda_status rc = put_nested(out, value, 0, false);

    if (rc != KEDA_OK)
        buf_truncate(out, before);
    return rc;
}
