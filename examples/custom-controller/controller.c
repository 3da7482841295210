/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A controller of one's own: scales a Deployment by a number that this program knows, here the one in a
 * file. The trigger type, its two parameters and the ScaledObject are all in this file; nothing else of
 * the cluster is asked for than the Deployment and its scale subresource.
 *
 *     controller --kubeconfig FILE --namespace NS --deployment NAME --signal FILE
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <keda/keda.h>

struct meta {
    char *file;
    double per_replica;
};

static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct meta, file, .name = "file", .help = "Holds the number."),
    KEDA_FIELD_DOUBLE(struct meta, per_replica, .name = "perReplica", .fallback = "10",
                      .help = "What one replica is expected to carry."),
};

static keda_status signal_specs(const void *meta, keda_spec_list *out, keda_error *err,
                                void *user)
{
    (void)user;
    return keda_spec_add(out, ((const struct meta *)meta)->per_replica, 0, err, "signal");
}

/* A file that cannot be read is unknown, which is not zero: nothing is scaled down for it. */
static void signal_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const struct meta *m = meta;
    keda_error err = KEDA_ERROR_INIT;
    FILE *file = fopen(m->file, "r");
    double value;

    (void)state;
    (void)user;
    if (file != NULL && fscanf(file, "%lf", &value) == 1) {
        keda_poll_value(poll, 0, value);
        keda_poll_done(poll);
    } else {
        keda_error_set(&err, KEDA_EUNAVAILABLE, "%s has no number", m->file);
        keda_poll_fail(poll, &err);
    }
    if (file != NULL)
        fclose(file);
}

static const keda_scaler_desc signal_scaler = {.struct_size = sizeof(keda_scaler_desc),
                                               .type = "signal",
                                               .summary = "A number in a file.",
                                               .fields = fields,
                                               .nfields = sizeof fields / sizeof fields[0],
                                               .field_size = sizeof(keda_field),
                                               .meta_size = sizeof(struct meta),
                                               .specs = signal_specs,
                                               .poll = signal_poll};

static void on_decision(const keda_decision_record *record, void *user)
{
    (void)user;
    if (record->decision->is_write)
        printf("%d -> %d: %s\n", record->decision->from, record->decision->to, record->text);
    fflush(stdout);
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    (void)user;
    for (size_t i = 0; level <= KEDA_LOG_WARN && i < npairs; i++)
        fprintf(stderr, "%s %s=\"%s\"", i == 0 ? message : "", pairs[i].key, pairs[i].value);
    if (level <= KEDA_LOG_WARN)
        fputc('\n', stderr);
}

static const char format[] =
    "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":{"
    "\"name\":\"%s\",\"namespace\":\"%s\",\"annotations\":{"
    "\"libkeda.io/polling-interval\":\"500ms\",\"libkeda.io/sync-interval\":\"500ms\"}},"
    "\"spec\":{\"scaleTargetRef\":{\"name\":\"%s\"},\"cooldownPeriod\":2,"
    "\"maxReplicaCount\":20,\"advanced\":{\"horizontalPodAutoscalerConfig\":{"
    "\"behavior\":{\"scaleDown\":{\"stabilizationWindowSeconds\":2}}}},"
    "\"triggers\":[{\"type\":\"signal\",\"metadata\":{\"file\":\"%s\"}}]}}";

static keda_engine *engine; /* here for on_signal */

static void on_signal(int number)
{
    (void)number;
    keda_engine_stop(engine);
}

static keda_status start(keda_kube **kube, const char *kubeconfig, const char *space,
                         const char *document, keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_kube_options cluster = KEDA_KUBE_OPTIONS_INIT;
    keda_status rc;

    options.on_decision = on_decision;
    options.log = cluster.log = on_log;
    cluster.kubeconfig = kubeconfig; /* NULL: as kubectl finds it, or the pod's own identity */
    if ((rc = keda_engine_new(&engine, &options, err)) != KEDA_OK ||
        (rc = keda_engine_register_scaler(engine, &signal_scaler, NULL, err)) != KEDA_OK ||
        (rc = keda_kube_open(kube, engine, &cluster, err)) != KEDA_OK ||
        (rc = keda_engine_on_kube(engine, *kube, &space, 1, err)) != KEDA_OK)
        return rc;
    return keda_engine_put(engine, "controller", document, NULL, err);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"--kubeconfig", "--namespace", "--deployment",
                                        "--signal"};
    const char *values[] = {NULL, "default", NULL, NULL};
    char document[4096];
    keda_error err = KEDA_ERROR_INIT;
    keda_kube *kube = NULL;

    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t j = 0; j < 4; j++)
            if (strcmp(argv[i], names[j]) == 0 && strpbrk(argv[i + 1], "\"\\\n") == NULL)
                values[j] = argv[i + 1];
    if (values[2] == NULL || values[3] == NULL ||
        snprintf(document, sizeof document, format, values[2], values[1], values[2],
                 values[3]) >= (int)sizeof document) {
        fputs("controller [--kubeconfig FILE] [--namespace NS] --deployment NAME "
              "--signal FILE\n",
              stderr);
        return 2;
    }
    keda_status rc = start(&kube, values[0], values[1], document, &err);
    if (rc == KEDA_OK) {
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        rc = keda_engine_run(engine, &err);
    }
    if (rc != KEDA_OK)
        fprintf(stderr, "%s\n", err.text);
    keda_kube_close(kube); /* before the engine it works on */
    keda_engine_free(engine);
    return rc != KEDA_OK;
}
