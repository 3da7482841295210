/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a quantity is once parsed: rounding, comparing, canonical text, doubles. Reading the text is
 * quantity_parse.c's.
 */
#include "quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "pow10.h"

static void from_integer(int64_t value, int32_t exponent, quantity *out)
{
    *out = (quantity){.format = QUANTITY_DECIMAL_SI, .is_negative = value < 0};
    const uint64_t magnitude = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude);
    for (const char *p = digits; *p != '\0'; p++)
        (void)decimal_push(&out->magnitude, *p - '0');
    out->magnitude.exponent = exponent;
    out->approx = (double)value * pow10_double(exponent);
}

void quantity_from_value(int64_t value, quantity *out)
{
    from_integer(value, 0, out);
}

void quantity_from_milli(int64_t milli, quantity *out)
{
    from_integer(milli, -3, out);
}

void quantity_from_double(double value, quantity *out)
{
    char text[352];
    if (!isfinite(value) || value <= 0.0)
        value = 0.0;
    (void)num_format_fixed(value, 3, text, sizeof text);
    if (!quantity_parse(text, out))
        from_integer(0, 0, out);
}

static int64_t signed_units(const quantity *q, int32_t exponent)
{
    if (!q->is_negative)
        return (int64_t)decimal_units(&q->magnitude, exponent, INT64_MAX);
    const uint64_t units = decimal_units(&q->magnitude, exponent, (uint64_t)INT64_MAX + 1);
    return units > INT64_MAX ? INT64_MIN : -(int64_t)units;
}

int64_t quantity_value(const quantity *q)
{
    return signed_units(q, 0);
}

int64_t quantity_milli(const quantity *q)
{
    return signed_units(q, -3);
}

int quantity_sign(const quantity *q)
{
    if (q->magnitude.ndigits == 0)
        return 0;
    return q->is_negative ? -1 : 1;
}

int quantity_compare(const quantity *a, const quantity *b)
{
    const int sign = quantity_sign(a);
    if (sign != quantity_sign(b))
        return sign < quantity_sign(b) ? -1 : 1;
    const int order = decimal_compare(&a->magnitude, &b->magnitude);
    return sign < 0 ? -order : order;
}

static int32_t multiple_of_3_below(int32_t exponent)
{
    const int32_t rest = exponent % 3;
    return exponent - (rest < 0 ? rest + 3 : rest);
}

/* The canonical mantissa as digits; its exponent is a multiple of three, at most `most`. */
static decimal canonical(const quantity *q, int32_t most)
{
    decimal d = q->magnitude;
    decimal_trim(&d);
    const int32_t exponent = multiple_of_3_below(d.exponent);
    (void)decimal_expand(&d, exponent > most ? most : exponent);
    return d;
}

double quantity_canonical_double(const quantity *q)
{
    const decimal d = canonical(q, INT32_MAX);
    const double value = decimal_mantissa_double(&d, 0) * pow10_double(d.exponent);
    return q->is_negative ? -value : value;
}

static size_t put(char *out, size_t size, bool is_negative, const decimal *d,
                  const char *suffix)
{
    char digits[DECIMAL_MAX_DIGITS + 1];
    for (int32_t i = 0; i < d->ndigits; i++)
        digits[i] = (char)('0' + d->digits[i]);
    digits[d->ndigits] = '\0';
    const int length = snprintf(out, size, "%s%s%s", is_negative ? "-" : "", digits, suffix);
    return length < 0 ? 0 : (size_t)length;
}

static size_t decimal_text(const quantity *q, char *out, size_t size)
{
    static const char *const suffixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    const decimal d = canonical(q, 18);
    return put(out, size, q->is_negative, &d, suffixes[(d.exponent + 9) / 3]);
}

static size_t exponent_text(const quantity *q, char *out, size_t size)
{
    const decimal d = canonical(q, INT32_MAX);
    char suffix[16] = "";
    if (d.exponent != 0)
        (void)snprintf(suffix, sizeof suffix, "e%d", (int)d.exponent);
    return put(out, size, q->is_negative, &d, suffix);
}

static size_t binary_text(const quantity *q, char *out, size_t size)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    decimal d = q->magnitude;
    decimal_trim(&d);
    if (d.exponent < 0 || decimal_units(&d, 0, 1024) < 1024)
        return decimal_text(q, out, size);
    (void)decimal_expand(&d, 0); /* binary values are at most 2^63 - 1 */
    size_t power = 0;
    for (decimal next = d; power + 1 < sizeof suffixes / sizeof suffixes[0]; power++) {
        if (decimal_divide(&next, 1024) != 0)
            break;
        d = next;
    }
    return put(out, size, q->is_negative, &d, suffixes[power]);
}

size_t quantity_text(const quantity *q, char *out, size_t size)
{
    if (q->magnitude.ndigits == 0) {
        const int length = snprintf(out, size, "0");
        return length < 0 ? 0 : (size_t)length;
    }
    if (q->format == QUANTITY_DECIMAL_EXPONENT)
        return exponent_text(q, out, size);
    return q->format == QUANTITY_BINARY_SI ? binary_text(q, out, size)
                                           : decimal_text(q, out, size);
}

const char *quantity_format_name(quantity_format format)
{
    static const char *const names[] = {"", "DecimalSI", "DecimalExponent", "BinarySI"};
    return (size_t)format < sizeof names / sizeof names[0] ? names[format] : "";
}
