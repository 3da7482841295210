/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a kubeconfig: read, alone and twice as two files, the current context and one by name.
 * Files it names are looked for and not found. What a plug-in might print is read as well.
 */
#include <stdlib.h>
#include <string.h>

#include "kube/exec.h"
#include "kube/identity.h"
#include "kube/kubeconfig.h"

static void read_context(const kubeconfig *c, const char *context)
{
    kube_identity *identity = calloc(1, sizeof *identity);
    keda_error err = KEDA_ERROR_INIT;
    if (identity == NULL)
        return;
    const keda_status rc = kubeconfig_identity(c, context, identity, &err);
    if ((rc != KEDA_OK) != (err.code != KEDA_OK) || (rc == KEDA_OK && identity->server == NULL))
        abort();
    kube_identity_free(identity);
}

static void read_printed(const uint8_t *data, size_t size)
{
    kube_exec_spec spec = {.api_version = (char[]){"client.authentication.k8s.io/v1"}};
    kube_identity identity = {.exec = &spec};
    int64_t expires_ms = 0;
    (void)kube_exec_read(&identity, (const char *)data, size, &expires_ms, NULL);
    kube_identity_put(&identity.token, NULL);
    kube_identity_put(&identity.cert, NULL);
    kube_identity_put(&identity.key, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kubeconfig c = {0};
    for (int i = 0; i < 2; i++) {
        if (kubeconfig_add_text(&c, (const char *)data, size, "fuzz", "/nonexistent/", NULL) !=
            KEDA_OK)
            break;
        read_context(&c, NULL);
        read_context(&c, "c");
    }
    kubeconfig_clear(&c);
    read_printed(data, size);
    return 0;
}
