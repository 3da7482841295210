/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cpu trigger: use of the pods' processors against a share of what they request, or an amount a pod
 * (spec: scalers-core 9). Also what it shares with memory. Deciding is the core's.
 */
#include "resource.h"

/* clang-format off */
const keda_field resource_fields[RESOURCE_NFIELDS] = {
    KEDA_FIELD_STRING(resource_meta, value, .name = "value",
        .help = "Target by metricType: Utilization, percent of the request; "
                "AverageValue, a quantity."),
    KEDA_FIELD_STRING(resource_meta, container, .name = "containerName", .flags = KEDA_OPTIONAL,
        .help = "The container that counts; without it the whole pod."),
    KEDA_FIELD_STRING(resource_meta, type, .name = "type", .flags = KEDA_OPTIONAL,
        .deprecated = "set metricType of the trigger instead",
        .help = "Was the kind of target."),
};
/* clang-format on */

void resource_refuse(keda_poll *poll, const char *resource)
{
    keda_error err = KEDA_ERROR_INIT;
    (void)keda_error_set(&err, KEDA_EUNAVAILABLE,
                         "%s is read from metrics.k8s.io, which is not asked yet", resource);
    keda_poll_fail(poll, &err);
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const resource_meta *m = meta;
    (void)user;
    return keda_spec_add_resource(out, "cpu", m->container, m->value, err);
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    resource_refuse(poll, "cpu");
}

const keda_scaler_desc keda_scaler_cpu = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "cpu",
    .summary = "Processor use of the pods; not read yet, so always unknown.",
    .metrics_name = "cpuMemoryScaler",
    .fields = resource_fields,
    .nfields = RESOURCE_NFIELDS,
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(resource_meta),
    .specs = specs,
    .poll = ask,
};
