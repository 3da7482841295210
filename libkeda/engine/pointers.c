/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing a list of pointers, and giving back what it did not need.
 */
#include "engine/pointers.h"

#include "base/mem.h"

keda_status pointers_reserve(pointers *list, size_t more, keda_error *err)
{
    keda_status rc = KEDA_OK;

    while (rc == KEDA_OK && list->capacity - list->count < more) {
        void *items = list->items;
        rc = mem_grow(&items, &list->capacity, list->capacity, sizeof(void *), err);
        list->items = items;
    }
    return rc;
}

keda_status pointers_add(pointers *list, void *item, keda_error *err)
{
    const keda_status rc = pointers_reserve(list, 1, err);
    if (rc == KEDA_OK)
        list->items[list->count++] = item;
    return rc;
}

void pointers_clear(pointers *list)
{
    mem_free(list->items);
    *list = (pointers){0};
}
