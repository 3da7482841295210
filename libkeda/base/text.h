/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions about strings: trimming, equality, prefix, nearest name, constant-time compare.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Part of a text, not terminated. */
typedef struct text_view {
    const char *data;
    size_t size;
} text_view;

text_view text_trim(const char *data, size_t size);   /* Unicode white space on both ends */
bool text_equal(const char *a, const char *b);        /* NULL equals NULL only */
bool text_equal_nocase(const char *a, const char *b); /* ASCII */
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);
/* The candidate nearest to `text` by edit distance, or NULL when none is near enough to suggest. */
const char *text_nearest(const char *text, const char *const *candidates, size_t n);
/* Same time whatever the contents; for secrets. */
bool text_equal_secret(const char *a, size_t na, const char *b, size_t nb);
/* Copies with truncation; always terminates; returns the length of the copy. */
size_t text_copy(char *out, size_t size, const char *text);
/* Removes the begun UTF-8 character a truncation may have left at the end. */
void text_cut_broken_end(char *text);
/* Text of an errno value; `out` may serve as its storage. Thread: any. */
const char *text_errno(int error, char *out, size_t size);

#endif
