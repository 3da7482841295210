/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes: real shells under the real helper (libkeda/loop/child.c, targets/child). Tests
 * wait on descriptors: the loop's, pidfds, and pipes whose end says that nobody holds them any more.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/paths.h"
#include "base/text.h"
#include "loop/child.h"

enum { PATIENCE_MS = 60000 };

static loop *l;
static char helper[PATH_MAX];
static keda_buf output; /* "out:line|err:line|" */
static loop_child_exit last_exit;
static char last_failure[256];
static int nexits;

static void make(void)
{
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(loop_new(&l, NULL, &err), KEDA_OK);
    cr_assert_eq(paths_find_module(NULL, "keda-child", helper, sizeof helper, &err), KEDA_OK,
                 "%s", err.text);
}

static void drop(void)
{
    loop_free(l);
    keda_buf_clear(&output);
}

TestSuite(child, .init = make, .fini = drop, .timeout = 120);

static void on_output(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user)
{
    (void)child;
    (void)user;
    cr_assert_eq(buf_printf(&output, "%s:%.*s|", is_stderr ? "err" : "out", (int)size, line),
                 KEDA_OK);
}

static void on_exit_stop(loop_child *child, loop_child_exit how, void *user)
{
    (void)user;
    const char *failure = loop_child_failure(child);
    (void)text_copy(last_failure, sizeof last_failure, failure == NULL ? "" : failure);
    last_exit = how;
    nexits++;
    loop_child_close(child);
    loop_stop(l);
}

static const char *const *shell(const char *script)
{
    static const char *argv[] = {"/bin/sh", "-c", NULL, NULL};
    argv[2] = script;
    return argv;
}

static const char *const *host_environment(void)
{
    static const char *const env[] = {"PATH=/usr/bin:/bin", "KEDA_POOL=p", NULL};
    return env;
}

static loop_child *open_with(const loop_child_options *options)
{
    loop_child *child = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(loop_child_open(&child, l, options, &err), KEDA_OK, "%s", err.text);
    return child;
}

static loop_child_options plain(const char *script)
{
    return (loop_child_options){
        .helper = helper,
        .argv = shell(script),
        .env = host_environment(),
        .on_output = on_output,
        .on_exit = on_exit_stop,
    };
}

static void run_to_its_end(const loop_child_options *options)
{
    open_with(options);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    cr_assert_eq(nexits, 1);
}

static void run_script(const char *script)
{
    const loop_child_options options = plain(script);
    run_to_its_end(&options);
}

static const char *seen(void)
{
    return output.data == NULL ? "" : output.data;
}

Test(child, reports_the_exit_status)
{
    run_script("exit 42");
    cr_expect_eq(last_exit.code, 42);
    cr_expect_eq(last_exit.is_signal, 0);
    cr_expect_str_eq(seen(), "");
}

Test(child, reports_the_signal_that_ended_it)
{
    run_script("kill -TERM $$");
    cr_expect_eq(last_exit.code, SIGTERM);
    cr_expect_eq(last_exit.is_signal, 1);
}

Test(child, hands_over_output_as_lines_before_the_end)
{
    run_script("echo one; echo two >&2; printf three");
    cr_expect_not_null(strstr(seen(), "out:one|"));
    cr_expect_not_null(strstr(seen(), "err:two|"));
    cr_expect_not_null(strstr(seen(), "out:three|"));
}

static size_t nbytes;

static void count_bytes(loop_child *child, const char *line, size_t size, bool is_stderr,
                        void *user)
{
    (void)child;
    (void)line;
    (void)is_stderr;
    (void)user;
    cr_assert_leq(size, 4096);
    nbytes += size;
}

Test(child, loses_no_output_of_a_talkative_one)
{
    loop_child_options options = plain("head -c 3000000 /dev/zero | tr '\\0' x");
    options.on_output = count_bytes;
    run_to_its_end(&options);
    cr_expect_eq(nbytes, 3000000);
}

Test(child, gets_exactly_the_environment_given)
{
    run_script("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort");
    cr_expect_str_eq(seen(), "out:KEDA_POOL=p|out:PATH=/usr/bin:/bin|");
}

Test(child, gets_an_empty_standard_input_and_no_other_descriptors)
{
    int leaked = open("/proc/self/status", O_RDONLY); /* not close-on-exec */
    cr_assert_geq(leaked, 0);
    run_script("cat; ls /proc/self/fd");
    cr_expect_str_eq(seen(), "out:0|out:1|out:2|out:3|"); /* 3 is the directory */
    close(leaked);
}

