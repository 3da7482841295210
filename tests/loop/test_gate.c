/* SPDX-License-Identifier: Apache-2.0 */
/* The door to a loop that may be gone (libkeda/loop/gate.c). */
#include <criterion/criterion.h>

#include <pthread.h>

#include "loop/gate.h"

static loop *l;
static loop_gate *gate;
static size_t nrun;

static void init(void)
{
    cr_assert_eq(loop_new(&l, NULL, NULL), KEDA_OK);
    cr_assert_eq(loop_gate_new(&gate, l, NULL), KEDA_OK);
}

static void fini(void)
{
    loop_gate_free(gate);
    loop_free(l);
}

TestSuite(gate, .init = init, .fini = fini);

static void run(loop_task *task, void *user)
{
    (void)task;
    (void)user;
    nrun++;
}

Test(gate, lets_tasks_through_while_it_is_open)
{
    loop_task task = {.run = run};
    cr_expect(loop_gate_post(gate, &task));
    cr_assert_eq(loop_step(l, NULL), KEDA_OK);
    cr_expect_eq(nrun, 1);
    loop_gate_close(gate);
    cr_expect_not(loop_gate_post(gate, &task));
    cr_assert_eq(loop_step(l, NULL), KEDA_OK);
    cr_expect_eq(nrun, 1);
}

Test(gate, outlives_its_loop)
{
    loop_gate_close(gate);
    loop_free(l);
    loop_task task = {.run = run};
    cr_expect_not(loop_gate_post(gate, &task));
    cr_expect_not(loop_gate_enter(gate));
    cr_expect_not(loop_gate_is_own_thread(gate));
    cr_assert_eq(loop_new(&l, NULL, NULL), KEDA_OK);
}

static void *ask(void *user)
{
    *(bool *)user = loop_gate_is_own_thread(gate);
    return NULL;
}

Test(gate, knows_the_thread_of_its_loop)
{
    bool is_own = true;
    pthread_t other;
    cr_expect(loop_gate_is_own_thread(gate));
    cr_assert_eq(pthread_create(&other, NULL, ask, &is_own), 0);
    cr_assert_eq(pthread_join(other, NULL), 0);
    cr_expect_not(is_own);
}

static void *leave_soon(void *user)
{
    pthread_barrier_t *inside = user;
    const bool is_in = loop_gate_enter(gate);
    (void)pthread_barrier_wait(inside);
    sched_yield();
    nrun++;
    if (is_in)
        loop_gate_leave(gate);
    return NULL;
}

Test(gate, closes_when_everybody_has_left)
{
    pthread_t other;
    pthread_barrier_t inside;
    cr_assert_eq(pthread_barrier_init(&inside, NULL, 2), 0);
    cr_assert_eq(pthread_create(&other, NULL, leave_soon, &inside), 0);
    (void)pthread_barrier_wait(&inside);
    loop_gate_close(gate);
    cr_expect_eq(nrun, 1);
    cr_assert_eq(pthread_join(other, NULL), 0);
    (void)pthread_barrier_destroy(&inside);
}
