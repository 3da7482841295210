/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers to and from text, whatever the process locale is. Parsers take the whole text or fail.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON integer literal: -?(0|[1-9][0-9]*), in range. */
bool num_parse_json_i64(const char *text, int64_t *out);
/* Decimal integer with optional sign and leading zeros, in range. */
bool num_parse_i64(const char *text, int64_t *out);
/* JSON number; overflow fails, underflow is 0. */
bool num_parse_json_double(const char *text, double *out);
/* Any decimal number strtod reads in the C locale; for trusted formats. */
bool num_parse_double(const char *text, double *out);
/* Go's ParseBool: 1 t T TRUE true True 0 f F FALSE false False. */
bool num_parse_bool(const char *text, bool *out);
/* Shortest text that reads back as the same double; returns its length. size >= 32. */
size_t num_format_double(double value, char *out, size_t size);
/* Fixed decimals, "%.3f" in the C locale; returns its length. size >= 340. */
size_t num_format_fixed(double value, int decimals, char *out, size_t size);
/* The reading rule: NaN, infinite and negative are 0; else the value with three decimals, as
 * thousandths, ties by the exact binary value; saturates at INT64_MAX. */
int64_t num_milli(double value);
/* Thousandths as a decimal text without trailing zeros: 1500 -> "1.5". size >= 32. */
size_t num_format_milli(int64_t milli, char *out, size_t size);

int64_t num_add_sat(int64_t a, int64_t b);
int64_t num_mul_sat(int64_t a, int64_t b);

#endif
