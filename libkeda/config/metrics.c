/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list behind keda_spec_list: metric specs as a trigger type adds them, named and rounded.
 */
#include "metrics.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "lang/metric_name.h"
#include "lang/quantity.h"

/* "s<index>-" and the normalised name; NULL without memory. Owned by the caller. */
static char *make_name(int32_t index, const char *format, va_list args) KEDA_PRINTF(2, 0);

static char *make_name(int32_t index, const char *format, va_list args)
{
    keda_buf name = {0}, full = {0};
    char *result = NULL;
    if (buf_vprintf(&name, format, args) == KEDA_OK) {
        metric_name_normalize(name.data);
        if (metric_name_prefixed(&full, index, name.data) == KEDA_OK)
            result = mem_strdup(full.data);
    }
    keda_buf_clear(&name);
    keda_buf_clear(&full);
    return result;
}

static void free_resource(metric_resource *resource)
{
    if (resource == NULL)
        return;
    mem_free(resource->container);
    mem_free(resource->quantity);
    mem_free(resource);
}

static keda_status append(keda_spec_list *out, metric_spec *take_spec, keda_error *err)
{
    void *items = out->items;
    keda_status rc = take_spec->name == NULL ? keda_error_set(err, KEDA_ENOMEM, "out of memory")
                                             : mem_grow(&items, &out->capacity, out->count,
                                                        sizeof *out->items, err);
    if (rc != KEDA_OK) {
        mem_free(take_spec->name);
        free_resource(take_spec->resource);
        return rc;
    }
    out->items = items;
    out->items[out->count++] = *take_spec;
    return KEDA_OK;
}

static keda_status check_target(const keda_spec_list *out, int64_t target_milli,
                                keda_error *err)
{
    if (target_milli > 0 || out->is_metric_source != 0 || out->takes_any_target != 0)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EINVAL, "the target must be greater than zero");
}

keda_status keda_spec_add(keda_spec_list *out, double target, double activation,
                          keda_error *err, const char *format, ...)
{
    metric_spec spec = {.target_milli = num_milli(target), .activation = activation};
    const keda_status rc = check_target(out, spec.target_milli, err);
    if (rc != KEDA_OK)
        return rc;
    va_list args;
    va_start(args, format);
    spec.name = make_name(out->trigger_index, format, args);
    va_end(args);
    return append(out, &spec, err);
}

keda_status keda_spec_add_integer(keda_spec_list *out, int64_t target, double activation,
                                  keda_error *err, const char *format, ...)
{
    const bool is_kept = target >= 0 || out->takes_any_target != 0;
    metric_spec spec = {.target_milli = is_kept ? num_mul_sat(target, 1000) : 0,
                        .activation = activation,
                        .is_whole = true};
    const keda_status rc = check_target(out, spec.target_milli, err);
    if (rc != KEDA_OK)
        return rc;
    va_list args;
    va_start(args, format);
    spec.name = make_name(out->trigger_index, format, args);
    va_end(args);
    return append(out, &spec, err);
}

keda_status keda_spec_add_name(keda_spec_list *out, const char *name, double target,
                               double activation, keda_error *err)
{
    return keda_spec_add(out, target, activation, err, "%s", name);
}

/* ---- resources */

/* A whole number with an optional sign, as upstream reads it; nothing else. */
static bool read_percent(const char *text, int64_t *milli)
{
    int64_t percent = 0;
    if (!num_parse_i64(text, &percent) || percent < INT32_MIN || percent > INT32_MAX)
        return false;
    *milli = percent * 1000;
    return true;
}

