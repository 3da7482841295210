/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs scaledjob/scaled_job: one poll of a ScaledJob, from the triggers' values and the Jobs there are to
 * the Jobs created and deleted, conditions and events.
 */
#include "vectors.h"

#include <keda/job.h>

#include "lang/gofloat.h"
#include "lang/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SCALERS = 16, MAX_ITEMS = 32, MAX_JOBS = 64, MAX_PODS = 8, MAX_CONDITIONS = 8 };

/* --- input ------------------------------------------------------------------------------------- */

static int32_t index_in(const char *text, const char *const *names)
{
    for (int32_t i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return 0;
}

static double percentage_of(const char *text)
{
    double value = 0.0;
    return gofloat_parse(text, strlen(text), &value) == KEDA_OK ? value : (double)NAN;
}

static keda_job_policy policy_of(const json_t *input, struct report *report)
{
    static const char *const strategies[] = {"default", "custom", "accurate", "eager", NULL};
    static const char *const calculations[] = {"max", "min", "avg", "sum", NULL};
    const json_t *strategy = vector_get(input, "scalingStrategy");
    keda_job_policy policy = KEDA_JOB_POLICY_INIT;

    policy.min_jobs = vector_i32_or(input, "min", -1, report);
    policy.max_jobs = vector_i32_or(input, "max", -1, report);
    policy.strategy = index_in(vector_text_or(strategy, "strategy", "", report), strategies);
    policy.calculation = index_in(
        vector_text_or(strategy, "multipleScalersCalculation", "", report), calculations);
    policy.deduction = vector_i32_or(strategy, "customScalingQueueLengthDeduction", 0, report);
    policy.running_percentage = percentage_of(
        vector_text_or(strategy, "customScalingRunningJobPercentage", "", report));
    return policy;
}

static double target_of(const json_t *scaler, struct report *report)
{
    const char *text = vector_text_or(scaler, "target_average_value", "0", report);
    quantity q;

    if (quantity_parse(text, &q))
        return q.approx;
    report_malformed(report, "target_average_value is no quantity");
    return 0.0;
}

static size_t read_scalers(const json_t *list, keda_job_reading *readings,
                           int64_t items[][MAX_ITEMS], double *targets, struct report *report)
{
    const size_t n = json_array_size(list);

    if (n > MAX_SCALERS)
        report_malformed(report, "too many scalers");
    for (size_t i = 0; i < n && i < MAX_SCALERS; i++) {
        const json_t *scaler = json_array_get(list, i);
        const json_t *values = vector_get(scaler, "values_milli");
        keda_job_reading *r = &readings[i];
        *r = (keda_job_reading){.struct_size = sizeof *r, .state = KEDA_READING_OK};
        r->is_active = vector_bool(scaler, "active", report);
        r->target = targets[i] = target_of(scaler, report);
        r->items_milli = items[i];
        for (size_t j = 0; j < json_array_size(values) && j < MAX_ITEMS; j++)
            items[i][r->nitems++] = json_integer_value(json_array_get(values, j));
    }
    return n < MAX_SCALERS ? n : MAX_SCALERS;
}

/* --- Jobs -------------------------------------------------------------------------------------- */

static bool is_job(const json_t *job, const char *condition)
{
    const char *status = json_string_value(vector_get(job, "condition_status"));
    const char *type = json_string_value(vector_get(job, "condition"));
    return type != NULL && status != NULL && strcmp(type, condition) == 0 &&
           strcmp(status, "True") == 0;
}

static bool is_finished(const json_t *job)
{
    return is_job(job, "Complete") || is_job(job, "Failed");
}

static size_t true_conditions(const json_t *pod, const char **out)
{
    json_t *conditions = json_object_get(pod, "conditions");
    size_t n = 0;
    const char *type;
    json_t *status;
    json_object_foreach(conditions, type, status)
    {
        if (n < MAX_CONDITIONS && json_is_string(status) &&
            strcmp(json_string_value(status), "True") == 0)
            out[n++] = type;
    }
    return n;
}

static bool is_pending(const json_t *job, const char *const *wanted, size_t nwanted)
{
    const json_t *list = vector_get(job, "pods");
    const char *conditions[MAX_PODS][MAX_CONDITIONS];
    keda_job_pod pods[MAX_PODS];
    size_t n = 0;

    for (; n < json_array_size(list) && n < MAX_PODS; n++) {
        const json_t *pod = json_array_get(list, n);
        const char *phase = json_string_value(vector_get(pod, "phase"));
        pods[n] = (keda_job_pod){.struct_size = sizeof pods[n], .conditions = conditions[n]};
        pods[n].is_at_work =
            phase != NULL && (strcmp(phase, "Running") == 0 || strcmp(phase, "Succeeded") == 0);
        pods[n].nconditions = true_conditions(pod, conditions[n]);
    }
    return keda_job_is_pending(wanted, nwanted, pods, n, sizeof pods[0]) != 0;
}

static size_t wanted_of(const json_t *input, const char **out)
{
    const json_t *list =
        vector_get(vector_get(input, "scalingStrategy"), "pendingPodConditions");
    size_t n = 0;
    for (; n < json_array_size(list) && n < MAX_CONDITIONS; n++)
        out[n] = json_string_value(json_array_get(list, n));
    return n;
}

/* The additional Jobs have one pod: Running with these four conditions, or Pending with none. */
static void count_more(const json_t *input, const char *const *wanted, size_t nwanted,
                       keda_job_observation *seen, struct report *report)
{
    static const char *const all[] = {"Ready", "PodScheduled", "Initialized",
                                      "ContainersReady"};
    const keda_job_pod running = {sizeof running, 1, all, 4}, idle = {sizeof idle, 0, NULL, 0};
    const int32_t nrunning = vector_i32_or(input, "more_running_jobs", 0, report);
    const int32_t npending = vector_i32_or(input, "more_pending_jobs", 0, report);

    seen->running += nrunning + npending;
    if (keda_job_is_pending(wanted, nwanted, &running, 1, sizeof running))
        seen->pending += nrunning;
    if (keda_job_is_pending(wanted, nwanted, &idle, 1, sizeof idle))
        seen->pending += npending;
}

static void count_jobs(const json_t *input, keda_job_observation *seen, struct report *report)
{
    const json_t *jobs = vector_get(input, "jobs");
    const char *wanted[MAX_CONDITIONS];
    const size_t nwanted = wanted_of(input, wanted);

    seen->is_unlisted = vector_bool_or(input, "job_list_fails", false, report);
    if (seen->is_unlisted)
        return;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        if (is_finished(job))
            continue;
        seen->running++;
        seen->pending += is_pending(job, wanted, nwanted) ? 1 : 0;
    }
    count_more(input, wanted, nwanted, seen, report);
}

