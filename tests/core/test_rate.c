/* SPDX-License-Identifier: Apache-2.0 */
/* Limits (libkeda/core/rate.c), through decisions. */
#include "core/situation.h"

static keda_rate_policy pods(int32_t value, int32_t period_s)
{
    return (keda_rate_policy){KEDA_RATE_PODS, value, period_s, 0};
}

static keda_rate_policy percent(int32_t value, int32_t period_s)
{
    return (keda_rate_policy){KEDA_RATE_PERCENT, value, period_s, 0};
}

/* At `spec` replicas, `wanted` wanted, no stabilisation, one policy a direction. */
static void open_rate(struct situation *s, int32_t spec, double wanted, keda_rate_policy up,
                      keda_rate_policy down)
{
    situation_open(s, 1);
    situation_behave(s, up, down);
    s->down.stabilization_s = 0;
    s->seen.spec_replicas = spec;
    situation_read(s, 0, 10 * wanted);
}

static int32_t plain(int32_t spec, double wanted, int32_t max)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.max_replicas = max;
    s.policy.min_replicas = 2;
    s.policy.downscale_stabilization_s = 0;
    s.seen.spec_replicas = spec;
    situation_read(&s, 0, 10 * wanted);
    /* A first reconcile would hold its own count; the window of zero includes its border. */
    situation_hpa_step(&s, -1);
    s.seen.spec_replicas = spec;
    return situation_hpa_step(&s, 1)->to;
}

Test(rate, doubles_at_most_and_reaches_four_without_behaviour)
{
    cr_assert_eq(plain(2, 50, 100), 4);
    cr_assert_eq(plain(3, 50, 100), 6);
    cr_assert_eq(plain(40, 500, 100), 80);
    cr_assert_eq(plain(60, 500, 100), 100);
    cr_assert_eq(plain(60, 100, 100), 100);
    cr_assert_eq(plain(5, 0, 100), 2);
    cr_assert_eq(plain(1073741854, 2000000000.0, INT32_MAX), 2000000000);
}

Test(rate, says_which_bound_it_was_without_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 2;
    situation_read(&s, 0, 90);
    situation_hpa(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED), "True/ScaleUpLimit");
    cr_assert_eq(s.decision.limit_replicas, 4);
    s.policy.max_replicas = 4;
    situation_hpa(&s);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED),
                     "True/TooManyReplicas");
    cr_assert_eq(s.decision.reason, KEDA_REASON_TOO_MANY);
    s.policy.downscale_stabilization_s = 0;
    situation_apply(&s);
    situation_read(&s, 0, 0);
    situation_hpa_step(&s, 1000);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED), "True/TooFewReplicas");
    cr_assert_eq(s.decision.reason, KEDA_REASON_TOO_FEW);
    cr_assert_eq(s.decision.to, 1);
}

Test(rate, adds_pods_up)
{
    struct situation s;
    open_rate(&s, 3, 50, pods(4, 60), pods(1, 60));
    cr_assert_eq(situation_hpa_step(&s, 0)->to, 7);
    cr_assert_eq(s.decision.reason, KEDA_REASON_SCALE_UP_LIMIT);
    cr_assert_not(situation_hpa_step(&s, 59999)->is_write);
    cr_assert_eq(situation_hpa_step(&s, 1)->to, 11); /* one period old: no longer counts */
}

Test(rate, takes_pods_down)
{
    struct situation s;
    open_rate(&s, 9, 1, pods(4, 60), pods(3, 60));
    cr_assert_eq(situation_hpa_step(&s, 0)->to, 6);
    cr_assert_eq(s.decision.reason, KEDA_REASON_SCALE_DOWN_LIMIT);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED), "True/ScaleDownLimit");
    cr_assert_not(situation_hpa_step(&s, 59999)->is_write);
    cr_assert_eq(situation_hpa_step(&s, 1)->to, 3);
    cr_assert_eq(situation_hpa_step(&s, 60000)->to, 1);
    cr_assert_eq(s.decision.reason, KEDA_REASON_METRIC);
}

