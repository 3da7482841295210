/* SPDX-License-Identifier: Apache-2.0 */
/* Threads for blocking clients (libkeda/loop/worker.c). Tests wait in the loop, never by time. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "loop/loop.h"

enum { NJOBS = 100 };

struct job {
    loop_job job; /* first */
    int number;
    bool was_on_own_thread;
    char thread_name[16];
    sem_t *gate; /* waits here while working */
};

static loop *l;
static int ndone, ndropped, norder_errors;
static bool is_closed;

static void make(void)
{
    cr_assert_eq(loop_new(&l, NULL, NULL), KEDA_OK);
}

static void drop(void)
{
    loop_free(l);
}

TestSuite(worker, .init = make, .fini = drop, .timeout = 60);

static void work(loop_job *job, void *user)
{
    struct job *mine = user;
    (void)job;
    mine->was_on_own_thread = loop_is_own_thread(l);
    pthread_getname_np(pthread_self(), mine->thread_name, sizeof mine->thread_name);
    if (mine->gate != NULL)
        sem_wait(mine->gate);
}

static void done(loop_job *job, void *user)
{
    struct job *mine = user;
    (void)job;
    if (mine->number != ndone)
        norder_errors++;
    ndone++;
}

static void submit(loop_worker *worker, struct job *job, int number)
{
    job->job.work = work;
    job->job.done = done;
    job->job.user = job;
    job->number = number;
    loop_worker_submit(worker, &job->job);
}

static void closed(void *user)
{
    is_closed = true;
    if (user != NULL)
        loop_stop(user);
}

static loop_worker *open_worker(const char *name)
{
    loop_worker *worker = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(loop_worker_open(&worker, l, name, &err), KEDA_OK, "%s", err.text);
    return worker;
}

Test(worker, runs_jobs_in_order_and_closes_after_them)
{
    static struct job jobs[NJOBS];
    loop_worker *worker = open_worker("kafka orders cluster");
    for (int i = 0; i < NJOBS; i++)
        submit(worker, &jobs[i], i);
    loop_worker_close(worker, closed, l);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect_eq(ndone, NJOBS);
    cr_expect_eq(norder_errors, 0);
    cr_expect(is_closed);
    cr_expect_not(jobs[0].was_on_own_thread);
    cr_expect_str_eq(jobs[0].thread_name, "kafka orders cl");
}

static void note_mask(loop_job *job, void *user)
{
    (void)job;
    pthread_sigmask(SIG_SETMASK, NULL, user);
}

Test(worker, leaves_signals_to_the_threads_of_the_host)
{
    sigset_t mask;
    sigemptyset(&mask);
    loop_job job = {.work = note_mask, .user = &mask};
    loop_worker *worker = open_worker("w");
    loop_worker_submit(worker, &job);
    loop_worker_close(worker, closed, l);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect_eq(sigismember(&mask, SIGTERM), 1);
    cr_expect_eq(sigismember(&mask, SIGCHLD), 1);
}

Test(worker, closes_without_having_worked)
{
    loop_worker_close(open_worker("w"), closed, l);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect(is_closed);
    loop_worker_close(NULL, NULL, NULL);
}

Test(worker, is_waited_for_when_drained)
{
    struct job job = {0};
    loop_worker *worker = open_worker("w");
    submit(worker, &job, 0);
    loop_worker_close(worker, closed, NULL);
    cr_expect_eq(loop_workers_drain(l, 60000), 0);
    cr_expect_eq(ndone, 1);
    cr_expect(is_closed);
}

static sem_t dropped_gate;

static void note_drop(loop_job *job, void *user)
{
    (void)job;
    (void)user;
    ndropped++;
    sem_post(&dropped_gate);
}

Test(worker, is_given_up_when_stuck_and_drops_its_jobs_later)
{
    sem_t gate;
    struct job stuck = {.gate = &gate}, queued = {0};
    sem_init(&gate, 0, 0);
    sem_init(&dropped_gate, 0, 0);
    stuck.job.drop = note_drop;
    queued.job.drop = note_drop;
    loop_worker *worker = open_worker("w");
    submit(worker, &stuck, 0);
    submit(worker, &queued, 1);
    loop_worker_close(worker, closed, NULL);
    cr_expect_eq(loop_workers_drain(l, 0), 1);
    cr_expect_not(is_closed);
    sem_post(&gate);
    sem_wait(&dropped_gate);
    sem_wait(&dropped_gate);
    cr_expect_eq(ndropped, 2);
    cr_expect_eq(ndone, 0);
}

Test(worker, draining_leaves_open_ones_alone)
{
    struct job job = {0};
    loop_worker *worker = open_worker("w");
    cr_expect_eq(loop_workers_drain(l, 0), 0);
    submit(worker, &job, 0);
    loop_worker_close(worker, NULL, NULL);
    cr_expect_eq(loop_workers_drain(l, 60000), 0);
    cr_expect_eq(ndone, 1);
}
