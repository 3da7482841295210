/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Axes, labels and text of pictures.
 */
#include "simulate/plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

/* ---- runs on the same axes */

static double max_of(double a, double b)
{
    return b > a ? b : a; /* also when b is not a number */
}

/* What is wanted may be far above what there can be: it does not make the axis. */
static void widen_axes(plot *p, const tally *t)
{
    double set = 1.0, wanted = 0.0;

    for (size_t i = 0; i < TALLY_PARTS; i++) {
        const tally_part *part = &t->parts[i];
        if (!part->is_used)
            continue;
        p->top_total = max_of(p->top_total, part->lag.high);
        for (size_t n = 0; n < t->nlags; n++)
            p->top_lag = max_of(p->top_lag, t->lags[n * TALLY_PARTS + i].high);
        set = max_of(set, max_of(part->set.high, part->working.high));
        wanted = max_of(wanted, part->wanted.high);
    }
    p->top_set = max_of(p->top_set, set);
    set = max_of(set, wanted < set * 1.5 ? wanted : set * 1.5);
    p->top_replicas = max_of(p->top_replicas, set);
}

keda_status plot_init(plot *p, const keda_simulation *s, const keda_simulation *other,
                      keda_buf *out, keda_error *err)
{
    *p = (plot){.runs = {s, other}, .nruns = other == NULL ? 1 : 2, .out = out};
    for (size_t i = 0; i < p->nruns; i++) {
        const keda_status rc = simulation_needs_run(p->runs[i], err);
        if (rc != KEDA_OK)
            return rc;
        if (p->runs[i]->tally.sum.duration_ms > p->duration_ms)
            p->duration_ms = p->runs[i]->tally.sum.duration_ms;
        widen_axes(p, &p->runs[i]->tally);
    }
    p->top_lag = p->top_lag > 0.0 ? p->top_lag : 1.0;
    p->top_total = p->top_total > 0.0 ? p->top_total : 1.0;
    p->duration_ms = p->duration_ms > 0 ? p->duration_ms : 1;
    return KEDA_OK;
}

keda_status plot_finish(plot *p, keda_write_fn write, void *user, keda_error *err)
{
    keda_status rc = p->rc;

    if (rc != KEDA_OK)
        rc = keda_error_set(err, rc, "out of memory");
    else if ((rc = write(p->out->data, p->out->size, user)) != KEDA_OK)
        rc = keda_error_set(err, rc, "the picture could not be written");
    keda_buf_clear(p->out);
    return rc;
}

/* ---- text */

void plot_puts(plot *p, const char *text)
{
    if (p->rc == KEDA_OK)
        p->rc = buf_puts(p->out, text);
}

void plot_printf(plot *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (p->rc == KEDA_OK)
        p->rc = buf_vprintf(p->out, format, args);
    va_end(args);
}

void plot_number(plot *p, double value)
{
    char text[340];

    (void)num_format_fixed(isfinite(value) ? value : 0.0, 1, text, sizeof text);
    const size_t size = strlen(text);
    if (size > 2 && strcmp(text + size - 2, ".0") == 0)
        text[size - 2] = '\0';
    plot_puts(p, text);
}

/* Bytes that a UTF-8 character beginning so has; 0: none does. */
static size_t utf8_size(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Overlong forms, surrogates, and what is beyond Unicode or no character of XML. */
static bool is_forbidden(const unsigned char *t)
{
    return (t[0] == 0xE0 && t[1] < 0xA0) || (t[0] == 0xF0 && t[1] < 0x90) ||
           (t[0] == 0xED && t[1] > 0x9F) || (t[0] == 0xF4 && t[1] > 0x8F) ||
           (t[0] == 0xEF && t[1] == 0xBF && t[2] > 0xBD);
}

/* Bytes of the UTF-8 character at t that XML may have; 0: none. */
static size_t xml_size(const unsigned char *t)
{
    const size_t size = utf8_size(t[0]);

    if (t[0] == 0x7F || (t[0] < 0x20 && t[0] != '\n'))
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((t[i] & 0xC0u) != 0x80u)
            return 0;
    return size > 1 && is_forbidden(t) ? 0 : size;
}

void plot_xml(plot *p, const char *text)
{
    for (const unsigned char *t = (const unsigned char *)text; *t != '\0';) {
        const size_t size = xml_size(t);
        if (size == 0)
            plot_puts(p, "\xEF\xBF\xBD");
        else if (*t == '<')
            plot_puts(p, "&lt;");
        else if (*t == '>')
            plot_puts(p, "&gt;");
        else if (*t == '&')
            plot_puts(p, "&amp;");
        else if (*t == '"')
            plot_puts(p, "&quot;");
        else
            plot_printf(p, "%.*s", (int)size, (const char *)t);
        t += size > 0 ? size : 1;
    }
}

/* ---- axes */

double plot_step(double top, int count, double least)
{
    const double raw = top / count;
    const double power = pow(10.0, floor(log10(raw > 0.0 ? raw : 1.0)));
    const double part = raw / power;
    const double step = power * (part <= 1.0   ? 1.0
                                 : part <= 2.0 ? 2.0
                                 : part <= 5.0 ? 5.0
                                               : 10.0);
    return step > least ? step : least;
}

int64_t plot_time_step(int64_t duration_ms, int count)
{
    static const int64_t seconds[] = {1,     2,     5,     10,    15,     30,     60,
                                      120,   300,   600,   900,   1800,   3600,   7200,
                                      10800, 21600, 43200, 86400, 172800, 432000, 864000};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
        if (duration_ms / (seconds[i] * 1000) <= count)
            return seconds[i] * 1000;
    return (int64_t)plot_step((double)duration_ms / 86400000.0, count, 10.0) * 86400000;
}

void plot_label(double value, char *out, size_t size)
{
    static const struct {
        double unit;
        const char *suffix;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1.0, ""}};
    size_t i = 0;

    while (i < 4 && value < units[i].unit)
        i++;
    char number[32];
    (void)num_format_double(round(value / units[i].unit * 1000.0) / 1000.0, number,
                            sizeof number);
    (void)snprintf(out, size, "%s%s", number, units[i].suffix);
}

static double activation_of(const keda_policy *policy)
{
    double highest = 0.0;

    for (size_t i = 0; i < policy->nmetrics; i++) {
        const keda_metric_policy *m =
            (const void *)((const char *)policy->metrics + i * policy->metric_size);
        highest = isfinite(m->activation) ? max_of(highest, m->activation) : highest;
    }
    return highest;
}

double plot_activation(const plot *p)
{
    double highest = 0.0;
    for (size_t i = 0; i < p->nruns; i++)
        highest = max_of(highest, activation_of(p->runs[i]->plan.policy));
    return highest;
}
