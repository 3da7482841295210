/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `make demo`: Kafka lag scales a pool of worker processes 0 -> N -> 0 with nothing installed. The
 * engine is the one kedad runs; here the demo's own loop drives it by descriptor and deadline.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <keda/keda.h>

#include "demo.h"

#define DEMO_LIMIT_MS  55000
#define DEMO_SAMPLE_MS 250

static const char documents[] = "apiVersion: keda.sh/v1alpha1\n"
                                "kind: ScaledObject\n"
                                "metadata:\n"
                                "  name: kafka-consumer-scaler\n"
                                "  annotations:\n"
                                "    libkeda.io/polling-interval: 500ms\n"
                                "    libkeda.io/sync-interval: 500ms\n"
                                "spec:\n"
                                "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, "
                                "kind: ProcessPool, name: kafka-consumer}\n"
                                "  minReplicaCount: 0\n"
                                "  maxReplicaCount: %d\n"
                                "  cooldownPeriod: 3\n"
                                "  advanced:\n"
                                "    horizontalPodAutoscalerConfig:\n"
                                "      behavior:\n"
                                "        scaleUp: {policies: [{type: Pods, value: 3, "
                                "periodSeconds: 3}]}\n"
                                "        scaleDown: {stabilizationWindowSeconds: 3}\n"
                                "  triggers:\n"
                                "  - type: kafka\n"
                                "    metadata:\n"
                                "      bootstrapServers: %s\n"
                                "      topic: " DEMO_TOPIC "\n"
                                "      consumerGroup: " DEMO_GROUP "\n"
                                "      lagThreshold: \"10\"\n"
                                "      offsetResetPolicy: earliest\n"
                                "      allowIdleConsumers: \"true\"\n"
                                "---\n"
                                "apiVersion: libkeda.io/v1alpha1\n"
                                "kind: ProcessPool\n"
                                "metadata: {name: kafka-consumer}\n"
                                "spec:\n"
                                "  command: [\"%s\", --worker, \"%s\", \"%s\"]\n"
                                "  gracePeriodSeconds: 5\n";

typedef struct demo {
    int64_t start_ms;
    broker *broker;
    report report;
    story story;
    view view;
    keda_engine *engine;
    double lag; /* negative: unknown */
    int replicas;
} demo;

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t elapsed(const demo *d)
{
    return clock_ms() - d->start_ms;
}

static void on_decision(const keda_decision_record *record, void *user)
{
    demo *d = user;
    const keda_reading *reading = record->seen->nreadings > 0 ? record->seen->readings : NULL;

    d->lag = reading != NULL && reading->state == KEDA_READING_OK ? reading->raw : -1;
    if (!record->decision->is_write || record->outcome != KEDA_OUTCOME_WRITTEN)
        return;
    char line[DEMO_TEXT + 64];
    snprintf(line, sizeof line, "%5.1f s  %2d -> %-2d  %s", (double)elapsed(d) / 1000.0,
             record->decision->from, record->decision->to, record->text);
    view_line(&d->view, line);
    (void)story_mark_add(&d->story, elapsed(d), record->decision->from, record->decision->to,
                         record->text);
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    demo *d = user;
    if (level > KEDA_LOG_WARN || d->view.is_live)
        return;
    fprintf(stderr, "%s", message);
    for (size_t i = 0; i < npairs; i++)
        fprintf(stderr, " %s=%s", pairs[i].key, pairs[i].value);
    fputc('\n', stderr);
}

static keda_status start_engine(demo *d, const char *self, keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    char text[4096];

    options.log = on_log;
    options.log_user = d;
    options.on_decision = on_decision;
    options.decision_user = d;
    const int n =
        snprintf(text, sizeof text, documents, DEMO_MAX_REPLICAS, broker_address(d->broker),
                 self, broker_address(d->broker), d->report.path);
    if (n < 0 || (size_t)n >= sizeof text)
        return keda_error_set(err, KEDA_ELIMIT, "the path of this program is too long");
    const keda_status rc = keda_engine_new(&d->engine, &options, err);
    return rc != KEDA_OK ? rc : keda_engine_put(d->engine, "demo", text, NULL, err);
}

