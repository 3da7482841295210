/* SPDX-License-Identifier: Apache-2.0 */
/* Loops, timers, watches, workers and children when the n-th allocation fails. */
#include <criterion/criterion.h>

#include <limits.h>
#include <unistd.h>

#include "base/paths.h"
#include "loop/child.h"
#include "support/failing_allocator.h"

enum { MANY = 200, NTIMERS = 40 };

TestSuite(out_of_memory, .timeout = 120);

static loop_timer timers[NTIMERS];

static void on_timer(loop_timer *timer, void *user)
{
    (void)timer;
    (void)user;
}

static void on_ready(loop_watch *watch, int events, void *user)
{
    (void)watch;
    (void)events;
    (void)user;
}

static keda_status use_timers(loop *l, keda_error *err)
{
    keda_status rc = KEDA_OK;
    for (size_t i = 0; i < NTIMERS && rc == KEDA_OK; i++)
        rc = loop_timer_set(l, &timers[i], INT64_MAX, on_timer, NULL, err);
    for (size_t i = 0; i < NTIMERS; i++)
        loop_timer_cancel(l, &timers[i]);
    return rc;
}

static keda_status use_watch(loop *l, keda_error *err)
{
    int ends[2];
    loop_watch *watch = NULL;
    cr_assert_eq(pipe(ends), 0);
    keda_status rc = loop_watch_open(&watch, l, ends[0], LOOP_READABLE, on_ready, NULL, err);
    loop_watch_close(watch);
    close(ends[0]);
    close(ends[1]);
    return rc;
}

static keda_status use_worker(loop *l, keda_error *err)
{
    loop_worker *worker = NULL;
    keda_status rc = loop_worker_open(&worker, l, "w", err);
    loop_worker_close(worker, NULL, NULL);
    cr_assert_eq(loop_workers_drain(l, 60000), 0);
    return rc;
}

static keda_status use_child(loop *l, keda_error *err)
{
    static const char *const argv[] = {"true", NULL};
    static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    static char helper[PATH_MAX];
    loop_child *child = NULL;
    cr_assert_eq(paths_find_module(NULL, "keda-child", helper, sizeof helper, NULL), KEDA_OK);
    keda_status rc = loop_child_open(
        &child, l, &(loop_child_options){.helper = helper, .argv = argv, .env = env}, err);
    loop_child_close(child);
    return rc;
}

static keda_status use_loop(keda_error *err)
{
    loop *l = NULL;
    keda_status rc = loop_new(&l, NULL, err);
    if (rc == KEDA_OK)
        rc = use_timers(l, err);
    if (rc == KEDA_OK)
        rc = use_watch(l, err);
    if (rc == KEDA_OK)
        rc = use_worker(l, err);
    if (rc == KEDA_OK)
        rc = use_child(l, err);
    loop_free(l);
    return rc;
}

Test(out_of_memory, is_reported_and_leaks_nothing)
{
    size_t n = 0;
    bool has_failed = true;
    while (has_failed && ++n < MANY) {
        keda_error err = KEDA_ERROR_INIT;
        failing_allocator_set(n);
        keda_status rc = use_loop(&err);
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%zu: %s", n, err.text);
        cr_assert_eq(failing_allocator_live(), 0, "allocation %zu", n);
    }
    cr_expect_gt(n, 8);
    cr_expect_lt(n, MANY);
}
