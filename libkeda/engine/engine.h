/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own struct, for the files of this room; and the calls with which builtin.c puts
 * together what the room itself must not know: the HTTP pool, targets, module names.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <keda/engine.h>
#include <keda/http.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/chain.h"
#include "engine/observer.h"
#include "engine/pointers.h"
#include "engine/registry.h"
#include "engine/table.h"
#include "engine/ticket.h"
#include "loop/loop.h"

typedef struct state_file state_file;
struct journaling;

/* What a build says can be loaded: kind is "scaler" or "endpoint". Texts live for ever. */
typedef struct known_module {
    const char *kind, *name, *file, *package;
} known_module;

typedef struct engine_settings {
    keda_decision_fn on_decision;
    void *decision_user;
    int32_t max_threads;
    bool is_strict, is_dry_run, is_manual;
    int64_t shutdown_grace_ms;
    int64_t http_timeout_ms;
    char *plugin_path; /* NULL: the environment's */
    uint32_t deviations;
    char *cluster_namespace;
} engine_settings;

struct keda_engine {
    loop *loop;
    engine_shared *shared;
    log_sink log;
    engine_settings settings;
    clock_random random;
    uint64_t phase_seed;

    registry registry;
    const known_module *known; /* builtin.c's table */
    size_t nknown;
    pointers opened_modules;  /* paths that were tried, texts */
    pointers refused_modules; /* texts: "PATH was refused: WHY" */
    bool all_modules_opened;

    table sources;              /* text_source */
    table entries;              /* entry: every document */
    table workloads;            /* workload */
    table targets;              /* keda_target */
    table endpoints;            /* keda_endpoint */
    struct engine_order *order; /* workloads by id, for status */
    bool is_changing;           /* documents are being put */

    /* What has been given up is freed by the reaper, when no other frame can still hold it. */
    chain instances;                     /* keda_scaler: in use */
    chain closing;                       /* keda_scaler: to be closed */
    chain leaving;                       /* workload: to be freed */
    chain ending;                        /* keda_target: to be closed */
    struct keda_target_call *spare_call; /* for closing a target when there is no memory */
    bool is_close_waiting;               /* some target for that one */
    loop_after reaper;
    int32_t nthreads;
    size_t nendpoints_closing; /* on their threads, in no table any more */
    bool is_ending;

    state_file *state;             /* NULL: nothing survives */
    struct journaling *journaling; /* NULL: nothing is recorded */
    keda_http *http;
    void (*http_free)(keda_http *http);
    void *parts; /* builtin.c's */
    void (*parts_free)(void *parts);
    engine_observer observer; /* members are NULL: nobody */
    keda_buf text;            /* scratch for texts lent to the host */
};

/* ---- for builtin.c */
keda_status engine_create(keda_engine **out, const keda_engine_options *opts, keda_error *err);
loop *engine_loop(keda_engine *e);
void engine_set_known_modules(keda_engine *e, const known_module *known, size_t count);
void engine_set_http(keda_engine *e, keda_http *http, void (*free_fn)(keda_http *));
int64_t engine_http_timeout_ms(const keda_engine *e);
/* What the registrations of builtin.c point to; freed when they are gone. */
void engine_set_parts(keda_engine *e, void *take_parts, void (*free_fn)(void *));
void *engine_parts(keda_engine *e);
const char *engine_plugin_path(const keda_engine *e);

/* ---- for this room */
int64_t engine_now_ms(const keda_engine *e);
int64_t engine_wall_ms(const keda_engine *e);
bool engine_take_thread(keda_engine *e); /* false at the cap */
void engine_give_thread(keda_engine *e);

#endif
