/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks from any thread to the loop's: the only way in. The queue is the only state of a loop that
 * two threads share.
 */
#include "internal.h"

#include <assert.h>
#include <time.h>

#include "base/clock.h"

void loop_post(loop *l, loop_task *task)
{
    assert(task->run != NULL);
    task->next = NULL;
    (void)pthread_mutex_lock(&l->tasks.lock);
    if (l->tasks.last == NULL)
        l->tasks.first = task;
    else
        l->tasks.last->next = task;
    l->tasks.last = task;
    (void)pthread_cond_signal(&l->tasks.posted);
    /* Inside the lock: once the task is seen, the loop may be freed. */
    (void)uv_async_send(&l->wake);
    (void)pthread_mutex_unlock(&l->tasks.lock);
}

static loop_task *take_all(task_queue *tasks)
{
    (void)pthread_mutex_lock(&tasks->lock);
    loop_task *first = tasks->first;
    tasks->first = NULL;
    tasks->last = NULL;
    (void)pthread_mutex_unlock(&tasks->lock);
    return first;
}

size_t tasks_run(loop *l)
{
    size_t n = 0;
    loop_task *next = NULL;
    for (loop_task *task = take_all(&l->tasks); task != NULL; task = next, n++) {
        next = task->next; /* the task may be gone when it has run */
        task->run(task, task->user);
    }
    return n;
}

bool tasks_wait(loop *l, int64_t until_ms)
{
    const struct timespec until = {
        .tv_sec = (time_t)(until_ms / 1000),
        .tv_nsec = (long)(until_ms % 1000) * 1000000L,
    };
    int rc = 0;
    (void)pthread_mutex_lock(&l->tasks.lock);
    while (l->tasks.first == NULL && rc == 0)
        rc = pthread_cond_timedwait(&l->tasks.posted, &l->tasks.lock, &until);
    const bool is_there = l->tasks.first != NULL;
    (void)pthread_mutex_unlock(&l->tasks.lock);
    return is_there;
}
