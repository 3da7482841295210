/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl poll: asks every trigger once, as the engine would, and scales nothing.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "kedactl.h"

typedef struct asking {
    bool is_json;
    bool has_failed;
    size_t left, reported;
    cli_table table;
} asking;

static void text_row(asking *a, const char *workload, const keda_trigger_status *s)
{
    char value[32] = "unknown";
    char target[32];
    char latency[32];
    const bool is_ok = s->state == KEDA_READING_OK;

    if (is_ok)
        snprintf(value, sizeof value, "%.10g", s->value);
    snprintf(target, sizeof target, "%.10g", (double)s->target_milli / 1000.0);
    snprintf(latency, sizeof latency, "%lld ms", (long long)s->latency_ms);
    const char *cells[] = {workload, s->metric,
                           s->type,  value,
                           target,   !is_ok ? "unknown" : s->is_active > 0 ? "yes" : "no",
                           latency,  is_ok ? "" : s->error};
    (void)cli_table_row(&a->table, sizeof cells / sizeof cells[0], cells);
}

static void json_row(asking *a, const char *workload, const keda_trigger_status *s)
{
    const bool is_ok = s->state == KEDA_READING_OK;

    printf("%s{\"workload\":", a->reported > 0 ? "," : "");
    cli_json_text(stdout, workload);
    printf(",\"trigger\":%d,\"type\":", s->index);
    cli_json_text(stdout, s->type);
    printf(",\"name\":");
    cli_json_text(stdout, s->name);
    printf(",\"metric\":");
    cli_json_text(stdout, s->metric);
    printf(",\"value\":");
    if (is_ok)
        cli_json_number(stdout, s->value);
    else
        printf("null");
    printf(",\"target\":");
    cli_json_number(stdout, (double)s->target_milli / 1000.0);
    printf(",\"active\":%s", !is_ok ? "null" : s->is_active > 0 ? "true" : "false");
    printf(",\"latencyMs\":%lld,\"error\":", (long long)s->latency_ms);
    if (is_ok)
        printf("null");
    else
        cli_json_text(stdout, s->error);
    putchar('}');
}

static void on_report(const char *workload, const keda_trigger_status *status, void *user)
{
    asking *a = user;
    if (a->is_json)
        json_row(a, workload, status);
    else
        text_row(a, workload, status);
    if (status->state != KEDA_READING_OK)
        a->has_failed = true;
    a->reported++;
}

static keda_status wait_for(keda_engine *engine, const asking *a, keda_error *err)
{
    while (a->reported < a->left) {
        struct pollfd fd = {.fd = keda_engine_fd(engine), .events = POLLIN};
        const int64_t due_ms = keda_engine_next_due_ms(engine);
        const int wait_ms = due_ms > 1000 || due_ms < 0 ? 1000 : (int)due_ms;
        if (poll(&fd, 1, wait_ms) < 0 && errno != EINTR)
            return keda_error_set(err, KEDA_EINTERNAL, "poll: %s", strerror(errno));
        const keda_status rc = keda_engine_step(engine, err);
        if (rc != KEDA_OK)
            return rc;
    }
    return KEDA_OK;
}

static int ask(kedactl *k, keda_engine *engine, keda_findings *findings)
{
    static const char *const titles[] = {"WORKLOAD", "METRIC", "TYPE",    "VALUE",
                                         "TARGET",   "ACTIVE", "LATENCY", "ERROR"};
    keda_error err = KEDA_ERROR_INIT;
    asking a = {.is_json = k->is_json};
    keda_status rc = keda_engine_replace(engine, k->files.sources, k->files.count,
                                         sizeof(keda_source), findings, &err);

    if (keda_findings_count(findings) > 0)
        print_findings(findings, stderr);
    if (rc != KEDA_OK && keda_findings_errors(findings) > 0)
        return CLI_NEGATIVE;
    if (rc != KEDA_OK)
        return report_error("poll", &err);
    if (a.is_json)
        printf("{\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"Poll\",\"items\":[");
    else
        (void)cli_table_row(&a.table, sizeof titles / sizeof titles[0], titles);
    size_t pending = 0;
    const char *only = k->arguments[0];
    rc = keda_engine_poll(engine, only, on_report, &a, &pending, &err);
    if (rc == KEDA_OK) {
        a.left = a.reported + pending;
        rc = wait_for(engine, &a, &err);
    }
    if (a.is_json)
        puts("]}");
    else
        cli_table_print(&a.table, stdout);
    cli_table_clear(&a.table);
    if (rc != KEDA_OK)
        return report_error("poll", &err);
    return a.has_failed ? CLI_NEGATIVE : CLI_OK;
}

int command_poll(kedactl *k)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    keda_findings *findings = NULL;
    int rc;

    if (k->files.count == 0) {
        fputs("kedactl: poll needs -f FILE\n", stderr);
        return CLI_USAGE;
    }
    options.is_manual = 1;
    options.is_dry_run = 1;
    options.is_strict = k->is_strict;
    options.shutdown_grace_ms = 500;
    if (keda_engine_new(&engine, &options, &err) != KEDA_OK ||
        keda_findings_new(&findings, &err) != KEDA_OK)
        rc = report_error("poll", &err);
    else
        rc = ask(k, engine, findings);
    keda_findings_free(findings);
    keda_engine_free(engine);
    return rc;
}
