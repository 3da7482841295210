/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and the few properties of characters that the languages ask for, as Go knows them. No
 * locale, no normalisation.
 */
#ifndef LANG_UNICODE_H
#define LANG_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNICODE_REPLACEMENT = 0xfffd, UNICODE_MAX = 0x10ffff, UTF8_MAX = 4 };

/* Bytes of the character at text, at least 1; a broken sequence is one byte of REPLACEMENT.
 * size > 0 */
size_t utf8_decode(const char *text, size_t size, uint32_t *out);
/* Bytes written, at most UTF8_MAX; what is no character is written as REPLACEMENT. */
size_t utf8_encode(uint32_t c, char *out);
size_t utf8_count(const char *text, size_t size); /* characters */

bool unicode_is_space(uint32_t c);
bool unicode_is_letter(uint32_t c);
bool unicode_is_digit(uint32_t c); /* decimal, of any script */
uint32_t unicode_upper(uint32_t c);
uint32_t unicode_lower(uint32_t c);

#endif
