/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least a stranger's program does: make an engine, take one step. With the name of a trigger type as argument,
 * that type must be there. Built by cmake/, pkgconfig/ and subdir/ beside this file.
 */
#include <keda/keda.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    const keda_scaler_desc *type = NULL;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    int rc = 1;

    if (keda_engine_new(&engine, &options, &err) != KEDA_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (keda_engine_step(engine, &err) != KEDA_OK ||
        (argc > 1 && keda_engine_scaler(engine, argv[1], &type, &err) != KEDA_OK))
        fprintf(stderr, "%s\n", err.text);
    else if (keda_abi_version() == KEDA_ABI_VERSION)
        rc = 0;
    printf("libkeda %s: %s\n", keda_version(), keda_features());
    keda_engine_free(engine);
    return rc;
}
