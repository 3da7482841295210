/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest change of one reading that changes the count. A reading acts through three things:
 * whether it is active, whether it is within tolerance, and its proposal. Between the edges of the
 * first two the count is the proposal, cut at both ends by what else binds (other metrics, windows,
 * rates, bounds), or held where another metric failed. So each stretch between edges has one or two
 * proposals at which the count may turn; these are inverted, and every candidate is really decided:
 * no rule is repeated here.
 */
#include "core/record.h"

#include "base/num.h"
#include "core/arith.h"
#include "core/hpa.h"
#include "core/reading.h"

enum { MAX_EDGES = 3 };

/* All that a reading does to the count. */
struct effect {
    bool is_known, is_active, is_ok;
    int32_t replicas;
};

/* One reading that is varied, and everything else as it was. */
struct probe {
    const keda_policy *policy;
    const keda_history *history;
    const keda_metric_policy *metric;
    keda_reading *reading; /* one of those in `seen`; its only item is `item` */
    keda_proposal *scratch;
    keda_observation seen;
    struct hpa_rules rules;
    struct hpa_scale scale; /* from which the HPA half would start */
    int64_t item;
    bool is_composite; /* the formula's result, not a reading */
    struct effect now; /* of the reading as it was */
    int32_t to;        /* the count that was decided */
    double whole;      /* reading of which the count is exactly right; 0: none is */
};

/* Readings from lo to hi, both included; none when lo > hi. */
struct stretch {
    int64_t lo, hi;
};

struct change {
    bool is_found;
    int32_t to;
    int64_t value;
};

/* --- trying a reading ------------------------------------------------------------------------- */

static void set_reading(struct probe *probe, int64_t value)
{
    probe->item = value;
    probe->reading->raw =
        probe->is_composite ? double_from_milli(value) : (double)value / 1000.0;
}

static struct effect effect_of(struct probe *probe, int64_t value)
{
    keda_proposal proposal = {.struct_size = sizeof proposal};

    set_reading(probe, value);
    hpa_propose(&probe->rules, probe->metric, probe->reading, &probe->scale, &proposal);
    return (struct effect){.is_known = true,
                           .is_active = probe->reading->raw > probe->metric->activation,
                           .is_ok = proposal.is_ok != 0,
                           .replicas = proposal.replicas};
}

static bool is_as_now(const struct probe *probe, const struct effect *effect)
{
    const struct effect *now = &probe->now;
    return now->is_known && effect->is_active == now->is_active &&
           effect->is_ok == now->is_ok && effect->replicas == now->replicas;
}

/* The decision with this reading; true when its count is another one. */
static bool try_value(struct probe *probe, int64_t value, struct change *out)
{
    keda_decision trial = {.struct_size = sizeof trial,
                           .to = probe->to,
                           .proposals = probe->scratch,
                           .nproposals = FLIP_METRICS + 1,
                           .proposal_size = sizeof(keda_proposal)};
    set_reading(probe, value);
    const keda_status status = keda_decide(probe->policy, &probe->seen, probe->history, &trial);
    (void)status; /* what was decided once can be decided again */
    *out = (struct change){.is_found = trial.to != probe->to, .to = trial.to, .value = value};
    return out->is_found;
}

/* --- edges ------------------------------------------------------------------------------------ */

enum edge {
    EDGE_ACTIVE,  /* above the activation threshold */
    EDGE_WITHIN,  /* no longer below the tolerance */
    EDGE_ABOVE,   /* above the tolerance */
    EDGE_PROPOSES /* proposes `wanted` or more */
};

/* Monotone in value; EDGE_PROPOSES between two neighbouring edges only. */
static bool is_reached(struct probe *probe, enum edge edge, int32_t wanted, int64_t value)
{
    keda_proposal proposal = {.struct_size = sizeof proposal};

    set_reading(probe, value);
    if (edge == EDGE_ACTIVE)
        return probe->reading->raw > probe->metric->activation;
    hpa_propose(&probe->rules, probe->metric, probe->reading, &probe->scale, &proposal);
    if (edge == EDGE_PROPOSES)
        return proposal.replicas >= wanted;
    if (edge == EDGE_WITHIN)
        return (double)value >= probe->whole || proposal.within_tolerance;
    return (double)value > probe->whole && !proposal.within_tolerance;
}

/*
 * The smallest reading of a stretch at which the edge is reached, hi + 1 when it is not. The guess
 * is right but for rounding, so the search starts with doubling steps around it.
 */
static uint64_t first_reached(struct probe *probe, enum edge edge, int32_t wanted,
                              struct stretch in, double guess)
{
    uint64_t lo = (uint64_t)in.lo, hi = (uint64_t)in.hi + 1, step = 1;
    uint64_t at = (uint64_t)i64_from_double(fmin(fmax(guess, 0.0), 9223372036854775807.0));

