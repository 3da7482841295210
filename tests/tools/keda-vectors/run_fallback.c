/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set fallback/fallback: one metric evaluated step by step, its count of failures carried, through
 * the core's own fallback_of, since a decision shows counts and proposals but not the value itself.
 * Entries of status.health for other metrics only bear on the condition.
 */
#include "vectors.h"

#include "base/num.h"
#include "core/fallback.h"
#include "core/formula.h"
#include "lang/gofloat.h"
#include "lang/quantity.h"

#include <string.h>

/* status.health of the metric, and what else of the status a step may change. */
struct health {
    bool is_present, has_count;
    int32_t failures;
    const char *status;
    const char *condition;
};

struct evaluated {
    keda_policy policy;
    keda_metric_policy metric;
    keda_reading reading;
    keda_observation seen;
    int64_t item;
    int32_t current;
    const char *name;
    const json_t *others; /* status.health before, with the metric's own entry */
};

/* Never run: a fallback only looks whether there is one. */
static keda_formula some_formula;

/* --- input ------------------------------------------------------------------------------------ */

static bool uses_modifiers(const json_t *modifiers)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(void *)(uintptr_t)modifiers, key, value)
    {
        if (json_string_length(value) > 0)
            return true;
    }
    return false;
}

static int32_t behavior_of(const char *text, struct report *report)
{
    static const char *const names[] = {"static", "currentReplicas", "currentReplicasIfHigher",
                                        "currentReplicasIfLower", "scalingModifiers"};
    for (int32_t i = 0; i < 5; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    if (text[0] != '\0')
        report_malformed(report, "fallback.behavior");
    return KEDA_FALLBACK_STATIC;
}

static int32_t type_of(const char *text)
{
    return strcmp(text, "Value") == 0 ? KEDA_TARGET_VALUE : KEDA_TARGET_AVERAGE_VALUE;
}

static void read_modifiers(const json_t *modifiers, keda_policy *policy, struct report *report)
{
    const char *target = vector_text_or(modifiers, "target", "", report);
    int64_t whole = 0;

    if (uses_modifiers(modifiers))
        policy->formula = &some_formula;
    policy->composite_target_type =
        type_of(vector_text_or(modifiers, "metricType", "", report));
    if (gofloat_parse(target, strlen(target), &policy->composite_target) != KEDA_OK)
        policy->composite_target = 0.0;
    policy->is_whole_modifiers_target = num_parse_i64(target, &whole);
}

static void read_fallback(const json_t *fallback, keda_policy *policy, struct report *report)
{
    policy->has_fallback = fallback != NULL;
    if (fallback == NULL)
        return;
    policy->fallback_threshold = vector_i32(fallback, "failureThreshold", report);
    policy->fallback_replicas = vector_i32(fallback, "replicas", report);
    policy->fallback_behavior =
        behavior_of(vector_text_or(fallback, "behavior", "", report), report);
}

static void read_metric(const json_t *input, struct evaluated *e, struct report *report)
{
    quantity target;

    if (!quantity_parse(vector_text(input, "target_quantity", report), &target))
        report_malformed(report, "target_quantity");
    e->metric = (keda_metric_policy){
        .struct_size = sizeof e->metric,
        .target_type = type_of(vector_text(input, "target_type", report)),
        .target_milli = quantity_milli(&target),
    };
    e->name = vector_text(input, "metric_name", report);
    e->others = vector_get(input, "health");
    e->item = vector_i64(input, "scaler_value_milli", report);
    e->reading = (keda_reading)KEDA_READING_INIT;
    e->reading.items_milli = &e->item;
    e->reading.nitems = 1;
}

static void read_target(const json_t *input, struct evaluated *e, struct report *report)
{
    const json_t *pods = vector_get(input, "pods");

    e->seen = (keda_observation)KEDA_OBSERVATION_INIT;
    e->seen.due = KEDA_DUE_POLL;
    e->seen.readings = &e->reading;
    e->seen.nreadings = 1;
    if (!vector_bool_or(input, "scale_unreadable", false, report))
        e->seen.pods_ready = vector_i32_or(pods, "running_ready", 0, report);
    e->current = vector_i32(input, "current_replicas", report);
    if (vector_bool_or(input, "replicas_unreadable", false, report))
        e->current = -1;
}

static struct health health_of(const json_t *entry, struct report *report)
{
    return (struct health){.is_present = entry != NULL,
                           .has_count = vector_has(entry, "numberOfFailures"),
                           .failures = vector_i32_or(entry, "numberOfFailures", 0, report),
                           .status = vector_text_or(entry, "status", "", report)};
}

/* --- one step --------------------------------------------------------------------------------- */

/* Another metric's entry keeps the condition true by itself. */
static bool is_other_exhausted(const struct evaluated *e, struct report *report)
{
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)(void *)(uintptr_t)e->others, name, entry)
    {
        const struct health other = health_of(entry, report);
        if (strcmp(name, e->name) != 0 && strcmp(other.status, "Failing") == 0 &&
            other.failures > e->policy.fallback_threshold)
            return true;
    }
    return false;
}

