/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doubly linked list whose links lie inside its items as their first member; taking one out needs
 * no search. A zeroed link is in no chain.
 */
#ifndef ENGINE_CHAIN_H
#define ENGINE_CHAIN_H

#include <stddef.h>

typedef struct chain_link chain_link;
struct chain_link {
    chain_link *next, *prev;
};

typedef struct chain {
    chain_link *first;
} chain;

static inline void chain_add(chain *c, chain_link *link)
{
    link->prev = NULL;
    link->next = c->first;
    if (c->first != NULL)
        c->first->prev = link;
    c->first = link;
}

static inline void chain_remove(chain *c, chain_link *link)
{
    if (link->prev != NULL)
        link->prev->next = link->next;
    else
        c->first = link->next;
    if (link->next != NULL)
        link->next->prev = link->prev;
    link->next = NULL;
    link->prev = NULL;
}

#endif
