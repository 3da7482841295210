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
    {"deviations", 0, "LIST", "where to differ from KEDA: names, default, all or none"},
    {"metrics-bind-address", 0, "HOST:PORT", "Prometheus metrics (127.0.0.1:8080; 0: off)"},
    {"health-probe-bind-address", 0, "HOST:PORT",
     "/healthz and /readyz (127.0.0.1:8081; 0: off)"},
    {"admin-socket", 0, "PATH", "for kedactl ($RUNTIME_DIRECTORY/kedad.sock; 0: off)"},
    {"state-file", 0, "PATH", "what survives a restart ($STATE_DIRECTORY/kedad.state; 0: off)"},
    {"journal", 0, "FILE", "every decision with its inputs, for kedactl replay and explain"},
    {"journal-max-bytes", 0, "N", "then it becomes FILE.1 (67108864)"},
    {"journal-files", 0, "N", "how many such files are kept (1)"},
    {"max-threads", 0, "N", "threads of blocking triggers and brokers (64)"},
    {"plugin-dir", 0, "DIR", "folder of modules, before the default one"},
    {"log-level", 0, "LEVEL", "error, warn, info (default) or debug"},
    {"log-format", 0, "FORMAT", "console (on a terminal), json (elsewhere) or logfmt"},
    {"zap-log-level", 0, "LEVEL", "the same as --log-level"},
    {"zap-encoder", 0, "FORMAT", "the same as --log-format"},
    {"zap-time-encoding", 0, "NAME", "accepted, has no effect"},
    {"kubeconfig", 0, "FILE", "the cluster ($KUBECONFIG, in-cluster, ~/.kube/config)"},
    {"context", 0, "NAME", "of the kubeconfig (its current-context)"},
    {"namespace", 'n', "NAME", "its own: Lease, ClusterTriggerAuthentications' Secrets"},
    {"watch-namespace", 0, "LIST", "namespaces it works for ($WATCH_NAMESPACE; all)"},
    {"watch-label-selector", 0, "SELECTOR", "ScaledObjects it works for (all)"},
    {"leader-elect", 0, NULL, "works only while it holds the Lease"},
    {"leader-election-id", 0, "NAME", "the Lease (kedad.libkeda.io)"},
    {"kube-api-qps", 0, "N", "requests a second to the API server (20)"},
    {"kube-api-burst", 0, "N", "requests at once after a pause (30)"},
    {"metrics-service-bind-address", 0, "ADDRESS", "accepted; there is no metrics service"},
    {"enable-cert-rotation", 0, NULL, "accepted; there is no webhook certificate"},
};

static const cli_program program = {
    .name = "kedad",
    .usage =
        "Usage: kedad [-f FILE|DIR]... [OPTION...]\n\n"
        "Runs ScaledObjects: asks their triggers, decides, scales. Without -f they are the "
        "cluster's.\n"
        "Files are read again on SIGHUP and when they change; SIGTERM ends.\n",
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

/* Options that are whole numbers. */
static bool set_whole(settings *s, const char *name, const char *value, bool *is_right)
{
    const struct {
        const char *name;
        long long min, max;
        int32_t *place;
        int64_t *large; /* instead */
    } places[] = {
        {"max-threads", 1, 10000, &s->max_threads, NULL},
        {"journal-max-bytes", 65536, 1LL << 40, NULL, &s->journal_max_bytes},
        {"journal-files", 1, 1000, &s->journal_files, NULL},
    };
    size_t i = 0;
    char *end;

    while (i < sizeof places / sizeof places[0] && strcmp(name, places[i].name) != 0)
        i++;
    if (i == sizeof places / sizeof places[0])
        return false;
    const long long n = strtoll(value, &end, 10);
    *is_right = *value != '\0' && *end == '\0' && n >= places[i].min && n <= places[i].max;
    if (!*is_right)
        fprintf(stderr, "kedad: --%s is %lld to %lld, not \"%s\"\n", name, places[i].min,
                places[i].max, value);
    else if (places[i].large != NULL)
        *places[i].large = n;
    else if (places[i].place != NULL)
        *places[i].place = (int32_t)n;
    return true;
}

static bool set_number(const char *name, const char *value, double *out)
{
    char *end;
    const double n = strtod(value, &end);

    if (*value != '\0' && *end == '\0' && n >= 1.0 && n <= 1e6) {
        *out = n;
        return true;
    }
    fprintf(stderr, "kedad: --%s is 1 to 1000000, not \"%s\"\n", name, value);
    return false;
}

static bool set_burst(settings *s, const char *value)
{
    double n = 0.0;

    if (!set_number("kube-api-burst", value, &n))
        return false;
    s->burst = (int32_t)n;
    return true;
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
    const struct {
        const char *name;
        const char **place;
    } places[] = {{"metrics-bind-address", &s->metrics_address},
                  {"health-probe-bind-address", &s->health_address},
                  {"admin-socket", &s->socket_path},
                  {"state-file", &s->state_path},
                  {"journal", &s->journal_path},
                  {"plugin-dir", &s->plugin_path},
                  {"kubeconfig", &s->kubeconfig},
                  {"context", &s->context},
                  {"namespace", &s->space},
                  {"watch-namespace", &s->watch_namespaces},
                  {"watch-label-selector", &s->label_selector},
                  {"leader-election-id", &s->lease_name}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(name, places[i].name) == 0) {
            *places[i].place = value;
            return true;
        }
    }
    return false;
}

