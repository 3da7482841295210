/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts in one block, which is wiped like the texts were: some of them are parameters with secrets.
 */
#include "text_block.h"

#include <string.h>

#include "base/mem.h"

void text_block_take(text_block *all, char **text)
{
    if (*text == NULL)
        return;
    const size_t size = strlen(*text) + 1;
    char *const at = all->memory == NULL ? NULL : all->memory + all->size;
    all->size += size;
    if (at == NULL)
        return;
    memcpy(at, *text, size);
    mem_free_secret(*text);
    *text = at;
}

bool text_block_make(text_block *all)
{
    all->memory = mem_alloc(all->size);
    all->size = 0;
    return all->memory != NULL;
}

void text_block_clear(text_block *all)
{
    if (all->memory != NULL)
        mem_wipe(all->memory, all->size);
    mem_free(all->memory);
    *all = (text_block){0};
}
