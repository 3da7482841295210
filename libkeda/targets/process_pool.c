/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ProcessPool: keeps the wanted number of workers running. Slot i is replica i; the highest numbers,
 * the newest, stop first. What is due when is pool_plan.c's, processes are loop/child.c's.
 */
#include "targets/process_pool.h"

#include <assert.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/paths.h"
#include "base/text.h"
#include "loop/child.h"
#include "targets/pool_output.h"
#include "targets/pool_spec.h"

enum { MAX_TROUBLE = 512 };

typedef struct process_pool process_pool;

typedef struct pool_worker {
    process_pool *pool;
    int32_t replica;
    pool_slot slot;
    loop_child *child; /* NULL unless running or stopping */
    pool_output output;
    char trouble[MAX_TROUBLE]; /* how it ended last */
    bool could_not_start;      /* and that is why */
} pool_worker;

struct process_pool { /* zeroed: never opened */
    keda_target *self;
    loop *loop;
    char *name;
    char *helper;
    pool_spec spec;
    pool_worker **workers; /* those above `wanted` are on their way out, or empty */
    size_t nworkers, capacity;
    int32_t wanted;
    loop_timer timer;
    keda_target_call *closing;
    char told[MAX_TROUBLE];    /* to the engine: what is wrong; "": nothing */
    char failure[MAX_TROUBLE]; /* the reason logged last why a worker could not start */
    bool is_cancelled;         /* the closing takes too long */
    /* A host's log callback may come back with any call, so all calls nest: see enter and leave. */
    int32_t depth;
    bool is_unsettled;
    bool has_changed;
};

static void enter(process_pool *pool);
static void leave(process_pool *pool);

/* ---- one worker */

static void log_end(const pool_worker *worker, loop_child_exit how, int64_t delay_ms)
{
    const bool is_clean = how.is_signal == 0 && how.code == 0;
    if (delay_ms < 0)
        keda_target_log(worker->pool->self, KEDA_LOG_DEBUG, "worker %s/%d stopped with %s %d",
                        worker->pool->name, worker->replica,
                        how.is_signal != 0 ? "signal" : "status", how.code);
    else
        keda_target_log(worker->pool->self, is_clean ? KEDA_LOG_INFO : KEDA_LOG_WARN,
                        "worker %s/%d ended with %s %d, starts again in %lld ms",
                        worker->pool->name, worker->replica,
                        how.is_signal != 0 ? "signal" : "status", how.code,
                        (long long)delay_ms);
}

static void note_end(pool_worker *worker, loop_child_exit how, int64_t delay_ms)
{
    worker->could_not_start = false;
    (void)snprintf(worker->trouble, sizeof worker->trouble,
                   "worker %s/%d ended with %s %d, starts again in %.3g s", worker->pool->name,
                   worker->replica, how.is_signal != 0 ? "signal" : "status", how.code,
                   (double)delay_ms / 1000.0);
}

/* Workers of one pool fail alike: the same reason is logged once until all are well again. */
static void note_failure(pool_worker *worker, const char *reason)
{
    process_pool *pool = worker->pool;
    char shown[OUTPUT_ROOM];
    (void)output_show(shown, reason, strlen(reason));
    worker->could_not_start = true;
    (void)text_copy(worker->trouble, sizeof worker->trouble, shown);
    text_cut_broken_end(worker->trouble);
    if (strcmp(pool->failure, worker->trouble) == 0)
        return;
    (void)text_copy(pool->failure, sizeof pool->failure, worker->trouble);
    keda_target_log(pool->self, KEDA_LOG_ERROR, "worker %s/%d: %s", pool->name, worker->replica,
                    worker->trouble);
}

static void tell_dropped(pool_worker *worker)
{
    const int64_t ndropped = output_take_dropped(&worker->output);
    if (ndropped > 0)
        keda_target_log(worker->pool->self, KEDA_LOG_WARN, "%s/%d: %lld lines dropped",
                        worker->pool->name, worker->replica, (long long)ndropped);
}

