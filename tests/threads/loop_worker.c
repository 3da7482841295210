/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers that are busy while they are closed, drained or given up; for the thread sanitizer.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"

enum { NROUNDS = 60, NWORKERS = 4, NJOBS = 20 };

static atomic_size_t nworked, ndropped;
static size_t ndone, nclosed;

static void work(loop_job *job, void *user)
{
    (void)job;
    (void)user;
    atomic_fetch_add(&nworked, 1);
}

static void done(loop_job *job, void *user)
{
    (void)user;
    ndone++;
    free(job);
}

static void drop(loop_job *job, void *user)
{
    atomic_fetch_add(&ndropped, 1);
    free(job);
    if (user != NULL)
        sem_post(user);
}

static void closed(void *user)
{
    (void)user;
    nclosed++;
}

static void submit(loop_worker *worker, void (*what)(loop_job *, void *), void *user)
{
    loop_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        abort();
    *job = (loop_job){.work = what, .done = done, .drop = drop, .user = user};
    loop_worker_submit(worker, job);
}

static loop_worker *open_worker(loop *l)
{
    loop_worker *worker = NULL;
    if (loop_worker_open(&worker, l, "worker", NULL) != KEDA_OK)
        abort();
    return worker;
}

/* Some rounds wait for everything, others give up at once: whatever happens, no job is lost. */
static size_t play_round(int round)
{
    loop *l = NULL;
    if (loop_new(&l, NULL, NULL) != KEDA_OK)
        abort();
    for (int w = 0; w < NWORKERS; w++) {
        loop_worker *worker = open_worker(l);
        for (int j = 0; j < NJOBS; j++)
            submit(worker, work, NULL);
        (void)loop_step(l, NULL);
        loop_worker_close(worker, closed, NULL);
    }
    size_t nstuck = loop_workers_drain(l, round % 3 == 0 ? 0 : 60000);
    loop_free(l);
    return nstuck;
}

static sem_t gate, dropped;

static void block(loop_job *job, void *user)
{
    (void)job;
    (void)user;
    sem_wait(&gate);
}

/* One that is stuck for certain outlives its loop and frees what it held. */
static void play_stuck(void)
{
    loop *l = NULL;
    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&dropped, 0, 0);
    if (loop_new(&l, NULL, NULL) != KEDA_OK)
        abort();
    loop_worker *worker = open_worker(l);
    submit(worker, block, &dropped);
    loop_worker_close(worker, closed, NULL);
    if (loop_workers_drain(l, 1) != 1)
        abort();
    loop_free(l);
    sem_post(&gate);
    sem_wait(&dropped);
}

int main(void)
{
    size_t nstuck = 0;
    for (int round = 0; round < NROUNDS; round++)
        nstuck += play_round(round);
    play_stuck();
    printf("%zu done, %zu dropped, %zu closed, %zu given up\n", ndone, atomic_load(&ndropped),
           nclosed, nstuck);
    return nclosed + nstuck == (size_t)NROUNDS * NWORKERS ? 0 : 1;
}
