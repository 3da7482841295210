/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes as they are read to lines, in bounded memory: a longer line comes in pieces. Pure.
 */
#ifndef LOOP_LINES_H
#define LOOP_LINES_H

#include <stddef.h>

enum { LINES_MAX = 4096 };

typedef struct line_buffer {
    size_t size;
    char data[LINES_MAX];
} line_buffer;

typedef void (*line_fn)(const char *line, size_t size, void *user);

/* Where the next bytes go and how many fit, never none. */
char *lines_room(line_buffer *lines, size_t *room);
/* Takes n bytes written there; hands out each line that is now whole, without its end. */
void lines_added(line_buffer *lines, size_t n, line_fn each, void *user);
/* Hands out what is left, when there is anything. */
void lines_flush(line_buffer *lines, line_fn each, void *user);

#endif