Test(rate, reproduces_the_artefacts_of_percent)
{
    struct situation s;
    open_rate(&s, 50, 90, percent(10, 60), percent(80, 60));
    cr_assert_eq(situation_hpa(&s)->to, 56);
    open_rate(&s, 10, 0, percent(10, 60), percent(80, 60));
    cr_assert_eq(situation_hpa(&s)->to, 1);
    open_rate(&s, 10, 0, percent(10, 60), percent(90, 60));
    cr_assert_eq(situation_hpa(&s)->to, 1); /* 0 allowed, then min */
    cr_assert_eq(s.decision.reason, KEDA_REASON_TOO_FEW);
}

Test(rate, counts_both_lists_for_the_start_of_a_period)
{
    struct situation s;
    open_rate(&s, 10, 1, pods(2, 60), pods(3, 60));
    cr_assert_eq(situation_hpa_step(&s, 0)->to, 7); /* three down */
    situation_read(&s, 0, 200);
    cr_assert_eq(situation_hpa_step(&s, 1000)->to, 12); /* from 10, two up */
    situation_read(&s, 0, 10);
    cr_assert_eq(situation_hpa_step(&s, 1000)->to, 7); /* from 12 - 5 + 3, three down */
}

Test(rate, never_limits_to_less_than_the_present_count)
{
    struct situation s;
    open_rate(&s, 3, 50, pods(4, 60), pods(1, 60));
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = 20; /* somebody else */
    cr_assert_not(situation_hpa_step(&s, 1000)->is_write);
    cr_assert_eq(s.decision.limit_replicas, 20);
    open_rate(&s, 20, 1, pods(4, 60), pods(5, 60));
    situation_hpa_step(&s, 0);
    s.seen.spec_replicas = 4;
    cr_assert_not(situation_hpa_step(&s, 1000)->is_write);
    cr_assert_eq(s.decision.limit_replicas, 4);
}

