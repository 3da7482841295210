/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a quantity's text (spec: languages 4.1, 4.2). Upstream has a fast path on 64-bit integers
 * and a slow one on big decimals; values agree, the double that KEDA derives does not, so both are
 * told apart here.
 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "pow10.h"
#include "quantity.h"

enum { NANO = -9, FAST_DIGITS = 18, MAX_DIGITS = 360, MAX_EXPONENT = 1000000000 };

/* The pieces of a text. */
typedef struct parts {
    bool is_negative;
    const char *whole, *fraction; /* digits */
    int32_t nwhole, nfraction;    /* leading zeros of whole are not counted */
    quantity_format format;
    int32_t exponent; /* of 10, or of 2 for the binary suffixes */
} parts;

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool read_exponent(const char *text, parts *p)
{
    int64_t exponent = 0;
    if (!num_parse_i64(text, &exponent) || exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT)
        return false;
    p->format = QUANTITY_DECIMAL_EXPONENT;
    p->exponent = (int32_t)exponent;
    return true;
}

static bool read_suffix(const char *text, parts *p)
{
    static const struct {
        const char *text;
        quantity_format format;
        int32_t exponent;
    } suffixes[] = {
        {"", QUANTITY_DECIMAL_SI, 0},   {"n", QUANTITY_DECIMAL_SI, -9},
        {"u", QUANTITY_DECIMAL_SI, -6}, {"m", QUANTITY_DECIMAL_SI, -3},
        {"k", QUANTITY_DECIMAL_SI, 3},  {"M", QUANTITY_DECIMAL_SI, 6},
        {"G", QUANTITY_DECIMAL_SI, 9},  {"T", QUANTITY_DECIMAL_SI, 12},
        {"P", QUANTITY_DECIMAL_SI, 15}, {"E", QUANTITY_DECIMAL_SI, 18},
        {"Ki", QUANTITY_BINARY_SI, 10}, {"Mi", QUANTITY_BINARY_SI, 20},
        {"Gi", QUANTITY_BINARY_SI, 30}, {"Ti", QUANTITY_BINARY_SI, 40},
        {"Pi", QUANTITY_BINARY_SI, 50}, {"Ei", QUANTITY_BINARY_SI, 60},
    };
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(text, suffixes[i].text) == 0) {
            p->format = suffixes[i].format;
            p->exponent = suffixes[i].exponent;
            return true;
        }
    return (*text == 'e' || *text == 'E') && read_exponent(text + 1, p);
}

static bool split(const char *text, parts *p)
{
    *p = (parts){.is_negative = *text == '-'};
    if (*text == '\0')
        return false;
    if (*text == '-' || *text == '+')
        text++;
    const size_t nwhole = count_digits(text);
    const size_t zeros = strspn(text, "0") < nwhole ? strspn(text, "0") : nwhole;
    p->whole = text + zeros;
    text += nwhole;
    size_t nfraction = 0;
    if (*text == '.') {
        p->fraction = ++text;
        nfraction = count_digits(text);
        text += nfraction;
    }
    if (nwhole - zeros > MAX_DIGITS || nfraction > MAX_DIGITS ||
        nwhole - zeros + nfraction > MAX_DIGITS)
        return false;
    p->nwhole = (int32_t)(nwhole - zeros);
    p->nfraction = (int32_t)nfraction;
    return read_suffix(text, p);
}

static void push_all(decimal *d, const char *digits, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        (void)decimal_push(d, digits[i] - '0');
}

static bool is_fast(const parts *p)
{
    const int32_t nwhole = p->nwhole > 0 ? p->nwhole : 1;
    if (p->format == QUANTITY_BINARY_SI)
        return p->nfraction == 0 && 15 - nwhole - 3 * p->exponent / 10 - 1 >= 0;
    return nwhole + p->nfraction <= FAST_DIGITS && p->exponent - p->nfraction >= NANO;
}

/* Whether the fast path counts the text itself as canonical. */
static bool keeps_text(const parts *p, const decimal *mantissa)
{
    decimal rest = *mantissa;
    if (p->format == QUANTITY_BINARY_SI)
        return decimal_divide(&rest, 1024) != 0;
    return (p->exponent - p->nfraction) % 3 == 0 && (p->nwhole > 0 || p->nfraction == 0) &&
           decimal_divide(&rest, 1000) != 0;
}

/* Applies a binary suffix and the cap at 2^63 - 1; false when it is capped. */
static bool scale_binary(decimal *d, int32_t exponent)
{
    static const decimal most = {
        .ndigits = 19,
        .digits = {9, 2, 2, 3, 3, 7, 2, 0, 3, 6, 8, 5, 4, 7, 7, 5, 8, 0, 7},
    };
    for (; exponent > 0; exponent -= 10)
        (void)decimal_multiply(d, 1024); /* at most 360 digits so far, 19 more */
    if (decimal_compare(d, &most) <= 0)
        return true;
    *d = most;
    return false;
}

/* The big decimal's way: value * 10^9 rounded up to an integer, times 10^-9. */
static double slow_double(const decimal *d, bool is_capped)
{
    if (d->ndigits == 0)
        return 0.0;
    if (is_capped)
        return decimal_mantissa_double(d, 0);
    return decimal_mantissa_double(d, d->exponent - NANO) * pow10_double(NANO);
}

static bool is_below_one(const decimal *d)
{
    return d->ndigits > 0 && (int64_t)d->ndigits + d->exponent <= 0;
}

bool quantity_parse(const char *text, quantity *out)
{
    parts p;
    if (!split(text, &p))
        return false;
    quantity q = {.format = p.format, .is_negative = p.is_negative};
    decimal *d = &q.magnitude;
    push_all(d, p.whole, p.nwhole);
    if (p.nfraction > 0)
        push_all(d, p.fraction, p.nfraction);
    const bool is_binary = p.format == QUANTITY_BINARY_SI;
    const bool is_quick = is_fast(&p);
    d->exponent = (is_binary ? 0 : p.exponent) - p.nfraction;
    q.keeps_text = is_quick && d->ndigits > 0 && keeps_text(&p, d);
    const bool is_capped = is_binary && !scale_binary(d, p.exponent);
    if (is_quick)
        q.approx = decimal_mantissa_double(d, 0) * pow10_double(d->exponent);
    if (is_binary && is_below_one(d))
        q.format = QUANTITY_DECIMAL_SI;
    (void)decimal_round_up(d, NANO);
    if (!is_quick)
        q.approx = slow_double(d, is_capped);
    if (d->ndigits == 0) {
        q.is_negative = false;
        q.approx = 0.0;
    }
    if (q.is_negative)
        q.approx = -q.approx;
    *out = q;
    return true;
}
