/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generators' shapes. How their parameters are written is in generator_parse.c.
 */
#include "simulate/generator.h"

#include <math.h>

#include "simulate/moment.h"
#include "simulate/noise.h"

/* A sine is taken for level so long: a second, or so many parts of its period, up to a minute. */
enum { GRID_LEAST_MS = 1000, GRID_MOST_MS = 60000, GRID_PARTS = 3600 };

static double constant(const generator *g, int64_t at_ms)
{
    (void)at_ms;
    return g->numbers[0];
}

static double ramp(const generator *g, int64_t at_ms)
{
    const int64_t past_ms = at_ms - g->spans[1];
    if (past_ms <= 0)
        return g->numbers[0];
    if (past_ms >= g->spans[0])
        return g->numbers[1];
    return g->numbers[0] +
           (g->numbers[1] - g->numbers[0]) * (double)past_ms / (double)g->spans[0];
}

static double step(const generator *g, int64_t at_ms)
{
    const bool is_over = g->spans[1] > 0 && at_ms >= g->spans[1];
    return at_ms >= g->spans[0] && !is_over ? g->numbers[1] : g->numbers[0];
}

static double sine(const generator *g, int64_t at_ms)
{
    const double pi = 3.14159265358979323846;
    const double turns = (double)((at_ms + g->spans[1]) % g->spans[0]) / (double)g->spans[0];
    const double value = g->numbers[0] + g->numbers[1] * sin(2.0 * pi * turns);
    return value > 0.0 ? value : 0.0;
}

static int64_t into_burst(const generator *g, int64_t at_ms)
{
    return (at_ms - g->spans[2]) % g->spans[0];
}

static double burst(const generator *g, int64_t at_ms)
{
    if (at_ms < g->spans[2])
        return g->numbers[0];
    return into_burst(g, at_ms) < g->spans[1] ? g->numbers[1] : g->numbers[0];
}

/* Events in each interval, as a rate a second. */
static double poisson(const generator *g, int64_t at_ms)
{
    const double seconds = (double)g->spans[0] / 1000.0;
    const uint64_t number = (uint64_t)(at_ms / g->spans[0]);
    return noise_poisson(g->seed, number, g->numbers[0] * seconds) / seconds;
}

double generator_value(const generator *g, int64_t at_ms)
{
    static double (*const shapes[GENERATOR_COUNT])(const generator *, int64_t) = {
        [GENERATOR_CONSTANT] = constant, [GENERATOR_RAMP] = ramp,
        [GENERATOR_STEP] = step,         [GENERATOR_SINE] = sine,
        [GENERATOR_BURST] = burst,       [GENERATOR_POISSON] = poisson};
    return shapes[g->kind](g, at_ms);
}

static int64_t grid_after(int64_t at_ms, int64_t grid_ms)
{
    return at_ms + grid_ms - at_ms % grid_ms;
}

static int64_t grid_of(int64_t period_ms)
{
    const int64_t part_ms = period_ms / GRID_PARTS;
    if (part_ms <= GRID_LEAST_MS)
        return GRID_LEAST_MS;
    return part_ms < GRID_MOST_MS ? part_ms : GRID_MOST_MS;
}

static int64_t first_after(int64_t at_ms, const int64_t *moments, int n)
{
    int64_t first = MOMENT_MAX_MS;
    for (int i = 0; i < n; i++)
        if (moments[i] > at_ms && moments[i] < first)
            first = moments[i];
    return first;
}

static int64_t next_of_burst(const generator *g, int64_t at_ms)
{
    if (at_ms < g->spans[2])
        return g->spans[2];
    const int64_t into_ms = into_burst(g, at_ms);
    return at_ms + (into_ms < g->spans[1] ? g->spans[1] : g->spans[0]) - into_ms;
}

int64_t generator_next(const generator *g, int64_t at_ms)
{
    switch (g->kind) {
    case GENERATOR_RAMP:
        return first_after(at_ms, (int64_t[]){g->spans[1], g->spans[1] + g->spans[0]}, 2);
    case GENERATOR_STEP:
        return first_after(at_ms, g->spans, 2);
    case GENERATOR_SINE:
        return grid_after(at_ms, grid_of(g->spans[0]));
    case GENERATOR_BURST:
        return next_of_burst(g, at_ms);
    case GENERATOR_POISSON:
        return grid_after(at_ms, g->spans[0]);
    case GENERATOR_CONSTANT:
    case GENERATOR_COUNT:
        break;
    }
    return MOMENT_MAX_MS;
}
