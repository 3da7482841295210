/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module libkeda-kafka.so: its one exported symbol, which names the trigger type and the endpoint
 * kind in this folder. Read by whoever opens modules.
 */
#include "meta.h"

static const keda_scaler_desc *const scalers[] = {&keda_scaler_kafka};
static const keda_endpoint_desc *const endpoints[] = {&keda_endpoint_kafka};

extern KEDA_API const keda_module keda_module_v1;

const keda_module keda_module_v1 = {
    .struct_size = sizeof(keda_module),
    .abi_version = KEDA_ABI_VERSION,
    .name = "kafka",
    .version = KEDA_VERSION,
    .scalers = scalers,
    .nscalers = sizeof scalers / sizeof scalers[0],
    .endpoints = endpoints,
    .nendpoints = sizeof endpoints / sizeof endpoints[0],
};
