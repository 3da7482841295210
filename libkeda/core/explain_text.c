/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why this number and not another, in at most 12 lines: the one line, the readings, the formula,
 * what tolerance, windows and bounds made of them, circumstances, and the smallest change. Made from
 * a record alone; only words are chosen here.
 */
#include "core/explain.h"

#include "base/num.h"
#include "core/record.h"

#include <math.h>
#include <string.h>

enum { MAX_LINES = 12 };

/* --- one metric ------------------------------------------------------------------------------- */

/* The HPA half took it, not a formula's result in its place. */
static bool is_asked(const keda_record *record, const keda_record_metric *metric)
{
    return record->is_consulted &&
           (!record->has_composite || metric->source != KEDA_SOURCE_EXTERNAL);
}

static void put_wants(struct line *line, const keda_record *record,
                      const keda_record_metric *metric)
{
    if (!is_asked(record, metric))
        return;
    if (metric->is_ok)
        line_put(line, ", wants %d%s", metric->replicas,
                 metric->is_within ? " (within tolerance)" : "");
    else if (record_source_is_pods(metric->source))
        line_put(line, ", proposes nothing: no usable sample of its pods");
    else
        line_put(line, ", proposes nothing: %s",
                 metric->target_type == KEDA_TARGET_VALUE ? "the ready pods are not known"
                                                          : "its target cannot be used");
}

static void put_threshold(struct line *line, int64_t milli)
{
    line_put(line, " (threshold ");
    if (milli == INT64_MAX)
        line_put(line, "never reached");
    else
        line_put_milli(line, milli);
    line_put(line, ")");
}

static void put_activity(struct line *line, const keda_record *record,
                         const keda_record_metric *metric)
{
    if (!(record->due & KEDA_DUE_POLL) || record->has_composite ||
        record_source_is_pods(metric->source))
        return;
    line_put(line, metric->is_active ? ", active" : ", not active");
    put_threshold(line, metric->activation_milli);
}

/* "unknown (no answer in time, 3 failures in a row, last read 45 s ago)" */
static void put_failure(struct line *line, const keda_record_metric *metric)
{
    line_put(line, " is unknown (%s",
             metric->error != KEDA_OK               ? keda_status_name(metric->error)
             : metric->state == KEDA_READING_FAILED ? "an error"
                                                    : "no answer in time");
    if (metric->failures > 1)
        line_put(line, ", %d failures in a row", metric->failures);
    if (metric->age_s >= 0)
        line_put(line, ", last read %d s ago)", metric->age_s);
    else
        line_put(line, ", never read)");
}

static void put_metric(struct line *line, const struct subject *subject,
                       const keda_record_metric *metric)
{
    line_put(line, "  ");
    line_put_name(line, subject, metric->index);
    if (metric->state != KEDA_READING_OK)
        put_failure(line, metric);
    if (metric->is_fallback == RECORD_BY_NIL)
        line_put(line, ", past its failure threshold%s",
                 subject->record->has_composite ? ": nil in the formula" : "");
    else if (metric->state == KEDA_READING_OK || metric->is_fallback) {
        line_put(line, metric->is_fallback ? ", fallback gives " : " reads ");
        line_put_milli(line, metric->value_milli);
        line_put(line, metric->target_type == KEDA_TARGET_UTILIZATION ? " %%" : "");
        if (metric->state == KEDA_READING_OK && metric->age_s > 0)
            line_put(line, ", %d s old", metric->age_s);
        line_put(line, ", target ");
        line_put_target(line, metric->target_milli, metric->target_type);
        put_wants(line, subject->record, metric);
    }
    if (metric->state == KEDA_READING_OK)
        put_activity(line, subject->record, metric);
    line_put(line, "\n");
}

