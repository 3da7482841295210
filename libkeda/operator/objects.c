/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of ScaledObjects as their watch tells of them, and the queue of those that are to be looked
 * at: a few in each step of the loop, so that thousands at once do not stop the engine.
 */
#include "operator/operator.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include <utlist.h>

enum { AT_ONCE = 16, RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 300000 };

/* ---- the queue */

static void pump(loop_timer *timer, void *user)
{
    keda_operator *op = user;

    (void)timer;
    for (int i = 0; i < AT_ONCE && op->queue != NULL; i++) {
        op_object *o = op->queue;
        DL_DELETE(op->queue, o);
        o->is_queued = false;
        op_reconcile(o);
    }
    if (op->queue != NULL)
        (void)loop_timer_set(op->l, &op->pump, op_now_ms(op), pump, op, NULL);
}

/* Without memory for the timer, whoever comes next starts it. */
static void start_pump(keda_operator *op)
{
    if (op->queue != NULL && op->is_synced && op->pump.heap_index == 0)
        (void)loop_timer_set(op->l, &op->pump, op_now_ms(op), pump, op, NULL);
}

void op_object_queue(op_object *o)
{
    o->is_dirty = true;
    op_object_queue_status(o);
}

void op_object_queue_status(op_object *o)
{
    if (!o->is_queued && !o->op->is_stopping) {
        DL_APPEND(o->op->queue, o);
        o->is_queued = true;
    }
    start_pump(o->op);
}

static void unqueue(op_object *o)
{
    if (o->is_queued)
        DL_DELETE(o->op->queue, o);
    o->is_queued = false;
}

void op_pump_stop(keda_operator *op)
{
    loop_timer_cancel(op->l, &op->pump);
}

/* Whoever wants the same target as another must know of it before either is put to work. */
static void follow_target(op_object *o)
{
    keda_json *object = NULL;

    if (o->text != NULL && keda_json_parse(&object, o->text, o->size, NULL) == KEDA_OK)
        (void)op_follow(o, object, NULL); /* its own turn says what is wrong */
    keda_json_free(object);
}

void op_objects_queue_all(keda_operator *op)
{
    for (op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o)) {
        follow_target(o);
        op_object_queue(o);
    }
    start_pump(op);
}

static void try_again(loop_timer *timer, void *user)
{
    (void)timer;
    op_object_queue(user);
}

void op_object_retry(op_object *o)
{
    const int64_t now_ms = op_now_ms(o->op);
    int64_t wait_ms = RETRY_FIRST_MS;

    if (o->retry_at_ms > now_ms && o->timer.heap_index != 0)
        return;
    for (int32_t i = 0; i < o->failures && wait_ms < RETRY_MAX_MS; i++)
        wait_ms *= 2;
    o->failures++;
    o->retry_at_ms = now_ms + (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS);
    (void)loop_timer_set(o->op->l, &o->timer, o->retry_at_ms, try_again, o, NULL);
}

/* ---- making and freeing */

static void free_object(op_object *o)
{
    mem_free(o->key);
    mem_free(o->space);
    mem_free(o->text);
    kept_error_clear(&o->problem);
    for (size_t i = 0; i < OP_STEP_COUNTED; i++)
        kept_error_clear(&o->refusals[i]);
    mem_free(o->failures_before);
    mem_free(o->status_now);
    mem_free(o->status_was);
    mem_free(o);
}

static op_object *new_object(op_watch *w, const char *key, const char *space)
{
    op_object *o = mem_zalloc(1, sizeof *o);
    if (o == NULL)
        return NULL;
    o->op = w->op;
    o->watch = w;
    o->unknown_since_ms = -1;
    o->original = -1;
    o->last_active_wall_ms = -1;
    o->key = mem_strdup(key);
    o->space = mem_strdup(space);
    if (o->key == NULL || o->space == NULL) {
        free_object(o);
        return NULL;
    }
    o->name = o->key + strlen(space) + 1;
    table_add(&w->op->objects, &o->node, o->key);
    return o;
}

