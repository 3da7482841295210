/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why this number and not another (libkeda/core/explain_text.c), in situations of the rules: each
 * text has at most 12 lines and its key phrases, some are compared whole, and the smallest change
 * each of them states is applied and does change the count.
 */
#include "core/flipped.h"

#include <keda/formula.h>

enum { MAX_LINES = 12, TEXT_SIZE = 4096 };

static const char *const names[] = {"kafka lag", "queue", "cpu"};
static char text[TEXT_SIZE];

/* --- telling ---------------------------------------------------------------------------------- */

static size_t lines_of(const char *of)
{
    size_t n = 0;
    for (; *of != '\0'; of++)
        n += *of == '\n';
    return n;
}

struct told {
    keda_record record;
    keda_record_metric metrics[SITUATION_METRICS];
};

static void tell(struct situation *s, keda_outcome outcome, struct told *told)
{
    *told = (struct told){.record = KEDA_RECORD_INIT};
    told->record.metrics = told->metrics;
    told->record.nmetrics = SITUATION_METRICS;
    situation_decide(s);
    cr_assert_eq(keda_record_make(&s->policy, &s->seen, s->history, &s->decision, outcome, 5000,
                                  &told->record),
                 KEDA_OK);
    keda_record_explain(&told->record, names, text, sizeof text);
    cr_assert_leq(lines_of(text), MAX_LINES, "%s", text);
    cr_assert_eq(text[strlen(text) - 1], '\n');
    if (told->record.flip.metric >= 0 && told->record.flip.metric < (int32_t)s->policy.nmetrics)
        flipped_check(s, &told->record.flip);
}

/* The text of the decision that this situation leads to, its write done. */
static const char *told_by(struct situation *s)
{
    struct told told;
    tell(s, situation_decide(s)->is_write ? KEDA_OUTCOME_WRITTEN : KEDA_OUTCOME_NOT_WRITTEN,
         &told);
    return text;
}

/* Each of `phrases`, one a line, is in the text. */
static void tells(struct situation *s, const char *phrases)
{
    char phrase[256];

    told_by(s);
    while (*phrases != '\0') {
        const size_t n = strcspn(phrases, "\n");
        cr_assert_lt(n, sizeof phrase);
        memcpy(phrase, phrases, n);
        phrase[n] = '\0';
        cr_assert(strstr(text, phrase), "no `%s` in\n%s", phrase, text);
        phrases += n + (phrases[n] == '\n');
    }
}

/* A workload with one metric at that count. */
static void open_at(struct situation *s, int32_t replicas, double value)
{
    situation_open(s, 1);
    s->seen.spec_replicas = replicas;
    situation_read(s, 0, value);
}

/* --- the HPA's half: hpa.md 3-8 --------------------------------------------------------------- */

Test(explain_text, says_why_a_metric_alone_sets_the_count)
{
    struct situation s;
    open_at(&s, 2, 35);
    s.readings[0].age_ms = 3500;
    cr_assert_str_eq(
        told_by(&s),
        "kafka lag 35 above target 10 per replica, wants 4: 2 -> 4 (Metric)\n"
        "  kafka lag reads 35, 3 s old, target 10 per replica, wants 4, active (threshold 0)\n"
        "  tolerance 10 %: exceeded\n"
        "  stabilisation 300 s down: nothing held\n"
        "  bounds 1 to 100: no limit binds\n"
        "  smallest change: 2 -> 3 had kafka lag been at most 30 (now 35)\n");
}

Test(explain_text, says_how_far_the_tolerance_goes)
{
    struct situation s;
    open_at(&s, 2, 18);
    s.policy.downscale_stabilization_s = 0;
    cr_assert_str_eq(
        told_by(&s),
        "kafka lag 18 within tolerance of target 10 per replica, wants 2: stays 2 (Tolerance)\n"
        "  kafka lag reads 18, target 10 per replica, wants 2 (within tolerance), active "
        "(threshold 0)\n"
        "  tolerance 10 %: within it, the count stays\n"
        "  stabilisation 0 s down: nothing held\n"
        "  bounds 1 to 100: no limit binds\n"
        "  smallest change: 2 -> 3 had kafka lag been above 22 (now 18)\n");
}

