/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who goes next: a token bucket, five classes, a bound on what is in flight. Nothing goes while the
 * credentials are being had. One call's life is call.c's.
 */
#include "kube/queue.h"

#include "base/mem.h"
#include "base/num.h"
#include "kube/exec.h"
#include "kube/identity.h"

#include <math.h>

static void run(kube_queue *queue);

/* ---- lists ---------------------------------------------------------------------------------- */

static void leave(keda_kube_call *call)
{
    queue_list *list = call->list;

    if (list == NULL)
        return;
    if (list == &call->kube->queue->flying && call->stream == NULL)
        call->kube->queue->nflying--;
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        list->first = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    else
        list->last = call->prev;
    call->prev = call->next = NULL;
    call->list = NULL;
}

void queue_move(keda_kube_call *call, queue_list *to)
{
    leave(call);
    if (to == NULL)
        return;
    if (to == &call->kube->queue->flying && call->stream == NULL)
        call->kube->queue->nflying++;
    call->list = to;
    call->prev = to->last;
    if (to->last != NULL)
        to->last->next = call;
    else
        to->first = call;
    to->last = call;
}

queue_list *queue_class(kube_queue *queue, int32_t priority)
{
    static const size_t places[QUEUE_CLASSES] = {[KEDA_KUBE_URGENT] = 0,
                                                 [KEDA_KUBE_SCALE] = 1,
                                                 [KEDA_KUBE_NORMAL] = 2,
                                                 [KEDA_KUBE_STATUS] = 3,
                                                 [KEDA_KUBE_EVENT] = 4};

    return &queue->waiting[places[priority]];
}

/* ---- the rate limit ------------------------------------------------------------------------- */

static void fill(kube_queue *queue)
{
    const int64_t now_ms = loop_now_ms(queue->kube->l);
    const double passed_s = (double)(now_ms - queue->filled_ms) / 1000.0;

    queue->filled_ms = now_ms;
    if (passed_s > 0.0)
        queue->tokens = fmin(queue->burst, queue->tokens + passed_s * queue->qps);
}

/* A little less than one: what sums of products lose. */
static bool has_token(kube_queue *queue)
{
    if (queue->qps < 0.0)
        return true;
    fill(queue);
    return queue->tokens >= 1.0 - 1e-6;
}

static void on_token(loop_timer *timer, void *user)
{
    (void)timer;
    run(user);
}

static void wait_for_token(kube_queue *queue)
{
    const double wait_ms = ceil((1.0 - queue->tokens) / queue->qps * 1000.0);
    const int64_t ms = wait_ms < 1.0 ? 1 : wait_ms > 3600e3 ? 3600000 : (int64_t)wait_ms;

    if (queue->timer.heap_index == 0 &&
        loop_timer_set(queue->kube->l, &queue->timer,
                       num_add_sat(loop_now_ms(queue->kube->l), ms), on_token, queue,
                       NULL) != KEDA_OK)
        queue_soon(queue);
}

/* ---- who goes next -------------------------------------------------------------------------- */

static keda_kube_call *first_waiting(const kube_queue *queue)
{
    for (size_t i = 0; i < QUEUE_CLASSES; i++) {
        if (queue->waiting[i].first != NULL)
            return queue->waiting[i].first;
    }
    return NULL;
}

static keda_kube_call *take_next(kube_queue *queue)
{
    keda_kube_call *call = first_waiting(queue);

    if (call == NULL || call->priority == KEDA_KUBE_URGENT)
        return call;
    if (queue->nflying >= QUEUE_MAX_IN_FLIGHT)
        return NULL; /* one that ends looks again */
    if (!has_token(queue)) {
        wait_for_token(queue);
        return NULL;
    }
    if (queue->qps >= 0.0)
        queue->tokens -= 1.0;
    return call;
}

/* False: not now. */
static bool have_credentials(kube_queue *queue)
{
    kube_identity *identity = queue->kube->identity;
    keda_error err = KEDA_ERROR_INIT;
    bool is_ready = true;
    keda_status rc = KEDA_OK;

    if (queue->exec != NULL)
        rc = kube_exec_need(queue->exec, &is_ready, &err);
    else
        rc = kube_identity_refresh(identity, loop_now_ms(queue->kube->l), &err);
    if (rc == KEDA_OK)
        return is_ready;
    kube_queue_go_on(queue, &err);
    return false;
}

static void run(kube_queue *queue)
{
    keda_kube_call *call;

    if (first_waiting(queue) == NULL || !have_credentials(queue))
        return;
    while ((call = take_next(queue)) != NULL)
        kube_call_send(call);
}

static void on_soon(loop_after *after, void *user)
{
    (void)after;
    run(user);
}

void queue_soon(kube_queue *queue)
{
    loop_after_add(queue->kube->l, &queue->soon, on_soon, queue);
}

/* `done` may send more: only those that wait now end. */
static void fail_waiting(kube_queue *queue, const keda_error *err)
{
    queue_list doomed = {0};
    keda_kube_call *call;

    while ((call = first_waiting(queue)) != NULL)
        queue_move(call, &doomed);
    while ((call = doomed.first) != NULL)
        kube_call_tell(call, NULL, err);
}

void kube_queue_go_on(kube_queue *queue, const keda_error *err)
{
    if (err != NULL)
        fail_waiting(queue, err);
    queue_soon(queue);
}

bool queue_renew(kube_queue *queue, uint32_t version)
{
    kube_identity *identity = queue->kube->identity;

    if (queue->exec != NULL) {
        kube_exec_expire(queue->exec, version);
        return true;
    }
    return kube_identity_renew(identity, version, loop_now_ms(queue->kube->l));
}

/* ---- the queue itself ----------------------------------------------------------------------- */

keda_status kube_queue_new(kube_queue **out, keda_kube *kube, double qps, int32_t burst,
                           const char *plugin_path, keda_error *err)
{
    kube_queue *queue = mem_zalloc(1, sizeof *queue);
    keda_status rc = KEDA_OK;

    if (queue == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    queue->kube = kube;
    queue->qps = qps;
    queue->burst = queue->tokens = (double)burst;
    queue->filled_ms = loop_now_ms(kube->l);
    if (kube->identity->exec != NULL)
        rc = kube_exec_new(&queue->exec, queue, plugin_path, err);
    if (rc == KEDA_OK)
        *out = queue;
    else
        mem_free(queue);
    return rc;
}

static void drop_all(queue_list *list)
{
    while (list->first != NULL)
        keda_kube_cancel(list->first);
}

void kube_queue_free(kube_queue *queue)
{
    if (queue == NULL)
        return;
    drop_all(&queue->finding);
    for (size_t i = 0; i < QUEUE_CLASSES; i++)
        drop_all(&queue->waiting[i]);
    drop_all(&queue->flying);
    drop_all(&queue->asleep);
    kube_exec_free(queue->exec);
    loop_timer_cancel(queue->kube->l, &queue->timer);
    loop_after_cancel(queue->kube->l, &queue->soon);
    mem_free(queue);
}
