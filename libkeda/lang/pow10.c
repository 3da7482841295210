/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Powers of ten from two tables: one product or quotient each, whose rounding is part of the contract.
 */
#include "pow10.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"

static const double small[32] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23,
                                 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
static const double large[] = {1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288};
static const double tiny[] = {1e-0,   1e-32,  1e-64,  1e-96,  1e-128, 1e-160,
                              1e-192, 1e-224, 1e-256, 1e-288, 1e-320};

double pow10_double(int32_t n)
{
    if (n > 308)
        return HUGE_VAL;
    if (n < -323)
        return 0.0;
    if (n >= 0)
        return large[n / 32] * small[n % 32];
    return tiny[-n / 32] / small[-n % 32];
}

double decimal_mantissa_double(const decimal *d, int32_t shift)
{
    char text[DECIMAL_MAX_DIGITS + 24];
    size_t n = 0;
    if (d->ndigits == 0)
        return 0.0;
    for (; n < (size_t)d->ndigits; n++)
        text[n] = (char)('0' + d->digits[n]);
    (void)snprintf(text + n, sizeof text - n, "e%d", (int)shift);
    double value = 0.0;
    /* Not finite is the only reason for a number of this shape to be refused. */
    return num_parse_json_double(text, &value) ? value : HUGE_VAL;
}