static void on_output(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user)
{
    pool_worker *worker = user;
    process_pool *pool = worker->pool;
    char shown[OUTPUT_ROOM];
    (void)child;
    const bool had_dropped = output_due_ms(&worker->output) >= 0;
    if (output_takes(&worker->output, size, is_stderr, loop_now_ms(pool->loop))) {
        keda_target_log(pool->self, KEDA_LOG_INFO, "%s/%d: %s", pool->name, worker->replica,
                        output_show(shown, line, size));
    } else if (!had_dropped && output_due_ms(&worker->output) >= 0) {
        enter(pool); /* the timer is to know */
        leave(pool);
    }
}

static void on_exit_of(loop_child *child, loop_child_exit how, void *user)
{
    pool_worker *worker = user;
    process_pool *pool = worker->pool;
    const char *failure = loop_child_failure(child);
    enter(pool);
    tell_dropped(worker);
    worker->output = (pool_output){0};
    pool->has_changed = true;
    const int64_t delay_ms =
        slot_ended(&worker->slot, &pool->spec.rules, loop_now_ms(pool->loop));
    if (delay_ms >= 0 && failure != NULL)
        note_failure(worker, failure);
    else if (delay_ms >= 0)
        note_end(worker, how, delay_ms);
    loop_child_close(child);
    worker->child = NULL;
    log_end(worker, how, delay_ms);
    leave(pool);
}

static const char *const *texts_of(char *const *texts)
{
    union {
        char *const *in;
        const char *const *out;
    } cast = {.in = texts};
    return cast.out;
}

