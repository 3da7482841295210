/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers to and from text in the C locale, the rounding of readings to thousandths, and saturating
 * arithmetic. Quantities with suffixes and durations are lang's.
 */
#include "num.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t enter_c_locale(void)
{
    (void)pthread_once(&c_locale_once, make_c_locale);
    return uselocale(c_locale);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One or more digits; NULL when there is none. */
static const char *skip_digits(const char *p)
{
    if (p == NULL || !is_digit(*p))
        return NULL;
    while (is_digit(*p))
        p++;
    return p;
}

/* -?(0|[1-9][0-9]*); NULL when it does not start so. */
static const char *skip_json_integer(const char *p)
{
    if (*p == '-')
        p++;
    return *p == '0' ? p + 1 : skip_digits(p);
}

static bool is_json_number(const char *text)
{
    const char *p = skip_json_integer(text);
    if (p != NULL && *p == '.')
        p = skip_digits(p + 1);
    if (p != NULL && (*p == 'e' || *p == 'E')) {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        p = skip_digits(p);
    }
    return p != NULL && *p == '\0';
}

/* Digits only, sign apart; accumulates below zero, where there is one value more. */
static bool parse_magnitude(const char *digits, bool is_negative, int64_t *out)
{
    int64_t value = 0;
    for (const char *p = digits; *p != '\0'; p++) {
        if (!is_digit(*p) || value < INT64_MIN / 10)
            return false;
        int digit = *p - '0';
        if (value * 10 < INT64_MIN + digit)
            return false;
        value = value * 10 - digit;
    }
    if (*digits == '\0' || (!is_negative && value == INT64_MIN))
        return false;
    *out = is_negative ? value : -value;
    return true;
}

bool num_parse_json_i64(const char *text, int64_t *out)
{
    const char *end = skip_json_integer(text);
    return end != NULL && *end == '\0' && num_parse_i64(text, out);
}

bool num_parse_i64(const char *text, int64_t *out)
{
    const bool has_sign = *text == '-' || *text == '+';
    return parse_magnitude(has_sign ? text + 1 : text, *text == '-', out);
}

/* The text has been checked: digits, one point, an exponent, whatever strtod cannot misread. */
static bool parse_checked_double(const char *text, double *out)
{
    char *end = NULL;
    locale_t before = enter_c_locale();
    const double value = strtod(text, &end);
    (void)uselocale(before);
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool num_parse_json_double(const char *text, double *out)
{
    return is_json_number(text) && parse_checked_double(text, out);
}

bool num_parse_double(const char *text, double *out)
{
    /* Neither white space nor hexadecimal nor the names of what is not a number. */
    if (text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    return parse_checked_double(text, out);
}

bool num_parse_bool(const char *text, bool *out)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        const bool is_yes = strcmp(text, yes[i]) == 0;
        if (is_yes || strcmp(text, no[i]) == 0) {
            *out = is_yes;
            return true;
        }
    }
    return false;
}

static size_t printed(int length)
{
    return length < 0 ? 0 : (size_t)length;
}

size_t num_format_double(double value, char *out, size_t size)
{
    locale_t before = enter_c_locale();
    int length = 0;
    /* Fifteen digits always name a normal number shortest, or cannot name it; below the normal
     * range fewer may do. */
    int digits = isfinite(value) && isnormal(value) ? 15 : 1;
    for (; digits <= 17; digits++) {
        length = snprintf(out, size, "%.*g", digits, value);
        if (!isfinite(value) || strtod(out, NULL) == value)
            break;
    }
    (void)uselocale(before);
    return printed(length);
}

size_t num_format_fixed(double value, int decimals, char *out, size_t size)
{
    locale_t before = enter_c_locale();
    const int length = snprintf(out, size, "%.*f", decimals, value);
    (void)uselocale(before);
    return printed(length);
}

/* mantissa * 2^exponent, rounded half to even, for a mantissa below 2^63. */
static int64_t shift_rounded(uint64_t mantissa, int exponent)
{
    if (exponent >= 0) {
        if (exponent >= 63 || mantissa > (uint64_t)INT64_MAX >> exponent)
            return INT64_MAX;
        return (int64_t)(mantissa << exponent);
    }
    const int shift = -exponent;
    if (shift >= 64)
        return 0;
    const uint64_t whole = mantissa >> shift;
    const uint64_t rest = mantissa & ((UINT64_C(1) << shift) - 1);
    const uint64_t half = UINT64_C(1) << (shift - 1);
    const bool is_up = rest > half || (rest == half && (whole & 1) == 1);
    return (int64_t)(whole + (is_up ? 1 : 0));
}

int64_t num_milli(double value)
{
    if (!isfinite(value) || value <= 0.0)
        return 0;
    int exponent = 0;
    /* 53 bits times 1000 stay below 2^63, so the product is exact. */
    const uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
    return shift_rounded(mantissa * 1000, exponent - 53);
}

size_t num_format_milli(int64_t milli, char *out, size_t size)
{
    const uint64_t magnitude = milli < 0 ? UINT64_C(0) - (uint64_t)milli : (uint64_t)milli;
    const char *sign = milli < 0 ? "-" : "";
    const unsigned long long whole = magnitude / 1000;
    unsigned rest = (unsigned)(magnitude % 1000);
    if (rest == 0)
        return printed(snprintf(out, size, "%s%llu", sign, whole));
    int digits = 3;
    for (; rest % 10 == 0; rest /= 10)
        digits--;
    return printed(snprintf(out, size, "%s%llu.%0*u", sign, whole, digits, rest));
}

int64_t num_add_sat(int64_t a, int64_t b)
{
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t num_mul_sat(int64_t a, int64_t b)
{
    int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product))
        return product;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}