static struct health health_after(const struct evaluated *e, const struct health *before,
                                  const struct fallback *got, struct report *report)
{
    if (!got->is_in_force)
        return *before;
    const bool is_true = got->is_exhausted || is_other_exhausted(e, report);
    return (struct health){.is_present = true,
                           .has_count = true,
                           .failures = got->failures,
                           .status = got->failures > 0 ? "Failing" : "Happy",
                           .condition =
                               is_true ? "True/FallbackExists" : "False/NoFallbackFound"};
}

static bool is_changed(const struct health *a, const struct health *b)
{
    return a->is_present != b->is_present || a->has_count != b->has_count ||
           a->failures != b->failures || strcmp(a->status, b->status) != 0 ||
           strcmp(a->condition, b->condition) != 0;
}

static void compare_values(const json_t *expected, const struct evaluated *e,
                           const struct fallback *got, struct report *report)
{
    const json_t *values = vector_get(expected, "values");
    const json_t *value = json_array_get(values, 0);
    const bool is_value = got->state == FALLBACK_VALUE;
    const bool is_error = got->state == FALLBACK_OFF && e->reading.state != KEDA_READING_OK;

    report_bool(report, "error", vector_bool(expected, "error", report), is_error);
    report_bool(report, "fallback_active", vector_bool(expected, "fallback_active", report),
                is_value);
    report_i64(report, "number of values", (int64_t)json_array_size(values), !is_error);
    if (value == NULL || is_error)
        return;
    report_text(report, "values[0].name", vector_text(value, "name", report),
                is_value && e->policy.formula != NULL ? "composite-metric" : e->name);
    const int64_t instead = is_value ? got->value_milli : -1000; /* upstream's nil */
    report_i64(report, "values[0].value_milli", vector_i64(value, "value_milli", report),
               got->state == FALLBACK_OFF ? e->item : instead);
}

static void compare_health(const json_t *expected, const struct evaluated *e,
                           const struct health *got, struct report *report)
{
    const struct health want = health_of(vector_get(expected, e->name), report);

    report_bool(report, "health", want.is_present, got->is_present);
    report_bool(report, "health counted", want.has_count, got->has_count);
    report_i64(report, "numberOfFailures", want.failures, got->failures);
    report_text(report, "health status", want.status, got->status);
}

static void run_step(struct evaluated *e, bool is_failing, const json_t *expected,
                     struct health *health, struct report *report)
{
    e->reading.state = is_failing ? KEDA_READING_FAILED : KEDA_READING_OK;
    e->reading.failures = health->failures;
    const struct fallback got = fallback_of(&e->policy, &e->seen, 0, e->current);
    struct health after = health_after(e, health, &got, report);

    compare_values(expected, e, &got, report);
    compare_health(vector_get(expected, "health"), e, &after, report);
    report_text(report, "fallback_condition",
                vector_text(expected, "fallback_condition", report), after.condition);
    report_bool(report, "status_patched", vector_bool(expected, "status_patched", report),
                is_changed(health, &after));
    *health = after;
}

int run_fallback(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const json_t *errors = vector_get(input, "errors_per_step");
    const json_t *steps = vector_get(vector_get(line, "expected"), "steps");
    struct evaluated e = {.policy = KEDA_POLICY_INIT};

    read_fallback(vector_get(input, "fallback"), &e.policy, report);
    read_modifiers(vector_get(input, "scalingModifiers"), &e.policy, report);
    read_metric(input, &e, report);
    read_target(input, &e, report);
    e.policy.metrics = &e.metric;
    e.policy.nmetrics = 1;
    struct health health = health_of(vector_get(e.others, e.name), report);
    health.condition = "Unknown/";
    report_i64(report, "number of steps", (int64_t)json_array_size(steps),
               (int64_t)json_array_size(errors));
    for (size_t i = 0; i < json_array_size(errors); i++)
        run_step(&e, json_is_true(json_array_get(errors, i)), json_array_get(steps, i), &health,
                 report);
    return 0;
}