    at = at < lo ? lo : at;
    at = at < hi ? at : hi - 1;
    while (lo < hi) {
        const bool is_over = is_reached(probe, edge, wanted, (int64_t)at);
        if (is_over)
            hi = at;
        else
            lo = at + 1;
        if (hi - lo <= 2 * step) {
            at = lo + (hi - lo) / 2;
            continue;
        }
        at = is_over ? hi - step : lo + step - 1;
        step *= 2;
    }
    return lo;
}

/* Inserts in ascending order and returns the number; one that is never reached lies at the end. */
static size_t add_edge(struct probe *probe, enum edge edge, double guess, int64_t *edges,
                       size_t n)
{
    const struct stretch all = {0, INT64_MAX - 1};
    const int64_t at = (int64_t)first_reached(probe, edge, 0, all, guess);
    size_t i = n;

    for (; i > 0 && edges[i - 1] > at; i--)
        edges[i] = edges[i - 1];
    edges[i] = at;
    return n + 1;
}

static size_t find_edges(struct probe *probe, int64_t edges[MAX_EDGES])
{
    const struct hpa_rules *rules = &probe->rules;
    size_t n = 0;

    if (probe->reading->is_active < 0)
        n = add_edge(probe, EDGE_ACTIVE, floor(probe->metric->activation * 1000.0) + 1.0, edges,
                     n);
    if (probe->whole <= 0.0)
        return n;
    n = add_edge(probe, EDGE_WITHIN, ceil((1.0 - rules->tol_down) * probe->whole), edges, n);
    return add_edge(probe, EDGE_ABOVE, floor((1.0 + rules->tol_up) * probe->whole) + 1.0, edges,
                    n);
}

static struct stretch stretch_at(const int64_t *edges, size_t n, size_t i)
{
    return (struct stretch){.lo = i == 0 ? 0 : edges[i - 1],
                            .hi = i == n ? INT64_MAX : edges[i] - 1};
}

/* --- up and down ------------------------------------------------------------------------------ */

/* Reading that proposes `wanted` or more, but for rounding. */
static double guess_for(const struct probe *probe, int32_t wanted)
{
    const keda_metric_policy *metric = probe->metric;
    const double pods =
        metric->target_type == KEDA_TARGET_VALUE ? (double)probe->scale.pods_ready : 1.0;
    return floor((double)(wanted - 1) * (double)metric->target_milli / pods) + 1.0;
}

/*
 * Proposals at which the count may change, the smaller one first: the one beside the count, and the
 * one from which a failed metric no longer holds it (HPA: several metrics). Returns their number.
 */
static size_t find_turns(const struct probe *probe, int32_t beside, int32_t turns[2])
{
    const int32_t held = probe->scale.spec;

    turns[0] = turns[1] = beside;
    if (probe->seen.nreadings < 2 || held == beside)
        return 1;
    turns[held < beside ? 0 : 1] = held;
    return 2;
}

/* A turn that the first reading has passed without a change is bound by something else. */
static bool search_up(struct probe *probe, struct stretch in, struct change *out)
{
    int32_t turns[2];

    if (in.lo > in.hi)
        return false;
    const struct effect first_one = effect_of(probe, in.lo);
    if (!is_as_now(probe, &first_one) && try_value(probe, in.lo, out))
        return true;
    const size_t n = find_turns(probe, i32_min(probe->to, INT32_MAX - 1) + 1, turns);
    for (size_t i = 0; i < n; i++) {
        if (first_one.replicas >= turns[i])
            continue;
        const uint64_t first =
            first_reached(probe, EDGE_PROPOSES, turns[i], in, guess_for(probe, turns[i]));
        if (first <= (uint64_t)in.hi && try_value(probe, (int64_t)first, out))
            return true;
    }
    return false;
}

static bool search_down(struct probe *probe, struct stretch in, struct change *out)
{
    int32_t turns[2];

    if (in.lo > in.hi)
        return false;
    const struct effect first_one = effect_of(probe, in.hi);
    if (!is_as_now(probe, &first_one) && try_value(probe, in.hi, out))
        return true;
    for (size_t i = find_turns(probe, probe->to, turns); i-- > 0;) {
        if (first_one.replicas < turns[i])
            continue;
        const uint64_t first =
            first_reached(probe, EDGE_PROPOSES, turns[i], in, guess_for(probe, turns[i]));
        if (first > (uint64_t)in.lo && try_value(probe, (int64_t)first - 1, out))
            return true;
    }
    return false;
}

