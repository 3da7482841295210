/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in one line for logs and Events: which metric, what it said, from where to where, and
 * the rule that bound. Made from a record alone; only words are chosen here.
 */
#include "core/explain.h"

#include "base/num.h"
#include "core/record.h"

#include <stdarg.h>
#include <stdio.h>

void line_put(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(line->at, line->left, format, args);
    va_end(args);
    const size_t wanted = n > 0 ? (size_t)n : 0;
    const size_t written = wanted < line->left ? wanted : line->left - 1;
    line->at += written;
    line->left -= written;
}

/* --- parts ------------------------------------------------------------------------------------ */

void line_put_milli(struct line *line, int64_t milli)
{
    char text[32];
    num_format_milli(milli, text, sizeof text);
    line_put(line, "%s", text);
}

void line_put_name(struct line *line, const struct subject *subject, int32_t metric)
{
    if (record_is_composite(subject->record, metric))
        line_put(line, "the formula's result");
    else if (subject->names != NULL && subject->names[metric] != NULL)
        line_put(line, "%s", subject->names[metric]);
    else
        line_put(line, "metric %d", metric);
}

void line_put_target(struct line *line, int64_t target_milli, int32_t target_type)
{
    line_put_milli(line, target_milli);
    if (target_type == KEDA_TARGET_AVERAGE_VALUE)
        line_put(line, " per replica");
    else if (target_type == KEDA_TARGET_UTILIZATION)
        line_put(line, " %%");
}

const keda_record_metric *record_metric_of(const keda_record *record, int32_t metric)
{
    for (size_t i = 0; i < record->nmetrics; i++)
        if (record->metrics[i].index == metric)
            return &record->metrics[i];
    return NULL;
}

/* --- what the metrics want -------------------------------------------------------------------- */

static const char *relation_of(const keda_record *record)
{
    if (record->reason == KEDA_REASON_TOLERANCE)
        return "within tolerance of";
    if (record->metric_replicas == record->hpa_current)
        return "at";
    return record->metric_replicas > record->hpa_current ? "above" : "below";
}

static void put_composite_wish(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;

    line_put_name(line, subject, record->binding_metric);
    line_put(line, " ");
    line_put_milli(line, record->composite_milli);
    line_put(line, " %s target ", relation_of(record));
    line_put_target(line, record->composite_target_milli, record->composite_target_type);
}

static void put_metric_wish(struct line *line, const struct subject *subject,
                            const keda_record_metric *metric)
{
    line_put_name(line, subject, metric->index);
    if (metric->state == KEDA_READING_OK || metric->is_fallback) {
        line_put(line, " ");
        line_put_milli(line, metric->value_milli);
        if (metric->target_type == KEDA_TARGET_UTILIZATION)
            line_put(line, " %%");
        if (metric->is_fallback)
            line_put(line, " by fallback");
    }
    line_put(line, " %s target ", relation_of(subject->record));
    line_put_target(line, metric->target_milli, metric->target_type);
}

/* Where a rule after the window decided: it started from another number than the one wanted. */
static void put_window(struct line *line, const keda_record *record)
{
    if (record->has_recommendation && record->stabilized_replicas != record->raw_replicas &&
        record->reason != KEDA_REASON_STABILIZED)
        line_put(line, ", %d counts by the stabilisation window", record->stabilized_replicas);
}

/* "kafka lag 640 above target 100 per replica, wants 7" */
static void put_wish(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;
    const keda_record_metric *metric = record_metric_of(record, record->binding_metric);

    if (record_is_composite(record, record->binding_metric)) {
        put_composite_wish(line, subject);
    } else if (metric != NULL) {
        put_metric_wish(line, subject, metric);
    } else {
        line_put(line, "metrics want %d", record->raw_replicas);
        put_window(line, record);
        return;
    }
    line_put(line, ", wants %d", record->raw_replicas);
    put_window(line, record);
}

/* "a, b unknown" */
static void put_unknown(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;
    size_t n = 0;

    for (size_t i = 0; i < record->nmetrics; i++) {
        if (record->metrics[i].state == KEDA_READING_OK || record->metrics[i].is_fallback)
            continue;
        line_put(line, n++ > 0 ? ", " : "");
        line_put_name(line, subject, record->metrics[i].index);
    }
    if (n == 0 && record->has_composite && record->composite_error != KEDA_OK)
        line_put(line, "the formula gave no value");
    else
        line_put(line, n > 0 ? " unknown" : "no usable metric");
}

