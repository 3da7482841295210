/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/simulate.h. */
#include "memory/every_call.h"

#include <string.h>

static const char trace[] = "t,rate\n0,100\n60,0\n600,0\n";
static const char expected[] = "maxReplicas: {atMost: 100}\n";

static keda_status make(world *w)
{
    const keda_simulation_options options = {
        .struct_size = sizeof options, .service_rate = 1, .startup_ms = 5000};

    return keda_simulation_new(&w->simulation, w->engine, NULL, &options, &w->err);
}

static keda_status add_trace(world *w)
{
    return keda_simulation_add_trace(w->simulation, "t", trace, sizeof trace - 1, &w->err);
}

static keda_status add_generator(world *w)
{
    return keda_simulation_add_generator(w->simulation, "constant(3)", &w->err);
}

static keda_status run(world *w)
{
    return keda_simulation_run(w->simulation, NULL, NULL, &w->err);
}

static void made(world *w)
{
    world_orders(w);
    world_need(w, make(w));
}

static void traced(world *w)
{
    made(w);
    world_need(w, add_trace(w));
}

static void has_run(world *w)
{
    traced(w);
    world_need(w, run(w));
    world_need(w, keda_findings_new(&w->findings, &w->err));
}

static keda_status times(world *w)
{
    char text[32];
    int64_t ms = 0;
    int32_t is_wall = 0;

    keda_simulation_format_time(90000, text, sizeof text);
    return strcmp(text, "1m30s") == 0
               ? keda_simulation_parse_time("2026-01-31T12:00:00Z", &ms, &is_wall, &w->err)
               : KEDA_EINVAL;
}

static keda_status summarize(world *w)
{
    keda_simulation_summary summary = {.struct_size = sizeof summary};
    keda_simulation_event event = {.struct_size = sizeof event};
    const keda_status rc = keda_simulation_summarize(w->simulation, &summary, &w->err);

    return rc == KEDA_OK ? keda_simulation_event_at(w->simulation, 0, &event, &w->err) : rc;
}

static keda_status expect(world *w)
{
    size_t n = 0;

    return keda_simulation_expect(w->simulation, "e", expected, sizeof expected - 1,
                                  w->findings, &n, &w->err);
}

static keda_status plot_svg(world *w)
{
    return keda_simulation_plot_svg(w->simulation, NULL, NULL, world_write, NULL, &w->err);
}

static keda_status plot_text(world *w)
{
    return keda_simulation_plot_text(w->simulation, NULL, 80, 1, world_write, NULL, &w->err);
}

static keda_status free_simulation(world *w)
{
    keda_simulation_free(w->simulation);
    w->simulation = NULL;
    return KEDA_OK;
}

static const every_call rows[] = {
    FAILS(keda_simulation_new, world_orders, make, world_end),
    FAILS(keda_simulation_add_trace, made, add_trace, world_end),
    FAILS(keda_simulation_add_generator, made, add_generator, world_end),
    QUIET(keda_simulation_parse_time, NULL, times, world_end),
    QUIET(keda_simulation_format_time, NULL, times, world_end),
    FAILS(keda_simulation_run, traced, run, world_end),
    QUIET(keda_simulation_summarize, has_run, summarize, world_end),
    QUIET(keda_simulation_event_at, has_run, summarize, world_end),
    FAILS(keda_simulation_expect, has_run, expect, world_end),
    FAILS(keda_simulation_plot_svg, has_run, plot_svg, world_end),
    FAILS(keda_simulation_plot_text, has_run, plot_text, world_end),
    QUIET(keda_simulation_free, has_run, free_simulation, world_end),
};
const every_table calls_simulate = {rows, sizeof rows / sizeof rows[0]};