Test(rate, selects_between_policies)
{
    const keda_rate_policy both[] = {{KEDA_RATE_PODS, 2, 60, 0},
                                     {KEDA_RATE_PERCENT, 50, 60, 0}};
    static const struct {
        int32_t select;
        int32_t up, down;
    } cases[] = {{KEDA_SELECT_UNSET, 15, 5},
                 {KEDA_SELECT_MAX, 15, 5},
                 {KEDA_SELECT_MIN, 12, 8},
                 {KEDA_SELECT_DISABLED, 10, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct situation s;
        open_rate(&s, 10, 50, both[0], both[0]);
        s.up.policies = s.down.policies = both;
        s.up.npolicies = s.down.npolicies = 2;
        s.up.select_policy = s.down.select_policy = cases[i].select;
        cr_assert_eq(situation_hpa(&s)->to, cases[i].up, "case %zu", i);
        situation_read(&s, 0, 10);
        cr_assert_eq(situation_hpa(&s)->to, cases[i].down, "case %zu", i);
    }
}

Test(rate, lets_max_bound_growth_only)
{
    struct situation s;
    open_rate(&s, 3, 50, pods(40, 60), pods(1, 60));
    s.policy.max_replicas = 10;
    cr_assert_eq(situation_hpa(&s)->to, 10);
    cr_assert_eq(s.decision.reason, KEDA_REASON_TOO_MANY);
}

Test(rate, is_not_limited_within_its_bounds)
{
    struct situation s;
    open_rate(&s, 3, 5, pods(4, 60), pods(1, 60));
    cr_assert_eq(situation_hpa(&s)->to, 5);
    cr_assert_eq(s.decision.reason, KEDA_REASON_METRIC);
    cr_assert_str_eq(situation_condition(&s, KEDA_COND_SCALING_LIMITED),
                     "False/DesiredWithinRange");
    situation_read(&s, 0, 30);
    cr_assert_eq(situation_hpa(&s)->reason, KEDA_REASON_TOLERANCE);
}

Test(rate, wraps_as_the_original_does)
{
    struct situation s;
    open_rate(&s, 31, 1000, pods(INT32_MAX, 15), pods(INT32_MAX, 15));
    s.policy.max_replicas = INT32_MAX;
    cr_assert_not(situation_hpa(&s)->is_write);
    cr_assert_eq(s.decision.reason, KEDA_REASON_SCALE_UP_LIMIT);
}

Test(rate, gives_the_defaults_of_the_api_to_an_empty_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    s.policy.has_behavior = 1;
    situation_read(&s, 0, 900);
    cr_assert_eq(situation_hpa_step(&s, 0)->to, 5);
    cr_assert_eq(situation_hpa_step(&s, 15000)->to, 10);
    cr_assert_eq(situation_hpa_step(&s, 15000)->to, 20);
}

/* --- short sync intervals ---------------------------------------------------------------------- */

static void open_short(struct situation *s, double wanted)
{
    situation_open(s, 1);
    s->policy.sync_interval_ms = 1000;
    situation_read(s, 0, 10 * wanted);
}

Test(rate, doubles_once_in_fifteen_seconds_however_short_the_sync)
{
    struct situation s;
    int32_t counts[50];
    open_short(&s, 90);
    s.seen.now_ms -= 1000;
    for (int i = 0; i < 50; i++) {
        situation_step(&s, 1000);
        counts[i] = s.seen.spec_replicas;
        cr_assert_eq(s.decision.limit_window_ms, 15000);
    }
    cr_assert_eq(counts[0], 4);
    cr_assert_eq(counts[14], 4);
    cr_assert_eq(counts[15], 8);
    cr_assert_eq(counts[29], 8);
    cr_assert_eq(counts[30], 16);
    cr_assert_eq(counts[45], 32);
}

Test(rate, starts_a_short_sync_from_zero_like_a_long_one)
{
    struct situation s;
    open_short(&s, 90);
    s.seen.spec_replicas = 0;
    cr_assert_eq(situation_step(&s, 0)->to, 4);
    cr_assert_eq(situation_step(&s, 14000)->to, 4);
    cr_assert_eq(situation_step(&s, 1000)->to, 8);
}

Test(rate, allows_double_the_minimum_from_zero_with_a_short_sync)
{
    struct situation s;
    open_short(&s, 90);
    s.policy.min_replicas = 20;
    s.seen.spec_replicas = 0;
    cr_assert_eq(situation_step(&s, 0)->to, 40);
}

Test(rate, measures_a_short_sync_against_the_smallest_count)
{
    struct situation s;
    open_short(&s, 10);
    s.policy.downscale_stabilization_s = 0;
    s.seen.spec_replicas = 10;
    situation_step(&s, 0);
    s.seen.spec_replicas = 3; /* somebody else */
    cr_assert_eq(situation_step(&s, 5000)->to, 6);
    cr_assert_eq(situation_step(&s, 5000)->to, 6);
    cr_assert_eq(situation_step(&s, 10000)->to, 10);
}

Test(rate, never_lowers_by_the_limit_of_a_short_sync)
{
    struct situation s;
    open_short(&s, 90);
    situation_step(&s, 0);
    s.seen.spec_replicas = 50;
    cr_assert_eq(situation_step(&s, 1000)->to, 50);
}

Test(rate, limits_a_sync_by_itself_from_fifteen_seconds_on)
{
    struct situation s;
    open_short(&s, 90);
    s.policy.sync_interval_ms = 15000;
    situation_step(&s, 0);
    cr_assert_eq(s.decision.limit_window_ms, 0);
    cr_assert_eq(situation_step(&s, 1000)->to, 8);
    s.policy.sync_interval_ms = 1000;
    s.policy.has_behavior = 1;
    cr_assert_eq(situation_step(&s, 1000)->limit_window_ms, 0);
}
