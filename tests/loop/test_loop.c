/* SPDX-License-Identifier: Apache-2.0 */
/* Stepping and running: timers, after, posted tasks (libkeda/loop/loop.c, task.c). */
#include <criterion/criterion.h>

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "support/fake_clock.h"

static fake_clock fake;
static loop *l;
static keda_buf log_text; /* letters in the order things happened */

static void make(void)
{
    fake_clock_init(&fake);
    cr_assert_eq(loop_new(&l, &fake.clock, NULL), KEDA_OK);
}

static void drop(void)
{
    loop_free(l);
    keda_buf_clear(&log_text);
}

TestSuite(loop, .init = make, .fini = drop, .timeout = 60);

static void step(void)
{
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(loop_step(l, &err), KEDA_OK, "%s", err.text);
}

static void note(const char *letter)
{
    cr_assert_eq(buf_puts(&log_text, letter), KEDA_OK);
}

static const char *noted(void)
{
    return log_text.data == NULL ? "" : log_text.data;
}

static void on_timer(loop_timer *timer, void *user)
{
    (void)timer;
    note(user);
}

static void set(loop_timer *timer, int64_t in_ms, loop_timer_fn fire, const void *user)
{
    union {
        const void *in;
        void *out;
    } letter = {.in = user};
    cr_assert_eq(loop_timer_set(l, timer, loop_now_ms(l) + in_ms, fire, letter.out, NULL),
                 KEDA_OK);
}

Test(loop, serves_timers_by_the_injected_clock)
{
    loop_timer a = {0}, b = {0}, c = {0};
    set(&a, 200, on_timer, "a");
    set(&b, 100, on_timer, "b");
    set(&c, 100, on_timer, "c");
    step();
    cr_expect_str_eq(noted(), "");
    fake_clock_advance(&fake, 100);
    step();
    cr_expect_str_eq(noted(), "bc");
    fake_clock_advance(&fake, 1000);
    step();
    cr_expect_str_eq(noted(), "bca");
}

Test(loop, says_when_a_step_is_due)
{
    loop_timer a = {0};
    step();
    cr_expect_eq(loop_next_due_ms(l), -1);
    set(&a, 250, on_timer, "a");
    cr_expect_eq(loop_next_due_ms(l), 250);
    fake_clock_advance(&fake, 100);
    cr_expect_eq(loop_next_due_ms(l), 150);
    fake_clock_advance(&fake, 1000);
    cr_expect_eq(loop_next_due_ms(l), 0);
    loop_timer_cancel(l, &a);
    cr_expect_eq(loop_next_due_ms(l), -1);
    loop_timer_cancel(l, &a);
}

static void cancel_other(loop_timer *timer, void *user)
{
    (void)timer;
    note("x");
    loop_timer_cancel(l, user);
}

Test(loop, does_not_fire_what_an_earlier_callback_cancelled)
{
    loop_timer a = {0}, b = {0};
    set(&a, 10, cancel_other, &b);
    set(&b, 10, on_timer, "b");
    fake_clock_advance(&fake, 10);
    step();
    cr_expect_str_eq(noted(), "x");
}

static int nfired;

static void fire_again(loop_timer *timer, void *user)
{
    (void)user;
    if (++nfired < 3)
        set(timer, 0, fire_again, NULL);
}

Test(loop, serves_what_becomes_due_within_the_step)
{
    loop_timer a = {0};
    set(&a, 0, fire_again, NULL);
    step();
    cr_expect_eq(nfired, 3);
}

static void fire_forever(loop_timer *timer, void *user)
{
    (void)user;
    nfired++;
    set(timer, 0, fire_forever, NULL);
}

Test(loop, returns_from_a_step_although_there_is_always_more)
{
    loop_timer a = {0};
    set(&a, 0, fire_forever, NULL);
    step();
    cr_expect_gt(nfired, 10);
    cr_expect_eq(loop_next_due_ms(l), 0);
    loop_timer_cancel(l, &a);
}

static void on_after(loop_after *after, void *user)
{
    (void)after;
    note(user);
}

static loop_after batch;
static char after_letter[] = "|";

static void join_batch(loop_timer *timer, void *user)
{
    (void)timer;
    note(user);
    loop_after_add(l, &batch, on_after, after_letter);
}

