/* SPDX-License-Identifier: Apache-2.0 */
/* The proposal of a metric of the pods (libkeda/core/propose_pods.c), through keda_hpa_propose. */
#include <criterion/criterion.h>

#include <keda/decide.h>

enum { MINUTE_MS = 60000, MAX_PODS = 8 };

static keda_policy policy;
static keda_metric_policy metric;
static keda_observation seen;
static keda_pod_sample pods[MAX_PODS];
static keda_reading reading;

static void open_cpu(int32_t target_type, int64_t target_milli)
{
    policy = (keda_policy)KEDA_POLICY_INIT;
    metric = (keda_metric_policy){.struct_size = sizeof metric,
                                  .source = KEDA_SOURCE_RESOURCE,
                                  .target_type = target_type,
                                  .target_milli = target_milli,
                                  .is_cpu = 1};
    seen = (keda_observation)KEDA_OBSERVATION_INIT;
    reading = (keda_reading)KEDA_READING_INIT;
    reading.state = KEDA_READING_OK;
    reading.pods = pods;
}

/* A pod that has been ready for an hour, requests 1000 and uses `milli`. */
static keda_pod_sample *add(int64_t milli)
{
    keda_pod_sample *pod = &pods[reading.npods++];
    *pod = (keda_pod_sample){.struct_size = sizeof *pod,
                             .is_listed = 1,
                             .phase = KEDA_POD_RUNNING,
                             .ready = KEDA_POD_READY_TRUE,
                             .has_start = 1,
                             .has_sample = 1,
                             .has_request = 1,
                             .start_age_ms = 60 * MINUTE_MS,
                             .ready_transition_age_ms = 60 * MINUTE_MS,
                             .request_milli = 1000,
                             .sample_milli = milli,
                             .sample_window_ms = MINUTE_MS};
    seen.spec_replicas = (int32_t)reading.npods;
    return pod;
}

static keda_proposal propose(void)
{
    keda_proposal out = {.struct_size = sizeof out};
    cr_assert_eq(keda_hpa_propose(&policy, &metric, &reading, &seen, &out), KEDA_OK);
    return out;
}

Test(propose_pods, moves_utilization_in_whole_percent)
{
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    add(700);
    add(719);
    const keda_proposal got = propose();
    cr_assert(got.is_ok);
    cr_expect_eq(got.utilization_percent, 70);
    cr_expect_eq(got.average_value_milli, 709);
    cr_expect_eq(got.replicas, 3);
}

Test(propose_pods, averages_plainly_without_requests)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(250)->has_request = 0;
    add(150)->has_request = 0;
    const keda_proposal got = propose();
    cr_expect_eq(got.average_value_milli, 200);
    cr_expect_eq(got.utilization_percent, -1);
    cr_expect_eq(got.replicas, 4);
}

Test(propose_pods, stays_within_the_tolerance)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(105);
    cr_expect_eq(propose().replicas, 1);
    cr_expect(propose().within_tolerance);
}

Test(propose_pods, needs_pods_samples_and_requests)
{
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    cr_expect_not(propose().is_ok, "no pods");
    cr_expect_eq(propose().cause, KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC);
    add(10)->is_listed = 0;
    cr_expect_not(propose().is_ok, "samples, but no pods");
    add(10)->has_sample = 0;
    pods[0].has_sample = 0;
    cr_expect_not(propose().is_ok, "pods, but no samples");
    pods[1].has_sample = 1;
    pods[1].request_milli = 0;
    cr_expect_not(propose().is_ok, "nothing is requested");
    pods[1].request_milli = 100;
    cr_expect(propose().is_ok);
    add(10)->has_request = 0;
    pods[2].is_deleting = 1;
    cr_expect_not(propose().is_ok, "one without a request, even an ignored one");
    pods[2].is_deleting = 0;
    cr_expect_not(propose().is_ok, "one without a request");
    pods[2].has_request = 1;
    cr_expect(propose().is_ok);
    metric.target_milli = 999;
    cr_expect_not(propose().is_ok, "less than one percent");
}

Test(propose_pods, refuses_targets_that_do_not_fit_the_source)
{
    open_cpu(KEDA_TARGET_VALUE, 100);
    add(100);
    cr_expect_not(propose().is_ok);
    metric.target_type = KEDA_TARGET_UTILIZATION;
    metric.source = KEDA_SOURCE_PODS;
    cr_expect_not(propose().is_ok);
    cr_expect_eq(propose().cause, KEDA_CAUSE_FAILED_GET_PODS_METRIC);
    metric.source = KEDA_SOURCE_CONTAINER_RESOURCE;
    metric.target_milli = 0;
    cr_expect_eq(propose().cause, KEDA_CAUSE_FAILED_GET_CONTAINER_RESOURCE_METRIC);
    metric.target_milli = 50000;
    cr_expect(propose().is_ok);
    reading.state = KEDA_READING_UNKNOWN;
    cr_expect_not(propose().is_ok);
    reading.state = KEDA_READING_OK;
    reading.pods = NULL;
    cr_expect_not(propose().is_ok);
}

Test(propose_pods, ignores_pods_that_are_going)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(300);
    add(900)->is_deleting = 1;
    add(900)->phase = KEDA_POD_FAILED;
    cr_expect_eq(propose().average_value_milli, 300);
    cr_expect_eq(propose().replicas, 3);
}

Test(propose_pods, keeps_samples_of_names_that_are_no_pods)
{
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    add(500)->has_sample = 0;
    add(900)->is_listed = 0;
    cr_expect_not(propose().is_ok, "a sample without a request alone gives no utilisation");
    metric.target_type = KEDA_TARGET_AVERAGE_VALUE;
    metric.target_milli = 100;
    cr_expect_eq(propose().average_value_milli, 900);
}

