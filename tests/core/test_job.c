/* SPDX-License-Identifier: Apache-2.0 */
/* The decision of a ScaledJob's poll (libkeda/core/job.c, job_count.c). */
#include <criterion/criterion.h>

#include <keda/job.h>

#include <math.h>

enum { MAX_READINGS = 4 };

static keda_job_policy policy;
static keda_job_observation seen;
static keda_job_reading readings[MAX_READINGS];
static int64_t items[MAX_READINGS];
static keda_job_decision got;

static void open_job(int32_t min, int32_t max)
{
    policy = (keda_job_policy)KEDA_JOB_POLICY_INIT;
    policy.min_jobs = min;
    policy.max_jobs = max;
    seen = (keda_job_observation)KEDA_JOB_OBSERVATION_INIT;
    seen.readings = readings;
    got = (keda_job_decision)KEDA_JOB_DECISION_INIT;
}

static void queue(double length, double target)
{
    keda_job_reading *r = &readings[seen.nreadings];
    items[seen.nreadings] = (int64_t)(length * 1000.0);
    *r = (keda_job_reading){.struct_size = sizeof *r,
                            .state = KEDA_READING_OK,
                            .is_active = length > 0.0,
                            .target = target,
                            .items_milli = &items[seen.nreadings],
                            .nitems = 1};
    seen.nreadings++;
}

static int32_t create(void)
{
    cr_assert_eq(keda_job_decide(&policy, &seen, &got), KEDA_OK);
    return got.create;
}

Test(job, creates_one_for_each_item_within_the_bounds)
{
    open_job(-1, 10);
    queue(5, 1);
    cr_expect_eq(create(), 5);
    policy.max_jobs = 3;
    cr_expect_eq(create(), 3);
    policy.max_jobs = -1;
    items[0] = 1000000;
    cr_expect_eq(create(), 100);
}

Test(job, rounds_the_demand_up)
{
    open_job(-1, 10);
    queue(5, 2);
    cr_expect_eq(create(), 3);
    cr_expect_float_eq(got.max_value, 2.5, 0.0);
    readings[0].target = 0.0;
    cr_expect_eq(create(), 0, "no target, no demand");
    readings[0].target = -1.0;
    cr_expect_eq(create(), 0);
    readings[0].target = 2.0;
    readings[0].items_milli = NULL;
    cr_expect_eq(create(), 0);
}

Test(job, fills_the_floor_first)
{
    open_job(3, 10);
    cr_expect_eq(create(), 3);
    cr_expect(got.is_active);
    seen.running = 3;
    cr_expect_eq(create(), 0);
    queue(2, 1);
    cr_expect_eq(create(), 2);
    seen.running = -7;
    cr_expect_eq(create(), 3, "a count below 0 is none");
}

Test(job, takes_max_for_both_bounds_when_min_is_above_it)
{
    open_job(10, 1);
    cr_expect_eq(create(), 1);
    seen.running = 1;
    queue(5, 1);
    cr_expect_eq(create(), 1);
}

