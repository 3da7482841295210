/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collections that are followed, per namespace where only some are watched. Nothing is done for any
 * object before what it may depend on has been listed.
 */
#include "operator/operator.h"

#include "base/mem.h"

#include <string.h>

enum { AGAIN_MS = 1000 };

static const op_collection *const COLLECTIONS[OP_NWATCHED] = {&op_auths, &op_cluster_auths,
                                                              &op_hpas, &op_scaled_objects};

bool op_are_all_listed(const keda_operator *op)
{
    for (size_t i = 0; i < op->nwatches; i++) {
        if (!op->watches[i].is_listed && !op->watches[i].is_excused)
            return false;
    }
    return op->nwatches > 0;
}

static void sync_when_listed(keda_operator *op)
{
    if (op->is_synced || !op_are_all_listed(op))
        return;
    op->is_synced = true;
    log_write(op->log, KEDA_LOG_INFO, "the cluster's objects are listed", NULL);
    op_objects_queue_all(op);
}

/* ---- what a watch says */

static void begin(void *user)
{
    op_watch *w = user;
    w->mark++;
}

static void object(const keda_json *object, void *user)
{
    op_watch *w = user;
    w->what->object(w, object);
}

static void gone(const keda_json *object, void *user)
{
    op_watch *w = user;
    w->what->gone(w, object);
}

static void end(void *user)
{
    op_watch *w = user;

    w->what->sweep(w);
    w->is_listed = true;
    sync_when_listed(w->op);
}

/* What is not allowed, or not there, is a cluster's choice; the rest will pass. */
static bool is_excuse(const op_watch *w, const keda_error *err)
{
    return w->what->is_optional &&
           (err->http_status == 403 || err->http_status == 404 ||
            err->code == KEDA_ENOTFOUND) &&
           (w->what->resource.is_namespaced || w->op->settings.nspaces > 0);
}

static void trouble(const keda_error *err, void *user)
{
    op_watch *w = user;
    const log_sink *log = w->op->log;

    if (err == NULL) {
        kept_error_clear(&w->trouble);
        w->is_excused = false;
        log_write(log, KEDA_LOG_INFO, "watched again", "type", w->what->title, NULL);
        return;
    }
    w->is_excused = is_excuse(w, err);
    log_write(log, w->is_excused ? KEDA_LOG_INFO : KEDA_LOG_WARN,
              w->is_excused ? "not watched, and taken for none" : "cannot be watched", "type",
              w->what->title, "error", err->text, NULL);
    if (!w->is_excused)
        kept_error_set(&w->trouble, err);
    sync_when_listed(w->op);
}

/* ---- opening */

static keda_status open_watch(op_watch *w, keda_error *err)
{
    keda_buf path = {0};
    keda_status rc = kube_path(&path, &w->what->resource, w->space, NULL, NULL, err);

    if (rc == KEDA_OK) {
        keda_kube_watch_options opts = KEDA_KUBE_WATCH_OPTIONS_INIT;
        opts.path = path.data;
        opts.begin = begin;
        opts.object = object;
        opts.gone = gone;
        opts.end = end;
        opts.trouble = trouble;
        opts.user = w;
        if (w->what == &op_scaled_objects)
            opts.label_selector = w->op->settings.label_selector;
        rc = keda_kube_watch_open(&w->watch, w->op->kube, &opts, err);
    }
    keda_buf_clear(&path);
    return rc;
}

static void open_again(loop_timer *timer, void *user)
{
    op_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)timer;
    keda_kube_watch_close(w->watch);
    w->watch = NULL;
    if (open_watch(w, &err) != KEDA_OK)
        op_watch_missed(w);
}

void op_watch_missed(op_watch *w)
{
    log_write(w->op->log, KEDA_LOG_ERROR, "no memory for what is watched", "type",
              w->what->title, NULL);
    (void)loop_timer_set(w->op->l, &w->again, op_now_ms(w->op) + AGAIN_MS, open_again, w, NULL);
}

static void plan(keda_operator *op, const op_collection *what)
{
    const size_t n =
        what->resource.is_namespaced && op->settings.nspaces > 0 ? op->settings.nspaces : 1;

    for (size_t i = 0; i < n; i++) {
        op_watch *w = &op->watches[op->nwatches++];
        *w = (op_watch){.op = op, .what = what};
        if (what->resource.is_namespaced && op->settings.nspaces > 0)
            w->space = op->settings.spaces[i];
    }
}

keda_status op_watches_open(keda_operator *op, keda_error *err)
{
    keda_status rc = KEDA_OK;

    op->watches = mem_zalloc(OP_NWATCHED * (op->settings.nspaces + 1), sizeof *op->watches);
    if (op->watches == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < OP_NWATCHED; i++)
        plan(op, COLLECTIONS[i]);
    for (size_t i = 0; rc == KEDA_OK && i < op->nwatches; i++)
        rc = open_watch(&op->watches[i], err);
    return rc;
}

void op_watches_close(keda_operator *op)
{
    for (size_t i = 0; i < op->nwatches; i++) {
        keda_kube_watch_close(op->watches[i].watch);
        loop_timer_cancel(op->l, &op->watches[i].again);
        kept_error_clear(&op->watches[i].trouble);
        op->watches[i].watch = NULL;
    }
}
