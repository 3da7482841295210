/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of decisions: copied from a decision and from what it was made of. Nothing is decided
 * here; the smallest change is searched in flip.c.
 */
#include "core/record.h"

#include "base/num.h"
#include "core/arith.h"
#include "core/fallback.h"
#include "core/hpa.h"
#include "core/reading.h"

bool record_inputs_are_sound(const keda_policy *policy, const keda_observation *seen,
                             const keda_decision *decision)
{
    if (!rules_policy_is_sound(policy) || seen == NULL || seen->struct_size < sizeof *seen ||
        decision == NULL || decision->struct_size < sizeof *decision)
        return false;
    if (seen->nreadings > 0 && seen->reading_size < sizeof(keda_reading))
        return false;
    return decision->proposals == NULL || decision->nproposals == 0 ||
           decision->proposal_size >= sizeof(keda_proposal);
}

/* --- metrics ---------------------------------------------------------------------------------- */

struct source {
    const keda_policy *policy;
    const keda_observation *seen;
    const keda_decision *decision;
};

/* What the decision says of metric i; NULL when it was not given room for it. */
static const keda_proposal *proposal_at(const keda_decision *decision, size_t i)
{
    if (decision->proposals == NULL || i >= decision->nproposals)
        return NULL;
    return (const void *)((const char *)decision->proposals + i * decision->proposal_size);
}

static int64_t threshold_milli(double activation)
{
    return isnan(activation) ? INT64_MAX : num_milli(activation);
}

/* KEDA: strictly above the threshold, on the unrounded value, unless the scaler knows better. */
static bool is_active(const keda_metric_policy *metric, const keda_reading *reading)
{
    if (record_source_is_pods(metric->source))
        return false;
    if (reading->is_active >= 0)
        return reading->is_active != 0;
    const bool is_number = isfinite(reading->raw) && reading->raw > 0.0;
    return (is_number ? reading->raw : 0.0) > metric->activation;
}

static int32_t seconds_of(int64_t age_ms)
{
    return age_ms / 1000 < INT32_MAX ? (int32_t)(age_ms / 1000) : INT32_MAX;
}

static void note_reading(const keda_metric_policy *metric, const keda_reading *reading,
                         keda_record_metric *out)
{
    if (record_reading_is_known(reading)) {
        out->state = KEDA_READING_OK;
        out->age_s = seconds_of(reading->age_ms > 0 ? reading->age_ms : 0);
        out->is_active = is_active(metric, reading);
        out->is_ok = 1;
        (void)hpa_reading_sum(metric, reading, &out->value_milli);
        return;
    }
    out->age_s = -1;
    if (reading == NULL)
        return;
    /* An empty answer is an error too. */
    const bool is_empty = reading->state == KEDA_READING_OK;
    out->state = is_empty ? KEDA_READING_FAILED : (uint8_t)reading->state;
    out->error = is_empty ? KEDA_EPROTOCOL : (uint8_t)reading->error;
    out->failures =
        i32_max(reading->failures, 0) < INT32_MAX ? reading->failures + 1 : reading->failures;
    if (reading->age_ms > 0)
        out->age_s = seconds_of(reading->age_ms);
}

/* What stands in for the reading, by the count which the HPA half started from. */
static void note_fallback(const struct source *from, size_t i, keda_record_metric *out)
{
    const int32_t current = from->decision->hpa_current;
    const struct fallback fallback =
        fallback_of(from->policy, from->seen, i, current >= 0 ? current : from->decision->from);

    out->is_fallback = fallback.state == FALLBACK_NIL ? RECORD_BY_NIL : RECORD_BY_VALUE;
    if (fallback.state == FALLBACK_VALUE)
        out->value_milli = fallback.value_milli;
}

/* What the HPA half made of it. */
static void note_proposal(const keda_metric_policy *metric, const keda_proposal *proposal,
                          keda_record_metric *out)
{
    out->replicas = proposal->replicas;
    out->is_ok = proposal->is_ok != 0;
    out->is_within = proposal->within_tolerance != 0;
    if (metric->target_type == KEDA_TARGET_UTILIZATION)
        out->value_milli = (int64_t)proposal->utilization_percent * 1000;
    else if (record_source_is_pods(metric->source))
        out->value_milli = proposal->average_value_milli;
}

static void fill_metric(const struct source *from, size_t i, keda_record_metric *out)
{
    const keda_metric_policy *metric = rules_metric_at(from->policy, i);
    const keda_proposal *proposal = proposal_at(from->decision, i);

    *out = (keda_record_metric){
        .target_milli = metric->target_milli,
        .activation_milli = threshold_milli(metric->activation),
        .replicas = -1,
        .source = (uint8_t)metric->source,
        .target_type = (uint8_t)metric->target_type,
        .index = (int32_t)i,
    };
    note_reading(metric, rules_reading_at(from->seen, i), out);
    if (proposal == NULL)
        return;
    if (from->policy->has_fallback) {
        out->failures = proposal->failures;
        if (proposal->is_fallback)
            note_fallback(from, i, out);
    }
    /* With a formula the external metrics are not asked one by one. */
    const bool is_asked = from->decision->is_consulted &&
                          (from->policy->formula == NULL || !metric_is_external(metric));
    if (is_asked)
        note_proposal(metric, proposal, out);
}

