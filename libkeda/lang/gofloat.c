/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the pieces of a Go floating-point text. The digits of a decimal one are put into a bounded
 * text of plain form, which base/num.c turns into a double; a hexadecimal one is rounded here.
 */
#include "gofloat.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"

/*
 * A double is decided by at most 767 digits; what follows only says "a little more". Go stops
 * reading an exponent's digits once it is 10000.
 */
enum { MAX_DIGITS = 800, MAX_EXPONENT = 10000, MAX_HEX_DIGITS = 15 };

/* The text being read; `at` never passes `end`. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static char peek(const cursor *c)
{
    return c->at < c->end ? *c->at : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 0..15, or -1. */
static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool take_sign(cursor *c)
{
    const bool is_negative = peek(c) == '-';
    if (is_negative || peek(c) == '+')
        c->at++;
    return is_negative;
}

static bool is_word(const cursor *c, const char *word)
{
    const size_t size = strlen(word);
    return (size_t)(c->end - c->at) == size && strncasecmp(c->at, word, size) == 0;
}

/* Each "_" stands between two digits, or between "0x" and a digit. c is behind the sign. */
static bool underscores_are_placed(cursor c, bool is_hex)
{
    char before = '.';
    if (is_hex) {
        c.at += 2;
        before = '0';
    }
    for (; c.at < c.end; c.at++) {
        const bool is_number = is_hex ? hex_digit(*c.at) >= 0 : is_digit(*c.at);
        if (*c.at == '_' ? before != '0' : !is_number && before == '_')
            return false;
        before = *c.at == '_' ? '_' : is_number ? '0' : '.';
    }
    return before != '_';
}

/* Sign and digits behind the letter; false when there is no digit or something else follows. */
static bool read_exponent(cursor *c, int64_t *exponent)
{
    const bool is_negative = take_sign(c);
    int64_t value = 0;
    if (!is_digit(peek(c)))
        return false;
    for (; is_digit(peek(c)) || peek(c) == '_'; c->at++)
        if (*c->at != '_' && value < MAX_EXPONENT)
            value = value * 10 + (*c->at - '0');
    *exponent = is_negative ? -value : value;
    return c->at == c->end;
}

/* Digits of a decimal number without its leading zeros; value = digits * 10^exponent. */
typedef struct digits {
    char text[MAX_DIGITS + 32];
    size_t n;
    int64_t exponent;
    bool has_more; /* digits other than 0 have been left out */
} digits;

static void push(digits *d, char digit, bool is_fraction)
{
    if (d->n == 0 && digit == '0') {
        d->exponent -= is_fraction ? 1 : 0;
    } else if (d->n < MAX_DIGITS) {
        d->text[d->n++] = digit;
        d->exponent -= is_fraction ? 1 : 0;
    } else {
        d->has_more = d->has_more || digit != '0';
        d->exponent += is_fraction ? 0 : 1;
    }
}

static bool read_decimal(cursor *c, digits *d)
{
    bool has_digit = false, has_point = false;
    for (; is_digit(peek(c)) || peek(c) == '_' || (peek(c) == '.' && !has_point); c->at++) {
        if (is_digit(*c->at))
            push(d, *c->at, has_point);
        has_digit = has_digit || is_digit(*c->at);
        has_point = has_point || *c->at == '.';
    }
    int64_t exponent = 0;
    if (has_digit && (peek(c) == 'e' || peek(c) == 'E')) {
        c->at++;
        if (!read_exponent(c, &exponent))
            return false;
    }
    d->exponent += exponent;
    return has_digit && c->at == c->end;
}

