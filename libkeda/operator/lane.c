/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one request an object may have under way. A status that is being written gives way to what matters
 * more: it is made anew afterwards, and writing it twice does no harm.
 */
#include "operator/operator.h"

#include <string.h>

op_step op_lane_end(op_object *o)
{
    const op_step step = o->step;

    o->call = NULL;
    o->step = OP_STEP_NONE;
    o->op->ncalls--;
    op_object_queue(o);
    return step;
}

void op_lane_begin(op_object *o, op_step step)
{
    o->step = step;
    o->op->ncalls++;
}

void op_lane_cancel(op_object *o)
{
    if (o->call == NULL)
        return;
    keda_kube_cancel(o->call);
    if (op_lane_end(o) == OP_STEP_STATUS) {
        o->is_status_due = true;
        o->status_digest = 0;
    }
    op_status_forget(o);
}

bool op_lane_is_free(op_object *o)
{
    if (o->step == OP_STEP_STATUS)
        op_lane_cancel(o);
    return o->call == NULL;
}

void op_lane_refused(op_object *o, op_step step, const char *what, const keda_error *err)
{
    kept_error *refusal = &o->refusals[step];

    if (err == NULL) {
        kept_error_clear(refusal);
        return;
    }
    if (strcmp(kept_error_text(refusal), err->text) != 0)
        log_write(o->op->log, KEDA_LOG_WARN, what, "workload", o->key, "error", err->text,
                  NULL);
    kept_error_set(refusal, err);
}

bool op_lane_is_refused(const op_object *o, op_step step)
{
    return o->refusals[step].code != KEDA_OK && o->retry_at_ms > op_now_ms(o->op);
}

bool op_lane_has_refusals(const op_object *o)
{
    for (size_t i = 0; i < OP_STEP_COUNTED; i++) {
        if (o->refusals[i].code != KEDA_OK)
            return true;
    }
    return false;
}

void op_object_ref(const op_object *o, keda_kube_ref *ref)
{
    *ref = (keda_kube_ref){.struct_size = sizeof *ref,
                           .api_version = OP_API_VERSION,
                           .kind = "ScaledObject",
                           .space = o->space,
                           .name = o->name};
}

void op_target_ref(const op_object *o, keda_kube_ref *ref)
{
    *ref = (keda_kube_ref){.struct_size = sizeof *ref,
                           .api_version = o->target.api_version,
                           .kind = o->target.kind,
                           .space = o->space,
                           .name = o->target.name};
}
