/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done next for one ScaledObject: each step looks what is missing, so that this may run at
 * any time and any number of times. The status comes last.
 */
#include "operator/operator.h"

#include <string.h>

typedef op_progress (*step_fn)(op_object *o, const keda_json *object, keda_error *err);

static const step_fn STEPS[] = {op_claim,      op_find_target, op_yield, op_find_count,
                                op_clear_hpas, op_note_count,  op_work};

static op_progress take_steps(op_object *o, const keda_json *object, keda_error *err)
{
    op_progress progress = OP_GOES_ON;

    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0] && progress == OP_GOES_ON; i++)
        progress = STEPS[i](o, object, err);
    return progress;
}

/* ---- how it went */

static void settle_well(op_object *o)
{
    if (o->problem.code != KEDA_OK) {
        log_write(o->op->log, KEDA_LOG_INFO, "can be put to work", "workload", o->key, NULL);
        o->is_status_due = true;
    }
    kept_error_clear(&o->problem);
    if (op_lane_has_refusals(o))
        return; /* something else is being tried again */
    o->failures = 0;
    o->retry_at_ms = 0;
    loop_timer_cancel(o->op->l, &o->timer);
}

/* (KEDA: a reconcile that fails; what is written now is not what works) */
static void settle_badly(op_object *o, const keda_error *err)
{
    if (strcmp(kept_error_text(&o->problem), err->text) != 0) {
        log_write(o->op->log, KEDA_LOG_ERROR, "cannot be put to work", "workload", o->key,
                  "error", err->text, NULL);
        o->is_status_due = true;
    }
    kept_error_set(&o->problem, err);
    op_leave_engine(o);
    op_object_retry(o);
}

static void bring_forward(op_object *o, const keda_json *object)
{
    keda_error err = KEDA_ERROR_INIT;

    o->is_dirty = false;
    const op_progress progress = take_steps(o, object, &err);
    if (progress == OP_GOES_ON)
        settle_well(o);
    if (progress != OP_FAILS)
        return;
    if (err.code == KEDA_OK)
        keda_error_set(&err, KEDA_EINTERNAL, "for an unknown reason");
    settle_badly(o, &err);
}

static void work_on(op_object *o, const keda_json *object)
{
    if (o->is_dirty)
        bring_forward(o, object);
    op_status_send(o, object);
}

/* ---- a fresh object after a lost race */

static void read_again(const keda_json *body, const keda_error *err, void *user)
{
    op_object *o = user;

    (void)op_lane_end(o);
    if (err == NULL) {
        o->is_stale = false;
        op_object_learn(o, body);
    } else if (err->code != KEDA_ENOTFOUND) {
        op_object_retry(o);
    }
}

static void refresh(op_object *o)
{
    keda_kube_ref ref;

    if (o->retry_at_ms > op_now_ms(o->op) || !op_lane_is_free(o))
        return;
    op_object_ref(o, &ref);
    if (keda_kube_get(o->op->kube, &ref, read_again, o, &o->call, NULL) == KEDA_OK)
        op_lane_begin(o, OP_STEP_REFRESH);
    else
        op_object_retry(o);
}

void op_reconcile(op_object *o)
{
    keda_json *object = NULL;
    keda_error err = KEDA_ERROR_INIT;

    if (o->is_stale)
        refresh(o);
    if (!o->is_dirty && op_status_is_old(o))
        return; /* nearly always */
    if (o->text == NULL)
        return; /* it is being read again */
    if (keda_json_parse(&object, o->text, o->size, &err) != KEDA_OK) {
        log_write(o->op->log, KEDA_LOG_ERROR, "a ScaledObject cannot be read", "workload",
                  o->key, "error", err.text, NULL);
        op_object_retry(o);
        return;
    }
    if (keda_json_get(object, "metadata.deletionTimestamp") != NULL)
        op_finalize(o, object);
    else
        work_on(o, object);
    keda_json_free(object);
}