static keda_status read_quantity(const char *text, metric_spec *spec, keda_error *err)
{
    char canonical[QUANTITY_TEXT_SIZE];
    quantity value;

    if (!quantity_parse(text, &value))
        return keda_error_set(err, KEDA_EINVAL,
                              "the target \"%.64s\" is not a quantity such as 500m or 1Gi",
                              text);
    (void)quantity_text(&value, canonical, sizeof canonical);
    spec->target_milli = quantity_milli(&value);
    spec->resource->quantity = mem_strdup(value.keeps_text ? text : canonical);
    if (spec->resource->quantity == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static keda_status read_resource_target(const keda_spec_list *out, const char *text,
                                        metric_spec *spec, keda_error *err)
{
    int32_t type = KEDA_TARGET_AVERAGE_VALUE;
    keda_status rc = metric_type_parse_resource(out->metric_type, &type, err);

    if (rc != KEDA_OK)
        return keda_error_wrap(err, rc, "metricType");
    if (type == KEDA_TARGET_AVERAGE_VALUE)
        rc = read_quantity(text, spec, err);
    else if (!read_percent(text, &spec->target_milli))
        rc = keda_error_set(err, KEDA_EINVAL, "the target \"%.64s\" is not a whole percentage",
                            text);
    if (rc != KEDA_OK || spec->target_milli > 0 || out->takes_any_target != 0)
        return rc;
    return keda_error_set(err, KEDA_EINVAL, "the target must be greater than zero");
}

static keda_status name_resource(metric_spec *spec, const char *resource, const char *container)
{
    keda_buf name = {0};
    const bool has_container = container != NULL && container[0] != '\0';

    spec->resource->is_cpu = strcmp(resource, "cpu") == 0;
    if (has_container && (spec->resource->container = mem_strdup(container)) == NULL)
        return KEDA_ENOMEM;
    const keda_status rc = buf_printf(&name, "%s%s%s", resource, has_container ? "/" : "",
                                      has_container ? container : "");
    if (rc == KEDA_OK)
        spec->name = mem_strdup(name.data);
    keda_buf_clear(&name);
    return spec->name == NULL ? KEDA_ENOMEM : KEDA_OK;
}

keda_status keda_spec_add_resource(keda_spec_list *out, const char *resource,
                                   const char *container, const char *target, keda_error *err)
{
    metric_spec spec = {.resource = mem_zalloc(1, sizeof *spec.resource)};

    if (spec.resource == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_status rc = name_resource(&spec, resource, container);
    if (rc != KEDA_OK)
        (void)keda_error_set(err, rc, "out of memory");
    else if ((rc = read_resource_target(out, target, &spec, err)) == KEDA_OK)
        return append(out, &spec, err);
    mem_free(spec.name);
    free_resource(spec.resource);
    return rc;
}

const char *keda_spec_namespace(const keda_spec_list *list)
{
    return list->space == NULL ? "" : list->space;
}

int32_t metric_spec_source(const metric_spec *spec)
{
    if (spec->resource == NULL)
        return KEDA_SOURCE_EXTERNAL;
    return spec->resource->container != NULL ? KEDA_SOURCE_CONTAINER_RESOURCE
                                             : KEDA_SOURCE_RESOURCE;
}

/* ---- the list */

void spec_list_clear(keda_spec_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++) {
        mem_free(list->items[i].name);
        free_resource(list->items[i].resource);
    }
    mem_free(list->items);
    list->items = NULL;
    list->count = list->capacity = 0;
}

keda_status metric_type_parse(const char *text, int32_t *target_type, keda_error *err)
{
    if (text == NULL || text[0] == '\0' || strcmp(text, "AverageValue") == 0)
        *target_type = KEDA_TARGET_AVERAGE_VALUE;
    else if (strcmp(text, "Value") == 0)
        *target_type = KEDA_TARGET_VALUE;
    else
        return keda_error_set(err, KEDA_EINVAL,
                              "must be \"AverageValue\" or \"Value\", not \"%.64s\"", text);
    return KEDA_OK;
}

keda_status metric_type_parse_resource(const char *text, int32_t *target_type, keda_error *err)
{
    if (text != NULL && strcmp(text, "AverageValue") == 0)
        *target_type = KEDA_TARGET_AVERAGE_VALUE;
    else if (text != NULL && strcmp(text, "Utilization") == 0)
        *target_type = KEDA_TARGET_UTILIZATION;
    else if (text == NULL || text[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL,
                              "is required: \"Utilization\" or \"AverageValue\"");
    else
        return keda_error_set(err, KEDA_EINVAL,
                              "must be \"Utilization\" or \"AverageValue\", not \"%.64s\"",
                              text);
    return KEDA_OK;
}
