/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a ScaledObject: out of the engine at once, its target back to what it was where that is
 * wanted, then the finalizer removed. Nothing but the finalizer's own removal keeps it from going.
 * (KEDA: finalizeScaledObject)
 */
#include "operator/finalizer.h"

#include "base/buf.h"
#include "engine/target.h"

#include <stdio.h>
#include <string.h>

enum { WRITE_GAP_MS = 50 };

/* ---- restoring */

static void restored(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    op_object *o = user;
    char to[16];

    (void)scale;
    (void)op_lane_end(o);
    o->is_restored = true;
    (void)snprintf(to, sizeof to, "%d", (int)o->original);
    if (err == NULL) {
        char text[80];
        (void)snprintf(text, sizeof text,
                       "New size: %s; reason: the original count is restored", to);
        log_write(o->op->log, KEDA_LOG_INFO, "original count restored", "workload", o->key,
                  "to", to, NULL);
        op_event(o, false, "SuccessfulRescale", "Rescale", text);
    } else if (err->code != KEDA_ENOTFOUND)
        log_write(o->op->log, KEDA_LOG_WARN, "restoring the original count failed", "workload",
                  o->key, "to", to, "error", err->text, NULL);
}

/* A write of the engine's that is still under way would come after ours. */
static bool is_being_scaled(const op_object *o)
{
    for (const chain_link *link = o->op->engine->ending.first; link != NULL;
         link = link->next) {
        const keda_target *t =
            (const keda_target *)(const void *)((const char *)link -
                                                offsetof(struct keda_target, ending));
        if (strcmp(t->space, o->space) == 0 && strcmp(t->name, o->target.name) == 0 &&
            strcmp(t->kind_name, o->target.kind) == 0)
            return true;
    }
    return false;
}

static void look_again(loop_timer *timer, void *user)
{
    (void)timer;
    op_object_queue(user);
}

static int32_t count_to_restore(op_object *o, const keda_json *object)
{
    int64_t count = -1;

    if (o->original < 0 &&
        keda_json_int64(keda_json_get(object, "status.originalReplicaCount"), &count) &&
        count >= 0 && count <= INT32_MAX)
        o->original = (int32_t)count;
    return o->original;
}

/* True when that has been done with, well or not. */
static bool restore(op_object *o, const keda_json *object)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_kube_ref ref;

    if (o->is_restored || !op_wants_restore(object) || count_to_restore(o, object) < 0 ||
        o->target.name == NULL)
        return true;
    if (is_being_scaled(o)) {
        (void)loop_timer_set(o->op->l, &o->timer, op_now_ms(o->op) + WRITE_GAP_MS, look_again,
                             o, NULL);
        return false;
    }
    op_target_ref(o, &ref);
    if (keda_kube_set_scale(o->op->kube, &ref, o->original, NULL, restored, o, &o->call,
                            &err) != KEDA_OK) {
        log_write(o->op->log, KEDA_LOG_WARN, "restoring the original count failed", "workload",
                  o->key, "error", err.text, NULL);
        return true;
    }
    op_lane_begin(o, OP_STEP_RESTORE);
    return false;
}

/* ---- letting go */

void op_tell_deleted(op_object *o)
{
    if (o->has_told_deleted)
        return;
    o->has_told_deleted = true;
    log_write(o->op->log, KEDA_LOG_INFO, "ScaledObject deleted", "workload", o->key, NULL);
    op_event(o, true, "ScaledObjectDeleted", "Delete", "ScaledObject was deleted");
}

static void released(const keda_json *body, const keda_error *err, void *user)
{
    op_object *o = user;

    (void)op_lane_end(o);
    if (err != NULL) {
        op_patch_failed(o, OP_STEP_RELEASE, "the finalizer cannot be removed", err);
        return;
    }
    op_tell_deleted(o);
    op_object_learn(o, body);
}

static void release(op_object *o, const keda_json *object)
{
    keda_kube_ref ref;
    keda_buf patch = {0};
    json_text j;

    json_text_init(&j, buf_write, &patch);
    json_text_open(&j, NULL, '{');
    json_text_open(&j, "metadata", '{');
    op_finalizers_write(&j, object, false);
    json_text_close(&j, '}');
    json_text_close(&j, '}');
    op_object_ref(o, &ref);
    if (j.status == KEDA_OK &&
        keda_kube_patch(o->op->kube, &ref, NULL, patch.data, KEDA_KUBE_NORMAL, released, o,
                        &o->call, NULL) == KEDA_OK)
        op_lane_begin(o, OP_STEP_RELEASE);
    else
        op_object_retry(o);
    keda_buf_clear(&patch);
}

/* While it is at work its target is known; after a start it has to be read from the object. */
static void find_target(op_object *o, const keda_json *object)
{
    if (o->target.name == NULL && op_wants_restore(object))
        (void)op_find_target(o, object, NULL);
}

void op_finalize(op_object *o, const keda_json *object)
{
    if (!o->is_finalizing) {
        o->is_finalizing = true;
        o->is_status_due = false;
        o->failures = 0;
        o->retry_at_ms = 0;
        find_target(o, object);
        op_leave_engine(o);
    }
    if (o->op->is_dry_run || !op_has_finalizer(object) || !op_lane_is_free(o) ||
        o->retry_at_ms > op_now_ms(o->op))
        return;
    if (restore(o, object))
        release(o, object);
}
