/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing records to the host's keda_log_fn. The library prints nothing itself.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <keda/base.h>

typedef struct log_sink {
    keda_log_fn fn; /* NULL: silence */
    void *user;
} log_sink;

/* Pairs as alternating key, value texts, ended by NULL: log_write(sink, KEDA_LOG_INFO, "scaled",
 * "workload", id, "to", "4", NULL). A NULL value ends nothing: it is written as "". */
void log_write(const log_sink *sink, int32_t level, const char *message, ...)
    __attribute__((sentinel));

#endif
