/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON value as text into a buffer. jansson 2.14 can say 0 although its callback failed at a name, so
 * the failure is kept here.
 */
#ifndef KUBE_DUMP_H
#define KUBE_DUMP_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

typedef struct kube_dump_sink {
    keda_buf *out;
    bool has_failed;
} kube_dump_sink;

static inline int kube_dump_piece(const char *bytes, size_t size, void *user)
{
    kube_dump_sink *sink = user;
    sink->has_failed = sink->has_failed || buf_append(sink->out, bytes, size) != KEDA_OK;
    return sink->has_failed ? -1 : 0;
}

/* False when there is no memory for it; `out` then holds a part. */
static inline bool kube_dump(const json_t *value, keda_buf *out)
{
    kube_dump_sink sink = {.out = out};
    return json_dump_callback(value, kube_dump_piece, &sink, JSON_COMPACT) == 0 &&
           !sink.has_failed;
}

#endif
