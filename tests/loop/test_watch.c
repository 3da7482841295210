/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors on the loop (libkeda/loop/watch.c). */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"
#include "support/fake_clock.h"

static fake_clock fake;
static loop *l;
static int ends[2];
static int ncalls, last_events;

static void make(void)
{
    fake_clock_init(&fake);
    cr_assert_eq(loop_new(&l, &fake.clock, NULL), KEDA_OK);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

static void drop(void)
{
    close(ends[0]);
    close(ends[1]);
    loop_free(l);
}

TestSuite(watch, .init = make, .fini = drop);

static loop_watch *open_watch(int fd, int events, loop_watch_fn ready, void *user)
{
    loop_watch *watch = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(loop_watch_open(&watch, l, fd, events, ready, user, &err), KEDA_OK, "%s",
                 err.text);
    return watch;
}

static void step(void)
{
    cr_assert_eq(loop_step(l, NULL), KEDA_OK);
}

static void read_all(loop_watch *watch, int events, void *user)
{
    char bytes[16];
    (void)watch;
    (void)user;
    ncalls++;
    last_events = events;
    while (read(ends[0], bytes, sizeof bytes) > 0)
        continue;
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

Test(watch, asks_for_a_step_to_become_effective)
{
    loop_watch *watch = open_watch(ends[0], LOOP_READABLE, read_all, NULL);
    cr_expect_eq(loop_next_due_ms(l), 0);
    step();
    cr_expect_eq(loop_next_due_ms(l), -1);
    cr_expect_not(is_readable(loop_fd(l)));
    cr_assert_eq(write(ends[1], "x", 1), 1);
    cr_expect(is_readable(loop_fd(l)));
    step();
    cr_expect_eq(ncalls, 1);
    cr_expect_eq(last_events, LOOP_READABLE);
    cr_expect_not(is_readable(loop_fd(l)));
    loop_watch_close(watch);
}

static void read_nothing(loop_watch *watch, int events, void *user)
{
    (void)watch;
    (void)events;
    (void)user;
    ncalls++;
}

static void count_fired(loop_timer *timer, void *user)
{
    int *nfired = user;
    (void)timer;
    (*nfired)++;
}

Test(watch, is_served_once_in_a_step_however_much_there_is)
{
    loop_timer timer = {0};
    int nfired = 0;
    loop_watch *watch = open_watch(ends[0], LOOP_READABLE, read_nothing, NULL);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    cr_assert_eq(loop_timer_set(l, &timer, loop_now_ms(l), count_fired, &nfired, NULL),
                 KEDA_OK);
    step();
    cr_expect_eq(ncalls, 1);
    cr_expect_eq(nfired, 1);
    cr_expect(is_readable(loop_fd(l)));
    step();
    cr_expect_eq(ncalls, 2);
    loop_watch_close(watch);
}

Test(watch, follows_the_events_asked_for)
{
    loop_watch *watch = open_watch(ends[0], 0, read_all, NULL);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    step();
    cr_expect_eq(ncalls, 0);
    cr_assert_eq(loop_watch_set(watch, LOOP_READABLE, NULL), KEDA_OK);
    step();
    cr_expect_eq(ncalls, 1);
    cr_assert_eq(loop_watch_set(watch, 0, NULL), KEDA_OK);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    step();
    cr_expect_eq(ncalls, 1);
    loop_watch_close(watch);
}

static void write_once(loop_watch *watch, int events, void *user)
{
    (void)user;
    ncalls++;
    last_events = events;
    cr_assert_eq(loop_watch_set(watch, 0, NULL), KEDA_OK);
}

Test(watch, tells_when_writing_is_possible)
{
    loop_watch *watch = open_watch(ends[0], LOOP_READABLE | LOOP_WRITABLE, write_once, NULL);
    step();
    cr_expect_eq(ncalls, 1);
    cr_expect_eq(last_events, LOOP_WRITABLE);
    loop_watch_close(watch);
}

static void close_itself(loop_watch *watch, int events, void *user)
{
    (void)events;
    (void)user;
    ncalls++;
    loop_watch_close(watch);
    loop_watch_close(watch);
}

Test(watch, may_be_closed_in_its_own_callback)
{
    open_watch(ends[0], LOOP_READABLE, close_itself, NULL);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    step();
    step();
    cr_expect_eq(ncalls, 1);
}

Test(watch, leaves_the_descriptor_open)
{
    loop_watch_close(open_watch(ends[0], LOOP_READABLE, read_all, NULL));
    step();
    cr_expect_neq(fcntl(ends[0], F_GETFD), -1);
    loop_watch_close(NULL);
}

static void close_other(loop_watch *watch, int events, void *user)
{
    loop_watch **other = user;
    (void)watch;
    (void)events;
    ncalls++;
    loop_watch_close(*other);
    *other = NULL;
}

Test(watch, is_not_called_when_another_closed_it_in_the_same_step)
{
    loop_watch *a = NULL, *b = NULL;
    a = open_watch(ends[0], LOOP_READABLE, close_other, &b);
    b = open_watch(ends[1], LOOP_READABLE, close_other, &a);
    cr_assert_eq(write(ends[0], "x", 1), 1);
    cr_assert_eq(write(ends[1], "x", 1), 1);
    cr_assert_eq(loop_watch_set(a, LOOP_READABLE, NULL), KEDA_OK);
    step();
    cr_expect((a == NULL) != (b == NULL));
    loop_watch_close(a);
    loop_watch_close(b);
}

static void note_eof(loop_watch *watch, int events, void *user)
{
    char byte;
    (void)events;
    (void)user;
    ncalls++;
    cr_expect_eq(read(ends[0], &byte, 1), 0);
    loop_watch_close(watch);
}

Test(watch, tells_the_end_of_the_peer)
{
    open_watch(ends[0], LOOP_READABLE, note_eof, NULL);
    shutdown(ends[1], SHUT_WR);
    step();
    cr_expect_eq(ncalls, 1);
}

static void note_error(loop_watch *watch, int events, void *user)
{
    const int fd = *(int *)user;
    ncalls++;
    cr_expect_eq(events, LOOP_WRITABLE);
    cr_expect_eq(write(fd, "x", 1), -1);
    loop_watch_close(watch);
}

Test(watch, tells_an_error_as_readiness)
{
    int pipe_ends[2];
    char filler[4096] = {0};
    cr_assert_eq(pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), 0);
    signal(SIGPIPE, SIG_IGN);
    while (write(pipe_ends[1], filler, sizeof filler) > 0)
        continue;
    open_watch(pipe_ends[1], LOOP_WRITABLE, note_error, &pipe_ends[1]);
    step();
    cr_expect_eq(ncalls, 0);
    close(pipe_ends[0]);
    step();
    cr_expect_eq(ncalls, 1);
    close(pipe_ends[1]);
}

Test(watch, refuses_what_cannot_be_watched)
{
    loop_watch *watch = NULL;
    keda_error err = KEDA_ERROR_INIT;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    cr_expect_neq(loop_watch_open(&watch, l, file, LOOP_READABLE, read_all, NULL, &err),
                  KEDA_OK);
    cr_expect_null(watch);
    cr_expect_str_not_empty(err.text);
    close(file);
}
