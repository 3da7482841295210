/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture as SVG: the lag above, when the workload was active between, replicas below, every
 * change marked with its reason as a tooltip. No scripts; light or dark as the reader's screen is.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "simulate/moment.h"
#include "simulate/plot.h"

enum {
    WIDTH = 960,
    LEFT = 72,
    RIGHT = 936,
    LAG_TOP = 92,
    LAG_BOTTOM = 236,
    STRIP_TOP = 246,
    STRIP_HEIGHT = 8,
    STRIP_STEP = 11,
    REPLICAS_GAP = 48,
    REPLICAS_HEIGHT = 144,
    MAX_LINES = 6,
    MARK_WIDTH = 5
};

typedef struct frame { /* where a panel lies */
    plot *p;
    double top, bottom, most;
} frame;

static const char style[] =
    "<style>svg{--bg:#fff;--ink:#1f2933;--soft:#616e7c;--grid:#e4e7eb;--set:#c2500a;"
    "--work:#f2b27f;--want:#7b8794;--on:#3f9c5a;--off:#d3d9e0;--unk:#e0a800;--up:#2b8a4b;"
    "--down:#c0322b;--c0:#2c6fb7;--c1:#0b8f8f;--c2:#a0548f;--c3:#7a7a1c;--c4:#5a5fc7;"
    "--c5:#a3563a;--two:#7d3fb0}"
    "@media(prefers-color-scheme:dark){svg{--bg:#15191e;--ink:#e6eaef;--soft:#9aa5b1;"
    "--grid:#2b323a;--set:#ff9d4d;--work:#6b4020;--want:#8a96a3;--on:#52b874;--off:#39424c;"
    "--unk:#d9a821;--up:#5fd08a;--down:#ff7b72;--c0:#6db1ff;--c1:#3fc6c6;--c2:#d993c9;"
    "--c3:#c3c352;--c4:#a0a4ff;--c5:#e0977c;--two:#c795f5}}"
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.n{fill:var(--soft);font-size:11px}"
    ".t{font-size:16px;font-weight:600}.g{stroke:var(--grid)}.l{fill:none;stroke-width:1.6;"
    "stroke-linejoin:round}.a{stroke:none;fill-opacity:.16}.set{fill:none;stroke:var(--set);"
    "stroke-width:2}.work{fill:var(--work);fill-opacity:.55;stroke:none}.want{fill:none;"
    "stroke:var(--want);stroke-width:1.2;stroke-dasharray:4 3}.two{stroke:var(--two);"
    "stroke-dasharray:none}.band{fill:var(--unk);fill-opacity:.16}.act{stroke:var(--unk);"
    "stroke-dasharray:2 3}.up{fill:var(--up)}.down{fill:var(--down)}.k{stroke-width:3}"
    ".m{stroke:var(--bg);stroke-width:.8}.clip{fill:var(--want)}</style>\n";

/* ---- places */

static double x_of(const plot *p, int64_t at_ms)
{
    return LEFT + (double)(RIGHT - LEFT) * (double)at_ms / (double)p->duration_ms;
}

static double y_of(const frame *f, double value)
{
    const double share = value < 0.0 ? 0.0 : value > f->most ? 1.0 : value / f->most;
    return f->bottom - (f->bottom - f->top) * share;
}

static void point(plot *p, const char *command, double x, double y)
{
    plot_puts(p, command);
    plot_number(p, x);
    plot_puts(p, " ");
    plot_number(p, y);
}

static void attribute(plot *p, const char *name, double value)
{
    plot_printf(p, " %s='", name);
    plot_number(p, value);
    plot_puts(p, "'");
}

static void text_at(plot *p, const char *rest, double x, double y, const char *text)
{
    plot_printf(p, "<text%s", rest);
    attribute(p, "x", x);
    attribute(p, "y", y);
    plot_puts(p, ">");
    plot_xml(p, text);
    plot_puts(p, "</text>\n");
}

static void line(plot *p, const char *class, double x1, double y1, double x2, double y2)
{
    plot_printf(p, "<line class='%s'", class);
    attribute(p, "x1", x1);
    attribute(p, "y1", y1);
    attribute(p, "x2", x2);
    attribute(p, "y2", y2);
    plot_puts(p, "/>\n");
}

