/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps an engine and a server in turn. Quiet is when neither has anything to do, several times over and
 * with a moment between where something may be on its way.
 */
#include "support/operator_rig.h"

#include "base/buf.h"
#include "kube/queue.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { QUIET_ROUNDS = 3, FLIGHT_MS = 20, PATIENCE_MS = 3, MOST_ROUNDS = 200000, NTEXTS = 4 };

/* ---- making */

void operator_rig_init(operator_rig *o, kube_peer *peer)
{
    *o = (operator_rig){.peer = peer};
    rig_init(&o->r);
    if (peer == NULL) {
        o->peer = kube_peer_open();
        o->owns_peer = true;
    }
    o->kube_options = (keda_kube_options)KEDA_KUBE_OPTIONS_INIT;
    o->kube_options.kubeconfig_text = kube_peer_kubeconfig(o->peer);
    o->kube_options.space = "keda";
    o->kube_options.qps = -1.0;
    o->options = (keda_operator_options)KEDA_OPERATOR_OPTIONS_INIT;
    o->r.options.cluster_namespace = "keda";
}

void operator_rig_start(operator_rig *o)
{
    keda_error *err = &o->r.err;

    rig_start(&o->r);
    o->kube_options.log = o->r.options.log;
    o->kube_options.log_user = o->r.options.log_user;
    cr_assert_eq(keda_kube_open(&o->kube, o->r.engine, &o->kube_options, err), KEDA_OK, "%s",
                 err->text);
    cr_assert_eq(keda_engine_on_kube(o->r.engine, o->kube, o->options.namespaces,
                                     o->options.nnamespaces, err),
                 KEDA_OK, "%s", err->text);
    cr_assert_eq(keda_operator_new(&o->op, o->r.engine, o->kube, &o->options, err), KEDA_OK,
                 "%s", err->text);
}

void operator_rig_open(operator_rig *o)
{
    operator_rig_init(o, NULL);
    operator_rig_start(o);
}

void operator_rig_crash(operator_rig *o)
{
    keda_operator_free(o->op);
    keda_kube_close(o->kube);
    rig_close(&o->r);
    o->op = NULL;
    o->kube = NULL;
    o->is_stopped = false;
}

void operator_rig_restart(operator_rig *o)
{
    if (o->op != NULL)
        operator_rig_crash(o);
    o->r.ndecisions = 0;
    operator_rig_start(o);
    operator_rig_settle(o);
}

static void stopped(void *user)
{
    operator_rig *o = user;
    cr_assert_not(o->is_stopped, "it stopped twice");
    o->is_stopped = true;
}

void operator_rig_stop(operator_rig *o, int64_t grace_ms)
{
    keda_operator_stop(o->op, grace_ms, stopped, o);
    cr_assert_not(o->is_stopped, "inside the call");
    operator_rig_run(o, grace_ms + 20000);
    cr_assert(o->is_stopped);
}

void operator_rig_close(operator_rig *o)
{
    operator_rig_crash(o);
    if (o->owns_peer)
        kube_peer_close(o->peer);
    o->peer = NULL;
}

/* ---- time */

static bool is_ready(const operator_rig *o, int wait_ms)
{
    struct pollfd fds[] = {{.fd = keda_engine_fd(o->r.engine), .events = POLLIN},
                           {.fd = kube_peer_fd(o->peer), .events = POLLIN}};
    return poll(fds, 2, wait_ms) > 0;
}

static bool step(operator_rig *o)
{
    bool was_busy = keda_engine_next_due_ms(o->r.engine) == 0 || is_ready(o, 0);

    rig_step(&o->r);
    while (kube_peer_step(o->peer))
        was_busy = true;
    return was_busy;
}

/* What has been sent takes a moment to arrive, loopback or not. */
static bool is_waiting(const operator_rig *o)
{
    return o->kube->queue->nflying > 0;
}

static void settle(operator_rig *a, operator_rig *b, bool is_patient)
{
    int quiet = 0;

    for (int i = 0; i < MOST_ROUNDS && quiet < QUIET_ROUNDS; i++) {
        bool was_busy = step(a);
        if (b != NULL)
            was_busy = step(b) || was_busy;
        quiet = was_busy ? 0 : quiet + 1;
        is_patient = is_patient || (was_busy && i > 0);
        if (was_busy)
            continue;
        const bool is_flying = is_waiting(a) || (b != NULL && is_waiting(b));
        if (is_flying || is_patient)
            (void)is_ready(a, is_flying ? FLIGHT_MS : PATIENCE_MS);
        if (b != NULL && is_flying)
            (void)is_ready(b, 1);
    }
    cr_assert_eq(quiet, QUIET_ROUNDS, "it does not come to rest");
}