Test(job, decides_by_strategy)
{
    static const struct {
        int32_t strategy, deduction;
        double percentage;
        int32_t queue, running, pending, max, effective;
    } rows[] = {
        {KEDA_JOB_DEFAULT, 0, 0.0, 3, 2, 0, 5, 1},
        {KEDA_JOB_CUSTOM, 1, 0.5, 10, 0, 0, 10, 9},
        {KEDA_JOB_CUSTOM, 0, 0.5, 10, 2, 0, 100, 9},
        {KEDA_JOB_CUSTOM, 0, (double)NAN, 10, 2, 0, 100, 8},
        {KEDA_JOB_CUSTOM, 0, -1e300, 10, 2, 0, 100, 100},
        {KEDA_JOB_CUSTOM, 0, (double)INFINITY, 10, 2, 0, 100, 0},
        {KEDA_JOB_ACCURATE, 0, 0.0, 3, 4, 2, 10, 1},
        {KEDA_JOB_ACCURATE, 0, 0.0, 5, 4, 2, 5, 1},
        {KEDA_JOB_ACCURATE, 0, 0.0, 20, 15, 10, 20, 5},
        {KEDA_JOB_EAGER, 0, 0.0, 4, 3, 0, 10, 4},
        {KEDA_JOB_EAGER, 0, 0.0, 4, 1, 6, 10, 3},
        {99, 0, 0.0, 3, 2, 0, 5, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_job(-1, rows[i].max);
        policy.strategy = rows[i].strategy;
        policy.deduction = rows[i].deduction;
        policy.running_percentage = rows[i].percentage;
        queue(rows[i].queue, 1);
        seen.running = rows[i].running;
        seen.pending = rows[i].pending;
        (void)create();
        cr_expect_eq(got.effective, rows[i].effective, "row %zu: %d", i, got.effective);
    }
}

Test(job, combines_triggers)
{
    static const struct {
        int32_t calculation;
        double queue_length, max_value;
    } rows[] = {{KEDA_JOB_MAX, 6, 6},
                {KEDA_JOB_MIN, 2, 1},
                {KEDA_JOB_AVG, 4, 3.5},
                {KEDA_JOB_SUM, 8, 7}};
    for (size_t i = 0; i < 4; i++) {
        open_job(-1, 10);
        policy.calculation = rows[i].calculation;
        queue(2, 2);
        queue(6, 1);
        queue(9, 1);
        readings[2].is_active = 0;
        (void)create();
        cr_expect_float_eq(got.queue_length, rows[i].queue_length, 0.0, "row %zu", i);
        cr_expect_float_eq(got.max_value, rows[i].max_value, 0.0, "row %zu", i);
    }
}

Test(job, is_active_by_max_only_with_something_queued)
{
    open_job(-1, 10);
    queue(0, 1);
    readings[0].is_active = 1;
    (void)create();
    cr_expect_not(got.is_active);
    policy.calculation = KEDA_JOB_MIN;
    (void)create();
    cr_expect(got.is_active);
    cr_expect(got.is_last_active_set);
}

Test(job, is_inactive_without_an_active_trigger_by_any_calculation)
{
    static const int32_t calculations[] = {KEDA_JOB_MAX, KEDA_JOB_MIN, KEDA_JOB_AVG,
                                           KEDA_JOB_SUM};
    for (size_t i = 0; i < 4; i++) {
        open_job(-1, 10);
        policy.calculation = calculations[i];
        queue(5, 1);
        readings[0].is_active = 0;
        cr_expect_eq(create(), 0, "row %zu", i);
        cr_expect_not(got.is_active, "row %zu", i);
        cr_expect_float_eq(got.queue_length, 0.0, 0.0, "row %zu", i);
    }
}

Test(job, leaves_failed_triggers_out_and_says_so)
{
    keda_job_demand demands[1];
    open_job(-1, 10);
    queue(5, 1);
    queue(7, 1);
    readings[1].state = KEDA_READING_FAILED;
    got.demands = demands;
    got.ndemands = 1;
    cr_expect_eq(create(), 5);
    cr_expect_float_eq(demands[0].queue_length, 5.0, 0.0);
    cr_expect_eq(got.ready.cause, KEDA_CAUSE_PARTIAL_TRIGGER_ERROR);
    readings[0].state = KEDA_READING_UNKNOWN;
    cr_expect_eq(create(), 0);
    cr_expect_eq(got.ready.cause, KEDA_CAUSE_TRIGGER_ERROR);
    cr_expect_eq(got.active.cause, KEDA_CAUSE_SCALER_NOT_ACTIVE);
}

Test(job, deviates_by_name_j2a_max_is_the_total)
{
    open_job(30, -1);
    seen.running = 30;
    queue(500, 1);
    cr_expect_eq(create(), 100);
    policy.deviations = KEDA_DEVIATION_JOB_MAX_TOTAL;
    cr_expect_eq(create(), 70);
    policy.min_jobs = 200;
    seen.running = 200;
    cr_expect_eq(create(), 0);
}

Test(job, deviates_by_name_j4b_true_minimum)
{
    for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
        open_job(-1, 10);
        policy.calculation = KEDA_JOB_MIN;
        queue(is_swapped ? 5 : 0, 1);
        queue(is_swapped ? 0 : 5, 1);
        readings[0].is_active = readings[1].is_active = 1;
        cr_expect_eq(create(), is_swapped ? 0 : 5);
        policy.deviations = KEDA_DEVIATION_JOB_TRUE_MIN;
        cr_expect_eq(create(), 0);
    }
}

