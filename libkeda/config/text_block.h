/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many small texts of one owner put into one block of memory: measured first, then moved. Each alone
 * would take a header and rounding, more than most texts themselves.
 */
#ifndef CONFIG_TEXT_BLOCK_H
#define CONFIG_TEXT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct text_block {
    char *memory; /* NULL: only measured so far */
    size_t size;  /* of all that was taken */
} text_block;

/* Adds the size of a text while there is no memory; else moves it there and frees where it was. NULL
 * stays NULL. */
void text_block_take(text_block *all, char **text);
/* Makes room for what was measured; false without memory, and everything stays where it is. */
bool text_block_make(text_block *all);
/* Wipes and frees; what pointed into it points nowhere. */
void text_block_clear(text_block *all);

#endif
