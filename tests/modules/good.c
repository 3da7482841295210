/* SPDX-License-Identifier: Apache-2.0 */
/* A module that can be opened: trigger type `plugged`, which is never asked. */
#include <keda/scaler.h>

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    (void)meta;
    (void)out;
    (void)err;
    (void)user;
    return KEDA_EINVAL;
}

static void poll(void *state, const void *meta, keda_poll *p, void *user)
{
    (void)state;
    (void)meta;
    (void)p;
    (void)user;
}

static const keda_scaler_desc plugged = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "plugged",
    .summary = "For tests of loading.",
    .specs = specs,
    .poll = poll,
};

static const keda_scaler_desc *const scalers[] = {&plugged};

extern const keda_module keda_module_v1;
const keda_module keda_module_v1 = {
    .struct_size = sizeof(keda_module),
    .abi_version = KEDA_ABI_VERSION,
    .name = "good",
    .version = "1",
    .scalers = scalers,
    .nscalers = 1,
};
