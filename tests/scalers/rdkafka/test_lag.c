/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the kafka trigger: each step for one partition, each limit on the sum, and the
 * persistent-lag memory. Offsets are written committed/end.
 */
#include "scalers/rdkafka/lag.h"

#include <criterion/criterion.h>
#include <string.h>

#define NONE   LAG_NONE
#define ABSENT LAG_ABSENT

/* One topic's partitions, numbered from 0. */
struct offsets {
    int64_t committed, end;
};

static lag_rules rules_of(int64_t threshold)
{
    return (lag_rules){.threshold = threshold, .policy = LAG_LATEST};
}

static keda_status compute(const lag_rules *rules, const struct offsets *offsets, size_t count,
                           lag_memory *memory, lag_remember remember, lag_result *out)
{
    lag_partition partitions[128];
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_leq(count, 128);
    for (size_t i = 0; i < count; i++)
        partitions[i] = (lag_partition){"t", (int32_t)i, offsets[i].committed, offsets[i].end};
    return lag_compute(rules, partitions, count, memory, remember, out, &err);
}

/* A poll of a fresh instance. */
static lag_result lag_of(lag_rules rules, const struct offsets *offsets, size_t count)
{
    lag_memory memory = {NULL, 0};
    lag_result out = {-77, false};

    cr_assert_eq(compute(&rules, offsets, count, &memory, LAG_MOVE_ON, &out), KEDA_OK);
    lag_memory_clear(&memory);
    return out;
}

#define LAG(rules, ...)                                                                        \
    lag_of(rules, (const struct offsets[]){__VA_ARGS__},                                       \
           sizeof((const struct offsets[]){__VA_ARGS__}) / sizeof(struct offsets))

#define assert_lag(result, expected_value, expected_active)                                    \
    do {                                                                                       \
        lag_result r_ = (result);                                                              \
        cr_assert_eq(r_.value, expected_value, "value is %lld", (long long)r_.value);          \
        cr_assert_eq(r_.is_active, expected_active);                                           \
    } while (0)

Test(lag, sums_what_is_behind)
{
    assert_lag(LAG(rules_of(10), {5, 15}, {10, 10}), 10, true);
    assert_lag(LAG(rules_of(10), {0, 0}), 0, false);
}

Test(lag, counts_a_partition_without_commit_as_one_message_when_consumers_start_at_the_end)
{
    assert_lag(LAG(rules_of(10), {NONE, 100}, {NONE, 0}), 2, true);
}

Test(lag, counts_a_partition_without_commit_as_none_when_told_so)
{
    lag_rules rules = rules_of(10);

    rules.zero_on_invalid = true;
    assert_lag(LAG(rules, {NONE, 100}, {NONE, 0}), 0, false);
    rules.policy = LAG_EARLIEST;
    assert_lag(LAG(rules, {NONE, 100}), 0, false);
}

Test(lag, counts_up_to_the_end_offset_itself_when_consumers_start_at_the_beginning)
{
    lag_rules rules = rules_of(10);

    rules.policy = LAG_EARLIEST;
    assert_lag(LAG(rules, {NONE, 100}), 10, true); /* 100 / 10 > 1 partition */
    rules.allow_idle = true;
    assert_lag(LAG(rules, {NONE, 100}), 100, true);
}

Test(lag, is_active_only_above_the_activation_threshold)
{
    lag_rules rules = rules_of(10);

    rules.activation = 10;
    assert_lag(LAG(rules, {0, 10}), 10, false);
    assert_lag(LAG(rules, {0, 11}), 11, true);
}

Test(lag, judges_activity_before_any_limit)
{
    lag_rules rules = rules_of(10);

    rules.activation = 50;
    assert_lag(LAG(rules, {0, 100}), 10, true);
}

/* Ten partitions whose lag is `total`, all of it in the first. */
static lag_result ten_partitions(lag_rules rules, int64_t total)
{
    struct offsets offsets[10] = {{0, total}};

    return lag_of(rules, offsets, 10);
}

Test(lag, limits_to_the_partitions_by_whole_division)
{
    assert_lag(ten_partitions(rules_of(10), 109), 109, true);
    assert_lag(ten_partitions(rules_of(10), 110), 100, true);
}