static void expire(const json_t *input, const char *condition, const char *limit_key,
                   json_t *deleted, struct report *report)
{
    const json_t *jobs = vector_get(input, "jobs");
    const char *names[MAX_JOBS];
    int64_t finished_ms[MAX_JOBS];
    uint8_t is_expired[MAX_JOBS];
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(jobs) && n < MAX_JOBS; i++) {
        const json_t *job = json_array_get(jobs, i);
        if (!is_job(job, condition))
            continue;
        names[n] = vector_text(job, "name", report);
        finished_ms[n++] = -1000 * (int64_t)vector_i32_or(job, "completion_age_s", 0, report);
    }
    keda_job_history(finished_ms, n, vector_i32_or(input, limit_key, 100, report), is_expired);
    for (size_t i = 0; i < n; i++)
        if (is_expired[i])
            json_object_set_new(deleted, names[i], json_true());
}

/* --- comparing --------------------------------------------------------------------------------- */

static void report_double(struct report *report, const char *what, double expected, double got)
{
    char texts[2][32];
    (void)snprintf(texts[0], sizeof texts[0], "%.17g", expected);
    (void)snprintf(texts[1], sizeof texts[1], "%.17g", got);
    if (expected < got || expected > got)
        report_difference(report, what, texts[0], texts[1]);
}

static void compare_numbers(const json_t *expected, const keda_job_decision *got,
                            const double *targets, struct report *report)
{
    const json_t *list = vector_get(expected, "per_scaler");
    char what[64];

    for (size_t i = 0; i < json_array_size(list) && i < MAX_SCALERS; i++) {
        const json_t *one = json_array_get(list, i);
        report_double(report, vector_path(what, sizeof what, "per_scaler[%zu].queue_length", i),
                      vector_double(one, "queue_length", report), got->demands[i].queue_length);
        report_double(report, vector_path(what, sizeof what, "per_scaler[%zu].max_value", i),
                      vector_double(one, "max_value", report), got->demands[i].max_value);
        report_double(report, vector_path(what, sizeof what, "per_scaler[%zu].target", i),
                      vector_double(one, "target", report), targets[i]);
    }
    report_double(report, "max_value", vector_double(expected, "max_value", report),
                  got->max_value);
    report_i64(report, "scale_to", vector_i64(expected, "scale_to", report), got->scale_to);
    report_i64(report, "max_scale", vector_i64(expected, "max_scale", report), got->max_scale);
    report_i64(report, "jobs_created", vector_i64(expected, "jobs_created", report),
               got->create);
    report_bool(report, "is_active", vector_bool(expected, "is_active", report),
                got->is_active != 0);
    report_text(report, "last_active_time", vector_text(expected, "last_active_time", report),
                got->is_last_active_set ? "now" : "unchanged");
}

