/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one allocator of the process and the checked calls every room allocates with. Buffers that
 * grow are in buf.c.
 */
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct {
    void *(*malloc_fn)(size_t);
    void *(*realloc_fn)(void *, size_t);
    void (*free_fn)(void *);
} allocator = {malloc, realloc, free};

void keda_set_allocator(void *(*malloc_fn)(size_t), void *(*realloc_fn)(void *, size_t),
                        void (*free_fn)(void *))
{
    if (malloc_fn == NULL || realloc_fn == NULL || free_fn == NULL)
        return;
    allocator.malloc_fn = malloc_fn;
    allocator.realloc_fn = realloc_fn;
    allocator.free_fn = free_fn;
}

/* An answer of NULL must mean "no memory" and nothing else, so nothing is asked for as one byte. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *mem_alloc(size_t size)
{
    return allocator.malloc_fn(at_least_one(size));
}

void *mem_zalloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    void *p = mem_alloc(count * size);
    if (p != NULL)
        memset(p, 0, count * size);
    return p;
}

void *mem_realloc(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return allocator.realloc_fn(old, at_least_one(count * size));
}

void mem_free(void *p)
{
    if (p != NULL)
        allocator.free_fn(p);
}

char *mem_strdup(const char *s)
{
    return s == NULL ? NULL : mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
    if (s == NULL || n == SIZE_MAX)
        return NULL;
    size_t size = strnlen(s, n);
    char *copy = mem_alloc(size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, s, size);
    copy[size] = '\0';
    return copy;
}

void mem_wipe(void *p, size_t size)
{
    if (p != NULL && size > 0)
        explicit_bzero(p, size);
}

void mem_free_secret(char *s)
{
    if (s == NULL)
        return;
    mem_wipe(s, strlen(s));
    mem_free(s);
}

keda_status mem_grow(void **items, size_t *capacity, size_t count, size_t item_size,
                     keda_error *err)
{
    if (count < *capacity)
        return KEDA_OK;
    size_t larger = *capacity == 0 ? 8 : *capacity;
    while (larger <= count && larger <= SIZE_MAX / 2)
        larger *= 2;
    void *grown = larger > count ? mem_realloc(*items, larger, item_size) : NULL;
    if (grown == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *items = grown;
    *capacity = larger;
    return KEDA_OK;
}
