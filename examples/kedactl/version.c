/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl version: of the library in use, not of the one it was built with.
 */
#include "kedactl.h"

int command_version(kedactl *k)
{
    if (k->is_json) {
        printf("{\"version\":\"%s\",\"abi\":%d,\"features\":", keda_version(),
               keda_abi_version());
        cli_json_text(stdout, keda_features());
        puts("}");
        return CLI_OK;
    }
    printf("libkeda %s, ABI %d\n", keda_version(), keda_abi_version());
    if (k->wants_features)
        printf("features: %s\n", keda_features());
    return CLI_OK;
}