static struct change nearest_up(struct probe *probe, int64_t now)
{
    struct change up = {.is_found = false, .value = -1};
    int64_t edges[MAX_EDGES];
    const size_t n = find_edges(probe, edges);

    for (size_t i = 0; i <= n && !up.is_found && now < INT64_MAX; i++) {
        struct stretch in = stretch_at(edges, n, i);
        in.lo = in.lo > now ? in.lo : now + 1;
        (void)search_up(probe, in, &up);
    }
    return up;
}

/* None below `floor_value`. */
static struct change nearest_down(struct probe *probe, int64_t now, int64_t floor_value)
{
    struct change down = {.is_found = false, .value = -1};
    int64_t edges[MAX_EDGES];
    const size_t n = find_edges(probe, edges);

    for (size_t i = n + 1; i-- > 0 && !down.is_found;) {
        struct stretch in = stretch_at(edges, n, i);
        in.lo = in.lo > floor_value ? in.lo : floor_value;
        in.hi = in.hi < now ? in.hi : now - 1;
        (void)search_down(probe, in, &down);
    }
    return down;
}

/* The nearest change to `now`, which is -1 for a reading that is not known. */
static struct change nearest(struct probe *probe, int64_t now)
{
    const struct change up = nearest_up(probe, now);
    /* Nearer than that, or not at all. */
    const int64_t floor_value = up.is_found ? i64_sat_add(now, now - up.value + 1) : 0;
    const struct change down = nearest_down(probe, now, floor_value);

    return down.is_found ? down : up;
}

/* --- the situation ---------------------------------------------------------------------------- */

/* Copies of what a trial changes; with a formula its result is one metric more. */
struct bench {
    struct probe probe;
    keda_policy policy;
    keda_metric_policy metrics[FLIP_METRICS + 1];
    keda_reading readings[FLIP_METRICS + 1];
    keda_proposal scratch[FLIP_METRICS + 1];
};

static void bench_open(struct bench *bench, const keda_policy *policy,
                       const keda_observation *seen, const keda_history *history,
                       const keda_decision *decision)
{
    const int32_t min = rules_min_replicas(policy);
    struct probe *probe = &bench->probe;

    *probe = (struct probe){.policy = policy,
                            .history = history,
                            .scratch = bench->scratch,
                            .seen = *seen,
                            .to = decision->to};
    probe->seen.readings = bench->readings;
    probe->seen.reading_size = sizeof bench->readings[0];
    rules_from_policy(policy, RULES_UNDER_KEDA, &probe->rules);
    probe->scale = (struct hpa_scale){
        .spec = seen->spec_replicas,
        .status = seen->status_replicas >= 0 ? seen->status_replicas : seen->spec_replicas,
        .pods_total = seen->pods_total,
        .pods_ready = seen->pods_ready,
    };
    /* KEDA: an activation first writes the minimum (D4). */
    if (decision->from == 0 || (policy->idle_replicas >= 0 && decision->from < min))
        probe->scale.spec = probe->scale.status = i32_max(min, 1);
}

static void take_reading(struct bench *bench, size_t i, const keda_reading *reading)
{
    bench->readings[i] = reading != NULL ? *reading : (keda_reading)KEDA_READING_INIT;
    bench->scratch[i].struct_size = sizeof bench->scratch[i];
    bench->probe.seen.nreadings = i + 1;
}

/* Varies reading i, which is now `now`. */
static struct change vary(struct bench *bench, const keda_metric_policy *metric, size_t i,
                          int64_t now)
{
    struct probe *probe = &bench->probe;
    const double replicas =
        metric->target_type == KEDA_TARGET_AVERAGE_VALUE ? (double)probe->scale.status : 1.0;
    probe->metric = metric;
    probe->whole = metric->target_type == KEDA_TARGET_UTILIZATION
                       ? 0.0
                       : (double)metric->target_milli * replicas;
    probe->reading = &bench->readings[i];
    const double raw = probe->reading->raw;
    if (now < 0)
        *probe->reading = (keda_reading)KEDA_READING_INIT;
    probe->reading->state = KEDA_READING_OK;
    probe->reading->items_milli = &probe->item;
    probe->reading->nitems = 1;
    set_reading(probe, now);
    probe->now.is_known = false;
    if (now >= 0 && (probe->is_composite || raw == probe->reading->raw))
        probe->now = effect_of(probe, now);
    return nearest(probe, now);
}

/* Size of a change as a part of the metric's target; of an unknown reading, from 0. */
static double size_of(const struct change *change, const keda_metric_policy *metric,
                      int64_t now)
{
    return fabs((double)change->value - (double)(now > 0 ? now : 0)) /
           fmax((double)metric->target_milli, 1.0);
}

static const keda_flip not_searched = {.metric = -1, .to = -1};

