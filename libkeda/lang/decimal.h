/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact decimal magnitudes of a bounded number of digits: what a quantity is made of. No sign, no
 * format, no text. For quantity.c alone.
 */
#ifndef LANG_DECIMAL_H
#define LANG_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

enum { DECIMAL_MAX_DIGITS = 400 };

typedef struct decimal {
    int32_t exponent;                   /* value = digits * 10^exponent */
    int32_t ndigits;                    /* 0: zero */
    uint8_t digits[DECIMAL_MAX_DIGITS]; /* 0..9, most significant first; the first is not 0 */
} decimal;

/* value * 10 + digit; the exponent is left alone. False when there is no room. */
bool decimal_push(decimal *d, int digit);
bool decimal_multiply(decimal *d, uint32_t factor); /* false when there is no room */
/* Divides the digits, whatever the exponent; returns the remainder. divisor > 0 */
uint32_t decimal_divide(decimal *d, uint32_t divisor);

/* Makes the exponent at least this much, rounding up; returns whether that changed the value. */
bool decimal_round_up(decimal *d, int32_t exponent);
void decimal_trim(decimal *d);                     /* no zeros at the end */
bool decimal_expand(decimal *d, int32_t exponent); /* appends zeros down to the exponent */

int decimal_compare(const decimal *a, const decimal *b);

/* In units of 10^exponent, rounded up, at most limit. */
uint64_t decimal_units(const decimal *d, int32_t exponent, uint64_t limit);

#endif
