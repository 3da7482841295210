/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator behind failing_allocator.h: the C library's, with a counter in front.
 */
#include "failing_allocator.h"

#include <stdlib.h>

#include <keda/base.h>

static size_t nrequests, failing_request, nlive;
static bool is_installed, has_failed;

static bool is_refused(void)
{
    nrequests++;
    if (failing_request == 0 || nrequests != failing_request)
        return false;
    has_failed = true;
    return true;
}

static void *count_malloc(size_t size)
{
    void *p = is_refused() ? NULL : malloc(size);
    nlive += p != NULL;
    return p;
}

static void *count_realloc(void *old, size_t size)
{
    void *p = is_refused() ? NULL : realloc(old, size);
    nlive += p != NULL && old == NULL;
    return p;
}

static void count_free(void *p)
{
    nlive -= p != NULL;
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
}

bool failing_allocator_has_failed(void)
{
    return has_failed;
}

size_t failing_allocator_live(void)
{
    return nlive;
}
