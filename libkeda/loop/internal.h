/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share: the loop's state, its task queue, and the list of things which
 * outlive their owner for a moment (children that are being killed). For this room alone.
 */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <uv.h>

#include "heap.h"
#include "loop.h"

/* Something closed by its owner which still has to be waited for. */
typedef struct loop_leftover loop_leftover;
struct loop_leftover {
    loop_leftover *next, *prev;
    void (*finish)(loop_leftover *leftover); /* the loop ends: wait shortly, free yourself */
};

typedef struct task_queue {
    pthread_mutex_t lock;
    pthread_cond_t posted; /* for loop_workers_drain, on the monotonic clock */
    loop_task *first, *last;
} task_queue;

struct loop {
    const keda_clock *clock;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t deadline; /* only while loop_run waits */
    timer_heap timers;
    loop_after *first_after, *last_after;
    task_queue tasks;
    loop_worker *workers;
    loop_leftover *leftovers;
    uint64_t pass;   /* a step or a wait; a descriptor is served at most once in each */
    size_t nserved;  /* callbacks of descriptors in the present turn */
    bool is_changed; /* libuv has yet to hear of a watch that came, went or changed */
    bool is_stepping;
    atomic_bool is_stopped;
    _Atomic(pthread_t) thread;
};

void leftover_add(loop *l, loop_leftover *leftover);
void leftover_remove(loop *l, loop_leftover *leftover);

/* Runs the tasks posted so far; returns how many. */
size_t tasks_run(loop *l);
/* Waits until a task is there or until_ms of the system clock; false when time is up. */
bool tasks_wait(loop *l, int64_t until_ms);

/* Failures of libuv and of the system, with what was tried. */
keda_status loop_fail_uv(keda_error *err, int uv_code, const char *what);
keda_status loop_fail_errno(keda_error *err, int error, const char *what);

#endif
