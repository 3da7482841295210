/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_engine_metrics: KEDA's families with KEDA's labels (spec: observability 1.1), and our own for
 * what KEDA leaves to the HPA or to logs. Series of what is gone are gone.
 */
#include "base/text.h"
#include "engine/entry.h"
#include "engine/journaling.h"
#include "engine/order.h"
#include "engine/status.h"
#include "engine/trigger.h"
#include "observe/prometheus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NLABELS = 6 };

/* ---- one number per metric of a trigger: label set L */

typedef struct metric_family {
    const char *name, *type, *help;
    bool needs_value; /* nothing is written before the first good reading, or while failing */
    double (*value)(const workload *w, const trigger *t, const metric *m);
} metric_family;

static double active_of(const workload *w, const trigger *t, const metric *m)
{
    (void)w;
    (void)t;
    return m->was_active > 0 ? 1.0 : 0.0;
}

static double value_of(const workload *w, const trigger *t, const metric *m)
{
    (void)w;
    (void)t;
    return m->value;
}

static double latency_of(const workload *w, const trigger *t, const metric *m)
{
    (void)w;
    (void)m;
    return (double)t->latency_ms / 1000.0;
}

static double errors_of(const workload *w, const trigger *t, const metric *m)
{
    (void)w;
    (void)m;
    return (double)t->errors_total;
}

static double failing_of(const workload *w, const trigger *t, const metric *m)
{
    (void)m;
    if (t->failures == 0)
        return 0.0;
    const int64_t since_ms = engine_wall_ms(w->engine) - t->failing_since_ms;
    return since_ms > 0 ? (double)since_ms / 1000.0 : 0.0;
}

static double age_of(const workload *w, const trigger *t, const metric *m)
{
    (void)t;
    return (double)(engine_now_ms(w->engine) - m->read_at_ms) / 1000.0;
}

static const metric_family metric_families[] = {
    {"keda_scaler_active", "gauge", "Whether the metric is active, while its trigger answers.",
     true, active_of},
    {"keda_scaler_metrics_value", "gauge", "Value of the metric, while its trigger answers.",
     true, value_of},
    {"keda_scaler_metrics_latency_seconds", "gauge", "Duration of the last poll.", false,
     latency_of},
    {"keda_scaler_detail_errors_total", "counter", "Failed polls.", false, errors_of},
    {"keda_scaler_failing_seconds", "gauge",
     "For how long its trigger has failed; 0: it answers.", false, failing_of},
    {"keda_scaler_value_age_seconds", "gauge", "Age of the last good value.", true, age_of},
};

/* KEDA keeps the last value of a failing trigger; here it is not there (spec: O1c). Its age stays. */
static bool is_written(const metric_family *f, const trigger *t, const metric *m)
{
    if (!f->needs_value)
        return true;
    return m->has_value && (t->failures == 0 || f->value == age_of);
}

static void put_metric(prom_writer *p, const metric_family *f, const workload *w,
                       const metric *m)
{
    const trigger *t = &w->triggers[m->trigger];
    char index[16];
    const prom_label labels[NLABELS] = {
        {"namespace", w->object.space},   {"metric", m->spec->name},
        {"scaledObject", w->object.name}, {"scaler", status_scaler_label(t)},
        {"triggerIndex", index},          {"type", "scaledobject"},
    };

    if (!is_written(f, t, m))
        return;
    (void)snprintf(index, sizeof index, "%d", (int)m->trigger);
    prom_sample(p, labels, NLABELS, f->value(w, t, m));
}

static void put_metric_family(prom_writer *p, const keda_engine *e, const metric_family *f)
{
    const workload *w = NULL;

    prom_family(p, f->name, f->type, f->help);
    for (size_t i = 0; (w = order_at(e->order, &e->workloads, i)) != NULL; i++) {
        for (size_t j = 0; j < w->nmetrics; j++)
            put_metric(p, f, w, &w->metrics[j]);
    }
}

/* ---- one number per workload */

