/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator behind failing_allocator.h: the C library's, with a counter in front.
 */
#include "failing_allocator.h"

#include <malloc.h>
#include <stdlib.h>

#include <keda/base.h>

static size_t nrequests, failing_request, refused_size, nlive, nbytes;
static bool is_installed, has_failed;

static bool is_refused(size_t size)
{
    nrequests++;
    if ((failing_request == 0 || nrequests != failing_request) &&
        (refused_size == 0 || size != refused_size))
        return false;
    has_failed = true;
    return true;
}

static size_t bytes_of(void *p)
{
    return p == NULL ? 0 : malloc_usable_size(p) + sizeof(size_t);
}

static void *count_malloc(size_t size)
{
    void *p = is_refused(size) ? NULL : malloc(size);
    nlive += p != NULL;
    nbytes += bytes_of(p);
    return p;
}

static void *count_realloc(void *old, size_t size)
{
    if (is_refused(size))
        return NULL;
    const size_t before = bytes_of(old);
    void *p = realloc(old, size);
    nlive += p != NULL && old == NULL;
    if (p != NULL)
        nbytes += bytes_of(p) - before;
    return p;
}

static void count_free(void *p)
{
    nlive -= p != NULL;
    nbytes -= bytes_of(p);
    free(p);
}

void failing_allocator_set(size_t n)
{
    if (!is_installed)
        keda_set_allocator(count_malloc, count_realloc, count_free);
    is_installed = true;
    has_failed = false;
    nrequests = 0;
    failing_request = n;
    refused_size = 0;
}

void failing_allocator_refuse_size(size_t size)
{
    failing_allocator_set(0);
    refused_size = size;
}

bool failing_allocator_has_failed(void)
{
    return has_failed;
}

size_t failing_allocator_live(void)
{
    return nlive;
}

size_t failing_allocator_live_bytes(void)
{
    return nbytes;
}
