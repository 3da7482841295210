/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocator of the library that fails at the n-th request, for tests that
 * walk n until nothing fails any more. It counts, so that a leak of ours shows without a sanitizer.
 * The calling test must be the only thread that allocates.
 */
#ifndef SUPPORT_FAILING_ALLOCATOR_H
#define SUPPORT_FAILING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* Request number n from now on fails, counted from 1; 0: none does. */
void failing_allocator_set(size_t n);
/* Every request of this size fails until failing_allocator_set; 0: none does. */
void failing_allocator_refuse_size(size_t size);
/* Whether that request came. */
bool failing_allocator_has_failed(void);
/* Blocks that are allocated and not freed. */
size_t failing_allocator_live(void);
/* What they take, the C library's header of each included. */
size_t failing_allocator_live_bytes(void);

#endif