typedef struct workload_family {
    const char *name, *type, *help;
    double (*value)(const workload *w, const keda_workload_status *s); /* negative: absent */
} workload_family;

static double object_errors_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->errors_total;
}

/* KEDA: the condition, which one-way pauses set too. */
static double paused_of(const workload *w, const keda_workload_status *s)
{
    const bool is_paused = w->object.pause != 0 || s->paused.status == KEDA_CONDITION_TRUE;
    return is_paused ? 1.0 : 0.0;
}

static double current_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->spec_replicas;
}

static double ready_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->ready_replicas;
}

static double desired_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->desired_replicas;
}

static double min_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->min_replicas;
}

static double max_of(const workload *w, const keda_workload_status *s)
{
    (void)w;
    return (double)s->max_replicas;
}

static const workload_family workload_families[] = {
    {"keda_scaled_object_errors_total", "counter", "Errors of the object.", object_errors_of},
    {"keda_scaled_object_paused", "gauge", "Whether scaling is paused.", paused_of},
    {"keda_scaled_object_current_replicas", "gauge",
     "Replicas that the target has been set to.", current_of},
    {"keda_scaled_object_ready_replicas", "gauge", "Replicas that are ready.", ready_of},
    {"keda_scaled_object_desired_replicas", "gauge", "Replicas wanted by the last decision.",
     desired_of},
    {"keda_scaled_object_min_replicas", "gauge", "Lowest count.", min_of},
    {"keda_scaled_object_max_replicas", "gauge", "Highest count.", max_of},
};

static void put_workload_family(prom_writer *p, const keda_engine *e, const workload_family *f)
{
    const workload *w = NULL;
    keda_workload_status s;

    prom_family(p, f->name, f->type, f->help);
    for (size_t i = 0; (w = order_at(e->order, &e->workloads, i)) != NULL; i++) {
        const prom_label labels[] = {{"namespace", w->object.space},
                                     {"scaledObject", w->object.name}};
        status_of_workload(w, NULL, &s);
        const double value = f->value(w, &s);
        if (value >= 0.0)
            prom_sample(p, labels, 2, value);
    }
}

static void put_decisions(prom_writer *p, const keda_engine *e)
{
    const workload *w = NULL;

    prom_family(p, "keda_scaled_object_decisions_total", "counter",
                "Decisions by the rule that bound.");
    for (size_t i = 0; (w = order_at(e->order, &e->workloads, i)) != NULL; i++) {
        for (int32_t reason = 0; reason < KEDA_REASON_COUNT; reason++) {
            const prom_label labels[] = {{"namespace", w->object.space},
                                         {"scaledObject", w->object.name},
                                         {"reason", keda_reason_name(reason)}};
            if (w->decisions_by_reason[reason] > 0)
                prom_sample(p, labels, 3, (double)w->decisions_by_reason[reason]);
        }
    }
}

static void put_lateness(prom_writer *p, const keda_engine *e)
{
    const workload *w = NULL;

    prom_family(p, "keda_internal_scale_loop_latency_seconds", "gauge",
                "How late the last poll started.");
    for (size_t i = 0; (w = order_at(e->order, &e->workloads, i)) != NULL; i++) {
        const prom_label labels[] = {{"namespace", w->object.space},
                                     {"type", "scaledobject"},
                                     {"resource", w->object.name}};
        prom_sample(p, labels, 3, (double)w->lateness_ms / 1000.0);
    }
}

/* ---- what there is */

static size_t count_triggers(const keda_engine *e, const scaler_type *type)
{
    size_t n = 0;
    for (const workload *w = table_next(&e->workloads, NULL); w != NULL;
         w = table_next(&e->workloads, w)) {
        for (size_t i = 0; i < w->object.ntriggers; i++)
            n += w->triggers[i].type == type ? 1 : 0;
    }
    return n;
}

