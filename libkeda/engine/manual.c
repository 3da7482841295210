/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_engine_poll: asks triggers outside of the schedule and reports what they say.
 */
#include "base/mem.h"
#include "engine/order.h"
#include "engine/status.h"
#include "engine/trigger.h"

#include <string.h>

enum { MANUAL_LIMIT_MS = 3000 };

typedef struct inquiry { /* one trigger's */
    trigger *t;
    keda_poll_report_fn report;
    void *user;
} inquiry;

static void report(const inquiry *q)
{
    const workload *w = q->t->workload;

    for (size_t i = 0; i < q->t->specs.count; i++) {
        keda_trigger_status status = {.struct_size = sizeof status};
        status_of_metric(w, q->t->first_metric + i, &status);
        q->report(w->object.id, &status, q->user);
    }
}

static void on_answer(const keda_poll *poll, const keda_error *err, void *user)
{
    inquiry *q = user;
    trigger_keep(q->t, poll, err);
    report(q);
    mem_free(q);
}

/* Number of reports that come later. */
static keda_status ask(trigger *t, keda_poll_report_fn fn, void *user, size_t *later,
                       keda_error *err)
{
    inquiry *q = mem_zalloc(1, sizeof *q);
    if (q == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *q = (inquiry){.t = t, .report = fn, .user = user};
    const poll_question question = {.due = KEDA_POLL_ACTIVATION | KEDA_POLL_SYNC,
                                    .deadline_ms =
                                        engine_now_ms(t->workload->engine) + MANUAL_LIMIT_MS,
                                    .answered = on_answer,
                                    .user = q};
    if (trigger_ask(t, &question) == TRIGGER_ASKED) {
        *later += t->specs.count;
        return KEDA_OK;
    }
    report(q); /* refused, or busy: its health is what there is to say */
    mem_free(q);
    return KEDA_OK;
}

static keda_status ask_all(workload *w, keda_poll_report_fn fn, void *user, size_t *later,
                           keda_error *err)
{
    keda_status rc = KEDA_OK;
    for (size_t i = 0; rc == KEDA_OK && i < w->object.ntriggers && !w->is_gone; i++)
        rc = ask(&w->triggers[i], fn, user, later, err);
    return rc;
}

keda_status keda_engine_poll(keda_engine *e, const char *id, keda_poll_report_fn fn, void *user,
                             size_t *pending, keda_error *err)
{
    keda_status rc = KEDA_OK;
    size_t later = 0;
    workload *w = id == NULL ? NULL : table_find(&e->workloads, id);

    if (id != NULL && w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    if (w != NULL)
        rc = ask_all(w, fn, user, &later, err);
    for (size_t i = 0; rc == KEDA_OK && id == NULL; i++) {
        if ((w = order_at(e->order, &e->workloads, i)) == NULL)
            break;
        rc = ask_all(w, fn, user, &later, err);
    }
    if (pending != NULL)
        *pending = later;
    return rc;
}
