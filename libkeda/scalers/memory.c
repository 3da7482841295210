/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory trigger: use of the pods' memory against a share of what they request, or an amount a pod
 * (spec: scalers-core 9). What it shares with cpu is in cpu.c.
 */
#include "resource.h"

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const resource_meta *m = meta;
    (void)user;
    return keda_spec_add_resource(out, "memory", m->container, m->value, err);
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    resource_refuse(poll, "memory");
}

const keda_scaler_desc keda_scaler_memory = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "memory",
    .summary = "Memory use of the pods; not read yet, so always unknown.",
    .metrics_name = "cpuMemoryScaler",
    .fields = resource_fields,
    .nfields = RESOURCE_NFIELDS,
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(resource_meta),
    .specs = specs,
    .poll = ask,
};
