/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads in the order of their ids, for those who list them. Sorted when asked for after a change.
 */
#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#include "engine/workload.h"

typedef struct engine_order engine_order;

keda_status order_new(engine_order **out, keda_error *err);
void order_free(engine_order *order); /* NULL is fine */
void order_changed(engine_order *order);
/* Room for so many, without which nothing can be sorted. */
keda_status order_reserve(engine_order *order, size_t count, keda_error *err);
/* Number i, or NULL beyond the end. */
workload *order_at(engine_order *order, const table *workloads, size_t i);

#endif
