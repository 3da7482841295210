/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of a worker's output, and its lines made fit for a log. Knows no process and no log.
 */
#include "targets/pool_output.h"

#include <stdio.h>
#include <string.h>

#include "loop/lines.h"

enum { SECOND_MS = 1000, MAX_SHOWN_CHARACTER = 4 };

static void drop(pool_output *output)
{
    if (output->ndropped == 0)
        output->due_ms = output->since_ms + SECOND_MS;
    output->ndropped++;
}

bool output_takes(pool_output *output, size_t size, bool is_stderr, int64_t now_ms)
{
    const bool is_rest = output->goes_on[is_stderr];
    output->goes_on[is_stderr] = size == LINES_MAX;
    if (is_rest)
        return false;
    if (now_ms - output->since_ms >= SECOND_MS) {
        output->since_ms = now_ms;
        output->nlines = output->nbytes = 0;
    }
    if (output->nlines >= OUTPUT_LINES || output->nbytes + size > OUTPUT_BYTES) {
        drop(output);
        return false;
    }
    output->nlines++;
    output->nbytes += size;
    return true;
}

int64_t output_due_ms(const pool_output *output)
{
    return output->ndropped > 0 ? output->due_ms : -1;
}

int64_t output_take_dropped(pool_output *output)
{
    const int64_t ndropped = output->ndropped;
    output->ndropped = 0;
    return ndropped;
}

/* ---- lines for people */

/* Bytes a character takes by its first one; 0: none begins so. */
static size_t width_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates and what is above U+10FFFF show in the second byte. */
static bool is_second(unsigned char first, unsigned char second)
{
    const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most;
}

/* Size of the character at p, 0 when there is none. */
static size_t character_at(const unsigned char *p, size_t size)
{
    const size_t width = width_of(p[0]);
    if (width > size || (width > 1 && !is_second(p[0], p[1])))
        return 0;
    for (size_t i = 2; i < width; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return width;
}

static bool is_control(const unsigned char *p, size_t width)
{
    if (width == 1)
        return (p[0] < 0x20 && p[0] != '\t') || p[0] == 0x7f;
    return width == 2 && p[0] == 0xc2 && p[1] < 0xa0; /* U+0080 to U+009F */
}

/* Writes one character as it is shown, unterminated; *taken: how much of the line it was. */
static size_t show_one(char out[MAX_SHOWN_CHARACTER + 1], const unsigned char *p, size_t size,
                       size_t *taken)
{
    const size_t width = character_at(p, size);
    *taken = width > 0 ? width : 1;
    if (width == 0) {
        memcpy(out, "\xef\xbf\xbd", 3);
        return 3;
    }
    if (is_control(p, width)) {
        (void)snprintf(out, MAX_SHOWN_CHARACTER + 1, "\\x%02x", p[width - 1]);
        return 4;
    }
    memcpy(out, p, width);
    return width;
}

const char *output_show(char *out, const char *line, size_t size)
{
    const unsigned char *p = (const unsigned char *)line;
    size_t at = 0;
    if (size > 0 && p[size - 1] == '\r')
        size--;
    for (size_t i = 0, taken = 0; i < size; i += taken) {
        char shown[MAX_SHOWN_CHARACTER + 1];
        const size_t n = show_one(shown, p + i, size - i, &taken);
        if (at + n > OUTPUT_SHOWN) {
            memcpy(out + at, " ...", 4);
            at += 4;
            break;
        }
        memcpy(out + at, shown, n);
        at += n;
    }
    out[at] = '\0';
    return out;
}
