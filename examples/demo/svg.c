/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of a run: lag above, replicas below, every change of replicas marked with its reason as
 * a tooltip. Plain SVG, no dependency.
 */
#include <math.h>

#include "demo.h"

#define LEFT       64.0
#define RIGHT      936.0
#define LAG_TOP    56.0
#define LAG_BOTTOM 236.0
#define REP_TOP    276.0
#define REP_BOTTOM 416.0

typedef struct plot {
    FILE *out;
    double last_ms, lag_top, replicas_top;
} plot;

static double x_of(const plot *p, int64_t at_ms)
{
    return LEFT + (RIGHT - LEFT) * (double)at_ms / p->last_ms;
}

static double lag_y(const plot *p, double lag)
{
    return LAG_BOTTOM - (LAG_BOTTOM - LAG_TOP) * lag / p->lag_top;
}

static double replicas_y(const plot *p, double replicas)
{
    return REP_BOTTOM - (REP_BOTTOM - REP_TOP) * replicas / p->replicas_top;
}

/* 1, 2 or 5 times a power of ten, so that about `count` steps reach top. */
static double nice_step(double top, int count)
{
    const double raw = top / count;
    const double power = pow(10.0, floor(log10(raw > 0 ? raw : 1)));
    const double part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void text_out(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

static void grid(const plot *p, double top, double (*y_of)(const plot *, double))
{
    const double step = nice_step(top, 4);
    for (double value = 0; value <= top * 1.0001; value += step) {
        const double y = y_of(p, value);
        fprintf(p->out, "<line class='g' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>\n", LEFT, y,
                RIGHT, y);
        fprintf(p->out, "<text class='n' x='%.1f' y='%.1f' text-anchor='end'>%g</text>\n",
                LEFT - 8, y + 4, value);
    }
}

static void time_axis(const plot *p)
{
    const double step = nice_step(p->last_ms / 1000.0, 10);
    for (double s = 0; s * 1000.0 <= p->last_ms; s += step)
        fprintf(p->out, "<text class='n' x='%.1f' y='%.1f' text-anchor='middle'>%g s</text>\n",
                x_of(p, (int64_t)(s * 1000.0)), REP_BOTTOM + 20, s);
}

static void lag_area(const plot *p, const story *s)
{
    fprintf(p->out, "<path class='lag' d='M%.1f %.1f", LEFT, LAG_BOTTOM);
    for (size_t i = 0; i < s->npoints; i++)
        if (s->points[i].lag >= 0)
            fprintf(p->out, " L%.1f %.1f", x_of(p, s->points[i].at_ms),
                    lag_y(p, s->points[i].lag));
    fprintf(p->out, " L%.1f %.1f Z'/>\n", RIGHT, LAG_BOTTOM);
}

static void replica_steps(const plot *p, const story *s)
{
    fprintf(p->out, "<path class='rep' d='M%.1f %.1f", LEFT, REP_BOTTOM);
    for (size_t i = 0; i < s->npoints; i++)
        fprintf(p->out, " H%.1f V%.1f", x_of(p, s->points[i].at_ms),
                replicas_y(p, s->points[i].replicas));
    fputs("'/>\n", p->out);
}

static void marks(const plot *p, const story *s)
{
    for (size_t i = 0; i < s->nmarks; i++) {
        const story_mark *mark = &s->marks[i];
        const double x = x_of(p, mark->at_ms);
        const double y = replicas_y(p, mark->to);
        fprintf(p->out, "<g><circle class='%s' cx='%.1f' cy='%.1f' r='5'/>",
                mark->to > mark->from ? "up" : "down", x, y);
        fprintf(p->out, "<title>%.1f s: %d -&gt; %d, ", (double)mark->at_ms / 1000.0,
                mark->from, mark->to);
        text_out(p->out, mark->why);
        fprintf(p->out, "</title><text class='m' x='%.1f' y='%.1f'>%d</text></g>\n", x + 7,
                y - 7, mark->to);
    }
}

static const char style[] =
    "<style>text{font:13px sans-serif;fill:#333}.n{fill:#666;font-size:11px}.m{font-size:11px}"
    ".g{stroke:#ddd}.lag{fill:#4c78a8;fill-opacity:.35;stroke:#4c78a8;stroke-width:1.5}"
    ".rep{fill:none;stroke:#e07b00;stroke-width:2}.up{fill:#2a9d4a}.down{fill:#c0392b}"
    ".t{font-size:16px;font-weight:bold}</style>\n";

bool svg_write(const story *s, const char *path, const char *title)
{
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return false;
    const plot p = {.out = out,
                    .last_ms = s->npoints > 0 ? (double)s->points[s->npoints - 1].at_ms + 1 : 1,
                    .lag_top = s->peak_lag > 0 ? s->peak_lag * 1.05 : 1,
                    .replicas_top = (s->peak > 0 ? s->peak : 1) * 1.15};

    fputs("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 960 452' width='960' "
          "height='452'>\n<rect width='960' height='452' fill='#fff'/>\n",
          out);
    fputs(style, out);
    fprintf(out, "<text class='t' x='%.0f' y='24'>", LEFT);
    text_out(out, title);
    fprintf(out, "</text>\n<text x='%.0f' y='%.0f'>lag: messages not yet committed</text>\n",
            LEFT, LAG_TOP - 8);
    fprintf(out, "<text x='%.0f' y='%.0f'>replicas: worker processes</text>\n", LEFT,
            REP_TOP - 8);
    grid(&p, p.lag_top, lag_y);
    grid(&p, p.replicas_top, replicas_y);
    time_axis(&p);
    lag_area(&p, s);
    replica_steps(&p, s);
    marks(&p, s);
    fputs("</svg>\n", out);
    return fclose(out) == 0;
}
