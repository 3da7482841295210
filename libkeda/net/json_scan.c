/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pass over JSON bytes that json_scan.h describes. Only strings need care: brackets and digits
 * inside them do not count.
 */
#include "net/json_scan.h"

#include "base/buf.h"
#include "base/num.h"

#include <string.h>

/* First byte after the string that opens at text[i]; the size when it never closes. */
static size_t skip_string(const char *text, size_t size, size_t i)
{
    for (i++; i < size && text[i] != '"'; i++) {
        if (text[i] == '\\')
            i++;
    }
    return i < size ? i + 1 : size;
}

static json_scan_place place_of(const char *text, size_t at)
{
    json_scan_place place = {1, 1};

    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

bool json_scan_is_shallow(const char *text, size_t size, size_t max_depth,
                          json_scan_place *where)
{
    size_t depth = 0, i = 0;

    while (i < size) {
        const char c = text[i];

        if (c == '"') {
            i = skip_string(text, size, i);
            continue;
        }
        if ((c == '[' || c == '{') && ++depth > max_depth) {
            *where = place_of(text, i);
            return false;
        }
        if ((c == ']' || c == '}') && depth > 0)
            depth--;
        i++;
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t number_size(const char *text, size_t size)
{
    size_t n = 0;

    while (n < size && (is_digit(text[n]) || (text[n] != '\0' && strchr("+-.eE", text[n]))))
        n++;
    return n;
}

static bool is_big_integer(const char *number, size_t size)
{
    char copy[24]; /* longer than any 64-bit integer */
    int64_t value;

    for (size_t i = 0; i < size; i++) {
        if (!is_digit(number[i]) && !(i == 0 && number[i] == '-'))
            return false;
    }
    if (size >= sizeof copy)
        return true;
    memcpy(copy, number, size);
    copy[size] = '\0';
    return !num_parse_json_i64(copy, &value);
}

keda_status json_scan_big_integers_to_reals(const char *text, size_t size, keda_buf *out)
{
    size_t i = 0, done = 0;

    while (i < size) {
        if (text[i] == '"') {
            i = skip_string(text, size, i);
            continue;
        }
        const size_t n = number_size(text + i, size - i);
        if (n > 0 && is_big_integer(text + i, n)) {
            keda_status rc = buf_append(out, text + done, i + n - done);

            if (rc == KEDA_OK)
                rc = buf_puts(out, "e0");
            if (rc != KEDA_OK)
                return rc;
            done = i + n;
        }
        i += n > 0 ? n : 1;
    }
    return buf_append(out, text + done, size - done);
}
