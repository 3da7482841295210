/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malloc and its like, in front of the C library's own (see heap.h). Not for a program under a sanitizer, which
 * has a malloc of its own.
 */
#include "memory/heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The C library's, under the names which it gives to those who stand in front of it. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

static _Thread_local bool is_armed, has_failed;
static _Thread_local size_t nrequests, failing_request;
static _Thread_local void *refused; /* who asked for it */
static _Thread_local const char *spared;

void heap_spare(const char *library)
{
    spared = library;
}

void heap_arm(size_t n)
{
    has_failed = false;
    nrequests = 0;
    failing_request = n;
    is_armed = true;
}

bool heap_disarm(void)
{
    is_armed = false;
    return has_failed;
}

size_t heap_requests(void)
{
    return nrequests;
}

bool heap_failed_inside(void)
{
    Dl_info here, there;

    return dladdr((void *)(uintptr_t)heap_arm, &here) != 0 && dladdr(refused, &there) != 0 &&
           here.dli_fbase == there.dli_fbase;
}

static bool is_from(const void *caller, const char *library)
{
    Dl_info info;

    return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
           strstr(info.dli_fname, library) != NULL;
}

/*
 * The only requests which nobody can survive, and which are always granted:
 * libuv (1.44) ends the program when its table of descriptors cannot grow (uv__io_start, maybe_resize), a realloc;
 * jansson (2.14) goes on with a byte less, and past the end of its buffer, when the text of a token cannot grow (lex_save
 * does not look at what strbuffer_append_byte says), a malloc of a power of two.
 */
static bool is_vital(size_t size, bool is_realloc, const void *caller)
{
    if (spared != NULL && is_from(caller, spared))
        return true;
    if (is_realloc)
        return is_from(caller, "libuv.so");
    return size >= 32 && (size & (size - 1)) == 0 && is_from(caller, "libjansson.so");
}

static bool is_refused(size_t size, bool is_realloc, void *caller)
{
    if (!is_armed || is_vital(size, is_realloc, caller) || ++nrequests != failing_request)
        return false;
    has_failed = true;
    refused = caller;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return is_refused(size, false, __builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused(0, false, __builtin_return_address(0)) ? NULL
                                                             : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return is_refused(size, true, __builtin_return_address(0)) ? NULL
                                                               : __libc_realloc(old, size);
}

void free(void *p)
{
    __libc_free(p);
}

void *memalign(size_t alignment, size_t size)
{
    return is_refused(0, false, __builtin_return_address(0)) ? NULL
                                                             : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = memalign(alignment, size);

    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}
