/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic which has a result for everything (libkeda/core/arith.h). */
#include <criterion/criterion.h>

#include "core/arith.h"

#define BEYOND 1e300

Test(arith, takes_doubles_to_the_nearest_end_and_no_number_to_nothing)
{
    cr_expect_eq(i32_from_double(2147483646.9), INT32_MAX - 1);
    cr_expect_eq(i32_from_double(2147483647.0), INT32_MAX);
    cr_expect_eq(i32_from_double(BEYOND), INT32_MAX);
    cr_expect_eq(i32_from_double(-2147483647.9), -INT32_MAX);
    cr_expect_eq(i32_from_double(-2147483648.0), INT32_MIN);
    cr_expect_eq(i32_from_double(-(double)INFINITY), INT32_MIN);
    cr_expect_eq(i32_from_double((double)NAN), 0);
    cr_expect_eq(i64_from_double(9223372036854775808.0), INT64_MAX);
    cr_expect_eq(i64_from_double(-9223372036854775808.0), INT64_MIN);
    cr_expect_eq(i64_from_double(-BEYOND), INT64_MIN);
    cr_expect_eq(i64_from_double((double)NAN), 0);
}

Test(arith, stops_sums_at_the_ends_or_wraps_them)
{
    cr_expect_eq(i64_sat_add(INT64_MAX, 1), INT64_MAX);
    cr_expect_eq(i64_sat_add(INT64_MIN, -1), INT64_MIN);
    cr_expect_eq(i64_sat_add(INT64_MIN, INT64_MAX), -1);
    cr_expect_eq(i64_wrap_add(INT64_MAX, 1), INT64_MIN);
    cr_expect_eq(i32_wrap(INT64_C(2147483648)), INT32_MIN);
    cr_expect_eq(i32_wrap(INT64_C(-2147483649)), INT32_MAX);
}