static keda_status decimal_value(digits *d, double *out)
{
    /* Far outside of what a double holds, whatever the digits are. */
    const int64_t farthest = 2 * MAX_EXPONENT;
    if (d->n == 0)
        d->text[d->n++] = '0';
    if (d->has_more) {
        d->text[d->n++] = '1';
        d->exponent--;
    }
    if (d->exponent > farthest)
        d->exponent = farthest;
    if (d->exponent < -farthest)
        d->exponent = -farthest;
    (void)snprintf(d->text + d->n, sizeof d->text - d->n, "e%d", (int)d->exponent);
    if (num_parse_double(d->text, out))
        return KEDA_OK;
    *out = (double)INFINITY;
    return KEDA_ELIMIT;
}

/* mantissa * 2^exponent, rounded once, half to even. */
static keda_status hex_value(uint64_t mantissa, int64_t exponent, double *out)
{
    enum { TOP = 1023, LOWEST_NORMAL = -1022, DIGITS = 53 };
    if (mantissa == 0)
        return KEDA_OK;
    const int bits = 64 - __builtin_clzll(mantissa);
    const int64_t top = exponent + bits - 1;
    const int64_t kept = top >= LOWEST_NORMAL ? DIGITS : DIGITS - (LOWEST_NORMAL - top);
    if (top > TOP) {
        *out = (double)INFINITY;
        return KEDA_ELIMIT;
    }
    if (kept < 0)
        return KEDA_OK;
    const int shift = kept < bits ? bits - (int)kept : 0;
    uint64_t rounded = mantissa >> shift;
    if (shift > 0) {
        const uint64_t half = UINT64_C(1) << (shift - 1);
        const uint64_t rest = mantissa & (2 * half - 1);
        rounded += rest > half || (rest == half && (rounded & 1) == 1) ? 1 : 0;
    }
    *out = ldexp((double)rounded, (int)exponent + shift);
    return isinf(*out) ? KEDA_ELIMIT : KEDA_OK;
}

static keda_status read_hex(cursor *c, double *out)
{
    uint64_t mantissa = 0;
    int64_t exponent = 0, written = 0;
    bool has_digit = false, has_point = false, has_more = false;
    for (c->at += 2; c->at < c->end; c->at++) {
        const int digit = hex_digit(*c->at);
        if (digit < 0 && *c->at != '_' && (*c->at != '.' || has_point))
            break;
        has_point = has_point || *c->at == '.';
        if (digit < 0)
            continue;
        has_digit = true;
        const bool fits = mantissa >> (4 * MAX_HEX_DIGITS - 4) == 0;
        if (fits)
            mantissa = mantissa << 4 | (uint64_t)digit;
        else
            has_more = has_more || digit != 0;
        exponent += (fits ? 0 : 4) - (has_point ? 4 : 0);
    }
    if (!has_digit || (peek(c) | 0x20) != 'p')
        return KEDA_EINVAL;
    c->at++;
    if (!read_exponent(c, &written))
        return KEDA_EINVAL;
    return hex_value(mantissa << 1 | (has_more ? 1 : 0), exponent + written - 1, out);
}

/* Without its sign. */
static keda_status read_magnitude(cursor c, double *out)
{
    const bool is_hex = c.end - c.at >= 2 && c.at[0] == '0' && (c.at[1] | 0x20) == 'x';
    if (!underscores_are_placed(c, is_hex))
        return KEDA_EINVAL;
    if (is_hex)
        return read_hex(&c, out);
    digits d = {.n = 0};
    return read_decimal(&c, &d) ? decimal_value(&d, out) : KEDA_EINVAL;
}

keda_status gofloat_parse(const char *text, size_t size, double *out)
{
    cursor c = {text, text + size};
    *out = 0.0;
    if (is_word(&c, "nan")) { /* Go takes no sign here */
        *out = (double)NAN;
        return KEDA_OK;
    }
    const bool is_negative = take_sign(&c);
    keda_status rc = KEDA_OK;
    if (is_word(&c, "inf") || is_word(&c, "infinity"))
        *out = (double)INFINITY;
    else
        rc = read_magnitude(c, out);
    if (is_negative && rc != KEDA_EINVAL)
        *out = -*out;
    return rc;
}
