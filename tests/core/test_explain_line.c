/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions in one line (libkeda/core/explain_line.c). */
#include "core/situation.h"

#include <keda/explain.h>

static const char *names[] = {"kafka lag", NULL, "queue"};
static char text[256];

static const char *text_of(struct situation *s)
{
    keda_decision_text(&s->policy, &s->seen, &s->decision, names, text, sizeof text);
    return text;
}

Test(explain_line, names_metric_value_target_counts_and_rule)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 64.5);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "kafka lag 64.5 above target 10 per replica, wants 7: "
                                  "3 -> 6 (ScaleUpLimit)");
}

Test(explain_line, says_how_the_metric_stands_to_its_target)
{
    struct situation s;
    situation_open(&s, 2);
    s.metrics[1].target_type = KEDA_TARGET_VALUE;
    s.seen.spec_replicas = s.seen.pods_total = s.seen.pods_ready = 4;
    situation_read(&s, 0, 0);
    situation_read(&s, 1, 10);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s),
                     "metric 1 10 within tolerance of target 10, wants 4: stays 4 (Tolerance)");
    situation_read(&s, 1, 5);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "metric 1 5 below target 10, wants 2: stays 4 (Stabilized)");
}

Test(explain_line, says_which_count_an_earlier_wish_made_of_it)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.max_replicas = 3;
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 90);
    situation_step(&s, 0);
    situation_read(&s, 0, 7);
    s.seen.now_ms += 15000;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "kafka lag 7 below target 10 per replica, wants 1, "
                                  "9 counts by the stabilisation window: stays 3 "
                                  "(TooManyReplicas)");
    s.decision.binding_metric = 5;
    cr_assert_str_eq(text_of(&s), "metrics want 1, 9 counts by the stabilisation window: "
                                  "stays 3 (TooManyReplicas)");
}

Test(explain_line, says_at_where_neither_tolerance_nor_a_limit_decided)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.tolerance = 0;
    s.seen.spec_replicas = 4;
    situation_read(&s, 0, 39);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s),
                     "kafka lag 39 at target 10 per replica, wants 4: stays 4 (Metric)");
}

Test(explain_line, tells_activations_apart)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 90);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "active, kafka lag 90 above target 10 per replica, wants 9: "
                                  "0 -> 4 (Activated, ScaleUpLimit)");
    situation_read(&s, 0, 30);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "active, kafka lag 30 above target 10 per replica, wants 3: "
                                  "0 -> 3 (Activated)");
    situation_fail(&s, 0);
    s.seen.due = KEDA_DUE_PUSH;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "pushed activation: 0 -> 1 (Activated)");
    s.policy.force_activation = 1;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "forced activation: 0 -> 1 (Activated)");
}

Test(explain_line, says_over_which_time_a_short_sync_is_limited)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.sync_interval_ms = 1000;
    situation_read(&s, 0, 90);
    situation_decide(&s);
    cr_assert(strstr(text_of(&s), ": 1 -> 4 (ScaleUpLimit over 15 s)"), "%s", text);
    s.seen.spec_replicas = 0;
    situation_decide(&s);
    cr_assert(strstr(text_of(&s), ": 0 -> 4 (Activated, ScaleUpLimit over 15 s)"), "%s", text);
    situation_read(&s, 0, 20);
    situation_decide(&s);
    cr_assert(strstr(text_of(&s), ": 0 -> 2 (Activated)"), "%s", text);
}

Test(explain_line, does_not_take_an_earlier_limit_for_one_of_this_decision)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.sync_interval_ms = 1000;
    situation_read(&s, 0, 90);
    situation_step(&s, 0);
    s.seen.spec_replicas = 200;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "above the maximum: 200 -> 100 (LoweredToMax)");
    s.seen.spec_replicas = 0;
    s.seen.due = KEDA_DUE_PUSH;
    situation_fail(&s, 0);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "pushed activation: 0 -> 1 (Activated)");
}

Test(explain_line, names_unknown_metrics)
{
    struct situation s;
    situation_open(&s, 3);
    s.seen.spec_replicas = 7;
    situation_read(&s, 1, 0);
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "kafka lag, queue unknown: stays 7 (TriggerError)");
    s.seen.due = KEDA_DUE_SYNC;
    situation_decide(&s);
    keda_decision_text(&s.policy, &s.seen, &s.decision, NULL, text, sizeof text);
    cr_assert_str_eq(text, "metric 0, metric 2 unknown: stays 7 (UnknownMetrics)");
    s.policy.nmetrics = 0;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "no usable metric: stays 7 (UnknownMetrics)");
}

