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

static keda_status put_code_point(keda_buf *out, int32_t code)
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
    return buf_append(out, bytes, n);
}

/* Behind \u; a surrogate needs its partner, NUL is refused. */
static keda_status read_unicode(const char **p, const char *end, keda_buf *out)
{
    const char *at = *p;
    int32_t code = read_unit(at, end);
    if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff))
        return KEDA_EINVAL;
    at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        const bool has_partner = end - at >= 6 && at[0] == '\\' && at[1] == 'u';
        const int32_t low = has_partner ? read_unit(at + 2, end) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return KEDA_EINVAL;
        code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
        at += 6;
    }
    *p = at;
    return put_code_point(out, code);
}

/* Behind a backslash. */
static keda_status read_escape(const char **p, const char *end, keda_buf *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (*p == end)
        return KEDA_EINVAL;
    const char name = *(*p)++;
    if (name == 'u')
        return read_unicode(p, end, out);
    const char *at = name == '\0' ? NULL : strchr(names, name);
    return at == NULL ? KEDA_EINVAL : buf_putc(out, values[at - names]);
}

/* Bytes of a character by its first one; 0 for what begins none. */
static size_t utf8_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    if (lead < 0xe0)
        return 2;
    return lead < 0xf0 ? 3 : 4;
}

/* The second byte is bounded where a character could be written shorter, is a surrogate or too high. */
static bool is_second_byte(unsigned char lead, unsigned char next)
{
    const unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return next >= least && next <= most;
}

/* Bytes of the character at p when it is well-formed UTF-8, else 0. */
static size_t utf8_size(const char *p, const char *end)
{
    const unsigned char lead = (unsigned char)*p;
    const size_t size = utf8_length(lead);
    if (size <= 1)
        return size;
    if ((size_t)(end - p) < size || !is_second_byte(lead, (unsigned char)p[1]))
        return 0;
    for (size_t i = 2; i < size; i++)
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

/* Up to the next quote or backslash, which is there. */
static keda_status read_plain(const char **p, const char *end, keda_buf *out)
{
    const char *start = *p;
    while (*p < end && **p != '"' && **p != '\\') {
        const size_t size = (unsigned char)**p < 0x20 ? 0 : utf8_size(*p, end);
        if (size == 0)
            return KEDA_EINVAL;
        *p += size;
    }
    return *p == end ? KEDA_EINVAL : buf_append(out, start, (size_t)(*p - start));
}

keda_status json_string_read(const char **p, const char *end, keda_buf *out)
{
    const char *at = *p + 1;
    keda_status rc = read_plain(&at, end, out);
    while (rc == KEDA_OK && *at == '\\') {
        at++;
        rc = read_escape(&at, end, out);
        if (rc == KEDA_OK)
            rc = read_plain(&at, end, out);
    }
    if (rc == KEDA_OK)
        *p = at + 1;
    return rc;
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
