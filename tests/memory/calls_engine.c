/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/engine.h and observe.h. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* ---- an engine ------------------------------------------------------------------------------ */

static void clock_only(world *w)
{
    fake_clock_init(&w->clock);
}

static keda_status engine_new(world *w)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;

    options.clock = &w->clock.clock;
    options.plugin_path = "";
    options.cluster_namespace = "keda";
    return keda_engine_new(&w->engine, &options, &w->err);
}

static keda_status engine_free(world *w)
{
    keda_engine_free(w->engine);
    w->engine = NULL;
    return KEDA_OK;
}

static void bare(world *w)
{
    clock_only(w);
    world_need(w, engine_new(w));
}

static keda_status register_scaler(world *w)
{
    return keda_engine_register_scaler(w->engine, &world_scaler, w, &w->err);
}

static keda_status register_endpoint(world *w)
{
    return keda_engine_register_endpoint(w->engine, &world_endpoint, w, &w->err);
}

static keda_status register_target(world *w)
{
    return keda_engine_register_target(w->engine, &world_target, w, &w->err);
}

static keda_status register_module(world *w)
{
    static const keda_scaler_desc *const scalers[] = {&world_scaler};
    static const keda_endpoint_desc *const endpoints[] = {&world_endpoint};
    static const keda_module module = {.struct_size = sizeof module,
                                       .abi_version = KEDA_ABI_VERSION,
                                       .name = "probe",
                                       .version = "1",
                                       .scalers = scalers,
                                       .nscalers = 1,
                                       .endpoints = endpoints,
                                       .nendpoints = 1};
    return keda_engine_register_module(w->engine, &module, &w->err);
}

static keda_status on_scale(world *w)
{
    keda_callback_target target = world_callback;

    target.user = w;
    return keda_engine_on_scale(w->engine, &target, &w->err);
}

/* ---- types, of modules too ------------------------------------------------------------------ */

static void modules(world *w)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;

    clock_only(w);
    options.clock = &w->clock.clock;
    options.plugin_path = KEDA_BINARY_DIR "/tests/modules";
    world_need(w, keda_engine_new(&w->engine, &options, &w->err));
}

static keda_status scaler(world *w)
{
    const keda_scaler_desc *desc = NULL;

    return keda_engine_scaler(w->engine, "plugged", &desc, &w->err);
}

static keda_status scaler_at(world *w)
{
    return keda_engine_scaler_at(w->engine, 0, 1) != NULL ? KEDA_OK : KEDA_EINVAL;
}

/* ---- documents ------------------------------------------------------------------------------ */

static const keda_source source = {.struct_size = sizeof source, .id = "orders"};

static keda_status replace(world *w)
{
    keda_source s = source;

    s.text = world_document;
    s.size = strlen(world_document);
    return keda_engine_replace(w->engine, &s, 1, sizeof s, NULL, &w->err);
}

static keda_status check(world *w)
{
    keda_source s = source;

    s.text = world_document;
    s.size = strlen(world_document);
    return keda_engine_check(w->engine, &s, 1, sizeof s, NULL, &w->err);
}

static keda_status hpa(world *w)
{
    const keda_hpa_options options = {.struct_size = sizeof options, .write = world_write};
    keda_source s = source;

    s.text = world_document;
    s.size = strlen(world_document);
    return keda_engine_hpa(w->engine, &s, 1, sizeof s, &options, NULL, &w->err);
}

static keda_status remove_orders(world *w)
{
    return keda_engine_remove(w->engine, "orders", &w->err);
}

static keda_status plan(world *w)
{
    keda_plan out = {.struct_size = sizeof out};

    return keda_engine_plan(w->engine, "default/orders", &out, &w->err);
}

static keda_status plan_trigger(world *w)
{
    keda_plan_trigger out = {.struct_size = sizeof out};

    return keda_engine_plan_trigger(w->engine, "default/orders", 0, &out, &w->err);
}

/* ---- running -------------------------------------------------------------------------------- */

static keda_status stop_and_run(world *w)
{
    keda_engine_stop(w->engine);
    return keda_engine_run(w->engine, &w->err);
}

static keda_status drive(world *w)
{
    keda_engine_stop(w->engine);
    return keda_engine_fd(w->engine) >= 0 && keda_engine_next_due_ms(w->engine) >= 0
               ? KEDA_OK
               : KEDA_EINVAL;
}

/* A poll, its decision and its write. */
static keda_status step(world *w)
{
    fake_clock_advance(&w->clock, 30000);
    return keda_engine_step(w->engine, &w->err);
}

static void close_stepped(world *w)
{
    world_step(w, 30000);
    world_step(w, 60000);
    cr_expect_eq(w->replicas, 3, "request %zu: it does not go on: %d", w->n, w->replicas);
    world_end(w);
}

