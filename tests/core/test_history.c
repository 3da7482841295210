/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered (libkeda/core/history.c, apply.c). */
#include "core/situation.h"

#include "core/history.h"

#include <stdlib.h>

static const keda_rate_policy four_up = {KEDA_RATE_PODS, 4, 60, 0};
static const keda_rate_policy one_down = {KEDA_RATE_PODS, 1, 60, 0};

static keda_history *history_with_cells(size_t cells)
{
    const size_t size = sizeof(keda_history) + cells * 12;
    keda_history *history = malloc(size);
    cr_assert_not_null(history);
    keda_history_init(history, size);
    return history;
}

static size_t length(const keda_history *history, enum history_kind kind)
{
    return history_list_of(history, kind).n;
}

/* --- sizes ------------------------------------------------------------------------------------ */

Test(history, is_small_at_the_default_windows)
{
    const keda_policy policy = KEDA_POLICY_INIT;
    cr_assert_leq(keda_history_size(&policy, 15000), 600);
    cr_assert_eq(keda_history_size(&policy, 15000) % 8, 0);
}

Test(history, costs_twelve_bytes_a_sync)
{
    keda_policy policy = KEDA_POLICY_INIT;
    const size_t before = keda_history_size(&policy, 15000);
    policy.downscale_stabilization_s = 3600;
    cr_assert_eq(keda_history_size(&policy, 15000) - before, 12 * (3600 - 300) / 15);
}

Test(history, grows_with_periods_and_with_a_short_sync)
{
    keda_policy policy = KEDA_POLICY_INIT;
    const size_t before = keda_history_size(&policy, 1000);
    keda_scaling_rules up = KEDA_SCALING_RULES_INIT;
    const keda_rate_policy slow = {KEDA_RATE_PODS, 4, 1800, 0};
    policy.sync_interval_ms = 1000;
    const size_t with_counts = keda_history_size(&policy, 1000);
    cr_assert_gt(with_counts, before);
    policy.has_behavior = 1;
    policy.scale_up = &up;
    up.policies = &slow;
    up.npolicies = 1;
    cr_assert_geq(keda_history_size(&policy, 1000), before + (1800 - 15 - 1) * 12);
}

Test(history, has_a_size_for_any_policy)
{
    keda_policy policy = KEDA_POLICY_INIT;
    policy.downscale_stabilization_s = INT32_MAX;
    const size_t most = keda_history_size(&policy, -1);
    cr_assert_eq(keda_history_size(&policy, 0), most);
    cr_assert_lt(most, (size_t)1 << 30);
    policy.struct_size = 1;
    cr_assert_eq(keda_history_size(&policy, 15000), 0);
}

Test(history, never_overflows_its_size)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, four_up, one_down);
    s.up.stabilization_s = 120;
    s.down.stabilization_s = 90;
    const size_t size = keda_history_size(&s.policy, 1000);
    s.history = malloc(size);
    keda_history_init(s.history, size);
    for (int i = 0; i < 2000; i++) {
        situation_read(&s, 0, i % 7 < 4 ? 500 : 10);
        situation_hpa_step(&s, 1000);
        cr_assert_not(s.decision.history_truncated);
    }
    cr_assert_geq(length(s.history, HISTORY_RECS), 121);
    free(s.history);
}

/* --- recommendations -------------------------------------------------------------------------- */

Test(history, remembers_the_first_count_and_the_recommendation)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 70);
    situation_hpa_step(&s, 0);
    const struct history_list recs = history_list_of(s.history, HISTORY_RECS);
    cr_assert_eq(recs.n, 2);
    cr_assert_eq(recs.value[0], 3);
    cr_assert_eq(recs.value[1], 7);
}

Test(history, remembers_only_the_first_count_without_a_decision)
{
    struct situation s;
    situation_open(&s, 1);
    situation_fail(&s, 0);
    situation_hpa_step(&s, 0);
    situation_hpa_step(&s, 15000);
    cr_assert_eq(length(s.history, HISTORY_RECS), 1);
}

Test(history, reuses_the_last_slot_older_than_the_window)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.downscale_stabilization_s = 30;
    for (int i = 0; i < 4; i++) {
        situation_read(&s, 0, 10 * (i + 1));
        situation_hpa_step(&s, i == 0 ? 0 : 15000);
    }
    /* first 1, then 1 2 3 at 0, 15 and 30 s; at 45 s both of 0 s are old, and the later goes */
    const struct history_list recs = history_list_of(s.history, HISTORY_RECS);
    cr_assert_eq(recs.n, 4);
    cr_assert_eq(recs.value[0], 1);
    cr_assert_eq(recs.value[1], 4);
    cr_assert_eq(recs.value[3], 3);
}

Test(history, keeps_recommendations_for_the_longer_window)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, four_up, one_down);
    s.up.stabilization_s = 60;
    s.down.stabilization_s = 0;
    situation_read(&s, 0, 10);
    situation_hpa_step(&s, 0);
    situation_hpa_step(&s, 60000);
    cr_assert_eq(length(s.history, HISTORY_RECS), 3);
    situation_hpa_step(&s, 1);
    cr_assert_eq(length(s.history, HISTORY_RECS), 3);
}

