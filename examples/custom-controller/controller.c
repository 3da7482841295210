/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A controller of one's own: scales a Deployment by a number it knows itself, here that of a file.
 *
 *     controller --kubeconfig FILE --namespace NS --deployment NAME --signal FILE
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <keda/keda.h>

struct meta {
    char *file;
};

static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, file, .name = "file", .help = "Holds the number."),
};

static keda_status signal_specs(const void *meta, keda_spec_list *out, keda_error *err,
                                void *user)
{
    (void)meta;
    (void)user;
    return keda_spec_add(out, 10, 0, err, "signal"); /* what one replica is expected to carry */
}

/* A file that cannot be read is unknown, which is not zero: nothing is scaled down for it. */
static void signal_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const char *path = ((const struct meta *)meta)->file;
    keda_error err = KEDA_ERROR_INIT;
    char line[64] = "", *end = line;
    FILE *file = fopen(path, "r");

    (void)state;
    (void)user;
    const double value = file != NULL && fgets(line, 64, file) != NULL ? strtod(line, &end) : 0;
    if (file != NULL)
        fclose(file);
    if (end == line) {
        keda_error_set(&err, KEDA_EUNAVAILABLE, "%s has no number", path);
        keda_poll_fail(poll, &err);
        return;
    }
    keda_poll_value(poll, 0, value);
    keda_poll_done(poll);
}

static const keda_scaler_desc signal_scaler = {.struct_size = sizeof(keda_scaler_desc),
                                               .type = "signal",
                                               .summary = "A number in a file.",
                                               .fields = fields,
                                               .nfields = sizeof fields / sizeof fields[0],
                                               .meta_size = sizeof(struct meta),
                                               .specs = signal_specs,
                                               .poll = signal_poll};

static void on_decision(const keda_decision_record *record, void *user)
{
    (void)user;
    if (record->decision->is_write)
        printf("%d -> %d: %s\n", record->decision->from, record->decision->to, record->text);
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    (void)user;
    if (level > KEDA_LOG_WARN)
        return;
    for (size_t i = 0; i < npairs; i++)
        fprintf(stderr, "%s=\"%s\" ", pairs[i].key, pairs[i].value);
    fprintf(stderr, "%s\n", message);
}

static const char format[] =
    "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":{"
    "\"name\":\"%s\",\"namespace\":\"%s\",\"annotations\":{"
    "\"libkeda.io/polling-interval\":\"500ms\",\"libkeda.io/sync-interval\":\"500ms\"}},"
    "\"spec\":{\"scaleTargetRef\":{\"name\":\"%s\"},\"cooldownPeriod\":2,\"maxReplicaCount\":"
    "20,"
    "\"triggers\":[{\"type\":\"signal\",\"metadata\":{\"file\":\"%s\"}}]}}";

static keda_engine *engine;

static void *wait_for_end(void *signals)
{
    int number;
    (void)sigwait(signals, &number);
    keda_engine_stop(engine);
    return NULL;
}

static keda_status start(keda_kube **kube, const char *kubeconfig, const char *space,
                         const char *document, keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_kube_options cluster = KEDA_KUBE_OPTIONS_INIT;

    options.on_decision = on_decision;
    options.log = cluster.log = on_log;
    cluster.kubeconfig = kubeconfig; /* NULL: as kubectl finds it, or the pod's own identity */
    if (keda_engine_new(&engine, &options, err) != KEDA_OK ||
        keda_engine_register_scaler(engine, &signal_scaler, NULL, err) != KEDA_OK ||
        keda_kube_open(kube, engine, &cluster, err) != KEDA_OK ||
        keda_engine_on_kube(engine, *kube, &space, 1, err) != KEDA_OK)
        return (keda_status)err->code;
    return keda_engine_put(engine, "controller", document, NULL, err);
}

int main(int argc, char **argv)
{
    const char *names[] = {"--kubeconfig", "--namespace", "--deployment", "--signal"};
    const char *values[] = {NULL, "default", NULL, NULL};
    char text[4096];
    keda_error err = KEDA_ERROR_INIT;
    keda_kube *kube = NULL;
    sigset_t signals;
    pthread_t waiter;

    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t j = 0; j < 4; j++)
            if (strcmp(argv[i], names[j]) == 0 && strpbrk(argv[i + 1], "\"\\\n") == NULL)
                values[j] = argv[i + 1];
    if (values[2] == NULL || values[3] == NULL) {
        fprintf(stderr, "usage: %s --deployment NAME --signal FILE\n", argv[0]);
        return 2;
    }
    snprintf(text, sizeof text, format, values[2], values[1], values[2], values[3]);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* of all threads: one waits for it */
    keda_status rc = start(&kube, values[0], values[1], text, &err);
    if (rc == KEDA_OK && pthread_create(&waiter, NULL, wait_for_end, &signals) == 0) {
        rc = keda_engine_run(engine, &err);
        pthread_cancel(waiter);
        pthread_join(waiter, NULL);
    }
    if (rc != KEDA_OK)
        fprintf(stderr, "%s\n", err.text);
    keda_kube_close(kube); /* before the engine it works on */
    keda_engine_free(engine);
    return rc != KEDA_OK;
}
