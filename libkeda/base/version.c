/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this build is: version, ABI number, features, and the names of the status codes.
 */
#include <keda/base.h>

/* The build names the modules it makes. */
#ifndef KEDA_FEATURES
#define KEDA_FEATURES ""
#endif

const char *keda_version(void)
{
    return KEDA_VERSION;
}

int32_t keda_abi_version(void)
{
    return KEDA_ABI_VERSION;
}

const char *keda_features(void)
{
    return KEDA_FEATURES;
}

const char *keda_status_name(int32_t status)
{
    static const char *const names[] = {
        [KEDA_OK] = "OK",
        [KEDA_EINVAL] = "EINVAL",
        [KEDA_ENOMEM] = "ENOMEM",
        [KEDA_ENOTFOUND] = "ENOTFOUND",
        [KEDA_EAUTH] = "EAUTH",
        [KEDA_EUNAVAILABLE] = "EUNAVAILABLE",
        [KEDA_ETIMEOUT] = "ETIMEOUT",
        [KEDA_ELIMIT] = "ELIMIT",
        [KEDA_EPROTOCOL] = "EPROTOCOL",
        [KEDA_ECONFLICT] = "ECONFLICT",
        [KEDA_ECANCELED] = "ECANCELED",
        [KEDA_EUNSUPPORTED] = "EUNSUPPORTED",
        [KEDA_EINTERNAL] = "EINTERNAL",
    };
    if (status < 0 || (size_t)status >= sizeof names / sizeof names[0])
        return "unknown";
    return names[status];
}
