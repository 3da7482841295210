/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing JSON's strings: escapes, surrogate pairs, UTF-8.
 */
#include "json_string.h"

#include <stdbool.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t read_unit(const char *p, const char *end)
{
    int32_t unit = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool put_code_point(keda_buf *out, int32_t code)
{
    char bytes[4];
    size_t n = 0;
    if (code < 0x80) {
        bytes[n++] = (char)code;
    } else if (code < 0x800) {
        bytes[n++] = (char)(0xc0 | code >> 6);
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[n++] = (char)(0xe0 | code >> 12);
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | code >> 18);
        bytes[n++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (code & 0x3f));
    }
    return buf_append(out, bytes, n) == KEDA_OK;
}

/* Behind \u; a surrogate needs its partner, NUL is refused. */
static const char *read_unicode(const char *p, const char *end, keda_buf *out)
{
    int32_t code = read_unit(p, end);
    if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff))
        return NULL;
    p += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        const bool has_partner = end - p >= 6 && p[0] == '\\' && p[1] == 'u';
        const int32_t low = has_partner ? read_unit(p + 2, end) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
        p += 6;
    }
    return put_code_point(out, code) ? p : NULL;
}

/* Behind a backslash. */
static const char *read_escape(const char *p, const char *end, keda_buf *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (p == end)
        return NULL;
    if (*p == 'u')
        return read_unicode(p + 1, end, out);
    const char *at = *p == '\0' ? NULL : strchr(names, *p);
    if (at == NULL || buf_putc(out, values[at - names]) != KEDA_OK)
        return NULL;
    return p + 1;
}

/* Bytes of the character at p when it is well-formed UTF-8, else 0. */
static size_t utf8_size(const char *p, const char *end)
{
    const unsigned char lead = (unsigned char)*p;
    const size_t size = lead < 0x80   ? 1
                        : lead < 0xc2 ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                                      : 4;
    if (size == 0 || lead > 0xf4 || (size_t)(end - p) < size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
    const unsigned char next = size > 1 ? (unsigned char)p[1] : 0;
    const bool is_bad = (lead == 0xe0 && next < 0xa0) || (lead == 0xed && next > 0x9f) ||
                        (lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next > 0x8f);
    return is_bad ? 0 : size;
}

const char *json_string_read(const char *p, const char *end, keda_buf *out)
{
    if (buf_append(out, "", 0) != KEDA_OK)
        return NULL;
    for (p++; p != NULL && p < end;) {
        const char *start = p;
        while (p < end && *p != '"' && *p != '\\') {
            const size_t size = (unsigned char)*p < 0x20 ? 0 : utf8_size(p, end);
            if (size == 0)
                return NULL;
            p += size;
        }
        if (p == end || buf_append(out, start, (size_t)(p - start)) != KEDA_OK)
            return NULL;
        if (*p == '"')
            return p + 1;
        p = read_escape(p + 1, end, out);
    }
    return NULL;
}

keda_status json_string_write(keda_buf *out, const char *text)
{
    keda_status rc = buf_putc(out, '"');
    for (; *text != '\0' && rc == KEDA_OK; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            const char escaped[2] = {'\\', *text};
            rc = buf_append(out, escaped, sizeof escaped);
        } else if (c < 0x20) {
            rc = buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            rc = buf_putc(out, *text);
        }
    }
    return rc == KEDA_OK ? buf_putc(out, '"') : rc;
}
