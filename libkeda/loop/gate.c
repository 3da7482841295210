/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate is a counter of those inside and the loop behind it, under one lock that is never held
 * while anything else is called but loop_post, which takes the loop's own.
 */
#include "loop/gate.h"

#include "base/mem.h"

#include <pthread.h>

struct loop_gate {
    pthread_mutex_t lock;
    pthread_cond_t left; /* somebody went out */
    loop *l;             /* NULL: closed */
    size_t inside;
};

keda_status loop_gate_new(loop_gate **out, loop *l, keda_error *err)
{
    loop_gate *gate = mem_zalloc(1, sizeof *gate);
    if (gate == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (pthread_mutex_init(&gate->lock, NULL) != 0)
        goto no_lock;
    if (pthread_cond_init(&gate->left, NULL) != 0)
        goto no_cond;
    gate->l = l;
    *out = gate;
    return KEDA_OK;
no_cond:
    pthread_mutex_destroy(&gate->lock);
no_lock:
    mem_free(gate);
    return keda_error_set(err, KEDA_ENOMEM, "no memory for a lock");
}

void loop_gate_free(loop_gate *gate)
{
    if (gate == NULL)
        return;
    pthread_cond_destroy(&gate->left);
    pthread_mutex_destroy(&gate->lock);
    mem_free(gate);
}

void loop_gate_close(loop_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->l = NULL;
    while (gate->inside > 0)
        pthread_cond_wait(&gate->left, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

bool loop_gate_post(loop_gate *gate, loop_task *task)
{
    pthread_mutex_lock(&gate->lock);
    const bool is_open = gate->l != NULL;
    if (is_open)
        loop_post(gate->l, task);
    pthread_mutex_unlock(&gate->lock);
    return is_open;
}

bool loop_gate_is_own_thread(loop_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    const bool is_own = gate->l != NULL && loop_is_own_thread(gate->l);
    pthread_mutex_unlock(&gate->lock);
    return is_own;
}

bool loop_gate_enter(loop_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    const bool is_open = gate->l != NULL;
    gate->inside += is_open ? 1 : 0;
    pthread_mutex_unlock(&gate->lock);
    return is_open;
}

void loop_gate_leave(loop_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->inside--;
    pthread_cond_signal(&gate->left);
    pthread_mutex_unlock(&gate->lock);
}
