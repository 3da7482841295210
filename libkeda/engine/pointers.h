/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing list of pointers; what they point to is the user's business.
 */
#ifndef ENGINE_POINTERS_H
#define ENGINE_POINTERS_H

#include <stddef.h>

#include <keda/error.h>

typedef struct pointers {
    void **items;
    size_t count, capacity;
} pointers;

/* Makes room for so many more, so that as many adds cannot fail. */
keda_status pointers_reserve(pointers *list, size_t more, keda_error *err);
keda_status pointers_add(pointers *list, void *item, keda_error *err);
void pointers_clear(pointers *list);

#endif