static void report(const char *workload, const keda_trigger_status *status, void *user)
{
    world *w = user;

    (void)workload;
    w->npending--;
    w->is_unknown = w->is_unknown || status->state != KEDA_READING_OK;
}

static keda_status poll_once(world *w)
{
    size_t later = 0;

    w->npending = 1;
    w->is_unknown = false;
    keda_status rc = keda_engine_poll(w->engine, NULL, report, w, &later, &w->err);
    for (int i = 0; rc == KEDA_OK && w->npending > 0 && i < 100; i++)
        rc = keda_engine_step(w->engine, &w->err);
    cr_expect(rc != KEDA_OK || w->npending == 0, "request %zu: a report is missing", w->n);
    return rc == KEDA_OK && w->is_unknown ? KEDA_ENOMEM : rc;
}

/* ---- observing ------------------------------------------------------------------------------ */

static keda_status count(world *w)
{
    return keda_engine_workload_count(w->engine) == 1 ? KEDA_OK : KEDA_EINVAL;
}

static keda_status workload(world *w)
{
    keda_workload_status out = {.struct_size = sizeof out};

    return keda_engine_workload(w->engine, 0, &out, &w->err);
}

static keda_status find(world *w)
{
    keda_workload_status out = {.struct_size = sizeof out};

    return keda_engine_find(w->engine, "default/orders", &out, &w->err);
}

static keda_status trigger(world *w)
{
    keda_trigger_status out = {.struct_size = sizeof out};

    return keda_engine_trigger(w->engine, "default/orders", 0, &out, &w->err);
}

static keda_status explain(world *w)
{
    return keda_engine_explain(w->engine, "default/orders", -1, world_write, NULL, &w->err);
}

static keda_status metrics(world *w)
{
    return keda_engine_metrics(w->engine, world_write, NULL, &w->err);
}

static keda_status status_json(world *w)
{
    return keda_engine_status_json(w->engine, NULL, world_write, NULL, &w->err);
}

static const every_call rows[] = {
    FAILS(keda_engine_new, clock_only, engine_new, world_end),
    GOES_ON(keda_engine_free, world_polled, engine_free, world_end, "it ends all the same"),
    FAILS(keda_engine_register_scaler, bare, register_scaler, world_end),
    FAILS(keda_engine_register_endpoint, bare, register_endpoint, world_end),
    FAILS(keda_engine_register_target, bare, register_target, world_end),
    FAILS(keda_engine_register_module, bare, register_module, world_end),
    FAILS(keda_engine_on_scale, bare, on_scale, world_end),
    GOES_ON(keda_engine_scaler, modules, scaler, world_end,
            "why a file is no module is forgotten"),
    GOES_ON(keda_engine_scaler_at, modules, scaler_at, world_end,
            "a module that could not be opened is missing until it is asked for again"),
    GOES_ON(keda_engine_put, world_engine, world_put, close_stepped,
            "unknown names are not warned of; its target is opened later"),
    GOES_ON(keda_engine_replace, world_engine, replace, close_stepped, "as keda_engine_put"),
    GOES_ON(keda_engine_check, world_engine, check, world_end, "as keda_engine_put"),
    GOES_ON(keda_engine_hpa, world_engine, hpa, world_end, "as keda_engine_put"),
    GOES_ON(keda_engine_remove, world_polled, remove_orders, world_end,
            "what is left is not warned of"),
    FAILS(keda_engine_plan, world_polled, plan, world_end),
    QUIET(keda_engine_plan_trigger, world_polled, plan_trigger, world_end),
    QUIET(keda_engine_run, world_polled, stop_and_run, world_end),
    QUIET(keda_engine_stop, world_polled, drive, world_end),
    QUIET(keda_engine_fd, world_polled, drive, world_end),
    QUIET(keda_engine_next_due_ms, world_polled, drive, world_end),
    GOES_ON(keda_engine_step, world_orders, step, close_stepped,
            "what could not be asked is unknown until the next poll"),
    GOES_ON(keda_engine_poll, world_orders, poll_once, world_end,
            "what could not be asked is reported as unknown"),
    QUIET(keda_engine_workload_count, world_polled, count, world_end),
    GOES_ON(keda_engine_workload, world_polled, workload, world_end, "texts are left out"),
    GOES_ON(keda_engine_find, world_polled, find, world_end, "texts are left out"),
    QUIET(keda_engine_trigger, world_polled, trigger, world_end),
    QUIET(keda_engine_explain, world_polled, explain, world_end),
    FAILS(keda_engine_metrics, world_polled, metrics, world_end),
    GOES_ON(keda_engine_status_json, world_polled, status_json, world_end,
            "the text that says why is left out"),
};
const every_table calls_engine = {rows, sizeof rows / sizeof rows[0]};