/* Each row is one pod at 200 % beside a ready one at 200 %: counted it doubles, unready it does not. */
Test(propose_pods, counts_no_cpu_of_pods_that_start)
{
    static const struct {
        int32_t phase, ready, has_start;
        int64_t start_age_ms, ready_age_ms, sample_age_ms;
        int32_t replicas;
    } rows[] = {
        {KEDA_POD_PENDING, KEDA_POD_READY_TRUE, 1, 600000, 600000, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_ABSENT, 1, 600000, 600000, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_TRUE, 0, 600000, 600000, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_FALSE, 1, 299999, 200000, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_TRUE, 1, 299999, 60000, 0, 4},
        {KEDA_POD_RUNNING, KEDA_POD_READY_TRUE, 1, 299999, 59999, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_TRUE, 1, 300000, 1, 0, 4},
        {KEDA_POD_RUNNING, KEDA_POD_READY_FALSE, 1, 300000, 270000, 0, 4},
        {KEDA_POD_RUNNING, KEDA_POD_READY_FALSE, 1, 300000, 270001, 0, 2},
        {KEDA_POD_RUNNING, KEDA_POD_READY_UNKNOWN, 1, 300000, 290000, 0, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
        add(200);
        keda_pod_sample *pod = add(200);
        pod->phase = rows[i].phase;
        pod->ready = rows[i].ready;
        pod->has_start = rows[i].has_start;
        pod->start_age_ms = rows[i].start_age_ms;
        pod->ready_transition_age_ms = rows[i].ready_age_ms;
        pod->sample_age_ms = rows[i].sample_age_ms;
        cr_expect_eq(propose().replicas, rows[i].replicas, "row %zu: %d", i,
                     propose().replicas);
    }
}

Test(propose_pods, counts_other_resources_of_pods_that_start)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    metric.is_cpu = 0;
    add(200);
    add(200)->ready = KEDA_POD_READY_ABSENT;
    cr_expect_eq(propose().replicas, 4);
    metric.is_cpu = 1;
    metric.source = KEDA_SOURCE_PODS;
    cr_expect_eq(propose().replicas, 4);
}

Test(propose_pods, takes_a_missing_sample_for_the_target_when_scaling_down)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(40);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "(40 + 100) / 2 is 0.7 of 100, of two");
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    add(100);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "a whole request at least: (100 + 1000) / 2000");
}

Test(propose_pods, takes_a_missing_sample_for_nothing_when_scaling_up)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(500);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 5);
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(150);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "150 of 100 turns into 75: opposite sides");
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(100);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "exactly at the target nothing is assumed");
}

Test(propose_pods, leaves_unready_pods_out_when_scaling_down)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(40);
    add(40);
    add(0)->phase = KEDA_POD_PENDING;
    cr_expect_eq(propose().replicas, 1, "0.4 of 100, of the two that are ready");
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "(40 + 40 + 100) / 3 is 0.6 of 100, of three");
}

Test(propose_pods, stays_where_what_is_assumed_crosses_the_target)
{
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    add(300);
    add(0)->has_sample = 0;
    cr_expect_eq(propose().replicas, 2, "30 of 50 turns into (300 + 1000) / 2000, 65 of 50");
    cr_expect(propose().within_tolerance);
}

Test(propose_pods, fails_where_requests_add_up_to_nothing_with_what_is_assumed)
{
    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    add(100);
    add(0)->has_sample = 0;
    pods[1].request_milli = -1000;
    cr_expect_not(propose().is_ok);
    cr_expect_eq(propose().cause, KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC);
}

Test(propose_pods, fails_for_want_of_a_reading)
{
    keda_decision decision = KEDA_DECISION_INIT;
    keda_proposal got = {.struct_size = sizeof got};
    union {
        int64_t aligned;
        char bytes[512];
    } memory = {0};
    keda_history *history = (void *)&memory;

    open_cpu(KEDA_TARGET_UTILIZATION, 50000);
    policy.metrics = &metric;
    policy.nmetrics = 1;
    seen.spec_replicas = 1;
    decision.proposals = &got;
    decision.nproposals = 1;
    keda_history_init(history, sizeof memory);
    cr_assert_eq(keda_hpa_decide(&policy, &seen, history, &decision), KEDA_OK);
    cr_expect_not(got.is_ok);
    cr_expect_eq(got.cause, KEDA_CAUSE_FAILED_GET_RESOURCE_METRIC);
    cr_expect_eq(decision.to, 1);
}

Test(propose_pods, takes_a_huge_percentage_for_the_largest)
{
    open_cpu(KEDA_TARGET_UTILIZATION, INT64_MAX);
    add(700);
    add(700);
    cr_expect_eq(propose().replicas, 1);
    cr_expect_eq(propose().utilization_percent, 70);
}

Test(propose_pods, never_turns_the_direction)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(250);
    add(250);
    add(0)->phase = KEDA_POD_PENDING;
    seen.spec_replicas = 9;
    cr_expect_eq(propose().replicas, 9, "what asks for fewer while above the target");
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 100);
    add(20);
    add(0)->has_sample = 0;
    seen.spec_replicas = 1;
    cr_expect_eq(propose().replicas, 1, "what asks for more while below the target");
}

Test(propose_pods, wraps_sums_that_do_not_fit)
{
    open_cpu(KEDA_TARGET_AVERAGE_VALUE, 1);
    add(INT64_MAX);
    add(1);
    cr_expect(propose().is_ok);
    open_cpu(KEDA_TARGET_UTILIZATION, 1000);
    add(INT64_MIN)->request_milli = -1;
    cr_expect(propose().is_ok);
}
