/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes quantities ("1500m", "2Ki", "1e3"): exact values, canonical text, conversions (spec:
 * languages 4). Numbers without suffixes are base/num.h's.
 */
#ifndef LANG_QUANTITY_H
#define LANG_QUANTITY_H

#include <stddef.h>

#include "decimal.h"

typedef enum quantity_format {
    QUANTITY_UNSET = 0,
    QUANTITY_DECIMAL_SI,
    QUANTITY_DECIMAL_EXPONENT,
    QUANTITY_BINARY_SI
} quantity_format;

typedef struct quantity {
    quantity_format format;
    bool is_negative;
    bool keeps_text; /* upstream prints the parsed text again, not the canonical one */
    decimal magnitude;
    double
        approx; /* as KEDA reads it: rounds once per step, so 1001m is not the nearest double */
} quantity;

/* Longest canonical text with its NUL. */
enum { QUANTITY_TEXT_SIZE = DECIMAL_MAX_DIGITS + 24 };

/* The whole text or false; up to 360 digits, exponents up to a thousand million. */
bool quantity_parse(const char *text, quantity *out);
void quantity_from_value(int64_t value, quantity *out);
void quantity_from_milli(int64_t milli, quantity *out);
/* A scaler's double as reported: NaN, infinite, negative are 0; else three decimals. */
void quantity_from_double(double value, quantity *out);

/* Rounded away from zero; saturate. */
int64_t quantity_value(const quantity *q);
int64_t quantity_milli(const quantity *q);

/* -1, 0, 1; exact. */
int quantity_compare(const quantity *a, const quantity *b);
int quantity_sign(const quantity *q);

/* Canonical mantissa * 10^exponent in doubles, as the HPA reads a tolerance. */
double quantity_canonical_double(const quantity *q);

/* Canonical text; returns its length. size >= QUANTITY_TEXT_SIZE */
size_t quantity_text(const quantity *q, char *out, size_t size);

const char *quantity_format_name(quantity_format format);

#endif