Test(lag, limits_to_partitions_with_lag)
{
    lag_rules rules = rules_of(10);

    rules.limit_to_lagging = true;
    assert_lag(LAG(rules, {0, 100}, {3, 3}, {3, 3}, {3, 3}, {3, 3}), 10, true);
    assert_lag(LAG(rules, {3, 3}, {3, 3}), 0, false);
    rules.allow_idle = true; /* this limit holds all the same */
    assert_lag(LAG(rules, {0, 100}, {3, 3}), 10, true);
}

Test(lag, chooses_replicas_that_divide_the_partitions)
{
    lag_rules rules = rules_of(10);

    rules.ensure_even = true;
    assert_lag(ten_partitions(rules, 25), 50, true);
    assert_lag(ten_partitions(rules, 20), 20, true);
    assert_lag(ten_partitions(rules, 51), 100, true);
    assert_lag(ten_partitions(rules, 1000), 100, true);
}

Test(lag, never_reports_less_than_one_threshold_when_even)
{
    lag_rules rules = rules_of(10);

    rules.ensure_even = true;
    assert_lag(ten_partitions(rules, 0), 10, false);
    assert_lag(ten_partitions(rules, -5), 10, false);
}

Test(lag, takes_one_of_seven_or_all_seven_when_even)
{
    lag_rules rules = rules_of(10);

    rules.ensure_even = true;
    rules.allow_idle = true;
    assert_lag(LAG(rules, {0, 11}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}), 70, true);
    assert_lag(LAG(rules, {0, 10}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}), 10, true);
}

Test(lag, leaves_out_a_partition_without_end_offset)
{
    lag_rules rules = rules_of(10);

    assert_lag(LAG(rules, {0, 100}, {0, ABSENT}), 10, true); /* one partition, not two */
    assert_lag(LAG(rules, {ABSENT, ABSENT}), 0, false);
    assert_lag(LAG(rules, {NONE, ABSENT}), 0, false);
}

Test(lag, fails_when_the_answer_lacks_a_committed_offset)
{
    lag_rules rules = rules_of(10);
    lag_memory memory = {NULL, 0};
    lag_result out;

    rules.exclude_persistent = true;
    cr_assert_eq(
        compute(&rules, (struct offsets[]){{1, 5}, {ABSENT, 5}}, 2, &memory, LAG_MOVE_ON, &out),
        KEDA_EPROTOCOL);
    cr_assert_eq(memory.count, 0, "a failed poll remembers nothing");
}

Test(lag, keeps_a_negative_lag)
{
    assert_lag(LAG(rules_of(10), {20, 15}, {0, 3}), -2, false);
}

Test(lag, says_nothing_of_no_partitions)
{
    lag_rules rules = rules_of(10);

    assert_lag(lag_of(rules, NULL, 0), 0, false);
    rules.ensure_even = true;
    assert_lag(lag_of(rules, NULL, 0), 0, false);
}

Test(lag, saturates_on_absurd_offsets)
{
    lag_rules rules = rules_of(INT64_MAX);

    rules.ensure_even = true;
    assert_lag(LAG(rules, {0, INT64_MAX}, {0, INT64_MAX}), INT64_MAX, true);
    rules = rules_of(1);
    rules.allow_idle = true;
    assert_lag(LAG(rules, {0, INT64_MAX}, {0, INT64_MAX}), INT64_MAX, true);
    assert_lag(LAG(rules, {INT64_MAX, 0}, {INT64_MAX, 0}), INT64_MIN, false);
}

/* Successive polls of one instance with one partition. */
struct stuck {
    lag_rules rules;
    lag_memory memory;
};

static lag_result look(struct stuck *s, lag_remember remember, int64_t committed, int64_t end)
{
    lag_result out = {-77, false};
    struct offsets offsets = {committed, end};

    cr_assert_eq(compute(&s->rules, &offsets, 1, &s->memory, remember, &out), KEDA_OK);
    return out;
}

static struct stuck stuck_open(void)
{
    struct stuck s = {rules_of(10), {NULL, 0}};

    s.rules.exclude_persistent = true;
    return s;
}

