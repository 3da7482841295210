/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda-child: starts one command for its host and sees to it that nothing of it outlives either. It
 * stays as the command's parent, adopts whatever the command leaves behind, and kills all of it when
 * the command ends or the host is gone. Started by libkeda/loop/child.c, which is also where the
 * other end of the control socket is; uses the C library alone.
 *
 * keda-child [--user NAME|NUMBER] [--dir DIR] [--limits NAME=VALUE,...] [--ppid PID] [--control FD]
 *            -- COMMAND [ARGUMENT...]
 *
 * Exit status: the command's; 125 for its own failures, 126 when the command cannot be started, 127
 * when there is none of that name. A command ended by a signal ends the helper by the same signal.
 *
 * The control socket keeps messages apart (SOCK_SEQPACKET). From the host: one byte, the number of a
 * signal for the command's process group; SIGKILL reaches every descendant. To the host, as text:
 * "P 123" when process and group 123 becomes the command, "F text" why there is no command (said on
 * standard error when there is no socket), then "E 3" (exit status) or "S 9" (signal). Its end means
 * that the host is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_HELPER = 125, EXIT_CANNOT_START = 126, EXIT_NO_COMMAND = 127 };

struct options {
    const char *user, *dir, *limits;
    long ppid;   /* 0: not given */
    int control; /* -1: none */
    char **command;
};

static struct {
    pid_t ppid;     /* the host's */
    pid_t command;  /* also its process group; 0: reaped */
    bool has_ended; /* status is the command's */
    int status;     /* as waitpid gives it */
    int control;
} state = {.control = -1};

/* Says why there is no command: to the host, else on standard error. */
static void complain_of(const char *kind, const char *what, size_t size, const char *why)
{
    char message[1024];
    (void)snprintf(message, sizeof message, "F keda-child: %s%.*s: %s", kind, (int)size, what,
                   why);
    if (state.control < 0 || send(state.control, message, strlen(message), MSG_NOSIGNAL) < 0)
        (void)fprintf(stderr, "%s\n", message + 2);
}

static void complain(const char *what)
{
    complain_of("", what, strlen(what), strerror(errno));
}

static void tell_host(char kind, int value)
{
    char message[16];
    const int size = snprintf(message, sizeof message, "%c %d", kind, value);
    if (state.control >= 0 && size > 0)
        (void)send(state.control, message, (size_t)size, MSG_NOSIGNAL);
}

/* ---- in the child, before the command is executed */

static bool parse_number(const char *text, size_t size, unsigned long long *out)
{
    unsigned long long value = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || value > 100000000000000000ULL)
            return false;
        value = value * 10 + (unsigned long long)(text[i] - '0');
    }
    *out = value;
    return size > 0;
}

static const struct {
    const char *name;
    int resource;
} limit_names[] = {
    {"as", RLIMIT_AS},         {"core", RLIMIT_CORE},   {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},     {"fsize", RLIMIT_FSIZE}, {"memlock", RLIMIT_MEMLOCK},
    {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"stack", RLIMIT_STACK},
};

static int limit_by_name(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof limit_names / sizeof limit_names[0]; i++)
        if (strlen(limit_names[i].name) == size && memcmp(limit_names[i].name, name, size) == 0)
            return limit_names[i].resource;
    return -1;
}

/* One NAME=VALUE of `size` bytes; VALUE is a number or "unlimited". */
static bool set_limit(const char *text, size_t size)
{
    const char *equal = memchr(text, '=', size);
    unsigned long long value = 0;
    const int resource = equal == NULL ? -1 : limit_by_name(text, (size_t)(equal - text));
    errno = EINVAL;
    if (resource < 0)
        return false;
    const size_t rest = size - (size_t)(equal + 1 - text);
    const bool is_unlimited = rest == 9 && memcmp(equal + 1, "unlimited", 9) == 0;
    if (!is_unlimited && !parse_number(equal + 1, rest, &value))
        return false;
    const rlim_t limit = is_unlimited ? RLIM_INFINITY : (rlim_t)value;
    return setrlimit((__rlimit_resource_t)resource,
                     &(struct rlimit){.rlim_cur = limit, .rlim_max = limit}) == 0;
}

