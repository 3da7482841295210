/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event loop over libuv, owned by one thread. Descriptors, wake-up, posted tasks; timers are our
 * own heap on the injectable clock, libuv only hears the next deadline. Nothing here knows scaling.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

typedef struct loop loop;

/* clock NULL: the system clock; borrowed, must outlive the loop. */
keda_status loop_new(loop **out, const keda_clock *clock, keda_error *err);
/* Watches, timers and workers must be gone before; posted tasks that did not run are dropped. */
void loop_free(loop *l);

const keda_clock *loop_clock(const loop *l);
int64_t loop_now_ms(const loop *l);
int loop_fd(const loop *l);              /* readable when a step has something to do */
int64_t loop_next_due_ms(const loop *l); /* relative; -1 none, 0 now */
/* What is ready, without waiting; each descriptor once, so that one which always has more cannot keep
 * the step from returning. It stays readable through loop_fd. */
keda_status loop_step(loop *l, keda_error *err);
keda_status loop_run(loop *l, keda_error *err); /* steps and waits until loop_stop */
void loop_stop(loop *l); /* any thread; the next or present run returns */
bool loop_is_own_thread(const loop *l);

/* ---- timers: embedded in the caller's struct; zeroed memory is an idle timer */
typedef struct loop_timer loop_timer;
typedef void (*loop_timer_fn)(loop_timer *timer, void *user);
struct loop_timer {
    int64_t due_ms;
    uint64_t order;    /* equal deadlines fire in the order they were set */
    size_t heap_index; /* 0: not set */
    loop_timer_fn fire;
    void *user;
};
/* Sets or moves; fires once at due_ms (absolute, loop clock). Errors: KEDA_ENOMEM. */
keda_status loop_timer_set(loop *l, loop_timer *timer, int64_t due_ms, loop_timer_fn fire,
                           void *user, keda_error *err);
void loop_timer_cancel(loop *l, loop_timer *timer); /* idle is fine */

/* ---- after: runs once all timers and descriptors that were due in this step have been served;
 * where what fell due together is put together (batches). Embedded; zeroed is idle. */
typedef struct loop_after loop_after;
struct loop_after {
    loop_after *next;
    bool is_queued;
    void (*run)(loop_after *after, void *user);
    void *user;
};
void loop_after_add(loop *l, loop_after *after, void (*run)(loop_after *, void *), void *user);
void loop_after_cancel(loop *l, loop_after *after);

/* ---- posted tasks: from any thread to the loop's. The task is given to the loop until it runs. */
typedef struct loop_task loop_task;
struct loop_task {
    loop_task *next;
    void (*run)(loop_task *task, void *user); /* on the loop's thread */
    void *user;
};
void loop_post(loop *l, loop_task *task);

/* ---- descriptors */
typedef struct loop_watch loop_watch;
enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
typedef void (*loop_watch_fn)(loop_watch *watch, int events, void *user);
keda_status loop_watch_open(loop_watch **out, loop *l, int fd, int events, loop_watch_fn ready,
                            void *user, keda_error *err);
keda_status loop_watch_set(loop_watch *watch, int events, keda_error *err);
void loop_watch_close(
    loop_watch *watch); /* the descriptor stays open; safe in its own callback */

/* ---- workers: one thread of its own for a client without an asynchronous face */
typedef struct loop_worker loop_worker;
typedef struct loop_job loop_job;
struct loop_job {
    loop_job *next;
    loop_task task;                          /* the worker's own */
    void (*work)(loop_job *job, void *user); /* on the worker's thread; touches no loop state */
    void (*done)(loop_job *job, void *user); /* on the loop's thread; may be NULL */
    /* Instead of done, on the worker's thread, when loop_workers_drain gave up on it: may free what
     * the job holds, and nothing else. May be NULL: the job is then left as it is. */
    void (*drop)(loop_job *job, void *user);
    void *user;
};
keda_status loop_worker_open(loop_worker **out, loop *l, const char *name, keda_error *err);
void loop_worker_submit(loop_worker *worker, loop_job *job); /* jobs run in order */
/* No more jobs; after the queued ones `closed` runs on the loop's thread (may be NULL) and the
 * thread is joined. Never waits for a stuck job. */
void loop_worker_close(loop_worker *worker, void (*closed)(void *user), void *user);
/* Waits at most grace_ms for closing workers, running posted tasks meanwhile; returns how many are
 * still stuck: they are detached, free themselves later, and end with `drop` instead of `done`. */
size_t loop_workers_drain(loop *l, int64_t grace_ms);

#endif
