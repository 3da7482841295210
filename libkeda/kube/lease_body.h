/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Lease of coordination.k8s.io/v1 as text: what one says, and what a member writes. Pure. For lease.c.
 */
#ifndef KUBE_LEASE_BODY_H
#define KUBE_LEASE_BODY_H

#include <stdbool.h>

#include <keda/json.h>

enum { LEASE_HOLDER_SIZE = 256 };

typedef struct lease_seen {
    char holder[LEASE_HOLDER_SIZE]; /* "": nobody */
    char version[64], acquired[64];
    int64_t duration_ms, transitions;
} lease_seen;

void lease_read(lease_seen *out, const keda_json *lease);

typedef struct lease_write {
    const char *space, *name, *identity; /* identity "": gives it back */
    int64_t duration_ms, wall_ms;
    const lease_seen *seen; /* to be patched; NULL: a new one */
    bool keeps;             /* the holder stays: so do acquireTime and transitions */
} lease_write;

keda_status lease_write_body(keda_buf *out, const lease_write *what);

#endif