Test(explain_text, says_that_growth_is_limited_to_doubling)
{
    struct situation s;
    open_at(&s, 3, 64.5);
    cr_assert_str_eq(
        told_by(&s),
        "kafka lag 64.5 above target 10 per replica, wants 7: 3 -> 6 (ScaleUpLimit)\n"
        "  kafka lag reads 64.5, target 10 per replica, wants 7, active (threshold 0)\n"
        "  tolerance 10 %: exceeded\n"
        "  stabilisation 300 s down: nothing held\n"
        "  bounds 1 to 100; 7 is cut to 6: a sync at most doubles the count, or reaches 4\n"
        "  smallest change: 3 -> 5 had kafka lag been at most 50 (now 64.5)\n");
}

Test(explain_text, says_which_time_a_short_sync_is_limited_over)
{
    struct situation s;
    open_at(&s, 3, 64.5);
    s.policy.sync_interval_ms = 1000;
    tells(&s, "7 is cut to 6: within 15 s the count at most doubles, or reaches 4\n"
              "(ScaleUpLimit over 15 s)");
}

Test(explain_text, says_that_an_earlier_wish_holds_the_count)
{
    struct situation s;
    open_at(&s, 5, 50);
    situation_step(&s, 0);
    situation_read(&s, 0, 20);
    s.seen.now_ms += 15000;
    tells(&s, "stays 5 (Stabilized)\n"
              "stabilisation 300 s down: 2 is wanted now but 5 counts, more was wanted within "
              "that time\n"
              "smallest change: 5 -> 6 had kafka lag been above 55 (now 20)");
}

Test(explain_text, says_that_growth_waits_for_its_window)
{
    struct situation s;
    open_at(&s, 2, 20);
    situation_behave(&s, (keda_rate_policy){KEDA_RATE_PODS, 4, 15, 0},
                     (keda_rate_policy){KEDA_RATE_PERCENT, 50, 60, 0});
    s.up.stabilization_s = 60;
    situation_step(&s, 0);
    situation_read(&s, 0, 80);
    s.seen.now_ms += 15000;
    s.seen.due = KEDA_DUE_SYNC;
    tells(&s,
          "stabilisation 60 s up, 300 s down: 8 is wanted now but 2 counts, less was wanted\n"
          "smallest change: none, no reading alone would have changed the count");
}

Test(explain_text, says_that_scale_up_policies_bind)
{
    struct situation s;
    open_at(&s, 2, 80);
    situation_behave(&s, (keda_rate_policy){KEDA_RATE_PODS, 1, 60, 0},
                     (keda_rate_policy){KEDA_RATE_PERCENT, 50, 60, 0});
    tells(&s, "8 is cut to 3: the scale-up policies allow no more now\n"
              "smallest change: stays 2 had kafka lag been at most 22 (now 80)");
}

Test(explain_text, says_that_scale_down_policies_bind)
{
    struct situation s;
    open_at(&s, 10, 20);
    situation_behave(&s, (keda_rate_policy){KEDA_RATE_PODS, 1, 60, 0},
                     (keda_rate_policy){KEDA_RATE_PODS, 2, 60, 0});
    s.down.stabilization_s = 0;
    s.down.tolerance = 0.05;
    tells(&s, "tolerance 10 % up, 5 % down: exceeded\n"
              "2 is raised to 8: the scale-down policies allow no less now\n"
              "smallest change: 10 -> 0 had kafka lag been 0 (now 20)");
}

Test(explain_text, says_that_the_maximum_binds)
{
    struct situation s;
    open_at(&s, 8, 180);
    s.policy.max_replicas = 10;
    tells(&s, "bounds 1 to 10; 18 is cut to 10, the maximum\n"
              "smallest change: 8 -> 9 had kafka lag been at most 90 (now 180)");
}

Test(explain_text, says_that_the_minimum_binds)
{
    struct situation s;
    open_at(&s, 3, 1);
    s.policy.min_replicas = 2;
    s.policy.downscale_stabilization_s = 0;
    situation_step(&s, 0);
    s.seen.spec_replicas = 3;
    s.seen.now_ms += 15000;
    tells(&s, "kafka lag 1 below target 10 per replica, wants 1: 3 -> 2 (TooFewReplicas)\n"
              "bounds 2 to 100; 1 is raised to 2, the minimum\n"
              "smallest change: stays 3 had kafka lag been above 20 (now 1)");
}

