/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From parameters to an open instance and back to nothing. A blocking type has a thread of its own,
 * on which it polls and closes; the others run on the engine's.
 */
#include "engine/instance.h"

#include "base/mem.h"
#include "engine/by_name.h"
#include "engine/endpoint.h"
#include "engine/poll.h"
#include "engine/reaper.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool is_by_name(const keda_scaler *s)
{
    return (s->type->desc.flags & KEDA_SCALER_PARAMS_BY_NAME) != 0;
}

/* What a type gets as its parameters: its struct, or the instance itself when it has none. */
static const void *meta_of(const keda_scaler *s)
{
    return is_by_name(s) ? (const void *)s : s->meta;
}

/* ---- making */

static size_t aligned(size_t size)
{
    const size_t unit = _Alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

static char *put_text(char *at, const char *text)
{
    const size_t size = strlen(text) + 1;
    memcpy(at, text, size);
    return at + size;
}

/* There are as many instances as triggers: all that is as old as one is one piece of memory. */
static keda_scaler *allocate(const keda_scaler_desc *desc, const instance_info *info)
{
    const size_t meta_at = aligned(sizeof(keda_scaler));
    const size_t state_at = meta_at + aligned(desc->meta_size);
    const size_t texts_at = state_at + desc->state_size;
    char *memory = mem_zalloc(1, texts_at + strlen(info->workload) + strlen(info->trigger) + 2);
    if (memory == NULL)
        return NULL;
    keda_scaler *s = (keda_scaler *)(void *)memory;
    s->meta = memory + meta_at;
    s->state = memory + state_at;
    char *trigger = put_text(memory + texts_at, info->workload);
    (void)put_text(trigger, info->trigger);
    s->workload = memory + texts_at;
    s->trigger = trigger;
    s->metric_type = info->metric_type;
    s->index = info->index;
    s->is_metric_source = info->is_metric_source;
    return s;
}

static void free_instance(keda_scaler *s)
{
    const keda_scaler_desc *desc = &s->type->desc;
    if (!is_by_name(s))
        params_clear(desc->fields, desc->nfields, desc->field_size, s->meta);
    by_name_clear(&s->params);
    pointers_clear(&s->endpoints);
    mem_free(s->thread);
    scaler_type_unref(s->type);
    shared_unref(s->shared);
    mem_free(s);
}

void instance_ref(keda_scaler *s)
{
    atomic_fetch_add(&s->holders, 1);
}

void instance_unref(keda_scaler *s)
{
    if (atomic_fetch_sub(&s->holders, 1) == 1)
        free_instance(s);
}

static void leave_engine(keda_scaler *s)
{
    chain_remove(s->is_closing ? &s->engine->closing : &s->engine->instances, &s->link);
    s->engine = NULL;
    instance_unref(s);
}

void instance_discard(keda_scaler *s)
{
    if (s != NULL)
        leave_engine(s);
}

keda_status instance_new(keda_scaler **out, keda_engine *e, scaler_type *type,
                         const instance_info *info, const params_sources *sources,
                         params_report_fn report, void *user, size_t *nproblems,
                         keda_error *err)
{
    const keda_scaler_desc *desc = &type->desc;
    keda_scaler *s = allocate(desc, info);
    keda_status rc = KEDA_OK;

    if (s == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    s->shared = shared_ref(e->shared);
    s->engine = e;
    s->type = scaler_type_ref(type);
    atomic_init(&s->holders, 1);
    chain_add(&e->instances, &s->link);
    if (is_by_name(s))
        rc = by_name_resolve(&s->params, desc, sources, report, user, nproblems, err);
    else
        *nproblems = params_parse(desc->fields, desc->nfields, desc->field_size, sources,
                                  s->meta, report, user);
    if (rc == KEDA_OK && *nproblems == PARAMS_NO_MEMORY)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (rc == KEDA_OK)
        *out = s;
    else
        leave_engine(s);
    return rc;
}

keda_status instance_check(keda_scaler *s, keda_error *err)
{
    if (s->type->desc.check == NULL)
        return KEDA_OK;
    return s->type->desc.check(meta_of(s), err, s->type->user);
}

keda_status instance_specs(keda_scaler *s, keda_spec_list *out, keda_error *err)
{
    return s->type->desc.specs(meta_of(s), out, err, s->type->user);
}

keda_status instance_open(keda_scaler *s, keda_error *err)
{
    assert(!s->is_open);
    s->is_open = true;
    if (s->type->desc.open == NULL)
        return KEDA_OK;
    return s->type->desc.open(s->state, meta_of(s), s, err, s->type->user);
}

/* ---- polling */

/* A poll on its way through the worker; outlives the poll, since the worker hands it back later. */
typedef struct poll_job {
    loop_job job; /* first */
    keda_scaler *scaler;
    keda_poll *poll;
} poll_job;

static void ask_type(keda_scaler *s, keda_poll *poll)
{
    s->type->desc.poll(s->state, meta_of(s), poll, s->type->user);
}

static void work_poll(loop_job *job, void *user)
{
    const poll_job *mine = user;
    (void)job;
    ask_type(mine->scaler, mine->poll);
}

static void poll_job_done(loop_job *job, void *user)
{
    poll_job *mine = user;
    (void)job;
    instance_unref(mine->scaler);
    mem_free(mine);
}

static keda_status start_worker(keda_scaler *s, keda_error *err)
{
    if (s->thread != NULL)
        return KEDA_OK;
    instance_thread *thread = mem_zalloc(1, sizeof *thread);
    if (thread == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (!engine_take_thread(s->engine)) {
        mem_free(thread);
        return keda_error_set(err, KEDA_ELIMIT, "all %d threads are in use",
                              (int)s->engine->settings.max_threads);
    }
    const keda_status rc =
        loop_worker_open(&thread->worker, s->engine->loop, s->type->desc.type, err);
    if (rc == KEDA_OK) {
        s->thread = thread;
        return rc;
    }
    engine_give_thread(s->engine);
    mem_free(thread);
    return rc;
}

static keda_status send_to_worker(keda_scaler *s, keda_poll *poll, keda_error *err)
{
    const keda_status rc = start_worker(s, err);
    if (rc != KEDA_OK)
        return rc;
    poll_job *mine = mem_zalloc(1, sizeof *mine);
    if (mine == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *mine = (poll_job){
        .job = {.work = work_poll, .done = poll_job_done, .drop = poll_job_done, .user = mine},
        .scaler = s,
        .poll = poll};
    instance_ref(s);
    loop_worker_submit(s->thread->worker, &mine->job);
    return KEDA_OK;
}

void instance_poll(keda_scaler *s, keda_poll *poll)
{
    keda_error err = KEDA_ERROR_INIT;

    if ((s->type->desc.flags & KEDA_SCALER_BLOCKING) == 0)
        ask_type(s, poll);
    else if (send_to_worker(s, poll, &err) != KEDA_OK)
        keda_poll_fail(poll, &err);
}

void instance_cancel(keda_scaler *s)
{
    if (s->type->desc.cancel != NULL && s->poll != NULL)
        s->type->desc.cancel(s->state, s->poll, s->type->user);
}

void instance_poll_ended(keda_scaler *s)
{
    if (s->is_closing)
        reaper_wake(s->engine);
}

/* ---- closing */

void instance_close(keda_scaler *s)
{
    if (s == NULL || s->is_closing)
        return;
    poll_forget(s);
    chain_remove(&s->engine->instances, &s->link);
    s->is_closing = true;
    chain_add(&s->engine->closing, &s->link);
    reaper_wake(s->engine);
}

static void close_type(keda_scaler *s)
{
    if (s->is_open && s->type->desc.close != NULL)
        s->type->desc.close(s->state, s->type->user);
}

static void release_all(keda_scaler *s)
{
    for (size_t i = 0; i < s->endpoints.count; i++)
        endpoint_release(s->endpoints.items[i]);
    if (s->thread != NULL)
        engine_give_thread(s->engine);
    leave_engine(s);
}

static void work_close(loop_job *job, void *user)
{
    (void)job;
    close_type(user);
}

static void drop_close(loop_job *job, void *user)
{
    (void)job;
    instance_unref(user);
}

static void worker_closed(void *user)
{
    keda_scaler *s = user;
    if (s->engine != NULL) /* else it was given up meanwhile */
        release_all(s);
    instance_unref(s);
}

static void close_on_worker(keda_scaler *s)
{
    s->is_close_sent = true;
    s->thread->close_job = (loop_job){.work = work_close, .drop = drop_close, .user = s};
    instance_ref(s);
    loop_worker_submit(s->thread->worker, &s->thread->close_job);
    loop_worker_close(s->thread->worker, worker_closed, s);
}

static void close_idle(keda_scaler *s)
{
    if (s->thread != NULL) {
        close_on_worker(s);
        return;
    }
    close_type(s);
    release_all(s);
}

bool instance_reap(keda_engine *e)
{
    for (chain_link *link = e->closing.first, *next; link != NULL; link = next) {
        keda_scaler *s = (keda_scaler *)link;
        next = link->next;
        if (s->poll == NULL && !s->is_close_sent)
            close_idle(s);
    }
    return e->closing.first == NULL;
}

void instance_forsake_all(keda_engine *e)
{
    while (e->closing.first != NULL) {
        keda_scaler *s = (keda_scaler *)e->closing.first;
        if (s->thread != NULL && !s->is_close_sent)
            loop_worker_close(s->thread->worker, NULL, NULL);
        leave_engine(s);
    }
}

/* ---- what a type may ask about itself */

void keda_scaler_describe(const keda_scaler *self, keda_scaler_info *out)
{
    const keda_scaler_info all = {
        .struct_size = out->struct_size,
        .workload = self->workload,
        .type = self->type->desc.type,
        .trigger = self->trigger,
        .metric_type = self->metric_type,
        .index = self->index,
        .is_metric_source = self->is_metric_source,
    };
    const size_t size = out->struct_size < sizeof all ? out->struct_size : sizeof all;
    if (size >= sizeof out->struct_size)
        memcpy(out, &all, size);
}

const char *keda_param_string(const keda_scaler *self, const char *name)
{
    return params_map_get(&self->params, name);
}

keda_http *keda_scaler_http(const keda_scaler *self)
{
    return self->engine == NULL ? NULL : self->engine->http;
}

void keda_scaler_log(const keda_scaler *self, int32_t level, const char *format, ...)
{
    char text[512];
    const log_sink *log = shared_log_enter(self->shared);
    if (log == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(log, level, text, "workload", self->workload, "trigger", self->trigger, "type",
              self->type->desc.type, NULL);
    shared_log_leave(self->shared);
}