static bool set_deviations(settings *s, const char *value)
{
    s->has_deviations = cli_deviations("kedad", value, &s->deviations);
    return s->has_deviations;
}

/* Options without a value. */
static bool set_flag(settings *s, const char *name)
{
    if (strcmp(name, "dry-run") == 0)
        s->is_dry_run = true;
    else if (strcmp(name, "leader-elect") == 0)
        s->is_leader_elected = true;
    else if (strcmp(name, "strict") == 0)
        s->is_strict = true;
    else
        return false;
    return true;
}

/* What KEDA's operator knows and kedad has no use for. */
static bool only_accept(const cli_option *option)
{
    fprintf(stderr, "kedad: --%s %s\n", option->name, option->help);
    return true;
}

static bool on_option(const cli_option *option, const char *value, void *user)
{
    settings *s = user;
    const char *name = option->name;
    bool is_right = true;

    if (value == NULL ? set_flag(s, name) : set_text(s, name, value))
        return true;
    if (value != NULL && set_whole(s, name, value, &is_right))
        return is_right;
    if (value == NULL)
        return only_accept(option);
    if (option->letter == 'f')
        return add_path(s, value);
    if (strcmp(name, "log-level") == 0 || strcmp(name, "zap-log-level") == 0)
        return set_level(s, value);
    if (strcmp(name, "log-format") == 0 || strcmp(name, "zap-encoder") == 0)
        return set_format(s, value);
    if (strcmp(name, "deviations") == 0)
        return set_deviations(s, value);
    if (strcmp(name, "kube-api-qps") == 0)
        return set_number(name, value, &s->qps);
    if (strcmp(name, "kube-api-burst") == 0)
        return set_burst(s, value);
    return only_accept(option);
}

static const char *off_or(const char *text, const char *fallback)
{
    if (text == NULL)
        return fallback;
    return strcmp(text, "0") == 0 ? "" : text;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* What lies outside the command line: places of files, KEDA's variables. In a cluster, probes and
 * Prometheus come from outside, and state is the cluster's. */
static void set_defaults(settings *s)
{
    static char state_path[4096], socket_path[4096];
    const bool is_operator = s->npaths == 0;
    const bool is_pod =
        is_operator && s->kubeconfig == NULL && variable("KUBERNETES_SERVICE_HOST") != NULL;

    if (is_operator)
        s->state_path = "0";
    if (s->state_path == NULL && !s->is_dry_run &&
        cli_state_path(state_path, sizeof state_path))
        s->state_path = state_path;
    if (s->socket_path == NULL && cli_socket_path(socket_path, sizeof socket_path))
        s->socket_path = socket_path;
    s->is_state_off = s->state_path != NULL && strcmp(s->state_path, "0") == 0;
    s->state_path = off_or(s->state_path, "");
    s->socket_path = off_or(s->socket_path, "");
    s->metrics_address = off_or(s->metrics_address, is_pod ? ":8080" : "127.0.0.1:8080");
    s->health_address = off_or(s->health_address, is_pod ? ":8081" : "127.0.0.1:8081");
    if (s->watch_namespaces == NULL)
        s->watch_namespaces = variable("WATCH_NAMESPACE");
    if (s->label_selector == NULL)
        s->label_selector = variable("WATCH_LABEL_SELECTOR");
    if (s->space == NULL)
        s->space = variable("POD_NAMESPACE");
    s->cluster_namespace = variable("KEDA_CLUSTER_OBJECT_NAMESPACE");
}

int main(int argc, char **argv)
{
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
    set_defaults(&s);
    return daemon_main(&s);
}
