/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths with their queries, and back-off as arithmetic.
 */
#include "kube/watch_path.h"

#include "base/buf.h"

#include <string.h>

enum {
    FIRST_DELAY_MS = 500,
    MAX_DELAY_MS = 15000,
    NO_KIND_DELAY_MS = 5000,
    MAX_HINT_MS = 300000
};

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

/* RFC 3986: everything but the unreserved is escaped. NULL and "": nothing is added. */
static keda_status put_parameter(keda_buf *out, const char *name, const char *value)
{
    keda_status rc;

    if (value == NULL || *value == '\0')
        return KEDA_OK;
    rc = buf_printf(out, "&%s=", name);
    for (const char *c = value; rc == KEDA_OK && *c != '\0'; c++)
        rc = is_unreserved(*c) ? buf_putc(out, *c)
                               : buf_printf(out, "%%%02X", (unsigned)(unsigned char)*c);
    return rc;
}

static keda_status put_scope(keda_buf *out, const watch_scope *scope, keda_status rc)
{
    if (rc == KEDA_OK)
        rc = put_parameter(out, "labelSelector", scope->label_selector);
    if (rc == KEDA_OK)
        rc = put_parameter(out, "fieldSelector", scope->field_selector);
    return rc;
}

keda_status watch_list_path(keda_buf *out, const watch_scope *scope, int32_t limit,
                            const char *token)
{
    keda_status rc = buf_printf(out, "%s?limit=%d", scope->path, (int)limit);

    if (rc == KEDA_OK)
        rc = put_parameter(out, "continue", token);
    return put_scope(out, scope, rc);
}

keda_status watch_stream_path(keda_buf *out, const watch_scope *scope, const char *version,
                              int32_t timeout_s)
{
    keda_status rc = buf_printf(out, "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d",
                                scope->path, (int)timeout_s);

    if (rc == KEDA_OK)
        rc = put_parameter(out, "resourceVersion", version);
    return put_scope(out, scope, rc);
}

int64_t watch_delay_ms(int32_t failures, const keda_error *err, double chance)
{
    int64_t delay_ms = FIRST_DELAY_MS;

    for (int32_t i = 1; i < failures && delay_ms < MAX_DELAY_MS; i++)
        delay_ms *= 2;
    if (delay_ms > MAX_DELAY_MS)
        delay_ms = MAX_DELAY_MS;
    delay_ms = (int64_t)((double)delay_ms * (0.8 + 0.4 * chance));
    if (err->http_status == 404 && delay_ms < NO_KIND_DELAY_MS)
        delay_ms = NO_KIND_DELAY_MS;
    if (err->retry_after_ms > delay_ms)
        delay_ms = err->retry_after_ms < MAX_HINT_MS ? err->retry_after_ms : MAX_HINT_MS;
    return delay_ms;
}