Test(explain_text, says_that_a_count_above_the_maximum_is_lowered)
{
    struct situation s;
    open_at(&s, 20, 180);
    s.policy.max_replicas = 10;
    tells(&s, "above the maximum: 20 -> 10 (LoweredToMax)\n"
              "a count above the maximum is lowered, metrics are not asked\n"
              "smallest change: 20 -> 0 had kafka lag been 0 (now 180)");
}

Test(explain_text, says_that_a_failed_metric_blocks_scaling_down)
{
    struct situation s;
    situation_open(&s, 2);
    s.seen.spec_replicas = 7;
    situation_read(&s, 0, 30);
    situation_fail(&s, 1);
    s.policy.downscale_stabilization_s = 0;
    s.readings[1].error = KEDA_EUNAVAILABLE;
    s.readings[1].failures = 2;
    s.readings[1].age_ms = 45000;
    situation_step(&s, 0);
    s.seen.now_ms += 15000;
    tells(&s, "queue unknown: stays 7 (UnknownMetrics)\n"
              "kafka lag reads 30, target 10 per replica, wants 3\n"
              "queue is unknown (EUNAVAILABLE, 3 failures in a row, last read 45 s ago)\n"
              "a metric that fails blocks scaling down, never up\n"
              "smallest change: 7 -> 3 had queue been known to be 0");
}

Test(explain_text, says_what_each_of_several_metrics_wants)
{
    struct situation s;
    situation_open(&s, 3);
    s.seen.spec_replicas = s.seen.pods_total = s.seen.pods_ready = 4;
    s.metrics[1].target_type = KEDA_TARGET_VALUE;
    situation_read(&s, 0, 41);
    situation_read(&s, 1, 15);
    situation_read(&s, 2, 12);
    cr_assert_str_eq(told_by(&s),
                     "queue 15 above target 10, wants 6: 4 -> 6 (Metric)\n"
                     "  queue reads 15, target 10, wants 6, active (threshold 0)\n"
                     "  kafka lag reads 41, target 10 per replica, wants 4 (within tolerance), "
                     "active (threshold 0)\n"
                     "  cpu reads 12, target 10 per replica, wants 2, active (threshold 0)\n"
                     "  tolerance 10 %: exceeded\n"
                     "  stabilisation 300 s down: nothing held\n"
                     "  bounds 1 to 100: no limit binds\n"
                     "  smallest change: 4 -> 7 had queue been above 15 (now 15)\n");
}

Test(explain_text, says_that_ready_pods_are_not_known)
{
    struct situation s;
    open_at(&s, 4, 30);
    s.metrics[0].target_type = KEDA_TARGET_VALUE;
    tells(&s, "no usable metric: stays 4 (UnknownMetrics)\n"
              "target 10, proposes nothing: the ready pods are not known\n"
              "smallest change: 4 -> 0 had kafka lag been 0 (now 30)");
}

/* --- the executor: scaledobject.md 6.2 -------------------------------------------------------- */

Test(explain_text, says_why_a_workload_starts)
{
    struct situation s;
    open_at(&s, 0, 90);
    cr_assert_str_eq(
        told_by(&s),
        "active, kafka lag 90 above target 10 per replica, wants 9: 0 -> 4 (Activated, "
        "ScaleUpLimit)\n"
        "  kafka lag reads 90, target 10 per replica, wants 9, active (threshold 0)\n"
        "  from rest the count first becomes the minimum, at least 1\n"
        "  tolerance 10 %: exceeded\n"
        "  stabilisation 300 s down: nothing held\n"
        "  bounds 1 to 100; 9 is cut to 4: a sync at most doubles the count, or reaches 4\n"
        "  smallest change: 0 -> 3 had kafka lag been at most 30 (now 90)\n");
}

Test(explain_text, says_why_a_workload_stays_at_rest)
{
    struct situation s;
    open_at(&s, 0, 5);
    s.metrics[0].activation = 5;
    tells(&s, "inactive: stays 0 (Inactive)\n"
              "not active (threshold 5)\n"
              "no trigger is active and the count is at rest already\n"
              "smallest change: 0 -> 1 had kafka lag been above 5 (now 5)");
}