/* The first ones, and the binding one in the last place when it is not among them. */
static bool fill_metrics(const struct source *from, keda_record *out, size_t room)
{
    const size_t n = from->policy->nmetrics;
    const int32_t binding = from->decision->binding_metric;

    out->nmetrics_all = n;
    out->nmetrics = n < room ? n : room;
    for (size_t i = 0; i < out->nmetrics; i++)
        fill_metric(from, i, &out->metrics[i]);
    if (room > 0 && binding >= 0 && (size_t)binding >= room && (size_t)binding < n)
        fill_metric(from, (size_t)binding, &out->metrics[room - 1]);
    return n <= room;
}

/* --- the decision ----------------------------------------------------------------------------- */

static void copy_decision(const keda_decision *decision, keda_record *out)
{
    out->due = decision->due;
    out->from = decision->from;
    out->to = decision->to;
    out->reason = decision->reason;
    out->event = decision->event;
    out->is_write = decision->is_write;
    out->is_active = decision->is_active;
    out->is_error = decision->is_error;
    out->is_fallback = decision->is_fallback;
    out->binding_metric = decision->binding_metric;
    out->metric_replicas = decision->metric_replicas;
    out->raw_replicas = decision->raw_replicas;
    out->stabilized_replicas = decision->stabilized_replicas;
    out->limit_replicas = decision->limit_replicas;
    out->hpa_current = decision->hpa_current;
    out->hpa_desired = decision->hpa_desired;
    out->hpa_is_write = decision->hpa_is_write;
    out->is_consulted = decision->is_consulted;
    out->has_recommendation = decision->has_recommendation;
    out->cooldown_left_s = decision->cooldown_left_s;
    out->limit_window_ms = decision->limit_window_ms;
    out->has_composite = decision->has_composite;
    out->composite_error = decision->composite_error;
    out->composite_milli = decision->composite_milli;
    for (int type = 0; type < KEDA_COND_COUNT; type++)
        out->conditions[type] = decision->conditions[type];
}

static void copy_policy(const keda_policy *policy, keda_record *out)
{
    struct hpa_rules rules;

    rules_from_policy(policy, RULES_UNDER_KEDA, &rules);
    out->min_replicas = rules.min;
    out->max_replicas = rules.max;
    out->has_behavior = rules.has_behavior;
    out->up_window_s = rules.has_behavior ? rules.up.window_s : 0;
    out->down_window_s = rules.down.window_s;
    out->tolerance_up = rules.tol_up;
    out->tolerance_down = rules.tol_down;
    out->is_forced = policy->force_activation != 0;
    out->pause = policy->pause;
    if (policy->formula == NULL)
        return;
    out->composite_target_milli = num_milli(policy->composite_target);
    out->composite_activation_milli = threshold_milli(policy->composite_activation);
    out->composite_target_type = policy->composite_target_type;
}

bool record_fill(const keda_policy *policy, const keda_observation *seen,
                 const keda_decision *decision, keda_record *out)
{
    const struct source from = {policy, seen, decision};
    const size_t room = out->metrics != NULL ? out->nmetrics : 0;

    *out = (keda_record){.struct_size = out->struct_size,
                         .metrics = out->metrics,
                         .runs = 1,
                         .flip = {.metric = -1, .to = -1}};
    copy_decision(decision, out);
    copy_policy(policy, out);
    return fill_metrics(&from, out, room);
}

keda_status keda_record_make(const keda_policy *policy, const keda_observation *seen,
                             const keda_history *history, const keda_decision *decision,
                             keda_outcome outcome, int64_t wall_ms, keda_record *out)
{
    if (!record_inputs_are_sound(policy, seen, decision) || out == NULL ||
        out->struct_size < sizeof *out)
        return KEDA_EINVAL;
    const bool is_whole = record_fill(policy, seen, decision, out);
    out->first_wall_ms = out->last_wall_ms = wall_ms;
    out->outcome = (int32_t)outcome;
    out->is_dry_run = out->is_write && outcome == KEDA_OUTCOME_NOT_WRITTEN;
    out->flip = record_flip(policy, seen, history, decision);
    return is_whole ? KEDA_OK : KEDA_ELIMIT;
}

keda_status keda_decision_flip(const keda_policy *policy, const keda_observation *seen,
                               const keda_history *history, const keda_decision *decision,
                               keda_flip *out)
{
    if (!record_inputs_are_sound(policy, seen, decision) || out == NULL)
        return KEDA_EINVAL;
    *out = record_flip(policy, seen, history, decision);
    return KEDA_OK;
}
