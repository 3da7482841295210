/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: what the engine made of a ScaledObject, lent to those who decide without its cycle.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "engine/order.h"
#include "engine/status.h"

static void name_all(const keda_engine *e, keda_buf *out)
{
    enum { MOST = 8 };
    const workload *w;

    for (size_t i = 0; i < MOST && (w = order_at(e->order, &e->workloads, i)) != NULL; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? "" : ", ", w->object.id);
    if (e->workloads.count > MOST)
        (void)buf_puts(out, ", ...");
}

static keda_status ambiguous(const keda_engine *e, keda_error *err)
{
    keda_buf names = {0};

    name_all(e, &names);
    const keda_status rc =
        keda_error_set(err, KEDA_EINVAL, "there are %zu workloads (%s): name one of them",
                       e->workloads.count, names.data == NULL ? "" : names.data);
    keda_buf_clear(&names);
    return rc;
}

static keda_status find(const keda_engine *e, const char *id, workload **out, keda_error *err)
{
    workload *w =
        id != NULL ? table_find(&e->workloads, id) : order_at(e->order, &e->workloads, 0);

    if (w == NULL && id != NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    if (w == NULL && e->workloads.count > 0)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no ScaledObject");
    if (id == NULL && e->workloads.count > 1)
        return ambiguous(e, err);
    *out = w;
    return KEDA_OK;
}

/* Most workloads are never asked for theirs. */
static keda_status make_policy(workload *w, keda_error *err)
{
    if (w->plan != NULL)
        return KEDA_OK;
    w->plan = mem_alloc(sizeof *w->plan);
    if (w->plan == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    workload_policy(w, w->plan);
    return KEDA_OK;
}

keda_status keda_engine_plan(const keda_engine *e, const char *id, keda_plan *out,
                             keda_error *err)
{
    workload *w = NULL;
    keda_status rc = find(e, id, &w, err);

    if (w == NULL || (rc = make_policy(w, err)) != KEDA_OK)
        return rc;
    const keda_plan all = {.struct_size = sizeof all,
                           .workload = w->object.id,
                           .policy = w->plan,
                           .metrics = w->metric_names,
                           .polling_interval_ms = w->object.polling_interval_ms,
                           .sync_interval_ms = w->object.sync_interval_ms,
                           .ntriggers = w->object.ntriggers};
    return status_copy_out(out, &all, sizeof all, err);
}

keda_status keda_engine_plan_trigger(const keda_engine *e, const char *id, size_t i,
                                     keda_plan_trigger *out, keda_error *err)
{
    workload *w = NULL;
    const keda_status rc = find(e, id, &w, err);

    if (w == NULL)
        return rc;
    if (i >= w->object.ntriggers)
        return keda_error_set(err, KEDA_ENOTFOUND, "%s has no trigger number %zu", w->object.id,
                              i);
    const trigger *t = &w->triggers[i];
    const keda_plan_trigger all = {.struct_size = sizeof all,
                                   .type = t->spec->type,
                                   .name = t->spec->name == NULL ? "" : t->spec->name,
                                   .uses_cached = t->spec->use_cached_metrics ? 1 : 0,
                                   .first_metric = t->first_metric,
                                   .nmetrics = t->specs.count};
    return status_copy_out(out, &all, sizeof all, err);
}
