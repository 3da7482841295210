/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of resources, and the order of resourceVersions. Pure.
 */
#include "kube/kube.h"

#include "base/buf.h"

#include <string.h>

static keda_status put_escaped(keda_buf *out, const char *part)
{
    static const char hex[] = "0123456789ABCDEF";
    keda_status rc = buf_putc(out, '/');

    for (const char *c = part; rc == KEDA_OK && *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                              (byte >= 'A' && byte <= 'Z') || strchr("-._~", byte) != NULL;
        if (is_plain) {
            rc = buf_putc(out, *c);
        } else {
            const char escaped[3] = {'%', hex[byte >> 4], hex[byte & 15]};
            rc = buf_append(out, escaped, sizeof escaped);
        }
    }
    return rc;
}

keda_status kube_path(keda_buf *out, const kube_resource *resource, const char *space,
                      const char *name, const char *sub, keda_error *err)
{
    const bool has_space = resource->is_namespaced && space != NULL && *space != '\0';
    const bool is_core = resource->group[0] == '\0';
    const char *const parts[] = {is_core ? "api" : "apis",
                                 is_core ? NULL : resource->group,
                                 resource->version,
                                 has_space ? "namespaces" : NULL,
                                 has_space ? space : NULL,
                                 resource->plural,
                                 name,
                                 sub};
    const size_t before = out->size;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < sizeof parts / sizeof parts[0]; i++) {
        /* Where a name could climb out of its place. */
        if (parts[i] != NULL &&
            (parts[i][0] == '\0' || strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0))
            rc = KEDA_EINVAL;
        else if (parts[i] != NULL)
            rc = put_escaped(out, parts[i]);
    }
    if (rc == KEDA_OK)
        return KEDA_OK;
    buf_truncate(out, before);
    return keda_error_set(err, rc, rc == KEDA_EINVAL ? "not a name" : "out of memory");
}

static bool is_number(const char *text)
{
    return text != NULL && *text >= '1' && *text <= '9' &&
           strspn(text, "0123456789") == strlen(text);
}

bool kube_version_is_later(const char *a, const char *b)
{
    if (!is_number(a) || !is_number(b))
        return false;
    const size_t na = strlen(a), nb = strlen(b);
    return na != nb ? na > nb : strcmp(a, b) > 0;
}
