/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as Leases and Events have them: six digits behind the second, no more and no fewer (Kubernetes:
 * MicroTime). Pure. For lease_body.c and event.c.
 */
#ifndef KUBE_MICRO_TIME_H
#define KUBE_MICRO_TIME_H

#include <stddef.h>
#include <stdint.h>

enum { KUBE_MICRO_TIME_SIZE = 64 };

/* "2026-01-31T12:00:00.000000Z"; size >= KUBE_MICRO_TIME_SIZE. */
void kube_micro_time(int64_t wall_ms, char *out, size_t size);

#endif