static void compare_condition(const json_t *expected, const char *type, keda_condition got,
                              struct report *report)
{
    static const char *const statuses[] = {"", "True", "False", "Unknown"};
    char text[64];
    (void)snprintf(text, sizeof text, "%s/%s", statuses[got.status & 3],
                   keda_cause_name(got.cause));
    report_text(report, type, vector_text(vector_get(expected, "conditions"), type, report),
                text);
}

static json_t *events_of(const json_t *input, const keda_job_decision *got,
                         struct report *report)
{
    const char *before = vector_text(input, "previous_active_condition", report);
    json_t *events = json_object();

    if (strcmp(before, "True") != 0 && got->is_active)
        json_object_set_new(events, "Normal/ScaledJobActive", json_integer(1));
    if (strcmp(before, "True") == 0 && !got->is_active)
        json_object_set_new(events, "Normal/ScaledJobInactive", json_integer(1));
    if (got->is_active && got->effective > 0)
        json_object_set_new(events, "Normal/KEDAJobsCreated", json_integer(1));
    if (got->create > 0 && vector_bool_or(input, "create_fails", false, report))
        json_object_set_new(events, "Warning/KEDAJobCreateFailed", json_integer(got->create));
    return events;
}

static void compare_json(const char *what, const json_t *expected, json_t *got,
                         struct report *report)
{
    if (!json_equal(expected, got)) {
        char *texts[2] = {json_dumps(expected, JSON_COMPACT | JSON_ENCODE_ANY),
                          json_dumps(got, JSON_COMPACT)};
        report_difference(report, what, texts[0], texts[1]);
        free(texts[0]);
        free(texts[1]);
    }
    json_decref(got);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted_keys(json_t *object)
{
    const char *names[MAX_JOBS];
    json_t *list = json_array(), *value;
    size_t n = 0;
    const char *name;

    json_object_foreach(object, name, value)
    {
        if (n < MAX_JOBS && value != NULL)
            names[n++] = name;
    }
    qsort(names, n, sizeof names[0], by_text);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *deleted_jobs(const json_t *input, struct report *report)
{
    json_t *deleted = json_object();

    if (!vector_bool_or(input, "job_list_fails", false, report)) {
        expire(input, "Complete", "successfulJobsHistoryLimit", deleted, report);
        expire(input, "Failed", "failedJobsHistoryLimit", deleted, report);
    }
    json_t *names = sorted_keys(deleted);
    json_decref(deleted);
    return names;
}

int run_scaled_job(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input"), *expected = vector_get(line, "expected");
    keda_job_reading readings[MAX_SCALERS];
    int64_t items[MAX_SCALERS][MAX_ITEMS];
    double targets[MAX_SCALERS];
    keda_job_demand demands[MAX_SCALERS];
    keda_job_observation seen = KEDA_JOB_OBSERVATION_INIT;
    keda_job_decision got = KEDA_JOB_DECISION_INIT;

    const keda_job_policy policy = policy_of(input, report);
    seen.readings = readings;
    seen.nreadings =
        read_scalers(vector_get(input, "scalers"), readings, items, targets, report);
    seen.is_error = vector_bool(input, "is_error", report);
    count_jobs(input, &seen, report);
    got.demands = demands;
    got.ndemands = MAX_SCALERS;
    if (keda_job_decide(&policy, &seen, &got) != KEDA_OK) {
        report_malformed(report, "keda_job_decide refused its arguments");
        return 1;
    }
    compare_numbers(expected, &got, targets, report);
    report_i64(report, "running_jobs", vector_i64(expected, "running_jobs", report),
               seen.running);
    report_i64(report, "pending_jobs", vector_i64(expected, "pending_jobs", report),
               seen.pending);
    compare_condition(expected, "Active", got.active, report);
    compare_condition(expected, "Ready", got.ready, report);
    compare_json("events", vector_get(expected, "events"), events_of(input, &got, report),
                 report);
    compare_json("jobs_deleted", vector_get(expected, "jobs_deleted"),
                 deleted_jobs(input, report), report);
    return 0;
}
