/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Powers of ten and big mantissas as doubles, rounded step by step as KEDA's conversions round them
 * (spec: languages 4.4). For quantity.c and quantity_parse.c.
 */
#ifndef LANG_POW10_H
#define LANG_POW10_H

#include "decimal.h"

/* Product or quotient of two table entries; above 308 infinite, below -323 zero. */
double pow10_double(int32_t n);

/* digits * 10^shift, whatever the exponent of d is, as the nearest double. */
double decimal_mantissa_double(const decimal *d, int32_t shift);

#endif