/* The binding one first, the others in the policy's order, in `room` lines (two at least). */
static void put_metrics(struct line *line, const struct subject *subject, size_t room)
{
    const keda_record *record = subject->record;
    const keda_record_metric *binding = record_metric_of(record, record->binding_metric);
    const size_t most = record->nmetrics_all > room ? room - 1 : room;
    size_t nshown = 0;

    if (binding != NULL) {
        put_metric(line, subject, binding);
        nshown++;
    }
    for (size_t i = 0; i < record->nmetrics && nshown < most; i++) {
        if (&record->metrics[i] == binding)
            continue;
        put_metric(line, subject, &record->metrics[i]);
        nshown++;
    }
    if (nshown < record->nmetrics_all)
        line_put(line, "  and %zu more%s\n", record->nmetrics_all - nshown,
                 binding != NULL ? ", none of which wants more" : "");
}

static void put_composite(struct line *line, const keda_record *record)
{
    if (!record->has_composite)
        return;
    if (record->composite_error != KEDA_OK) {
        line_put(line, "  the formula gave no value (%s)\n",
                 keda_status_name(record->composite_error));
        return;
    }
    line_put(line, "  the formula's result is ");
    line_put_milli(line, record->composite_milli);
    line_put(line, ", target ");
    line_put_target(line, record->composite_target_milli, record->composite_target_type);
    line_put(line, record->composite_milli > record->composite_activation_milli
                       ? ", active"
                       : ", not active");
    put_threshold(line, record->composite_activation_milli);
    line_put(line, "\n");
}

/* --- tolerance, windows, bounds --------------------------------------------------------------- */

static void put_percent(struct line *line, double share)
{
    line_put_milli(line, (int64_t)floor(fmin(share, 1e9) * 100000.0 + 0.5));
    line_put(line, " %%");
}

static void put_tolerance(struct line *line, const keda_record *record)
{
    const keda_record_metric *binding = record_metric_of(record, record->binding_metric);
    const bool is_within =
        binding != NULL ? binding->is_within != 0 : record->reason == KEDA_REASON_TOLERANCE;

    line_put(line, "  tolerance ");
    put_percent(line, record->tolerance_up);
    if (record->tolerance_up < record->tolerance_down ||
        record->tolerance_up > record->tolerance_down) {
        line_put(line, " up, ");
        put_percent(line, record->tolerance_down);
        line_put(line, " down");
    }
    line_put(line, is_within ? ": within it, the count stays\n" : ": exceeded\n");
}

static void put_stabilization(struct line *line, const keda_record *record)
{
    const int32_t raw = record->raw_replicas, stable = record->stabilized_replicas;

    line_put(line, "  stabilisation ");
    if (record->has_behavior)
        line_put(line, "%d s up, ", record->up_window_s);
    line_put(line, "%d s down: ", record->down_window_s);
    if (stable == raw)
        line_put(line, "nothing held\n");
    else
        line_put(line, "%d is wanted now but %d counts, %s was wanted within that time\n", raw,
                 stable, stable > raw ? "more" : "less");
}

static const char *doubling_limit(const keda_record *record)
{
    return record->limit_window_ms > 0 ? ": within 15 s the count at most doubles, or reaches 4"
                                       : ": a sync at most doubles the count, or reaches 4";
}

static const char *limit_of(const keda_record *record)
{
    switch (record->conditions[KEDA_COND_SCALING_LIMITED].cause) {
    case KEDA_CAUSE_SCALE_UP_LIMIT:
        if (record->pause & KEDA_PAUSE_SCALE_OUT)
            return ": that way is paused";
        return record->has_behavior ? ": the scale-up policies allow no more now"
                                    : doubling_limit(record);
    case KEDA_CAUSE_SCALE_DOWN_LIMIT:
        return record->pause & KEDA_PAUSE_SCALE_IN
                   ? ": that way is paused"
                   : ": the scale-down policies allow no less now";
    case KEDA_CAUSE_TOO_MANY_REPLICAS:
        return ", the maximum";
    default:
        return ", the minimum";
    }
}

static void put_bounds(struct line *line, const keda_record *record)
{
    const int32_t stable = record->stabilized_replicas, bound = record->limit_replicas;

    line_put(line, "  bounds %d to %d", record->min_replicas, record->max_replicas);
    if (record->conditions[KEDA_COND_SCALING_LIMITED].status == KEDA_CONDITION_TRUE)
        line_put(line, "; %d is %s to %d%s\n", stable, stable > bound ? "cut" : "raised", bound,
                 limit_of(record));
    else
        line_put(line, ": no limit binds\n");
}