void operator_rig_settle(operator_rig *o)
{
    settle(o, NULL, true);
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a > b ? a : b;
    return a < b ? a : b;
}

void operator_rigs_run(operator_rig *a, operator_rig *b, int64_t ms)
{
    settle(a, b, true);
    while (ms > 0) {
        int64_t next_ms = keda_engine_next_due_ms(a->r.engine);
        if (b != NULL)
            next_ms = earlier(next_ms, keda_engine_next_due_ms(b->r.engine));
        const int64_t by_ms = next_ms < 0 || next_ms > ms ? ms : next_ms > 0 ? next_ms : 1;
        fake_clock_advance(&a->r.clock, by_ms);
        if (b != NULL)
            fake_clock_advance(&b->r.clock, by_ms);
        ms -= by_ms;
        settle(a, b, false);
    }
}

void operator_rig_run(operator_rig *o, int64_t ms)
{
    operator_rigs_run(o, NULL, ms);
}

/* ---- objects */

void operator_rig_deploy(operator_rig *o, const char *name, int replicas)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":"
                   "\"%s\",\"namespace\":\"default\"},\"spec\":{\"replicas\":%d,\"selector\":{"
                   "\"matchLabels\":{\"app\":\"%s\"}},\"template\":{\"spec\":{\"containers\":[{"
                   "\"name\":\"main\",\"env\":[{\"name\":\"PASSWORD\",\"value\":\"from-env\"}]}"
                   "]}}},\"status\":{\"replicas\":%d}}",
                   name, replicas, name, replicas);
    kube_peer_put(o->peer, text);
}

void operator_rig_put(operator_rig *o, const char *name, const char *metadata, const char *spec)
{
    char text[4096];
    const char *triggers = strstr(spec, "\"triggers\"");
    char own[256] = "";

    if (triggers == NULL)
        (void)snprintf(own, sizeof own,
                       ",\"triggers\":[{\"type\":\"script\",\"metadata\":{\"source\":\"%s\"}}]",
                       name);
    const char *target =
        strstr(spec, "\"scaleTargetRef\"") == NULL ? ",\"scaleTargetRef\":{\"name\":\"" : NULL;
    char ref[128] = "";
    if (target != NULL)
        (void)snprintf(ref, sizeof ref, "%s%s\"}", target, name);
    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\","
                   "\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"%s},"
                   "\"spec\":{\"pollingInterval\":30%s%s%s}}",
                   name, metadata, ref, spec, own);
    kube_peer_put(o->peer, text);
}

int operator_rig_replicas(operator_rig *o, const char *name)
{
    const char *text = operator_rig_text(o, "Deployment", name, "spec.replicas");
    int replicas = -1;
    return sscanf(text, "%d", &replicas) == 1 ? replicas : -1;
}

static char *next_text(void)
{
    static char texts[NTEXTS][4096];
    static size_t next;
    return texts[next++ % NTEXTS];
}

static keda_json *parse(operator_rig *o, const char *kind, const char *space, const char *name)
{
    const char *text = kube_peer_get(o->peer, kind, space, name);
    keda_json *object = NULL;

    if (text != NULL)
        cr_assert_eq(keda_json_parse(&object, text, strlen(text), NULL), KEDA_OK);
    return object;
}

const char *operator_rig_text(operator_rig *o, const char *kind, const char *name,
                              const char *path)
{
    keda_json *object = parse(o, kind, "default", name);
    const keda_json *value = keda_json_get(object, path);
    char *out = next_text();
    keda_buf text = {0};

    if (value != NULL && keda_json_string(value) == NULL)
        cr_assert_eq(keda_json_write(value, buf_write, &text, NULL), KEDA_OK);
    (void)snprintf(out, 4096, "%s",
                   keda_json_string(value) != NULL ? keda_json_string(value)
                   : text.data != NULL             ? text.data
                                                   : "");
    keda_buf_clear(&text);
    keda_json_free(object);
    return out;
}

const char *operator_rig_condition(operator_rig *o, const char *name, const char *type)
{
    keda_json *object = parse(o, "ScaledObject", "default", name);
    const keda_json *all = keda_json_get(object, "status.conditions");
    char *out = next_text();

    out[0] = '\0';
    for (size_t i = 0; i < keda_json_count(all); i++) {
        const keda_json *c = keda_json_at(all, i, NULL);
        const char *message = keda_json_string(keda_json_get(c, "message"));
        const char *reason = keda_json_string(keda_json_get(c, "reason"));
        if (strcmp(keda_json_string(keda_json_get(c, "type")), type) == 0)
            (void)snprintf(out, 4096, "%s %s: %s", keda_json_string(keda_json_get(c, "status")),
                           reason != NULL ? reason : "", message != NULL ? message : "");
    }
    keda_json_free(object);
    return out;
}