static void rectangle(plot *p, const char *rest, double x, double y, double width,
                      double height)
{
    plot_printf(p, "<rect %s", rest);
    attribute(p, "x", x);
    attribute(p, "y", y);
    attribute(p, "width", width);
    attribute(p, "height", height);
    plot_puts(p, "/>\n");
}

static void grid(const frame *f, double least_step)
{
    const double step = plot_step(f->most, 4, least_step);
    char label[64];

    for (int i = 0; (double)i * step <= f->most * 1.0001; i++) {
        const double y = y_of(f, (double)i * step);
        line(f->p, "g", LEFT, y, RIGHT, y);
        plot_label((double)i * step, label, sizeof label);
        text_at(f->p, " class='n' text-anchor='end'", LEFT - 8, y + 4.0, label);
    }
}

static void time_axis(plot *p, double y)
{
    const int64_t step_ms = plot_time_step(p->duration_ms, 10);
    char label[64];

    for (int64_t at_ms = 0; at_ms <= p->duration_ms; at_ms += step_ms) {
        const double x = x_of(p, at_ms);
        const char *anchor =
            x > RIGHT - 20 ? " class='n' text-anchor='end'" : " class='n' text-anchor='middle'";
        line(p, "g", x, y, x, y + 4.0);
        moment_format(at_ms, label, sizeof label);
        text_at(p, anchor, x > RIGHT - 20 ? RIGHT : x, y + 17.0, label);
    }
}

/* ---- lines: each part gives its extremes, so that none is lost */

static void range_points(const frame *f, const char **command, double x, const tally_range *r)
{
    if (isnan(r->low)) {
        *command = "M"; /* a gap where nothing is known */
        return;
    }
    point(f->p, *command, x, y_of(f, r->first));
    *command = "L";
    if (!(r->low < r->high))
        return;
    if (r->low < r->first)
        point(f->p, "L", x, y_of(f, r->low));
    if (r->high > r->first)
        point(f->p, "L", x, y_of(f, r->high));
    point(f->p, "L", x, y_of(f, r->last));
}

static void lag_line(const frame *f, const keda_simulation *s, size_t trigger)
{
    const tally *t = &s->tally;
    const char *command = "M";

    for (size_t i = 0; i < TALLY_PARTS; i++)
        if (t->parts[i].is_used)
            range_points(f, &command, x_of(f->p, t->parts[i].at_ms),
                         &t->lags[trigger * TALLY_PARTS + i]);
}

/* Under a single line; only where it has no gaps. */
static bool has_gaps(const keda_simulation *s, size_t trigger)
{
    for (size_t i = 0; i < TALLY_PARTS; i++)
        if (s->tally.parts[i].is_used && isnan(s->tally.lags[trigger * TALLY_PARTS + i].low))
            return true;
    return false;
}

static void step_to(const frame *f, double x, double value)
{
    plot_puts(f->p, "H");
    plot_number(f->p, x);
    plot_puts(f->p, "V");
    plot_number(f->p, y_of(f, value));
}

static const tally_range *set_of(const tally_part *part)
{
    return &part->set;
}

static const tally_range *working_of(const tally_part *part)
{
    return &part->working;
}

static const tally_range *wanted_of(const tally_part *part)
{
    return &part->wanted;
}

typedef const tally_range *(*range_fn)(const tally_part *part);

static void step_range(const frame *f, double x, const tally_range *r, double *last)
{
    if (r->low < *last || r->low > *last || r->high > r->low)
        step_to(f, x, r->first);
    if (r->high > r->low) {
        if (r->low < r->first)
            step_to(f, x, r->low);
        if (r->high > r->first)
            step_to(f, x, r->high);
        step_to(f, x, r->last);
    }
    *last = r->last;
}

static void steps(const frame *f, const keda_simulation *s, range_fn range, double at_start)
{
    double last = at_start;

    point(f->p, "M", LEFT, y_of(f, at_start));
    for (size_t i = 0; i < TALLY_PARTS; i++) {
        const tally_part *part = &s->tally.parts[i];
        if (part->is_used)
            step_range(f, x_of(f->p, part->at_ms), range(part), &last);
    }
    plot_puts(f->p, "H");
    plot_number(f->p, x_of(f->p, s->tally.sum.duration_ms));
}