Test(loop, runs_after_once_all_that_was_due_is_served)
{
    loop_timer a = {0}, b = {0}, c = {0};
    set(&a, 10, join_batch, "a");
    set(&b, 10, on_timer, "b");
    set(&c, 11, join_batch, "c");
    fake_clock_advance(&fake, 11);
    step();
    cr_expect_str_eq(noted(), "abc|");
}

static void chain_after(loop_after *after, void *user)
{
    loop_timer *timer = user;
    (void)after;
    note("1");
    set(timer, 0, join_batch, "t");
}

Test(loop, goes_on_with_what_an_after_made_due)
{
    loop_timer timer = {0};
    loop_after first = {0};
    loop_after_add(l, &first, chain_after, &timer);
    cr_expect_eq(loop_next_due_ms(l), 0);
    step();
    cr_expect_str_eq(noted(), "1t|");
}

Test(loop, forgets_a_cancelled_after)
{
    static char letters[3][2] = {"a", "b", "c"};
    loop_after afters[3] = {{0}};
    for (int i = 0; i < 3; i++)
        loop_after_add(l, &afters[i], on_after, letters[i]);
    loop_after_cancel(l, &afters[2]);
    loop_after_cancel(l, &afters[2]);
    loop_after_cancel(l, &afters[0]);
    loop_after_add(l, &afters[0], on_after, letters[0]);
    step();
    cr_expect_str_eq(noted(), "ba");
    cr_expect_eq(loop_next_due_ms(l), -1);
}

struct sender {
    loop_task task;
    bool is_own_thread;
};

static void on_task(loop_task *task, void *user)
{
    struct sender *sender = user;
    (void)task;
    sender->is_own_thread = loop_is_own_thread(l);
    note("t");
}

static void *send_from_thread(void *user)
{
    struct sender *sender = user;
    sender->is_own_thread = loop_is_own_thread(l);
    cr_assert_not(sender->is_own_thread);
    loop_post(l, &sender->task);
    return NULL;
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

Test(loop, runs_posted_tasks_on_its_own_thread)
{
    struct sender sender = {.task = {.run = on_task, .user = &sender}};
    pthread_t thread;
    cr_expect_not(is_readable(loop_fd(l)));
    cr_assert_eq(pthread_create(&thread, NULL, send_from_thread, &sender), 0);
    pthread_join(thread, NULL);
    cr_expect(is_readable(loop_fd(l)));
    step();
    cr_expect_str_eq(noted(), "t");
    cr_expect(sender.is_own_thread);
    cr_expect_not(is_readable(loop_fd(l)));
}

static void step_inside(loop_timer *timer, void *user)
{
    (void)timer;
    (void)user;
    cr_expect_eq(loop_step(l, NULL), KEDA_EINVAL);
    note("i");
}

Test(loop, refuses_to_step_within_a_step)
{
    loop_timer a = {0};
    set(&a, 0, step_inside, NULL);
    step();
    cr_expect_str_eq(noted(), "i");
}

static void stop_now(loop_timer *timer, void *user)
{
    (void)timer;
    loop_stop(user);
    note("s");
}

Test(loop, runs_until_stopped_by_a_callback)
{
    loop_timer a = {0};
    set(&a, 0, stop_now, l);
    cr_expect_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect_str_eq(noted(), "s");
}

Test(loop, returns_at_once_from_a_run_that_was_stopped_before)
{
    loop_stop(l);
    cr_expect_eq(loop_run(l, NULL), KEDA_OK);
}

static void *stop_from_thread(void *user)
{
    loop_stop(user);
    return NULL;
}

Test(loop, stops_a_waiting_run_from_another_thread)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, stop_from_thread, l), 0);
    cr_expect_eq(loop_run(l, NULL), KEDA_OK);
    pthread_join(thread, NULL);
}

/* With the system's clock: the run must wake by itself when the timer is due. */
Test(loop, wakes_from_waiting_for_a_timer)
{
    loop_timer a = {0};
    loop_free(l);
    cr_assert_eq(loop_new(&l, NULL, NULL), KEDA_OK);
    set(&a, 3, stop_now, l);
    cr_expect_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect_str_eq(noted(), "s");
}
