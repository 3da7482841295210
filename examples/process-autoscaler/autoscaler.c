/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker processes scaled by the host's own signal: one process per LOAD units that the program reads
 * from its standard input ("12\n", "0\n"), at most MAX. The scaler, its two parameters and the pool's
 * document are all in this file; the engine runs on the program's own poll loop.
 *
 *     (echo 25; sleep 5; echo 0; sleep 10) | ./process-autoscaler 10 4 sleep 1000
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <keda/keda.h>

static double load; /* last number read */

static keda_status load_specs(const void *meta, keda_spec_list *out, keda_error *err,
                              void *user)
{
    (void)meta;
    return keda_spec_add(out, *(const double *)user, 0, err, "load");
}

static void load_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    keda_poll_value(poll, 0, load);
    keda_poll_done(poll);
}

static const keda_scaler_desc load_scaler = {.struct_size = sizeof(keda_scaler_desc),
                                             .type = "load",
                                             .summary = "A number on standard input.",
                                             .field_size = sizeof(keda_field),
                                             .specs = load_specs,
                                             .poll = load_poll};

static void on_decision(const keda_decision_record *record, void *user)
{
    (void)user;
    if (record->decision->is_write)
        printf("%d -> %d: %s\n", record->decision->from, record->decision->to, record->text);
    fflush(stdout);
}

/* The two documents as JSON; arguments are quoted as JSON texts. */
static void print_documents(FILE *out, const char *max, char **command)
{
    fprintf(
        out,
        "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":{\"name\":"
        "\"workers\",\"annotations\":{\"libkeda.io/polling-interval\":\"200ms\","
        "\"libkeda.io/sync-interval\":\"200ms\"}},\"spec\":{\"cooldownPeriod\":2,"
        "\"maxReplicaCount\":%s,\"advanced\":{\"horizontalPodAutoscalerConfig\":{\"behavior\":"
        "{\"scaleDown\":{\"stabilizationWindowSeconds\":1}}}},\"scaleTargetRef\":{"
        "\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"ProcessPool\",\"name\":\"workers\"},"
        "\"triggers\":[{\"type\":\"load\",\"metadata\":{}}]}}\n---\n"
        "{\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"ProcessPool\",\"metadata\":{"
        "\"name\":\"workers\"},\"spec\":{\"gracePeriodSeconds\":2,\"command\":[",
        max);
    for (char **word = command; *word != NULL; word++) {
        fputs(word == command ? "\"" : ",\"", out);
        for (const char *c = *word; *c != '\0'; c++)
            fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        fputc('"', out);
    }
    fputs("]}}\n", out);
}

static keda_status start(keda_engine **engine, double *unit, const char *max, char **command,
                         keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    keda_status rc;

    options.on_decision = on_decision;
    if (out == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    print_documents(out, max, command);
    fclose(out);
    if ((rc = keda_engine_new(engine, &options, err)) == KEDA_OK &&
        (rc = keda_engine_register_scaler(*engine, &load_scaler, unit, err)) == KEDA_OK)
        rc = keda_engine_put(*engine, "workers", text, NULL, err);
    free(text);
    return rc;
}

/* False at the end of the input. */
static int read_load(void)
{
    char line[64];
    const ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
    if (n <= 0)
        return 0;
    line[n] = '\0';
    load = strtod(line, NULL);
    return 1;
}

int main(int argc, char **argv)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    double unit;
    int rc = 1;

    if (argc < 4 || (unit = strtod(argv[1], NULL)) <= 0) {
        fprintf(stderr, "usage: %s LOAD MAX COMMAND [ARGUMENT...] < numbers\n", argv[0]);
        return 2;
    }
    if (start(&engine, &unit, argv[2], argv + 3, &err) != KEDA_OK)
        goto out;
    for (int is_open = 1; is_open;) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = keda_engine_fd(engine), .events = POLLIN}};
        if (poll(fds, 2, (int)keda_engine_next_due_ms(engine)) < 0 && errno != EINTR)
            break;
        if (fds[0].revents != 0)
            is_open = read_load();
        if (keda_engine_step(engine, &err) != KEDA_OK)
            goto out;
    }
    rc = 0;
out:
    if (rc != 0)
        fprintf(stderr, "%s\n", err.text);
    keda_engine_free(engine);
    return rc;
}