/* --- scale events ----------------------------------------------------------------------------- */

Test(history, stores_events_only_of_writes_with_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 90);
    situation_hpa_step(&s, 0);
    cr_assert_eq(length(s.history, HISTORY_UP), 0);
    situation_behave(&s, four_up, one_down);
    s.seen.now_ms += 15000;
    situation_hpa(&s);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_FAILED);
    cr_assert_eq(length(s.history, HISTORY_UP), 0);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_NOT_WRITTEN);
    cr_assert_eq(length(s.history, HISTORY_UP), 0);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(history_list_of(s.history, HISTORY_UP).value[0], 4);
}

Test(history, overwrites_the_last_outdated_event)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, four_up, one_down);
    s.policy.max_replicas = 1000;
    situation_read(&s, 0, 9000);
    situation_hpa_step(&s, 0);
    situation_hpa_step(&s, 60000);
    cr_assert_eq(length(s.history, HISTORY_UP), 2); /* exactly one period old is not outdated */
    situation_hpa_step(&s, 60001);
    const struct history_list events = history_list_of(s.history, HISTORY_UP);
    cr_assert_eq(events.n, 2);
    cr_assert_eq(events.time_ms[1], s.seen.now_ms);
    cr_assert_lt(events.value[0], 0, "the one before stays flagged");
    cr_assert_eq(history_event_change(events.value[0]), 4);
    situation_hpa_step(&s, 120002);
    cr_assert_eq(history_list_of(s.history, HISTORY_UP).n, 2);
}

Test(history, stores_the_step_above_the_activation_count)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, four_up, one_down);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_step(&s, 0)->to, 5);
    cr_assert_eq(history_list_of(s.history, HISTORY_UP).value[0], 4);
}

/* --- conditions, status, last active ---------------------------------------------------------- */

Test(history, publishes_what_became_of_a_write)
{
    struct situation s;
    int32_t current = -1, desired = -1;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_hpa(&s);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_FAILED);
    keda_condition able = keda_history_condition(s.history, KEDA_COND_ABLE_TO_SCALE);
    cr_assert_eq(able.status, KEDA_CONDITION_FALSE);
    cr_assert_eq(able.cause, KEDA_CAUSE_FAILED_UPDATE_SCALE);
    keda_history_hpa_status(s.history, &current, &desired);
    cr_assert_eq(current, 1);
    cr_assert_eq(desired, 0);
    situation_hpa_step(&s, 0);
    able = keda_history_condition(s.history, KEDA_COND_ABLE_TO_SCALE);
    cr_assert_eq(able.cause, KEDA_CAUSE_SUCCEEDED_RESCALE);
    keda_history_hpa_status(s.history, NULL, &desired);
    cr_assert_eq(desired, 2);
    situation_hpa_step(&s, 15000);
    keda_history_hpa_status(s.history, &current, NULL);
    cr_assert_eq(current, 2);
}

Test(history, knows_no_condition_of_another_type)
{
    struct situation s;
    situation_open(&s, 1);
    cr_assert_eq(keda_history_condition(s.history, -1).status, KEDA_CONDITION_ABSENT);
    cr_assert_eq(keda_history_condition(s.history, KEDA_COND_COUNT).status,
                 KEDA_CONDITION_ABSENT);
}

Test(history, remembers_an_activation_only_when_it_was_written)
{
    struct situation s;
    int64_t last_ms = 7;
    situation_open(&s, 1);
    s.seen.spec_replicas = 0;
    situation_read(&s, 0, 20);
    situation_decide(&s);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_FAILED);
    cr_assert_not(keda_history_last_active(s.history, &last_ms));
    cr_assert_eq(last_ms, 7);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_WRITTEN);
    cr_assert(keda_history_last_active(s.history, &last_ms));
    cr_assert_eq(last_ms, 1000000);
}

Test(history, remembers_activity_whatever_became_of_the_hpas_write)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 20);
    situation_decide(&s);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_FAILED);
    cr_assert(keda_history_last_active(s.history, NULL));
    keda_history_set_last_active(s.history, 0, 5);
    cr_assert_not(keda_history_last_active(s.history, NULL));
}

/* --- counts for a short sync ------------------------------------------------------------------ */

Test(history, keeps_counts_only_while_they_are_needed)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.sync_interval_ms = 1000;
    situation_read(&s, 0, 900);
    for (int i = 0; i < 100; i++)
        situation_step(&s, 1000);
    cr_assert_leq(length(s.history, HISTORY_COUNTS), 4);
    s.seen.spec_replicas = -1;
    situation_step(&s, 1000);
    s.seen.spec_replicas = 50;
    situation_hpa(&s);
    keda_history_apply(s.history, &s.decision, KEDA_OUTCOME_FAILED);
    const struct history_list counts = history_list_of(s.history, HISTORY_COUNTS);
    cr_assert_eq(counts.value[counts.n - 1], 50);
    s.policy.sync_interval_ms = 0;
    situation_step(&s, 1000);
    cr_assert_eq(length(s.history, HISTORY_COUNTS), 0);
    cr_assert_eq(history_smallest_count(NULL, 0, 9), 9);
}

