/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop itself: stepping, running, what is due next. Timers are in heap.c, descriptors in
 * watch.c, tasks from other threads in task.c, threads in worker.c.
 */
#include "internal.h"

#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

/* How often a step looks again before it returns to a host that wants its thread back. */
enum { MAX_TURNS = 64, MAX_ROUNDS = 16 };

keda_status loop_fail_uv(keda_error *err, int uv_code, const char *what)
{
    keda_status code = KEDA_EINTERNAL;
    if (uv_code == UV_ENOMEM)
        code = KEDA_ENOMEM;
    else if (uv_code == UV_EMFILE || uv_code == UV_ENFILE || uv_code == UV_EAGAIN)
        code = KEDA_ELIMIT;
    char reason[128];
    return keda_error_set(err, code, "%s: %s", what,
                          uv_strerror_r(uv_code, reason, sizeof reason));
}

keda_status loop_fail_errno(keda_error *err, int error, const char *what)
{
    return loop_fail_uv(err, uv_translate_sys_error(error), what);
}

static void on_wake(uv_async_t *wake)
{
    (void)wake; /* the step looks at the queue by itself */
}

static void on_deadline(uv_timer_t *deadline)
{
    (void)deadline; /* loop_run waits no longer; the step that follows serves the heap */
}

static keda_status open_uv(loop *l, keda_error *err)
{
    int rc = uv_loop_init(&l->uv);
    if (rc != 0)
        return loop_fail_uv(err, rc, "event loop");
    rc = uv_async_init(&l->uv, &l->wake, on_wake);
    if (rc != 0) {
        (void)uv_loop_close(&l->uv);
        return loop_fail_uv(err, rc, "event loop");
    }
    (void)uv_timer_init(&l->uv, &l->deadline);
    /* Now, so that the descriptor to be watched by the host is complete before the first step. */
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
    return KEDA_OK;
}

static keda_status open_tasks(task_queue *tasks, keda_error *err)
{
    pthread_condattr_t monotonic;
    int rc = pthread_mutex_init(&tasks->lock, NULL);
    if (rc != 0)
        return loop_fail_errno(err, rc, "event loop");
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    rc = pthread_cond_init(&tasks->posted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (rc == 0)
        return KEDA_OK;
    (void)pthread_mutex_destroy(&tasks->lock);
    return loop_fail_errno(err, rc, "event loop");
}

static void close_tasks(task_queue *tasks)
{
    (void)pthread_cond_destroy(&tasks->posted);
    (void)pthread_mutex_destroy(&tasks->lock);
}

keda_status loop_new(loop **out, const keda_clock *clock, keda_error *err)
{
    loop *l = mem_zalloc(1, sizeof *l);
    if (l == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "event loop: out of memory");
    l->clock = clock == NULL ? clock_system() : clock;
    atomic_init(&l->is_stopped, false);
    atomic_init(&l->thread, pthread_self());
    keda_status rc = open_tasks(&l->tasks, err);
    if (rc == KEDA_OK && (rc = open_uv(l, err)) != KEDA_OK)
        close_tasks(&l->tasks);
    if (rc == KEDA_OK)
        *out = l;
    else
        mem_free(l);
    return rc;
}

void loop_free(loop *l)
{
    if (l == NULL)
        return;
    assert(!l->is_stepping && l->workers == NULL);
    while (l->leftovers != NULL)
        l->leftovers->finish(l->leftovers);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->deadline, NULL);
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
    const int busy = uv_loop_close(&l->uv);
    assert(busy == 0); /* a watch is still open */
    (void)busy;
    heap_clear(&l->timers);
    close_tasks(&l->tasks);
    mem_free(l);
}

const keda_clock *loop_clock(const loop *l)
{
    return l->clock;
}

int64_t loop_now_ms(const loop *l)
{
    return clock_now_ms(l->clock);
}

int loop_fd(const loop *l)
{
    return uv_backend_fd(&l->uv);
}

bool loop_is_own_thread(const loop *l)
{
    return pthread_equal(atomic_load(&l->thread), pthread_self()) != 0;
}

int64_t loop_next_due_ms(const loop *l)
{
    if (l->is_changed || l->first_after != NULL)
        return 0;
    const loop_timer *first = heap_first(&l->timers);
    if (first == NULL)
        return -1;
    const int64_t now_ms = loop_now_ms(l);
    return first->due_ms > now_ms ? first->due_ms - now_ms : 0;
}

