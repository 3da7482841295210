/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets hpa/single_metric, hpa/multi_metric and hpa/behavior_sequence, through keda_hpa_propose,
 * keda_hpa_decide and keda_history_apply. Outputs marked platform_dependent are not compared.
 */
#include "run_hpa.h"

#include <keda/decide.h>

#include <stdlib.h>
#include <string.h>

/* --- from JSON to the library's structs -------------------------------------------------------- */

/* One direction with its list of policies, owned. */
struct rules {
    keda_scaling_rules rules;
    keda_rate_policy *policies;
};

struct config {
    keda_policy policy;
    keda_metric_policy *metrics;
    struct rules up, down;
};

struct seen {
    keda_observation observation;
    keda_reading *readings;
    int64_t *items;
};

/* Memory for n elements, at least one; a test tool ends when there is none. */
static void *array_of(size_t n, size_t size)
{
    void *memory = calloc(n > 0 ? n : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* A canonical quantity, "1" or "333m": its double is mantissa times the power of ten. */
static double quantity(const char *text, struct report *report)
{
    char *end;
    const long long mantissa = strtoll(text, &end, 10);
    if (end == text || (strcmp(end, "") != 0 && strcmp(end, "m") != 0))
        report_malformed(report, "a tolerance is not a canonical quantity");
    return (double)mantissa * (*end == 'm' ? 0.001 : 1.0);
}

double hpa_tolerance_of(const json_t *object, const char *key, struct report *report)
{
    return vector_has(object, key) ? quantity(vector_text(object, key, report), report) : -1.0;
}

static int32_t select_policy(const char *text, struct report *report)
{
    static const char *const names[] = {"", "Max", "Min", "Disabled"};
    for (int32_t i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    report_malformed(report, "unknown select_policy");
    return KEDA_SELECT_UNSET;
}

static keda_rate_policy rate_policy(const json_t *json, struct report *report)
{
    const bool is_pods = strcmp(vector_text(json, "type", report), "Pods") == 0;
    return (keda_rate_policy){
        .type = is_pods ? KEDA_RATE_PODS : KEDA_RATE_PERCENT,
        .value = vector_i32(json, "value", report),
        .period_s = vector_i32(json, "period_s", report),
    };
}

static const keda_scaling_rules *rules_open(struct rules *rules, const json_t *json,
                                            struct report *report)
{
    rules->rules = (keda_scaling_rules)KEDA_SCALING_RULES_INIT;
    if (json == NULL)
        return NULL;
    rules->rules.stabilization_s = vector_i32_or(json, "stabilization_s", -1, report);
    rules->rules.select_policy =
        select_policy(vector_text_or(json, "select_policy", "", report), report);
    rules->rules.tolerance = hpa_tolerance_of(json, "tolerance", report);
    const json_t *list = vector_get(json, "policies");
    if (list == NULL)
        return &rules->rules;
    rules->rules.npolicies = json_array_size(list);
    rules->policies = array_of(rules->rules.npolicies, sizeof *rules->policies);
    for (size_t i = 0; i < rules->rules.npolicies; i++)
        rules->policies[i] = rate_policy(json_array_get(list, i), report);
    rules->rules.policies = rules->policies;
    return &rules->rules;
}

static keda_metric_policy metric_policy(const json_t *json, struct report *report)
{
    const bool is_object = strcmp(vector_text(json, "source", report), "Object") == 0;
    const bool is_value = strcmp(vector_text(json, "target_type", report), "Value") == 0;
    return (keda_metric_policy){
        .struct_size = sizeof(keda_metric_policy),
        .source = is_object ? KEDA_SOURCE_OBJECT : KEDA_SOURCE_EXTERNAL,
        .target_type = is_value ? KEDA_TARGET_VALUE : KEDA_TARGET_AVERAGE_VALUE,
        .target_milli = vector_i64(json, "target_milli", report),
    };
}

static void config_open(struct config *config, const json_t *line, const json_t *hpa,
                        struct report *report)
{
    const json_t *behavior = vector_get(hpa, "behavior");
    const json_t *metrics = vector_get(hpa, "metrics");

    *config = (struct config){.policy = KEDA_POLICY_INIT};
    config->policy.min_replicas = vector_i32_or(hpa, "min_replicas", -1, report);
    config->policy.max_replicas = vector_i32(hpa, "max_replicas", report);
    config->policy.tolerance = vector_double(line, "controller_tolerance", report);
    config->policy.downscale_stabilization_s =
        vector_i32(line, "downscale_stabilization_s", report);
    config->policy.hpa_min_zero = vector_bool_or(line, "scale_to_zero_gate", false, report);
    config->policy.has_behavior = behavior != NULL;
    config->policy.scale_up = rules_open(&config->up, vector_get(behavior, "scale_up"), report);
    config->policy.scale_down =
        rules_open(&config->down, vector_get(behavior, "scale_down"), report);
    config->policy.nmetrics = json_array_size(metrics);
    config->metrics = array_of(config->policy.nmetrics, sizeof *config->metrics);
    for (size_t i = 0; i < config->policy.nmetrics; i++)
        config->metrics[i] = metric_policy(json_array_get(metrics, i), report);
    config->policy.metrics = config->metrics;
}

static void config_close(struct config *config)
{
    free(config->metrics);
    free(config->up.policies);
    free(config->down.policies);
}

/* Reads one reading's numbers into items, of which at most `room` fit; returns how many. */
static size_t reading_open(keda_reading *reading, const json_t *json, int64_t *items,
                           struct report *report)
{
    const json_t *list = vector_get(json, "items_milli");

    *reading = (keda_reading)KEDA_READING_INIT;
    reading->state = KEDA_READING_OK;
    reading->items_milli = items;
    if (vector_bool_or(json, "error", false, report))
        reading->state = KEDA_READING_FAILED;
    else if (vector_has(json, "value_milli"))
        items[reading->nitems++] = vector_i64(json, "value_milli", report);
    else if (list == NULL && !vector_bool_or(json, "empty", false, report))
        report_malformed(report, "a reading of an unknown form");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_integer(json_array_get(list, i)))
            report_malformed(report, "an item is not an integer");
        items[reading->nitems++] = json_integer_value(json_array_get(list, i));
    }
    return reading->nitems;
}

static size_t items_in(const json_t *reading)
{
    return json_array_size(vector_get(reading, "items_milli")) + 1;
}

static void seen_open(struct seen *seen, const json_t *step, struct report *report)
{
    keda_observation *o = &seen->observation;
    *seen = (struct seen){.observation = KEDA_OBSERVATION_INIT};
    o->due = KEDA_DUE_SYNC;
    o->spec_replicas = vector_i32(step, "spec_replicas", report);
    o->status_replicas = vector_i32(step, "status_replicas", report);
    o->pods_total = vector_i32(step, "pods_total", report);
    o->pods_ready = vector_i32(step, "pods_ready", report);
    if (vector_bool_or(step, "scale_get_error", false, report))
        o->spec_replicas = -1;
}

static void seen_open_readings(struct seen *seen, const json_t *list, struct report *report)
{
    const size_t n = json_array_size(list);
    size_t nitems = 0, used = 0;

    for (size_t i = 0; i < n; i++)
        nitems += items_in(json_array_get(list, i));
    seen->readings = array_of(n, sizeof *seen->readings);
    seen->items = array_of(nitems, sizeof *seen->items);
    for (size_t i = 0; i < n; i++)
        used += reading_open(&seen->readings[i], json_array_get(list, i), seen->items + used,
                             report);
    seen->observation.readings = seen->readings;
    seen->observation.nreadings = n;
}

static void seen_close(struct seen *seen)
{
    free(seen->readings);
    free(seen->items);
}

/* --- one metric -------------------------------------------------------------------------------- */

/* Number fields are compared where the original has one and it is not platform dependent. */
static void compare_number(const json_t *expect, const char *prefix, const char *key,
                           int64_t got, struct report *report)
{
    char what[96];
    if (!vector_has(expect, key) ||
        vector_list_has(vector_get(expect, "platform_dependent"), key))
        return;
    report_i64(report, vector_path(what, sizeof what, "%s%s", prefix, key),
               vector_i64(expect, key, report), got);
}

void hpa_compare_proposal(const json_t *expect, const char *prefix, const keda_proposal *got,
                          struct report *report)
{
    char what[96];
    const bool is_ok = vector_bool(expect, "ok", report);

    report_bool(report, vector_path(what, sizeof what, "%sok", prefix), is_ok, got->is_ok);
    if (!is_ok)
        report_text(report, vector_path(what, sizeof what, "%sreason", prefix),
                    vector_text(expect, "reason", report), keda_cause_name(got->cause));
    compare_number(expect, prefix, "replicas", got->replicas, report);
    compare_number(expect, prefix, "value_milli", got->value_milli, report);
    compare_number(expect, prefix, "average_value_milli", got->average_value_milli, report);
    compare_number(expect, prefix, "utilization_pct", got->utilization_percent, report);
}

int run_hpa_single_metric(const json_t *line, struct report *report)
{
    keda_policy policy = KEDA_POLICY_INIT;
    keda_scaling_rules up = KEDA_SCALING_RULES_INIT, down = KEDA_SCALING_RULES_INIT;
    keda_proposal got = {.struct_size = sizeof got};
    const json_t *reading = vector_get(line, "reading");
    struct seen seen;

    const keda_metric_policy metric = metric_policy(line, report);
    seen_open(&seen, line, report);
    json_t *list = json_pack("[O]", reading); /* NULL when there is no reading */
    seen_open_readings(&seen, list, report);
    policy.tolerance = vector_double(line, "controller_tolerance", report);
    policy.has_behavior = 1;
    up.tolerance = hpa_tolerance_of(line, "tolerance_up", report);
    down.tolerance = hpa_tolerance_of(line, "tolerance_down", report);
    policy.scale_up = &up;
    policy.scale_down = &down;
    if (list == NULL)
        report_malformed(report, "\"reading\" is missing");
    else if (keda_hpa_propose(&policy, &metric, seen.readings, &seen.observation, &got))
        report_malformed(report, "keda_hpa_propose refused its arguments");
    else
        hpa_compare_proposal(vector_get(line, "expect"), "", &got, report);
    json_decref(list);
    seen_close(&seen);
    return 0;
}

/* --- sequences --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int32_t type;
} conditions[] = {{"AbleToScale", KEDA_COND_ABLE_TO_SCALE},
                  {"ScalingActive", KEDA_COND_SCALING_ACTIVE},
                  {"ScalingLimited", KEDA_COND_SCALING_LIMITED}};

static void compare_conditions(const json_t *expect, size_t step, const keda_history *history,
                               struct report *report)
{
    for (size_t i = 0; i < 3; i++) {
        const keda_condition got = keda_history_condition(history, conditions[i].type);
        char what[96], text[96];
        vector_path(what, sizeof what, "steps[%zu].%s", step, conditions[i].name);
        vector_path(text, sizeof text, "%s/%s",
                    got.status == KEDA_CONDITION_TRUE ? "True" : "False",
                    keda_cause_name(got.cause));
        report_text(report, what, vector_text_or(expect, conditions[i].name, NULL, report),
                    got.status == KEDA_CONDITION_ABSENT ? NULL : text);
    }
}

static void compare_optional(const json_t *expect, const char *key, size_t step, bool has,
                             int64_t got, struct report *report)
{
    char what[96];
    vector_path(what, sizeof what, "steps[%zu].%s", step, key);
    if (vector_has(expect, key) != has)
        report_difference(report, what, vector_has(expect, key) ? "a number" : "none",
                          has ? "a number" : "none");
    else if (has)
        report_i64(report, what, vector_i64(expect, key, report), got);
}

static void compare_step(const json_t *expect, size_t step, const keda_decision *got,
                         const keda_history *history, bool is_failed, struct report *report)
{
    const json_t *each = vector_get(expect, "per_metric");
    int32_t current, desired;
    char what[96];

    keda_history_hpa_status(history, &current, &desired);
    report_bool(report, vector_path(what, sizeof what, "steps[%zu].error", step),
                vector_bool(expect, "error", report), got->hpa_is_error || is_failed);
    compare_optional(expect, "metric_replicas", step, got->is_consulted, got->metric_replicas,
                     report);
    compare_optional(expect, "written_replicas", step, got->is_write && !is_failed, got->to,
                     report);
    report_i64(report, vector_path(what, sizeof what, "steps[%zu].status_current", step),
               vector_i64(expect, "status_current", report), current);
    report_i64(report, vector_path(what, sizeof what, "steps[%zu].status_desired", step),
               vector_i64(expect, "status_desired", report), desired);
    compare_conditions(vector_get(expect, "conditions"), step, history, report);
    if (each != NULL && json_array_size(each) != got->nproposals)
        report_malformed(report, "\"per_metric\" has not one entry a metric");
    for (size_t i = 0; i < json_array_size(each) && i < got->nproposals; i++)
        hpa_compare_proposal(
            json_array_get(each, i),
            vector_path(what, sizeof what, "steps[%zu].per_metric[%zu].", step, i),
            &got->proposals[i], report);
}

static void run_step(const struct config *config, const json_t *step, size_t index,
                     keda_history *history, struct report *report)
{
    const bool write_fails = vector_bool_or(step, "scale_update_error", false, report);
    keda_decision decision = KEDA_DECISION_INIT;
    keda_outcome outcome = KEDA_OUTCOME_NOT_WRITTEN;
    struct seen seen;

    seen_open(&seen, step, report);
    seen.observation.now_ms = vector_i64(step, "t_ms", report);
    seen_open_readings(&seen, vector_get(step, "readings"), report);
    decision.nproposals = config->policy.nmetrics;
    decision.proposals = array_of(decision.nproposals, sizeof *decision.proposals);
    if (keda_hpa_decide(&config->policy, &seen.observation, history, &decision) != KEDA_OK)
        report_malformed(report, "keda_hpa_decide refused its arguments");
    if (decision.is_write)
        outcome = write_fails ? KEDA_OUTCOME_FAILED : KEDA_OUTCOME_WRITTEN;
    keda_history_apply(history, &decision, outcome);
    compare_step(vector_get(step, "expect"), index, &decision, history,
                 outcome == KEDA_OUTCOME_FAILED, report);
    free(decision.proposals);
    seen_close(&seen);
}

/* A size that no step of the line can exceed: a slot a step in each list. */
static size_t history_bytes(const json_t *steps)
{
    const keda_policy policy = KEDA_POLICY_INIT;
    const int64_t cells = 4 * (int64_t)json_array_size(steps) + 4;
    return keda_history_size(&policy, 300000 / cells + 1) + (size_t)cells * 12;
}

static void run_steps(const json_t *line, keda_history *history, size_t size,
                      struct report *report)
{
    const json_t *steps = vector_get(line, "steps");
    struct config config;

    config_open(&config, line, vector_get(line, "hpa"), report);
    for (size_t i = 0; i < json_array_size(steps) && report->differences == 0; i++) {
        const json_t *step = json_array_get(steps, i);
        if (vector_has(step, "hpa_update")) {
            config_close(&config);
            config_open(&config, line, vector_get(step, "hpa_update"), report);
        }
        if (vector_bool_or(step, "recreate", false, report))
            keda_history_init(history, size);
        run_step(&config, step, i, history, report);
    }
    config_close(&config);
}

int run_hpa_sequence(const json_t *line, struct report *report)
{
    const json_t *steps = vector_get(line, "steps");

    if (json_array_size(steps) == 0) {
        report_malformed(report, "\"steps\" is not a list of steps");
        return 1;
    }
    if (json_is_true(vector_get(line, "platform_dependent")))
        return 0;
    const size_t size = history_bytes(steps);
    keda_history *history = array_of(size, 1);
    keda_history_init(history, size);
    run_steps(line, history, size, report);
    free(history);
    return 0;
}
