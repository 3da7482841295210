/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schoolbook arithmetic on decimal digits. Numbers are small and rare (limits, targets, tolerances),
 * so that exactness counts and speed does not.
 */
#include "decimal.h"

#include <stddef.h>
#include <string.h>

bool decimal_push(decimal *d, int digit)
{
    if (d->ndigits == 0 && digit == 0)
        return true;
    if (d->ndigits == DECIMAL_MAX_DIGITS)
        return false;
    d->digits[d->ndigits++] = (uint8_t)digit;
    return true;
}

static bool prepend(decimal *d, uint8_t digit)
{
    if (d->ndigits == DECIMAL_MAX_DIGITS)
        return false;
    memmove(d->digits + 1, d->digits, (size_t)d->ndigits);
    d->digits[0] = digit;
    d->ndigits++;
    return true;
}

bool decimal_multiply(decimal *d, uint32_t factor)
{
    uint64_t carry = 0;
    for (int32_t i = d->ndigits - 1; i >= 0; i--) {
        carry += (uint64_t)d->digits[i] * factor;
        d->digits[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        if (!prepend(d, (uint8_t)(carry % 10)))
            return false;
    return true;
}

uint32_t decimal_divide(decimal *d, uint32_t divisor)
{
    uint64_t rest = 0;
    const int32_t before = d->ndigits;
    d->ndigits = 0;
    for (int32_t i = 0; i < before; i++) {
        rest = rest * 10 + d->digits[i];
        (void)decimal_push(d, (int)(rest / divisor)); /* never behind the digit being read */
        rest %= divisor;
    }
    return (uint32_t)rest;
}

static void increment(decimal *d)
{
    int32_t i = d->ndigits - 1;
    for (; i >= 0 && d->digits[i] == 9; i--)
        d->digits[i] = 0;
    if (i >= 0)
        d->digits[i]++;
    else
        (void)prepend(d, 1); /* a digit has just been dropped, so there is room */
}

bool decimal_round_up(decimal *d, int32_t exponent)
{
    const int64_t drop = (int64_t)exponent - d->exponent;
    if (drop <= 0 || d->ndigits == 0)
        return false;
    const int32_t kept = drop >= d->ndigits ? 0 : d->ndigits - (int32_t)drop;
    bool is_inexact = false;
    for (int32_t i = kept; i < d->ndigits; i++)
        is_inexact = is_inexact || d->digits[i] != 0;
    d->ndigits = kept;
    d->exponent = exponent;
    if (is_inexact)
        increment(d);
    return is_inexact;
}

void decimal_trim(decimal *d)
{
    while (d->ndigits > 0 && d->digits[d->ndigits - 1] == 0) {
        d->ndigits--;
        d->exponent++;
    }
    if (d->ndigits == 0)
        d->exponent = 0;
}

bool decimal_expand(decimal *d, int32_t exponent)
{
    for (; d->ndigits > 0 && d->exponent > exponent; d->exponent--)
        if (!decimal_push(d, 0))
            return false;
    return true;
}

static int digit_at(const decimal *d, int32_t i)
{
    return i < d->ndigits ? d->digits[i] : 0;
}

int decimal_compare(const decimal *a, const decimal *b)
{
    if (a->ndigits == 0 || b->ndigits == 0)
        return (a->ndigits > 0) - (b->ndigits > 0);
    const int64_t size_a = (int64_t)a->ndigits + a->exponent;
    const int64_t size_b = (int64_t)b->ndigits + b->exponent;
    if (size_a != size_b)
        return size_a < size_b ? -1 : 1;
    for (int32_t i = 0; i < a->ndigits || i < b->ndigits; i++)
        if (digit_at(a, i) != digit_at(b, i))
            return digit_at(a, i) < digit_at(b, i) ? -1 : 1;
    return 0;
}

uint64_t decimal_units(const decimal *d, int32_t exponent, uint64_t limit)
{
    decimal rounded = *d;
    (void)decimal_round_up(&rounded, exponent);
    uint64_t units = 0;
    const int64_t total =
        rounded.ndigits == 0 ? 0 : (int64_t)rounded.ndigits + rounded.exponent - exponent;
    for (int64_t i = 0; i < total; i++) {
        const uint64_t digit =
            (uint64_t)digit_at(&rounded, i < rounded.ndigits ? (int32_t)i : rounded.ndigits);
        if (units > limit / 10 || units * 10 > limit - digit)
            return limit;
        units = units * 10 + digit;
    }
    return units;
}
