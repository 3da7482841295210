/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for clients that block: one thread and one queue of jobs each. A worker never touches the
 * loop but by posting to it; what it holds is freed by the loop's thread, or by the worker's own
 * when the loop could not wait for it.
 */
#include "internal.h"

#include <assert.h>
#include <signal.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

struct loop_worker {
    loop_worker *next; /* in the loop's list */
    loop *loop;
    pthread_t thread;
    loop_task ended; /* posted when the thread has nothing left to do */
    void (*closed)(void *user);
    void *user;
    /* shared with the thread, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    loop_job *first, *last;
    bool is_closing;
    bool has_ended;    /* `ended` is posted */
    bool is_abandoned; /* the loop is gone: post nothing, free yourself */
};

static void free_worker(loop_worker *worker)
{
    (void)pthread_cond_destroy(&worker->changed);
    (void)pthread_mutex_destroy(&worker->lock);
    mem_free(worker);
}

static void on_job_done(loop_task *task, void *user)
{
    loop_job *job = user;
    (void)task;
    if (job->done != NULL)
        job->done(job, job->user);
}

/* The next job, or NULL when there will be none; called and left with the lock held. */
static loop_job *wait_for_job(loop_worker *worker)
{
    while (worker->first == NULL && !worker->is_closing && !worker->is_abandoned)
        (void)pthread_cond_wait(&worker->changed, &worker->lock);
    loop_job *job = worker->first;
    if (job == NULL)
        return NULL;
    worker->first = job->next;
    if (worker->first == NULL)
        worker->last = NULL;
    return job;
}

static void drop_job(loop_job *job)
{
    if (job->drop != NULL)
        job->drop(job, job->user);
}

/* Hands the job back under the lock, so that giving up on the worker is either before or after. */
static void finish_job(loop_worker *worker, loop_job *job)
{
    if (worker->is_abandoned) {
        (void)pthread_mutex_unlock(&worker->lock);
        drop_job(job);
        (void)pthread_mutex_lock(&worker->lock);
        return;
    }
    job->task.run = on_job_done;
    job->task.user = job;
    loop_post(worker->loop, &job->task);
}

static void *work(void *argument)
{
    loop_worker *worker = argument;
    (void)pthread_mutex_lock(&worker->lock);
    for (loop_job *job; (job = wait_for_job(worker)) != NULL;) {
        if (!worker->is_abandoned) {
            (void)pthread_mutex_unlock(&worker->lock);
            job->work(job, job->user);
            (void)pthread_mutex_lock(&worker->lock);
        }
        finish_job(worker, job);
    }
    const bool is_abandoned = worker->is_abandoned;
    worker->has_ended = true;
    if (!is_abandoned)
        loop_post(worker->loop, &worker->ended);
    (void)pthread_mutex_unlock(&worker->lock);
    if (is_abandoned)
        free_worker(worker);
    return NULL;
}

static void unlink_worker(loop_worker *worker)
{
    loop_worker **link = &worker->loop->workers;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
}

static void on_ended(loop_task *task, void *user)
{
    loop_worker *worker = user;
    (void)task;
    (void)pthread_join(worker->thread, NULL); /* it is past its last line of work */
    unlink_worker(worker);
    void (*closed)(void *) = worker->closed;
    void *closed_user = worker->user;
    free_worker(worker);
    if (closed != NULL)
        closed(closed_user);
}

/* Signals are the host's: its own threads shall receive them. */
static int start_thread(loop_worker *worker)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&worker->thread, NULL, work, worker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void name_thread(pthread_t thread, const char *name)
{
    char cut[16]; /* what the kernel takes */
    (void)text_copy(cut, sizeof cut, name);
    (void)pthread_setname_np(thread, cut);
}

keda_status loop_worker_open(loop_worker **out, loop *l, const char *name, keda_error *err)
{
    loop_worker *worker = mem_zalloc(1, sizeof *worker);
    if (worker == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "thread %s: out of memory", name);
    worker->loop = l;
    worker->ended = (loop_task){.run = on_ended, .user = worker};
    (void)pthread_mutex_init(&worker->lock, NULL);
    (void)pthread_cond_init(&worker->changed, NULL);
    const int rc = start_thread(worker);
    if (rc != 0) {
        free_worker(worker);
        (void)loop_fail_errno(err, rc, name);
        return keda_error_wrap(err, KEDA_ELIMIT, "starting a thread");
    }
    name_thread(worker->thread, name);
    worker->next = l->workers;
    l->workers = worker;
    *out = worker;
    return KEDA_OK;
}

void loop_worker_submit(loop_worker *worker, loop_job *job)
{
    job->next = NULL;
    (void)pthread_mutex_lock(&worker->lock);
    assert(!worker->is_closing);
    if (worker->last == NULL)
        worker->first = job;
    else
        worker->last->next = job;
    worker->last = job;
    (void)pthread_cond_signal(&worker->changed);
    (void)pthread_mutex_unlock(&worker->lock);
}

void loop_worker_close(loop_worker *worker, void (*closed)(void *user), void *user)
{
    if (worker == NULL)
        return;
    worker->closed = closed;
    worker->user = user;
    (void)pthread_mutex_lock(&worker->lock);
    worker->is_closing = true;
    (void)pthread_cond_signal(&worker->changed);
    (void)pthread_mutex_unlock(&worker->lock);
}

/* After this the thread posts nothing any more; false when it ended just before. */
static bool abandon(loop_worker *worker)
{
    const pthread_t thread = worker->thread;
    (void)pthread_mutex_lock(&worker->lock);
    const bool is_stuck = !worker->has_ended;
    worker->is_abandoned = is_stuck;
    (void)pthread_mutex_unlock(&worker->lock);
    if (is_stuck)
        (void)pthread_detach(thread);
    return is_stuck;
}

static bool has_closing(const loop *l)
{
    for (const loop_worker *worker = l->workers; worker != NULL; worker = worker->next)
        if (worker->is_closing)
            return true;
    return false;
}

static size_t abandon_closing(loop *l)
{
    size_t nstuck = 0;
    for (loop_worker **link = &l->workers; *link != NULL;) {
        loop_worker *worker = *link;
        loop_worker *next = worker->next; /* an abandoned one may free itself at once */
        if (worker->is_closing && abandon(worker)) {
            *link = next;
            nstuck++;
        } else {
            link = &worker->next;
        }
    }
    return nstuck;
}

size_t loop_workers_drain(loop *l, int64_t grace_ms)
{
    const int64_t until_ms = clock_now_ms(clock_system()) + grace_ms;
    (void)tasks_run(l);
    while (has_closing(l) && tasks_wait(l, until_ms))
        (void)tasks_run(l);
    const size_t nstuck = abandon_closing(l);
    (void)tasks_run(l);
    return nstuck;
}
