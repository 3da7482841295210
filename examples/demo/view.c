/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person sees: on a terminal a picture redrawn in place, elsewhere plain lines.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define VIEW_COLUMNS 60
#define VIEW_MARKS   7

static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

void view_open(view *v, FILE *out)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");

    memset(v, 0, sizeof *v);
    v->out = out;
    v->is_live = isatty(fileno(out)) && term != NULL && strcmp(term, "dumb") != 0;
    v->has_color = v->is_live && (no_color == NULL || no_color[0] == '\0');
}

static void row(view *v, const char *text)
{
    fprintf(v->out, "%s\033[K\n", text);
    v->lines++;
}

static double value_of(const story_point *point, bool wants_lag)
{
    return wants_lag ? point->lag : (double)point->replicas;
}

/* The whole run in so many columns, scaled to `top`; '?' where the lag is unknown. */
static void sparkline(const story *s, bool wants_lag, double top, char *out, size_t size)
{
    const size_t stride = s->npoints / VIEW_COLUMNS + 1;
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = stride - 1; i < s->npoints; i += stride) {
        const double value = value_of(&s->points[i], wants_lag);
        const double part = top > 0 ? value / top : 0;
        const int level = value <= 0 ? 0 : 1 + (int)(part * 7);
        const char *cell = value < 0 ? "?" : blocks[level > 8 ? 8 : level];
        const int n = snprintf(out + used, size - used, "%s", cell);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
}

static void draw_line(view *v, const story *s, bool wants_lag, double top, const char *label)
{
    char cells[VIEW_COLUMNS * 4 + 1];
    char text[VIEW_COLUMNS * 4 + 128];
    const char *color = !v->has_color ? "" : wants_lag ? "\033[34m" : "\033[33m";

    sparkline(s, wants_lag, top, cells, sizeof cells);
    snprintf(text, sizeof text, "%s%s%s%s", label, color, cells, v->has_color ? "\033[0m" : "");
    row(v, text);
}

static void draw_marks(view *v, const story *s)
{
    const size_t first = s->nmarks > VIEW_MARKS ? s->nmarks - VIEW_MARKS : 0;
    char text[DEMO_TEXT + 64];

    for (size_t i = first; i < first + VIEW_MARKS; i++) {
        text[0] = '\0';
        if (i < s->nmarks) {
            const story_mark *mark = &s->marks[i];
            snprintf(text, sizeof text, "  %5.1f s  %2d -> %-2d  %.96s",
                     (double)mark->at_ms / 1000.0, mark->from, mark->to, mark->why);
        }
        row(v, text);
    }
}

void view_draw(view *v, const story *s, const view_now *now)
{
    char text[160];

    if (!v->is_live)
        return;
    fputs("\033[?7l", v->out); /* cut long lines: a wrapped one would spoil the count */
    if (v->lines > 0)
        fprintf(v->out, "\033[%dA", v->lines);
    v->lines = 0;
    snprintf(text, sizeof text, "libkeda demo  %5.1f s   produced %d   processed %d",
             (double)now->elapsed_ms / 1000.0, now->produced, now->processed);
    row(v, text);
    snprintf(text, sizeof text, "lag %6.0f  ", now->lag < 0 ? 0 : now->lag);
    draw_line(v, s, true, s->peak_lag, text);
    snprintf(text, sizeof text, "workers %2d  ", now->replicas);
    draw_line(v, s, false, DEMO_MAX_REPLICAS, text);
    draw_marks(v, s);
    fputs("\033[?7h", v->out);
    fflush(v->out);
}

void view_line(view *v, const char *text)
{
    if (v->is_live)
        return;
    fprintf(v->out, "%s\n", text);
    fflush(v->out);
}

void view_close(view *v)
{
    fflush(v->out);
}