/* ---- panels */

static void activation(const frame *f)
{
    const double threshold = plot_activation(f->p);
    const double y = y_of(f, threshold);

    if (threshold <= 0.0)
        return;
    plot_puts(f->p, "<g><title>not active up to here: the activation threshold</title>\n");
    rectangle(f->p, "class='band'", LEFT, y, RIGHT - LEFT, f->bottom - y);
    if (threshold <= f->most)
        line(f->p, "act", LEFT, y, RIGHT, y);
    plot_puts(f->p, "</g>\n");
}

static void lag_lines(const frame *f, size_t run)
{
    const keda_simulation *s = f->p->runs[run];
    const size_t n = s->plan.ntriggers < MAX_LINES ? s->plan.ntriggers : MAX_LINES;

    for (size_t t = 0; t < n; t++) {
        if (run == 0 && n == 1 && !has_gaps(s, t)) {
            plot_puts(f->p, "<path class='a' style='fill:var(--c0)' d='");
            lag_line(f, s, t);
            point(f->p, "L", x_of(f->p, s->tally.sum.duration_ms), f->bottom);
            point(f->p, "L", LEFT, f->bottom);
            plot_puts(f->p, "Z'/>\n");
        }
        if (run == 0)
            plot_printf(f->p, "<path class='l' style='stroke:var(--c%zu)' d='", t);
        else
            plot_puts(f->p, "<path class='l two' d='");
        lag_line(f, s, t);
        plot_puts(f->p, "'/>\n");
    }
}

static void legend_key(plot *p, double *x, double y, const char *colour, const char *text)
{
    plot_printf(p, "<line class='k' style='stroke:var(--%s)'", colour);
    attribute(p, "x1", *x);
    attribute(p, "y1", y - 4.0);
    attribute(p, "x2", *x + 14.0);
    attribute(p, "y2", y - 4.0);
    plot_puts(p, "/>");
    text_at(p, " class='n'", *x + 18.0, y, text);
    *x += 36.0 + 6.4 * (double)strlen(text);
}

static void lag_legend(plot *p)
{
    const keda_simulation *s = p->runs[0];
    double x = LEFT + 40.0;
    char label[64], colour[8];

    text_at(p, "", LEFT, LAG_TOP - 12, "Lag");
    for (size_t t = 0; t < s->plan.ntriggers && t < MAX_LINES; t++) {
        names_label(&s->names, t, label, sizeof label - 30);
        (void)snprintf(colour, sizeof colour, "c%zu", t);
        legend_key(p, &x, LAG_TOP - 12, colour, label);
    }
    if (s->plan.ntriggers > MAX_LINES) {
        (void)snprintf(label, sizeof label, "and %zu more", s->plan.ntriggers - MAX_LINES);
        text_at(p, " class='n'", x, LAG_TOP - 12, label);
        x += 80.0;
    }
    if (p->nruns > 1)
        legend_key(p, &x, LAG_TOP - 12, "two", "compared");
    if (plot_activation(p) > 0.0)
        legend_key(p, &x, LAG_TOP - 12, "unk", "activation");
}

/* One rectangle for parts of the same activity that follow each other. */
static void strip(plot *p, const keda_simulation *s, double y)
{
    static const char *const fills[] = {"style='fill:var(--on)'", "style='fill:var(--off)'",
                                        "style='fill:var(--unk)'"};
    static const unsigned bits[] = {TALLY_ACTIVE, TALLY_INACTIVE, TALLY_UNKNOWN};
    const tally *t = &s->tally;
    int at = -1;
    double from = LEFT;

    for (size_t i = 0; i <= TALLY_PARTS; i++) {
        int now = -1;
        if (i < TALLY_PARTS && !t->parts[i].is_used)
            continue;
        for (int k = 0; i < TALLY_PARTS && k < 3 && now < 0; k++)
            if ((t->parts[i].activity & bits[k]) != 0)
                now = k;
        if (now == at)
            continue;
        const double x = x_of(p, i < TALLY_PARTS ? t->parts[i].at_ms : t->sum.duration_ms);
        if (at >= 0)
            rectangle(p, fills[at], from, y, x - from, STRIP_HEIGHT);
        at = now;
        from = x;
    }
}