Test(explain_text, says_that_the_cooldown_holds)
{
    struct situation s;
    open_at(&s, 1, 0);
    situation_set_last_active(&s, 60000);
    s.seen.due = KEDA_DUE_POLL;
    tells(&s, "inactive, cooldown ends in 240 s: stays 1 (Cooldown)\n"
              "no trigger is active, but the cooldown is not over\n"
              "smallest change: none");
}

Test(explain_text, says_why_a_workload_is_put_to_rest)
{
    struct situation s;
    open_at(&s, 5, 0);
    situation_set_last_active(&s, 301000);
    tells(&s, "inactive, cooldown over: 5 -> 0 (Deactivated)\n"
              "no trigger is active, which puts the workload to rest\n"
              "smallest change: stays 5 had kafka lag been above 0 (now 0)");
}

Test(explain_text, says_that_an_unknown_trigger_stops_all)
{
    struct situation s;
    open_at(&s, 3, 0);
    s.readings[0].state = KEDA_READING_UNKNOWN;
    cr_assert_str_eq(told_by(&s),
                     "kafka lag unknown: stays 3 (TriggerError)\n"
                     "  kafka lag is unknown (no answer in time, never read)\n"
                     "  no trigger is active and one is unknown: nothing is done\n"
                     "  smallest change: 3 -> 0 had kafka lag been known to be 0\n");
}

Test(explain_text, says_that_several_unknown_triggers_stop_all)
{
    enum { MANY = 11 };
    keda_record_metric metrics[MANY] = {{0}};
    keda_record record = KEDA_RECORD_INIT;

    for (int32_t i = 0; i < MANY; i++)
        metrics[i] = (keda_record_metric){.index = i, .age_s = -1};
    record.metrics = metrics;
    record.from = record.to = 3;
    record.reason = KEDA_REASON_TRIGGER_ERROR;
    record.binding_metric = -1;
    record.flip = (keda_flip){.metric = -1, .to = 3};
    for (size_t n = 1; n <= MANY; n++) {
        record.nmetrics = record.nmetrics_all = n;
        keda_record_explain(&record, NULL, text, sizeof text);
        cr_assert(strstr(text, n > 1 ? "active and several are unknown: nothing is done"
                                     : "active and one is unknown: nothing is done"));
        cr_assert_eq(lines_of(text), n <= 9 ? n + 3 : MAX_LINES);
        cr_assert_eq(strstr(text, " more\n") != NULL, n > 9);
    }
    record.nmetrics = record.nmetrics_all =
        2; /* a fallback, and pods, are no unknown trigger */
    metrics[0].is_fallback = 1;
    keda_record_explain(&record, NULL, text, sizeof text);
    cr_assert(strstr(text, "and one is unknown"));
    metrics[0].is_fallback = 0;
    metrics[0].state = KEDA_READING_OK;
    keda_record_explain(&record, NULL, text, sizeof text);
    cr_assert(strstr(text, "and one is unknown"));
    metrics[0].state = KEDA_READING_FAILED;
    metrics[0].source = KEDA_SOURCE_RESOURCE;
    keda_record_explain(&record, NULL, text, sizeof text);
    cr_assert(strstr(text, "and one is unknown"));
}

Test(explain_text, says_that_it_is_paused)
{
    struct situation s;
    open_at(&s, 3, 90);
    s.policy.pause = KEDA_PAUSE_FULL;
    cr_assert_str_eq(
        told_by(&s),
        "paused: stays 3 (Paused)\n"
        "  kafka lag reads 90, target 10 per replica, active (threshold 0)\n"
        "  while paused nothing is done, whatever the readings say\n"
        "  smallest change: none, no reading alone would have changed the count\n");
}

Test(explain_text, says_that_scaling_out_is_paused)
{
    struct situation s;
    open_at(&s, 3, 90);
    s.policy.pause = KEDA_PAUSE_SCALE_OUT;
    tells(&s, "9 is cut to 3: that way is paused\n"
              "scale-out is paused\n"
              "smallest change: 3 -> 0 had kafka lag been 0 (now 90)");
}

