/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splitting output into lines. Reading is the caller's.
 */
#include "lines.h"

#include <string.h>

char *lines_room(line_buffer *lines, size_t *room)
{
    *room = sizeof lines->data - lines->size;
    return lines->data + lines->size;
}

void lines_added(line_buffer *lines, size_t n, line_fn each, void *user)
{
    size_t searched = lines->size;
    size_t start = 0;
    lines->size += n;
    for (const char *end;
         (end = memchr(lines->data + searched, '\n', lines->size - searched));) {
        const size_t at = (size_t)(end - lines->data);
        each(lines->data + start, at - start, user);
        start = at + 1;
        searched = start;
    }
    lines->size -= start;
    memmove(lines->data, lines->data + start, lines->size);
    if (lines->size == sizeof lines->data)
        lines_flush(lines, each, user);
}

void lines_flush(line_buffer *lines, line_fn each, void *user)
{
    const size_t size = lines->size;
    lines->size = 0;
    if (size > 0)
        each(lines->data, size, user);
}