Test(lag, leaves_out_what_did_not_move_since_the_last_poll)
{
    struct stuck s = stuck_open();

    assert_lag(look(&s, LAG_MOVE_ON, 5, 15), 10, true);
    assert_lag(look(&s, LAG_MOVE_ON, 5, 20), 0, true); /* active: it may start from zero */
    assert_lag(look(&s, LAG_MOVE_ON, 6, 20), 14, true);
    assert_lag(look(&s, LAG_MOVE_ON, 6, 20), 0, true);
    lag_memory_clear(&s.memory);
}

Test(lag, repeats_the_verdict_of_the_poll_for_samples_in_between)
{
    struct stuck s = stuck_open();

    assert_lag(look(&s, LAG_LOOK, 5, 15), 10, true); /* nothing remembered yet */
    assert_lag(look(&s, LAG_MOVE_ON, 5, 15), 10, true);
    assert_lag(look(&s, LAG_LOOK, 5, 16), 11, true); /* within one commit interval */
    assert_lag(look(&s, LAG_MOVE_ON, 5, 17), 0, true);
    assert_lag(look(&s, LAG_LOOK, 5, 18), 0, true);
    assert_lag(look(&s, LAG_LOOK, 7, 18), 11, true); /* it moves again */
    lag_memory_clear(&s.memory);
}

Test(lag, remembers_no_missing_commit)
{
    struct stuck s = stuck_open();

    assert_lag(look(&s, LAG_MOVE_ON, NONE, 15), 1, true);
    assert_lag(look(&s, LAG_MOVE_ON, NONE, 15), 1, true);
    assert_lag(look(&s, LAG_MOVE_ON, 0, 15), 15, true);
    assert_lag(look(&s, LAG_MOVE_ON, NONE, 15), 1, true);
    assert_lag(look(&s, LAG_MOVE_ON, 0, 15), 0, true); /* still the last valid one */
    lag_memory_clear(&s.memory);
}

Test(lag, remembers_nothing_when_not_asked_to_leave_out)
{
    struct stuck s = {rules_of(10), {NULL, 0}};

    look(&s, LAG_MOVE_ON, 5, 15);
    cr_assert_eq(s.memory.count, 0);
}

Test(lag, counts_only_moving_partitions_as_lagging)
{
    lag_rules rules = rules_of(10);
    lag_memory memory = {NULL, 0};
    lag_result out;
    struct offsets before[] = {{0, 50}, {0, 50}}, after[] = {{0, 90}, {10, 90}};

    rules.exclude_persistent = true;
    rules.limit_to_lagging = true;
    cr_assert_eq(compute(&rules, before, 2, &memory, LAG_MOVE_ON, &out), KEDA_OK);
    assert_lag(out, 20, true);
    cr_assert_eq(compute(&rules, after, 2, &memory, LAG_MOVE_ON, &out), KEDA_OK);
    assert_lag(out, 10, true);
    lag_memory_clear(&memory);
}

Test(lag, remembers_each_partition_of_each_topic)
{
    lag_rules rules = rules_of(1);
    lag_memory memory = {NULL, 0};
    lag_result out;
    keda_error err = KEDA_ERROR_INIT;
    lag_partition partitions[] = {
        {"b", 40, 1, 2}, {"b", 7, 2, 4}, {"a", 40, 3, 6}, {"a", 0, 4, 8}};

    rules.exclude_persistent = true;
    rules.allow_idle = true;
    cr_assert_eq(lag_compute(&rules, partitions, 4, &memory, LAG_MOVE_ON, &out, &err), KEDA_OK);
    assert_lag(out, 1 + 2 + 3 + 4, true);
    partitions[1].committed = 3;
    partitions[2].committed = 4;
    cr_assert_eq(lag_compute(&rules, partitions, 4, &memory, LAG_MOVE_ON, &out, &err), KEDA_OK);
    assert_lag(out, 1 + 2, true);
    cr_assert_eq(lag_compute(&rules, partitions, 4, &memory, LAG_MOVE_ON, &out, &err), KEDA_OK);
    assert_lag(out, 0, true);
    lag_memory_clear(&memory);
}
