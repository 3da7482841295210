/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of external metrics. Which name a trigger type gives its metric is the type's business.
 */
#include "metric_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/text.h"

void metric_name_normalize(char *name)
{
    for (; *name != '\0'; name++)
        if (strchr("/.:%()", *name) != NULL)
            *name = '-';
}

keda_status metric_name_prefixed(keda_buf *out, int64_t index, const char *name)
{
    return buf_printf(out, "s%lld-%s", (long long)index, name);
}

const char *metric_name_without_index(const char *name, int64_t index)
{
    char prefix[32];
    if (index < 0) /* its own minus would be the first one */
        return NULL;
    (void)snprintf(prefix, sizeof prefix, "s%lld-", (long long)index);
    return text_has_prefix(name, prefix) ? name + strlen(prefix) : NULL;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.' || c == '~';
}

keda_status metric_name_query_escape(keda_buf *out, const char *text)
{
    keda_status rc = KEDA_OK;
    for (; *text != '\0' && rc == KEDA_OK; text++) {
        if (is_unreserved(*text))
            rc = buf_putc(out, *text);
        else if (*text == ' ')
            rc = buf_putc(out, '+');
        else
            rc = buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
    return rc;
}

static keda_status put_schedule(keda_buf *out, const char *schedule)
{
    keda_status rc = buf_putc(out, '-');
    for (; *schedule != '\0' && rc == KEDA_OK; schedule++) {
        switch (*schedule) {
        case ' ':
            break;
        case '*':
            rc = buf_putc(out, 'x');
            break;
        case '/':
            rc = buf_puts(out, "Sl");
            break;
        case '?':
            rc = buf_puts(out, "Qm");
            break;
        case ',':
            rc = buf_puts(out, "Cm");
            break;
        default:
            rc = buf_putc(out, *schedule);
        }
    }
    return rc;
}

keda_status metric_name_cron(keda_buf *out, const char *timezone, const char *start,
                             const char *end)
{
    const size_t before = out->size;
    keda_status rc = buf_puts(out, "cron-");
    if (rc == KEDA_OK)
        rc = buf_puts(out, timezone);
    if (rc == KEDA_OK)
        rc = put_schedule(out, start);
    if (rc == KEDA_OK)
        rc = put_schedule(out, end);
    if (rc == KEDA_OK)
        metric_name_normalize(out->data + before);
    else
        buf_truncate(out, before);
    return rc;
}