static void strips(plot *p)
{
    for (size_t i = 0; i < p->nruns; i++) {
        plot_puts(p, "<g><title>green: active; grey: not active; amber: not known</title>\n");
        strip(p, p->runs[i], STRIP_TOP + (double)i * STRIP_STEP);
        plot_puts(p, "</g>\n");
        text_at(p, " class='n' text-anchor='end'", LEFT - 8,
                STRIP_TOP + (double)i * STRIP_STEP + 8.0, i == 0 ? "active" : "compared");
    }
}

static void replica_lines(const frame *f, size_t run)
{
    const keda_simulation *s = f->p->runs[run];
    const bool is_second = run > 0;

    if (!is_second) {
        plot_puts(f->p, "<path class='work' d='");
        steps(f, s, working_of, s->start_replicas);
        point(f->p, "L", x_of(f->p, s->tally.sum.duration_ms), f->bottom);
        point(f->p, "L", LEFT, f->bottom);
        plot_puts(f->p, "Z'/>\n<path class='want' d='");
        steps(f, s, wanted_of, s->start_replicas);
        plot_puts(f->p, "'/>\n");
    }
    plot_printf(f->p, "<path class='set%s' d='", is_second ? " two" : "");
    steps(f, s, set_of, s->start_replicas);
    plot_puts(f->p, "'/>\n");
}

static void replicas_legend(plot *p, double y)
{
    double x = LEFT + 64.0;

    text_at(p, "", LEFT, y, "Replicas");
    legend_key(p, &x, y, "set", "set");
    legend_key(p, &x, y, "work", "working");
    legend_key(p, &x, y, "want", "wanted by the metrics");
    if (p->nruns > 1)
        legend_key(p, &x, y, "two", "set, compared");
}

/* ---- marks: those that would lie on each other are one */

static size_t same_place(const plot *p, const tally *t, size_t first)
{
    const tally_change *c = &t->changes[first];
    const bool is_up = c->to > c->from;
    const double x = x_of(p, c->at_ms);
    size_t n = first + 1;

    while (n < t->nchanges && (t->changes[n].to > t->changes[n].from) == is_up &&
           x_of(p, t->changes[n].at_ms) < x + MARK_WIDTH)
        n++;
    return n - first;
}

static void mark(const frame *f, const tally *t, size_t first, size_t count)
{
    const tally_change *c = &t->changes[first], *last = &t->changes[first + count - 1];
    const bool is_up = c->to > c->from;
    const double x = x_of(f->p, c->at_ms), y = y_of(f, last->to);
    char when[32], until[32];

    moment_format(c->at_ms, when, sizeof when);
    moment_format(last->at_ms, until, sizeof until);
    plot_printf(f->p, "<path class='m %s' d='", is_up ? "up" : "down");
    point(f->p, "M", x, is_up ? y - 6.0 : y + 6.0);
    plot_puts(f->p, is_up ? "l4.5 7h-9z'><title>" : "l4.5-7h-9z'><title>");
    plot_printf(f->p, "%s: ", when);
    plot_xml(f->p, c->text >= 0 ? t->texts[c->text] : keda_reason_name(c->reason));
    if (count > 1)
        plot_printf(f->p, "\nand %zu more, to %d at %s", count - 1, (int)last->to, until);
    plot_puts(f->p, "</title></path>\n");
}

/* The direction may change at every step: even then no more marks than there is room for. */
static void marks(const frame *f, const keda_simulation *s)
{
    const tally *t = &s->tally;
    double end[2] = {-1.0, -1.0};

    for (size_t i = 0; i < t->nchanges;) {
        const size_t n = same_place(f->p, t, i);
        const size_t direction = t->changes[i].to > t->changes[i].from ? 1 : 0;
        const double x = x_of(f->p, t->changes[i].at_ms);
        if (x >= end[direction]) {
            mark(f, t, i, n);
            end[direction] = x + MARK_WIDTH;
        }
        i += n;
    }
}