static keda_flip flip_of_readings(struct bench *bench, const keda_policy *policy,
                                  const keda_observation *seen)
{
    keda_flip best = {.metric = -1, .to = bench->probe.to};
    double best_size = 0.0;

    for (size_t i = 0; i < policy->nmetrics; i++)
        take_reading(bench, i, rules_reading_at(seen, i));
    for (size_t i = 0; i < policy->nmetrics; i++) {
        const keda_metric_policy *metric = rules_metric_at(policy, i);
        const keda_reading saved = bench->readings[i];
        int64_t now = -1;
        if (record_source_is_pods(metric->source)) {
            best.to = best.metric < 0 ? -1 : best.to;
            continue;
        }
        if (hpa_reading_sum(metric, &saved, &now))
            now = now > 0 ? now : 0;
        const struct change change = vary(bench, metric, i, now);
        bench->readings[i] = saved;
        const double size = size_of(&change, metric, now);
        if (!change.is_found || (best.metric >= 0 && size >= best_size))
            continue;
        best = (keda_flip){.metric = (int32_t)i, .to = change.to, .value_milli = change.value};
        best_size = size;
    }
    return best;
}

/* Metrics which a formula leaves alone; they activate nothing beside it. */
static size_t take_others(struct bench *bench, const keda_policy *policy,
                          const keda_observation *seen)
{
    size_t n = 0;

    for (size_t i = 0; i < policy->nmetrics; i++) {
        if (metric_is_external(rules_metric_at(policy, i)))
            continue;
        bench->metrics[n] = *rules_metric_at(policy, i);
        take_reading(bench, n, rules_reading_at(seen, i));
        bench->readings[n++].is_active = 0;
    }
    return n;
}

/* Both turns of the result, of which the nearer one is known. */
static struct flip_results results_around(struct probe *probe, int64_t now,
                                          const struct change *nearer)
{
    const bool is_up = nearer->value > now;
    const struct change other = is_up ? nearest_down(probe, now, 0) : nearest_up(probe, now);

    return (struct flip_results){.below = is_up ? other.value : nearer->value,
                                 .above = is_up ? nearer->value : other.value,
                                 .nearest = is_up ? nearer->value - now : now - nearer->value};
}

/* The formula's result takes the place of all external metrics, as it does for the HPA. */
static keda_flip flip_of_result(struct bench *bench, const keda_policy *policy,
                                const keda_observation *seen, const keda_decision *decision)
{
    const size_t n = take_others(bench, policy, seen);
    struct change now;

    bench->metrics[n] =
        (keda_metric_policy){.struct_size = sizeof bench->metrics[n],
                             .target_type = policy->composite_target_type,
                             .target_milli = num_milli(policy->composite_target),
                             .activation = policy->composite_activation};
    take_reading(bench, n, NULL);
    bench->policy = *policy;
    bench->policy.formula = NULL;
    bench->policy.has_fallback = 0;
    bench->policy.metrics = bench->metrics;
    bench->policy.metric_size = sizeof bench->metrics[0];
    bench->policy.nmetrics = n + 1;
    bench->probe.policy = &bench->policy;
    bench->probe.is_composite = true;
    const struct change change = vary(bench, &bench->metrics[n], n, decision->composite_milli);
    /* Only where the result alone explains the decision that was made. */
    if (try_value(&bench->probe, decision->composite_milli, &now))
        return not_searched;
    if (!change.is_found)
        return (keda_flip){.metric = -1, .to = decision->to};
    const struct flip_results results =
        results_around(&bench->probe, decision->composite_milli, &change);
    const keda_flip reading =
        record_flip_variable(policy, seen, bench->probe.history, decision, &results);
    if (reading.metric >= 0)
        return reading;
    return (keda_flip){
        .metric = (int32_t)policy->nmetrics, .to = change.to, .value_milli = change.value};
}

keda_flip record_flip(const keda_policy *policy, const keda_observation *seen,
                      const keda_history *history, const keda_decision *decision)
{
    const uint32_t due = seen->due & (KEDA_DUE_POLL | KEDA_DUE_SYNC | KEDA_DUE_PUSH);
    struct bench bench;

    if (due == 0 || decision->from < 0 || (policy->pause & KEDA_PAUSE_FULL))
        return (keda_flip){.metric = -1, .to = decision->to};
    if (policy->nmetrics > FLIP_METRICS)
        return not_searched;
    bench_open(&bench, policy, seen, history, decision);
    if (policy->formula == NULL)
        return flip_of_readings(&bench, policy, seen);
    if (!decision->has_composite || decision->composite_error != KEDA_OK ||
        decision->composite_milli < 0 || decision->is_error)
        return not_searched;
    return flip_of_result(&bench, policy, seen, decision);
}
