/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about strings which C has no answer for. Building strings is buf.c's, numbers are
 * num.c's.
 */
#include "text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* White space as Unicode has it, in UTF-8; U+2000 to U+200A are looked at by range. */
static const char *const spaces[] = {
    "\t",           "\n",           "\v",
    "\f",           "\r",           " ",
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
    "\xe2\x81\x9f", "\xe3\x80\x80",
};

static bool is_space(const char *data, size_t size)
{
    if (size == 3 && memcmp(data, "\xe2\x80", 2) == 0 && (unsigned char)data[2] >= 0x80 &&
        (unsigned char)data[2] <= 0x8a)
        return true;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (strlen(spaces[i]) == size && memcmp(data, spaces[i], size) == 0)
            return true;
    return false;
}

static size_t space_at_start(const char *data, size_t size)
{
    for (size_t n = 1; n <= 3 && n <= size; n++)
        if (is_space(data, n))
            return n;
    return 0;
}

static size_t space_at_end(const char *data, size_t size)
{
    for (size_t n = 1; n <= 3 && n <= size; n++)
        if (is_space(data + size - n, n))
            return n;
    return 0;
}

text_view text_trim(const char *data, size_t size)
{
    for (size_t n; (n = space_at_start(data, size)) > 0; size -= n)
        data += n;
    for (size_t n; (n = space_at_end(data, size)) > 0;)
        size -= n;
    return (text_view){.data = data, .size = size};
}

bool text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool text_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_suffix(const char *text, const char *suffix)
{
    const size_t size = strlen(text);
    const size_t tail = strlen(suffix);
    return size >= tail && memcmp(text + size - tail, suffix, tail) == 0;
}

enum { MAX_NAME = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours, ASCII case aside. */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][MAX_NAME + 1];
    size_t *before = rows[0], *previous = rows[1], *row = rows[2];
    for (size_t j = 0; j <= nb; j++)
        previous[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] =
                least(previous[j - 1] + (x == y ? 0 : 1), least(previous[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = previous;
        previous = row;
        row = free_row;
    }
    return previous[nb];
}

const char *text_nearest(const char *text, const char *const *candidates, size_t n)
{
    const size_t size = strlen(text);
    if (size == 0 || size > MAX_NAME)
        return NULL;
    const char *nearest = NULL;
    size_t bound = least((size + 2) / 3, 4) + 1; /* a third of the letters may differ */
    for (size_t i = 0; i < n; i++) {
        const size_t other = strlen(candidates[i]);
        if (other == 0 || other > MAX_NAME)
            continue;
        const size_t distance = edit_distance(text, size, candidates[i], other);
        if (distance < bound && distance < least(size, other)) {
            nearest = candidates[i];
            bound = distance;
        }
    }
    return nearest;
}

bool text_equal_secret(const char *a, size_t na, const char *b, size_t nb)
{
    if (na != nb)
        return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < na; i++)
        difference = (unsigned char)(difference | (unsigned char)(a[i] ^ b[i]));
    return difference == 0;
}

size_t text_copy(char *out, size_t size, const char *text)
{
    if (size == 0)
        return 0;
    const size_t n = strnlen(text, size - 1);
    memcpy(out, text, n);
    out[n] = '\0';
    return n;
}

void text_cut_broken_end(char *text)
{
    const size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    const unsigned char lead = (unsigned char)text[start - 1];
    const size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (size - (start - 1) < wanted)
        text[start - 1] = '\0';
}

const char *text_errno(int error, char *out, size_t size)
{
    return strerror_r(error, out, size);
}