/* --- fallback: scaledobject.md 7 -------------------------------------------------------------- */

Test(explain_text, says_what_a_fallback_stands_in_for)
{
    struct situation s;
    open_at(&s, 3, 0);
    s.policy.has_fallback = 1;
    s.policy.fallback_replicas = 6;
    s.policy.fallback_threshold = 3;
    situation_fail(&s, 0);
    s.readings[0].failures = 3;
    s.readings[0].error = KEDA_ETIMEOUT;
    tells(&s, "kafka lag 60 by fallback above target 10 per replica, wants 6: 3 -> 6 (Metric)\n"
              "kafka lag is unknown (ETIMEOUT, 4 failures in a row, never read), fallback "
              "gives 60, target 10 per replica, wants 6\n"
              "a fallback stands in\n"
              "smallest change: 3 -> 0 had kafka lag been known to be 0");
}

Test(explain_text, says_that_a_formula_sees_nil)
{
    static const char *const variables[] = {"a"};
    struct situation s;
    open_at(&s, 3, 0);
    cr_assert_eq(keda_formula_new(&s.policy.formula, "a ?? 50", variables, 1, NULL), KEDA_OK);
    s.metrics[0].variable = 1;
    s.policy.composite_target = 10;
    s.policy.is_whole_modifiers_target = 1;
    s.policy.has_fallback = 1;
    s.policy.fallback_replicas = 6;
    s.policy.fallback_threshold = 3;
    s.policy.fallback_behavior = KEDA_FALLBACK_SCALING_MODIFIERS;
    situation_fail(&s, 0);
    s.readings[0].failures = 3;
    told_by(&s);
    keda_formula_free(s.policy.formula);
    cr_assert(strstr(text,
                     "  kafka lag is unknown (an error, 4 failures in a row, never read), "
                     "past its failure threshold: nil in the formula\n"
                     "  the formula's result is 50, target 10 per replica, active"),
              "%s", text);
    cr_assert(strstr(text, "\n  the fallback leaves it to the formula\n"), "%s", text);
    s.policy.formula = NULL;
    tells(&s, "4 failures in a row, never read), past its failure threshold");
}

/* --- what a policy of many metrics and a formula adds ----------------------------------------- */

Test(explain_text, shows_the_binding_metric_and_as_many_as_fit)
{
    enum { MANY = 12 };
    keda_record_metric metrics[MANY] = {{0}};
    keda_record record = KEDA_RECORD_INIT;
    const char *many[MANY] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};

    for (int32_t i = 0; i < MANY; i++)
        metrics[i] = (keda_record_metric){.state = KEDA_READING_OK,
                                          .value_milli = 10000 * (i + 1),
                                          .target_milli = 10000,
                                          .replicas = i + 1,
                                          .is_ok = 1,
                                          .index = i};
    record.metrics = metrics;
    record.nmetrics = record.nmetrics_all = MANY;
    record.due = KEDA_DUE_POLL | KEDA_DUE_SYNC;
    record.runs = 3;
    record.first_wall_ms = 1000;
    record.last_wall_ms = 31000;
    record.from = record.hpa_current = 0;
    record.to = 12;
    record.is_write = record.is_consulted = record.has_recommendation = record.is_forced = 1;
    record.reason = KEDA_REASON_ACTIVATED;
    record.binding_metric = MANY - 1;
    record.metric_replicas = record.raw_replicas = record.stabilized_replicas = 12;
    record.tolerance_up = record.tolerance_down = 0.125;
    record.min_replicas = 1;
    record.max_replicas = 20;
    record.outcome = KEDA_OUTCOME_FAILED;
    record.pause = KEDA_PAUSE_SCALE_IN;
    record.flip = (keda_flip){.metric = 11, .to = 11, .value_milli = 109999};
    keda_record_explain(&record, many, text, sizeof text);
    cr_assert_str_eq(
        text,
        "forced activation, l 120 above target 10 per replica, wants 12: 0 -> 12 (Activated)\n"
        "  l reads 120, target 10 per replica, wants 12, not active (threshold 0)\n"
        "  a reads 10, target 10 per replica, wants 1, not active (threshold 0)\n"
        "  b reads 20, target 10 per replica, wants 2, not active (threshold 0)\n"
        "  c reads 30, target 10 per replica, wants 3, not active (threshold 0)\n"
        "  and 8 more, none of which wants more\n"
        "  from rest the count first becomes the minimum, at least 1\n"
        "  tolerance 12.5 %: exceeded\n"
        "  stabilisation 0 s down: nothing held\n"
        "  bounds 1 to 20: no limit binds\n"
        "  activation is forced; scale-in is paused; the write failed; 3 decisions alike "
        "within "
        "30 s\n"
        "  smallest change: 0 -> 11 had l been below 110 (now 120)\n");
    cr_assert_eq(lines_of(text), MAX_LINES);
    record.nmetrics_all = record.nmetrics = 5;
    record.binding_metric = 4;
    keda_record_explain(&record, many, text, sizeof text);
    cr_assert(strstr(text, "  d reads 40"), "%s", text);
    cr_assert_not(strstr(text, " more"), "%s", text);
    cr_assert_eq(lines_of(text), MAX_LINES);
}