/* --- sentences -------------------------------------------------------------------------------- */

static void put_activation(struct line *line, const struct subject *subject)
{
    if (subject->record->is_forced)
        line_put(line, "forced activation");
    else if (subject->record->due & KEDA_DUE_PUSH)
        line_put(line, "pushed activation");
    else
        line_put(line, "active");
    if (subject->record->has_recommendation) {
        line_put(line, ", ");
        put_wish(line, subject);
    }
}

static const char *const sentences[KEDA_REASON_COUNT] = {
    [KEDA_REASON_UNSET] = "nothing was due",
    [KEDA_REASON_UNREADABLE] = "the replica count could not be read",
    [KEDA_REASON_PAUSED] = "paused",
    [KEDA_REASON_PAUSED_REPLICAS] = "paused at a fixed count",
    [KEDA_REASON_PAUSED_SCALE_OUT] = "scale-out is paused",
    [KEDA_REASON_PAUSED_SCALE_IN] = "inactive, scale-in is paused",
    [KEDA_REASON_COOLDOWN] = "inactive",
    [KEDA_REASON_DEACTIVATED] = "inactive, cooldown over",
    [KEDA_REASON_RAISED_TO_MIN] = "below the minimum",
    [KEDA_REASON_LOWERED_TO_MAX] = "above the maximum",
    [KEDA_REASON_INACTIVE] = "inactive",
    [KEDA_REASON_NO_SYNC] = "active",
    [KEDA_REASON_DISABLED] = "at rest until activated",
};

static void put_why(struct line *line, const struct subject *subject)
{
    const int32_t reason = subject->record->reason;
    const char *sentence =
        reason >= 0 && reason < KEDA_REASON_COUNT ? sentences[reason] : "unknown rule";

    if (reason == KEDA_REASON_ACTIVATED)
        put_activation(line, subject);
    else if (reason == KEDA_REASON_TRIGGER_ERROR || reason == KEDA_REASON_UNKNOWN_METRICS)
        put_unknown(line, subject);
    else if (sentence == NULL)
        put_wish(line, subject);
    else
        line_put(line, "%s", sentence);
    if (subject->record->cooldown_left_s > 0)
        line_put(line, ", cooldown ends in %d s", subject->record->cooldown_left_s);
}

static void put_rule(struct line *line, const keda_record *record)
{
    const keda_condition *limited = &record->conditions[KEDA_COND_SCALING_LIMITED];
    const bool is_limited_start = record->reason == KEDA_REASON_ACTIVATED &&
                                  record->has_recommendation &&
                                  limited->status == KEDA_CONDITION_TRUE;

    line_put(line, " (%s", keda_reason_name(record->reason));
    if (is_limited_start)
        line_put(line, ", %s", keda_cause_name(limited->cause));
    if (record->limit_window_ms > 0 && limited->cause == KEDA_CAUSE_SCALE_UP_LIMIT &&
        (is_limited_start || record->reason == KEDA_REASON_SCALE_UP_LIMIT))
        line_put(line, " over %d s", record->limit_window_ms / 1000);
    line_put(line, ")");
}

void line_put_record(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;

    put_why(line, subject);
    if (record->is_write)
        line_put(line, ": %d -> %d", record->from, record->to);
    else if (record->from >= 0)
        line_put(line, ": stays %d", record->from);
    put_rule(line, record);
}

void keda_record_line(const keda_record *record, const char *const *names, char *buf,
                      size_t size)
{
    const struct subject subject = {record, names};
    struct line line = {buf, size};

    if (size == 0)
        return;
    buf[0] = '\0';
    line_put_record(&line, &subject);
}

void keda_decision_text(const keda_policy *policy, const keda_observation *seen,
                        const keda_decision *decision, const char *const *names, char *buf,
                        size_t size)
{
    keda_record_metric metrics[FLIP_METRICS];
    keda_record record = KEDA_RECORD_INIT;

    record.metrics = metrics;
    record.nmetrics = sizeof metrics / sizeof metrics[0];
    (void)record_fill(policy, seen, decision, &record);
    keda_record_line(&record, names, buf, size);
}
