/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One child process on the loop: its output as lines, its end, signals to its group. It is started
 * by spawn.c; the helper program does what must go on when the host is gone.
 */
#include "child.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "internal.h"
#include "lines.h"
#include "spawn.h"

enum {
    MAX_LAST_READS = 512, /* of what is in the pipes when the child has ended */
    LEFTOVER_WAIT_MS = 1000,
    HELPER_FAILED = 125,
    MAX_MESSAGE = 1024
};

typedef struct stream {
    loop_child *child;
    loop_watch *watch;
    int fd; /* -1: at its end */
    bool is_stderr;
    line_buffer lines;
} stream;

struct loop_child {
    loop_leftover leftover; /* first */
    loop *loop;
    void (*on_output)(loop_child *, const char *, size_t, bool, void *);
    void (*on_exit)(loop_child *, loop_child_exit, void *);
    void *user;
    pid_t helper;
    int pidfd, control;
    loop_watch *end_watch, *control_watch;
    stream output[2];
    int64_t pid; /* the command's, 0 until the helper says it */
    loop_child_exit how;
    bool knows_how;            /* the helper has told */
    char failure[MAX_MESSAGE]; /* why there is no command; "": nothing is known */
    bool has_ended;            /* the helper is reaped */
    bool is_closed;            /* the owner is through: no more callbacks */
    int nested;                /* inside so many callbacks */
};

static void close_watch(loop_watch **watch)
{
    loop_watch_close(*watch);
    *watch = NULL;
}

static void close_stream(stream *s)
{
    close_watch(&s->watch);
    spawn_close_fd(&s->fd);
}

static void close_channels(loop_child *child)
{
    close_watch(&child->control_watch);
    spawn_close_fd(&child->control);
    close_stream(&child->output[0]);
    close_stream(&child->output[1]);
}

static void free_child(loop_child *child)
{
    close_channels(child);
    close_watch(&child->end_watch);
    spawn_close_fd(&child->pidfd);
    mem_free(child);
}

/* Ends a callback: the owner may have closed the child in it. */
static void leave(loop_child *child)
{
    child->nested--;
    if (child->nested == 0 && child->is_closed && child->has_ended)
        free_child(child);
}

/* ---- what the helper tells */

static void on_message(loop_child *child, const char *message)
{
    int64_t value = 0;
    if (message[0] == 'F' && message[1] == ' ')
        (void)text_copy(child->failure, sizeof child->failure, message + 2);
    if (message[0] == '\0' || message[1] != ' ' || !num_parse_i64(message + 2, &value))
        return;
    if (message[0] == 'P') {
        child->pid = value;
        return;
    }
    child->knows_how = true;
    child->how = (loop_child_exit){.is_signal = message[0] == 'S', .code = (int32_t)value};
}

static void read_control(loop_child *child)
{
    char message[MAX_MESSAGE];
    ssize_t n = 0;
    while ((n = recv(child->control, message, sizeof message - 1, MSG_DONTWAIT)) > 0) {
        message[n] = '\0';
        on_message(child, message);
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) /* the end of the helper follows */
        close_watch(&child->control_watch);
}

static void on_control(loop_watch *watch, int events, void *user)
{
    (void)watch;
    (void)events;
    read_control(user);
}

/* ---- output */

static void on_line(const char *line, size_t size, void *user)
{
    stream *s = user;
    loop_child *child = s->child;
    if (!child->is_closed && child->on_output != NULL)
        child->on_output(child, line, size, s->is_stderr, child->user);
}

