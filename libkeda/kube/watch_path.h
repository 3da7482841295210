/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked to list and to watch a collection, and how long to wait before asking again. Pure. For
 * watch.c.
 */
#ifndef KUBE_WATCH_PATH_H
#define KUBE_WATCH_PATH_H

#include <stdbool.h>

#include <keda/error.h>

/* What both questions have in common; borrowed. */
typedef struct watch_scope {
    const char *path;
    const char *label_selector, *field_selector; /* NULL and "": all */
} watch_scope;

/* Appends the path of a page; token NULL: the first. Errors: KEDA_ENOMEM. */
keda_status watch_list_path(keda_buf *out, const watch_scope *scope, int32_t limit,
                            const char *token);
/* Appends the path of a watch from a version on. Errors: KEDA_ENOMEM. */
keda_status watch_stream_path(keda_buf *out, const watch_scope *scope, const char *version,
                              int32_t timeout_s);

/* After so many failures in a row, 1 or more: 500 ms doubling to 15 s, less or more a fifth by chance [0, 1);
 * for a kind that is not there at least 5 s; not before the server's hint, at most five minutes. */
int64_t watch_delay_ms(int32_t failures, const keda_error *err, double chance);

#endif