/* Where the HPA half gave no number: the rule in words. */
static const char *const rules[KEDA_REASON_COUNT] = {
    [KEDA_REASON_UNREADABLE] = "nothing is decided while the count is not known",
    [KEDA_REASON_PAUSED] = "while paused nothing is done, whatever the readings say",
    [KEDA_REASON_PAUSED_REPLICAS] = "while paused the annotation's count is held",
    [KEDA_REASON_PAUSED_SCALE_OUT] = "a trigger is active, but may not raise the count",
    [KEDA_REASON_PAUSED_SCALE_IN] = "no trigger is active, but the count may not go down",
    [KEDA_REASON_ACTIVATED] = "from rest the count first becomes the minimum, at least 1",
    [KEDA_REASON_COOLDOWN] = "no trigger is active, but the cooldown is not over",
    [KEDA_REASON_DEACTIVATED] = "no trigger is active, which puts the workload to rest",
    [KEDA_REASON_RAISED_TO_MIN] = "a count below the minimum is raised, metrics are not asked",
    [KEDA_REASON_LOWERED_TO_MAX] =
        "a count above the maximum is lowered, metrics are not asked",
    [KEDA_REASON_INACTIVE] = "no trigger is active and the count is at rest already",
    [KEDA_REASON_NO_SYNC] = "a trigger is active; the horizontal sync was not due",
    [KEDA_REASON_UNKNOWN_METRICS] = "a metric that fails blocks scaling down, never up",
    [KEDA_REASON_DISABLED] = "at rest the metrics are not asked until a trigger is active",
};

static const char *trigger_error_of(const keda_record *record)
{
    size_t nunknown = 0;

    for (size_t i = 0; i < record->nmetrics; i++)
        nunknown += record->metrics[i].state != KEDA_READING_OK &&
                    !record->metrics[i].is_fallback &&
                    !record_source_is_pods(record->metrics[i].source);
    return nunknown > 1 ? "no trigger is active and several are unknown: nothing is done"
                        : "no trigger is active and one is unknown: nothing is done";
}

/* NULL: the steps say it. */
static const char *rule_of(const keda_record *record)
{
    if (record->reason == KEDA_REASON_TRIGGER_ERROR)
        return trigger_error_of(record);
    return record->reason > 0 && record->reason < KEDA_REASON_COUNT ? rules[record->reason]
                                                                    : NULL;
}

static void put_steps(struct line *line, const keda_record *record)
{
    const char *rule = rule_of(record);

    if (rule != NULL)
        line_put(line, "  %s\n", rule);
    if (!record->has_recommendation)
        return;
    put_tolerance(line, record);
    put_stabilization(line, record);
    put_bounds(line, record);
}

/* --- circumstances ---------------------------------------------------------------------------- */

static const char *outcome_of(const keda_record *record)
{
    if (record->outcome == KEDA_OUTCOME_FAILED)
        return "the write failed";
    if (record->is_dry_run)
        return "dry run, not written";
    return NULL;
}

static const char *fallback_of(const keda_record *record)
{
    for (size_t i = 0; i < record->nmetrics; i++)
        if (record->metrics[i].is_fallback == RECORD_BY_NIL)
            return "the fallback leaves it to the formula";
    return record->is_fallback ? "a fallback stands in" : NULL;
}

static void put_circumstances(struct line *line, const keda_record *record)
{
    const bool is_full = (record->pause & KEDA_PAUSE_FULL) != 0;
    const char *const words[] = {
        record->is_forced ? "activation is forced" : NULL,
        !is_full && (record->pause & KEDA_PAUSE_SCALE_OUT) ? "scale-out is paused" : NULL,
        !is_full && (record->pause & KEDA_PAUSE_SCALE_IN) ? "scale-in is paused" : NULL,
        fallback_of(record),
        outcome_of(record),
    };
    const char *before = "  ";

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i] == NULL)
            continue;
        line_put(line, "%s%s", before, words[i]);
        before = "; ";
    }
    if (record->runs > 1) {
        const double span_ms = (double)record->last_wall_ms - (double)record->first_wall_ms;
        line_put(line, "%s%u decisions alike within %.0f s", before, record->runs,
                 span_ms / 1000.0);
        before = "; ";
    }
    if (before[0] == ';')
        line_put(line, "\n");
}

