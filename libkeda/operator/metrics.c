/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KEDA's family of registered resources, and our own for what only logs tell elsewhere.
 */
#include "operator/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "observe/prometheus.h"

static const char *space_of(const operator_resources *r)
{
    return r->space == NULL || r->space[0] == '\0' ? "default" : r->space;
}

static int by_type_and_space(const void *a, const void *b)
{
    const operator_resources *left = a, *right = b;
    const int by_type = strcmp(left->type, right->type);
    return by_type != 0 ? by_type : strcmp(space_of(left), space_of(right));
}

/* Sorted, those of one type and namespace lie together. */
static void put_resources(prom_writer *p, operator_resources *all, size_t n)
{
    prom_family(p, "keda_resource_registered_total", "gauge", "Resources at work, by type.");
    if (n > 1)
        qsort(all, n, sizeof *all, by_type_and_space);
    for (size_t i = 0, last; i < n; i = last) {
        const prom_label labels[] = {{"type", all[i].type}, {"namespace", space_of(&all[i])}};
        int64_t sum = 0;
        for (last = i; last < n && by_type_and_space(&all[i], &all[last]) == 0; last++)
            sum += all[last].count;
        prom_sample(p, labels, 2, (double)sum);
    }
}

static void put_number(prom_writer *p, const char *name, const char *type, const char *help,
                       int64_t value)
{
    prom_family(p, name, type, help);
    prom_sample(p, NULL, 0, (double)value);
}

keda_status operator_metrics_write(const operator_counts *counts, keda_write_fn write,
                                   void *user, keda_error *err)
{
    prom_writer p;

    prom_init(&p, write, user);
    put_resources(&p, counts->resources, counts->nresources);
    put_number(&p, "keda_scaled_objects_ready", "gauge",
               "ScaledObjects whose condition Ready is True.", counts->nready);
    put_number(&p, "keda_leader", "gauge", "1 while this process acts.",
               counts->is_leader ? 1 : 0);
    put_number(&p, "keda_kube_synced", "gauge", "1 when all collections have been listed.",
               counts->is_synced ? 1 : 0);
    put_number(&p, "keda_kube_events_waiting", "gauge", "Events not posted yet.",
               counts->events_waiting);
    put_number(&p, "keda_kube_events_dropped_total", "counter", "Events that were not posted.",
               counts->events_dropped);
    return prom_end(&p, err);
}
