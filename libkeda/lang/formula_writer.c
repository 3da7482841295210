/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts and numbers as Go writes them.
 */
#include "formula_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "unicode.h"

writer writer_begin(machine *m)
{
    const size_t left = m->f->heap_size - m->heap_used;
    return (writer){.m = m,
                    .text = (char *)(m->f->heap + m->heap_used),
                    .capacity = left * sizeof(formula_value)};
}

void writer_put(writer *w, const char *bytes, size_t size)
{
    if (w->m->rc != KEDA_OK || !machine_spend(w->m, 1 + size / 16))
        return;
    if (size > w->capacity - w->size) {
        (void)machine_cells(w->m, (uint64_t)w->m->f->heap_size + 1); /* reports it */
        return;
    }
    if (size > 0)
        memcpy(w->text + w->size, bytes, size);
    w->size += size;
}

void writer_puts(writer *w, const char *text)
{
    writer_put(w, text, strlen(text));
}

void writer_put_character(writer *w, uint32_t c)
{
    char bytes[UTF8_MAX];
    writer_put(w, bytes, utf8_encode(c, bytes));
}

void writer_put_int(writer *w, int64_t value)
{
    char text[24];
    writer_put(w, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value));
}

formula_value writer_end(writer *w)
{
    const size_t cells =
        w->size / sizeof(formula_value) + (w->size % sizeof(formula_value) > 0);
    if (w->m->rc != KEDA_OK || (cells > 0 && machine_cells(w->m, cells) == NULL))
        return formula_string("", 0);
    return formula_string(w->text, w->size);
}

/* --- floats -------------------------------------------------------------------------------------- */

enum { MAX_DIGITS = 32 };

/* value = 0.digits * 10^point */
typedef struct decimals {
    char digits[MAX_DIGITS];
    int count, point;
} decimals;

/* Digits up to the exponent, without the zeros before them; *at goes behind them. */
static decimals read_digits(const char **at)
{
    decimals d = {.count = 0};
    bool is_behind_point = false;
    for (; (**at >= '0' && **at <= '9') || **at == '.'; ++*at) {
        const bool leads = d.count == 0 && **at == '0';
        if (**at == '.') {
            is_behind_point = true;
            continue;
        }
        if (!leads)
            d.digits[d.count++] = **at;
        if (leads == is_behind_point)
            d.point += leads ? -1 : 1;
    }
    return d;
}

static decimals decimals_of(double value)
{
    char text[MAX_DIGITS];
    (void)num_format_double(value, text, sizeof text);
    const char *at = text;
    decimals d = read_digits(&at);
    if (*at == 'e' || *at == 'E')
        d.point += (int)strtol(at + 1, NULL, 10);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    if (d.count == 0)
        return (decimals){.digits = "0", .count = 1, .point = 1};
    return d;
}

static void put_exponent(writer *w, const decimals *d, bool is_short)
{
    char text[16];
    const int exponent = d->point - 1;
    writer_put(w, d->digits, 1);
    if (d->count > 1) {
        writer_puts(w, ".");
        writer_put(w, d->digits + 1, (size_t)d->count - 1);
    }
    (void)snprintf(text, sizeof text, is_short && exponent < 0 ? "e%d" : "e%+03d", exponent);
    writer_puts(w, text);
}

static void put_zeros(writer *w, int count)
{
    for (int i = 0; i < count; i++)
        writer_puts(w, "0");
}

static void put_plain(writer *w, const decimals *d)
{
    const int whole = d->point < 0 ? 0 : d->point < d->count ? d->point : d->count;
    writer_put(w, d->digits, (size_t)whole);
    put_zeros(w, d->point > 0 ? d->point - whole : 1);
    if (whole == d->count)
        return;
    writer_puts(w, ".");
    put_zeros(w, -d->point);
    writer_put(w, d->digits + whole, (size_t)(d->count - whole));
}

void writer_put_float(writer *w, double value, int least, int most, bool short_exponent)
{
    if (isnan(value)) {
        writer_puts(w, "NaN");
        return;
    }
    if (isinf(value)) {
        writer_puts(w, value > 0 ? "+Inf" : "-Inf");
        return;
    }
    if (signbit(value))
        writer_puts(w, "-");
    const decimals d = decimals_of(fabs(value));
    if (value != 0.0 && (d.point - 1 < least || d.point - 1 >= most))
        put_exponent(w, &d, short_exponent);
    else
        put_plain(w, &d);
}
