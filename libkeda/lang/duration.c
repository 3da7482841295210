/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading durations. A fraction is scaled in doubles and cut to nanoseconds, piece by piece: the
 * reference's arithmetic, not the exact one.
 */
#include "duration.h"

#include <stddef.h>
#include <string.h>

#include "base/num.h"

static const uint64_t most = UINT64_C(1) << 63; /* magnitude of the least int64_t */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits before the point; false when they exceed the range. */
static bool read_whole(const char **p, uint64_t *out)
{
    uint64_t value = 0;
    for (; is_digit(**p); (*p)++) {
        const uint64_t digit = (uint64_t)(**p - '0');
        if (value > most / 10 || value * 10 > most - digit)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Digits behind the point; those that no longer fit are skipped. */
static uint64_t read_fraction(const char **p, double *scale)
{
    uint64_t value = 0;
    bool is_full = false;
    *scale = 1.0;
    for (; is_digit(**p); (*p)++) {
        const uint64_t digit = (uint64_t)(**p - '0');
        is_full = is_full || value > (most - 1) / 10 || value * 10 > most - digit;
        if (is_full)
            continue;
        value = value * 10 + digit;
        *scale *= 10.0;
    }
    return value;
}

static bool read_unit(const char **p, uint64_t *out)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } units[] = {
        {"ns", 1},
        {"us", 1000},
        {"\xc2\xb5s", 1000}, /* micro sign */
        {"\xce\xbcs", 1000}, /* Greek mu */
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", UINT64_C(60000000000)},
        {"h", UINT64_C(3600000000000)},
    };
    const size_t size = strcspn(*p, ".0123456789");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].text) == size && memcmp(*p, units[i].text, size) == 0) {
            *out = units[i].ns;
            *p += size;
            return true;
        }
    return false;
}

/* number unit; adds to *total. */
static bool read_piece(const char **p, uint64_t *total)
{
    uint64_t whole = 0, fraction = 0, unit = 0;
    double scale = 1.0;
    bool has_digits = is_digit(**p);
    if (!read_whole(p, &whole))
        return false;
    if (**p == '.') {
        (*p)++;
        has_digits = has_digits || is_digit(**p);
        fraction = read_fraction(p, &scale);
    }
    if (!has_digits || !read_unit(p, &unit) || whole > most / unit)
        return false;
    whole *= unit;
    whole += (uint64_t)((double)fraction * ((double)unit / scale));
    if (whole > most || *total > most - whole)
        return false;
    *total += whole;
    return true;
}

bool duration_parse(const char *text, int64_t *ns)
{
    const bool is_negative = *text == '-';
    const char *p = *text == '-' || *text == '+' ? text + 1 : text;
    uint64_t total = 0;
    if (*p == '\0')
        return false;
    if (strcmp(p, "0") != 0)
        while (*p != '\0')
            if (!read_piece(&p, &total))
                return false;
    if (!is_negative && total == most)
        return false;
    *ns = total == most ? INT64_MIN : is_negative ? -(int64_t)total : (int64_t)total;
    return true;
}

duration_result duration_parse_parameter(const char *text, int64_t *ns)
{
    int64_t value = 0;
    if (!duration_parse(text, &value)) {
        /* Upstream wraps beyond the range of nanoseconds; that is no duration here. */
        if (!num_parse_i64(text, &value) ||
            (value > 0 && num_mul_sat(value, 1000000) == INT64_MAX))
            return DURATION_BAD;
        value = value < 0 ? -1 : value * 1000000;
    }
    if (value < 0)
        return DURATION_NEGATIVE;
    *ns = value;
    return DURATION_OK;
}