static void put_registered_triggers(prom_writer *p, const keda_engine *e)
{
    prom_family(p, "keda_trigger_registered_total", "gauge", "Triggers at work, by type.");
    for (size_t i = 0; i < e->registry.scalers.count; i++) {
        const scaler_type *type = e->registry.scalers.items[i];
        const prom_label label = {"type", type->desc.type};
        const size_t n = count_triggers(e, type);
        if (n > 0)
            prom_sample(p, &label, 1, (double)n);
    }
}

static int by_text(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

/* "Secret/default/kafka" up to its name. */
static size_t space_end(const char *object)
{
    const char *space = strchr(object, '/') + 1;
    return (size_t)(strchr(space, '/') - object);
}

/* Sorted, those of one namespace lie together. */
static void put_spaces(prom_writer *p, const char *type, char *const *objects, size_t n)
{
    char space[256];

    for (size_t i = 0, last; i < n; i = last) {
        const size_t end = space_end(objects[i]) + 1;
        for (last = i; last < n && strncmp(objects[last], objects[i], end) == 0; last++)
            continue;
        const char *start = strchr(objects[i], '/') + 1;
        (void)snprintf(space, sizeof space, "%.*s", (int)(objects[i] + end - 1 - start), start);
        const prom_label labels[] = {{"type", type},
                                     {"namespace", space[0] == '\0' ? "default" : space}};
        prom_sample(p, labels, 2, (double)(last - i));
    }
}

static void put_registered_kind(prom_writer *p, const keda_engine *e, const char *kind,
                                const char *type)
{
    pointers objects = {0};

    for (const entry *en = table_next(&e->entries, NULL); en != NULL;
         en = table_next(&e->entries, en)) {
        if (text_has_prefix(en->object, kind) && p->status == KEDA_OK)
            p->status =
                pointers_add(&objects, en->object, NULL); /* no count that is too small */
    }
    if (objects.count > 1)
        qsort(objects.items, objects.count, sizeof objects.items[0], by_text);
    put_spaces(p, type, (char *const *)objects.items, objects.count);
    pointers_clear(&objects);
}

static void put_registered(prom_writer *p, const keda_engine *e)
{
    put_registered_triggers(p, e);
    if (e->observer.decided != NULL)
        return; /* the operator knows the cluster's, and writes the family itself */
    prom_family(p, "keda_resource_registered_total", "gauge", "Resources at work, by type.");
    put_registered_kind(p, e, "ScaledObject/", "scaled_object");
    put_registered_kind(p, e, "TriggerAuthentication/", "trigger_authentication");
    put_registered_kind(p, e, "ClusterTriggerAuthentication/",
                        "cluster_trigger_authentication");
}

static void put_journal(prom_writer *p, const keda_engine *e)
{
    const int64_t errors = journaling_errors(e);

    if (errors < 0)
        return;
    prom_family(p, "keda_journal_errors_total", "counter",
                "Writes of the journal that failed.");
    prom_sample(p, NULL, 0, (double)errors);
}

static void put_build(prom_writer *p)
{
    const prom_label labels[] = {{"version", keda_version()},
                                 {"git_commit", ""},
                                 {"goversion", ""},
                                 {"goos", "linux"},
                                 {"goarch", ""}};
    prom_family(p, "keda_build_info", "gauge", "The library in use.");
    prom_sample(p, labels, sizeof labels / sizeof labels[0], 1.0);
}

keda_status keda_engine_metrics(const keda_engine *e, keda_write_fn write, void *user,
                                keda_error *err)
{
    prom_writer p;

    prom_init(&p, write, user);
    put_build(&p);
    for (size_t i = 0; i < sizeof metric_families / sizeof metric_families[0]; i++)
        put_metric_family(&p, e, &metric_families[i]);
    for (size_t i = 0; i < sizeof workload_families / sizeof workload_families[0]; i++)
        put_workload_family(&p, e, &workload_families[i]);
    put_decisions(&p, e);
    put_lateness(&p, e);
    put_registered(&p, e);
    put_journal(&p, e);
    return prom_end(&p, err);
}
