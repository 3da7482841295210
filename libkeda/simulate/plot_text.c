/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture for a terminal: the lag in Braille dots, replicas in blocks, activity and changes in a
 * row each.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/moment.h"
#include "simulate/plot.h"

enum {
    LABELS = 9, /* columns of an axis' labels */
    LEAST_COLUMNS = 40,
    MOST_COLUMNS = 400,
    LAG_ROWS = 6,
    REPLICA_ROWS = 5,
    DOTS = 4,   /* a cell of Braille is two dots wide and four high */
    EIGHTHS = 8 /* a block */
};

typedef struct cell {
    bool is_used;
    double low, high, set, wanted; /* of the lag; of replicas */
    unsigned activity;
    bool is_up, is_down;
} cell;

typedef struct terminal {
    plot *p;
    bool has_colour;
    size_t width;                 /* cells beside the labels */
    cell cells[2 * MOST_COLUMNS]; /* two a column, for Braille */
} terminal;

static const char *const colours[] = {"\x1b[34m", "\x1b[33m", "\x1b[90m", "\x1b[32m",
                                      "\x1b[31m"};
enum colour { BLUE, AMBER, GREY, GREEN, RED };

static void paint(const terminal *t, enum colour c, const char *text)
{
    if (!t->has_colour) {
        plot_puts(t->p, text);
        return;
    }
    plot_printf(t->p, "%s%s\x1b[0m", colours[c], text);
}

/* ---- a run in so many cells */

