/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a list of arguments to one record of the host's keda_log_fn. Decides nothing about levels or
 * formats: sinks do.
 */
#include "log.h"

#include <stdarg.h>

enum { MAX_PAIRS = 16 };

void log_write(const log_sink *sink, int32_t level, const char *message, ...)
{
    if (sink == NULL || sink->fn == NULL)
        return;
    keda_log_pair pairs[MAX_PAIRS];
    size_t n = 0;
    va_list args;
    va_start(args, message);
    for (const char *key; n < MAX_PAIRS && (key = va_arg(args, const char *)) != NULL; n++) {
        const char *value = va_arg(args, const char *);
        pairs[n] = (keda_log_pair){.key = key, .value = value == NULL ? "" : value};
    }
    va_end(args);
    sink->fn(level, message, pairs, n, sink->user);
}
