/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding up the sources of a feed. A column holds its value until its next row; before its first row
 * nothing is known.
 */
#include "simulate/feed.h"

#include <math.h>

#include "base/mem.h"
#include "simulate/moment.h"

keda_status feeds_init(feeds *f, size_t ntriggers, keda_error *err)
{
    *f = (feeds){.ntriggers = ntriggers};
    f->items = mem_zalloc(ntriggers + 1, sizeof *f->items);
    return f->items != NULL ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

void feeds_clear(feeds *f)
{
    for (size_t i = 0; f->items != NULL && i <= f->ntriggers; i++) {
        for (size_t j = 0; j < f->items[i].count; j++) {
            mem_free(f->items[i].sources[j].times);
            mem_free(f->items[i].sources[j].values);
        }
        mem_free(f->items[i].sources);
    }
    mem_free(f->items);
    *f = (feeds){0};
}

/* ---- adding */

static feed *feed_at(const feeds *f, int32_t trigger)
{
    return &f->items[trigger == NAMES_NONE ? f->ntriggers : (size_t)trigger];
}

static keda_status make_room(feed *to, bool is_rate, keda_error *err)
{
    void *sources = to->sources;

    if (to->count > 0 && to->is_rate != is_rate)
        return keda_error_set(err, KEDA_EINVAL, "values and arrivals of the same trigger");
    const keda_status rc =
        mem_grow(&sources, &to->capacity, to->count, sizeof *to->sources, err);
    to->sources = sources;
    return rc;
}

static void add(feeds *f, feed *to, const source *s)
{
    to->sources[to->count++] = *s;
    to->is_rate = s->is_rate;
    f->has_arrivals = f->has_arrivals || s->is_rate;
}

keda_status feeds_add_trace(feeds *f, trace *take_trace, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < take_trace->ncolumns; i++)
        rc = make_room(feed_at(f, take_trace->columns[i].trigger),
                       take_trace->columns[i].is_rate, err);
    if (rc != KEDA_OK)
        return rc;
    for (size_t i = 0; i < take_trace->ncolumns; i++) {
        trace_column *c = &take_trace->columns[i];
        const source s = {
            .is_rate = c->is_rate, .times = c->times, .values = c->values, .count = c->count};
        if (c->count == 0)
            continue;
        add(f, feed_at(f, c->trigger), &s);
        c->times = NULL;
        c->values = NULL;
    }
    if (f->start_wall_ms == 0)
        f->start_wall_ms = take_trace->start_wall_ms;
    if (take_trace->last_ms > f->last_ms)
        f->last_ms = take_trace->last_ms;
    return KEDA_OK;
}

keda_status feeds_add_generator(feeds *f, const generator *g, int32_t trigger, bool is_rate,
                                keda_error *err)
{
    const source s = {.is_rate = is_rate, .generator = *g};
    feed *to = feed_at(f, trigger);
    const keda_status rc = make_room(to, is_rate, err);

    if (rc != KEDA_OK)
        return rc;
    add(f, to, &s);
    f->ngenerators++;
    return KEDA_OK;
}

/* ---- reading */

feed *feeds_of(const feeds *f, size_t trigger)
{
    if (f->items[trigger].count > 0)
        return &f->items[trigger];
    return f->items[f->ntriggers].count > 0 ? &f->items[f->ntriggers] : NULL;
}

static void note_known(source *s)
{
    if (isfinite(s->values[s->cursor]))
        s->known = s->values[s->cursor];
}

void feeds_rewind(feeds *f)
{
    for (size_t i = 0; i <= f->ntriggers; i++) {
        for (size_t j = 0; j < f->items[i].count; j++) {
            source *s = &f->items[i].sources[j];
            s->cursor = 0;
            s->known = 0.0;
            if (s->times != NULL)
                note_known(s);
        }
    }
}

static void advance(source *s, int64_t at_ms)
{
    while (s->cursor + 1 < s->count && s->times[s->cursor + 1] <= at_ms) {
        s->cursor++;
        note_known(s);
    }
}

static double source_value(source *s, int64_t at_ms)
{
    if (s->times == NULL)
        return generator_value(&s->generator, at_ms);
    advance(s, at_ms);
    return s->times[s->cursor] <= at_ms ? s->values[s->cursor] : TRACE_UNKNOWN;
}

double feed_value(feed *f, int64_t at_ms)
{
    double sum = 0.0;
    bool is_unknown = false, is_failed = false;

    for (size_t i = 0; i < f->count; i++) {
        const double value = source_value(&f->sources[i], at_ms);
        is_unknown = is_unknown || isnan(value);
        is_failed = is_failed || isinf(value);
        sum += value;
    }
    return is_failed ? TRACE_FAILED : is_unknown ? TRACE_UNKNOWN : sum;
}

/* Items go on arriving while nobody can read how many there are. */
static double source_rate(source *s, int64_t at_ms)
{
    const double value = source_value(s, at_ms);

    if (isfinite(value))
        return value;
    return s->times[s->cursor] <= at_ms ? s->known : 0.0;
}

double feed_rate(feed *f, int64_t at_ms)
{
    double sum = 0.0;
    for (size_t i = 0; i < f->count; i++)
        sum += source_rate(&f->sources[i], at_ms);
    return sum;
}

static int64_t source_next(source *s, int64_t at_ms)
{
    if (s->times == NULL)
        return generator_next(&s->generator, at_ms);
    advance(s, at_ms);
    if (s->times[s->cursor] > at_ms)
        return s->times[s->cursor];
    return s->cursor + 1 < s->count ? s->times[s->cursor + 1] : MOMENT_MAX_MS;
}

int64_t feed_next(feed *f, int64_t at_ms)
{
    int64_t first = MOMENT_MAX_MS;
    for (size_t i = 0; i < f->count; i++) {
        const int64_t next = source_next(&f->sources[i], at_ms);
        first = next < first ? next : first;
    }
    return first;
}