static void clip_mark(const frame *f, double x, double highest)
{
    plot_puts(f->p, "<path class='clip' d='");
    point(f->p, "M", x, f->top - 8.0);
    plot_puts(f->p, "l3.5 6h-7z'><title>above the picture: the metrics want up to ");
    plot_number(f->p, highest);
    plot_puts(f->p, "</title></path>\n");
}

/* A mark in the middle of each stretch where more is wanted than the axis has. */
static void clip_marks(const frame *f, const keda_simulation *s)
{
    const tally *t = &s->tally;
    double from = 0.0, highest = 0.0, end = -1.0;

    for (size_t i = 0; i <= TALLY_PARTS; i++) {
        if (i < TALLY_PARTS && !t->parts[i].is_used)
            continue;
        const double x = x_of(f->p, i < TALLY_PARTS ? t->parts[i].at_ms : t->sum.duration_ms);
        const double wanted = i < TALLY_PARTS ? t->parts[i].wanted.high : 0.0;
        if (wanted > f->most) {
            from = highest > 0.0 ? from : x;
            highest = wanted > highest ? wanted : highest;
        } else if (highest > 0.0) {
            if ((from + x) / 2.0 >= end) {
                clip_mark(f, (from + x) / 2.0, highest);
                end = (from + x) / 2.0 + MARK_WIDTH;
            }
            highest = 0.0;
        }
    }
}

/* ---- the picture */

static void head(plot *p, const char *title, int height)
{
    char text[200], span[32];
    const keda_simulation *s = p->runs[0];
    const keda_simulation_summary *sum = &s->tally.sum;

    plot_printf(p,
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' "
                "height='%d' role='img'>\n<title>",
                WIDTH, height, WIDTH, height);
    plot_xml(p, title != NULL ? title : s->plan.workload);
    plot_puts(p, "</title>\n");
    plot_puts(p, style);
    plot_printf(p, "<rect width='%d' height='%d' style='fill:var(--bg)'/>\n", WIDTH, height);
    text_at(p, " class='t'", LEFT, 28, title != NULL ? title : s->plan.workload);
    moment_format(sum->duration_ms, span, sizeof span);
    (void)snprintf(text, sizeof text,
                   "%s, %lld decisions; replicas %d to %d; %lld ups, %lld downs", span,
                   (long long)sum->steps, (int)sum->least_replicas, (int)sum->peak_replicas,
                   (long long)sum->scale_ups, (long long)sum->scale_downs);
    text_at(p, " class='n'", LEFT, 48, text);
}

static void lag_panel(plot *p)
{
    const frame f = {p, LAG_TOP, LAG_BOTTOM, p->top_lag * 1.05};

    lag_legend(p);
    grid(&f, 0.0);
    activation(&f);
    for (size_t i = p->nruns; i-- > 0;)
        lag_lines(&f, i);
}

static void replicas_panel(plot *p, double top)
{
    const frame f = {p, top, top + REPLICAS_HEIGHT, p->top_replicas * 1.1};

    replicas_legend(p, top - 12.0);
    grid(&f, 1.0);
    time_axis(p, f.bottom);
    for (size_t i = 0; i < p->nruns; i++)
        replica_lines(&f, i);
    clip_marks(&f, p->runs[0]);
    for (size_t i = p->nruns; i-- > 0;)
        marks(&f, p->runs[i]);
}

keda_status keda_simulation_plot_svg(const keda_simulation *s, const keda_simulation *other,
                                     const char *title, keda_write_fn write, void *user,
                                     keda_error *err)
{
    plot p;
    keda_buf out = {0};
    const keda_status rc = plot_init(&p, s, other, &out, err);

    if (rc != KEDA_OK)
        return rc;
    const int top = STRIP_TOP + STRIP_STEP * (int)p.nruns + REPLICAS_GAP - STRIP_STEP;
    head(&p, title, top + REPLICAS_HEIGHT + 34);
    lag_panel(&p);
    strips(&p);
    replicas_panel(&p, top);
    plot_puts(&p, "</svg>\n");
    return plot_finish(&p, write, user, err);
}
