/* SPDX-License-Identifier: Apache-2.0 */
/* A module of another binary interface. */
#include <keda/scaler.h>

extern const keda_module keda_module_v1;
const keda_module keda_module_v1 = {
    .struct_size = sizeof(keda_module),
    .abi_version = KEDA_ABI_VERSION + 41,
    .name = "newer",
    .version = "1",
};
