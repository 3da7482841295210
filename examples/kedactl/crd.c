/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl crd: the CustomResourceDefinitions, for kubectl apply --server-side.
 */
#include <keda/operator.h>

#include "kedactl.h"

static keda_status to_stdout(const char *bytes, size_t size, void *user)
{
    (void)user;
    return fwrite(bytes, 1, size, stdout) == size ? KEDA_OK : KEDA_EINTERNAL;
}

static int print(const char *kind)
{
    keda_error err = KEDA_ERROR_INIT;
    const keda_status rc = keda_crd_write(kind, to_stdout, NULL, &err);
    return rc == KEDA_OK ? CLI_OK : report_error("crd", &err);
}

int command_crd(kedactl *k)
{
    const char *kind = k->arguments[0];
    int rc = CLI_OK;

    if (kind != NULL)
        return print(kind);
    for (size_t i = 0; rc == CLI_OK && (kind = keda_crd_kind(i)) != NULL; i++)
        rc = print(kind);
    return rc;
}
