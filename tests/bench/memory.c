/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a workload weighs: makes an engine by public calls alone, puts a thousand and then ten thousand
 * more ScaledObjects of one trigger, lets each decide several times, and divides what malloc has given
 * out meanwhile, its own headers and rounding included. Run by memory-bench, which knows the limits.
 */
#include <keda/keda.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 1000, ALL = 11000, SOURCE_SIZE = 2048, POLL_MS = 30000, STEP_MS = 5000 };

/* ---- peers: a trigger type whose answers vary, a target that keeps what is set, a clock that is moved */

typedef struct meta {
    char *queue, *password;
    double target;
} meta;

static const keda_field fields[] = {
    KEDA_FIELD_STRING(meta, queue, .name = "queueName", .help = "Which queue."),
    KEDA_FIELD_STRING(meta, password, .name = "password", .flags = KEDA_OPTIONAL | KEDA_SECRET,
                      .from = {KEDA_FROM_AUTH}, .help = "A secret."),
    KEDA_FIELD_DOUBLE(meta, target, .name = "queueLength", .help = "Carried by one replica."),
};

static keda_status give_specs(const void *from, keda_spec_list *out, keda_error *err,
                              void *user)
{
    const meta *m = from;
    (void)user;
    return keda_spec_add(out, m->target, 0.0, err, "scripted-%s", m->queue);
}

static int64_t now_ms;

static void answer(void *state, const void *from, keda_poll *poll, void *user)
{
    (void)state;
    (void)from;
    (void)user;
    keda_poll_value(poll, 0, (double)(25 + now_ms / POLL_MS * 10));
    keda_poll_done(poll);
}

static const keda_scaler_desc scripted = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "scripted",
    .summary = "Answers by the clock.",
    .metrics_name = "scripted",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(meta),
    .state_size = 0,
    .specs = give_specs,
    .poll = answer,
};

static int32_t replicas[ALL];
static size_t ndecisions;

static int32_t *replicas_of(const char *name)
{
    return &replicas[strtol(strrchr(name, '-') + 1, NULL, 10)];
}

static int32_t get(const char *space, const char *name, void *user)
{
    (void)space;
    (void)user;
    return *replicas_of(name);
}

static keda_status set(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user)
{
    (void)space;
    (void)err;
    (void)user;
    *replicas_of(name) = to;
    return KEDA_OK;
}

static void on_decision(const keda_decision_record *record, void *user)
{
    (void)record;
    (void)user;
    ndecisions++;
}

static int64_t give_now(void *user)
{
    (void)user;
    return now_ms;
}

static int64_t give_wall(void *user)
{
    (void)user;
    return INT64_C(1770000000000) + now_ms;
}

/* ---- workloads */

static void check(keda_status rc, const keda_error *err)
{
    if (rc == KEDA_OK)
        return;
    (void)fprintf(stderr, "memory: %s\n", err->text);
    exit(2);
}

static const char credentials[] =
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: queue-credentials, namespace: "
    "production}\n"
    "stringData: {password: correct-horse-battery}\n"
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
    "metadata: {name: queue-access, namespace: production}\n"
    "spec: {secretTargetRef: [{parameter: password, name: queue-credentials, key: "
    "password}]}\n";

static void put_workload(keda_engine *e, int number, const char *extra)
{
    char id[64], text[SOURCE_SIZE];
    keda_error err = KEDA_ERROR_INIT;

    (void)snprintf(id, sizeof id, "production/orders-worker-%05d", number);
    (void)snprintf(text, sizeof text,
                   "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                   "metadata: {name: orders-worker-%05d, namespace: production}\n"
                   "spec:\n"
                   "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, "
                   "name: orders-worker-%05d}\n"
                   "  maxReplicaCount: 50\n"
                   "  triggers:\n"
                   "  - type: scripted\n"
                   "    metadata: {queueName: orders-%05d, queueLength: \"10\"}\n%s",
                   number, number, number, extra);
    check(keda_engine_put(e, id, text, NULL, &err), &err);
}

static void run(keda_engine *e, int64_t ms)
{
    keda_error err = KEDA_ERROR_INIT;

    for (const int64_t until_ms = now_ms + ms; now_ms < until_ms; now_ms += STEP_MS) {
        do
            check(keda_engine_step(e, &err), &err);
        while (keda_engine_next_due_ms(e) == 0);
    }
}

/* Bytes in use once workloads up to this number have decided several times. */
static size_t weigh(keda_engine *e, int from, int to, const char *extra)
{
    for (int i = from; i < to; i++)
        put_workload(e, i, extra);
    ndecisions = 0;
    run(e, INT64_C(5) * POLL_MS);
    if (ndecisions < (size_t)to * 8) {
        (void)fprintf(stderr, "memory: only %zu decisions of %d workloads\n", ndecisions, to);
        exit(2);
    }
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

int main(int argc, char **argv)
{
    const int is_secured = argc == 2 && strcmp(argv[1], "secured") == 0;
    const keda_clock clock = {
        .struct_size = sizeof clock, .now_ms = give_now, .wall_ms = give_wall};
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    const keda_callback_target target = {.struct_size = sizeof target, .get = get, .set = set};
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *e = NULL;

    if (argc > 2 || (argc == 2 && !is_secured)) {
        (void)fprintf(stderr, "usage: memory [secured]\n");
        return 2;
    }
    options.clock = &clock;
    options.on_decision = on_decision;
    options.seed = 1;
    check(keda_engine_new(&e, &options, &err), &err);
    check(keda_engine_register_scaler(e, &scripted, NULL, &err), &err);
    check(keda_engine_on_scale(e, &target, &err), &err);
    if (is_secured)
        check(keda_engine_put(e, "credentials", credentials, NULL, &err), &err);
    const char *extra = is_secured ? "    authenticationRef: {name: queue-access}\n" : "";
    const size_t before = weigh(e, 0, FIRST, extra);
    const size_t after = weigh(e, FIRST, ALL, extra);
    (void)printf("%zu\n", (after - before + (ALL - FIRST) / 2) / (ALL - FIRST));
    keda_engine_free(e);
    return 0;
}
