/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers behind the operator's metrics: what is registered where. Their text is metrics.c's.
 */
#include "operator/metrics.h"

#include "base/mem.h"
#include "operator/operator.h"

static const char *type_of(const op_dep *d)
{
    return d->kind == NEED_AUTH ? "trigger_authentication" : "cluster_trigger_authentication";
}

static void count(const keda_operator *op, operator_counts *out)
{
    for (const op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o)) {
        out->nready += o->is_ready ? 1 : 0;
        out->resources[out->nresources++] =
            (operator_resources){.type = "scaled_object", .space = o->space, .count = 1};
    }
    for (const op_dep *d = table_next(&op->deps, NULL); d != NULL;
         d = table_next(&op->deps, d)) {
        if (d->watch != NULL)
            out->resources[out->nresources++] =
                (operator_resources){.type = type_of(d), .space = d->space, .count = 1};
    }
}

keda_status keda_operator_metrics(const keda_operator *op, keda_write_fn write, void *user,
                                  keda_error *err)
{
    const size_t n = op->objects.count + op->nauths + op->ncluster_auths;
    operator_counts counts = {.is_leader = op->is_leader, .is_synced = op_are_all_listed(op)};
    int64_t dropped = 0;

    counts.resources = mem_zalloc(n + 1, sizeof *counts.resources);
    if (counts.resources == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    count(op, &counts);
    counts.events_waiting = (int64_t)keda_kube_events_waiting(op->kube, &dropped);
    counts.events_dropped = dropped;
    const keda_status rc = operator_metrics_write(&counts, write, user, err);
    mem_free(counts.resources);
    return rc;
}
