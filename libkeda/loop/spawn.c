/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix_spawn of keda-child. All descriptors are close-on-exec, so that a host which starts other
 * programs at the same time hands none of them on.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "internal.h"

enum {
    CONTROL_FD = 3,  /* where the helper finds the socket */
    FIRST_FREE = 10, /* above what the helper is given, so that one dup2 cannot undo another */
    MAX_OPTIONS = 12
};

/* Both ends of the three channels. */
typedef struct channels {
    int ours[3], theirs[3]; /* standard output, standard error, control */
} channels;

void spawn_close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_all(int fds[3])
{
    for (int i = 0; i < 3; i++)
        spawn_close_fd(&fds[i]);
}

static int open_channel(int ends[2], int i)
{
    if (i == 2)
        return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
    return pipe2(ends, O_CLOEXEC);
}

static keda_status open_channels(channels *c, keda_error *err)
{
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (open_channel(ends, i) != 0)
            return loop_fail_errno(err, errno, "pipe");
        c->ours[i] = ends[0];
        c->theirs[i] = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FREE);
        const int error = errno;
        (void)close(ends[1]);
        if (c->theirs[i] < 0)
            return loop_fail_errno(err, error, "pipe");
    }
    return KEDA_OK;
}

static size_t count_strings(const char *const *strings)
{
    size_t n = 0;
    while (strings[n] != NULL)
        n++;
    return n;
}

static size_t put_option(const char **argv, size_t n, const char *name, const char *value)
{
    if (value == NULL)
        return n;
    argv[n] = name;
    argv[n + 1] = value;
    return n + 2;
}

/* keda-child's command line; the array is the caller's to free, the texts are borrowed. */
static const char **make_argv(const loop_child_options *options, const char *ppid,
                              const char *control)
{
    const size_t nargs = count_strings(options->argv);
    const char **argv = mem_zalloc(MAX_OPTIONS + nargs + 1, sizeof *argv);
    if (argv == NULL)
        return NULL;
    size_t n = 0;
    argv[n++] = options->helper;
    n = put_option(argv, n, "--ppid", ppid);
    n = put_option(argv, n, "--control", control);
    n = put_option(argv, n, "--user", options->run_as);
    n = put_option(argv, n, "--dir", options->directory);
    n = put_option(argv, n, "--limits", options->limits);
    argv[n++] = "--";
    for (size_t i = 0; i < nargs; i++)
        argv[n++] = options->argv[i];
    return argv;
}

static int fill_actions(posix_spawn_file_actions_t *actions, const channels *c)
{
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, c->theirs[0], STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, c->theirs[1], STDERR_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, c->theirs[2], CONTROL_FD);
    return rc;
}

/* The host may ignore or block signals; its workers start as from a shell. */
static int fill_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes,
                                      POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return rc;
}

/* posix_spawn takes char *const[], and changes nothing. */
static char *const *unconst(const char *const *strings)
{
    union {
        const char *const *in;
        char *const *out;
    } cast = {.in = strings};
    return cast.out;
}

static int start(pid_t *pid, const loop_child_options *options, const char *const *argv,
                 const channels *c)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = fill_actions(&actions, c);
        if (rc == 0)
            rc = fill_attributes(&attributes);
        if (rc == 0)
            rc = posix_spawn(pid, options->helper, &actions, &attributes, unconst(argv),
                             unconst(options->env));
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Not yet waited for, so the number is still the helper's, unless the host takes all children. */
static keda_status open_pidfd(spawned *out, keda_error *err)
{
    out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
    if (out->pidfd >= 0)
        return KEDA_OK;
    keda_status rc = loop_fail_errno(err, errno, "watching a child process");
    (void)kill(out->pid, SIGKILL);
    (void)waitpid(out->pid, NULL, 0);
    return rc;
}

keda_status spawn_helper(spawned *out, const loop_child_options *options, keda_error *err)
{
    channels c = {.ours = {-1, -1, -1}, .theirs = {-1, -1, -1}};
    const char **argv = NULL;
    spawned child = {.pid = -1, .pidfd = -1};
    char ppid[16], control[16];
    int code = 0;
    keda_status rc = open_channels(&c, err);
    if (rc != KEDA_OK)
        goto out;
    (void)snprintf(ppid, sizeof ppid, "%d", (int)getpid());
    (void)snprintf(control, sizeof control, "%d", CONTROL_FD);
    argv = make_argv(options, ppid, control);
    if (argv == NULL) {
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
        goto out;
    }
    code = start(&child.pid, options, argv, &c);
    rc = code == 0 ? open_pidfd(&child, err) : loop_fail_errno(err, code, options->helper);
    if (rc != KEDA_OK)
        goto out;
    child.output[0] = c.ours[0];
    child.output[1] = c.ours[1];
    child.control = c.ours[2];
    *out = child;
out:
    mem_free(argv);
    close_all(c.theirs);
    if (rc != KEDA_OK)
        close_all(c.ours);
    return rc;
}