/* --- the smallest change ---------------------------------------------------------------------- */

/* Of two texts that mean the same thousandth the shorter: "above 200" is "at least 200.001". */
static void put_turn(struct line *line, int64_t value, bool is_up)
{
    const int64_t last = is_up ? value - 1 : value + 1; /* that changes nothing */
    char inside[32], outside[32];

    num_format_milli(value, inside, sizeof inside);
    num_format_milli(last, outside, sizeof outside);
    if (strlen(outside) < strlen(inside))
        line_put(line, "%s %s", is_up ? "above" : "below", outside);
    else if (value == 0)
        line_put(line, "0");
    else
        line_put(line, "%s %s", is_up ? "at least" : "at most", inside);
}

static void put_change(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;
    const keda_flip *flip = &record->flip;
    const keda_record_metric *metric = record_metric_of(record, flip->metric);
    const bool is_composite = record_is_composite(record, flip->metric);
    const bool is_known = is_composite || (metric != NULL && metric->state == KEDA_READING_OK);

    line_put(line, " had ");
    line_put_name(line, subject, flip->metric);
    if (!is_known) {
        line_put(line, " been known%s ", flip->value_milli == 0 ? " to be" : ",");
        put_turn(line, flip->value_milli, true);
        return;
    }
    const int64_t now = is_composite ? record->composite_milli : metric->value_milli;
    line_put(line, " been ");
    put_turn(line, flip->value_milli, flip->value_milli > now);
    line_put(line, " (now ");
    line_put_milli(line, now);
    line_put(line, ")");
}

static const char *why_not_searched(const keda_record *record)
{
    if (record->has_composite)
        return "the formula gave nothing to go by";
    if (record->nmetrics_all > FLIP_METRICS)
        return "there are too many metrics";
    return "it takes more than one value to change what pods report";
}

static void put_flip(struct line *line, const struct subject *subject)
{
    const keda_record *record = subject->record;
    const keda_flip *flip = &record->flip;

    line_put(line, "  smallest change: ");
    if (flip->metric < 0 && flip->to < 0)
        line_put(line, "not known, %s", why_not_searched(record));
    else if (flip->metric < 0)
        line_put(line, "none, no reading alone would have changed the count");
    else if (flip->to == record->from)
        line_put(line, "stays %d", flip->to);
    else
        line_put(line, "%d -> %d", record->from, flip->to);
    if (flip->metric >= 0)
        put_change(line, subject);
    line_put(line, "\n");
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool has_circumstances(const keda_record *record)
{
    char text[2];
    struct line line = {text, sizeof text};

    text[0] = '\0';
    put_circumstances(&line, record);
    return text[0] != '\0';
}

/* Lines that are left for the metrics; 4 at least. */
static size_t room_for_metrics(const keda_record *record)
{
    size_t room = MAX_LINES - 2; /* the first line and the last */

    room -= record->has_composite ? 1 : 0;
    room -= rule_of(record) != NULL ? 1 : 0;
    room -= record->has_recommendation ? 3 : 0;
    return room - (has_circumstances(record) ? 1 : 0);
}

void keda_record_explain(const keda_record *record, const char *const *names, char *buf,
                         size_t size)
{
    const struct subject subject = {record, names};
    struct line line = {buf, size};

    if (size == 0)
        return;
    buf[0] = '\0';
    line_put_record(&line, &subject);
    line_put(&line, "\n");
    put_metrics(&line, &subject, room_for_metrics(record));
    put_composite(&line, record);
    put_steps(&line, record);
    put_circumstances(&line, record);
    put_flip(&line, &subject);
}