/* Reads once; false when there is nothing now or nothing more. */
static bool read_stream(stream *s)
{
    size_t room = 0;
    char *at = lines_room(&s->lines, &room);
    const ssize_t n = s->fd < 0 ? 0 : read(s->fd, at, room);
    if (n > 0) {
        lines_added(&s->lines, (size_t)n, on_line, s);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    lines_flush(&s->lines, on_line, s);
    close_stream(s);
    return false;
}

static void on_stream(loop_watch *watch, int events, void *user)
{
    stream *s = user;
    loop_child *child = s->child;
    (void)watch;
    (void)events;
    child->nested++;
    if (child->pid == 0 && child->control >= 0)
        read_control(child); /* what was told before the first output */
    (void)read_stream(s);
    leave(child);
}

/* What the pipes hold when everybody who wrote to them is gone; bounded for when that is not so. */
static void read_rest(stream *s)
{
    int n = 0;
    while (n < MAX_LAST_READS && read_stream(s))
        n++;
    if (s->fd >= 0) {
        lines_flush(&s->lines, on_line, s);
        close_stream(s);
    }
}

/* ---- its end */

/* Waits for the helper. A host that takes all children may have been faster: then only the helper's
 * own message tells. */
static void reap_helper(loop_child *child)
{
    siginfo_t info = {0};
    int rc = 0;
    do
        rc = waitid((idtype_t)P_PIDFD, (id_t)child->pidfd, &info, WEXITED);
    while (rc != 0 && errno == EINTR);
    child->has_ended = true;
    if (child->knows_how)
        return;
    child->how = (loop_child_exit){.is_signal = 0, .code = HELPER_FAILED};
    if (rc == 0 && info.si_pid != 0)
        child->how = (loop_child_exit){.is_signal = info.si_code != CLD_EXITED,
                                       .code = (int32_t)info.si_status};
    /* It was killed and could not clean up. */
    if (child->pid > 0)
        (void)kill((pid_t)-child->pid, SIGKILL);
}

static void on_end(loop_watch *watch, int events, void *user)
{
    loop_child *child = user;
    (void)watch;
    (void)events;
    child->nested++;
    close_watch(&child->end_watch);
    if (child->control >= 0)
        read_control(child);
    reap_helper(child);
    if (child->is_closed) {
        leftover_remove(child->loop, &child->leftover);
    } else {
        read_rest(&child->output[0]);
        read_rest(&child->output[1]);
        close_channels(child);
    }
    if (!child->is_closed && child->on_exit != NULL)
        child->on_exit(child, child->how, child->user);
    leave(child);
}

/* The loop ends while a closed child is still dying. */
static void finish_leftover(loop_leftover *leftover)
{
    loop_child *child = (loop_child *)leftover;
    struct pollfd p = {.fd = child->pidfd, .events = POLLIN};
    int rc = 0;
    do
        rc = poll(&p, 1, LEFTOVER_WAIT_MS);
    while (rc < 0 && errno == EINTR);
    leftover_remove(child->loop, &child->leftover);
    if (rc == 1)
        reap_helper(child);
    free_child(child);
}

/* ---- what the owner calls */

static keda_status watch_all(loop_child *child, keda_error *err)
{
    loop *l = child->loop;
    keda_status rc =
        loop_watch_open(&child->end_watch, l, child->pidfd, LOOP_READABLE, on_end, child, err);
    if (rc == KEDA_OK)
        rc = loop_watch_open(&child->control_watch, l, child->control, LOOP_READABLE,
                             on_control, child, err);
    for (int i = 0; i < 2 && rc == KEDA_OK; i++)
        rc = loop_watch_open(&child->output[i].watch, l, child->output[i].fd, LOOP_READABLE,
                             on_stream, &child->output[i], err);
    return rc;
}

static loop_child *make_child(loop *l, const loop_child_options *options)
{
    loop_child *child = mem_zalloc(1, sizeof *child);
    if (child == NULL)
        return NULL;
    child->loop = l;
    child->on_output = options->on_output;
    child->on_exit = options->on_exit;
    child->user = options->user;
    child->leftover.finish = finish_leftover;
    for (int i = 0; i < 2; i++) {
        child->output[i].child = child;
        child->output[i].is_stderr = i == 1;
    }
    return child;
}

keda_status loop_child_open(loop_child **out, loop *l, const loop_child_options *options,
                            keda_error *err)
{
    spawned started;
    loop_child *child = make_child(l, options);
    if (child == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "starting a process: out of memory");
    keda_status rc = spawn_helper(&started, options, err);
    if (rc != KEDA_OK) {
        mem_free(child);
        return keda_error_wrap(err, rc, "starting a process");
    }
    child->helper = started.pid;
    child->pidfd = started.pidfd;
    child->control = started.control;
    child->output[0].fd = started.output[0];
    child->output[1].fd = started.output[1];
    rc = watch_all(child, err);
    if (rc != KEDA_OK) {
        child->is_closed = true;
        loop_child_signal(child, SIGKILL);
        spawn_close_fd(&child->control);
        leftover_add(l, &child->leftover);
        finish_leftover(&child->leftover);
        return keda_error_wrap(err, rc, "starting a process");
    }
    *out = child;
    return KEDA_OK;
}

int64_t loop_child_pid(const loop_child *child)
{
    return child->pid;
}

const char *loop_child_failure(const loop_child *child)
{
    return child->failure[0] == '\0' ? NULL : child->failure;
}

void loop_child_signal(loop_child *child, int signal)
{
    const unsigned char byte = (unsigned char)signal;
    assert(signal > 0 && signal < 128);
    if (child->control >= 0 && !child->has_ended)
        (void)send(child->control, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void loop_child_close(loop_child *child)
{
    if (child == NULL || child->is_closed)
        return;
    child->is_closed = true;
    if (child->has_ended) {
        child->nested++;
        leave(child);
        return;
    }
    loop_child_signal(child, SIGKILL);
    leftover_add(child->loop, &child->leftover);
    close_channels(child);
}