/* --- too little room -------------------------------------------------------------------------- */

Test(history, drops_the_oldest_and_says_so_when_it_is_full)
{
    struct situation s;
    situation_open(&s, 1);
    s.history = history_with_cells(3);
    for (int i = 0; i < 5; i++) {
        situation_read(&s, 0, 10 * (i + 1));
        situation_hpa_step(&s, i == 0 ? 0 : 1000);
    }
    const struct history_list recs = history_list_of(s.history, HISTORY_RECS);
    cr_assert_eq(recs.n, 3);
    cr_assert_eq(recs.value[0], 3);
    cr_assert_eq(recs.value[2], 5);
    cr_assert(situation_hpa(&s)->history_truncated);
    free(s.history);
}

Test(history, finds_the_oldest_wherever_it_is)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.downscale_stabilization_s = 30;
    s.history = history_with_cells(3);
    for (int i = 0; i < 3; i++) {
        situation_read(&s, 0, 10 * (i + 1));
        situation_hpa_step(&s, i == 0 ? 0 : 25000);
    }
    /* first 1 and 1 at 0 s, 2 at 25 s, 3 at 50 s in place of the second; now 1 is the oldest */
    s.policy.downscale_stabilization_s = 300;
    situation_read(&s, 0, 40);
    situation_hpa_step(&s, 1000);
    situation_hpa_step(&s, 1000);
    const struct history_list recs = history_list_of(s.history, HISTORY_RECS);
    cr_assert_eq(recs.n, 3);
    cr_assert_eq(recs.value[0], 3);
    cr_assert_eq(recs.value[1], 4);
    cr_assert_eq(recs.value[2], 4);
    free(s.history);
}

Test(history, takes_room_from_the_longest_list_for_a_new_one)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, four_up, one_down);
    s.history = history_with_cells(2);
    situation_read(&s, 0, 90);
    situation_hpa_step(&s, 0);
    cr_assert_eq(length(s.history, HISTORY_RECS), 1);
    cr_assert_eq(length(s.history, HISTORY_UP), 1);
    free(s.history);
}

Test(history, survives_without_any_room)
{
    struct situation s;
    situation_open(&s, 1);
    s.history = history_with_cells(0);
    situation_read(&s, 0, 90);
    cr_assert_eq(situation_hpa_step(&s, 0)->to, 4);
    cr_assert(situation_hpa_step(&s, 15000)->history_truncated);
    keda_history_init(s.history, sizeof(keda_history));
    cr_assert_not(situation_hpa(&s)->history_truncated);
    free(s.history);
}

/* --- copies ----------------------------------------------------------------------------------- */

static void fill(struct situation *s)
{
    situation_open(s, 1);
    situation_behave(s, four_up, one_down);
    s->down.stabilization_s = 60;
    for (int i = 0; i < 9; i++) {
        situation_read(s, 0, i % 3 == 0 ? 900 : 10);
        situation_step(s, 15000);
    }
}

Test(history, copies_everything_into_enough_room)
{
    struct situation s;
    fill(&s);
    keda_history *copy = history_with_cells(40);
    keda_history_copy(copy, s.history);
    for (int kind = 0; kind < HISTORY_KINDS; kind++) {
        const struct history_list a = history_list_of(s.history, (enum history_kind)kind);
        const struct history_list b = history_list_of(copy, (enum history_kind)kind);
        cr_assert_eq(a.n, b.n);
        for (size_t i = 0; i < a.n; i++) {
            cr_assert_eq(a.time_ms[i], b.time_ms[i]);
            cr_assert_eq(a.value[i], b.value[i]);
        }
    }
    cr_assert(keda_history_last_active(copy, NULL));
    const keda_decision first = *situation_step(&s, 15000);
    s.history = copy;
    s.seen.now_ms -= 15000;
    s.seen.spec_replicas = first.from;
    const keda_decision *second = situation_step(&s, 15000);
    cr_assert_eq(second->to, first.to);
    cr_assert_not(situation_decide(&s)->history_truncated);
    free(copy);
}

Test(history, copies_the_newest_into_little_room)
{
    struct situation s;
    fill(&s);
    keda_history *copy = history_with_cells(3);
    keda_history_copy(copy, s.history);
    size_t n = 0;
    for (int kind = 0; kind < HISTORY_KINDS; kind++) {
        const struct history_list list = history_list_of(copy, (enum history_kind)kind);
        n += list.n;
        for (size_t i = 0; i < list.n; i++)
            cr_assert_geq(list.time_ms[i], s.seen.now_ms - 30000);
    }
    cr_assert_eq(n, 3);
    s.history = copy;
    cr_assert(situation_decide(&s)->history_truncated);
    free(copy);
}
