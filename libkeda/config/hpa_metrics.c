/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.metrics of a HorizontalPodAutoscaler, and the names in the status (KEDA: getScaledObjectMetricSpecs).
 */
#include "hpa_inside.h"

#include <stdio.h>
#include <string.h>

#include "lang/gofloat.h"
#include "lang/quantity.h"

static const char composite_name[] = "composite-metric";

/* ---- targets */

enum { TARGET_TEXT = QUANTITY_TEXT_SIZE };

static void whole_text(int64_t milli, char *out)
{
    quantity value;

    quantity_from_milli(milli, &value);
    (void)quantity_text(&value, out, TARGET_TEXT);
}

/* KEDA prints a double with three decimals and reads that text as a quantity, which may then print as
 * it was written. */
static void decimal_text(int64_t milli, char *out)
{
    quantity value;

    (void)snprintf(out, TARGET_TEXT, "%lld.%03lld", (long long)(milli / 1000),
                   (long long)(milli % 1000));
    if (quantity_parse(out, &value) && !value.keeps_text)
        (void)quantity_text(&value, out, TARGET_TEXT);
}

static json_t *value_target(hpa_draft *d, int32_t type, const char *value)
{
    const bool is_value = type == KEDA_TARGET_VALUE;
    json_t *target = json_object();

    hpa_set_text(d, target, "type", is_value ? "Value" : "AverageValue");
    hpa_set_text(d, target, is_value ? "value" : "averageValue", value);
    return target;
}

static json_t *spec_target(hpa_draft *d, int32_t type, const metric_spec *spec)
{
    char text[TARGET_TEXT];

    if (spec->is_whole)
        whole_text(spec->target_milli, text);
    else
        decimal_text(spec->target_milli, text);
    return value_target(d, type, text);
}

static json_t *resource_target(hpa_draft *d, const metric_spec *spec)
{
    json_t *target = json_object();
    const char *amount = spec->resource->quantity;

    hpa_set_text(d, target, "type", amount == NULL ? "Utilization" : "AverageValue");
    if (amount == NULL)
        hpa_set(d, target, "averageUtilization", json_integer(spec->target_milli / 1000));
    else
        hpa_set_text(d, target, "averageValue", amount);
    return target;
}

/* ---- metrics */

static json_t *external_metric(hpa_draft *d, const char *name, json_t *take_target)
{
    json_t *labels = json_object(), *selector = json_object(), *named = json_object();
    json_t *external = json_object(), *metric = json_object();

    hpa_set_text(d, labels, "scaledobject.keda.sh/name", d->in->object->name);
    hpa_set(d, selector, "matchLabels", labels);
    hpa_set_text(d, named, "name", name);
    hpa_set(d, named, "selector", selector);
    hpa_set(d, external, "metric", named);
    hpa_set(d, external, "target", take_target);
    hpa_set_text(d, metric, "type", "External");
    hpa_set(d, metric, "external", external);
    return metric;
}

static const char *resource_name(const metric_spec *spec)
{
    return spec->resource->is_cpu ? "cpu" : "memory";
}

static json_t *resource_metric(hpa_draft *d, const metric_spec *spec)
{
    const char *container = spec->resource->container;
    json_t *resource = json_object(), *metric = json_object();

    hpa_set_text(d, resource, "name", resource_name(spec));
    hpa_set(d, resource, "target", resource_target(d, spec));
    if (container != NULL)
        hpa_set_text(d, resource, "container", container);
    hpa_set_text(d, metric, "type", container == NULL ? "Resource" : "ContainerResource");
    hpa_set(d, metric, container == NULL ? "resource" : "containerResource", resource);
    return metric;
}

static void add_metric(hpa_draft *d, json_t *metrics, const trigger_spec *trigger,
                       const metric_spec *spec)
{
    if (spec->resource != NULL)
        hpa_add(d, metrics, resource_metric(d, spec));
    else
        hpa_add(d, metrics,
                external_metric(d, spec->name, spec_target(d, trigger->target_type, spec)));
}

static void add_of_source(hpa_draft *d, int32_t source, json_t *metrics)
{
    const scaled_object *object = d->in->object;

    for (size_t i = 0; i < object->ntriggers; i++) {
        const keda_spec_list *list = d->in->specs[i];
        for (size_t j = 0; j < list->count; j++)
            if (metric_spec_source(&list->items[j]) == source)
                add_metric(d, metrics, &object->triggers[i], &list->items[j]);
    }
}

/* KEDA: int64(target * 1000), which cuts. */
static int64_t composite_milli(const scaled_object *object)
{
    const char *text = object->modifiers_target;
    double target = 0.0;

    if (text == NULL || gofloat_parse(text, strlen(text), &target) != KEDA_OK)
        return 0;
    target *= 1000.0;
    return target >= 9223372036854775807.0 ? INT64_MAX : (int64_t)target;
}

static json_t *composite_metric(hpa_draft *d)
{
    const scaled_object *object = d->in->object;
    const char *type = object->modifiers_metric_type;
    const bool is_value = type != NULL && strcmp(type, "Value") == 0;
    char text[TARGET_TEXT];

    whole_text(composite_milli(object), text);
    return external_metric(
        d, composite_name,
        value_target(d, is_value ? KEDA_TARGET_VALUE : KEDA_TARGET_AVERAGE_VALUE, text));
}

json_t *hpa_metrics(hpa_draft *d)
{
    json_t *metrics = json_array();

    if (d->in->object->has_modifiers) { /* KEDA drops those of containers (Q8c) */
        add_of_source(d, KEDA_SOURCE_RESOURCE, metrics);
        hpa_add(d, metrics, composite_metric(d));
        return metrics;
    }
    add_of_source(d, KEDA_SOURCE_CONTAINER_RESOURCE, metrics);
    add_of_source(d, KEDA_SOURCE_EXTERNAL, metrics);
    add_of_source(d, KEDA_SOURCE_RESOURCE, metrics);
    return metrics;
}

/* ---- names */

static json_t *names_of(hpa_draft *d, int32_t source)
{
    json_t *names = json_array();

    for (size_t i = 0; i < d->in->object->ntriggers; i++) {
        const keda_spec_list *list = d->in->specs[i];
        for (size_t j = 0; j < list->count; j++) {
            const metric_spec *spec = &list->items[j];
            if (metric_spec_source(spec) == source)
                hpa_add(d, names,
                        json_string(spec->resource != NULL ? resource_name(spec) : spec->name));
        }
    }
    return names;
}

void hpa_put_names(hpa_draft *d, json_t *status)
{
    hpa_set(d, status, "externalMetricNames", names_of(d, KEDA_SOURCE_EXTERNAL));
    hpa_set(d, status, "resourceMetricNames", names_of(d, KEDA_SOURCE_RESOURCE));
    hpa_set_text(d, status, "compositeScalerName",
                 d->in->object->has_modifiers ? composite_name : "");
}