static void drop_object(op_object *o)
{
    op_lane_cancel(o);
    unqueue(o);
    loop_timer_cancel(o->op->l, &o->timer);
    op_leave_engine(o);
    op_dep_drop_all(o);
    op_target_clear(o);
    table_remove(&o->op->objects, &o->node);
    free_object(o);
}

void op_objects_free(keda_operator *op)
{
    for (op_object *o = table_next(&op->objects, NULL), *next; o != NULL; o = next) {
        next = table_next(&op->objects, o);
        drop_object(o);
    }
}

/* ---- what the watch and answers say */

static const char *const METADATA[] = {"name",
                                       "namespace",
                                       "uid",
                                       "generation",
                                       "resourceVersion",
                                       "creationTimestamp",
                                       "annotations",
                                       "deletionTimestamp",
                                       "labels",
                                       "finalizers",
                                       NULL};
static const char *const MEMBERS[] = {"spec", "status", NULL};

static bool key_of(const keda_json *object, char *key, size_t size)
{
    const char *space = op_text(object, "metadata.namespace");
    const char *name = op_text(object, "metadata.name");
    const int n = snprintf(key, size, "%s/%s", space, name);
    return space[0] != '\0' && name[0] != '\0' && n > 0 && (size_t)n < size;
}

static bool keep(op_object *o, const keda_json *object)
{
    keda_buf text = {0};

    (void)text_copy(o->uid, sizeof o->uid, op_text(object, "metadata.uid"));
    if (op_copy(&text, OP_API_VERSION, "ScaledObject", object, METADATA, MEMBERS) != KEDA_OK) {
        keda_buf_clear(&text);
        return false;
    }
    char *fitting = mem_strndup(text.data, text.size); /* without the room it grew into */
    const size_t size = text.size;
    keda_buf_clear(&text);
    if (fitting == NULL)
        return false;
    mem_free(o->text);
    o->text = fitting;
    o->size = size;
    (void)text_copy(o->version, sizeof o->version, op_text(object, "metadata.resourceVersion"));
    return true;
}

void op_object_learn(op_object *o, const keda_json *object)
{
    const char *version = op_text(object, "metadata.resourceVersion");

    if (strcmp(version, o->version) == 0 || kube_version_is_later(o->version, version))
        return;
    o->is_stale = false;
    o->status_digest = 0; /* somebody may have written another */
    if (!keep(o, object)) {
        op_object_retry(o);
        o->is_stale = true;
    }
    op_object_queue(o);
}

static void scaled_object(op_watch *w, const keda_json *object)
{
    char key[600];

    if (!key_of(object, key, sizeof key))
        return;
    op_object *o = table_find(&w->op->objects, key);
    if (o != NULL && strcmp(o->uid, op_text(object, "metadata.uid")) != 0) {
        drop_object(o); /* created again under its name while nobody watched */
        o = NULL;
    }
    if (o == NULL && (o = new_object(w, key, op_text(object, "metadata.namespace"))) == NULL) {
        op_watch_missed(w);
        return;
    }
    o->mark = w->mark;
    op_object_learn(o, object);
}

static void scaled_object_gone(op_watch *w, const keda_json *object)
{
    char key[600];
    op_object *o = key_of(object, key, sizeof key) ? table_find(&w->op->objects, key) : NULL;

    if (o == NULL || strcmp(o->uid, op_text(object, "metadata.uid")) != 0)
        return;
    if (o->step == OP_STEP_RELEASE)
        op_tell_deleted(o);
    drop_object(o);
}

static void sweep(op_watch *w)
{
    table *objects = &w->op->objects;

    for (op_object *o = table_next(objects, NULL), *next; o != NULL; o = next) {
        next = table_next(objects, o);
        if (o->watch == w && o->mark != w->mark)
            drop_object(o);
    }
}

const op_collection op_scaled_objects = {
    .resource = {.group = "keda.sh",
                 .version = "v1alpha1",
                 .kind = "ScaledObject",
                 .plural = "scaledobjects",
                 .is_namespaced = true},
    .title = "scaledobjects",
    .object = scaled_object,
    .gone = scaled_object_gone,
    .sweep = sweep,
};
