/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in one line for logs: which metric, what it said, from where to where, and the rule
 * that bound. Only words are chosen here; nothing is decided again.
 */
#include "core/hpa.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>

struct line {
    char *at;
    size_t left; /* the terminator included */
};

static void put(struct line *line, const char *format, ...) KEDA_PRINTF(2, 3);

static void put(struct line *line, const char *format, ...)
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

/* --- metrics ---------------------------------------------------------------------------------- */

struct subject {
    const keda_policy *policy;
    const keda_observation *seen;
    const char *const *names;
};

static void put_name(struct line *line, const struct subject *subject, size_t metric)
{
    if (subject->names != NULL && subject->names[metric] != NULL)
        put(line, "%s", subject->names[metric]);
    else
        put(line, "metric %zu", metric);
}

static void put_milli(struct line *line, int64_t milli)
{
    char text[32];
    num_format_milli(milli, text, sizeof text);
    put(line, "%s", text);
}

static void put_target(struct line *line, const keda_metric_policy *metric)
{
    put(line, "target ");
    put_milli(line, metric->target_milli);
    if (metric->target_type == KEDA_TARGET_AVERAGE_VALUE)
        put(line, " per replica");
}

static const char *relation_of(const keda_decision *decision)
{
    if (decision->reason == KEDA_REASON_TOLERANCE)
        return "within tolerance of";
    if (decision->metric_replicas == decision->hpa_current)
        return "at";
    return decision->metric_replicas > decision->hpa_current ? "above" : "below";
}

/* "kafka lag 640 above target 100 per replica, wants 7" */
static void put_wish(struct line *line, const struct subject *subject,
                     const keda_decision *decision)
{
    const size_t index = (size_t)decision->binding_metric;
    int64_t sum = 0;

    if (decision->binding_metric < 0 || index >= subject->policy->nmetrics) {
        put(line, "metrics want %d", decision->raw_replicas);
        return;
    }
    const keda_metric_policy *metric = rules_metric_at(subject->policy, index);
    put_name(line, subject, index);
    if (hpa_reading_sum(metric, rules_reading_at(subject->seen, index), &sum)) {
        put(line, " ");
        put_milli(line, sum);
    }
    put(line, " %s ", relation_of(decision));
    put_target(line, metric);
    put(line, ", wants %d", decision->raw_replicas);
}

/* "a, b unknown" */
static void put_unknown(struct line *line, const struct subject *subject)
{
    size_t n = 0;
    int64_t sum;
    for (size_t i = 0; i < subject->policy->nmetrics; i++) {
        if (hpa_reading_sum(rules_metric_at(subject->policy, i),
                            rules_reading_at(subject->seen, i), &sum))
            continue;
        if (n++ > 0)
            put(line, ", ");
        put_name(line, subject, i);
    }
    put(line, n > 0 ? " unknown" : "no usable metric");
}

/* --- sentences -------------------------------------------------------------------------------- */

static void put_activation(struct line *line, const struct subject *subject,
                           const keda_decision *decision)
{
    if (subject->policy->force_activation)
        put(line, "forced activation");
    else if (decision->due & KEDA_DUE_PUSH)
        put(line, "pushed activation");
    else
        put(line, "active");
    if (decision->has_recommendation) {
        put(line, ", ");
        put_wish(line, subject, decision);
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

static void put_why(struct line *line, const struct subject *subject,
                    const keda_decision *decision)
{
    const int32_t reason = decision->reason;
    const char *sentence =
        reason >= 0 && reason < KEDA_REASON_COUNT ? sentences[reason] : "unknown rule";

    if (reason == KEDA_REASON_ACTIVATED)
        put_activation(line, subject, decision);
    else if (reason == KEDA_REASON_TRIGGER_ERROR || reason == KEDA_REASON_UNKNOWN_METRICS)
        put_unknown(line, subject);
    else if (sentence == NULL)
        put_wish(line, subject, decision);
    else
        put(line, "%s", sentence);
    if (decision->cooldown_left_s > 0)
        put(line, ", cooldown ends in %d s", decision->cooldown_left_s);
}

static void put_rule(struct line *line, const keda_decision *decision)
{
    const keda_condition *limited = &decision->conditions[KEDA_COND_SCALING_LIMITED];
    const bool is_limited_start = decision->reason == KEDA_REASON_ACTIVATED &&
                                  decision->has_recommendation &&
                                  limited->status == KEDA_CONDITION_TRUE;

    put(line, " (%s", keda_reason_name(decision->reason));
    if (is_limited_start)
        put(line, ", %s", keda_cause_name(limited->cause));
    if (decision->limit_window_ms > 0 && limited->cause == KEDA_CAUSE_SCALE_UP_LIMIT &&
        (is_limited_start || decision->reason == KEDA_REASON_SCALE_UP_LIMIT))
        put(line, " over %d s", decision->limit_window_ms / 1000);
    put(line, ")");
}

void keda_decision_text(const keda_policy *policy, const keda_observation *seen,
                        const keda_decision *decision, const char *const *names, char *buf,
                        size_t size)
{
    const struct subject subject = {policy, seen, names};
    struct line line = {buf, size};

    if (size == 0)
        return;
    buf[0] = '\0';
    put_why(&line, &subject, decision);
    if (decision->is_write)
        put(&line, ": %d -> %d", decision->from, decision->to);
    else if (decision->from >= 0)
        put(&line, ": stays %d", decision->from);
    put_rule(&line, decision);
}
