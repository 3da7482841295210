/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON strings without and with their escapes, and wildcards. Bytes that are not UTF-8 pass through
 * escapes unchanged; wildcards see each of them as one character.
 */
#include "gjson_inside.h"

#include <string.h>

#include "unicode.h"

static uint32_t decode(text_view t, size_t *size)
{
    uint32_t rune = 0;
    *size = utf8_decode(t.data, t.size, &rune);
    return rune;
}

/* Four hexadecimal digits, or 0. */
static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char lower = (char)(p[i] | 0x20);
        const bool is_digit = p[i] >= '0' && p[i] <= '9';
        if (!is_digit && (lower < 'a' || lower > 'f'))
            return 0;
        value = value << 4 | (uint32_t)(is_digit ? p[i] - '0' : lower - 'a' + 10);
    }
    return value;
}

/* "\uXXXX", or two of them; `i` is at the u and then at the last digit. */
static bool unescape_unicode(gjson_run *run, keda_buf *out, text_view t, size_t *i)
{
    if (*i + 5 > t.size)
        return false;
    uint32_t rune = hex4(t.data + *i + 1);
    *i += 5;
    const bool is_half = rune >= 0xd800 && rune < 0xe000;
    if (is_half && t.size - *i >= 6 && t.data[*i] == '\\' && t.data[*i + 1] == 'u') {
        const uint32_t low = hex4(t.data + *i + 2);
        const bool is_pair = rune < 0xdc00 && low >= 0xdc00 && low < 0xe000;
        rune =
            is_pair ? 0x10000 + ((rune - 0xd800) << 10 | (low - 0xdc00)) : UNICODE_REPLACEMENT;
        *i += 6;
    }
    gjson_put_rune(run, out, rune);
    --*i;
    return true;
}

static void unescape_into(gjson_run *run, keda_buf *out, text_view t)
{
    static const char letters[] = "\\/bfnrt\"", meanings[] = "\\/\b\f\n\r\t\"";
    for (size_t i = 0; i < t.size && run->rc == KEDA_OK; i++) {
        const char c = t.data[i];
        if ((unsigned char)c < ' ')
            return;
        if (c != '\\') {
            gjson_put_char(run, out, c);
            continue;
        }
        if (++i >= t.size)
            return;
        const char *letter = t.data[i] != '\0' ? strchr(letters, t.data[i]) : NULL;
        if (letter != NULL)
            gjson_put_char(run, out, meanings[letter - letters]);
        else if (t.data[i] != 'u' || !unescape_unicode(run, out, t, &i))
            return;
    }
}

text_view gjson_unescape(gjson_run *run, text_view inside)
{
    keda_buf out = {0};
    unescape_into(run, &out, inside);
    return gjson_keep(run, &out);
}

text_view gjson_unescape_once(gjson_run *run, text_view inside)
{
    const size_t memory = run->memory_left;
    run->scratch.size = 0;
    unescape_into(run, &run->scratch, inside);
    if (run->rc == KEDA_OK)
        run->memory_left = memory;
    return (text_view){run->scratch.data != NULL ? run->scratch.data : "", run->scratch.size};
}

static void put_unicode_escape(gjson_run *run, keda_buf *out, uint32_t rune)
{
    static const char digits[] = "0123456789abcdef";
    gjson_put(run, out, gjson_literal("\\u"));
    for (int shift = 12; shift >= 0; shift -= 4)
        gjson_put_char(run, out, digits[rune >> shift & 0xf]);
}

/* What a web page could misread is escaped too. */
static void quote_char(gjson_run *run, keda_buf *out, text_view rest, size_t *size)
{
    static const char special[] = "\b\f\n\r\t\\\"", letters[] = "bfnrt\\\"";
    const uint32_t rune = decode(rest, size);
    const char *found = rune != 0 && rune < 0x80 ? strchr(special, (int)rune) : NULL;
    if (found != NULL) {
        gjson_put_char(run, out, '\\');
        gjson_put_char(run, out, letters[found - special]);
    } else if (rune < ' ' || rune == '<' || rune == '>' || rune == '&' || rune == 0x2028 ||
               rune == 0x2029 || (rune == UNICODE_REPLACEMENT && *size == 1)) {
        put_unicode_escape(run, out, rune);
    } else {
        gjson_put(run, out, gjson_cut(rest, 0, *size));
    }
}

void gjson_quote(gjson_run *run, keda_buf *out, text_view text)
{
    gjson_put_char(run, out, '"');
    size_t size = 0;
    for (size_t i = 0; i < text.size && run->rc == KEDA_OK; i += size)
        quote_char(run, out, gjson_rest(text, i), &size);
    gjson_put_char(run, out, '"');
}

/* One character of the pattern against one of the text; the sizes of both. */
static bool glob_char(text_view text, text_view pattern, size_t *text_size,
                      size_t *pattern_size)
{
    const uint32_t c = decode(text, text_size);
    *pattern_size = 1;
    if (pattern.data[0] == '?')
        return true;
    if (pattern.data[0] != '\\')
        return decode(pattern, pattern_size) == c;
    if (pattern.size == 1)
        return false;
    const bool is_same = decode(gjson_rest(pattern, 1), pattern_size) == c;
    ++*pattern_size;
    return is_same;
}

/* After a mismatch the last star takes one character more; earlier ones need not. */
bool gjson_glob(gjson_run *run, text_view text, text_view pattern)
{
    text_view star_text = {NULL, 0}, star_pattern = {NULL, 0};
    while (text.size > 0 && gjson_work(run, 1)) {
        size_t text_size = 0, pattern_size = 0;
        if (gjson_starts(pattern, '*')) {
            pattern = gjson_rest(pattern, 1);
            star_pattern = pattern;
            star_text = text;
            if (pattern.size == 0)
                return true;
        } else if (pattern.size > 0 && glob_char(text, pattern, &text_size, &pattern_size)) {
            text = gjson_rest(text, text_size);
            pattern = gjson_rest(pattern, pattern_size);
        } else if (star_pattern.data != NULL) {
            (void)decode(star_text, &text_size);
            star_text = gjson_rest(star_text, text_size);
            text = star_text;
            pattern = star_pattern;
        } else {
            return false;
        }
    }
    while (gjson_starts(pattern, '*'))
        pattern = gjson_rest(pattern, 1);
    return pattern.size == 0 && run->rc == KEDA_OK;
}