Test(child, starts_with_signals_as_from_a_shell)
{
    sigset_t all;
    signal(SIGTERM, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    /* Signals 1 to 28: 32 and 33 are the C library's own. */
    run_script(
        "sed -n 's/^\\(Sig[BI][lg][kn]\\):.*\\(.......\\)$/\\1 \\2/p' /proc/self/status");
    cr_expect_str_eq(seen(), "out:SigBlk 0000000|out:SigIgn 0000000|");
}

Test(child, runs_in_the_directory_given)
{
    loop_child_options options = plain("pwd");
    options.directory = "/usr";
    run_to_its_end(&options);
    cr_expect_str_eq(seen(), "out:/usr|");
}

Test(child, runs_under_the_limits_given)
{
    loop_child_options options = plain("ulimit -n; ulimit -c");
    options.limits = "nofile=33,core=0";
    run_to_its_end(&options);
    cr_expect_str_eq(seen(), "out:33|out:0|");
}

Test(child, says_why_it_cannot_start)
{
    static const struct {
        const char *command, *directory, *limits, *user, *text;
        int code;
    } cases[] = {
        {"/nonexistent", NULL, NULL, NULL,
         "keda-child: /nonexistent: No such file or directory", 127},
        {"/etc/passwd", NULL, NULL, NULL, "keda-child: /etc/passwd: Permission denied", 126},
        {"true", "/nonexistent", NULL, NULL,
         "keda-child: /nonexistent: No such file or directory", 126},
        {"true", NULL, "files=3", NULL, "keda-child: limit files=3: Invalid argument", 126},
        {"true", NULL, "nofile=x", NULL, "keda-child: limit nofile=x: Invalid argument", 126},
        {"true", NULL, NULL, "no-such-user", "keda-child: user no-such-user: no such user",
         126},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *argv[] = {cases[i].command, NULL};
        loop_child_options options = plain("");
        options.argv = argv;
        options.directory = cases[i].directory;
        options.limits = cases[i].limits;
        options.run_as = cases[i].user;
        nexits = 0;
        buf_truncate(&output, 0);
        run_to_its_end(&options);
        cr_expect_str_eq(last_failure, cases[i].text);
        cr_expect_str_eq(seen(), "");
        cr_expect_eq(last_exit.code, cases[i].code);
        cr_expect_eq(last_exit.is_signal, 0);
    }
}

Test(child, runs_as_another_user)
{
    if (geteuid() != 0)
        cr_skip_test("needs to be root");
    loop_child_options options = plain("id -u; id -G");
    options.run_as = "4711";
    run_to_its_end(&options);
    cr_expect_str_eq(seen(), "out:4711|out:4711|");
}

Test(child, reports_a_missing_helper_at_once)
{
    loop_child *child = NULL;
    keda_error err = KEDA_ERROR_INIT;
    loop_child_options options = plain("true");
    options.helper = "/nonexistent/keda-child";
    cr_expect_neq(loop_child_open(&child, l, &options, &err), KEDA_OK);
    cr_expect_not_null(strstr(err.text, "/nonexistent/keda-child: no such file"));
    cr_expect_null(child);
}

/* ---- signals and ends */

static int end_signal;

static void signal_when_ready(loop_child *child, const char *line, size_t size, bool is_stderr,
                              void *user)
{
    on_output(child, line, size, is_stderr, user);
    if (size == 5 && memcmp(line, "ready", 5) == 0)
        loop_child_signal(child, end_signal);
}

static void run_and_signal(const char *script, int number)
{
    loop_child_options options = plain(script);
    options.on_output = signal_when_ready;
    end_signal = number;
    run_to_its_end(&options);
}

Test(child, receives_signals_and_may_clean_up)
{
    run_and_signal("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 1 & wait; done",
                   SIGTERM);
    cr_expect_str_eq(seen(), "out:ready|out:bye|");
    cr_expect_eq(last_exit.code, 5);
}

Test(child, is_signalled_with_its_whole_group)
{
    run_and_signal("sleep 1000 & echo ready; wait $!", SIGTERM);
    cr_expect_eq(last_exit.is_signal, 1);
    cr_expect_eq(last_exit.code, SIGTERM);
}

Test(child, can_be_killed_when_it_ignores_everything_else)
{
    run_and_signal("trap '' TERM INT HUP; echo ready; while :; do sleep 1000; done", SIGKILL);
    cr_expect_eq(last_exit.is_signal, 1);
    cr_expect_eq(last_exit.code, SIGKILL);
}

static int64_t pid_when_ready;

static void note_pid(loop_child *child, const char *line, size_t size, bool is_stderr,
                     void *user)
{
    on_output(child, line, size, is_stderr, user);
    pid_when_ready = loop_child_pid(child);
}

Test(child, knows_the_number_of_its_group)
{
    char expected[64];
    loop_child_options options = plain("echo $$");
    options.on_output = note_pid;
    run_to_its_end(&options);
    snprintf(expected, sizeof expected, "out:%lld|", (long long)pid_when_ready);
    cr_expect_gt(pid_when_ready, 0);
    cr_expect_str_eq(seen(), expected);
}

/* A FIFO which the script opens and everything it starts inherits: its end, seen from the reading
 * side, says that all of them are gone. */
struct lifeline {
    char dir[32];
    char fifo[48];
    char script[512];
    int fd;
};

static void lifeline_open(struct lifeline *line, const char *script)
{
    (void)snprintf(line->dir, sizeof line->dir, "/tmp/keda-child-XXXXXX");
    cr_assert_not_null(mkdtemp(line->dir));
    (void)snprintf(line->fifo, sizeof line->fifo, "%s/fifo", line->dir);
    cr_assert_eq(mkfifo(line->fifo, 0600), 0);
    (void)snprintf(line->script, sizeof line->script, "exec 9>%s; %s", line->fifo, script);
    line->fd = open(line->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(line->fd, 0);
}

static bool is_cut(const struct lifeline *line, int patience_ms)
{
    struct pollfd p = {.fd = line->fd, .events = POLLIN};
    return poll(&p, 1, patience_ms) == 1 && (p.revents & POLLHUP) != 0;
}

static void lifeline_close(struct lifeline *line)
{
    cr_expect(is_cut(line, PATIENCE_MS), "somebody is still alive");
    close(line->fd);
    unlink(line->fifo);
    rmdir(line->dir);
}

/* One in the group, one that left it, one that left it and whose parent is gone. */
#define FAMILY                                                                                 \
    "trap '' TERM HUP; sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & sleep "    \
    "1000' &); "

Test(child, leaves_nobody_behind_when_it_ends)
{
    struct lifeline line;
    lifeline_open(&line, FAMILY "exit 3");
    run_script(line.script);
    cr_expect_eq(last_exit.code, 3);
    cr_expect(is_cut(&line, 0));
    lifeline_close(&line);
}

static void stop_when_ready(loop_child *child, const char *line, size_t size, bool is_stderr,
                            void *user)
{
    on_output(child, line, size, is_stderr, user);
    loop_stop(l);
}

static loop_child *open_until_ready(const char *script)
{
    loop_child_options options = plain(script);
    options.on_output = stop_when_ready;
    loop_child *child = open_with(&options);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    return child;
}

Test(child, is_killed_with_all_descendants_when_closed)
{
    struct lifeline line;
    lifeline_open(&line, FAMILY "echo ready; while :; do sleep 1000; done");
    loop_child *child = open_until_ready(line.script);
    cr_expect_not(is_cut(&line, 0));
    loop_child_close(child);
    lifeline_close(&line);
    cr_expect_eq(nexits, 0);
    loop_child_close(NULL);
}

static void close_now(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user)
{
    on_output(child, line, size, is_stderr, user);
    loop_child_close(child);
    loop_stop(l);
}

Test(child, may_be_closed_while_it_talks)
{
    struct lifeline line;
    lifeline_open(&line, "echo one; echo two; sleep 1000");
    loop_child_options options = plain(line.script);
    options.on_output = close_now;
    open_with(&options);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    lifeline_close(&line);
    cr_expect_str_eq(seen(), "out:one|");
    cr_expect_eq(nexits, 0);
}

static void kill_parent(loop_child *child, const char *line, size_t size, bool is_stderr,
                        void *user)
{
    char number[16] = {0};
    (void)child;
    (void)is_stderr;
    (void)user;
    memcpy(number, line, size < 15 ? size : 15);
    cr_assert_eq(kill((pid_t)strtol(number, NULL, 10), SIGKILL), 0);
}

Test(child, does_not_outlive_a_killed_helper)
{
    struct lifeline line;
    lifeline_open(&line, "trap '' TERM; sleep 1000 & echo $PPID; while :; do sleep 1000; done");
    loop_child_options options = plain(line.script);
    options.on_output = kill_parent;
    run_to_its_end(&options);
    cr_expect_eq(last_exit.is_signal, 1);
    cr_expect_eq(last_exit.code, SIGKILL);
    lifeline_close(&line);
}

/* ---- hosts */

Test(child, tells_its_status_to_a_host_that_ignores_sigchld)
{
    signal(SIGCHLD, SIG_IGN);
    run_script("sleep 0; exit 42");
    cr_expect_eq(last_exit.code, 42);
    cr_expect_eq(last_exit.is_signal, 0);
}

static void take_all_children(int number)
{
    int before = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = before;
}

Test(child, tells_its_status_to_a_host_that_takes_all_children)
{
    signal(SIGCHLD, take_all_children);
    run_script("kill -HUP $$");
    cr_expect_eq(last_exit.code, SIGHUP);
    cr_expect_eq(last_exit.is_signal, 1);
}

static char thread_path[64];

static void *open_in_thread(void *user)
{
    loop_child **child = user;
    (void)snprintf(thread_path, sizeof thread_path, "/proc/self/task/%d",
                   (int)syscall(SYS_gettid));
    *child =
        open_until_ready("trap 'exit 7' USR1; echo ready; while :; do sleep 1000 & wait; done");
    return NULL;
}

Test(child, outlives_the_thread_that_started_it)
{
    pthread_t thread;
    loop_child *child = NULL;
    cr_assert_eq(pthread_create(&thread, NULL, open_in_thread, &child), 0);
    pthread_join(thread, NULL);
    while (access(thread_path, F_OK) == 0)
        sched_yield(); /* the kernel tells the children just before this */
    loop_child_signal(child, SIGUSR1);
    cr_assert_eq(loop_run(l, NULL), KEDA_OK);
    cr_expect_eq(last_exit.is_signal, 0);
    cr_expect_eq(last_exit.code, 7);
}

static int host_pipe[2];

static void tell_test(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user)
{
    (void)child;
    (void)line;
    (void)size;
    (void)is_stderr;
    (void)user;
    cr_assert_eq(write(host_pipe[1], "r", 1), 1);
}

/* Another copy of the host's descriptors, as a program that forks without exec leaves it. */
static void fork_bystander(void)
{
    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    close(host_pipe[1]);
    char byte;
    (void)!read(host_pipe[0], &byte, 1); /* until the test is over */
    _exit(0);
}

static pid_t fork_host(const char *script, bool has_bystander)
{
    cr_assert_eq(pipe2(host_pipe, O_CLOEXEC), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0)
        return pid;
    loop_child_options options = plain(script);
    options.on_output = tell_test;
    if (loop_new(&l, NULL, NULL) != KEDA_OK)
        _exit(1);
    open_with(&options);
    if (has_bystander)
        fork_bystander();
    (void)loop_run(l, NULL);
    _exit(1);
}

static void kill_host_of(const char *script, bool has_bystander)
{
    struct lifeline line;
    char byte;
    lifeline_open(&line, script);
    pid_t host = fork_host(line.script, has_bystander);
    cr_assert_eq(read(host_pipe[0], &byte, 1), 1);
    cr_expect_not(is_cut(&line, 0));
    cr_assert_eq(kill(host, SIGKILL), 0);
    cr_assert_eq(waitpid(host, NULL, 0), host);
    lifeline_close(&line);
    close(host_pipe[1]);
}

Test(child, does_not_outlive_a_killed_host)
{
    kill_host_of(FAMILY "echo ready; while :; do sleep 1000; done", false);
}

Test(child, does_not_outlive_a_killed_host_whose_descriptors_live_on)
{
    kill_host_of(FAMILY "echo ready; while :; do sleep 1000; done", true);
}

Test(child, is_reaped_when_the_loop_ends)
{
    struct lifeline line;
    lifeline_open(&line, "echo ready; sleep 1000");
    loop_child_close(open_until_ready(line.script));
    loop_free(l);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_expect_eq(errno, ECHILD);
    cr_assert_eq(loop_new(&l, NULL, NULL), KEDA_OK);
    lifeline_close(&line);
}
