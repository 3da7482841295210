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

static keda_status append(keda_spec_list *out, metric_spec *take_spec, keda_error *err)
{
    void *items = out->items;
    if (take_spec->name == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc =
        mem_grow(&items, &out->capacity, out->count, sizeof *out->items, err);
    if (rc != KEDA_OK) {
        mem_free(take_spec->name);
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
                        .activation = activation};
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

void spec_list_clear(keda_spec_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->items[i].name);
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
