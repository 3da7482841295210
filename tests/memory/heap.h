/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's heap with a request that fails: heap.c stands in for malloc in the whole program, so that
 * what libcurl, jansson, libyaml and the C library ask for counts as well. Only requests of the thread that
 * has armed it count.
 */
#ifndef TESTS_MEMORY_HEAP_H
#define TESTS_MEMORY_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Requests of this library ("libcurl.so") are granted and not counted; NULL: none are spared. */
void heap_spare(const char *library);
/* From now on request number n of this thread fails, counted from 1; 0: none does. */
void heap_arm(size_t n);
/* No request fails any more; true when one has. */
bool heap_disarm(void);
/* Whether the one that failed was the program's own, which the library is linked into; else a third party's. */
bool heap_failed_inside(void);
/* Requests since heap_arm, up to heap_disarm. */
size_t heap_requests(void);

#endif
