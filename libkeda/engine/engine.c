/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, running and ending an engine. builtin.c makes it known to the public as keda_engine_new,
 * after adding what the build has.
 */
#include "engine/engine.h"

#include "base/buf.h"
#include "base/mem.h"
#include "engine/endpoint.h"
#include "engine/entry.h"
#include "engine/journaling.h"
#include "engine/option.h"
#include "engine/order.h"
#include "engine/reaper.h"
#include "engine/state.h"

#include <poll.h>

enum {
    DEFAULT_THREADS = 64,
    DEFAULT_GRACE_MS = 5000,
    DEFAULT_HTTP_TIMEOUT_MS = 3000,
    LAST_ROUNDS = 8
};

#define DEFAULT_CLUSTER_NAMESPACE "keda"

/* ---- making */

static keda_status read_settings(engine_settings *s, const keda_engine_options *opts,
                                 keda_error *err)
{
    const char *plugin_path = POINTER(opts, plugin_path);
    const char *cluster_namespace = POINTER(opts, cluster_namespace);

    s->on_decision = POINTER(opts, on_decision);
    s->decision_user = POINTER(opts, decision_user);
    s->max_threads = OPT(opts, max_threads, DEFAULT_THREADS);
    s->is_strict = OPT(opts, is_strict, 0) != 0;
    s->is_dry_run = OPT(opts, is_dry_run, 0) != 0;
    s->is_manual = OPT(opts, is_manual, 0) != 0;
    s->shutdown_grace_ms = OPT(opts, shutdown_grace_ms, DEFAULT_GRACE_MS);
    s->http_timeout_ms = OPT(opts, http_timeout_ms, DEFAULT_HTTP_TIMEOUT_MS);
    s->deviations = KEDA_DEVIATIONS_DEFAULT;
    if (OPT(opts, has_deviations, 0) != 0)
        s->deviations = OPT(opts, deviations, 0U);
    s->plugin_path = mem_strdup(plugin_path);
    s->cluster_namespace =
        mem_strdup(cluster_namespace != NULL ? cluster_namespace : DEFAULT_CLUSTER_NAMESPACE);
    if ((plugin_path != NULL && s->plugin_path == NULL) || s->cluster_namespace == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static keda_status make_tables(keda_engine *e, keda_error *err)
{
    table *const tables[] = {&e->sources, &e->entries, &e->workloads, &e->targets,
                             &e->endpoints};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < sizeof tables / sizeof tables[0]; i++)
        rc = table_init(tables[i], err);
    if (rc == KEDA_OK)
        rc = order_new(&e->order, err);
    return rc;
}

static keda_status make_parts(keda_engine *e, const keda_engine_options *opts, keda_error *err)
{
    const char *state_path = POINTER(opts, state_path);
    const uint64_t seed = OPT(opts, seed, 0U);
    keda_status rc = KEDA_OK;

    e->log = (log_sink){.fn = POINTER(opts, log), .user = POINTER(opts, log_user)};
    clock_random_seed(&e->random, seed != 0 ? seed : clock_random_seed_from_system());
    e->phase_seed = clock_random_next(&e->random);
    if ((rc = read_settings(&e->settings, opts, err)) != KEDA_OK)
        return rc;
    if ((rc = loop_new(&e->loop, POINTER(opts, clock), err)) != KEDA_OK)
        return rc;
    if ((rc = shared_new(&e->shared, e->loop, &e->log, err)) != KEDA_OK)
        return rc;
    if ((rc = make_tables(e, err)) != KEDA_OK)
        return rc;
    if ((e->spare_call = mem_zalloc(1, sizeof *e->spare_call)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = journaling_open(e, opts, err)) != KEDA_OK || state_path == NULL)
        return rc;
    return state_open(&e->state, state_path, e->loop, &e->log, err);
}

keda_status engine_create(keda_engine **out, const keda_engine_options *opts, keda_error *err)
{
    if (opts != NULL && opts->struct_size < offsetof(keda_engine_options, log))
        return keda_error_set(err, KEDA_EINVAL, "engine options of a wrong size");
    keda_engine *e = mem_zalloc(1, sizeof *e);
    if (e == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = make_parts(e, opts, err);
    if (rc == KEDA_OK)
        *out = e;
    else
        keda_engine_free(e);
    return rc;
}

/* ---- for builtin.c and this room */

loop *engine_loop(keda_engine *e)
{
    return e->loop;
}

void engine_set_known_modules(keda_engine *e, const known_module *known, size_t count)
{
    e->known = known;
    e->nknown = count;
}

void engine_set_http(keda_engine *e, keda_http *http, void (*free_fn)(keda_http *))
{
    e->http = http;
    e->http_free = free_fn;
}

int64_t engine_http_timeout_ms(const keda_engine *e)
{
    return e->settings.http_timeout_ms;
}

void engine_set_parts(keda_engine *e, void *take_parts, void (*free_fn)(void *))
{
    e->parts = take_parts;
    e->parts_free = free_fn;
}

void *engine_parts(keda_engine *e)
{
    return e->parts;
}

const char *engine_plugin_path(const keda_engine *e)
{
    return e->settings.plugin_path;
}

int64_t engine_now_ms(const keda_engine *e)
{
    return loop_now_ms(e->loop);
}

int64_t engine_wall_ms(const keda_engine *e)
{
    return clock_wall_ms(loop_clock(e->loop));
}

bool engine_take_thread(keda_engine *e)
{
    if (e->nthreads >= e->settings.max_threads)
        return false;
    e->nthreads++;
    return true;
}

void engine_give_thread(keda_engine *e)
{
    e->nthreads--;
}

/* ---- running */

keda_status keda_engine_run(keda_engine *e, keda_error *err)
{
    return loop_run(e->loop, err);
}

void keda_engine_stop(keda_engine *e)
{
    loop_stop(e->loop);
}

int keda_engine_fd(const keda_engine *e)
{
    return loop_fd(e->loop);
}

int64_t keda_engine_next_due_ms(const keda_engine *e)
{
    return loop_next_due_ms(e->loop);
}

keda_status keda_engine_step(keda_engine *e, keda_error *err)
{
    return loop_step(e->loop, err);
}

/* ---- ending */

static bool is_quiet(const keda_engine *e)
{
    return e->instances.first == NULL && e->closing.first == NULL && e->leaving.first == NULL &&
           e->endpoints.count == 0 && e->nendpoints_closing == 0 && targets_are_gone(e);
}

/* One step, then at most so long until something happens. The real clock: a fake one stands still. */
static void pump(keda_engine *e, int64_t wait_ms)
{
    enum { LONGEST_MS = 50 };
    struct pollfd fd = {.fd = loop_fd(e->loop), .events = POLLIN};

    (void)loop_step(e->loop, NULL);
    if (is_quiet(e) || wait_ms <= 0 || loop_next_due_ms(e->loop) == 0)
        return;
    (void)poll(&fd, 1, wait_ms < LONGEST_MS ? (int)wait_ms : LONGEST_MS);
}

static void stop_work(keda_engine *e)
{
    e->is_ending = true;
    for (workload *w = table_next(&e->workloads, NULL), *next; w != NULL; w = next) {
        next = table_next(&e->workloads, w);
        table_remove(&e->workloads, &w->node);
        w->target = NULL;
        workload_end_work(w, WORKLOAD_STOPPED);
    }
    for (keda_target *t = table_next(&e->targets, NULL), *next; t != NULL; t = next) {
        next = table_next(&e->targets, t);
        t->owner = NULL;
        target_give_up(t);
    }
}

/* Endpoints that nobody uses any more linger; at the end they do not. */
static void close_unused(keda_engine *e)
{
    if (e->instances.first == NULL && e->closing.first == NULL)
        endpoint_close_all(e);
}

static void wait_for_end(keda_engine *e)
{
    const int64_t end_ms = clock_now_ms(clock_system()) + e->settings.shutdown_grace_ms;
    int64_t left_ms = e->settings.shutdown_grace_ms;

    while (!is_quiet(e) && left_ms > 0) {
        close_unused(e);
        pump(e, left_ms);
        left_ms = end_ms - clock_now_ms(clock_system());
    }
    if (is_quiet(e))
        return;
    targets_hurry(e);
    endpoint_cancel_all(e);
    for (int i = 0; i < LAST_ROUNDS && !is_quiet(e); i++)
        pump(e, 0);
}

/* What hangs in a client library keeps its memory; what it still says is dropped at the gate. What
 * was said before is heard first. */
static void forsake(keda_engine *e)
{
    loop_gate_close(e->shared->gate);
    (void)loop_step(e->loop, NULL);
    endpoint_close_all(e);
    instance_forsake_all(e);
    (void)loop_workers_drain(e->loop, 0);
}

static void end_work(keda_engine *e)
{
    stop_work(e);
    wait_for_end(e);
    forsake(e);
}

static void free_documents(keda_engine *e)
{
    for (entry *en = table_next(&e->entries, NULL), *next; en != NULL; en = next) {
        next = table_next(&e->entries, en);
        table_remove(&e->entries, &en->node);
        entry_free(en);
    }
    for (text_source *src = table_next(&e->sources, NULL), *next; src != NULL; src = next) {
        next = table_next(&e->sources, src);
        table_remove(&e->sources, &src->node);
        source_free(src);
    }
}

static void free_texts(pointers *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        mem_free(texts->items[i]);
    pointers_clear(texts);
}

static void free_tables(keda_engine *e)
{
    free_documents(e);
    table_clear(&e->sources);
    table_clear(&e->entries);
    table_clear(&e->workloads);
    table_clear(&e->targets);
    table_clear(&e->endpoints);
    order_free(e->order);
    free_texts(&e->opened_modules);
    free_texts(&e->refused_modules);
    registry_clear(&e->registry);
}

void keda_engine_free(keda_engine *e)
{
    if (e == NULL)
        return;
    if (e->shared != NULL && e->order != NULL)
        end_work(e);
    if (e->http_free != NULL)
        e->http_free(e->http);
    journaling_close(e->journaling);
    state_close(e->state);
    free_tables(e);
    mem_free(e->spare_call);
    shared_unref(e->shared);
    loop_free(e->loop);
    if (e->parts_free != NULL)
        e->parts_free(e->parts);
    keda_buf_clear(&e->text);
    mem_free(e->settings.plugin_path);
    mem_free(e->settings.cluster_namespace);
    mem_free(e);
}
