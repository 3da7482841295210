/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator's orderly end: statuses that wait are sent, everything leaves the engine (whose writes under
 * way go on), then it waits for what is under way, and only then gives up the lease.
 */
#include "operator/operator.h"

#include "base/mem.h"

enum { LOOK_MS = 20 };

static void tell_stopped(keda_operator *op)
{
    void (*const stopped)(void *user) = op->stopped;

    op->stopped = NULL;
    if (stopped != NULL)
        stopped(op->stopped_user);
}

static void released(void *user)
{
    tell_stopped(user);
}

static void finish(keda_operator *op)
{
    op_act_stop(op);
    if (op->lease != NULL)
        keda_kube_lease_release(op->lease, released, op);
    else
        tell_stopped(op);
}

static bool is_quiet(const keda_operator *op)
{
    return op->ncalls == 0 && op->engine->ending.first == NULL &&
           (op->is_dry_run || keda_kube_events_waiting(op->kube, NULL) == 0);
}

/* Only statuses: of each object the one that waits, when the one before has ended. */
static void send_waiting(keda_operator *op)
{
    for (op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o)) {
        keda_json *object = NULL;
        if (!o->is_status_due || o->call != NULL || o->is_finalizing || !o->is_at_work ||
            o->text == NULL || keda_json_parse(&object, o->text, o->size, NULL) != KEDA_OK)
            continue;
        op_status_send(o, object);
        keda_json_free(object);
    }
}

static void leave_all(keda_operator *op)
{
    for (op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o))
        op_leave_engine(o);
}

static void look(loop_timer *timer, void *user)
{
    keda_operator *op = user;
    const int64_t now_ms = op_now_ms(op);

    (void)timer;
    if (is_quiet(op) || now_ms >= op->stop_by_ms) {
        finish(op);
        return;
    }
    const int64_t next_ms =
        now_ms + LOOK_MS < op->stop_by_ms ? now_ms + LOOK_MS : op->stop_by_ms;
    if (loop_timer_set(op->l, &op->stop_timer, next_ms, look, op, NULL) != KEDA_OK)
        finish(op);
}

/* Reads serve nobody any more. */
static void drop_reads(keda_operator *op)
{
    for (op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o)) {
        loop_timer_cancel(op->l, &o->timer);
        op_dep_drop_all(o);
    }
}

void keda_operator_stop(keda_operator *op, int64_t grace_ms, void (*stopped)(void *user),
                        void *user)
{
    op->stopped = stopped;
    op->stopped_user = user;
    op->stop_by_ms = op_now_ms(op) + (grace_ms > 0 ? grace_ms : 0);
    if (!op->is_stopping) {
        op->is_stopping = true;
        op_pump_stop(op);
        op_watches_close(op);
        drop_reads(op);
        send_waiting(op);
        leave_all(op);
    }
    if (loop_timer_set(op->l, &op->stop_timer, op_now_ms(op), look, op, NULL) != KEDA_OK)
        finish(op);
}