keda_status loop_timer_set(loop *l, loop_timer *timer, int64_t due_ms, loop_timer_fn fire,
                           void *user, keda_error *err)
{
    keda_status rc = heap_put(&l->timers, timer, due_ms, err);
    if (rc != KEDA_OK)
        return rc;
    timer->fire = fire;
    timer->user = user;
    return KEDA_OK;
}

void loop_timer_cancel(loop *l, loop_timer *timer)
{
    heap_remove(&l->timers, timer);
}

/* Those set while they are served wait for the next turn, so that descriptors get theirs. */
static size_t timers_run(loop *l)
{
    const int64_t now_ms = loop_now_ms(l);
    const uint64_t newer = l->timers.next_order;
    size_t n = 0;
    for (loop_timer *timer; (timer = heap_first(&l->timers)) != NULL; n++) {
        if (timer->due_ms > now_ms || timer->order >= newer)
            break;
        heap_remove(&l->timers, timer);
        timer->fire(timer, timer->user);
    }
    return n;
}

void loop_after_add(loop *l, loop_after *after, void (*run)(loop_after *, void *), void *user)
{
    after->run = run;
    after->user = user;
    if (after->is_queued)
        return;
    after->is_queued = true;
    after->next = NULL;
    if (l->last_after == NULL)
        l->first_after = after;
    else
        l->last_after->next = after;
    l->last_after = after;
}

void loop_after_cancel(loop *l, loop_after *after)
{
    if (!after->is_queued)
        return;
    loop_after *before = NULL;
    loop_after **link = &l->first_after;
    while (*link != after) {
        before = *link;
        link = &before->next;
    }
    *link = after->next;
    if (l->last_after == after)
        l->last_after = before;
    after->is_queued = false;
}

/* Those added while they run wait for the next round. */
static size_t afters_run(loop *l)
{
    const loop_after *last = l->last_after;
    bool is_last = false;
    size_t n = 0;
    for (loop_after *after; !is_last && (after = l->first_after) != NULL; n++) {
        is_last = after == last;
        loop_after_cancel(l, after);
        after->run(after, after->user);
    }
    return n;
}

/* Serves descriptors, posted tasks and due timers once; returns how many there were. */
static size_t turn(loop *l)
{
    l->nserved = 0;
    l->is_changed = false;
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
    const size_t ntasks = tasks_run(l);
    const size_t ntimers = timers_run(l);
    return l->nserved + ntasks + ntimers + (l->is_changed ? 1 : 0);
}

keda_status loop_step(loop *l, keda_error *err)
{
    if (l->is_stepping)
        return keda_error_set(err, KEDA_EINVAL, "the loop is already stepping");
    l->is_stepping = true;
    l->pass++;
    atomic_store(&l->thread, pthread_self());
    size_t nafters = 1;
    for (int round = 0; round < MAX_ROUNDS && nafters > 0; round++) {
        for (int i = 0; i < MAX_TURNS && turn(l) > 0; i++)
            continue;
        nafters = afters_run(l);
    }
    l->is_stepping = false;
    return KEDA_OK;
}

/* Waits in libuv, where descriptors are served at once; the next step does the rest. */
static void wait_for_something(loop *l)
{
    const int64_t due_ms = loop_next_due_ms(l);
    if (due_ms == 0)
        return;
    if (due_ms > 0) {
        uv_update_time(&l->uv);
        (void)uv_timer_start(&l->deadline, on_deadline, (uint64_t)due_ms, 0);
    }
    l->is_stepping = true;
    l->pass++;
    (void)uv_run(&l->uv, UV_RUN_ONCE);
    l->is_stepping = false;
    (void)uv_timer_stop(&l->deadline);
}

keda_status loop_run(loop *l, keda_error *err)
{
    keda_status rc = KEDA_OK;
    while (rc == KEDA_OK && !atomic_load(&l->is_stopped)) {
        rc = loop_step(l, err);
        if (rc == KEDA_OK && !atomic_load(&l->is_stopped))
            wait_for_something(l);
    }
    atomic_store(&l->is_stopped, false);
    return rc;
}

void loop_stop(loop *l)
{
    atomic_store(&l->is_stopped, true);
    (void)uv_async_send(&l->wake);
}

void leftover_add(loop *l, loop_leftover *leftover)
{
    leftover->prev = NULL;
    leftover->next = l->leftovers;
    if (l->leftovers != NULL)
        l->leftovers->prev = leftover;
    l->leftovers = leftover;
}

void leftover_remove(loop *l, loop_leftover *leftover)
{
    if (leftover->prev != NULL)
        leftover->prev->next = leftover->next;
    else
        l->leftovers = leftover->next;
    if (leftover->next != NULL)
        leftover->next->prev = leftover->prev;
}
