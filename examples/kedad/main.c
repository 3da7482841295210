/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedad's command line, with KEDA's spelling where KEDA has a flag.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kedad.h"

static const cli_option options[] = {
    {"filename", 'f', "FILE|DIR", "documents to run; repeatable; - is standard input"},
    {"dry-run", 0, NULL, "decide and write nothing"},
    {"strict", 0, NULL, "warnings about unknown fields are errors"},
    {"metrics-bind-address", 0, "HOST:PORT", "Prometheus metrics (127.0.0.1:8080; 0: off)"},
    {"health-probe-bind-address", 0, "HOST:PORT",
     "/healthz and /readyz (127.0.0.1:8081; 0: off)"},
    {"admin-socket", 0, "PATH", "for kedactl ($RUNTIME_DIRECTORY/kedad.sock; 0: off)"},
    {"state-file", 0, "PATH", "what survives a restart ($STATE_DIRECTORY/kedad.state; 0: off)"},
    {"max-threads", 0, "N", "threads of blocking triggers and brokers (64)"},
    {"plugin-dir", 0, "DIR", "folder of modules, before the default one"},
    {"log-level", 0, "LEVEL", "error, warn, info (default) or debug"},
    {"log-format", 0, "FORMAT", "console (on a terminal), json (elsewhere) or logfmt"},
    {"zap-log-level", 0, "LEVEL", "the same as --log-level"},
    {"zap-encoder", 0, "FORMAT", "the same as --log-format"},
    {"zap-time-encoding", 0, "NAME", "accepted, has no effect"},
    {"leader-elect", 0, NULL, "accepted; means nothing without a cluster"},
    {"leader-election-id", 0, "NAME", "accepted; means nothing without a cluster"},
    {"metrics-service-bind-address", 0, "ADDRESS", "accepted; there is no metrics service"},
    {"enable-cert-rotation", 0, NULL, "accepted; there is no webhook certificate"},
};

static const cli_program program = {
    .name = "kedad",
    .usage = "Usage: kedad -f FILE|DIR [-f ...] [OPTION...]\n\n"
             "Runs the ScaledObjects of the documents: asks their triggers, decides, scales.\n"
             "Documents are read again on SIGHUP and when they change; SIGTERM ends.\n",
    .options = options,
    .noptions = sizeof options / sizeof options[0],
};

static bool set_level(settings *s, const char *value)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};

    for (int32_t i = 0; i < 4; i++) {
        if (strcmp(value, names[i]) == 0) {
            s->log.level = i + KEDA_LOG_ERROR;
            return true;
        }
    }
    fprintf(stderr, "kedad: the log level is error, warn, info or debug, not \"%s\"\n", value);
    return false;
}

static bool set_format(settings *s, const char *value)
{
    static const char *const names[] = {"console", "json", "logfmt"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            s->log.format = (log_format)i;
            return true;
        }
    }
    fprintf(stderr, "kedad: the log format is console, json or logfmt, not \"%s\"\n", value);
    return false;
}

static bool set_threads(settings *s, const char *value)
{
    char *end;
    const long n = strtol(value, &end, 10);

    if (*value != '\0' && *end == '\0' && n >= 1 && n <= 10000) {
        s->max_threads = (int32_t)n;
        return true;
    }
    fprintf(stderr, "kedad: --max-threads is 1 to 10000, not \"%s\"\n", value);
    return false;
}

static bool add_path(settings *s, const char *path)
{
    if (s->npaths == KEDAD_PATHS) {
        fprintf(stderr, "kedad: more than %d -f; name a folder\n", KEDAD_PATHS);
        return false;
    }
    s->paths[s->npaths++] = path;
    return true;
}

/* Options whose value is kept as it is. */
static bool set_text(settings *s, const char *name, const char *value)
{
    if (strcmp(name, "metrics-bind-address") == 0)
        s->metrics_address = value;
    else if (strcmp(name, "health-probe-bind-address") == 0)
        s->health_address = value;
    else if (strcmp(name, "admin-socket") == 0)
        s->socket_path = value;
    else if (strcmp(name, "state-file") == 0)
        s->state_path = value;
    else if (strcmp(name, "plugin-dir") == 0)
        s->plugin_path = value;
    else
        return false;
    return true;
}

static bool on_option(const cli_option *option, const char *value, void *user)
{
    settings *s = user;
    const char *name = option->name;

    if (set_text(s, name, value))
        return true;
    if (option->letter == 'f')
        return add_path(s, value);
    if (strcmp(name, "log-level") == 0 || strcmp(name, "zap-log-level") == 0)
        return set_level(s, value);
    if (strcmp(name, "log-format") == 0 || strcmp(name, "zap-encoder") == 0)
        return set_format(s, value);
    if (strcmp(name, "max-threads") == 0)
        return set_threads(s, value);
    if (strcmp(name, "dry-run") == 0)
        s->is_dry_run = true;
    else if (strcmp(name, "strict") == 0)
        s->is_strict = true;
    else
        fprintf(stderr, "kedad: --%s %s\n", name, option->help);
    return true;
}

static const char *off_or(const char *text, const char *fallback)
{
    if (text == NULL)
        return fallback;
    return strcmp(text, "0") == 0 ? "" : text;
}

int main(int argc, char **argv)
{
    static char state_path[4096], socket_path[4096];
    settings s = {.log = {.level = KEDA_LOG_INFO, .fd = STDERR_FILENO}};
    int first;

    s.log.format = isatty(STDERR_FILENO) ? LOG_CONSOLE : LOG_JSON;
    const int rc = cli_parse(&program, argc, argv, on_option, &s, &first);
    if (rc >= 0)
        return rc;
    if (argv[first] != NULL) {
        fprintf(stderr, "kedad: unexpected argument %s; documents are given with -f\n",
                argv[first]);
        return CLI_USAGE;
    }
    if (s.npaths == 0) {
        fputs("kedad: no documents: -f FILE or -f DIR is needed\n", stderr);
        return CLI_USAGE;
    }
    if (s.state_path == NULL && !s.is_dry_run && cli_state_path(state_path, sizeof state_path))
        s.state_path = state_path;
    if (s.socket_path == NULL && cli_socket_path(socket_path, sizeof socket_path))
        s.socket_path = socket_path;
    s.is_state_off = s.state_path != NULL && strcmp(s.state_path, "0") == 0;
    s.state_path = off_or(s.state_path, "");
    s.socket_path = off_or(s.socket_path, "");
    s.metrics_address = off_or(s.metrics_address, "127.0.0.1:8080");
    s.health_address = off_or(s.health_address, "127.0.0.1:8081");
    return daemon_main(&s);
}
