/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedad's loop: the engine by descriptor and deadline, signals, changed documents, HTTP servers. One
 * thread; everything that is ready is served, then it waits for the next thing.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "kedad.h"

#define SETTLE_MS 100  /* a changed file is read when it has been quiet that long */
#define GRACE_MS  8000 /* what the engine's end may take */
#define STOP_MS   5000 /* what the cluster may take before: writes under way, status, Events */
#define NSERVERS  3

typedef struct kedad {
    settings *s;
    keda_engine *engine;
    cluster *cluster; /* NULL: files and processes only */
    server *servers[NSERVERS];
    server_state state;
    watcher watcher;
    int signal_fd;
    bool is_stopping; /* the cluster's writes under way are waited for */
    bool is_over;
    int64_t reload_at_ms; /* -1: none wanted */
    int64_t due_at_ms;    /* when the engine wanted its step; -1: not known */
} kedad;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void load(kedad *d)
{
    if (d->s->npaths == 0) {
        d->reload_at_ms = -1;
        d->state.is_ready = d->state.is_last_reload_good = true;
        notify_send("READY=1");
        return;
    }
    notify_send("RELOADING=1");
    d->reload_at_ms = -1;
    watcher_close(&d->watcher);
    watcher_open(&d->watcher, d->s);
    d->state.is_last_reload_good = documents_load(d->s, d->engine, &d->s->log);
    if (d->state.is_last_reload_good)
        d->state.is_ready = true;
    else if (d->state.is_ready)
        log_line(&d->s->log, KEDA_LOG_WARN, "what ran before runs on", NULL, NULL);
    notify_send("READY=1");
}

/* Standard input has been read to its end: a second reading would find no documents at all. */
static bool reload(void *user)
{
    kedad *d = user;

    d->reload_at_ms = -1;
    if (d->s->npaths == 0) {
        log_line(&d->s->log, KEDA_LOG_INFO, "the cluster is watched: there is nothing to read",
                 NULL, NULL);
        return true;
    }
    if (d->watcher.reads_stdin) {
        log_line(&d->s->log, KEDA_LOG_WARN, "standard input cannot be read again", NULL, NULL);
        return false;
    }
    d->state.reloads++;
    load(d);
    if (d->state.is_last_reload_good)
        log_line(&d->s->log, KEDA_LOG_INFO, "documents read again", NULL, NULL);
    return d->state.is_last_reload_good;
}

static void dump_state(kedad *d)
{
    keda_workload_status status = {.struct_size = sizeof status};

    for (size_t i = 0; i < keda_engine_workload_count(d->engine); i++) {
        if (keda_engine_workload(d->engine, i, &status, NULL) != KEDA_OK)
            continue;
        const keda_log_pair pairs[] = {{"workload", status.id}, {"reason", status.text}};
        log_record(KEDA_LOG_INFO, "state", pairs, 2, &d->s->log);
    }
}

/* The second time at once. */
static void stop(kedad *d)
{
    d->is_over = d->is_stopping || d->cluster == NULL || !cluster_stop(d->cluster, STOP_MS);
    d->is_stopping = true;
}

