/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedad: the reference daemon. What its parts share; main.c reads the command line, daemon.c is the
 * loop, and each other part does one thing that the loop waits for.
 */
#ifndef KEDAD_H
#define KEDAD_H

#include <poll.h>

#include "cli.h"

#define KEDAD_PATHS      64
#define KEDAD_NAMESPACES 64

/* ---- log.c: records to standard error ------------------------------------------------------- */

typedef enum log_format { LOG_CONSOLE, LOG_JSON, LOG_LOGFMT } log_format;
typedef struct log_writer {
    log_format format;
    int32_t level; /* the least important that is written */
    int fd;
    int64_t dropped; /* since the last record that was written */
    bool is_torn;    /* the last line lacks its end */
} log_writer;
void log_record(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                void *user); /* a keda_log_fn; user: log_writer */
void log_line(log_writer *log, int32_t level, const char *message, const char *key,
              const char *value); /* key NULL: no pair */

/* ---- main.c: what the command line says ----------------------------------------------------- */

typedef struct settings {
    const char *paths[KEDAD_PATHS]; /* -f, in order */
    size_t npaths;
    const char *metrics_address; /* host:port; "0": off */
    const char *health_address;
    const char *state_path;    /* "": none */
    const char *socket_path;   /* "": none */
    const char *journal_path;  /* NULL: none */
    int64_t journal_max_bytes; /* 0: the library's default; likewise the next */
    int32_t journal_files;
    const char *plugin_path;
    int32_t max_threads; /* 0: the library's default */
    /* the cluster; without any -f, or with a kubeconfig */
    const char *kubeconfig, *context, *space; /* NULL: as kubectl finds them */
    const char *watch_namespaces;             /* comma list; NULL: all */
    const char *label_selector;
    const char *cluster_namespace; /* of ClusterTriggerAuthentications' Secrets */
    const char *lease_name;
    double qps; /* 0: the library's default */
    int32_t burst;
    bool is_leader_elected;
    uint32_t deviations;
    bool has_deviations;
    bool is_dry_run, is_strict, is_state_off;
    log_writer log;
} settings;

/* ---- documents.c: reading, reloading, watching ---------------------------------------------- */

#define WATCHER_NAMES (2 * KEDAD_PATHS)
typedef struct watcher {
    int fd; /* inotify; -1: none */
    bool reads_stdin;
    char names[WATCHER_NAMES]
              [256]; /* files and folders that were named, and what links lead to */
    size_t nnames;
} watcher;
void watcher_open(watcher *w,
                  const settings *s); /* again after a change: folders come and go */
bool watcher_drain(watcher *w);       /* true when something of ours may have changed */
void watcher_close(watcher *w);
/* Reads all paths and makes them the engine's documents; says every finding. */
bool documents_load(const settings *s, keda_engine *engine, log_writer *log);

/* ---- cluster.c: Kubernetes ------------------------------------------------------------------ */

typedef struct cluster cluster;
/* NULL with err when there is no identity or it is unusable. */
cluster *cluster_open(settings *s, keda_engine *engine, keda_error *err);
const char *cluster_server(const cluster *c);
/* Its collections are listed, or another one leads. */
bool cluster_is_ready(const cluster *c);
keda_status cluster_metrics(const cluster *c, keda_write_fn write, void *user, keda_error *err);
/* Begins to end in good order; false: there is nothing to wait for. */
bool cluster_stop(cluster *c, int64_t grace_ms);
bool cluster_is_stopped(const cluster *c);
void cluster_close(cluster *c); /* before the engine is freed; NULL is fine */

/* ---- server.c: HTTP for people, probes and Prometheus --------------------------------------- */

typedef struct server server;
typedef struct server_state { /* what the handlers read */
    keda_engine *engine;
    const cluster *cluster; /* NULL: none */
    bool is_ready;
    bool (*reload)(void *user); /* reads the documents again; true when they were taken */
    void *reload_user;
    int reloads;
    bool is_last_reload_good;
    int64_t lateness_ms; /* how late the last step came */
} server_state;
typedef enum server_kind { SERVER_METRICS, SERVER_HEALTH, SERVER_ADMIN } server_kind;
/* address: host:port, port 0 for any; a path for SERVER_ADMIN. NULL after having said why not. */
server *server_open(server_kind kind, const char *address, server_state *state,
                    log_writer *log);
int server_fd(const server *srv);
void server_run(server *srv);
int64_t server_timeout_ms(const server *srv); /* -1: none */
void server_close(server *srv);

/* ---- notify.c: systemd ---------------------------------------------------------------------- */
void notify_send(const char *text); /* "READY=1"; nothing without NOTIFY_SOCKET */

/* ---- daemon.c ------------------------------------------------------------------------------- */
int daemon_main(settings *s);

#endif