static keda_status open_child(pool_worker *worker, keda_error *err)
{
    const process_pool *pool = worker->pool;
    char replica[32];
    keda_buf name = {0};
    const char *own[] = {NULL, replica, NULL};
    const char **env = NULL;
    (void)snprintf(replica, sizeof replica, "KEDA_REPLICA=%d", worker->replica);
    keda_status rc = buf_printf(&name, "KEDA_POOL=%s", pool->name);
    if (rc == KEDA_OK) {
        own[0] = name.data;
        env = pool_environment(&pool->spec, texts_of(environ), own);
    }
    if (env == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (rc == KEDA_OK)
        rc = loop_child_open(&worker->child, pool->loop,
                             &(loop_child_options){.helper = pool->helper,
                                                   .argv = texts_of(pool->spec.command),
                                                   .env = env,
                                                   .directory = pool->spec.directory,
                                                   .run_as = pool->spec.user,
                                                   .limits = pool->spec.limits,
                                                   .on_output = on_output,
                                                   .on_exit = on_exit_of,
                                                   .user = worker},
                             err);
    mem_free(env);
    keda_buf_clear(&name);
    return rc;
}

static void start(pool_worker *worker, int64_t now_ms)
{
    keda_error err = KEDA_ERROR_INIT;
    process_pool *pool = worker->pool;
    slot_done(&worker->slot, SLOT_START, &pool->spec.rules, now_ms);
    if (open_child(worker, &err) == KEDA_OK)
        return;
    const int64_t delay_ms = slot_ended(&worker->slot, &pool->spec.rules, now_ms);
    pool->has_changed = true;
    note_failure(worker, err.text);
    keda_target_log(pool->self, KEDA_LOG_WARN,
                    "worker %s/%d could not be started, tried again in %lld ms", pool->name,
                    worker->replica, (long long)delay_ms);
}

static void act(pool_worker *worker, slot_action action, int64_t now_ms)
{
    process_pool *pool = worker->pool;
    if (action == SLOT_START) {
        start(worker, now_ms);
        return;
    }
    slot_done(&worker->slot, action, &pool->spec.rules, now_ms);
    if (action == SLOT_STOP)
        loop_child_signal(worker->child, SIGTERM);
    else if (action == SLOT_KILL)
        loop_child_signal(worker->child, SIGKILL);
    else if (action == SLOT_ANNOUNCE)
        pool->has_changed = true;
}

/* ---- the pool */

static bool is_wanted(const pool_worker *worker)
{
    return worker->replica < worker->pool->wanted;
}

static void on_due(loop_timer *timer, void *user)
{
    (void)timer;
    enter(user);
    leave(user);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static void set_timer(process_pool *pool)
{
    keda_error err = KEDA_ERROR_INIT;
    int64_t due_ms = -1;
    for (size_t i = 0; i < pool->nworkers; i++) {
        const pool_worker *worker = pool->workers[i];
        due_ms = earlier(due_ms, slot_due_ms(&worker->slot, is_wanted(worker)));
        due_ms = earlier(due_ms, output_due_ms(&worker->output));
    }
    if (due_ms < 0)
        loop_timer_cancel(pool->loop, &pool->timer);
    else if (loop_timer_set(pool->loop, &pool->timer, due_ms, on_due, pool, &err) != KEDA_OK)
        keda_target_log(pool->self, KEDA_LOG_ERROR, "pool %s: %s", pool->name, err.text);
}

/* The close waits no longer: whatever still runs is killed by the loop. */
static void kill_all(process_pool *pool)
{
    for (size_t i = 0; i < pool->nworkers; i++) {
        loop_child_close(pool->workers[i]->child);
        pool->workers[i]->child = NULL;
        pool->workers[i]->slot = (pool_slot){0};
        pool->workers[i]->output = (pool_output){0};
    }
}

static void settle_worker(pool_worker *worker, int64_t now_ms)
{
    slot_action action = SLOT_REST;
    const int64_t tell_ms = output_due_ms(&worker->output);
    if (tell_ms >= 0 && now_ms >= tell_ms)
        tell_dropped(worker);
    while ((action = slot_next(&worker->slot, is_wanted(worker), now_ms)) != SLOT_REST)
        act(worker, action, now_ms);
}

/* Does what is due with every slot: stops from the newest down, starts from the oldest up. */
static void settle(process_pool *pool)
{
    const int64_t now_ms = loop_now_ms(pool->loop);
    if (pool->is_cancelled)
        kill_all(pool);
    for (size_t i = pool->nworkers; i-- > 0;)
        if (!is_wanted(pool->workers[i]))
            settle_worker(pool->workers[i], now_ms);
    for (size_t i = 0; i < pool->nworkers; i++)
        settle_worker(pool->workers[i], now_ms);
}

/* What is wrong, as the first worker in trouble has it; one that cannot start goes before. */
static void describe_trouble(const process_pool *pool, char *out, size_t size)
{
    const pool_worker *worst = NULL;
    int32_t nfailing = 0;
    for (size_t i = 0; i < pool->nworkers; i++) {
        const pool_worker *worker = pool->workers[i];
        if (!is_wanted(worker) || !worker->slot.is_failing)
            continue;
        nfailing++;
        if (worst == NULL || (worker->could_not_start && !worst->could_not_start))
            worst = worker;
    }
    out[0] = '\0';
    if (worst != NULL)
        (void)snprintf(out, size, "%d of %d workers do not stay up: %.*s", nfailing,
                       pool->wanted, MAX_TROUBLE - 64, worst->trouble);
    text_cut_broken_end(out);
}

/* The engine hears of it once; whoever it tells may come back with any call. */
static void tell_trouble(process_pool *pool)
{
    char text[MAX_TROUBLE];
    describe_trouble(pool, text, sizeof text);
    if (text[0] == '\0')
        pool->failure[0] = '\0';
    if (strcmp(text, pool->told) == 0)
        return;
    (void)text_copy(pool->told, sizeof pool->told, text);
    keda_target_trouble(pool->self, text);
}

static void drop_empty_end(process_pool *pool)
{
    while (pool->nworkers > (size_t)pool->wanted &&
           pool->workers[pool->nworkers - 1]->slot.state == SLOT_EMPTY)
        mem_free(pool->workers[--pool->nworkers]);
}

static void clear(process_pool *pool)
{
    if (pool->loop != NULL)
        loop_timer_cancel(pool->loop, &pool->timer);
    mem_free(pool->workers);
    mem_free(pool->name);
    mem_free(pool->helper);
    pool_spec_clear(&pool->spec);
    *pool = (process_pool){0};
}

static void finish_closing(process_pool *pool)
{
    keda_target_call *call = pool->closing;
    clear(pool);
    keda_target_done(call);
}

static void enter(process_pool *pool)
{
    pool->depth++;
    pool->is_unsettled = true;
}

/* The outermost call settles the pool; only then may workers be freed and the host be told. */
static void leave(process_pool *pool)
{
    while (pool->depth == 1 && pool->is_unsettled) {
        pool->is_unsettled = false;
        settle(pool);
        tell_trouble(pool);
    }
    if (--pool->depth > 0)
        return;
    drop_empty_end(pool);
    if (pool->closing != NULL && pool->nworkers == 0) {
        finish_closing(pool);
        return;
    }
    set_timer(pool);
    const bool has_changed = pool->has_changed;
    pool->has_changed = false;
    if (has_changed)
        keda_target_changed(pool->self);
}

static keda_status add_worker(process_pool *pool, keda_error *err)
{
    void *workers = pool->workers;
    keda_status rc =
        mem_grow(&workers, &pool->capacity, pool->nworkers, sizeof(pool_worker *), err);
    if (rc != KEDA_OK)
        return rc;
    pool->workers = workers;
    pool_worker *worker = mem_zalloc(1, sizeof *worker);
    if (worker == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    worker->pool = pool;
    worker->replica = (int32_t)pool->nworkers;
    pool->workers[pool->nworkers++] = worker;
    return KEDA_OK;
}

/* ---- the descriptor */

static keda_status pool_open(void *state, const keda_target_ref *ref, keda_target *self,
                             keda_error *err, void *user)
{
    process_pool *pool = state;
    const process_pool_host *host = user;
    char helper[PATH_MAX];
    keda_status rc =
        paths_find_module(host->plugin_path, "keda-child", helper, sizeof helper, err);
    if (rc == KEDA_OK)
        rc = pool_spec_read(&pool->spec, ref->spec_json, err);
    if (rc != KEDA_OK)
        goto out;
    pool->self = self;
    pool->loop = host->loop;
    pool->name = mem_strdup(ref->name);
    pool->helper = mem_strdup(helper);
    if (pool->name == NULL || pool->helper == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
out:
    if (rc != KEDA_OK)
        clear(pool);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "ProcessPool %s", ref->name);
}

static void pool_observe(void *state, keda_target_call *call, void *user)
{
    const process_pool *pool = state;
    keda_replicas seen = KEDA_REPLICAS_INIT;
    (void)user;
    seen.spec = pool->wanted;
    seen.status = seen.total = seen.ready = 0;
    for (size_t i = 0; i < pool->nworkers; i++) {
        const pool_slot *slot = &pool->workers[i]->slot;
        seen.status += slot->state == SLOT_RUNNING;
        seen.total += slot->state == SLOT_RUNNING || slot->state == SLOT_WAITING;
        seen.ready += slot->is_ready;
    }
    keda_target_observed(call, &seen);
}

static void pool_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    process_pool *pool = state;
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = KEDA_OK;
    (void)user;
    assert(to >= 0);
    if (pool->closing != NULL)
        rc = keda_error_set(&err, KEDA_ECANCELED, "pool %s is being stopped", pool->name);
    enter(pool);
    while (rc == KEDA_OK && pool->nworkers < (size_t)to)
        rc = add_worker(pool, &err);
    if (rc == KEDA_OK)
        pool->wanted = to;
    leave(pool);
    if (rc == KEDA_OK)
        keda_target_done(call);
    else
        keda_target_fail(call, &err);
}

static void pool_close(void *state, keda_target_call *call, void *user)
{
    process_pool *pool = state;
    (void)user;
    enter(pool);
    pool->wanted = 0;
    pool->closing = call;
    leave(pool);
}

/* Observing and scaling complete at once; a close that takes too long ends here. */
static void pool_cancel(void *state, keda_target_call *call, void *user)
{
    process_pool *pool = state;
    (void)user;
    if (call == NULL || call != pool->closing)
        return;
    enter(pool);
    pool->is_cancelled = true;
    leave(pool);
}

const keda_target_desc keda_target_process_pool = {
    .struct_size = sizeof(keda_target_desc),
    .api_version = "libkeda.io/v1alpha1",
    .kind = "ProcessPool",
    .summary = "Processes of one command on this machine.",
    .state_size = sizeof(process_pool),
    .flags = KEDA_TARGET_NEEDS_DOCUMENT | KEDA_TARGET_FORGETS,
    .open = pool_open,
    .observe = pool_observe,
    .scale = pool_scale,
    .cancel = pool_cancel,
    .close = pool_close,
};