static double higher(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

static double lower(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static size_t cell_of(const terminal *t, int64_t at_ms)
{
    const size_t n = 2 * t->width;
    const size_t i = (size_t)((double)at_ms / (double)t->p->duration_ms * (double)n);
    return i < n ? i : n - 1;
}

static void add_part(cell *c, const tally_part *part)
{
    if (!c->is_used)
        *c = (cell){.is_used = true,
                    .low = (double)NAN,
                    .high = (double)NAN,
                    .is_up = c->is_up,
                    .is_down = c->is_down};
    c->low = lower(c->low, part->lag.low);
    c->high = higher(c->high, part->lag.high);
    c->set = higher(c->set, part->set.high);
    c->wanted = higher(c->wanted, part->wanted.high);
    c->activity |= part->activity;
}

/* Between two steps everything is as the first of them left it. */
static void fill_gaps(terminal *t)
{
    for (size_t i = 1; i < 2 * t->width; i++) {
        cell *c = &t->cells[i];
        if (c->is_used || !t->cells[i - 1].is_used)
            continue;
        const bool is_up = c->is_up, is_down = c->is_down;
        *c = t->cells[i - 1];
        c->is_up = is_up;
        c->is_down = is_down;
    }
}

static void take_run(terminal *t, const keda_simulation *s)
{
    memset(t->cells, 0, sizeof t->cells);
    for (size_t i = 0; i < s->tally.nchanges; i++) {
        const tally_change *change = &s->tally.changes[i];
        cell *c = &t->cells[cell_of(t, change->at_ms)];
        c->is_up = c->is_up || change->to > change->from;
        c->is_down = c->is_down || change->to < change->from;
    }
    for (size_t i = 0; i < TALLY_PARTS; i++)
        if (s->tally.parts[i].is_used)
            add_part(&t->cells[cell_of(t, s->tally.parts[i].at_ms)], &s->tally.parts[i]);
    fill_gaps(t);
}

/* ---- characters */

static void utf8(char *out, unsigned code)
{
    out[0] = (char)(0xE0u | code >> 12);
    out[1] = (char)(0x80u | (code >> 6 & 0x3Fu));
    out[2] = (char)(0x80u | (code & 0x3Fu));
    out[3] = '\0';
}

static void label(const terminal *t, const char *text)
{
    plot_printf(t->p, "%*s ", LABELS - 1, text);
}

static void axis_label(const terminal *t, int row, int rows, double top)
{
    char text[32] = "";

    if (row == 0)
        plot_label(top, text, sizeof text);
    else if (row == rows - 1)
        (void)snprintf(text, sizeof text, "0");
    label(t, text);
}

/* Dots of one column of a Braille cell, from the row's bottom, for a span of dots of the panel. */
static unsigned dots(const cell *c, double top, int below, bool is_right)
{
    static const unsigned bits[2][DOTS] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
    const double all = LAG_ROWS * DOTS - 1;
    unsigned set = 0;

    if (!c->is_used || isnan(c->low))
        return 0;
    const int low = (int)lround(c->low / top * all), high = (int)lround(c->high / top * all);
    for (int i = 0; i < DOTS; i++)
        if (below + i >= low && below + i <= high)
            set |= bits[is_right ? 1 : 0][i];
    return set;
}

static void lag_panel(const terminal *t)
{
    char text[4];

    for (int row = 0; row < LAG_ROWS; row++) {
        const int below = (LAG_ROWS - 1 - row) * DOTS;
        axis_label(t, row, LAG_ROWS, t->p->top_total);
        if (t->has_colour)
            plot_puts(t->p, colours[BLUE]);
        for (size_t x = 0; x < t->width; x++) {
            utf8(text, 0x2800u | dots(&t->cells[2 * x], t->p->top_total, below, false) |
                           dots(&t->cells[2 * x + 1], t->p->top_total, below, true));
            plot_puts(t->p, text);
        }
        plot_puts(t->p, t->has_colour ? "\x1b[0m\n" : "\n");
    }
}

static double set_in(const terminal *t, size_t x)
{
    return higher(t->cells[2 * x].set, t->cells[2 * x + 1].set);
}

static double wanted_in(const terminal *t, size_t x)
{
    return higher(t->cells[2 * x].wanted, t->cells[2 * x + 1].wanted);
}

/* A count above zero is never drawn as nothing. */
static int eighths(double value, double top, int rows)
{
    const int all = (int)lround(value / top * rows * EIGHTHS);
    return value > 0.0 && all == 0 ? 1 : all;
}

static void block(const terminal *t, int filled, enum colour c)
{
    char text[4];

    if (filled <= 0) {
        plot_puts(t->p, " ");
        return;
    }
    utf8(text, 0x2580u + (unsigned)(filled < EIGHTHS ? filled : EIGHTHS));
    paint(t, c, text);
}

static void replicas_panel(const terminal *t)
{
    for (int row = 0; row < REPLICA_ROWS; row++) {
        const int below = (REPLICA_ROWS - 1 - row) * EIGHTHS;
        axis_label(t, row, REPLICA_ROWS, t->p->top_set);
        for (size_t x = 0; x < t->width; x++)
            block(t, eighths(set_in(t, x), t->p->top_set, REPLICA_ROWS) - below, AMBER);
        plot_puts(t->p, "\n");
    }
}

static void wanted_row(const terminal *t)
{
    label(t, "wanted");
    for (size_t x = 0; x < t->width; x++) {
        const int n = eighths(wanted_in(t, x), t->p->top_set, 1);
        block(t, n, GREY);
    }
    plot_puts(t->p, "\n");
}

static void change_row(const terminal *t)
{
    label(t, "changes");
    for (size_t x = 0; x < t->width; x++) {
        const cell *left = &t->cells[2 * x], *right = left + 1;
        const bool is_up = left->is_up || right->is_up;
        const bool is_down = left->is_down || right->is_down;
        if (is_up && is_down)
            plot_puts(t->p, "\xE2\x97\x86"); /* both: a diamond */
        else if (is_up)
            paint(t, GREEN, "\xE2\x96\xB2");
        else if (is_down)
            paint(t, RED, "\xE2\x96\xBC");
        else
            plot_puts(t->p, " ");
    }
    plot_puts(t->p, "\n");
}

static void activity_row(const terminal *t)
{
    label(t, "active");
    for (size_t x = 0; x < t->width; x++) {
        const unsigned activity = t->cells[2 * x].activity | t->cells[2 * x + 1].activity;
        if ((activity & TALLY_ACTIVE) != 0)
            paint(t, GREEN, "\xE2\x94\x81");
        else if ((activity & TALLY_UNKNOWN) != 0)
            paint(t, RED, "?");
        else
            paint(t, GREY, "\xC2\xB7");
    }
    plot_puts(t->p, "\n");
}

/* Labels of times below their places, as many as there is room for. */
static void time_row(const terminal *t)
{
    char row[MOST_COLUMNS + 1], text[32];
    const int64_t step_ms = plot_time_step(t->p->duration_ms, (int)t->width / 10);
    size_t end = 0;

    memset(row, ' ', t->width);
    row[t->width] = '\0';
    for (int64_t at_ms = 0; at_ms <= t->p->duration_ms; at_ms += step_ms) {
        const size_t x = cell_of(t, at_ms) / 2;
        moment_format(at_ms, text, sizeof text);
        const size_t size = strlen(text);
        if (x < end || x + size > t->width)
            continue;
        memcpy(row + x, text, size);
        end = x + size + 1;
    }
    label(t, "");
    while (end > 0 && row[end - 1] == ' ')
        end--;
    plot_printf(t->p, "%.*s\n", (int)end, row);
}

static void draw_run(terminal *t, size_t run)
{
    take_run(t, t->p->runs[run]);
    plot_printf(t->p, "%slag%s\n", run > 0 ? "\n" : "", run > 0 ? ", compared" : "");
    lag_panel(t);
    activity_row(t);
    plot_printf(t->p, "replicas%s\n", run > 0 ? ", compared" : "");
    replicas_panel(t);
    wanted_row(t);
    change_row(t);
    time_row(t);
}

keda_status keda_simulation_plot_text(const keda_simulation *s, const keda_simulation *other,
                                      int32_t columns, int32_t has_colour, keda_write_fn write,
                                      void *user, keda_error *err)
{
    plot p;
    keda_buf out = {0};
    const keda_status rc = plot_init(&p, s, other, &out, err);

    if (rc != KEDA_OK)
        return rc;
    columns = columns < LEAST_COLUMNS  ? LEAST_COLUMNS
              : columns > MOST_COLUMNS ? MOST_COLUMNS
                                       : columns;
    terminal *t = mem_zalloc(1, sizeof *t);
    if (t == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    t->p = &p;
    t->has_colour = has_colour != 0;
    t->width = (size_t)(columns - LABELS);
    for (size_t i = 0; i < p.nruns; i++)
        draw_run(t, i);
    mem_free(t);
    return plot_finish(&p, write, user, err);
}