/* --- records made by hand --------------------------------------------------------------------- */

/* One known metric at 3 replicas, asked and within bounds. */
static keda_record plain(keda_record_metric *metric)
{
    keda_record record = KEDA_RECORD_INIT;
    *metric = (keda_record_metric){.state = KEDA_READING_OK,
                                   .is_ok = 1,
                                   .value_milli = 30000,
                                   .target_milli = 10000,
                                   .replicas = 3};
    record.metrics = metric;
    record.nmetrics = record.nmetrics_all = 1;
    record.due = KEDA_DUE_POLL | KEDA_DUE_SYNC;
    record.reason = KEDA_REASON_METRIC;
    record.from = record.to = record.hpa_current = record.raw_replicas = 3;
    record.metric_replicas = record.stabilized_replicas = 3;
    record.is_consulted = record.has_recommendation = 1;
    record.tolerance_up = record.tolerance_down = 0.1;
    record.flip = (keda_flip){.metric = -1, .to = 3};
    return record;
}

static const char *text_of(const keda_record *record)
{
    keda_record_explain(record, NULL, text, sizeof text);
    cr_assert_leq(lines_of(text), MAX_LINES);
    return text;
}

static void says(const keda_record *record, const char *phrase)
{
    cr_assert(strstr(text_of(record), phrase), "no `%s` in\n%s", phrase, text);
}

static void says_not(const keda_record *record, const char *phrase)
{
    cr_assert_not(strstr(text_of(record), phrase), "`%s` in\n%s", phrase, text);
}

Test(explain_text, says_why_a_metric_proposes_nothing)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    metric.is_ok = 0;
    says(&record, "proposes nothing: its target cannot be used");
    metric.target_type = KEDA_TARGET_VALUE;
    says(&record, "proposes nothing: the ready pods are not known");
    metric.source = KEDA_SOURCE_PODS;
    says(&record, "proposes nothing: no usable sample of its pods");
    says_not(&record, "active");
    metric.target_type = KEDA_TARGET_UTILIZATION;
    metric.is_ok = 1;
    says(&record, "metric 0 reads 30 %, target 10 %, wants 3");
}

Test(explain_text, tells_failures_apart)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    metric.state = KEDA_READING_FAILED;
    metric.age_s = -1;
    metric.failures = 1;
    says(&record, "metric 0 is unknown (an error, never read)");
    metric.error = KEDA_EAUTH;
    says(&record, "metric 0 is unknown (EAUTH, never read)");
}

Test(explain_text, says_that_no_reading_activates)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    metric.activation_milli = INT64_MAX;
    says(&record, "not active (threshold never reached)");
    record.due = KEDA_DUE_SYNC;
    says_not(&record, "threshold");
}

