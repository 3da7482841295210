/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least a stranger's program does: make an engine, give it a target and a document, take one step. Built by
 * cmake/, pkgconfig/ and subdir/ beside this file, against the installed library or inside another project.
 */
#include <keda/keda.h>
#include <stdio.h>

int main(void)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    int rc = 1;

    if (keda_engine_new(&engine, &options, &err) != KEDA_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (keda_engine_step(engine, &err) != KEDA_OK)
        fprintf(stderr, "%s\n", err.text);
    else if (keda_abi_version() == KEDA_ABI_VERSION)
        rc = 0;
    printf("libkeda %s: %s\n", keda_version(), keda_features());
    keda_engine_free(engine);
    return rc;
}
