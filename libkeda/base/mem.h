/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation through the allocator of keda_set_allocator. Every room allocates with these and with
 * nothing else; a NULL answer is reported as KEDA_ENOMEM, never ignored.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include <keda/error.h>

void *mem_alloc(size_t size);                            /* not zeroed */
void *mem_zalloc(size_t count, size_t size);             /* zeroed; NULL on overflow */
void *mem_realloc(void *old, size_t count, size_t size); /* NULL on overflow, old kept */
void mem_free(void *p);
char *mem_strdup(const char *s); /* NULL for NULL */
char *mem_strndup(const char *s, size_t n);
void mem_wipe(void *p, size_t size); /* zeroes secrets; not optimised away */
void mem_free_secret(char *s);       /* wipes a string, then frees it */

/* Grows *items so that one more fits; doubles. Returns KEDA_ENOMEM with err set, or KEDA_OK. */
keda_status mem_grow(void **items, size_t *capacity, size_t count, size_t item_size,
                     keda_error *err);

#endif