Test(explain_text, shows_a_formula)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.has_composite = 1;
    record.composite_milli = 4500;
    record.composite_target_milli = 2000;
    record.composite_activation_milli = 5000;
    record.binding_metric = 1;
    record.flip = (keda_flip){.metric = 1, .to = 4, .value_milli = 6001};
    says(&record, "  metric 0 reads 30, target 10 per replica\n"
                  "  the formula's result is 4.5, target 2 per replica, not active (threshold "
                  "5)\n"
                  "  tolerance 10 %: exceeded\n");
    says(&record, "3 -> 4 had the formula's result been above 6 (now 4.5)\n");
    record.reason = KEDA_REASON_TOLERANCE;
    record.composite_milli = 5500;
    says(&record, ", active (threshold 5)\n  tolerance 10 %: within it");
    metric.source = KEDA_SOURCE_PODS;
    says(&record, "metric 0 reads 30, target 10 per replica, wants 3\n");
    record.composite_error = KEDA_EUNAVAILABLE;
    record.flip = (keda_flip){.metric = -1, .to = -1};
    says(&record, "  the formula gave no value (EUNAVAILABLE)\n");
    says(&record, "smallest change: not known, the formula gave nothing to go by\n");
}

Test(explain_text, says_why_no_change_is_known)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.flip = (keda_flip){.metric = -1, .to = -1};
    says(&record, "not known, it takes more than one value to change what pods report");
    record.nmetrics_all = 33;
    says(&record, "not known, there are too many metrics");
    record.binding_metric = -1;
    record.nmetrics_all = 5;
    says(&record, "  metric 0 reads 30");
    says(&record, "  and 4 more\n");
}

Test(explain_text, says_each_change_in_the_shorter_way)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.flip = (keda_flip){.metric = 0, .to = 4, .value_milli = 33500};
    says(&record, "3 -> 4 had metric 0 been at least 33.5 (now 30)\n");
    record.flip.value_milli = 20999;
    says(&record, "3 -> 4 had metric 0 been below 21 (now 30)\n");
    record.flip.value_milli = 20000;
    says(&record, "3 -> 4 had metric 0 been at most 20 (now 30)\n");
    record.flip.value_milli = 0;
    says(&record, "3 -> 4 had metric 0 been 0 (now 30)\n");
    metric.state = KEDA_READING_FAILED;
    record.flip.value_milli = 60001;
    says(&record, "3 -> 4 had metric 0 been known, above 60\n");
    record.flip = (keda_flip){.metric = 7, .to = 4, .value_milli = 60001}; /* not shown */
    says(&record, "3 -> 4 had metric 7 been known, above 60\n");
}

Test(explain_text, shows_tolerances_that_differ)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.tolerance_up = 0.2;
    says(&record, "  tolerance 20 % up, 10 % down: ");
    record.tolerance_up = 0.075;
    says(&record, "  tolerance 7.5 % up, 10 % down: ");
    record.tolerance_up = 1e300;
    says(&record, "  tolerance 100000000000 % up, ");
}

Test(explain_text, says_that_scaling_in_is_paused)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.has_behavior = 1;
    record.pause = KEDA_PAUSE_SCALE_IN;
    record.stabilized_replicas = 1;
    record.limit_replicas = 3;
    record.conditions[KEDA_COND_SCALING_LIMITED] =
        (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALE_DOWN_LIMIT};
    says(&record, "; 1 is raised to 3: that way is paused\n  scale-in is paused\n");
    record.pause |= KEDA_PAUSE_FULL;
    says_not(&record, "scale-in is paused");
}

Test(explain_text, tells_what_became_of_the_write)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.is_dry_run = 1;
    says(&record, "  dry run, not written\n");
    record.is_dry_run = 0;
    record.runs = 2;
    record.last_wall_ms = 15000;
    says(&record, "  2 decisions alike within 15 s\n");
}

Test(explain_text, has_no_sentence_for_an_unknown_rule)
{
    keda_record_metric metric;
    keda_record record = plain(&metric);
    record.reason = 99;
    says(&record, "unknown rule: stays 3 (Unset)\n  metric 0 reads");
    record.reason = -1;
    says(&record, "unknown rule: stays 3 (Unset)\n  metric 0 reads");
}

Test(explain_text, is_cut_to_its_buffer)
{
    keda_record_metric metric;
    const keda_record record = plain(&metric);
    char small[8] = "xxxxxxx";
    keda_record_explain(&record, NULL, small, 0);
    cr_assert_eq(small[0], 'x');
    keda_record_explain(&record, NULL, small, sizeof small);
    cr_assert_str_eq(small, "metric ");
}
