/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set compute/formula: a formula over triggers, through keda_decide. A trigger past its threshold
 * fails once more in the poll; the recorded lines know no rule about whole targets, so that bit is
 * set here.
 */
#include "vectors.h"

#include "lang/gofloat.h"

#include <keda/formula.h>

#include <string.h>

enum { MAX_TRIGGERS = 16, THRESHOLD = 3 };

struct triggers {
    size_t n;
    const char *names[MAX_TRIGGERS];
    keda_metric_policy metrics[MAX_TRIGGERS];
    keda_reading readings[MAX_TRIGGERS];
    int64_t items[MAX_TRIGGERS];
    keda_proposal proposals[MAX_TRIGGERS];
};

static void read_trigger(const json_t *trigger, size_t at, bool has_nil, struct triggers *out,
                         struct report *report)
{
    const int32_t failures = vector_i32_or(trigger, "failures", 0, report);
    keda_reading *reading = &out->readings[at];

    out->names[at] = vector_text(trigger, "name", report);
    out->items[at] = vector_i64(trigger, "value_milli", report);
    out->metrics[at] = (keda_metric_policy){.struct_size = sizeof out->metrics[at],
                                            .target_milli = 1000,
                                            .trigger = (int32_t)at,
                                            .variable = (int32_t)at + 1};
    *reading = (keda_reading)KEDA_READING_INIT;
    reading->items_milli = &out->items[at];
    reading->nitems = 1;
    reading->state = KEDA_READING_OK;
    if (!has_nil || failures <= THRESHOLD)
        return;
    reading->state = KEDA_READING_FAILED;
    reading->failures = failures - 1;
}

static void read_triggers(const json_t *input, bool has_nil, struct triggers *out,
                          struct report *report)
{
    const json_t *triggers = vector_get(input, "triggers");

    out->n = json_array_size(triggers);
    if (out->n > MAX_TRIGGERS) {
        report_malformed(report, "triggers");
        out->n = MAX_TRIGGERS;
    }
    for (size_t i = 0; i < out->n; i++)
        read_trigger(json_array_get(triggers, i), i, has_nil, out, report);
}

static keda_policy policy_of(const json_t *input, const struct triggers *triggers, bool has_nil,
                             struct report *report)
{
    const json_t *fallback = vector_get(input, "fallback");
    keda_policy policy = KEDA_POLICY_INIT;

    policy.metrics = triggers->metrics;
    policy.nmetrics = triggers->n;
    policy.deviations = KEDA_DEVIATION_FALLBACK_FRACTION;
    policy.has_fallback = fallback != NULL;
    policy.fallback_threshold = THRESHOLD;
    if (fallback != NULL)
        policy.fallback_replicas = vector_i32(fallback, "replicas", report);
    if (has_nil)
        policy.fallback_behavior = KEDA_FALLBACK_SCALING_MODIFIERS;
    return policy;
}

static void compare_result(const json_t *expected, const keda_decision *got,
                           struct report *report)
{
    if (vector_bool_or(expected, "platform_dependent", false, report))
        return;
    const bool is_error = vector_bool_or(expected, "runtime_error", false, report);
    report_bool(report, "runtime_error", is_error, got->composite_error != KEDA_OK);
    if (!is_error)
        report_i64(report, "value_milli", vector_i64(expected, "value_milli", report),
                   got->composite_milli);
}

int run_compute_formula(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const json_t *expected = vector_get(line, "expected");
    const char *target = vector_text(input, "target", report);
    const char *behavior =
        vector_text_or(vector_get(input, "fallback"), "behavior", "", report);
    const bool has_nil = strcmp(behavior, "scalingModifiers") == 0;
    struct triggers triggers;
    keda_formula *formula = NULL;
    keda_decision decision = KEDA_DECISION_INIT;

    read_triggers(input, has_nil, &triggers, report);
    keda_policy policy = policy_of(input, &triggers, has_nil, report);
    const bool is_valid =
        gofloat_parse(target, strlen(target), &policy.composite_target) == KEDA_OK &&
        !(policy.composite_target <= 0.0) &&
        keda_formula_new(&formula, vector_text(input, "formula", report), triggers.names,
                         triggers.n, NULL) == KEDA_OK;
    report_bool(report, "valid", vector_bool(expected, "valid", report), is_valid);
    if (!is_valid)
        return 0;
    keda_observation seen = KEDA_OBSERVATION_INIT;
    seen.due = KEDA_DUE_POLL;
    seen.spec_replicas = 1;
    seen.readings = triggers.readings;
    seen.nreadings = triggers.n;
    policy.formula = formula;
    decision.proposals = triggers.proposals;
    decision.nproposals = triggers.n;
    if (keda_decide(&policy, &seen, NULL, &decision) != KEDA_OK)
        report_malformed(report, "keda_decide refused its arguments");
    compare_result(expected, &decision, report);
    keda_formula_free(formula);
    return 0;
}
