/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing Leases, as text alone: nothing is sent here. For lease.c.
 */
#include "kube/lease_body.h"

#include "base/buf.h"
#include "base/text.h"
#include "kube/micro_time.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

static const char *text_at(const keda_json *lease, const char *path)
{
    const char *text = keda_json_string(keda_json_get(lease, path));
    return text == NULL ? "" : text;
}

static int64_t number_at(const keda_json *lease, const char *path)
{
    int64_t n = 0;
    return keda_json_int64(keda_json_get(lease, path), &n) && n > 0 ? n : 0;
}

void lease_read(lease_seen *out, const keda_json *lease)
{
    *out = (lease_seen){0};
    (void)text_copy(out->holder, sizeof out->holder, text_at(lease, "spec.holderIdentity"));
    (void)text_copy(out->version, sizeof out->version,
                    text_at(lease, "metadata.resourceVersion"));
    (void)text_copy(out->acquired, sizeof out->acquired, text_at(lease, "spec.acquireTime"));
    const int64_t seconds = number_at(lease, "spec.leaseDurationSeconds");
    out->duration_ms = (seconds < 86400 ? seconds : 86400) * 1000;
    out->transitions = number_at(lease, "spec.leaseTransitions");
}

static json_t *metadata_of(const lease_write *w)
{
    if (w->seen == NULL)
        return json_pack("{s:s, s:s}", "name", w->name, "namespace", w->space);
    return json_pack("{s:s}", "resourceVersion", w->seen->version);
}

/* Whole seconds, rounded up: a shorter one would let others in too early. */
static json_t *spec_of(const lease_write *w)
{
    char now[KUBE_MICRO_TIME_SIZE];
    const bool has_acquired = w->keeps && w->seen != NULL && w->seen->acquired[0] != '\0';
    const int64_t transitions = w->seen == NULL ? 0 : w->seen->transitions + (w->keeps ? 0 : 1);

    kube_micro_time(w->wall_ms, now, sizeof now);
    return json_pack("{s:s, s:I, s:s, s:s, s:I}", "holderIdentity", w->identity,
                     "leaseDurationSeconds", (json_int_t)((w->duration_ms + 999) / 1000),
                     "acquireTime", has_acquired ? w->seen->acquired : now, "renewTime", now,
                     "leaseTransitions", (json_int_t)transitions);
}

keda_status lease_write_body(keda_buf *out, const lease_write *w)
{
    json_t *root = json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "coordination.k8s.io/v1",
                             "kind", "Lease", "metadata", metadata_of(w), "spec", spec_of(w));
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    const keda_status rc = text == NULL ? KEDA_ENOMEM : buf_puts(out, text);

    free(text);
    json_decref(root);
    return rc;
}