static void serve_signals(kedad *d)
{
    struct signalfd_siginfo info;

    while (read(d->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            d->reload_at_ms = now_ms();
        else if (info.ssi_signo == SIGUSR1)
            dump_state(d);
        else
            stop(d);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static int wait_ms(kedad *d)
{
    const int64_t due_ms = keda_engine_next_due_ms(d->engine);
    int64_t wait = due_ms;

    d->due_at_ms = due_ms < 0 ? -1 : now_ms() + due_ms;
    for (size_t i = 0; i < NSERVERS; i++)
        if (d->servers[i] != NULL)
            wait = earlier(wait, server_timeout_ms(d->servers[i]));
    if (d->reload_at_ms >= 0) {
        const int64_t left = d->reload_at_ms - now_ms();
        wait = earlier(wait, left > 0 ? left : 0);
    }
    return wait < 0 || wait > 60000 ? (wait < 0 ? -1 : 60000) : (int)wait;
}

static keda_status serve(kedad *d, keda_error *err)
{
    struct pollfd fds[3 + NSERVERS] = {{.fd = keda_engine_fd(d->engine), .events = POLLIN},
                                       {.fd = d->signal_fd, .events = POLLIN},
                                       {.fd = d->watcher.fd, .events = POLLIN}};
    nfds_t n = 3;

    for (size_t i = 0; i < NSERVERS; i++)
        if (d->servers[i] != NULL)
            fds[n++] = (struct pollfd){.fd = server_fd(d->servers[i]), .events = POLLIN};
    if (poll(fds, n, wait_ms(d)) < 0 && errno != EINTR)
        return keda_error_set(err, KEDA_EINTERNAL, "poll: %s", strerror(errno));
    d->state.lateness_ms = d->due_at_ms >= 0 ? now_ms() - d->due_at_ms : 0;
    serve_signals(d);
    if (d->watcher.fd >= 0 && watcher_drain(&d->watcher) && !d->watcher.reads_stdin)
        d->reload_at_ms = now_ms() + SETTLE_MS;
    for (size_t i = 0; i < NSERVERS; i++)
        if (d->servers[i] != NULL)
            server_run(d->servers[i]);
    if (d->reload_at_ms >= 0 && now_ms() >= d->reload_at_ms)
        (void)reload(d);
    const keda_status rc = keda_engine_step(d->engine, err);
    d->is_over = d->is_over || (d->is_stopping && cluster_is_stopped(d->cluster));
    return rc;
}

static bool open_servers(kedad *d)
{
    const settings *s = d->s;
    const struct {
        server_kind kind;
        const char *address;
    } wanted[NSERVERS] = {{SERVER_METRICS, s->metrics_address},
                          {SERVER_HEALTH, s->health_address},
                          {SERVER_ADMIN, s->socket_path}};

    for (size_t i = 0; i < NSERVERS; i++) {
        const char *address = wanted[i].address;
        if (address[0] == '\0' || strcmp(address, "0") == 0)
            continue;
        d->servers[i] = server_open(wanted[i].kind, address, &d->state, &d->s->log);
        if (d->servers[i] == NULL)
            return false;
    }
    return true;
}

/* Signals are read from a descriptor; workers get the mask back from the pool's helper. */
static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static keda_status open_engine(kedad *d, keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;

    options.log = log_record;
    options.log_user = &d->s->log;
    options.is_dry_run = d->s->is_dry_run;
    options.is_strict = d->s->is_strict;
    options.deviations = d->s->deviations;
    options.has_deviations = d->s->has_deviations ? 1 : 0;
    options.plugin_path = d->s->plugin_path;
    options.state_path = d->s->state_path[0] != '\0' ? d->s->state_path : NULL;
    options.journal_path = d->s->journal_path;
    options.journal_max_bytes = d->s->journal_max_bytes;
    options.journal_files = d->s->journal_files;
    options.max_threads = d->s->max_threads;
    options.cluster_namespace =
        d->s->cluster_namespace != NULL ? d->s->cluster_namespace : d->s->space;
    options.shutdown_grace_ms = GRACE_MS;
    return keda_engine_new(&d->engine, &options, err);
}

/* Without documents there must be a cluster; with them only when one is named. */
static bool open_cluster(kedad *d)
{
    keda_error err = KEDA_ERROR_INIT;

    if (d->s->npaths > 0 && d->s->kubeconfig == NULL)
        return true;
    d->cluster = cluster_open(d->s, d->engine, &err);
    d->state.cluster = d->cluster;
    if (d->cluster == NULL) {
        log_line(&d->s->log, KEDA_LOG_ERROR,
                 err.code == KEDA_ENOTFOUND ? "no documents (-f) and no cluster"
                                            : "cannot use the cluster",
                 "error", err.text);
        return false;
    }
    log_line(&d->s->log, KEDA_LOG_INFO, "cluster", "address", cluster_server(d->cluster));
    return true;
}

int daemon_main(settings *s)
{
    keda_error err = KEDA_ERROR_INIT;
    kedad d = {.s = s, .signal_fd = -1, .watcher = {.fd = -1}, .reload_at_ms = -1};
    int rc = CLI_INTERNAL;

    d.signal_fd = open_signals();
    if (open_engine(&d, &err) != KEDA_OK) {
        log_line(&s->log, KEDA_LOG_ERROR, "cannot start", "error", err.text);
        rc = CLI_NEGATIVE;
        goto out;
    }
    d.state.engine = d.engine;
    d.state.reload = reload;
    d.state.reload_user = &d;
    log_line(&s->log, KEDA_LOG_INFO, "kedad starts", "version", keda_version());
    if (!open_cluster(&d)) {
        rc = CLI_NEGATIVE;
        goto out;
    }
    if (s->state_path[0] == '\0' && !s->is_state_off && !s->is_dry_run)
        log_line(
            &s->log, KEDA_LOG_WARN,
            "no state file: STATE_DIRECTORY, XDG_STATE_HOME and HOME are of no use; a restart "
            "forgets counts and activity (--state-file 0 to have it so)",
            NULL, NULL);
    load(&d);
    if (!d.state.is_ready || !open_servers(&d)) {
        rc = CLI_NEGATIVE;
        goto out;
    }
    while (!d.is_over && (rc = (int)serve(&d, &err)) == KEDA_OK)
        ;
    if (rc != KEDA_OK)
        log_line(&s->log, KEDA_LOG_ERROR, "cannot go on", "error", err.text);
    rc = rc == KEDA_OK ? CLI_OK : CLI_INTERNAL;
    notify_send("STOPPING=1");
    log_line(&s->log, KEDA_LOG_INFO, "kedad stops", NULL, NULL);
out:
    for (size_t i = 0; i < NSERVERS; i++)
        server_close(d.servers[i]);
    watcher_close(&d.watcher);
    cluster_close(d.cluster);
    keda_engine_free(d.engine);
    if (d.signal_fd >= 0)
        close(d.signal_fd);
    return rc;
}