Test(explain_line, has_a_sentence_for_every_rest)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 0);
    s.seen.spec_replicas = 7;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "inactive, cooldown over: 7 -> 0 (Deactivated)");
    situation_set_last_active(&s, 0);
    s.seen.due = KEDA_DUE_POLL;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "inactive, cooldown ends in 300 s: stays 7 (Cooldown)");
    s.policy.pause = KEDA_PAUSE_FULL;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "paused: stays 7 (Paused)");
    s.seen.spec_replicas = -1;
    situation_decide(&s);
    cr_assert_str_eq(text_of(&s), "the replica count could not be read (Unreadable)");
}

Test(explain_line, is_cut_to_its_buffer)
{
    struct situation s;
    char small[8] = "xxxxxxx";
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    situation_decide(&s);
    keda_decision_text(&s.policy, &s.seen, &s.decision, names, small, 0);
    cr_assert_eq(small[0], 'x');
    keda_decision_text(&s.policy, &s.seen, &s.decision, names, small, sizeof small);
    cr_assert_str_eq(small, "kafka l");
}

Test(explain_line, survives_a_decision_of_another_policy)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_decide(&s);
    s.decision.binding_metric = 5;
    cr_assert_str_eq(text_of(&s), "metrics want 2: 1 -> 2 (Metric)");
    s.decision.binding_metric = -1;
    cr_assert_str_eq(text_of(&s), "metrics want 2: 1 -> 2 (Metric)");
    s.decision.reason = 99;
    cr_assert_str_eq(text_of(&s), "unknown rule: 1 -> 2 (Unset)");
    s.decision.reason = -1;
    cr_assert_str_eq(text_of(&s), "unknown rule: 1 -> 2 (Unset)");
    s.decision.reason = KEDA_REASON_METRIC;
    s.decision.binding_metric = 0;
    situation_fail(&s, 0);
    cr_assert_str_eq(text_of(&s),
                     "kafka lag above target 10 per replica, wants 2: 1 -> 2 (Metric)");
}

/* --- records made by hand --------------------------------------------------------------------- */

static const char *line_of(const keda_record *record)
{
    keda_record_line(record, names, text, sizeof text);
    return text;
}

Test(explain_line, names_a_formulas_result)
{
    keda_record record = KEDA_RECORD_INIT;
    record.nmetrics_all = 2;
    record.has_composite = record.is_consulted = record.has_recommendation = 1;
    record.from = record.hpa_current = record.to = 3;
    record.binding_metric = 2;
    record.metric_replicas = record.raw_replicas = record.stabilized_replicas = 5;
    record.reason = KEDA_REASON_SCALE_UP_LIMIT;
    record.composite_milli = 9500;
    record.composite_target_milli = 2000;
    cr_assert_str_eq(line_of(&record),
                     "the formula's result 9.5 above target 2 per replica, wants 5: "
                     "stays 3 (ScaleUpLimit)");
    record.binding_metric = -1;
    cr_assert_str_eq(line_of(&record), "metrics want 5: stays 3 (ScaleUpLimit)");
    record.reason = KEDA_REASON_UNKNOWN_METRICS;
    cr_assert_str_eq(line_of(&record), "no usable metric: stays 3 (UnknownMetrics)");
    record.composite_error = KEDA_EINVAL;
    cr_assert_str_eq(line_of(&record), "the formula gave no value: stays 3 (UnknownMetrics)");
    record.has_composite = 0;
    cr_assert_str_eq(line_of(&record), "no usable metric: stays 3 (UnknownMetrics)");
}

Test(explain_line, shows_a_share_in_percent_and_a_fallback)
{
    keda_record_metric metrics[2] = {{.state = KEDA_READING_OK,
                                      .source = KEDA_SOURCE_RESOURCE,
                                      .target_type = KEDA_TARGET_UTILIZATION,
                                      .value_milli = 85000,
                                      .target_milli = 80000},
                                     {.is_fallback = 1,
                                      .index = 1,
                                      .value_milli = 60000,
                                      .target_milli = 10000,
                                      .target_type = KEDA_TARGET_VALUE}};
    keda_record record = KEDA_RECORD_INIT;
    record.metrics = metrics;
    record.nmetrics = record.nmetrics_all = 2;
    record.reason = KEDA_REASON_METRIC;
    record.is_write = 1;
    record.from = record.hpa_current = 3;
    record.to = record.metric_replicas = record.raw_replicas = 4;
    cr_assert_str_eq(line_of(&record),
                     "kafka lag 85 % above target 80 %, wants 4: 3 -> 4 (Metric)");
    record.binding_metric = 1;
    cr_assert_str_eq(line_of(&record),
                     "metric 1 60 by fallback above target 10, wants 4: 3 -> 4 (Metric)");
    record.reason = KEDA_REASON_UNKNOWN_METRICS; /* a fallback is not unknown */
    cr_assert_str_eq(line_of(&record), "no usable metric: 3 -> 4 (UnknownMetrics)");
}
