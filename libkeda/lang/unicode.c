/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding, encoding and table look-ups. The tables are data; see unicode_tables.h.
 */
#include "unicode.h"

#include "unicode_tables.h"

static bool is_tail(const char *text, size_t size, size_t i)
{
    return i < size && ((unsigned char)text[i] & 0xc0) == 0x80;
}

/* Length that the first byte announces, its payload in *c; 0: none. */
static size_t lead(unsigned char byte, uint32_t *c)
{
    if (byte < 0x80) {
        *c = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        *c = byte & 0x1f;
        return 2;
    }
    if (byte >= 0xe0 && byte <= 0xef) {
        *c = byte & 0x0f;
        return 3;
    }
    *c = byte & 0x07;
    return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

size_t utf8_decode(const char *text, size_t size, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = 0;
    const size_t n = lead((unsigned char)text[0], &c);
    bool is_good = n > 0;
    for (size_t i = 1; i < n && is_good; i++) {
        is_good = is_tail(text, size, i);
        if (is_good)
            c = (c << 6) | ((unsigned char)text[i] & 0x3f);
    }
    is_good = is_good && c >= least[n] && c <= UNICODE_MAX && !is_surrogate(c);
    *out = is_good ? c : UNICODE_REPLACEMENT;
    return is_good ? n : 1;
}

size_t utf8_encode(uint32_t c, char *out)
{
    if (c > UNICODE_MAX || is_surrogate(c))
        c = UNICODE_REPLACEMENT;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint32_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(marks[n] | c);
    return n;
}

size_t utf8_count(const char *text, size_t size)
{
    size_t n = 0;
    uint32_t c = 0;
    for (size_t i = 0; i < size; n++)
        i += utf8_decode(text + i, size - i, &c);
    return n;
}

bool unicode_is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static bool is_within(const struct unicode_range *ranges, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && c >= ranges[low].first;
}

bool unicode_is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return is_within(letters, sizeof letters / sizeof letters[0], c);
}

bool unicode_is_digit(uint32_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9';
    return is_within(digits, sizeof digits / sizeof digits[0], c);
}

static const struct unicode_case *case_of(uint32_t c)
{
    size_t low = 0, high = sizeof cases / sizeof cases[0];
    const size_t n = high;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c > cases[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && c >= cases[low].first ? &cases[low] : NULL;
}

uint32_t unicode_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    const struct unicode_case *found = case_of(c);
    if (found == NULL)
        return c;
    if (found->to_upper == ALTERNATE)
        return c - ((c - found->first) & 1);
    return (uint32_t)((int32_t)c + found->to_upper);
}

uint32_t unicode_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
    const struct unicode_case *found = case_of(c);
    if (found == NULL)
        return c;
    if (found->to_lower == ALTERNATE)
        return found->first + ((c - found->first) | 1);
    return (uint32_t)((int32_t)c + found->to_lower);
}