static void sample(demo *d)
{
    keda_workload_status status = {.struct_size = sizeof status};

    if (keda_engine_workload(d->engine, 0, &status, NULL) == KEDA_OK &&
        status.status_replicas >= 0)
        d->replicas = status.status_replicas;
    (void)story_point_add(&d->story, elapsed(d), d->lag, d->replicas);
    const view_now now = {.elapsed_ms = elapsed(d),
                          .produced = broker_produced(d->broker),
                          .processed = d->report.distinct,
                          .replicas = d->replicas,
                          .lag = d->lag};
    view_draw(&d->view, &d->story, &now);
}

static bool is_finished(const demo *d)
{
    return d->story.peak > 0 && d->replicas == 0 &&
           broker_produced(d->broker) == DEMO_MESSAGES && elapsed(d) > broker_plan_ms() &&
           d->lag == 0;
}

static keda_status run(demo *d, keda_error *err)
{
    int64_t next_sample_ms = 0;

    while (elapsed(d) < DEMO_LIMIT_MS && !is_finished(d) && !is_interrupted) {
        struct pollfd fds[] = {{.fd = keda_engine_fd(d->engine), .events = POLLIN},
                               {.fd = d->report.fd, .events = POLLIN}};
        const int64_t due_ms = keda_engine_next_due_ms(d->engine);
        const int wait_ms = due_ms < 0 || due_ms > 50 ? 50 : (int)due_ms;
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
            return keda_error_set(err, KEDA_EINTERNAL, "poll: %s", strerror(errno));
        const keda_status rc = keda_engine_step(d->engine, err);
        if (rc != KEDA_OK)
            return rc;
        report_read(&d->report);
        char why[256];
        if (broker_produce(d->broker, elapsed(d), why, sizeof why) != 0)
            return keda_error_set(err, KEDA_EUNAVAILABLE, "%s", why);
        if (elapsed(d) >= next_sample_ms) {
            sample(d);
            next_sample_ms = elapsed(d) + DEMO_SAMPLE_MS;
        }
    }
    return KEDA_OK;
}

/* Says what came of it; 0 only when the pool rose, fell and nothing was lost. */
static int verdict(demo *d, const char *picture)
{
    const int lost = broker_produced(d->broker) - d->report.distinct;
    const bool is_good = is_finished(d) && lost == 0;
    char title[DEMO_TEXT];

    snprintf(title, sizeof title, "0 -> %d -> %d replicas, %d messages in %.1f s",
             d->story.peak, d->replicas, d->report.distinct, (double)elapsed(d) / 1000.0);
    if (svg_write(&d->story, picture, title))
        printf("picture: %s\n", picture);
    printf("duplicates: %d (a rebalance repeats what was not committed yet)\n",
           d->report.duplicates);
    printf("demo: 0 -> %d -> %d replicas, %d messages consumed, %d lost\n", d->story.peak,
           d->replicas, d->report.distinct, lost);
    return is_good ? 0 : 1;
}

static int demo_main(const char *picture)
{
    char folder[] = "/tmp/keda-demo-XXXXXX";
    char self[1024] = {0};
    char why[256] = "no temporary folder";
    keda_error err = KEDA_ERROR_INIT;
    demo d = {.lag = -1};
    int rc = 1;

    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    d.start_ms = clock_ms();
    view_open(&d.view, stdout);
    if (mkdtemp(folder) == NULL || readlink("/proc/self/exe", self, sizeof self - 1) < 0 ||
        !report_open(&d.report, folder, DEMO_MESSAGES) ||
        (d.broker = broker_open(why, sizeof why)) == NULL) {
        fprintf(stderr, "demo: %s\n", why);
        goto out;
    }
    view_line(&d.view,
              "A Kafka broker in this process, a burst of messages, real worker processes; "
              "libkeda between them.");
    if (start_engine(&d, self, &err) != KEDA_OK || run(&d, &err) != KEDA_OK) {
        fprintf(stderr, "demo: %s\n", err.text);
        goto out;
    }
    rc = verdict(&d, picture);
out:
    view_close(&d.view);
    keda_engine_free(d.engine);
    broker_close(d.broker);
    report_close(&d.report);
    story_clear(&d.story);
    rmdir(folder);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--worker") == 0)
        return worker_main(argv[2], argv[3]);
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: %s [PICTURE.svg]\n", argv[0]);
        return 2;
    }
    return demo_main(argc == 2 ? argv[1] : "demo.svg");
}
