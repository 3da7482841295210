/* SPDX-License-Identifier: Apache-2.0 */
/* The cpu and memory triggers (libkeda/scalers/cpu.c, memory.c): what their parameters mean. */
#include <criterion/criterion.h>

#include <string.h>

#include "config/map.h"
#include "config/metrics.h"
#include "config/params.h"
#include "support/failing_allocator.h"

extern const keda_scaler_desc keda_scaler_cpu, keda_scaler_memory;

typedef struct trigger {
    const keda_scaler_desc *desc;
    const char *type, *value, *container;
} trigger;

static keda_status read_trigger(const trigger *t, keda_spec_list *specs, keda_error *err)
{
    keda_map metadata = {0};
    max_align_t meta[8] = {0};
    const keda_scaler_desc *d = t->desc;
    const params_sources sources = {.metadata = &metadata};
    keda_status rc = map_add(&metadata, "value", t->value);

    cr_assert_leq(d->meta_size, sizeof meta);
    specs->metric_type = t->type;
    if (rc == KEDA_OK && t->container != NULL)
        rc = map_add(&metadata, "containerName", t->container);
    if (rc == KEDA_OK &&
        params_parse(d->fields, d->nfields, d->field_size, &sources, meta, NULL, NULL) > 0)
        rc = keda_error_set(err, KEDA_EINVAL, "parameters");
    if (rc == KEDA_OK)
        rc = d->specs(meta, specs, err, NULL);
    params_clear(d->fields, d->nfields, d->field_size, meta);
    map_clear(&metadata);
    return rc;
}

Test(cpu, has_a_percentage_or_a_quantity)
{
    static const struct {
        trigger t;
        const char *name, *quantity;
        int64_t milli;
        int32_t source;
    } rows[] = {
        {{&keda_scaler_cpu, "Utilization", "60", NULL},
         "cpu",
         NULL,
         60000,
         KEDA_SOURCE_RESOURCE},
        {{&keda_scaler_cpu, "Utilization", "+7", "app"},
         "cpu/app",
         NULL,
         7000,
         KEDA_SOURCE_CONTAINER_RESOURCE},
        {{&keda_scaler_cpu, "AverageValue", "500m", NULL},
         "cpu",
         "500m",
         500,
         KEDA_SOURCE_RESOURCE},
        {{&keda_scaler_memory, "AverageValue", "100Mi", NULL},
         "memory",
         "100Mi",
         INT64_C(104857600000),
         KEDA_SOURCE_RESOURCE},
        {{&keda_scaler_memory, "AverageValue", "2.500", "app"},
         "memory/app",
         "2.500",
         2500,
         KEDA_SOURCE_CONTAINER_RESOURCE},
        {{&keda_scaler_memory, "AverageValue", "9Ei", NULL},
         "memory",
         "9223372036854775807",
         INT64_MAX,
         KEDA_SOURCE_RESOURCE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_spec_list specs = {.trigger_index = 3};
        keda_error err = KEDA_ERROR_INIT;
        cr_assert_eq(read_trigger(&rows[i].t, &specs, &err), KEDA_OK, "%zu: %s", i, err.text);
        cr_assert_eq(specs.count, 1);
        const metric_spec *spec = &specs.items[0];
        cr_expect_str_eq(spec->name, rows[i].name);
        cr_expect_eq(spec->target_milli, rows[i].milli);
        cr_expect_eq(metric_spec_source(spec), rows[i].source);
        cr_expect_eq(spec->resource->is_cpu, rows[i].t.desc == &keda_scaler_cpu);
        if (rows[i].quantity == NULL)
            cr_expect_null(spec->resource->quantity);
        else
            cr_expect_str_eq(spec->resource->quantity, rows[i].quantity);
        spec_list_clear(&specs);
    }
}

Test(cpu, says_what_is_wrong_with_its_target)
{
    static const struct {
        trigger t;
        const char *text;
    } rows[] = {
        {{&keda_scaler_cpu, "", "60", NULL},
         "metricType: is required: \"Utilization\" or \"AverageValue\""},
        {{&keda_scaler_cpu, NULL, "60", NULL},
         "metricType: is required: \"Utilization\" or \"AverageValue\""},
        {{&keda_scaler_cpu, "Value", "60", NULL},
         "metricType: must be \"Utilization\" or \"AverageValue\", not \"Value\""},
        {{&keda_scaler_cpu, "Utilization", "50%", NULL},
         "the target \"50%\" is not a whole percentage"},
        {{&keda_scaler_cpu, "Utilization", "50.5", NULL},
         "the target \"50.5\" is not a whole percentage"},
        {{&keda_scaler_cpu, "Utilization", "2147483648", NULL},
         "the target \"2147483648\" is not a whole percentage"},
        {{&keda_scaler_cpu, "Utilization", "0", NULL}, "the target must be greater than zero"},
        {{&keda_scaler_memory, "AverageValue", "512 Mi", NULL},
         "the target \"512 Mi\" is not a quantity such as 500m or 1Gi"},
        {{&keda_scaler_memory, "AverageValue", "-1Mi", NULL},
         "the target must be greater than zero"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* Inside a formula too, which takes nothing from it. */
        keda_spec_list specs = {.is_metric_source = 1};
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(read_trigger(&rows[i].t, &specs, &err), KEDA_EINVAL, "%zu", i);
        cr_expect_str_eq(err.text, rows[i].text);
        cr_expect_eq(specs.count, 0);
        spec_list_clear(&specs);
    }
}

Test(cpu, survives_every_allocation_failure)
{
    const trigger t = {&keda_scaler_memory, "AverageValue", "100Mi", "app"};
    bool has_failed = true;

    for (size_t n = 1; has_failed; n++) {
        keda_spec_list specs = {.trigger_index = 0};
        failing_allocator_set(n);
        const keda_status rc = read_trigger(&t, &specs, NULL);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect(has_failed ? rc != KEDA_OK : rc == KEDA_OK, "%zu", n);
        spec_list_clear(&specs);
        cr_assert_eq(failing_allocator_live(), 0, "%zu", n);
    }
}