Test(job, deviates_by_name_j4d_unknown_jobs_hold)
{
    open_job(-1, 10);
    queue(5, 1);
    seen.is_unlisted = 1;
    cr_expect_eq(create(), 5);
    policy.deviations = KEDA_DEVIATION_JOB_LIST_ERROR_HOLDS;
    cr_expect_eq(create(), 0);
    cr_expect(got.is_held);
}

Test(job, deviates_by_name_j5b_pending_once)
{
    open_job(-1, 10);
    policy.strategy = KEDA_JOB_EAGER;
    queue(9, 1);
    seen.running = 4;
    seen.pending = 3;
    cr_expect_eq(create(), 3);
    policy.deviations = KEDA_DEVIATION_JOB_EAGER_PENDING_ONCE;
    cr_expect_eq(create(), 6);
}

Test(job, refuses_what_it_does_not_know)
{
    open_job(-1, 10);
    cr_expect_eq(keda_job_decide(NULL, &seen, &got), KEDA_EINVAL);
    cr_expect_eq(keda_job_decide(&policy, NULL, &got), KEDA_EINVAL);
    cr_expect_eq(keda_job_decide(&policy, &seen, NULL), KEDA_EINVAL);
    policy.struct_size--;
    cr_expect_eq(keda_job_decide(&policy, &seen, &got), KEDA_EINVAL);
    policy.struct_size++;
    seen.struct_size--;
    cr_expect_eq(keda_job_decide(&policy, &seen, &got), KEDA_EINVAL);
    seen.struct_size++;
    got.struct_size--;
    cr_expect_eq(keda_job_decide(&policy, &seen, &got), KEDA_EINVAL);
    got.struct_size++;
    queue(1, 1);
    seen.reading_size = 1;
    cr_expect_eq(keda_job_decide(&policy, &seen, &got), KEDA_EINVAL);
    seen.reading_size = sizeof readings[0];
    seen.readings = NULL;
    cr_expect_eq(keda_job_decide(&policy, &seen, &got), KEDA_EINVAL);
}

Test(job, is_pending_until_one_pod_fulfils_everything)
{
    static const char *const both[] = {"Ready", "PodScheduled"};
    static const char *const twice[] = {"Ready", "Ready"};
    keda_job_pod pods[2] = {{sizeof pods[0], 1, both, 1}, {sizeof pods[0], 0, both + 1, 1}};

    cr_expect(keda_job_is_pending(NULL, 0, NULL, 0, sizeof pods[0]));
    cr_expect_not(keda_job_is_pending(NULL, 0, pods, 2, sizeof pods[0]));
    cr_expect(keda_job_is_pending(NULL, 0, pods + 1, 1, sizeof pods[0]));
    cr_expect(keda_job_is_pending(both, 2, pods, 2, sizeof pods[0]), "split over two pods");
    pods[0].nconditions = 2;
    cr_expect_not(keda_job_is_pending(both, 2, pods, 2, sizeof pods[0]));
    cr_expect(keda_job_is_pending(twice, 2, pods, 2, sizeof pods[0]), "listed twice");
}

Test(job, keeps_the_newest_of_the_finished)
{
    const int64_t finished_ms[] = {30, 10, 20, 20};
    uint8_t is_expired[4];

    keda_job_history(finished_ms, 4, 2, is_expired);
    cr_expect_not(is_expired[0]);
    cr_expect(is_expired[1]);
    cr_expect(is_expired[2], "the first of two that ended together");
    cr_expect_not(is_expired[3]);
    keda_job_history(finished_ms, 4, -1, is_expired);
    cr_expect(is_expired[0]);
}
