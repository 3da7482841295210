/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads post to one loop which runs, waits and is stopped; for the thread sanitizer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"

enum { NTHREADS = 8, NTASKS = 2000 };

struct sender {
    loop *loop;
    pthread_t thread;
    loop_task tasks[NTASKS];
    size_t nrun; /* only touched on the loop's thread */
};

static size_t ntotal;

static void on_task(loop_task *task, void *user)
{
    struct sender *sender = user;
    if (task != &sender->tasks[sender->nrun])
        abort(); /* tasks of one thread keep their order */
    sender->nrun++;
    if (++ntotal == (size_t)NTHREADS * NTASKS)
        loop_stop(sender->loop);
}

static void *send(void *user)
{
    struct sender *sender = user;
    for (size_t i = 0; i < NTASKS; i++) {
        sender->tasks[i].run = on_task;
        sender->tasks[i].user = sender;
        loop_post(sender->loop, &sender->tasks[i]);
    }
    return NULL;
}

int main(void)
{
    static struct sender senders[NTHREADS];
    loop *l = NULL;
    if (loop_new(&l, NULL, NULL) != KEDA_OK)
        return 1;
    for (size_t i = 0; i < NTHREADS; i++) {
        senders[i].loop = l;
        if (pthread_create(&senders[i].thread, NULL, send, &senders[i]) != 0)
            return 1;
    }
    if (loop_run(l, NULL) != KEDA_OK)
        return 1;
    for (size_t i = 0; i < NTHREADS; i++)
        (void)pthread_join(senders[i].thread, NULL);
    loop_free(l);
    printf("%zu tasks\n", ntotal);
    return ntotal == (size_t)NTHREADS * NTASKS ? 0 : 1;
}
