/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted copy of the table of workloads.
 */
#include "engine/order.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct engine_order {
    pointers workloads;
    bool is_sorted;
};

keda_status order_new(engine_order **out, keda_error *err)
{
    engine_order *order = mem_zalloc(1, sizeof *order);
    if (order == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *out = order;
    return KEDA_OK;
}

void order_free(engine_order *order)
{
    if (order == NULL)
        return;
    pointers_clear(&order->workloads);
    mem_free(order);
}

void order_changed(engine_order *order)
{
    order->is_sorted = false;
}

static int by_id(const void *a, const void *b)
{
    const workload *const *left = a;
    const workload *const *right = b;
    return strcmp((*left)->object.id, (*right)->object.id);
}

keda_status order_reserve(engine_order *order, size_t count, keda_error *err)
{
    order->is_sorted = false;
    order->workloads.count = 0;
    return pointers_reserve(&order->workloads, count, err);
}

static void sort(engine_order *order, const table *workloads)
{
    pointers *list = &order->workloads;

    assert(list->capacity >= workloads->count);
    list->count = 0;
    for (workload *w = table_next(workloads, NULL); w != NULL; w = table_next(workloads, w))
        list->items[list->count++] = w;
    if (list->count > 1)
        qsort(list->items, list->count, sizeof list->items[0], by_id);
    order->is_sorted = true;
}

workload *order_at(engine_order *order, const table *workloads, size_t i)
{
    if (!order->is_sorted)
        sort(order, workloads);
    return i < order->workloads.count ? order->workloads.items[i] : NULL;
}
