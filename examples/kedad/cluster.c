/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedad on a cluster: the client, the scale targets and the operator, by public calls. With -f and
 * --kubeconfig the documents are files and only their targets lie in the cluster.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kedad.h"

struct cluster {
    keda_kube *kube;
    keda_operator *operator;
    bool is_stopped; /* the operator has said so */
    char *names;     /* the list of namespaces, cut at its commas */
    const char *namespaces[KEDAD_NAMESPACES];
    size_t nnamespaces;
};

/* (KEDA: a comma list without trimming; empty or "" means all) */
static bool split_namespaces(cluster *c, const settings *s)
{
    if (s->watch_namespaces == NULL || s->watch_namespaces[0] == '\0' ||
        strcmp(s->watch_namespaces, "\"\"") == 0)
        return true;
    c->names = strdup(s->watch_namespaces);
    for (char *at = c->names; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = '\0';
        if (c->nnamespaces == KEDAD_NAMESPACES) {
            fprintf(stderr, "kedad: more than %d namespaces to watch; leave the list out\n",
                    KEDAD_NAMESPACES);
            return false;
        }
        if (at[0] != '\0')
            c->namespaces[c->nnamespaces++] = at;
        at = comma == NULL ? NULL : comma + 1;
    }
    return c->names != NULL;
}

/* A Go duration as KEDA's variables hold it: "15s", "1m30s", "500ms". Negative: it is none. */
static int64_t duration_ms(const char *text)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1.0}, {"s", 1000.0}, {"m", 60000.0}, {"h", 3600000.0}};
    double total = 0.0;

    while (*text != '\0') {
        char *end;
        const double n = strtod(text, &end);
        size_t i = 0;
        while (i < 4 && strncmp(end, units[i].unit, strlen(units[i].unit)) != 0)
            i++;
        if (end == text || i == 4 || !isfinite(n) || n < 0.0)
            return -1;
        total += n * units[i].ms;
        text = end + strlen(units[i].unit);
    }
    return total >= 1.0 && total <= 86400000.0 ? (int64_t)total : -1;
}

static bool read_duration(const char *name, int64_t *out)
{
    const char *value = getenv(name);

    if (value == NULL || value[0] == '\0')
        return true;
    if ((*out = duration_ms(value)) > 0)
        return true;
    fprintf(stderr, "kedad: %s must be a duration such as 15s, not \"%s\"\n", name, value);
    return false;
}

static bool read_lease_times(keda_operator_options *o)
{
    return read_duration("KEDA_OPERATOR_LEADER_ELECTION_LEASE_DURATION",
                         &o->lease_duration_ms) &&
           read_duration("KEDA_OPERATOR_LEADER_ELECTION_RENEW_DEADLINE",
                         &o->renew_deadline_ms) &&
           read_duration("KEDA_OPERATOR_LEADER_ELECTION_RETRY_PERIOD", &o->retry_ms);
}

static bool is_true(const char *value)
{
    return value != NULL && (value[0] == 't' || value[0] == 'T') &&
           (value[1] == 'r' || value[1] == 'R') && (value[2] == 'u' || value[2] == 'U') &&
           (value[3] == 'e' || value[3] == 'E') && value[4] == '\0';
}

static keda_status open_client(cluster *c, settings *s, keda_engine *e, keda_error *err)
{
    keda_kube_options options = KEDA_KUBE_OPTIONS_INIT;
    keda_status rc;

    options.kubeconfig = s->kubeconfig;
    options.context = s->context;
    options.space = s->space;
    options.qps = s->qps;
    options.burst = s->burst;
    options.user_agent = "kedad/" KEDA_PROGRAM_VERSION;
    options.plugin_path = s->plugin_path;
    options.log = log_record;
    options.log_user = &s->log;
    if ((rc = keda_kube_open(&c->kube, e, &options, err)) != KEDA_OK)
        return rc;
    return keda_engine_on_kube(e, c->kube, c->namespaces, c->nnamespaces, err);
}

static keda_status open_operator(cluster *c, const settings *s, keda_engine *e, keda_error *err)
{
    keda_operator_options options = KEDA_OPERATOR_OPTIONS_INIT;
    const char *pod = getenv("POD_NAME");

    options.namespaces = c->namespaces;
    options.nnamespaces = c->nnamespaces;
    options.label_selector = s->label_selector;
    options.cluster_namespace = s->cluster_namespace;
    options.is_secret_access_restricted = is_true(getenv("KEDA_RESTRICT_SECRET_ACCESS"));
    options.is_leader_elected = s->is_leader_elected;
    options.identity = pod != NULL && pod[0] != '\0' ? pod : NULL;
    options.lease_name = s->lease_name;
    if (!read_lease_times(&options))
        return keda_error_set(err, KEDA_EINVAL, "the election's times are unusable");
    return keda_operator_new(&c->operator, e, c->kube, &options, err);
}

cluster *cluster_open(settings *s, keda_engine *e, keda_error *err)
{
    cluster *c = calloc(1, sizeof *c);
    keda_status rc = KEDA_OK;

    if (c == NULL) {
        keda_error_set(err, KEDA_ENOMEM, "out of memory");
        return NULL;
    }
    if (!split_namespaces(c, s))
        rc = keda_error_set(err, KEDA_EINVAL, "the namespaces to watch are unusable");
    if (rc == KEDA_OK)
        rc = open_client(c, s, e, err);
    if (rc == KEDA_OK && s->npaths == 0)
        rc = open_operator(c, s, e, err);
    if (rc == KEDA_OK)
        return c;
    cluster_close(c);
    return NULL;
}

const char *cluster_server(const cluster *c)
{
    return keda_kube_server(c->kube);
}

bool cluster_is_ready(const cluster *c)
{
    keda_operator_status status = {.struct_size = sizeof status};

    if (c->operator== NULL)
        return true;
    keda_operator_get_status(c->operator, & status);
    return status.is_synced || !status.is_leader;
}

keda_status cluster_metrics(const cluster *c, keda_write_fn write, void *user, keda_error *err)
{
    return c->operator== NULL ? KEDA_OK : keda_operator_metrics(c->operator, write, user, err);
}

static void on_stopped(void *user)
{
    cluster *c = user;
    c->is_stopped = true;
}

bool cluster_stop(cluster *c, int64_t grace_ms)
{
    if (c->operator== NULL)
        return false;
    keda_operator_stop(c->operator, grace_ms, on_stopped, c);
    return true;
}

bool cluster_is_stopped(const cluster *c)
{
    return c->is_stopped;
}

void cluster_close(cluster *c)
{
    if (c == NULL)
        return;
    keda_operator_free(c->operator);
    keda_kube_close(c->kube);
    free(c->names);
    free(c);
}