static bool set_limits(const char *limits)
{
    for (const char *p = limits; p != NULL && *p != '\0';) {
        const size_t size = strcspn(p, ",");
        if (!set_limit(p, size)) {
            complain_of("limit ", p, size, strerror(errno));
            return false;
        }
        p += size + (p[size] == ',' ? 1 : 0);
    }
    return true;
}

/* A number without an entry gets the group of the same number and no others. */
static bool become_user(const char *user)
{
    unsigned long long number = 0;
    if (user == NULL)
        return true;
    const bool is_number = parse_number(user, strlen(user), &number) && number < (uid_t)-1;
    errno = 0;
    const struct passwd *entry = is_number ? getpwuid((uid_t)number) : getpwnam(user);
    if (entry == NULL && !is_number) {
        complain_of("user ", user, strlen(user), errno == 0 ? "no such user" : strerror(errno));
        return false;
    }
    const uid_t uid = entry != NULL ? entry->pw_uid : (uid_t)number;
    const gid_t gid = entry != NULL ? entry->pw_gid : (gid_t)number;
    if (uid == geteuid() && uid == getuid())
        return true;
    const int groups = entry != NULL ? initgroups(entry->pw_name, gid) : setgroups(0, NULL);
    if (groups == 0 && setgid(gid) == 0 && setuid(uid) == 0)
        return true;
    complain(user);
    return false;
}

static void reset_signals(void)
{
    sigset_t none;
    for (int i = 1; i < SIGRTMIN; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As execvp, but a file that is no program is an error and never handed to a shell. */
static void execute(char **command)
{
    const char *path = getenv("PATH");
    int why = ENOENT;
    char file[4096];

    if (strchr(command[0], '/') != NULL) {
        (void)execv(command[0], command);
        return;
    }
    for (const char *p = path != NULL ? path : "/usr/local/bin:/usr/bin:/bin";; p++) {
        const size_t size = strcspn(p, ":");
        const int n = snprintf(file, sizeof file, "%.*s/%s", size > 0 ? (int)size : 1,
                               size > 0 ? p : ".", command[0]);
        if (n > 0 && (size_t)n < sizeof file)
            (void)execv(file, command);
        if (errno != ENOENT && errno != ENOTDIR)
            why = errno;
        p += size;
        if (*p == '\0')
            break;
    }
    errno = why;
}

static void run_command(const struct options *options, pid_t helper)
{
    (void)setpgid(0, 0);
    reset_signals();
    if (!set_limits(options->limits) || !become_user(options->user))
        _exit(EXIT_CANNOT_START);
    if (options->dir != NULL && chdir(options->dir) != 0) {
        complain(options->dir);
        _exit(EXIT_CANNOT_START);
    }
    /* Last, since a change of user forgets it: if the helper is killed, the command goes too. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != helper)
        _exit(EXIT_CANNOT_START);
    tell_host('P', getpid()); /* before anything the command may say */
    execute(options->command);
    const int code = errno == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_START;
    complain(options->command[0]);
    _exit(code);
}

/* ---- in the helper */

/* Reaps one that has ended. The group is signalled while its leader's number cannot be reused. */
static void reap(pid_t pid)
{
    int status = 0;
    if (pid == state.command)
        (void)kill(-pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid || pid != state.command)
        return;
    state.command = 0;
    state.has_ended = true;
    state.status = status;
}

/* Any child that has ended, 0 when there is none now, -1 when there are no children. */
static pid_t find_ended(int flags)
{
    siginfo_t info = {0};
    int rc = 0;
    do
        rc = waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | flags);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? info.si_pid : -1;
}

static void reap_ended(void)
{
    for (pid_t pid; (pid = find_ended(WNOHANG)) > 0;)
        reap(pid);
}

/* Those the kernel has given us because their parent ended are among the children. */
static bool kill_children(void)
{
    FILE *children = fopen("/proc/thread-self/children", "re");
    if (children == NULL)
        return false;
    pid_t pid = 0; /* numbers with blanks between and behind */
    for (int c; (c = fgetc(children)) != EOF; pid = c == ' ' ? 0 : pid * 10 + (c - '0'))
        if (c == ' ' && pid > 1)
            (void)kill(pid, SIGKILL);
    (void)fclose(children);
    return true;
}

/* Each one that dies hands its own children to us, so this ends with the last descendant. */
static void kill_everything(void)
{
    for (;;) {
        if (state.command != 0)
            (void)kill(-state.command, SIGKILL);
        const bool knows_children = kill_children();
        const pid_t pid = find_ended(knows_children || state.command != 0 ? 0 : WNOHANG);
        if (pid <= 0)
            return;
        reap(pid);
    }
}

static void signal_group(int number)
{
    if (number == SIGKILL)
        kill_everything();
    else if (state.command != 0)
        (void)kill(-state.command, number);
}

/* The end of the thread that started us sends the signal too: only the process counts. */
static void on_signal(int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    const int number = (int)info.ssi_signo;
    if (number == SIGCHLD)
        reap_ended();
    else if (number != SIGRTMIN)
        signal_group(number);
    else if (getppid() != state.ppid)
        kill_everything();
}

static void on_control(void)
{
    unsigned char number = 0;
    const ssize_t n = recv(state.control, &number, 1, MSG_DONTWAIT);
    if (n == 1)
        signal_group(number);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        kill_everything();
}

static void supervise(int signals)
{
    while (!state.has_ended) {
        struct pollfd fds[] = {
            {.fd = signals, .events = POLLIN},
            {.fd = state.control, .events = POLLIN}, /* negative: left alone */
        };
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            on_signal(signals);
        if (fds[1].revents != 0 && !state.has_ended)
            on_control();
    }
}

static int end_like_command(void)
{
    if (WIFEXITED(state.status)) {
        tell_host('E', WEXITSTATUS(state.status));
        return WEXITSTATUS(state.status);
    }
    const int number = WTERMSIG(state.status);
    tell_host('S', number);
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* the command has left one already */
    (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL);
    (void)raise(number);
    return 128 + number;
}

static int open_signals(void)
{
    static const int forwarded[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                    SIGUSR1, SIGUSR2, SIGCONT};
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGRTMIN);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        (void)sigaddset(&set, forwarded[i]);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would reap by itself */
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What the host had open without saying so is not the command's. */
static void close_inherited(int control)
{
    if (control < 0)
        return;
    (void)fcntl(control, F_SETFD, FD_CLOEXEC);
    if (close_range((unsigned)control + 1, ~0U, 0) == 0)
        return;
    for (int fd = control + 1; fd < 4096; fd++)
        (void)close(fd);
}

/* From here on the end of the host is noticed, whenever it comes. */
static bool tie_to_host(const struct options *options)
{
    state.control = options->control;
    (void)setsid(); /* the keyboard of the host's terminal is not for workers */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_PDEATHSIG, SIGRTMIN);
    state.ppid = getppid();
    return options->ppid == 0 || options->ppid == state.ppid;
}

