/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number rules of the decision core (HPA: number types): doubles become integers by truncation
 * and saturate, NaN is 0; 32-bit sums wrap as in the original; times saturate. Used in core only.
 * Comments that open with an at sign are contracts, proved by scripts/prove.
 */
#ifndef CORE_ARITH_H
#define CORE_ARITH_H

#include <math.h>
#include <stdint.h>

/*@ logic integer clamp64(integer x) = \max(INT64_MIN, \min(INT64_MAX, x));
    logic integer before(integer now_ms, integer span_s) = clamp64(now_ms - 1000 * span_s);
    logic integer wrap32(integer x) = \let r = x % 4294967296;
        r > INT32_MAX ? r - 4294967296 : r < INT32_MIN ? r + 4294967296 : r; */

/*@ assigns \nothing;
    ensures \is_NaN(x) ==> \result == 0; */
static inline int32_t i32_from_double(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 2147483647.0)
        return INT32_MAX;
    return x <= -2147483648.0 ? INT32_MIN : (int32_t)x;
}

/*@ assigns \nothing;
    ensures \is_NaN(x) ==> \result == 0; */
static inline int64_t i64_from_double(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 9223372036854775808.0)
        return INT64_MAX;
    return x < -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

/* x modulo 2^32, as a signed number. */
/*@ assigns \nothing;
    ensures (x - \result) % 4294967296 == 0;
    ensures \result == wrap32(x); */
static inline int32_t i32_wrap(int64_t x)
{
    const int64_t rest = x % 4294967296;
    if (rest > INT32_MAX)
        return (int32_t)(rest - 4294967296);
    return (int32_t)(rest < INT32_MIN ? rest + 4294967296 : rest);
}

/* a + b modulo 2^64, as a signed number. */
/*@ assigns \nothing;
    ensures INT64_MIN <= a + b <= INT64_MAX ==> \result == a + b;
    ensures a + b > INT64_MAX ==> \result == a + b - 18446744073709551616;
    ensures a + b < INT64_MIN ==> \result == a + b + 18446744073709551616; */
static inline int64_t i64_wrap_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return (a - INT64_MAX - 1) + (b - INT64_MAX - 1);
    if (b < 0 && a < INT64_MIN - b)
        return (a - INT64_MIN) + (b - INT64_MIN);
    return a + b;
}

/* a * b modulo 2^64, as a signed number. */
/*@ assigns \nothing; */
static inline int64_t i64_wrap_mul(int64_t a, int64_t b)
{
    const uint64_t u = (uint64_t)a * (uint64_t)b;
    return u <= INT64_MAX ? (int64_t)u : (int64_t)(u - 9223372036854775808U) + INT64_MIN;
}

/* a / b, truncated; b is not 0, and the one quotient that does not fit wraps. */
/*@ requires b != 0;
    assigns \nothing;
    ensures b != -1 ==> \result == a / b; */
static inline int64_t i64_divide(int64_t a, int64_t b)
{
    return b == -1 ? i64_wrap_mul(a, -1) : a / b;
}

/*@ assigns \nothing;
    ensures \result == clamp64(a + b); */
static inline int64_t i64_sat_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

/* now_ms less a span in seconds. */
/*@ assigns \nothing;
    ensures \result == before(now_ms, span_s); */
static inline int64_t ms_before(int64_t now_ms, int32_t span_s)
{
    return i64_sat_add(now_ms, -1000 * (int64_t)span_s);
}

/*@ assigns \nothing;
    ensures \result == \max(a, b); */
static inline int32_t i32_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/*@ assigns \nothing;
    ensures \result == \min(a, b); */
static inline int32_t i32_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

#endif