static bool read_option(struct options *options, const char *name, char *value)
{
    unsigned long long number = 0;
    const bool is_number = parse_number(value, strlen(value), &number) && number < 1000000000;
    if (strcmp(name, "--user") == 0)
        options->user = value;
    else if (strcmp(name, "--dir") == 0)
        options->dir = value;
    else if (strcmp(name, "--limits") == 0)
        options->limits = value;
    else if (strcmp(name, "--ppid") == 0 && is_number)
        options->ppid = (long)number;
    else if (strcmp(name, "--control") == 0 && is_number)
        options->control = (int)number;
    else
        return false;
    return true;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i += 2)
        if (i + 1 >= argc || !read_option(options, argv[i], argv[i + 1]))
            return false;
    options->command = i < argc ? argv + i + 1 : NULL;
    return i + 1 < argc;
}

int main(int argc, char **argv)
{
    struct options options = {.control = -1};
    if (!read_options(&options, argc, argv)) {
        (void)fputs("usage: keda-child [--user NAME] [--dir DIR] [--limits NAME=VALUE,...] "
                    "[--ppid PID] [--control FD] -- COMMAND [ARGUMENT...]\n",
                    stderr);
        return EXIT_HELPER;
    }
    close_inherited(options.control);
    const int signals = open_signals();
    if (signals < 0 || !tie_to_host(&options))
        return EXIT_HELPER;
    const pid_t helper = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        run_command(&options, helper);
    if (pid < 0) {
        complain("fork");
        return EXIT_HELPER;
    }
    (void)setpgid(pid, pid);
    state.command = pid;
    supervise(signals);
    kill_everything();
    return end_like_command();
}
